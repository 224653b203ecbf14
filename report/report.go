// SPDX-License-Identifier: AGPL-3.0-or-later

package report

import (
	"time"
)

// Report is everything that a report shows, whatever its kind, format and language. Parts that are nil or empty were
// not recorded or not done, and the report says so. All times are UTC, all texts may come from strangers.
type Report struct {
	Made       time.Time // when the report was made: the only thing that differs between two reports of the same case
	Program    string    // version of the program that makes the report
	Case       Case
	Exhibits   []Exhibit     // in the order they came in
	Accesses   []TagAccesses // of the tags that were named
	Delivery   *Delivery     // nil: no access logs were read
	Notes      []Note        // oldest first
	Audit      *Audit        // nil: no extract
	Registries []Registry    // what binds the codewords that are shown; empty: none was bound
}

// Case is the folder that the exhibits lie in.
type Case struct {
	ID           string
	Number       string // as the office or the court counts its cases; ""
	Name         string
	Examiner     string
	Reviewer     string    // second examiner; "" where nobody reviewed it
	Reviewed     time.Time // when; zero where nobody did
	ChangedSince bool      // something changed after the review
	State        string    // draft, reviewed, closed
	LegalHold    bool
	Created      time.Time
	Updated      time.Time
}

// unreviewed tells whether no second examiner has agreed to the case as it is.
func (c *Case) unreviewed() bool {
	switch c.State {
	case "draft", "open", "":
		return true
	}
	return c.Reviewed.IsZero() || c.ChangedSince
}

// Note is something that an examiner wrote down.
type Note struct {
	Author string
	Text   string
	At     time.Time
}

// Audit is an extract of the append-only log.
type Audit struct {
	Events   []Event // of this case, oldest first
	Total    int64   // events of the case; the extract may be shorter
	TreeSize int64   // records in the whole log
	RootHash string  // of the log at that size, base64
	Head     string  // the signed tree head, as text; "" where there is none
}

// Event is one entry of the log.
type Event struct {
	Number int64
	At     time.Time
	Actor  string
	Action string
	Object string
}

// Exhibit is one suspect file.
type Exhibit struct {
	ID          string
	Number      int // in the case, from 1
	FileName    string
	Path        string // where it was seen first
	SHA256      string // lower-case hex
	SHA512      string // "" where it was not computed
	Size        int64  // bytes
	Modified    time.Time
	TakenIn     time.Time
	Container   *Container
	Acquisition *Acquisition
	Thumbnail   []byte     // JPEG or PNG; nil where none was kept
	Bookmarks   []Bookmark // places that an examiner marked, by time
	Sources     []Source   // files that it was put together from; empty: it came as it is
	Group       string     // exhibits with the same text show the same stretch or carry the same tag; "" alone
	Traces      []Trace
}

// Bookmark is a place in an exhibit that an examiner marked.
type Bookmark struct {
	Offset time.Duration // from the beginning of the exhibit
	Author string
	Text   string
	At     time.Time // when it was written
}

// Source is a file that an exhibit was put together from, such as a segment of a stream.
type Source struct {
	Name   string
	SHA256 string
	Size   int64 // bytes
}

// Container is what the file says about itself.
type Container struct {
	Format      string
	VideoCodec  string
	AudioCodec  string // "" without sound, or unknown
	AudioTracks int    // 0 without sound, or unknown
	Width       int    // pixels
	Height      int
	FrameRate   string // as a fraction or number; "" unknown
	Duration    time.Duration
	BitRate     int64             // bits a second; 0 unknown
	More        map[string]string // anything else
}

// Acquisition says how the file came to the examiner.
type Acquisition struct {
	Address  string // URL
	Platform string
	Uploader string
	Posted   time.Time // when the uploader published it; zero unknown
	Captured time.Time
	By       string // who captured it
	With     string // tool
	Caption  string // title of the posting
	Note     string
	Files    []string // what the record was filled in from
	Page     []byte   // picture of the page, JPEG or PNG
}

// FirstSeen is the earliest time at which the leak is known to have existed, and what says so: "posted", "captured",
// "modified" (the file's own time, which anybody can set) or "taken in".
func (x *Exhibit) FirstSeen() (at time.Time, source string) {
	if a := x.Acquisition; a != nil {
		if !a.Posted.IsZero() {
			return a.Posted, "posted"
		}
		if !a.Captured.IsZero() {
			return a.Captured, "captured"
		}
	}
	if !x.Modified.IsZero() && x.Modified.Before(x.TakenIn) {
		return x.Modified, "modified"
	}
	return x.TakenIn, "taken in"
}

// Registry binds the codewords of the first so many tags of a title by one hash, so that those that are shown cannot have
// been chosen afterwards.
type Registry struct {
	TitleID string
	KeyID   string
	Tags    int64     // leaves of the tree
	Root    string    // hash of the tree over all of them, base64
	Bound   time.Time // when, by this computer's clock; zero unknown
	Log     *LogProof // nil: none
}

// LogProof shows the entry of the audit log that names a registry's root to somebody who does not have the log.
type LogProof struct {
	Number int64
	Entry  string   // as it was logged, JSON
	Proof  []string // that it belongs to the tree of the head, base64
	Head   string   // of the log, signed
	Key    string   // public, that verifies the head
	Token  []byte   // time stamp of the head (RFC 3161); nil: none
}
