// SPDX-License-Identifier: AGPL-3.0-or-later

package access

import "bytes"

// readCMCD reads Common Media Client Data (CTA-5004, versions 1 and 2): key=value pairs with commas between, keys without
// a value being true, texts in quotation marks. Keys of no interest are passed over, and so is what is not well formed.
func readCMCD(text []byte, r *Request) {
	for len(text) > 0 {
		var key, value []byte
		key, value, text = pair(text)
		switch string(key) {
		case "sid":
			r.Session = value
		case "cid":
			r.Content = value
		case "br", "tb", "ab":
			// The rate of this object is surer than the highest there is, and both are better than none.
			if n := innerNumber(value); n > 0 && (string(key) == "br" || r.Kilobits == 0) {
				r.Kilobits = n
			}
		case "d":
			r.Duration = innerNumber(value)
		case "ot":
			r.Object = objectType(value)
		case "sf":
			if len(value) > 0 {
				r.Stream = value[0]
			}
		}
	}
}

// pair cuts off the first key=value.
func pair(text []byte) (key, value, rest []byte) {
	end := bytes.IndexAny(text, "=,")
	if end < 0 {
		return bytes.TrimSpace(text), nil, nil
	}
	key = bytes.TrimSpace(text[:end])
	if text[end] == ',' {
		return key, nil, text[end+1:]
	}
	text = text[end+1:]
	if text, quoted := bytes.CutPrefix(text, []byte(`"`)); quoted {
		end := 0
		for end < len(text) && (text[end] != '"' || (end > 0 && text[end-1] == '\\')) {
			end++
		}
		value, rest = text[:end], text[min(end+1, len(text)):]
		if comma := bytes.IndexByte(rest, ','); comma >= 0 {
			return key, value, rest[comma+1:]
		}
		return key, value, nil
	}
	depth := 0
	for i, c := range text { // version 2 has lists in brackets
		switch {
		case c == '(':
			depth++
		case c == ')':
			depth--
		case c == ',' && depth <= 0:
			return key, bytes.TrimSpace(text[:i]), text[i+1:]
		}
	}
	return key, bytes.TrimSpace(text), nil
}

// innerNumber reads a number, or the first of a list in brackets; 0 where there is none.
func innerNumber(b []byte) int32 {
	b = bytes.TrimLeft(b, "(")
	end := 0
	for end < len(b) && b[end]-'0' <= 9 {
		end++
	}
	n, err := number(b[:end])
	if err != nil || n > 1<<30 {
		return 0
	}
	return int32(n)
}

// objectType is the first letter of ot, b where sound and pictures are in one (av).
func objectType(value []byte) byte {
	switch {
	case len(value) == 0:
		return 0
	case string(value) == "av":
		return 'b'
	case string(value) == "tt":
		return 't'
	}
	return value[0]
}
