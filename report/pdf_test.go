// SPDX-License-Identifier: AGPL-3.0-or-later

package report_test

import (
	"bytes"
	"compress/zlib"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"math"
	"regexp"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/stretchr/testify/require"

	"spoor/report"
)

func pdf(t *testing.T, r *report.Report, o report.Options) []byte {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, report.WritePDF(t.Context(), &b, r, o))
	require.True(t, bytes.HasPrefix(b.Bytes(), []byte("%PDF-")))
	return b.Bytes()
}

func digestOf(text string) string { return fmt.Sprintf("%x", sha256.Sum256([]byte(text))) }

func pageCount(content []byte) int { return bytes.Count(content, []byte("<</Type /Page\n")) }

// textOf reads the text of a PDF back, page after page, lines parted by blanks.
func textOf(t *testing.T, content []byte) string {
	t.Helper()
	var out strings.Builder
	show := regexp.MustCompile(`(?s)Td (?:\((.*?)\)|<([0-9A-F]*)>) Tj`)
	for _, part := range regexp.MustCompile(`(?s)stream\n(.*?)\nendstream`).FindAllSubmatch(content, -1) {
		z, err := zlib.NewReader(bytes.NewReader(part[1]))
		if err != nil {
			continue // a picture
		}
		page, err := io.ReadAll(z)
		if err != nil {
			continue
		}
		for _, found := range show.FindAllSubmatch(page, -1) {
			raw := regexp.MustCompile(`(?s)\\(.)`).ReplaceAllFunc(found[1], func(b []byte) []byte {
				if b[1] == 'r' {
					return []byte{'\r'}
				}
				return b[1:]
			})
			if len(found[2]) > 0 { // drawn, with its text laid over it
				raw, err = hex.DecodeString(string(found[2]))
				require.NoError(t, err)
			}
			units := make([]uint16, len(raw)/2)
			for i := range units {
				units[i] = binary.BigEndian.Uint16(raw[2*i:])
			}
			out.WriteString(string(utf16.Decode(units)))
			out.WriteByte(' ')
		}
	}
	return regexp.MustCompile(`\s+`).ReplaceAllString(out.String(), " ")
}

// says and hides keep a failure short: the whole text of a report tells nobody anything.
func says(t *testing.T, text, phrase string) {
	t.Helper()
	if !strings.Contains(text, phrase) {
		t.Errorf("the report does not say %q", phrase)
	}
}

func hides(t *testing.T, text, phrase string) {
	t.Helper()
	if strings.Contains(text, phrase) {
		t.Errorf("the report says %q", phrase)
	}
}

func TestExpertReportSaysWhatWasFoundAndHowSureThatIs(t *testing.T) {
	text := textOf(t, pdf(t, rich(), report.Options{}))
	for _, phrase := range []string{
		"Had this copy nothing to do with the file, a score this high would come up by chance in " +
			"fewer than 1 in 10^12 examinations, over the 1,000,000 IDs compared.",
		"It identifies a copy, not a person.", "bob@press.example", "Bob Miller, Press & Co. KG", "studio-preview/αβγ/Ж-0042",
		"Partial examination.", "inconclusive", "none detected with the keys at hand", "broken.mp4: no video stream",
		"wrong key", "random keys (strongest of 8)", "known positive", "Leak first seen", "Possibility of impersonation",
		"Order of events: the copy was made before the leak was seen, and the audit log holds the time of issue.",
		"What the method cannot say", "Chain of custody", strings.Repeat("ab", 32), "Draft.", "Two countries at once", "198.51.0.3",
		"a remark of the trace", "0:00:10.0 – 0:00:12.0 (nothing read)", "audit log, entry 1,203", "About 1.9 times as much footage", "logo of the festival", "seg/0002.ts", "The file has no picture track.",
		"scored 27.2; the one that was found scored 17.7",
	} {
		says(t, text, phrase)
	}
	require.Empty(t, regexp.MustCompile(`(?i)innocent|colluder|guilt|somebody else`).FindString(text))
	require.Empty(t, regexp.MustCompile(`10\^(1[3-9]|[2-9]\d)`).FindString(text), "smaller than can be put into words")
}

