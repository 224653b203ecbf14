// SPDX-License-Identifier: AGPL-3.0-or-later

package report

import (
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// texts flattens words into names and texts.
func flat(v reflect.Value, name string, out map[string]string) {
	switch v.Kind() {
	case reflect.String:
		out[name] = v.String()
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				flat(v.Field(i), name+"."+v.Type().Field(i).Name, out)
			}
		}
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			if v.Index(i).Kind() != reflect.Array { // entries of the glossary are sorted by language
				flat(v.Index(i), name+"."+string(rune('a'+i)), out)
			}
		}
	case reflect.Map:
		for _, key := range v.MapKeys() {
			flat(v.MapIndex(key), name+"."+key.String(), out)
		}
	default:
		panic(v.Kind())
	}
}

func TestLanguagesHaveTheSameTexts(t *testing.T) {
	english, err := wordsOf("en")
	require.NoError(t, err)
	german, err := wordsOf("de")
	require.NoError(t, err)
	a, b := map[string]string{}, map[string]string{}
	flat(reflect.ValueOf(*english), "", a)
	flat(reflect.ValueOf(*german), "", b)
	require.Greater(t, len(a), 250)
	verb := regexp.MustCompile(`%[.0-9]*[a-zA-Z]`)
	for name, text := range a {
		require.NotEmpty(t, text, name)
		require.NotEmpty(t, b[name], name)
		one, other := verb.FindAllString(text, -1), verb.FindAllString(b[name], -1)
		require.True(t, slices.Equal(one, other), "%s: %q and %q take different values", name, text, b[name])
	}
	for name := range b {
		require.Contains(t, a, name)
	}
	require.Len(t, german.Glossary, len(english.Glossary))
}

func TestTextsCanBeShown(t *testing.T) {
	r := &Report{}
	for _, lang := range []string{"en", "de"} {
		w, err := wordsOf(lang)
		require.NoError(t, err)
		p, err := newPages(r, Options{Lang: lang}, w, "")
		require.NoError(t, err)
		all := map[string]string{}
		flat(reflect.ValueOf(*w), "", all)
		for name, text := range all {
			for _, g := range p.faces.glyphs(text, sans) {
				require.Equal(t, sans, g.face, "%s: %q is not in the typeface", name, text)
			}
		}
	}
}

func TestChanceInWords(t *testing.T) {
	w, err := wordsOf("en")
	require.NoError(t, err)
	for log10p, words := range map[float64]string{
		0: "more than 1 in 10", -0.9: "more than 1 in 10", -1: "fewer than 1 in 10^1", -9.99: "fewer than 1 in 10^9",
		-12: "fewer than 1 in 10^12", -63.1: "fewer than 1 in 10^12",
	} {
		require.Equal(t, words, w.chance(log10p))
	}
	require.True(t, strings.HasSuffix(w.chanceSentence(-63, 0), "over all IDs compared."))
}

func TestWordingOfFindings(t *testing.T) {
	at := func(s float64) *time.Duration { return new(time.Duration(s * float64(time.Second))) }
	en, de := NewWording("en"), NewWording("de")
	require.Equal(t, "0:00:01.0 – 0:00:02.0 of the leak", en.Span(Span{From: time.Second, To: 2 * time.Second}))
	require.Equal(t, "0:00:01.0 – 0:00:02.0 der fraglichen Datei ist 1:00:01.0 – 1:00:02.0 des Titels",
		de.Span(Span{From: time.Second, To: 2 * time.Second, TitleFrom: at(3601), TitleTo: at(3602)}))
	require.Equal(t, "weniger als 1 von 10^12", de.Chance(-30))
	require.Equal(t, "fewer than 1 in 10^11", NewWording("fr").Chance(-11.9), "a language that is not there is English")
	for _, c := range []struct {
		Control
		want string
	}{
		{Control{Kind: "wrong-key", Score: 4}, "named nobody, best of all IDs 4.0"},
		{Control{Kind: "wrong-title", Score: 9, Named: true}, "NAMED SOMEBODY"},
		{Control{Kind: "known-positive", Score: 27.4, Named: true}, "found, score 27.4"},
		{Control{Kind: "known-positive", Score: 3}, "not found, score 3.0"},
		{Control{Kind: "something new"}, "something new"},
	} {
		require.Contains(t, en.Control(c.Control), c.want)
	}
}

func TestRemarksOfTheEngineAreSaidInEveryLanguage(t *testing.T) {
	for _, lang := range []string{"en", "de"} {
		w, err := wordsOf(lang)
		require.NoError(t, err)
		r := Remark{Code: "needed-footage", Args: []string{"1.7", "6.5", "8.5"}, Words: "as the engine says it"}
		require.NotContains(t, w.remark(&r), "as the engine")
		require.Contains(t, w.remark(&r), map[string]string{"en": "About 1.7 times", "de": "Etwa 1,7-mal"}[lang])
		for _, odd := range []Remark{{Code: "of a later version", Words: "x"}, {Code: "needed-footage", Args: []string{"1"}, Words: "x"}} {
			require.Equal(t, "x", w.remark(&odd), "words that are not known here are shown as they are")
		}
		title, text := w.pattern(&Pattern{Name: "more", Text: "and 3 more", Args: []string{"3"}})
		require.NotEqual(t, "more", title)
		require.Contains(t, text, "3")
	}
}
