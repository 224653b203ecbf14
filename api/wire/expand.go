// SPDX-License-Identifier: AGPL-3.0-or-later

package wire

import "strings"

// Expansion says which references carry the whole object.
type Expansion struct {
	All   bool
	kinds map[string]bool
}

// ParseExpansion reads the parameters expand and expand_all. Error: an [*Error]
// of status 400 for an unknown name.
func ParseExpansion(expand, all string) (Expansion, error) {
	e := Expansion{kinds: map[string]bool{}}
	var err error
	if e.All, err = boolParameter(all, "expand_all"); err != nil {
		return e, err
	}
	for name := range strings.SplitSeq(expand, ",") {
		switch name = strings.TrimSpace(name); name {
		case KindPipeline, KindFile, KindApplication, KindUser, KindJob, KindFindings:
			e.kinds[name] = true
		case "", "preset", "codec": // the documentation names these two; no object here has them
		default:
			return e, Invalid("expand", "there is no reference "+quoteShort(name))
		}
	}
	return e, nil
}

// Wants says whether references of a kind are expanded.
func (e Expansion) Wants(kind string) bool { return e.All || e.kinds[kind] }

// None says that nothing is expanded.
func (e Expansion) None() bool { return !e.All && len(e.kinds) == 0 }

// A Resolver returns the object that a reference points to, and false where
// there is none (any more).
type Resolver func(Ref) (Object, bool, error)

// Expand returns the object with the wanted references replaced by what they
// point to, and so on in there. kind and id are the object's own: a reference
// that leads back to an object it lies in stays a reference.
func (e Expansion) Expand(kind, id string, o Object, resolve Resolver) (Object, error) {
	if e.None() {
		return o, nil
	}
	x := expander{Expansion: e, resolve: resolve, inside: map[string]bool{kind + "/" + id: true}}
	out, err := x.value(o)
	if err != nil {
		return nil, err
	}
	expanded, _ := out.(Object)
	return expanded, nil
}

type expander struct {
	Expansion
	resolve Resolver
	inside  map[string]bool // kind/id of the objects around
}

func (x *expander) value(v any) (any, error) {
	switch v := v.(type) {
	case Object:
		out := make(Object, len(v))
		for i, f := range v {
			value, err := x.value(f.Value)
			if err != nil {
				return nil, err
			}
			out[i] = Field{f.Key, value}
		}
		return out, nil
	case List:
		out := List{Item: v.Item, Values: make([]any, len(v.Values))}
		for i, item := range v.Values {
			value, err := x.value(item)
			if err != nil {
				return nil, err
			}
			out.Values[i] = value
		}
		return out, nil
	case Ref:
		return x.reference(v)
	}
	return v, nil
}

func (x *expander) reference(r Ref) (any, error) {
	name := r.Kind + "/" + r.ID
	if !x.Wants(r.Kind) || x.inside[name] {
		return r, nil
	}
	o, ok, err := x.resolve(r)
	if err != nil || !ok {
		return r, err
	}
	x.inside[name] = true
	defer delete(x.inside, name)
	return x.value(o)
}
