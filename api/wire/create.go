// SPDX-License-Identifier: AGPL-3.0-or-later

package wire

// Create is what a client sends to have an input traced.
type Create struct {
	Pipeline  string // id
	InputName string
}

// ReadCreate takes the body of POST /backtraces/ in any of its documented
// shapes: the pipeline nested as {"pipeline": {"id": P}} or flat as "pipeline_id".
// Unknown keys are skipped. Error: an [*Error] of status 400 that names the field.
func ReadCreate(t *Tree) (Create, error) {
	var r taker
	switch {
	case t.Has(KindBacktrace):
		t = r.object(t.Get(KindBacktrace), KindBacktrace)
	case t.Has("input"), t.Has("pipeline"), t.Has("pipeline_id"):
	default:
		return Create{}, Invalid(KindBacktrace, "it is missing")
	}
	nested := ""
	if t.Has("pipeline") {
		nested = r.reference(t.Get("pipeline"), "pipeline")
	}
	c := Create{
		Pipeline:  r.text(t.Get("pipeline_id"), "pipeline_id"),
		InputName: r.text(r.object(t.Get("input"), "input").Get("input_name"), "input.input_name"),
	}
	if r.err != nil {
		return Create{}, r.err
	}
	switch {
	case c.Pipeline == "":
		c.Pipeline = nested
	case nested != "" && nested != c.Pipeline:
		return Create{}, Invalid("pipeline_id", "it is another than pipeline.id")
	}
	switch {
	case c.Pipeline == "":
		return Create{}, Invalid("pipeline_id", "it is missing")
	case c.InputName == "":
		return Create{}, Invalid("input.input_name", "it is missing")
	}
	return c, nil
}

// Object is the request as a client of the documented API sends it.
func (c Create) Object() Object {
	return Object{{"pipeline", Object{{"id", c.Pipeline}}}, {"input", Object{{"input_name", c.InputName}}}}
}
