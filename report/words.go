// SPDX-License-Identifier: AGPL-3.0-or-later

package report

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

//go:embed texts/*.json
var texts embed.FS

// words are all texts of a report in one language; texts/*.json have them.
type words struct {
	lang string

	Subject, ExpertTitle, MemoTitle, Case, PageOf, FigureNo, Yes, No, NoneGiven, NotRecorded, Unknown, Blank,
	And, TheCase, CaseName, CaseNo, CaseID, Examiner, Reviewer, State, MadeAt, LegalHold, Opened, Changed, Holds,
	HoldsText, DraftTitle, Draft, Summary, TagIs, IssuedTo, FoundIn, OfTitle, ChanceOver, ChanceOne, ChanceAlone,
	ChanceFewer, ChanceMore, CopyNotPerson, ChanceColumn, AndMore, MeansTitle, ColTag, ColTitle, ColExhibits,
	ColChance, ColClients, ColNo, ColFile, ColResult, Exhibits, NoExhibits, ExhibitsIntro, GroupText,
	ExhibitNo, NoPicture, FileSentence, FileSentenceVideo, FilePath, FileSize, FileTime, TakenIn, Container,
	Video, Audio, Length, BitRate, FrameRateText, Acquisition, NoAcquisition, Address, Platform, Uploader,
	Posted, Captured, CapturedBy, CapturedWith, Remark, PageCaption, Findings, FindingsIntro, NotTraced,
	Result, ErrorTitle, DamageTitle, TitleShown, TitleSentence, TitleFit, StandsOut, OriginalHash, KeyID, ReferenceID,
	SideBySide, OutlineText, Score, ScoreText, Probability, ProbabilityText, Corrected, CorrectedIDs,
	CorrectedThreshold, Method, Carried, CarriedText, NoSpans, Registered, ColLeak,
	ColOfTitle, PlaceUnknown, SeveralTitle, Several, ColShare, ColScore, NeedScore, NeedFootage, HowTitle,
	PartialTitle, PartialText, Backtrace, Finished, Read, ReadText, Best, BestText, Threshold, ThresholdText,
	TimelineTitle, NoTimeline, TimelineCaption, LanesMore, LaneTitle, LaneUnusable, KeyScore, LineUpTitle,
	NoLineUp, LineUpIntro, LineUpCaption, AxisScore, MarkThreshold, MarkRunnerUp, RunnerUpText, TailText,
	NoControls, ControlsIntro, ColControl, ColWith, ColNamed, ColAsItMust, NotAsItMust, StrongestOf,
	ControlFailedTitle, ControlFailed, OrderTitle, ColEvent, ColTime, ColSource, EventIssued, EventCopied,
	EventSeen, IssueRegistry, IssueWitness, LogEntry, Stamped,
	DraftHead, DraftChanged, SenderContact, CopyRecord, CopyRecordHash, CopyNone, OrderWrong,
	CopiedBeforeIssued, SeenEarly, SeenEarlyByFile, PlantedTitle, PlantedHere, RunnerUpHigh, HostingNone,
	Planted, StrengthUnknown, StrengthAlike,
	StrengthWeaker, DamageText, FailureText, PartPage, PartPicture, PartAbout, PartAlso, SideBySidePart, ReadStill,
	PartOf, WholeFile, PlacePicture, PlacePage, ColWhere,
	SourcesTitle, SourcesText, BookmarksTitle, ColPlace, Caption, FilledFrom, PatternsMean,
	PlaceNotKnown, PlaceStill, StillAt, PlacePart, PlaceFits, PlaceCarried, AccessNoLogs, AccessNone,
	AccessOne, AccessMany, OrderAgainst, OrderUnknown, OrderFits, OrderWitnessed, PlantedEnd, Accesses, NoLogs,
	NoAccesses, AccessesIntro, Redacted, GeoDatabase, Proxies, Unmatched, UnmatchedText, ColLog, ColFormat,
	ColLines, MapCaption, KeyClients, BarsCaption, AccessesOf, ClientsText, FirstAccess,
	LastAccess, Hosting, HostingText, Countries, Networks, OthersMore, ColAddress, ColCountry, ColFirst,
	ColGot, ColAgent, ColLastAccess, ColPorts, Withheld, Streamed, Downloaded, AnnexAccesses, AnnexExhibits,
	AnnexIntro, MethodTitle, LimitsTitle, VersionsTitle, VersionsIntro, ReportMadeWith, Versions, Parameters,
	BoundTitle, BoundText, BoundSince, BoundRoot, BoundTags, BoundWitness, NotesTitle, NoNotes, AuditTitle, NoAudit,
	AuditIntro, TreeSize, RootHash, TreeHead, ColActor, ColAction, ColObject, GlossaryTitle, SignTitle,
	SignText, PlaceDate, PlaceDateSign, MemoSure, NextTitle, MemoEnd, LetterTo, LetterFrom, LetterDate,
	Reference, TakedownTitle, TakedownIntro, ItemNo, WorkShown, HowKnown, KnownByPictures, KnownByMark, OnBehalf, PlatformUnknown,
	AddressOfFile, PlaceShown, WorkAt, AskedTitle, DeliveredFrom, NothingTitle,
	NothingToTake, NothingToKeep, PreservationTitle, PreservationEnd, NetworkUnknown, SpanOfLeak, SpanOfTitle string
	Tracks, Examined, ExhibitWord, ExhibitNames, TagsMore, ExhibitsMore, CorrectedLooks, SpansMore, EarlierRuns, PartsRead, PartsMore,
	CorrectedParts, MapUnknown, ClientsNo, CountriesNo, MemoMore,
	OrderMemo, LogsMore,
	AccessTagsMore, RowsMore, RunsMore, SourcesMore, BookmarksMore, PatternsMore, SetsMore, NotesMore, EventsMore plural
	Means, MethodText, Limits, Next, TakedownText, PreservationText []string
	Glossary                                                        [][2]string
	Kinds, States, VerdictShort, VerdictLong, VerdictMeans, Methods, UnusableWhys, Controls, ControlsWith, SeenSources, Steps,
	NetworkTypes, ControlSaid, Remarks, Failures, FactNames, TitleHow map[string]string
	Patterns map[string][2]string // name, sentence
	Tallies  map[string]plural
}

