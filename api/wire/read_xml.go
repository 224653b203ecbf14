// SPDX-License-Identifier: AGPL-3.0-or-later

package wire

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
)

// ParseXML reads one XML document of at most [MaxBody] bytes into a tree whose
// only key is the root element. There is no document type, and there are no
// entities but XML's own five. Attributes are skipped, but for xsi:nil. Errors:
// an [*Error] of status 400 or 413.
func ParseXML(r io.Reader) (*Tree, error) {
	b, err := readBounded(r)
	if err != nil {
		return nil, err
	}
	p := xmlReader{decoder: xml.NewDecoder(bytes.NewReader(b))}
	p.decoder.CharsetReader = func(label string, input io.Reader) (io.Reader, error) {
		switch strings.ToLower(label) {
		case "utf-8", "utf8", "us-ascii":
			return input, nil
		}
		return nil, fmt.Errorf("the encoding %s is not UTF-8", quoteShort(label))
	}
	t := Tree{kind: isObject}
	for {
		token, err := p.decoder.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, Invalid("body", "it is not valid XML: "+err.Error())
		}
		switch token := token.(type) {
		case xml.Directive:
			return nil, Invalid("body", "a document type is not allowed")
		case xml.StartElement:
			if len(t.items) > 0 {
				return nil, Invalid("body", "it is not valid XML: it has more than one root element")
			}
			t.names = append(t.names, token.Name.Local)
			t.items = append(t.items, Tree{})
			if err := p.element(&t.items[0], token, 0); err != nil {
				return nil, err
			}
		case xml.CharData:
			if len(bytes.TrimSpace(token)) > 0 {
				return nil, Invalid("body", "it is not valid XML: there is text outside the root element")
			}
		}
	}
	if len(t.items) == 0 {
		return nil, Invalid("body", "it is not valid XML: it has no root element")
	}
	return &t, nil
}

type xmlReader struct {
	decoder *xml.Decoder
	nodes   int
}

func (p *xmlReader) element(t *Tree, start xml.StartElement, depth int) error {
	if depth > maxDepth {
		return Invalid("body", fmt.Sprintf("it is nested deeper than %d levels", maxDepth))
	}
	if p.nodes++; p.nodes > maxNodes {
		return Invalid("body", fmt.Sprintf("it has more than %d values", maxNodes))
	}
	var text strings.Builder
	for {
		token, err := p.decoder.Token()
		if err != nil {
			return Invalid("body", "it is not valid XML: "+err.Error())
		}
		switch token := token.(type) {
		case xml.Directive:
			return Invalid("body", "a document type is not allowed")
		case xml.StartElement:
			t.names = append(t.names, token.Name.Local)
			t.items = append(t.items, Tree{})
			if err := p.element(&t.items[len(t.items)-1], token, depth+1); err != nil {
				return err
			}
		case xml.CharData:
			text.Write(token)
		case xml.EndElement:
			switch {
			case isNil(start):
				*t = Tree{}
			case len(t.items) > 0:
				t.kind = isObject
			default:
				t.kind, t.text = isElement, text.String()
			}
			return nil
		}
	}
}

func isNil(e xml.StartElement) bool {
	for _, a := range e.Attr {
		if a.Name.Space == schemaInstance && a.Name.Local == "nil" {
			return a.Value == "true" || a.Value == "1"
		}
	}
	return false
}
