// SPDX-License-Identifier: AGPL-3.0-or-later

package report_test

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"spoor/report"
)

// property is what a shape of the ontology asks of a property: how often it may be there and what its values are.
type property struct {
	least, most int // 0: any number
	value       string
}

// shapes are the classes that are written, with all properties that the ontology gives them and that are written. They were
// read off the shapes of UCO 1.2 (core, tool, observable, types, action, identity) and CASE 0.7.1 (investigation); the
// versions of the 1.x line only add to these. The validator of the shapes themselves is a program in Python (pyshacl) that is
// not to be had where this is built, so this table stands for them: it finds a name that does not exist, a value of
// a wrong kind, one too many or too few, a blank node, and a name that does not end in a UUID.
func shapes() map[string]map[string]property {
	common := map[string]property{
		"uco-core:name": {0, 1, "text"}, "uco-core:description": {0, 0, "text"}, "uco-core:objectCreatedTime": {0, 1, "time"},
	}
	class := func(own map[string]property) map[string]property {
		for name, p := range common {
			if _, ok := own[name]; !ok {
				own[name] = p
			}
		}
		return own
	}
	return map[string]map[string]property{
		"uco-core:Bundle": class(map[string]property{"uco-core:object": {1, 0, "node"}}),
		"case-investigation:Investigation": class(map[string]property{
			"uco-core:object": {1, 0, "node"}, "case-investigation:investigationStatus": {0, 1, "text"},
		}),
		"case-investigation:ProvenanceRecord": class(map[string]property{
			"uco-core:object": {1, 0, "node"}, "case-investigation:exhibitNumber": {1, 1, "text"},
		}),
		"case-investigation:InvestigativeAction": class(map[string]property{
			"uco-action:startTime": {0, 1, "time"}, "uco-action:endTime": {0, 1, "time"}, "uco-action:performer": {1, 1, "node"},
			"uco-action:instrument": {1, 0, "node"}, "uco-action:object": {1, 0, "node"}, "uco-action:result": {1, 0, "node"},
		}),
		"uco-identity:Person": class(map[string]property{"uco-core:name": {1, 1, "text"}}),
		"uco-tool:Tool":       class(map[string]property{"uco-tool:toolType": {0, 1, "text"}, "uco-tool:version": {0, 1, "text"}}),
		"uco-observable:File": class(map[string]property{"uco-core:hasFacet": {1, 0, "node"}}),
		"uco-observable:URL":  class(map[string]property{"uco-core:hasFacet": {1, 0, "node"}}),
		"uco-observable:ObservableRelationship": class(map[string]property{
			"uco-core:source": {1, 0, "node"}, "uco-core:target": {1, 1, "node"}, "uco-core:kindOfRelationship": {0, 1, "text"},
			"uco-core:isDirectional": {1, 1, "boolean"},
		}),
		"uco-observable:FileFacet": {
			"uco-observable:fileName": {0, 1, "text"}, "uco-observable:filePath": {0, 1, "text"},
			"uco-observable:sizeInBytes": {0, 1, "integer"}, "uco-observable:modifiedTime": {0, 1, "time"},
		},
		"uco-observable:ContentDataFacet": {
			"uco-observable:hash": {0, 0, "node"}, "uco-observable:sizeInBytes": {0, 1, "integer"},
		},
		"uco-observable:URLFacet": {"uco-observable:fullValue": {0, 1, "text"}},
		"uco-types:Hash":          {"uco-types:hashMethod": {1, 1, "hash-name"}, "uco-types:hashValue": {1, 1, "hex"}},
		"uco-core:UcoObject":      class(map[string]property{}),
	}
}

// graphCheck walks through a graph.
type graphCheck struct {
	t          *testing.T
	shapes     map[string]map[string]property
	context    map[string]any
	made, used map[string]bool
}

func TestCASEFulfilsTheShapesOfTheOntology(t *testing.T) {
	empty := &report.Report{Made: day(1, 1), Case: report.Case{ID: "64f0c0ffee00000000000abc"}}
	for name, r := range map[string]*report.Report{"rich": rich(), "hostile": hostile("x\x00\u202E<b>"), "empty": empty} {
		for _, kind := range []report.Kind{report.Expert, report.Takedown} {
			t.Run(name+" "+string(kind), func(t *testing.T) {
				var graph map[string]any
				require.NoError(t, json.Unmarshal(written(t, report.WriteCASE, r, report.Options{Kind: kind}), &graph))
				c := graphCheck{t, shapes(), graph["@context"].(map[string]any), map[string]bool{}, map[string]bool{}}
				for _, one := range graph["@graph"].([]any) {
					c.node(one.(map[string]any))
				}
				for id := range c.used {
					require.True(t, c.made[id], "%s is named but not there", id)
				}
			})
		}
	}
}

func (c *graphCheck) node(v map[string]any) {
	id, kind := v["@id"].(string), v["@type"].(string)
	require.Regexp(c.t, `^kb:[a-z-]+-[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$`, id)
	require.False(c.t, c.made[id], "%s is there twice", id)
	c.made[id] = true
	require.Contains(c.t, c.shapes, kind)
	shape := c.shapes[kind]
	for name, p := range shape {
		n := len(listed(v[name]))
		require.GreaterOrEqual(c.t, n, p.least, "%s of %s", name, kind)
		require.True(c.t, p.most == 0 || n <= p.most, "%s of %s: %d", name, kind, n)
	}
	for name, value := range v {
		if strings.HasPrefix(name, "@") {
			continue
		}
		prefix, _, _ := strings.Cut(name, ":")
		require.Contains(c.t, c.context, prefix, name)
		if prefix != "spoor" { // that vocabulary is ours
			require.Contains(c.t, shape, name, "%s has no such property", kind)
		}
		for _, one := range listed(value) {
			c.value(name, one, shape[name].value)
		}
	}
}

func (c *graphCheck) value(name string, v any, want string) {
	switch object, isObject := v.(map[string]any); {
	case isObject && object["@type"] != nil && object["@value"] == nil:
		require.Contains(c.t, []string{"node", ""}, want, name)
		c.node(object)
	case isObject && object["@value"] == nil:
		require.Contains(c.t, []string{"node", ""}, want, name)
		c.used[object["@id"].(string)] = true
	case want != "":
		require.Equal(c.t, want, kindOf(v), name)
	}
}

// kindOf is the kind of a literal.
func kindOf(v any) string {
	switch v := v.(type) {
	case string:
		return "text"
	case bool:
		return "boolean"
	case float64:
		if v == float64(int64(v)) {
			return "integer"
		}
		return "number"
	case map[string]any:
		text, _ := v["@value"].(string)
		for kind, is := range map[string]bool{
			"time":      v["@type"] == "xsd:dateTime" && regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$`).MatchString(text),
			"hex":       v["@type"] == "xsd:hexBinary" && regexp.MustCompile(`^([0-9A-F]{2})+$`).MatchString(text),
			"hash-name": v["@type"] == "uco-vocabulary:HashNameVocab" && regexp.MustCompile(`^SHA(256|512)$`).MatchString(text),
		} {
			if is {
				return kind
			}
		}
	}
	return "unknown"
}

func listed(v any) []any {
	switch v := v.(type) {
	case nil:
		return nil
	case []any:
		return v
	default:
		return []any{v}
	}
}
