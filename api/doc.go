// SPDX-License-Identifier: AGPL-3.0-or-later

// Package api holds the description of the backtraces API for programs: an OpenAPI 3.1 document, and an XML schema of
// its answers. The packages below speak it: wire has its objects, server answers, client asks, and sync keeps a
// desktop and a server equal. For people it is described in docs/api.md.
package api

import _ "embed"

//go:embed openapi.yaml
var openAPI string

//go:embed backtraces.xsd
var schema string

// OpenAPI returns the description of the API, an OpenAPI 3.1 document in YAML.
func OpenAPI() string { return openAPI }

// Schema returns the XML schema that every XML answer is valid by.
func Schema() string { return schema }
