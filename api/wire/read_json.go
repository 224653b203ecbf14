// SPDX-License-Identifier: AGPL-3.0-or-later

package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// ParseJSON reads one JSON document of at most [MaxBody] bytes. Errors: an
// [*Error] of status 400 or 413.
func ParseJSON(r io.Reader) (*Tree, error) {
	b, err := readBounded(r)
	if err != nil {
		return nil, err
	}
	if !json.Valid(b) {
		return nil, Invalid("body", "it is not valid JSON")
	}
	p := jsonReader{decoder: json.NewDecoder(bytes.NewReader(b))}
	p.decoder.UseNumber()
	var t Tree
	if err := p.value(&t, 0); err != nil {
		return nil, err
	}
	return &t, nil
}

type jsonReader struct {
	decoder *json.Decoder
	nodes   int
}

func (p *jsonReader) value(t *Tree, depth int) error {
	if depth > maxDepth {
		return Invalid("body", fmt.Sprintf("it is nested deeper than %d levels", maxDepth))
	}
	if p.nodes++; p.nodes > maxNodes {
		return Invalid("body", fmt.Sprintf("it has more than %d values", maxNodes))
	}
	token, err := p.decoder.Token()
	if err != nil {
		return Invalid("body", "it is not valid JSON")
	}
	switch token := token.(type) {
	case nil:
	case string:
		t.kind, t.text = isText, token
	case json.Number:
		t.kind, t.text = isNumber, token.String()
	case bool:
		t.kind, t.text = isBool, fmt.Sprint(token)
	case json.Delim:
		return p.nested(t, token, depth)
	}
	return nil
}

func (p *jsonReader) nested(t *Tree, open json.Delim, depth int) error {
	t.kind = isList
	if open == '{' {
		t.kind = isObject
	}
	for p.decoder.More() {
		if t.kind == isObject {
			key, err := p.decoder.Token()
			if err != nil {
				return Invalid("body", "it is not valid JSON")
			}
			name, _ := key.(string)
			t.names = append(t.names, name)
		}
		t.items = append(t.items, Tree{})
		if err := p.value(&t.items[len(t.items)-1], depth+1); err != nil {
			return err
		}
	}
	if _, err := p.decoder.Token(); err != nil {
		return Invalid("body", "it is not valid JSON")
	}
	return nil
}

// readBounded reads everything, up to MaxBody.
func readBounded(r io.Reader) ([]byte, error) {
	b, err := io.ReadAll(io.LimitReader(r, MaxBody+1))
	if err != nil {
		if e, ok := errors.AsType[*Error](err); ok {
			return nil, e
		}
		return nil, fmt.Errorf("reading the body: %w", err)
	}
	if len(b) > MaxBody {
		return nil, StatusError(413)
	}
	return b, nil
}