func TestEveryKindIsWrittenInBothLanguagesOnBothPapers(t *testing.T) {
	for _, kind := range report.Kinds() {
		for _, lang := range []string{"en", "de"} {
			for _, paper := range []report.Paper{report.A4, report.Letter} {
				t.Run(fmt.Sprintf("%s %s %s", kind, lang, paper), func(t *testing.T) {
					o := report.Options{Kind: kind, Lang: lang, Paper: paper, Banner: "Confidential"}
					content := pdf(t, rich(), o)
					text := textOf(t, content)
					says(t, text, "Confidential")
					says(t, text, map[string]string{"en": "page 1 of", "de": "Seite 1 von"}[lang])
					says(t, text, fmt.Sprintf(" %d ", pageCount(content)))
					says(t, string(content), map[report.Paper]string{
						report.A4:     "[0 0 595.28 841.89]",
						report.Letter: "[0 0 612.00 792.00]",
					}[paper])
					says(t, string(content), "/Lang ("+lang+")")
					require.True(t, bytes.Equal(content, pdf(t, rich(), o)), "the same case, the same bytes")
					if kind == report.Memo {
						require.Equal(t, 2, pageCount(content), "two pages")
					}
				})
			}
		}
	}
}

func TestOnlyTheTimeLineDiffers(t *testing.T) {
	late := rich()
	late.Made = day(26, 1)
	before, after := textOf(t, pdf(t, rich(), report.Options{})), textOf(t, pdf(t, late, report.Options{}))
	require.Equal(t, digestOf(strings.ReplaceAll(before, "2026-11-24 18:20:00", "2026-11-26 01:20:00")), digestOf(after))
}

func TestTakedownNamesNoRecipientAndNoViewer(t *testing.T) {
	text := textOf(t, pdf(t, rich(), report.Options{Kind: report.Takedown}))
	says(t, text, "https://video.example/watch?v=4711")
	says(t, text, "The Long Winter, reel 3")
	for _, secret := range []string{"bob", "Bob", "studio-preview", "198.51", "203.0.113", "Festival leak", "/evidence"} {
		hides(t, text, secret)
	}
}

func TestPreservationAsksEachProviderForItsOwnAddresses(t *testing.T) {
	text := textOf(t, pdf(t, rich(), report.Options{Kind: report.Preservation, Filter: "Claro S.A."}))
	says(t, text, "Claro S.A.")
	says(t, text, "198.51.0.2")
	says(t, text, "40002, 40003")
	for _, other := range []string{"Comcast", "198.51.0.1 ", "bob", "Festival"} {
		hides(t, text, other)
	}
}

func TestRedactionTakesOutAddressesEverywhere(t *testing.T) {
	text := textOf(t, pdf(t, rich(), report.Options{Redact: true}))
	hides(t, text, "198.51.")
	hides(t, text, "203.0.113.")
	hides(t, text, "2001:db8")
	says(t, text, "Chrome/120.0.0.0")
	says(t, text, "address withheld")
	require.Error(t, (&report.Options{Kind: report.Preservation, Redact: true}).Check())
}

func TestOrderOfEventsThatCannotBeIsSaid(t *testing.T) {
	r := rich()
	r.Exhibits[0].Acquisition.Posted = day(1, 5) // before the copy was made
	says(t, textOf(t, pdf(t, r, report.Options{})), "A file cannot come from a copy that did not exist")
	hides(t, textOf(t, pdf(t, rich(), report.Options{})), "The order of events does not hold")
}

func TestAReportIsADraftUntilItIsReviewed(t *testing.T) {
	for _, kind := range []report.Kind{report.Expert, report.Memo} {
		draft := pdf(t, rich(), report.Options{Kind: kind})
		require.Equal(t, pageCount(draft), strings.Count(textOf(t, draft), "DRAFT, not reviewed"), "on every page")
		closed := rich()
		closed.Case.State = "closed"
		says(t, textOf(t, pdf(t, closed, report.Options{Kind: kind})), "DRAFT") // closed without a review
		closed.Case.Reviewer, closed.Case.Reviewed, closed.Case.State = "John Roe", day(21, 9), "reviewed"
		text := textOf(t, pdf(t, closed, report.Options{Kind: kind}))
		hides(t, text, "DRAFT")
		hides(t, text, "Draft.")
		says(t, text, "John Roe")
		closed.Case.ChangedSince = true
		says(t, textOf(t, pdf(t, closed, report.Options{Kind: kind})), "changed after its review")
	}
	hides(t, textOf(t, pdf(t, rich(), report.Options{Kind: report.Takedown})), "DRAFT")
}

