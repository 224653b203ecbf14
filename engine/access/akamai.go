// SPDX-License-Identifier: AGPL-3.0-or-later

package access

// akamaiJSONFormat reads DataStream 2 as JSON. The delimited form has the customer's own order of fields: a mapping with
// the list of fields reads it.
func akamaiJSONFormat() Format {
	return Format{
		Name: "akamai", Title: "Akamai DataStream 2 (JSON lines)",
		note:   "user agent and Accept-Language only where Log Request Details is on",
		parser: func([]string) parser { return newJSON(nil, percentTexts, "cliIP", "reqTimeSec") },
	}
}
