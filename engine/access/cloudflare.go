// SPDX-License-Identifier: AGPL-3.0-or-later

package access

func cloudflareFormat() Format {
	return Format{
		Name: "cloudflare", Title: "Cloudflare Logpush http_requests (JSON lines)",
		note:   "Accept-Language and ranges only as custom fields",
		parser: func([]string) parser { return newJSON(nil, rawTexts, "ClientIP", "EdgeStartTimestamp") },
	}
}
