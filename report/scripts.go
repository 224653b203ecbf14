// SPDX-License-Identifier: AGPL-3.0-or-later

package report

import (
	"unicode"
)

// script is a writing system beside those that the report itself is set in, and the bundled face that has it.
type script struct {
	face   string
	joined bool // its letters change their shape or place with their neighbours, so that whole words are shaped
	tables []*unicode.RangeTable
}

// scripts lists them. Latin, Greek, Cyrillic, Armenian and Georgian are in the faces of the report.
func scripts() []script {
	return []script{
		{"NotoSansArabic-Regular", true, []*unicode.RangeTable{unicode.Arabic}},
		{"NotoSansHebrew-Regular", true, []*unicode.RangeTable{unicode.Hebrew}},
		{"NotoSansDevanagari-Regular", true, []*unicode.RangeTable{unicode.Devanagari}},
		{"NotoSansBengali-Regular", true, []*unicode.RangeTable{unicode.Bengali}},
		{"NotoSansGurmukhi-Regular", true, []*unicode.RangeTable{unicode.Gurmukhi}},
		{"NotoSansGujarati-Regular", true, []*unicode.RangeTable{unicode.Gujarati}},
		{"NotoSansOriya-Regular", true, []*unicode.RangeTable{unicode.Oriya}},
		{"NotoSansTamil-Regular", true, []*unicode.RangeTable{unicode.Tamil}},
		{"NotoSansTelugu-Regular", true, []*unicode.RangeTable{unicode.Telugu}},
		{"NotoSansKannada-Regular", true, []*unicode.RangeTable{unicode.Kannada}},
		{"NotoSansMalayalam-Regular", true, []*unicode.RangeTable{unicode.Malayalam}},
		{"NotoSansSinhala-Regular", true, []*unicode.RangeTable{unicode.Sinhala}},
		{"NotoSansThai-Regular", true, []*unicode.RangeTable{unicode.Thai}},
		{"NotoSansLao-Regular", true, []*unicode.RangeTable{unicode.Lao}},
		{"NotoSansKhmer-Regular", true, []*unicode.RangeTable{unicode.Khmer}},
		{"NotoSansMyanmar-Regular", true, []*unicode.RangeTable{unicode.Myanmar}},
		{"NotoSansEthiopic-Regular", false, []*unicode.RangeTable{unicode.Ethiopic}},
		{"DroidSansFallback", false, []*unicode.RangeTable{
			unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul, unicode.Bopomofo, ideographicSigns(),
		}},
		{"NotoEmoji-Regular", false, []*unicode.RangeTable{unicode.So, unicode.Sk}},
	}
}

// ideographicSigns are the punctuation and the wide forms that go with Chinese, Japanese and Korean.
func ideographicSigns() *unicode.RangeTable {
	return &unicode.RangeTable{R16: []unicode.Range16{{Lo: 0x3000, Hi: 0x303F, Stride: 1}, {Lo: 0xFF00, Hi: 0xFFEF, Stride: 1}}}
}

// firstOther is the first character that belongs to one of the scripts; below there is no need to look.
const firstOther = 0x0590

// scriptOf is the index in scripts of the one that a character belongs to; -1 for none.
func scriptOf(list []script, r rune) int {
	if r < firstOther {
		return -1
	}
	for i := range list {
		if unicode.In(r, list[i].tables...) {
			return i
		}
	}
	return -1
}

// joiner is one of the two marks that say whether letters are to be joined; within a word of such a script they are seen
// by what they do.
func joiner(r rune) bool { return r == '\u200C' || r == '\u200D' }

// word returns how long the part at the head of text is that must be shaped as one: letters of one script with their
// marks. 0 where there is none.
func word(list []script, text []rune) (length, of int) {
	of = scriptOf(list, text[0])
	if of < 0 || joiner(text[0]) {
		return 0, of
	}
	if !list[of].joined {
		return 1, of
	}
	n := 1
	for n < len(text) && n < longestWord {
		inside := joiner(text[n]) && n+1 < len(text) && scriptOf(list, text[n+1]) == of
		if !inside && scriptOf(list, text[n]) != of {
			break
		}
		n++
	}
	return n, of
}

// longestWord is how many characters are shaped at once: longer than words are, short enough for lines.
const longestWord = 60