func TestADocumentTellsOfEveryPictureThatShowsAMark(t *testing.T) {
	r := rich()
	x := &r.Exhibits[0]
	first := x.Traces[1]
	first.Part = &report.Part{Page: 3, Picture: 2, Also: []int{7}, Of: 12, SHA256: strings.Repeat("9a", 32)}
	second := found()
	second.ID, second.Part, second.Findings = "64f0c0ffee0123456789eeee", &report.Part{Page: 5, Picture: 1, Of: 12}, second.Findings[1:]
	nothing := found()
	nothing.ID, nothing.Verdict, nothing.Findings, nothing.Part = "64f0c0ffee0123456789dddd", report.None, nil, &report.Part{Page: 4, Of: 12}
	again := nothing
	again.ID, again.Part, again.Finished = "64f0c0ffee0123456789ffff", &report.Part{Page: 4, Of: 12}, day(20, 9)
	x.Traces = []report.Trace{first, second, nothing, again}

	told := x.Told()
	require.Len(t, told, 2, "the page on which nothing is does not count")
	require.Equal(t, "64f0c0ffee0123456789eeee", told[1].ID)
	require.Equal(t, first.ID, x.Last().ID, "the most certain one")
	text := textOf(t, pdf(t, r, report.Options{}))
	for _, phrase := range []string{
		"What follows is about picture 2 on page 3 of the document. The same picture is also on page 7. The document was taken apart into 12",
		"3 of them were examined", "bob@press.example", "Picture 1 on page 5", "studio-preview/αβγ/Ж-0042", "page 4", "Left: picture 1 on page 5",
		"There was one other examination", // the earlier one of page 4
	} {
		says(t, text, phrase)
	}
	var data struct {
		Exhibits []struct {
			Examinations []struct {
				Part struct{ Page int }
			}
		}
	}
	var b bytes.Buffer
	require.NoError(t, report.WriteJSON(t.Context(), &b, r, report.Options{}))
	require.NoError(t, json.Unmarshal(b.Bytes(), &data))
	require.Len(t, data.Exhibits[0].Examinations, 4, "data formats have all of them")

	x.Traces = []report.Trace{nothing, again}
	require.Len(t, x.Told(), 1, "where nothing was found anywhere, one says what was tried")
	says(t, textOf(t, pdf(t, r, report.Options{})), "none detected")
}

func TestATakedownNoticeIsALetterToEachPlatform(t *testing.T) {
	r := rich()
	other := r.Exhibits[0]
	a := *other.Acquisition
	a.Platform, a.Address = "other.example", "https://other.example/x"
	other.ID, other.Number, other.Acquisition, other.FileName = "e9", 9, &a, "leak-of-BOB.mp4"
	r.Exhibits = append(r.Exhibits, other)
	content := pdf(t, r, report.Options{Kind: report.Takedown})
	text := textOf(t, content)
	require.Equal(t, 2, strings.Count(text, "Requests and statements"))
	says(t, text, "https://other.example/x")
	says(t, text, "show the same")
	hides(t, strings.ToLower(text), "bob") // nor in the name that somebody gave the file
}

func TestControlsThatFailAreSaid(t *testing.T) {
	r := rich()
	r.Exhibits[0].Traces[1].LineUp.Controls[0].Named = true
	says(t, textOf(t, pdf(t, r, report.Options{})), "A control did not come out as it must.")
}

