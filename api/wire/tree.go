// SPDX-License-Identifier: AGPL-3.0-or-later

package wire

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// The bounds of what is read.
const (
	MaxBody  = 16 << 20 // bytes
	maxDepth = 32       // levels of nesting
	maxNodes = 1 << 20  // values in one body
)

// Tree is a document that somebody else wrote, in JSON or XML.
type Tree struct {
	kind  treeKind
	text  string
	names []string // of the items, where it is an object
	items []Tree
}

type treeKind uint8

const (
	isNull treeKind = iota
	isText
	isNumber
	isBool
	isObject
	isList
	isElement // of XML, without elements in it: text, number or truth value
)

func (k treeKind) String() string {
	return [...]string{"null", "a text", "a number", "true or false", "an object", "a list", "a text"}[k]
}

// Has says whether there is such a key with a value.
func (t *Tree) Has(key string) bool { return t.Get(key).kind != isNull }

// Get returns what a key holds; where there is no such key, a null.
func (t *Tree) Get(key string) *Tree {
	for i, name := range t.names {
		if name == key {
			return &t.items[i]
		}
	}
	return &Tree{}
}

// Keys returns the keys of an object.
func (t *Tree) Keys() []string { return t.names }

// list returns the items of an array: in XML the elements named item.
func (t *Tree) list(item string) ([]*Tree, bool) {
	var out []*Tree
	switch t.kind {
	case isNull:
	case isList:
		for i := range t.items {
			out = append(out, &t.items[i])
		}
	case isObject:
		for i := range t.items {
			if t.names[i] == item {
				out = append(out, &t.items[i])
			}
		}
		if len(out) == 0 { // an object where JSON wants a list
			return nil, false
		}
	case isElement:
		return nil, strings.TrimSpace(t.text) == ""
	default:
		return nil, false
	}
	return out, true
}

// A taker takes typed values from trees and keeps the first error.
type taker struct {
	lenient bool // numbers may stand for texts
	err     error
}

func (r *taker) fail(field, why string) {
	if r.err == nil {
		r.err = Invalid(field, why)
	}
}

// text takes a text; "" where there is none.
func (r *taker) text(t *Tree, field string) string {
	switch t.kind {
	case isNull:
		return ""
	case isText, isElement:
		return t.text
	case isNumber, isBool:
		if r.lenient {
			return t.text
		}
	default:
	}
	r.fail(field, "it must be a text, not "+t.kind.String())
	return ""
}

// integer takes a whole number, written as a number or as a text; 0 where there is none.
func (r *taker) integer(t *Tree, field string) int64 {
	switch t.kind {
	case isNull:
		return 0
	case isNumber, isText, isElement:
		text := strings.TrimSpace(t.text)
		if text == "" && t.kind == isElement {
			return 0
		}
		if n, err := strconv.ParseInt(text, 10, 64); err == nil {
			return n
		}
		// 1.4e12 and 100.0 are whole numbers too.
		if f, err := strconv.ParseFloat(text, 64); err == nil && f == float64(int64(f)) && f > -1e15 && f < 1e15 {
			return int64(f)
		}
		r.fail(field, "it must be a whole number, not "+quoteShort(text))
	default:
		r.fail(field, "it must be a whole number, not "+t.kind.String())
	}
	return 0
}

// number takes a number; 0 where there is none.
func (r *taker) number(t *Tree, field string) float64 {
	switch t.kind {
	case isNull:
		return 0
	case isNumber, isText, isElement:
		f, err := strconv.ParseFloat(strings.TrimSpace(t.text), 64)
		if err == nil && f == f && f < 1e300 && f > -1e300 {
			return f
		}
	default:
	}
	r.fail(field, "it must be a number")
	return 0
}

// object wants an object or nothing.
func (r *taker) object(t *Tree, field string) *Tree {
	switch {
	case t.kind == isObject, t.kind == isNull, t.kind == isElement && strings.TrimSpace(t.text) == "":
		return t
	}
	r.fail(field, "it must be an object, not "+t.kind.String())
	return &Tree{}
}

// list takes the items of an array.
func (r *taker) list(t *Tree, item, field string) []*Tree {
	items, ok := t.list(item)
	if !ok {
		r.fail(field, "it must be a list, not "+t.kind.String())
	}
	return items
}

// reference takes the id of {id, href}, of a whole object, or of a bare id.
func (r *taker) reference(t *Tree, field string) string {
	switch t.kind {
	case isText:
		return t.text
	case isElement:
		return strings.TrimSpace(t.text)
	default:
		return r.text(r.object(t, field).Get("id"), field+".id")
	}
}

// quoteShort quotes what somebody sent, cut where it is long.
func quoteShort(text string) string {
	const longest = 40
	if len(text) > longest {
		cut := longest
		for cut > 0 && !utf8.RuneStart(text[cut]) {
			cut--
		}
		return strconv.Quote(text[:cut]) + "..."
	}
	return strconv.Quote(text)
}
