// SPDX-License-Identifier: AGPL-3.0-or-later

package access

import "bytes"

// What may follow the fields of the common format.
const (
	extraReferer = iota
	extraAgent
	extraForwarded
	extraLanguage
	extraIn  // bytes received
	extraOut // bytes sent, with headers
)

func combinedFormat() Format {
	return combinedLike("combined", "nginx and Apache combined", false, extraReferer, extraAgent)
}

func combinedForwardedFormat() Format {
	return combinedLike("combined-forwarded", "nginx main: combined and X-Forwarded-For", false, extraReferer, extraAgent, extraForwarded)
}

func combinedLanguageFormat() Format {
	return combinedLike("combined-language", "combined and Accept-Language", false, extraReferer, extraAgent, extraLanguage)
}

func combinedIOFormat() Format {
	return combinedLike("combinedio", "Apache combinedio: combined, bytes in and out", false, extraReferer, extraAgent, extraIn, extraOut)
}

func vhostCombinedFormat() Format {
	return combinedLike("vhost-combined", "Apache vhost_combined: the host first", true, extraReferer, extraAgent)
}

func commonFormat() Format {
	return combinedLike("common", "NCSA common", false)
}

func combinedLike(name, title string, host bool, extras ...int) Format {
	return Format{
		Name: name, Title: title,
		note: "no ranges, no ports" + map[bool]string{true: ", no user agents"}[len(extras) == 0],
		parser: func([]string) parser {
			return &combined{host: host, extras: extras}
		},
	}
}

// combined reads the common log format of NCSA and what grew out of it:
//
//	[host ]address ident user [01/Mar/2026:19:15:24 +0100] "GET /path HTTP/2.0" 200 1234 "referer" "user agent" ...
type combined struct {
	host      bool
	extras    []int
	addresses addresses
	scratch   []byte
}

func (p *combined) parse(line []byte, r *Request) error {
	r.reset()
	p.scratch = p.scratch[:0]
	if p.host {
		end := bytes.IndexByte(line, ' ')
		if end <= 0 {
			return BadShape
		}
		r.Host, line = line[:end], line[end+1:]
	}
	end := bytes.IndexByte(line, ' ')
	if end <= 0 {
		return BadShape
	}
	address := line[:end]
	// The user may hold blanks, so the time is found by its brackets.
	open := bytes.IndexByte(line[end:], '[')
	if open < 2 || line[end+open-1] != ' ' {
		return BadShape
	}
	rest := line[end+open+1:]
	closing := bytes.IndexByte(rest, ']')
	if closing < 0 || closing+3 >= len(rest) || rest[closing+1] != ' ' || rest[closing+2] != '"' {
		return BadShape
	}
	clock := rest[:closing]
	target, rest, ok := quoted(rest[closing+2:])
	if !ok {
		return BadShape
	}
	p.target(target, r)
	var err error
	if rest, err = p.numbers(rest, r); err != nil {
		return err
	}
	if err := p.extra(rest, r); err != nil {
		return err
	}
	if r.Client, err = p.addresses.read(address); err != nil {
		return err
	}
	r.Time, err = commonTime(clock)
	return err
}

// quoted reads a text in quotation marks, which may hold escaped ones, and returns what follows it.
func quoted(b []byte) (text, rest []byte, ok bool) {
	if len(b) == 0 || b[0] != '"' {
		return nil, nil, false
	}
	for at := 1; ; {
		end := bytes.IndexByte(b[at:], '"')
		if end < 0 {
			return nil, nil, false
		}
		end += at
		escapes := 0
		for end-1-escapes >= 1 && b[end-1-escapes] == '\\' {
			escapes++
		}
		if escapes%2 == 0 {
			return b[1:end], b[end+1:], true
		}
		at = end + 1
	}
}

// target reads "GET /path HTTP/2.0". What is no such thing, as of a client that speaks no HTTP, leaves method and path
// empty: it is a request all the same.
func (p *combined) target(text []byte, r *Request) {
	text = p.unescaped(text)
	first := bytes.IndexByte(text, ' ')
	if first <= 0 {
		return
	}
	r.Method = text[:first]
	path := text[first+1:]
	if last := bytes.LastIndex(path, []byte(" HTTP/")); last >= 0 {
		path = path[:last]
	}
	splitTarget(path, r)
}

// unescaped is a text without escapes, in the parser's buffer where it has any.
func (p *combined) unescaped(text []byte) []byte {
	if bytes.IndexByte(text, '\\') < 0 {
		return text
	}
	start := len(p.scratch)
	p.scratch = appendUnescaped(p.scratch, text)
	return p.scratch[start:]
}

// numbers reads " 200 1234".
func (p *combined) numbers(b []byte, r *Request) ([]byte, error) {
	status, rest := word(b)
	body, rest := word(rest)
	if len(status) == 0 || len(body) == 0 {
		return nil, BadShape
	}
	var err error
	if r.Status, err = readStatus(status); err != nil {
		return nil, err
	}
	if body[0] == '-' && len(body) == 1 {
		r.Body = 0 // %b of Apache: no byte
		return rest, nil
	}
	if r.Body, err = number(body); err != nil {
		return nil, err
	}
	return rest, nil
}

// word reads what stands between a blank and the next one.
func word(b []byte) (text, rest []byte) {
	if len(b) == 0 || b[0] != ' ' {
		return nil, b
	}
	b = b[1:]
	if end := bytes.IndexByte(b, ' '); end >= 0 {
		return b[:end], b[end:]
	}
	return b, nil
}

// extra reads what follows the numbers.
func (p *combined) extra(b []byte, r *Request) error {
	for _, kind := range p.extras {
		if kind == extraIn || kind == extraOut {
			text, rest := word(b)
			if _, err := numberOrNone(text); err != nil || len(text) == 0 {
				return BadShape
			}
			b = rest
			continue
		}
		if len(b) < 3 || b[0] != ' ' {
			return BadShape
		}
		text, rest, ok := quoted(b[1:])
		if !ok {
			return BadShape
		}
		b = rest
		switch kind {
		case extraAgent:
			r.Agent = p.unescaped(orNone(text))
		case extraForwarded:
			if !forwarded(text) {
				return BadShape
			}
			r.Forwarded = orNone(text)
		case extraLanguage:
			r.Language = p.unescaped(orNone(text))
		}
	}
	if len(bytes.TrimRight(b, " \r")) > 0 {
		return BadShape
	}
	return nil
}

// forwarded says whether text can be an X-Forwarded-For: it tells that field from others in the same place.
func forwarded(text []byte) bool {
	for _, c := range text {
		if !(c-'0' <= 9 || unhex(c) < 16 || c == '.' || c == ':' || c == ',' || c == ' ' || c == '-' || c == '[' || c == ']' || c == '_' ||
			c|0x20 >= 'a' && c|0x20 <= 'z') || c == ';' {
			return false
		}
	}
	return true
}