func TestHostileTextsAreShownAndDoNoHarm(t *testing.T) {
	for name, text := range map[string]string{
		"control characters": "a\x00b\x07c\x1b[31md\re",
		"right to left":      "abc\u202Efdp.exe \u05e9\u05dc\u05d5\u05dd \u0645\u0631\u062d\u0628\u0627",
		"emoji":              "leak \U0001F600\U0001F468\u200D\U0001F469 é\u0301",
		"long":               strings.Repeat("x", 10_000),
		"long words":         strings.Repeat("Ωord ", 2_000),
		"markup":             "<script>alert(1)</script> </Title> ) Tj ET (evil) & \\",
		"formula":            "=HYPERLINK(\"http://evil\")",
		"invalid":            "\xff\xfe\xfd",
		"placeholder":        "\uE0FE\uE0FF{nb}",
		"newlines":           strings.Repeat("\n", 300),
		"chinese":            "漢字",
	} {
		t.Run(name, func(t *testing.T) {
			r := rich()
			r.Case.Name, r.Case.Examiner, r.Program = text, text, text
			r.Notes[0].Text, r.Notes[0].Author = text, text
			x := &r.Exhibits[0]
			x.FileName, x.Path, x.Group = text, text, text
			x.Acquisition.Address, x.Acquisition.Note = text, text
			x.Container.VideoCodec, x.Container.More = text, map[string]string{text: text}
			tr := &x.Traces[1]
			tr.Title.Name, tr.Findings[0].Tag, tr.Findings[0].Who.Name, tr.Tried[0].Args[0], tr.Damage = text, text, text, text, text
			tr.Timeline.Lanes[0].Tag = text
			r.Accesses[0].Tag = text
			for _, kind := range report.Kinds() {
				content := pdf(t, r, report.Options{Kind: kind, Banner: text})
				got := textOf(t, content)
				hides(t, got, "\u202E")
				hides(t, got, "\x00")
				if kind == report.Memo {
					require.LessOrEqual(t, pageCount(content), 3)
				}
			}
		})
	}
	r := rich()
	r.Exhibits[0].Traces[1].Findings[0].Tag = "a\u202Eb\U0001F600\U0001F468\u200D\uFE0F\U000E0041"
	says(t, strings.ReplaceAll(textOf(t, pdf(t, r, report.Options{})), " ", ""),
		"a[U+202E]b\U0001F600\U0001F468[U+200D][U+FE0F][U+E0041]")
}

func TestTextOfAllScriptsIsShownAndCanBeCopied(t *testing.T) {
	for language, text := range map[string]string{
		"Arabic": "مرحبا بالعالم", "Persian": "می\u200cخواهم", "Hebrew": "שלום עולם", "Hindi": "नमस्ते दुनिया", "Bengali": "ওহে বিশ্ব",
		"Punjabi": "ਸਤਿ ਸ੍ਰੀ ਅਕਾਲ", "Gujarati": "નમસ્તે", "Odia": "ନମସ୍କାର", "Tamil": "வணக்கம்", "Telugu": "నమస్కారం",
		"Kannada": "ನಮಸ್ಕಾರ", "Malayalam": "നമസ്കാരം", "Sinhala": "ආයුබෝවන්", "Thai": "สวัสดีชาวโลก", "Lao": "ສະບາຍດີ",
		"Khmer": "សួស្តី", "Burmese": "မင်္ဂလာပါ", "Amharic": "ሰላም", "Chinese": "漢字简体", "Japanese": "ひらがなカタカナ", "Korean": "안녕하세요",
		"Georgian": "გამარჯობა", "Armenian": "Բարեւ", "Greek": "Ωμέγα", "Russian": "Ж-0042", "Vietnamese": "Việt Nam", "emoji": "😀🎬",
	} {
		t.Run(language, func(t *testing.T) {
			r := rich()
			r.Case.Name = "A " + text + " Z"
			r.Exhibits[0].Traces[1].Findings[0].Who.Name = text
			got := textOf(t, pdf(t, r, report.Options{Kind: report.Memo}))
			require.NotContains(t, got, "[U+")
			for word := range strings.FieldsSeq(text) {
				if language == "Arabic" || language == "Hebrew" || language == "Persian" {
					says(t, got, word) // a word is one piece; the line has them from right to left
				}
			}
			if language != "Arabic" && language != "Hebrew" {
				says(t, strings.ReplaceAll(got, " ", ""), strings.ReplaceAll(text, " ", ""))
			}
		})
	}
}

