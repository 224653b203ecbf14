// SPDX-License-Identifier: AGPL-3.0-or-later

package wire

// Document is one answer.
type Document struct {
	Name string // of the root: the only key in JSON, the root element in XML
	Bare bool   // in JSON the keys stand at the top, without the root
	Body Object // unless it is a list
	Page *Page  // a list
}

// Page is a part of a list of objects.
type Page struct {
	Item         string // name of one object, such as backtrace
	Objects      []Object
	Total        int64 // of all objects that the list has
	Start, Limit int64
	First, Last  string // hrefs of the first and the last page
}

// One wraps a single object.
func One(name string, body Object) Document { return Document{Name: name, Body: body} }

// Deleted is the answer to a DELETE.
func Deleted() Document { return One("result", Object{{"status", "SUCCESS"}}) }

// object is the document as JSON has it.
func (d Document) object() Object {
	if d.Page == nil {
		if d.Bare {
			return d.Body
		}
		return Object{{d.Name, d.Body}}
	}
	p := d.Page
	return Object{
		{d.Name, p.list()},
		{"total", p.Total},
		{"start", p.Start},
		{"limit", p.Limit},
		{"first", Object{{"href", p.First}}},
		{"last", Object{{"href", p.Last}}},
	}
}

func (p *Page) list() List {
	l := List{Item: p.Item, Values: make([]any, len(p.Objects))}
	for i, o := range p.Objects {
		l.Values[i] = o
	}
	return l
}
