// SPDX-License-Identifier: AGPL-3.0-or-later

package report

import (
	"fmt"
	"time"
)

// Wording says what was found in one language. Reports, commands and the window all speak through it, so that a
// probability is never told in two ways.
type Wording struct{ words *words }

// NewWording returns the words of a language, en or de, and the English ones for any other. The texts are part of the
// program.
func NewWording(lang string) Wording {
	for _, l := range []string{lang, "en"} {
		if w, err := wordsOf(l); err == nil {
			return Wording{w}
		}
	}
	return Wording{&words{lang: "en"}}
}

// Chance says a probability, given as its decimal logarithm, in words, and never one that is smaller than what was
// measured of the statistics reaches: "fewer than 1 in 10^12".
func (w Wording) Chance(log10p float64) string { return w.words.chance(log10p) }

// Sentence is the one sentence that says how sure a finding is. compared is how many IDs it was compared with, 0 unknown.
func (w Wording) Sentence(log10p float64, compared int64) string {
	return w.words.chanceSentence(log10p, compared)
}

// Verdict is what came out, in a few words; "cancelled" and "" are no verdicts but have words too.
func (w Wording) Verdict(verdict string) string { return w.words.verdictShort(verdict) }

// VerdictSentence is what came out, as a sentence about the file, without a full stop.
func (w Wording) VerdictSentence(verdict string) string { return w.words.verdictLong(verdict) }

// Meaning says what follows from a verdict without a name, and what would help; "" where there is nothing to say.
// recognised tells that a registered title was recognised by its pictures.
func (w Wording) Meaning(verdict string, recognised bool) string {
	return w.words.meaning(verdict, recognised)
}

// CopyNotPerson says that a finding does not identify anybody.
func (w Wording) CopyNotPerson() string { return w.words.CopyNotPerson }

// Span says which stretch of a leak is which of the title, as far as that is known.
func (w Wording) Span(s Span) string {
	text := fmt.Sprintf(w.words.SpanOfLeak, clock(s.From), clock(s.To))
	if s.TitleFrom == nil || s.TitleTo == nil {
		return text
	}
	return fmt.Sprintf(w.words.SpanOfTitle, text, clock(*s.TitleFrom), clock(*s.TitleTo))
}

// Clock is a place in a video, such as 0:01:02.5.
func (w Wording) Clock(at time.Duration) string { return clock(at) }

// Method says how a tag was read.
func (w Wording) Method(method string) string { return w.words.method(method) }

// Unusable says why a part of a leak could not be used.
func (w Wording) Unusable(why string) string { return w.words.unusable(why) }

// Whole writes a number in groups of three digits.
func (w Wording) Whole(n int64) string { return w.words.whole(n) }

// Kind is the name of a kind of report.
func (w Wording) Kind(k Kind) string { return w.words.kind(k) }

// Country is the name of a country, given by its two letters; what is no country is returned as it is.
func (w Wording) Country(code string) string { return w.words.countryName(code) }

// NetworkType says what sort of network an access came from, given as its three letters.
func (w Wording) NetworkType(kind string) string { return w.words.networkType(&Access{Type: kind}) }

// Control says what a control was and how it came out.
func (w Wording) Control(c Control) string {
	key := c.Kind
	if !c.Passed() {
		key += " failed"
	}
	text, ok := w.words.ControlSaid[key]
	if !ok {
		return c.Kind
	}
	return fmt.Sprintf(text, w.words.decimal(c.Score, 1))
}