func TestWordsFromRightToLeftStandInTheirOrder(t *testing.T) {
	for text, seen := range map[string]string{
		"abc שלום עולם def":      "abc עולם שלום def",
		"שלום 12.5 עולם":         "עולם 12.5 שלום",
		"שלום (עולם) end":        "(עולם) שלום end",
		"“שלום” 12 clients":      "“שלום” 12 clients",
		"no turning back 1, (2)": "no turning back 1, (2)",
		"מרס-2026.mp4":           "2026-מרס.mp4",
	} {
		r := rich()
		r.Notes[0].Text = text
		says(t, strings.ReplaceAll(textOf(t, pdf(t, r, report.Options{})), " ", ""), strings.ReplaceAll(seen, " ", ""))
	}
}

func TestNumbersThatAreNoneDoNoHarm(t *testing.T) {
	r := rich()
	f := &r.Exhibits[0].Traces[1].Findings[0]
	f.Log10P, f.Score, f.Weight = math.NaN(), math.Inf(1), math.NaN()
	r.Exhibits[0].Traces[1].LineUp.Width = math.Inf(1)
	text := textOf(t, pdf(t, r, report.Options{}))
	hides(t, text, "NaN")
	says(t, text, "more than 1 in 10")
}

func TestAnEmptyCaseIsAReport(t *testing.T) {
	for _, kind := range report.Kinds() {
		require.NotEmpty(t, pdf(t, &report.Report{Made: day(1, 1)}, report.Options{Kind: kind}))
	}
	says(t, textOf(t, pdf(t, &report.Report{}, report.Options{})), "The case holds no exhibits, so nothing was examined.")
}

func TestDamagedThumbnailsAreLeftOut(t *testing.T) {
	r := rich()
	r.Exhibits[0].Thumbnail = []byte("no picture")
	r.Exhibits[1].Thumbnail = picture(1, 40, 40)[:300]
	says(t, textOf(t, pdf(t, r, report.Options{})), "no picture was kept")
}

func TestErrorsOfTheSourceAndOfTheTargetAreTold(t *testing.T) {
	gone := errors.New("the database is gone")
	r := rich()
	r.Accesses[0].Rows = func(context.Context) iter.Seq2[report.Access, error] {
		return func(yield func(report.Access, error) bool) { yield(report.Access{}, gone) }
	}
	require.ErrorIs(t, report.WritePDF(t.Context(), io.Discard, r, report.Options{}), gone)
	require.ErrorContains(t, report.WritePDF(t.Context(), full{}, rich(), report.Options{}), "no space")

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, report.WritePDF(ctx, io.Discard, rich(), report.Options{}), context.Canceled)
}

// full is a disk that is full.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no space left on the device") }

func TestUnknownOptionsAreRefused(t *testing.T) {
	for _, o := range []report.Options{{Kind: "novel"}, {Lang: "fr"}, {Paper: "a3"}} {
		require.Error(t, report.WritePDF(t.Context(), io.Discard, rich(), o))
	}
}

// large is a case of the size that must still give a report that can be used.
func large(exhibits, tags, accesses int) *report.Report {
	r := rich()
	first := r.Exhibits[0]
	r.Exhibits, r.Accesses = nil, nil
	for i := range exhibits {
		x := first
		x.Number, x.ID = i+1, fmt.Sprintf("64f0c0ffee%014x", i)
		tr := found()
		tr.ID = fmt.Sprintf("64f0c0ffef%014x", i)
		tr.Findings = tr.Findings[:1]
		tr.Findings[0].Tag = fmt.Sprintf("recipient-%02d@press.example", i%tags)
		x.Traces = []report.Trace{tr}
		r.Exhibits = append(r.Exhibits, x)
	}
	for i := range tags {
		r.Accesses = append(r.Accesses, report.TagAccesses{
			TitleID: "0660f4d8b04eeb56ced5f7c7", Tag: fmt.Sprintf("recipient-%02d@press.example", i), Rows: rows(accesses/tags, uint64(i)),
		})
	}
	return r
}

func TestLargeCaseStaysUsable(t *testing.T) {
	content := pdf(t, large(14, 4, 2000), report.Options{})
	text := textOf(t, content)
	says(t, text, "Annex: further exhibits")
	says(t, text, "300 further rows") // 500 a tag, 200 of them shown
}

func BenchmarkLargeCase(b *testing.B) {
	r := large(200, 50, 100_000)
	for b.Loop() {
		if err := report.WritePDF(b.Context(), io.Discard, r, report.Options{}); err != nil {
			b.Fatal(err)
		}
	}
}
