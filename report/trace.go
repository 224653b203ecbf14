// SPDX-License-Identifier: AGPL-3.0-or-later

package report

import (
	"encoding/json"
	"math"
	"slices"
	"time"
)

// The verdicts of a trace.
const (
	Found        = "found"
	Marked       = "marked"
	Inconclusive = "inconclusive"
	None         = "none"
	Failed       = "failed"
)

// Trace is one run of the engine over one exhibit.
type Trace struct {
	ID           string
	Input        string // name under which the file was given
	Status       string // as in the API
	Verdict      string // "" before there is one
	Error        string
	ErrorCode    string
	Percent      int // done
	Version      int64
	Method       string // blind, informed, variants
	TitleID      string // "" where no title is known
	Created      time.Time
	Updated      time.Time
	Finished     time.Time // zero before
	Title        *TitleMatch
	Findings     []Finding // most certain first
	BestScore    float64   // of all tags, named or not
	SyncClarity  float64   // from 1 on a mark of the key is there, whoever's
	Threshold    float64   // log10 of the probability from which on a tag is named
	TagsCompared int64     // 0 unknown
	Looks        int       // times evidence was compared with the registry; 0 unknown
	FramesUsed   int64
	Video        time.Duration // length of the file
	Elapsed      time.Duration
	Tried        []Remark // what was done
	Needed       *Remark  // what would settle it; nil where that is not known
	Damage       string   // what was wrong with the file, in the words of the decoder
	Remarks      []Remark // what else the examiner must know
	Part         *Part    // the picture of a document that it is about; nil: the whole exhibit
	Partial      *Partial // nil: all of it was examined, or that is unknown
	Timeline     *Timeline
	LineUp       *LineUp
	Vectors      []Vector        // evidence, for those who want to recompute the scores
	Versions     json.RawMessage // what it was made with: a JSON object
	Params       json.RawMessage // what it was asked: a JSON object
}

// answer is the verdict, or why there is none: cancelled, or "" where it is not finished.
func (t *Trace) answer() string {
	if t.Verdict == "" && t.Status == "CANCELLED" {
		return "cancelled"
	}
	return t.Verdict
}

// still tells whether it was about a single picture.
func (t *Trace) still() bool { return t.Video <= 0 && t.Verdict != Failed }

// saysMore tells whether a trace says more than another.
func (t *Trace) saysMore(than *Trace) bool {
	rank := []string{Failed, None, Inconclusive, Marked, Found}
	a, b := slices.Index(rank, t.Verdict), slices.Index(rank, than.Verdict)
	if a != b || len(t.Findings) == 0 || len(than.Findings) == 0 {
		return a > b
	}
	return t.Findings[0].Log10P < than.Findings[0].Log10P
}

// Part is a picture of a document, or a page of it as a whole.
type Part struct {
	Page    int    // from 1
	Picture int    // on that page, from 1; 0: the page as a whole
	Also    []int  // further pages that show the same picture
	SHA256  string // of the picture as it was taken out
	Of      int    // pictures and pages that the document was taken apart into
}

// Partial says that a trace stopped as soon as its answer was certain.
type Partial struct {
	Examined time.Duration // of the file
	Of       time.Duration
}

// TitleMatch is the title that a leak shows.
type TitleMatch struct {
	ID        string
	Name      string
	SHA256    string // of the registered original; "" unknown
	KeyID     string
	Reference string   // id of the reference; "" where none was used
	Log10P    *float64 // of the match; nil where it was not computed
	How       string   // ByPictures or ByMark; "" unknown
	Fit       *float64 // correlation of the two pictures after registration, 1 at best; nil unknown
	Leak      []byte   // a picture of the leak, JPEG or PNG
	Original  []byte   // the picture of the original at the same place
	LeakAt    time.Duration
	TitleAt   time.Duration
	Outline   []Point // where the leak lies on the original: corners in order; empty unknown
}

// How a title was recognised.
const (
	ByPictures = "pictures" // by its pictures alone, without any key
	ByMark     = "mark"     // by the tag that was named
)

// Point is a place in a picture: 0,0 is its upper left corner, 1,1 its lower right one. Corners of a leak that shows
// more than the original lie outside.
type Point struct{ X, Y float64 }

