// SPDX-License-Identifier: AGPL-3.0-or-later

package report

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"time"
)

// object is keys and values in the order in which they are written. A value is nil (left out), a string, int64, float64,
// bool, raw JSON, an object or an array. JSON and XML are written from the same tree: in XML a key is an element.
type object []field

type field struct {
	key   string
	value any
}

// array is a list whose items are made while they are written, so that it may be longer than memory. In XML each is an
// element of the name item.
type array struct {
	item string
	each func(yield func(any) error) error
}

// arrayOf is an array of what is in memory already.
func arrayOf[T any](item string, list []T, of func(*T) any) array {
	return array{item, func(yield func(any) error) error {
		for i := range list {
			if err := yield(of(&list[i])); err != nil {
				return err
			}
		}
		return nil
	}}
}

// textsOf is an array of texts.
func textsOf(item string, list []string) any {
	if len(list) == 0 {
		return nil
	}
	return arrayOf(item, list, func(s *string) any { return *s })
}

// The values of keys that may have none.

func textOr(s string) any {
	if s == "" {
		return nil
	}
	return s
}

func intOr(n int64) any {
	if n == 0 {
		return nil
	}
	return n
}

func timeOr(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UnixMilli()
}

func number(x float64) any {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return nil
	}
	return x
}

func numberOr(x *float64) any {
	if x == nil {
		return nil
	}
	return number(*x)
}

func rawOr(raw json.RawMessage) any {
	if len(raw) == 0 || !json.Valid(raw) {
		return nil
	}
	return raw
}

// jsonTree writes a tree as indented JSON.
type jsonTree struct {
	ctx     context.Context //nolint:containedctx // lives as long as one call
	w       *bufio.Writer
	leaf    bytes.Buffer  // a value on its way; millions are written, and none leaves anything behind
	encoder *json.Encoder // into it
}

func writeJSON(ctx context.Context, w io.Writer, root object) error {
	t := &jsonTree{ctx: ctx, w: bufio.NewWriterSize(w, 1<<16)}
	t.encoder = json.NewEncoder(&t.leaf)
	t.encoder.SetEscapeHTML(false)
	if err := t.value(0, root); err != nil {
		return err
	}
	if err := t.w.WriteByte('\n'); err != nil {
		return err
	}
	return t.w.Flush()
}

func (t *jsonTree) value(depth int, v any) error {
	switch v := v.(type) {
	case object:
		return t.object(depth, v)
	case array:
		return t.array(depth, v)
	case json.RawMessage:
		_, err := t.w.Write(v)
		return err
	}
	t.leaf.Reset()
	if err := t.encoder.Encode(v); err != nil {
		return fmt.Errorf("writing JSON: %w", err)
	}
	_, err := t.w.Write(bytes.TrimSuffix(t.leaf.Bytes(), []byte("\n")))
	return err
}

func (t *jsonTree) line(depth int, before string) error {
	_, err := t.w.WriteString(before + "\n" + strings.Repeat("  ", depth))
	return err
}

func (t *jsonTree) end(depth int, mark string) error {
	if err := t.line(depth, ""); err != nil {
		return err
	}
	_, err := t.w.WriteString(mark)
	return err
}

func (t *jsonTree) object(depth int, o object) error {
	open := "{"
	for _, f := range o {
		if f.value == nil {
			continue
		}
		if err := t.line(depth+1, open); err != nil {
			return err
		}
		open = ","
		if _, err := t.w.WriteString(strconv.Quote(f.key) + ": "); err != nil {
			return err
		}
		if err := t.value(depth+1, f.value); err != nil {
			return err
		}
	}
	if open == "{" {
		_, err := t.w.WriteString("{}")
		return err
	}
	return t.end(depth, "}")
}

func (t *jsonTree) array(depth int, a array) error {
	open := "["
	err := a.each(func(item any) error {
		if err := t.ctx.Err(); err != nil {
			return err
		}
		if err := t.line(depth+1, open); err != nil {
			return err
		}
		open = ","
		return t.value(depth+1, item)
	})
	if err != nil {
		return err
	}
	if open == "[" {
		_, err := t.w.WriteString("[]")
		return err
	}
	return t.end(depth, "]")
}

// xmlTree writes a tree as XML.
type xmlTree struct {
	ctx context.Context //nolint:containedctx // lives as long as one call
	w   *bufio.Writer
}

func writeXML(ctx context.Context, w io.Writer, name string, root object) error {
	t := xmlTree{ctx, bufio.NewWriterSize(w, 1<<16)}
	if _, err := t.w.WriteString(strings.TrimSuffix(xml.Header, "\n")); err != nil {
		return err
	}
	if err := t.element(0, name, root); err != nil {
		return err
	}
	if err := t.w.WriteByte('\n'); err != nil {
		return err
	}
	return t.w.Flush()
}

func (t *xmlTree) element(depth int, name string, v any) error {
	if v == nil {
		return nil
	}
	if err := t.ctx.Err(); err != nil {
		return err
	}
	if _, err := t.w.WriteString("\n" + strings.Repeat("  ", depth) + "<" + name + ">"); err != nil {
		return err
	}
	nested, err := t.content(depth, v)
	if err != nil {
		return err
	}
	if nested {
		if _, err := t.w.WriteString("\n" + strings.Repeat("  ", depth)); err != nil {
			return err
		}
	}
	_, err = t.w.WriteString("</" + name + ">")
	return err
}

func (t *xmlTree) content(depth int, v any) (nested bool, err error) {
	switch v := v.(type) {
	case object:
		for _, f := range v {
			if err := t.element(depth+1, f.key, f.value); err != nil {
				return true, err
			}
			nested = nested || f.value != nil
		}
		return nested, nil
	case array:
		err := v.each(func(item any) error {
			nested = true
			return t.element(depth+1, v.item, item)
		})
		return nested, err
	case float64:
		_, err = t.w.WriteString(strconv.FormatFloat(v, 'g', -1, 64))
	case json.RawMessage:
		err = xml.EscapeText(t.w, v)
	default:
		err = xml.EscapeText(t.w, []byte(fmt.Sprint(v)))
	}
	return false, err
}
