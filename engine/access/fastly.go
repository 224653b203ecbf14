// SPDX-License-Identifier: AGPL-3.0-or-later

package access

// fastlyFormat reads JSON lines whose keys have the names that are usual at Fastly and elsewhere. Fastly has no format of
// its own: the customer writes it. A mapping reads other keys.
func fastlyFormat() Format {
	return Format{
		Name: "fastly", Title: "Fastly, and other JSON lines with the usual keys",
		note:   "what the customer left out of the format",
		parser: func([]string) parser { return newJSON(nil, rawTexts) },
	}
}
