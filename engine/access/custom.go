// SPDX-License-Identifier: AGPL-3.0-or-later

package access

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Custom describes a format that is not in the table. One of Pattern, Paths and Fields is given.
//
// Names of groups and fields are those that any of the known formats uses: ip, port, time (or timestamp, in any usual
// form), method, host, path, query, request (a whole request line, or path and query), status, bytes (of the body),
// bytes_sent (with headers), content_length, range, size, user_agent, accept_language, x-forwarded-for, request_id,
// cmcd; c-ip, cliIP, ClientIP and so on.
type Custom struct {
	Pattern   string            `json:"pattern,omitempty"`   // regular expression with named groups
	Paths     map[string]string `json:"paths,omitempty"`     // of JSON lines: keys joined by dots, and what they mean
	Fields    []string          `json:"fields,omitempty"`    // in the order of the columns; "-" for one without meaning
	Delimiter string            `json:"delimiter,omitempty"` // of the columns: one character; "" a tab or a blank
	Writing   string            `json:"writing,omitempty"`   // of texts: "" as they are, "percent", "plus"
}

// UsualWriting is how logs of a known format write texts, as [Custom] names it: for those with fields of the customer's own choice.
func UsualWriting(format string) string {
	switch format {
	case "cloudfront", "cloudfront-realtime", "akamai":
		return "percent"
	case "w3c":
		return "plus"
	}
	return ""
}

// Format makes a format of the description, or says what is wrong with it.
func (c Custom) Format(name string) (Format, error) {
	f := Format{Name: name, Title: "of your own"}
	w, ok := map[string]writing{"": rawTexts, "percent": percentTexts, "plus": plusBlanks}[c.Writing]
	if !ok {
		return f, fmt.Errorf("texts cannot be written as %q: percent and plus are known", c.Writing)
	}
	switch {
	case c.Pattern != "" && c.Paths == nil && c.Fields == nil:
		return c.pattern(f, w)
	case c.Pattern == "" && c.Paths != nil && c.Fields == nil:
		return c.json(f, w)
	case c.Pattern == "" && c.Paths == nil && c.Fields != nil:
		return c.delimited(f, w)
	}
	return f, errors.New("a format of your own needs either a pattern, or paths, or fields")
}

// enough says whether these meanings make a request.
func enough(kinds []column) error {
	has := func(some ...column) bool {
		return slices.ContainsFunc(kinds, func(k column) bool { return slices.Contains(some, k) })
	}
	switch {
	case !has(colAddress):
		return errors.New("no field is the client's address (ip)")
	case !has(colTime) && !(has(colDate) && has(colClock)):
		return errors.New("no field is the time (timestamp, or date and time)")
	case !has(colPath, colTarget):
		return errors.New("no field is the path (path, url or request)")
	}
	return nil
}

// meanings looks names up; a clock without a date is a whole time.
func meanings(names []string) ([]column, error) {
	kinds := make([]column, len(names))
	for i, name := range names {
		kinds[i] = columnNamed(name)
	}
	if !slices.Contains(kinds, colDate) {
		for i, k := range kinds {
			if k == colClock {
				kinds[i] = colTime
			}
		}
	}
	return kinds, enough(kinds)
}

func (c Custom) pattern(f Format, w writing) (Format, error) {
	re, err := regexp.Compile(c.Pattern)
	if err != nil {
		return f, fmt.Errorf("the pattern is no regular expression: %w", err)
	}
	kinds, err := meanings(re.SubexpNames())
	if err != nil {
		return f, err
	}
	f.parser = func([]string) parser { return &pattern{re: re, kinds: kinds, writing: w} }
	return f, nil
}

// pattern reads lines by a regular expression.
type pattern struct {
	re      *regexp.Regexp
	kinds   []column
	writing writing
	cells   columnReader
}

func (p *pattern) parse(line []byte, r *Request) error {
	r.reset()
	found := p.re.FindSubmatchIndex(line)
	if found == nil {
		return BadShape
	}
	p.cells.begin(p.writing)
	for i, kind := range p.kinds {
		if kind == colNone || found[2*i] < 0 {
			continue
		}
		if err := p.cells.read(kind, line[found[2*i]:found[2*i+1]], r); err != nil {
			return err
		}
	}
	return p.cells.end(r)
}

func (c Custom) json(f Format, w writing) (Format, error) {
	paths := make(map[string]column, len(c.Paths))
	var kinds []column
	dated := false
	for _, name := range c.Paths {
		dated = dated || columnNamed(name) == colDate
	}
	for path, name := range c.Paths {
		kind := columnNamed(name)
		if kind == colNone {
			return f, fmt.Errorf("%q is no name of a field", name)
		}
		if kind == colClock && !dated {
			kind = colTime
		}
		paths[path] = kind
		kinds = append(kinds, kind)
	}
	f.parser = func([]string) parser { return newJSON(paths, w) }
	return f, enough(kinds)
}

func (c Custom) delimited(f Format, w writing) (Format, error) {
	kinds, err := meanings(c.Fields)
	if err != nil {
		return f, err
	}
	var divider byte
	switch d := strings.NewReplacer(`\t`, "\t").Replace(c.Delimiter); len(d) {
	case 0:
	case 1:
		divider = d[0]
	default:
		return f, fmt.Errorf("the delimiter %q is not one character", c.Delimiter)
	}
	f.parser = func([]string) parser { return &columns{kinds: kinds, divider: divider, writing: w} }
	return f, nil
}
