// SPDX-License-Identifier: AGPL-3.0-or-later

package access

import (
	"bytes"
	"strings"
)

func w3cFormat() Format {
	return Format{
		Name: "w3c", Title: "W3C extended with #Fields, as of IIS", header: true,
		note: "IIS leaves sc-bytes out unless it is told to log it",
		parser: func(fields []string) parser {
			return newColumns(fields, 0, plusBlanks)
		},
	}
}

func cloudFrontFormat() Format {
	return Format{
		Name: "cloudfront", Title: "Amazon CloudFront standard", header: true,
		note: "no Accept-Language",
		parser: func(fields []string) parser {
			if !isCloudFront(fields) {
				return &columns{}
			}
			return newColumns(fields, '\t', percentTexts)
		},
	}
}

func isCloudFront(fields []string) bool {
	for _, f := range fields {
		if strings.HasPrefix(f, "x-edge-") {
			return true
		}
	}
	return false
}

// How texts are written in a column.
type writing byte

const (
	rawTexts     writing = iota
	plusBlanks           // blanks as + (IIS)
	percentTexts         // %XX (CloudFront, Akamai)
)

// column says what a column means.
type column byte

const (
	colNone column = iota
	colDate
	colClock
	colTime // date and time together, in any form
	colAddress
	colPort
	colForwarded
	colMethod
	colHost
	colPath
	colQuery
	colTarget // path and query together, or a whole request line
	colStatus
	colSent // with headers
	colBody
	colLength
	colFrom
	colTo
	colRange // bytes=0-99
	colWhole
	colAgent
	colLanguage
	colHeaders // name:value pairs, of CloudFront real-time
	colID
	colCMCD
)

// columns reads a line of columns of which each has a meaning.
type columns struct {
	kinds   []column
	divider byte // 0: a tab where the line has one, else a blank
	writing writing
	cells   columnReader
}

func newColumns(fields []string, divider byte, w writing) *columns {
	kinds := make([]column, len(fields))
	for i, f := range fields {
		kinds[i] = columnNamed(f)
	}
	return &columns{kinds: kinds, divider: divider, writing: w}
}

func (p *columns) parse(line []byte, r *Request) error {
	r.reset()
	if len(p.kinds) == 0 {
		return NoFields
	}
	c := &p.cells
	c.begin(p.writing)
	divider := p.divider
	if divider == 0 {
		if divider = ' '; bytes.IndexByte(line, '\t') >= 0 {
			divider = '\t'
		}
	}
	for i, kind := range p.kinds {
		cell := line
		end := bytes.IndexByte(line, divider)
		switch last := i == len(p.kinds)-1; {
		case end >= 0 && !last:
			cell, line = line[:end], line[end+1:]
		case end >= 0 || !last:
			return BadShape
		}
		if kind == colNone {
			continue
		}
		if err := c.read(kind, cell, r); err != nil {
			return err
		}
	}
	return c.end(r)
}
