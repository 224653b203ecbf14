// SPDX-License-Identifier: AGPL-3.0-or-later

package report

import _ "embed"

//go:embed schema/report.schema.json
var jsonSchema string

//go:embed schema/report.xsd
var xsd string

// JSONSchema returns the JSON Schema that every report of [WriteJSON] fulfils.
func JSONSchema() string { return jsonSchema }

// XSD returns the XML Schema that every report of [WriteXML] fulfils.
func XSD() string { return xsd }
