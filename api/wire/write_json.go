// SPDX-License-Identifier: AGPL-3.0-or-later

package wire

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
)

// Write prints a document in the format.
func (f Format) Write(w io.Writer, d Document) error {
	b, err := f.bytes(d)
	if err != nil {
		return err
	}
	_, err = w.Write(b)
	return err
}

func (f Format) bytes(d Document) ([]byte, error) {
	if f.XML {
		return f.xml(d)
	}
	j := jsonWriter{nulls: f.Nulls}
	j.text = json.NewEncoder(&j.out)
	j.text.SetEscapeHTML(false)
	if err := j.object(d.object()); err != nil {
		return nil, err
	}
	if f.Human {
		var indented bytes.Buffer
		if err := json.Indent(&indented, j.out.Bytes(), "", "  "); err != nil {
			return nil, err
		}
		j.out = indented
	}
	j.out.WriteByte('\n')
	return j.out.Bytes(), nil
}

// jsonWriter prints compact JSON.
type jsonWriter struct {
	out   bytes.Buffer
	text  *json.Encoder // onto out
	nulls bool
}

func (j *jsonWriter) object(o Object) error {
	j.out.WriteByte('{')
	first := true
	for _, f := range o {
		if f.Value == nil && !j.nulls {
			continue
		}
		if !first {
			j.out.WriteByte(',')
		}
		first = false
		if err := j.quote(f.Key); err != nil {
			return err
		}
		j.out.WriteByte(':')
		if err := j.value(f.Value); err != nil {
			return fmt.Errorf("%s: %w", f.Key, err)
		}
	}
	j.out.WriteByte('}')
	return nil
}

func (j *jsonWriter) value(v any) error {
	switch v := v.(type) {
	case nil:
		j.out.WriteString("null")
	case string:
		return j.quote(v)
	case Object:
		return j.object(v)
	case Ref:
		return j.object(v.object())
	case List:
		j.out.WriteByte('[')
		for i, item := range v.Values {
			if i > 0 {
				j.out.WriteByte(',')
			}
			if err := j.value(item); err != nil {
				return err
			}
		}
		j.out.WriteByte(']')
	default:
		text, err := scalar(v)
		if err != nil {
			return err
		}
		j.out.WriteString(text)
	}
	return nil
}

// quote writes a text; bytes that are no UTF-8 become U+FFFD. Most texts are written as they are.
func (j *jsonWriter) quote(text string) error {
	if isPlain(text) {
		j.out.WriteByte('"')
		j.out.WriteString(text)
		j.out.WriteByte('"')
		return nil
	}
	if err := j.text.Encode(text); err != nil {
		return err
	}
	j.out.Truncate(j.out.Len() - 1) // the encoder's line end
	return nil
}

// isPlain tells whether a text needs nothing but quotes around it: printable ASCII without quotes and backslashes.
func isPlain(text string) bool {
	for i := range len(text) {
		if c := text[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			return false
		}
	}
	return true
}

// object is a reference as it is written.
func (r Ref) object() Object {
	if r.Bare {
		return Object{{"href", r.Href}}
	}
	return Object{{"id", r.ID}, {"href", r.Href}}
}

// scalar writes a number or a truth value, the same in JSON and XML.
func scalar(v any) (string, error) {
	switch v := v.(type) {
	case int64:
		return strconv.FormatInt(v, 10), nil
	case float64:
		b, err := json.Marshal(v) // refuses what JSON has no word for
		return string(b), err
	case bool:
		return strconv.FormatBool(v), nil
	}
	return "", fmt.Errorf("%T is no value of the API", v)
}
