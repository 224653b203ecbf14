// SPDX-License-Identifier: AGPL-3.0-or-later

package access

import "strings"

// cloudFrontRealTimeFields is the order in which CloudFront's real-time logs write the fields that were chosen.
const cloudFrontRealTimeFields = "timestamp c-ip time-to-first-byte sc-status sc-bytes cs-method cs-protocol cs-host cs-uri-stem " +
	"cs-bytes x-edge-location x-edge-request-id x-host-header time-taken cs-protocol-version c-ip-version cs-user-agent " +
	"cs-referer cs-cookie cs-uri-query x-edge-response-result-type x-forwarded-for ssl-protocol ssl-cipher " +
	"x-edge-result-type fle-encrypted-fields fle-status sc-content-type sc-content-len sc-range-start sc-range-end " +
	"c-port x-edge-detailed-result-type c-country cs-accept-encoding cs-accept cache-behavior-path-pattern cs-headers " +
	"cs-header-names cs-headers-count origin-fbl origin-lbl asn"

// cloudFrontRealTimeFormat reads lines with all fields; where fewer were chosen, a mapping names them.
func cloudFrontRealTimeFormat() Format {
	fields := strings.Fields(cloudFrontRealTimeFields)
	return Format{
		Name: "cloudfront-realtime", Title: "Amazon CloudFront real-time, all fields",
		note: "a sampling rate below 100 % leaves requests out",
		parser: func([]string) parser {
			return newColumns(fields, '\t', percentTexts)
		},
	}
}