// Finding is a tag that was named.
type Finding struct {
	TitleID  string
	Tag      string
	Ordinal  int64      // place in the registry, from 1; 0 unknown
	Who      *Recipient // nil: the registry knows the tag only
	Log10P   float64    // after all corrections
	Score    float64
	Weight   float64 // share of the evidence that speaks for this tag, 0..1
	Method   string
	Spans    []Span
	Issued   time.Time // when the tag was given out; zero unknown
	Copied   time.Time // when its first copy was made; zero unknown
	CopyHash string    // SHA-256 of that copy; ""
	LogEntry *int64    // of the audit log, which holds the time of issue; nil: none
}

// Recipient is who a tag was issued to.
type Recipient struct {
	Name, Company, Email, Note string
}

// Span is a stretch of a leak that carries a tag, and where it is in the title: nil where that cannot be told.
type Span struct {
	From, To           time.Duration
	TitleFrom, TitleTo *time.Duration
}

// Timeline is what a leak shows from its beginning to its end.
type Timeline struct {
	Length   time.Duration
	Lanes    []Lane    // one a tag
	Title    []Span    // which stretch of the title is seen when
	Unusable []Stretch // not examined, or without anything that could be read
}

// Lane is how strongly a tag is seen over time.
type Lane struct {
	Tag    string
	Points []Strength
}

// Strength is the score of a short stretch.
type Strength struct {
	From, To time.Duration
	Score    float64
}

// Stretch is a part of a leak that could not be used, and why.
type Stretch struct {
	From, To time.Duration
	Why      string
}

// LineUp is how the tag that was named stands among all others, and how the method did on files whose answer is known.
type LineUp struct {
	IDs       int64
	From      float64 // score at which the first bin begins
	Width     float64 // of a bin
	Counts    []int64 // IDs in each bin
	RunnerUp  *float64
	Controls  []Control
	TailSeen  int64   // IDs at or above TailAt, where that was counted
	TailAt    float64 // score
	TailMeant float64 // IDs that chance alone puts there
}

// drawable tells whether there is a histogram of sane size.
func (l *LineUp) drawable() bool {
	span := l.Width * float64(len(l.Counts))
	return l.Width > 0 && span < 200 && math.Abs(l.From) < 200
}

// Control is the same examination with a known answer.
type Control struct {
	Kind   string // wrong-key, wrong-title, known-positive
	What   string // which key, title or file
	Score  float64
	Log10P float64
	Named  bool // whether it named a tag: right for a known positive, wrong for the others
	Count  int  // how many of this kind were run, with this one the strongest; 0 and 1 are one
}

// Names of the kinds of controls.
const (
	WrongKey      = "wrong-key"
	WrongTitle    = "wrong-title"
	KnownPositive = "known-positive"
)

// Passed tells whether the control came out as it must.
func (c *Control) Passed() bool { return c.Named == (c.Kind == KnownPositive) }

// failed counts the controls that did not come out as they must.
func (l *LineUp) failed() (n int) {
	if l == nil {
		return 0
	}
	for i := range l.Controls {
		if !l.Controls[i].Passed() {
			n++
		}
	}
	return n
}

// Vector is the evidence of one look: 1024 soft chips, whose sign and size say which way the exhibit leans.
type Vector struct {
	ID     string // unique in the trace
	Method string
	Title  string // id
	Chips  []float64
	Spent  float64   // factor by which this look and all choices before it are corrected
	Tags   int64     // tags compared
	Words  []Exposed // the codewords it was compared with that are shown
}

// Exposed is a codeword that is shown to the other side, and the score it reached.
type Exposed struct {
	Role    string // named, runner-up
	Tag     string // "" where it stays unnamed: the runner-up is nobody's business
	Ordinal int64  // place in the registry, from 1
	Word    []byte // 128 bytes, chip i is bit i%8 of byte i/8, a set bit is -1
	Salt    []byte // what its commitment was made with, see code.Leaf
	TagHash []byte // see code.TagHash
	Bound   int64  // tags of the registry that Proof is for
	Proof   []string
	Score   float64
	Log10P  float64
}
