// SPDX-License-Identifier: AGPL-3.0-or-later

package report

import (
	"strings"
	"testing"
	"unicode/utf8"
)

// FuzzLines sets texts of strangers in lines: none brings the program down, and each line is as wide as it may be, but for a
// single letter that is wider.
func FuzzLines(f *testing.F) {
	for _, text := range []string{
		"plain", "مرحبا (12.5) שלום abc", "नमस्ते\u200d\u200c\u0d4d", "漢字😀\U000E0041", "a\u202Eb\u0301\x00\xff", strings.Repeat("ک", 300), "\u0f3f\u1039\u17d2",
	} {
		f.Add(text, 30.0)
	}
	w, err := wordsOf("en")
	if err != nil {
		f.Fatal(err)
	}
	p, err := newPages(&Report{}, Options{Kind: Expert, Lang: "en", Paper: A4}, w, "")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text string, width float64) {
		if len(text) > 4000 || !(width > 5 && width < 200) {
			return
		}
		for _, l := range p.faces.breakLines([]run{{text, body()}, {text, strong()}}, width) {
			if l.width > width+0.01 && len(l.pieces) > 1 {
				t.Errorf("a line of %d pieces is %.2f wide in %.2f", len(l.pieces), l.width, width)
			}
			if len(l.pieces) == 1 && l.pieces[0].drawn == nil && l.width > width+0.01 && utf8.RuneCountInString(l.pieces[0].text) > 1 {
				t.Errorf("%q is %.2f wide in %.2f", l.pieces[0].text, l.width, width)
			}
			for _, one := range l.pieces {
				if strings.ContainsAny(one.text, "\x00\u202E\u202D\u2066\u2067") {
					t.Errorf("%q would do harm", one.text)
				}
			}
		}
		if p.faces.shaper.err != nil {
			t.Error(p.faces.shaper.err)
		}
	})
}
