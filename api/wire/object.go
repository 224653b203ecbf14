// SPDX-License-Identifier: AGPL-3.0-or-later

package wire

// Object is keys and values in the order in which they are written. A value is
// nil (no value), a string, an int64, a float64, a bool, an Object, a [List] or
// a [Ref].
type Object []Field

// Field is one key of an object with its value.
type Field struct {
	Key   string
	Value any
}

// Get returns the value of a key, nil if there is none.
func (o Object) Get(key string) any {
	for _, f := range o {
		if f.Key == key {
			return f.Value
		}
	}
	return nil
}

// List is an array. In XML each value is an element with the name Item.
type List struct {
	Item   string
	Values []any
}

// Ref points to another object. It is written as its id and href, or as its href
// alone where the object has no id of its own.
type Ref struct {
	Kind string // one of the kinds
	ID   string // of what it points to; "" is no value
	Href string
	Bare bool // no id is written
}

// A Linker makes the href of an object.
type Linker func(kind, id string) string

// The kinds of objects that references point to.
const (
	KindBacktrace   = "backtrace"
	KindJob         = "job"
	KindPipeline    = "pipeline"
	KindFile        = "file"
	KindApplication = "application"
	KindUser        = "user"
	KindFindings    = "findings"
)

func ref(link Linker, kind, id string) any {
	if id == "" {
		return nil
	}
	return Ref{Kind: kind, ID: id, Href: link(kind, id)}
}

func orNil(text string) any {
	if text == "" {
		return nil
	}
	return text
}

func timeOrNil(ms int64) any {
	if ms == 0 {
		return nil
	}
	return ms
}