// plural is a text about a number of things; many has %s for the number.
type plural struct {
	One  string `json:"one"`
	Many string `json:"many"`
}

// wordsOf loads a language.
func wordsOf(lang string) (*words, error) {
	content, err := texts.ReadFile("texts/" + lang + ".json")
	if err != nil {
		return nil, fmt.Errorf("no texts in %q", lang)
	}
	w := &words{lang: lang}
	decoder := json.NewDecoder(bytes.NewReader(content))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(w); err != nil {
		return nil, fmt.Errorf("texts in %q: %w", lang, err)
	}
	return w, nil
}

func (w *words) kind(k Kind) string { return w.Kinds[string(k)] }

// count says a number of things.
func (w *words) count(p plural, n int) string {
	if n == 1 {
		return p.One
	}
	return fmt.Sprintf(p.Many, w.whole(int64(n)))
}

func (w *words) tally(verdict string, n int) string { return w.count(w.Tallies[verdict], n) }

// orElse is a text from a table, or the key itself where the table does not have it.
func orElse(table map[string]string, key string) string {
	if text, ok := table[key]; ok {
		return text
	}
	return key
}

func (w *words) state(s string) string {
	if s == "" {
		s = "draft"
	}
	return orElse(w.States, s)
}

func (w *words) verdictShort(v string) string { return orElse(w.VerdictShort, v) }
func (w *words) verdictLong(v string) string  { return orElse(w.VerdictLong, v) }
func (w *words) method(m string) string       { return orElse(w.Methods, m) }

// meaning is what follows from a verdict; "" of one that names somebody.
func (w *words) meaning(verdict string, recognised bool) string {
	if verdict == None && recognised {
		verdict = "none of the title"
	}
	return w.VerdictMeans[verdict]
}

// methodShort is the method without its explanation.
func (w *words) methodShort(m string) string {
	name, _, _ := strings.Cut(w.method(m), ":")
	return name
}

func (w *words) control(kind string) string     { return orElse(w.Controls, kind) }
func (w *words) controlWith(kind string) string { return w.ControlsWith[kind] }
func (w *words) unusable(why string) string     { return orElse(w.UnusableWhys, why) }
func (w *words) seenSource(s string) string     { return orElse(w.SeenSources, s) }

// failure says why a file could not be examined: in the report's language where the code is known, and in the program's words.
func (w *words) failure(t *Trace) string {
	words := w.orNone(t.Error)
	if known, ok := w.Failures[t.ErrorCode]; ok {
		return known + " " + fmt.Sprintf(w.FailureText, words)
	}
	return words
}

func (w *words) stepWords(step time.Duration) string {
	return orElse(w.Steps, strconv.Itoa(int(step.Hours())))
}

// reviewed says who reviewed a case, and when.
func (w *words) reviewed(c *Case) string {
	if c.Reviewer == "" || c.Reviewed.IsZero() {
		return w.orNone(c.Reviewer)
	}
	return c.Reviewer + ", " + w.moment(c.Reviewed)
}

// orNone is a text, or words for its absence.
func (w *words) orNone(text string) string {
	if text == "" {
		return w.NoneGiven
	}
	return text
}

// orBlank leaves a line to write on.
func (w *words) orBlank(text string) string {
	if text == "" {
		return w.Blank
	}
	return text
}

// unknown translates the API's "N/A".
func (w *words) unknown(text string) string {
	if text == "" || text == "N/A" {
		return w.Unknown
	}
	return text
}

// smallestInWords is the smallest probability that is put into words, as a power of ten: below that, what was measured
// of the statistics does not reach.
const smallestInWords = -12

// chance says a probability, given as its decimal logarithm, in words.
func (w *words) chance(log10p float64) string {
	if log10p <= smallestInWords {
		return fmt.Sprintf(w.ChanceFewer, -smallestInWords)
	}
	if !(log10p <= -1) {
		return w.ChanceMore
	}
	return fmt.Sprintf(w.ChanceFewer, int(math.Floor(-log10p)))
}

