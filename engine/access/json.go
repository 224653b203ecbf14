// SPDX-License-Identifier: AGPL-3.0-or-later

package access

import (
	"bytes"
	"slices"

	"github.com/valyala/fastjson"
)

// newJSON reads one JSON object a line. paths say what the value at a path of keys, joined by dots, means; nil: keys
// are known by their names. need are keys that must all be there, which tells formats apart.
func newJSON(paths map[string]column, w writing, need ...string) parser {
	p := &jsonLine{paths: paths, writing: w, need: need}
	for path := range paths {
		if bytes.IndexByte([]byte(path), '.') >= 0 {
			p.deep = true
		}
	}
	p.visit = p.take
	return p
}

type jsonLine struct {
	paths   map[string]column
	deep    bool // some path has more than one key
	writing writing
	need    []string

	known   map[string]column // of keys seen
	parser  fastjson.Parser
	cells   columnReader
	request *Request
	err     error
	prefix  []byte
	number  []byte
	visit   func(key []byte, v *fastjson.Value)
}

func (p *jsonLine) parse(line []byte, r *Request) error {
	r.reset()
	if line = bytes.Trim(line, " \t\r,"); len(line) < 2 || line[0] != '{' {
		return BadJSON
	}
	v, err := p.parser.ParseBytes(line)
	if err != nil {
		return BadJSON
	}
	object, err := v.Object()
	if err != nil {
		return BadJSON
	}
	for _, key := range p.need {
		if object.Get(key) == nil {
			return BadShape
		}
	}
	p.cells.begin(p.writing)
	p.request, p.err, p.prefix, p.number = r, nil, p.prefix[:0], p.number[:0]
	object.Visit(p.visit)
	if p.err != nil {
		return p.err
	}
	return p.cells.end(r)
}

const maxKeys = 1024 // of which the meaning is remembered

// meaning says what a key means.
func (p *jsonLine) meaning(key []byte) column {
	if kind, ok := p.known[string(key)]; ok {
		return kind
	}
	var kind column
	if p.paths != nil {
		kind = p.paths[string(key)]
	} else if kind = columnNamed(string(key)); kind == colClock {
		kind = colTime
	}
	if p.known == nil || len(p.known) >= maxKeys {
		p.known = make(map[string]column)
	}
	p.known[string(key)] = kind
	return kind
}

// take is called with each member of an object.
func (p *jsonLine) take(key []byte, v *fastjson.Value) {
	if p.err != nil {
		return
	}
	start := len(p.prefix)
	p.prefix = append(p.prefix, key...)
	kind := p.meaning(p.prefix)
	switch {
	case v.Type() == fastjson.TypeObject && kind == colHeaders:
		p.headers(v)
	case v.Type() == fastjson.TypeObject && p.deep && start < 256:
		p.prefix = append(p.prefix, '.')
		v.GetObject().Visit(p.visit)
	case kind != colNone:
		if cell, ok := p.cell(v); ok {
			p.err = p.cells.read(kind, cell, p.request)
		}
	}
	p.prefix = p.prefix[:start]
}

// cell is the text of a string or number.
func (p *jsonLine) cell(v *fastjson.Value) ([]byte, bool) {
	switch v.Type() {
	case fastjson.TypeString:
		return v.GetStringBytes(), true
	case fastjson.TypeNumber:
		start := len(p.number)
		p.number = v.MarshalTo(p.number)
		return p.number[start:], true
	default:
		return nil, false
	}
}

// headers reads an object of request headers, as Cloudflare's custom fields are.
func (p *jsonLine) headers(v *fastjson.Value) {
	r := p.request
	v.GetObject().Visit(func(key []byte, v *fastjson.Value) {
		value, ok := p.cell(v)
		if !ok {
			return
		}
		name := bytes.ToLower(key)
		switch {
		case string(name) == "accept-language":
			r.Language = value
		case string(name) == "x-forwarded-for":
			r.Forwarded = value
		case string(name) == "range":
			readRange(value, r)
		case slices.Contains([]string{"cmcd-request", "cmcd-object", "cmcd-status", "cmcd-session"}, string(name)):
			p.cells.cmcd(value, r)
		}
	})
}
