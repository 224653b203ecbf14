// SPDX-License-Identifier: AGPL-3.0-or-later

package wire

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"strconv"
	"strings"
)

const schemaInstance = "http://www.w3.org/2001/XMLSchema-instance"

func (f Format) xml(d Document) ([]byte, error) {
	x := xmlWriter{human: f.Human, nulls: f.Nulls}
	x.out.WriteString(strings.TrimSuffix(xml.Header, "\n"))
	var attributes []string
	if f.Nulls {
		attributes = append(attributes, "xmlns:xsi", schemaInstance)
	}
	body := any(d.Body)
	if p := d.Page; p != nil {
		attributes = append(attributes,
			"total", strconv.FormatInt(p.Total, 10), "start", strconv.FormatInt(p.Start, 10), "limit", strconv.FormatInt(p.Limit, 10),
			"first", p.First, "last", p.Last)
		body = p.list()
	}
	if err := x.element(0, d.Name, body, attributes...); err != nil {
		return nil, err
	}
	x.out.WriteByte('\n')
	return x.out.Bytes(), nil
}

// xmlWriter prints elements.
type xmlWriter struct {
	out          bytes.Buffer
	human, nulls bool
}

// element writes a value as one element, its attributes as pairs of name and value.
func (x *xmlWriter) element(depth int, name string, v any, attributes ...string) error {
	if v == nil && !x.nulls {
		return nil
	}
	x.indent(depth)
	x.out.WriteString("<" + name)
	for i := 0; i+1 < len(attributes); i += 2 {
		x.out.WriteString(" " + attributes[i] + `="`)
		_ = xml.EscapeText(&x.out, []byte(attributes[i+1])) // a buffer does not fail
		x.out.WriteByte('"')
	}
	if v == nil {
		x.out.WriteString(` xsi:nil="true"/>`)
		return nil
	}
	x.out.WriteByte('>')
	nested, err := x.content(depth, v)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	if nested && x.human {
		x.indent(depth)
	}
	x.out.WriteString("</" + name + ">")
	return nil
}

// content writes what is inside an element, and reports whether that is elements.
func (x *xmlWriter) content(depth int, v any) (nested bool, err error) {
	before := x.out.Len()
	switch v := v.(type) {
	case string:
		_ = xml.EscapeText(&x.out, []byte(v)) // a buffer does not fail
		return false, nil
	case Object:
		for _, f := range v {
			if err := x.element(depth+1, f.Key, f.Value); err != nil {
				return true, err
			}
		}
	case Ref:
		return x.content(depth, v.object())
	case List:
		for _, item := range v.Values {
			if err := x.element(depth+1, v.Item, item); err != nil {
				return true, err
			}
		}
	default:
		text, err := scalar(v)
		x.out.WriteString(text)
		return false, err
	}
	return x.out.Len() > before, nil
}

func (x *xmlWriter) indent(depth int) {
	if x.human || depth == 0 {
		x.out.WriteByte('\n')
	}
	if x.human {
		x.out.WriteString(strings.Repeat("  ", depth))
	}
}