// chanceSentence is the one sentence that says how sure a finding is.
func (w *words) chanceSentence(log10p float64, compared int64) string {
	switch {
	case compared > 1:
		return fmt.Sprintf(w.ChanceOver, w.chance(log10p), w.whole(compared))
	case compared == 1:
		return fmt.Sprintf(w.ChanceOne, w.chance(log10p))
	default:
		return fmt.Sprintf(w.ChanceAlone, w.chance(log10p))
	}
}

// correction says what a probability was corrected for.
func (w *words) correction(t *Trace) string {
	var parts []string
	if t.TagsCompared > 0 {
		parts = append(parts, fmt.Sprintf(w.CorrectedIDs, w.whole(t.TagsCompared)))
	}
	if t.Part != nil && t.Part.Of > 0 {
		parts = append(parts, w.count(w.CorrectedParts, t.Part.Of))
	}
	if t.Looks > 0 {
		parts = append(parts, w.count(w.CorrectedLooks, t.Looks))
	}
	return strings.Join(append(parts, fmt.Sprintf(w.CorrectedThreshold, -t.Threshold)), "; ")
}

// logEntry names an entry of the audit log.
func (w *words) logEntry(number int64) string { return fmt.Sprintf(w.LogEntry, w.whole(number)) }

// witness says what vouches for when a registry was bound.
func (w *words) witness(g *Registry) string {
	if g.Log == nil {
		return ""
	}
	text := w.logEntry(g.Log.Number)
	if g.Log.Token != nil {
		text += "; " + w.Stamped
	}
	return text
}

func (w *words) issueSource(f *Finding) string {
	if f.LogEntry != nil {
		return fmt.Sprintf(w.IssueWitness, w.logEntry(*f.LogEntry))
	}
	return w.IssueRegistry
}

func (w *words) copySource(f *Finding) string {
	switch {
	case f.Copied.IsZero():
		return w.CopyNone
	case f.CopyHash != "":
		return fmt.Sprintf(w.CopyRecordHash, f.CopyHash)
	}
	return w.CopyRecord
}

// fileSentence says what an exhibit is.
func (w *words) fileSentence(x *Exhibit) string {
	text := fmt.Sprintf(w.FileSentence, cut(x.FileName, 160), w.moment(x.TakenIn))
	if c := x.Container; c != nil && c.Width > 0 {
		text += " " + fmt.Sprintf(w.FileSentenceVideo, clock(c.Duration), fmt.Sprintf("%d × %d", c.Width, c.Height))
	}
	return text
}

func (w *words) video(c *Container) string {
	parts := []string{c.VideoCodec}
	if c.Width > 0 {
		parts = append(parts, fmt.Sprintf("%d × %d", c.Width, c.Height))
	}
	if c.FrameRate != "" {
		parts = append(parts, fmt.Sprintf(w.FrameRateText, c.FrameRate))
	}
	return strings.Join(parts, ", ")
}

func (w *words) audio(c *Container) string {
	if c.AudioTracks == 0 {
		return c.AudioCodec
	}
	tracks := w.count(w.Tracks, c.AudioTracks)
	if c.AudioCodec != "" {
		tracks += ", " + c.AudioCodec
	}
	return tracks
}

func (w *words) networkType(a *Access) string {
	text := ""
	if a.Type != "" && a.Type != "N/A" {
		if text = orElse(w.NetworkTypes, a.Type); text != a.Type {
			text += " (" + a.Type + ")"
		}
	}
	if len(a.Anonymizers) > 0 {
		text += "\n" + strings.ToUpper(strings.Join(a.Anonymizers, ", "))
	}
	return strings.TrimPrefix(text, "\n")
}

// clients says how many clients fetched a copy; a dash where no logs were read.
func (w *words) clients(a *TagAccesses, s *summary) string {
	if a == nil || a.Rows == nil {
		return "–"
	}
	return w.whole(int64(s.clients))
}

// numbers lists exhibits by number.
func (w *words) numbers(list []int, shown int) string {
	var parts []string
	for i, n := range list {
		if i == shown {
			parts = append(parts, "…")
			break
		}
		parts = append(parts, strconv.Itoa(n))
	}
	return strings.Join(parts, ", ")
}

// inExhibits lists exhibits after "in"; exhibitNames by themselves.
func (w *words) inExhibits(list []int) string   { return w.exhibits(w.ExhibitWord, list) }
func (w *words) exhibitNames(list []int) string { return w.exhibits(w.ExhibitNames, list) }

func (w *words) exhibits(p plural, list []int) string {
	if len(list) == 1 {
		return fmt.Sprintf(p.One, strconv.Itoa(list[0]))
	}
	text := w.numbers(list, 24)
	if at := strings.LastIndex(text, ", "); at >= 0 && len(list) <= 24 {
		text = text[:at] + " " + w.And + text[at+1:]
	}
	return fmt.Sprintf(p.Many, text)
}
