// SPDX-License-Identifier: AGPL-3.0-or-later

package report

import (
	"slices"

	"golang.org/x/text/unicode/bidi"
)

// inOrderSeen puts the letters of a line, which are in the order in which they are read, into the order in which they stand
// on the paper: what is written from right to left is turned, with the numbers in it left as they are (Unicode
// Standard Annex 9, for lines that run from left to right and have no marks of direction: such marks are shown by
// number, see hidden). What stands in quotation marks, or in another style, is put in order by itself, so that a name
// cannot move the words and numbers around it.
func inOrderSeen(letters []letter) []letter {
	if !slices.ContainsFunc(letters, func(l letter) bool { return l.drawn != nil && l.drawn.toLeft }) {
		return letters
	}
	out := slices.Clone(letters)
	for from := 0; from < len(out); {
		to := from + 1
		for to < len(out) && out[to].style == out[from].style && !quotes(out[to].r) && !quotes(out[to-1].r) {
			to++
		}
		turn(out[from:to])
		from = to
	}
	return out
}

func quotes(r rune) bool { return r == '“' || r == '”' || r == '„' }

// turn puts one part in order.
func turn(part []letter) {
	levels := levelsOf(part)
	for from := 0; from < len(part); from++ {
		to := from
		for to < len(part) && levels[to] > 0 {
			to++
		}
		if to == from {
			continue
		}
		slices.Reverse(part[from:to])
		slices.Reverse(levels[from:to])
		for i := from; i < to; i++ {
			n := i
			for n < to && levels[n] == 2 {
				n++
			}
			if n > i {
				slices.Reverse(part[i:n])
				i = n
			} else {
				part[i].r = mirrored(part[i].r)
			}
		}
		from = to
	}
}

// levelsOf tells for each letter whether it runs from left to right (0), from right to left (1), or is a number within
// what runs from right to left (2).
func levelsOf(part []letter) []int {
	levels := make([]int, len(part))
	strong := 0 // what came last that has a direction
	for i, l := range part {
		switch class := classOf(l); class {
		case bidi.R:
			strong, levels[i] = 1, 1
		case bidi.L:
			strong = 0
		case bidi.EN:
			levels[i] = 2 * strong
		default:
			levels[i] = -1
		}
	}
	bracketed(part, levels)
	for i := 0; i < len(part); i++ { // what has no direction takes that of both its neighbours, else that of the line
		if levels[i] >= 0 {
			continue
		}
		to := i
		for to < len(part) && levels[to] < 0 {
			to++
		}
		level := 0
		if i > 0 && to < len(part) && levels[i-1] > 0 && levels[to] > 0 {
			level = 1
			if levels[i-1] == 2 && levels[to] == 2 && to == i+1 && separates(part[i].r) { // within a number
				level = 2
			}
		}
		for ; i < to; i++ {
			levels[i] = level
		}
		i--
	}
	return levels
}

// bracketed gives brackets the direction of what they hold, where what comes before them has it too.
func bracketed(part []letter, levels []int) {
	var open []int
	for i, l := range part {
		switch {
		case l.drawn != nil:
		case opening(l.r):
			open = append(open, i)
		case opening(mirrored(l.r)) && len(open) > 0:
			from := open[len(open)-1]
			open = open[:len(open)-1]
			if part[from].r == mirrored(l.r) && after(levels[:from]) == 1 && slices.Contains(levels[from:i], 1) &&
				!slices.Contains(levels[from:i], 0) {
				levels[from], levels[i] = 1, 1
			}
		}
	}
}

// after is the direction of the last letter that has one.
func after(levels []int) int {
	for _, level := range slices.Backward(levels) {
		if level >= 0 {
			return level
		}
	}
	return 0
}

func opening(r rune) bool { return r == '(' || r == '[' || r == '{' || r == '<' || r == '«' }

func classOf(l letter) bidi.Class {
	if l.drawn != nil {
		if l.drawn.toLeft {
			return bidi.R
		}
		return bidi.L
	}
	properties, _ := bidi.LookupRune(l.r)
	switch c := properties.Class(); c {
	case bidi.R, bidi.AL:
		return bidi.R
	case bidi.EN, bidi.AN:
		return bidi.EN
	case bidi.L:
		return bidi.L
	default:
		return bidi.ON
	}
}

func separates(r rune) bool { return r == '.' || r == ',' || r == ':' || r == '/' }

// mirrored is the other bracket, for text that runs from right to left.
func mirrored(r rune) rune {
	switch r {
	case '(':
		return ')'
	case ')':
		return '('
	case '[':
		return ']'
	case ']':
		return '['
	case '{':
		return '}'
	case '}':
		return '{'
	case '<':
		return '>'
	case '>':
		return '<'
	case '«':
		return '»'
	case '»':
		return '«'
	}
	return r
}
