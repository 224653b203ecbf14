// SPDX-License-Identifier: AGPL-3.0-or-later

package access

import "bytes"

// columnReader reads the cells of one line into a request. It is what all formats share that give each value a name.
type columnReader struct {
	addresses addresses
	scratch   []byte
	writing   writing
	date      []byte
	clock     []byte
	sent      int64
	timed     bool
}

func (c *columnReader) begin(w writing) {
	c.scratch, c.writing = c.scratch[:0], w
	c.date, c.clock, c.sent, c.timed = nil, nil, -1, false
}

// read takes one cell.
func (c *columnReader) read(kind column, cell []byte, r *Request) error {
	if none(cell) {
		return nil
	}
	var err error
	switch kind {
	case colDate:
		c.date = cell
	case colClock:
		c.clock = cell
	case colTime:
		r.Time, err = anyTime(cell)
		c.timed = true
	case colAddress:
		r.Client, err = c.addresses.read(cell)
	case colPort:
		r.Port = readPort(cell)
	case colForwarded:
		r.Forwarded = c.text(cell)
	case colMethod:
		r.Method = cell
	case colHost:
		r.Host = cell
	case colPath:
		path, query, asked := bytes.Cut(cell, []byte{'?'})
		if r.Path = path; asked {
			r.Query = query
		}
	case colQuery:
		r.Query = bytes.TrimPrefix(cell, []byte("?"))
	case colTarget:
		readTarget(cell, r)
	case colAgent:
		r.Agent = c.text(cell)
	case colLanguage:
		r.Language = c.text(cell)
	case colHeaders:
		c.headers(cell, r)
	case colID:
		r.ID = cell
	case colCMCD:
		c.cmcd(cell, r)
	default:
		return c.numbers(kind, cell, r)
	}
	return err
}

// numbers takes a cell that holds a number.
func (c *columnReader) numbers(kind column, cell []byte, r *Request) (err error) {
	switch kind {
	case colStatus:
		r.Status, err = readStatus(cell)
	case colSent:
		c.sent, err = number(cell)
	case colBody:
		r.Body, err = number(cell)
	case colLength:
		r.Length, err = number(cell)
	case colFrom:
		r.From, err = number(cell)
	case colTo:
		r.To, err = number(cell)
	case colWhole:
		r.Whole, err = number(cell)
	case colRange:
		readRange(cell, r)
	default:
	}
	return err
}

// end completes the request from what several cells say together.
func (c *columnReader) end(r *Request) error {
	if !c.timed {
		if c.date == nil || c.clock == nil {
			return Incomplete
		}
		var err error
		if r.Time, err = isoDay(c.date, c.clock); err != nil {
			return err
		}
	}
	if !r.Client.IsValid() || (r.Path == nil && r.Method == nil) {
		return Incomplete
	}
	if r.Body < 0 && c.sent >= 0 {
		r.Body = bodyOf(c.sent, r)
	}
	return nil
}

// headerBytes is what is taken off a count that includes the answer's header where the header's size cannot be told.
const headerBytes = 512

// bodyOf says how many bytes of the body went out, from a count that includes the header. Whoever got at least
// Content-Length bytes got the whole body; of less, the usual size of a header is taken off.
func bodyOf(sent int64, r *Request) int64 {
	if r.Length >= 0 && sent >= r.Length {
		return r.Length
	}
	return max(sent-headerBytes, 0)
}

// text is a text in the writing of this log.
func (c *columnReader) text(cell []byte) []byte {
	switch {
	case c.writing == percentTexts && bytes.IndexByte(cell, '%') >= 0:
		text := c.decoded(cell)
		if bytes.IndexByte(text, ' ') < 0 && bytes.Contains(text, []byte("%20")) {
			text = c.decoded(text) // CloudFront encoded twice for years
		}
		return text
	case c.writing == plusBlanks && bytes.IndexByte(cell, '+') >= 0:
		start := len(c.scratch)
		c.scratch = append(c.scratch, cell...)
		text := c.scratch[start:]
		for i, b := range text {
			if b == '+' {
				text[i] = ' '
			}
		}
		return text
	}
	return cell
}

func (c *columnReader) decoded(text []byte) []byte {
	start := len(c.scratch)
	c.scratch = appendDecoded(c.scratch, text, false)
	return c.scratch[start:]
}

// cmcd joins the headers of CTA-5004, of which there are up to four.
func (c *columnReader) cmcd(cell []byte, r *Request) {
	text := c.decoded(cell)
	if len(r.CMCD) == 0 {
		r.CMCD = text
		return
	}
	start := len(c.scratch)
	c.scratch = append(append(append(c.scratch, r.CMCD...), ','), text...)
	r.CMCD = c.scratch[start:]
}

// headers looks into what CloudFront's real-time logs call cs-headers: name:value lines, percent-encoded.
func (c *columnReader) headers(cell []byte, r *Request) {
	text := c.decoded(cell)
	for len(text) > 0 {
		line := text
		if end := bytes.IndexByte(text, '\n'); end >= 0 {
			line, text = text[:end], text[end+1:]
		} else {
			text = nil
		}
		name, value, ok := bytes.Cut(line, []byte(":"))
		if !ok {
			continue
		}
		value = bytes.TrimSpace(value)
		switch {
		case equalFold(name, "accept-language"):
			r.Language = value
		case equalFold(name, "range") && r.From < 0:
			readRange(value, r)
		case len(name) > 5 && equalFold(name[:5], "cmcd-"):
			c.cmcd(value, r)
		}
	}
}

// equalFold compares ASCII text with a lower-case one.
func equalFold(b []byte, lower string) bool {
	if len(b) != len(lower) {
		return false
	}
	for i, c := range b {
		if c >= 'A' && c <= 'Z' {
			c |= 0x20
		}
		if c != lower[i] {
			return false
		}
	}
	return true
}

// readTarget reads a path with its query, or a whole request line.
func readTarget(cell []byte, r *Request) {
	if first := bytes.IndexByte(cell, ' '); first > 0 && cell[0] != '/' {
		r.Method = cell[:first]
		cell = cell[first+1:]
		if last := bytes.LastIndex(cell, []byte(" HTTP/")); last >= 0 {
			cell = cell[:last]
		}
	}
	splitTarget(cell, r)
}

// readRange reads bytes=0-99 of a request, bytes 0-99/1000 of an answer, or 0-99. Several ranges at once, and those from
// the end, leave the place unknown.
func readRange(cell []byte, r *Request) {
	rest, ok := bytes.CutPrefix(cell, []byte("bytes"))
	if ok && (len(rest) < 2 || (rest[0] != '=' && rest[0] != ' ')) {
		return
	}
	if ok {
		rest = rest[1:]
	}
	ends, whole, answered := bytes.Cut(rest, []byte("/"))
	from, to, ok := bytes.Cut(ends, []byte("-"))
	if !ok {
		return
	}
	first, err := number(from)
	if err != nil {
		return
	}
	last, err := numberOrNone(to)
	if err != nil || (last >= 0 && last < first) {
		return
	}
	r.From, r.To = first, last
	if answered {
		if n, err := number(whole); err == nil {
			r.Whole = n
		}
	}
}
