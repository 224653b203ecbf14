// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"os/user"
	"path/filepath"
	"strings"
	"time"

	"spoor/engine"
	"spoor/storage"
)

type caseCommand struct {
	List     caseList     `cmd:"" help:"List all cases."`
	Show     caseShow     `cmd:"" help:"Show a case: evidence, findings, notes."`
	New      caseNew      `cmd:"" help:"Make a case."`
	Edit     caseEdit     `cmd:"" help:"Change name, number, examiner or state of a case."`
	Note     caseNote     `cmd:"" help:"Write a note into a case; notes cannot be changed later."`
	Bookmark caseBookmark `cmd:"" help:"Point at a place in a leak; bookmarks cannot be changed later."`
	Acquire  caseAcquire  `cmd:"" help:"Record how evidence was obtained."`
	Frames   caseFrames   `cmd:"" help:"Write a hash of every decoded frame of a leak."`
	Move     caseMove     `cmd:"" help:"Move evidence into another case."`
	Merge    caseMerge    `cmd:"" help:"Move everything of a case into another."`
	Review   caseReview   `cmd:"" help:"Record that a second examiner agrees."`
	Hold     caseHold     `cmd:"" help:"Legal hold: nothing of the case can be deleted."`
	Export   caseExport   `cmd:"" help:"Write a case with all its evidence into one file."`
	Import   caseImport   `cmd:"" help:"Take in a case file, after checking all of it."`
	Delete   caseDelete   `cmd:"" help:"Delete a case with all its evidence, for good."`
}

// caseJSON is a case as programs get it.
type caseJSON struct {
	ID         string    `json:"id"`
	Name       string    `json:"name"`
	Examiner   string    `json:"examiner"`
	State      string    `json:"state"`
	Evidence   int64     `json:"evidence"`
	Backtraces int64     `json:"backtraces"`
	Findings   int64     `json:"findings"`
	Notes      int64     `json:"notes"`
	CreatedAt  time.Time `json:"created_at"`
	UpdatedAt  time.Time `json:"updated_at"`

	Number             string     `json:"number"`
	Reviewer           string     `json:"reviewer"`
	ReviewedAt         *time.Time `json:"reviewed_at"`
	ChangedSinceReview bool       `json:"changed_since_review"`
	LegalHold          bool       `json:"legal_hold"`
}

func caseOut(c engine.Case) caseJSON {
	return caseJSON{
		c.ID, c.Name, c.Examiner, string(c.State), c.Counts.Evidence, c.Counts.Backtraces, c.Counts.Findings, c.Counts.Notes,
		c.CreatedAt, c.UpdatedAt, c.Number, c.Reviewer, c.ReviewedAt, c.ChangedSinceReview(), c.OnHold,
	}
}

type caseList struct{}

// Help is the example.
func (caseList) Help() string { return "Example:\n  spoor case list" }

// Run lists cases.
func (caseList) Run(a *app, e *engine.Engine) error {
	all := []caseJSON{}
	var rows table
	rows.add("ID", "NAME", "STATE", "EVIDENCE", "FINDINGS", "NOTES", "CHANGED")
	for page := (storage.Page{Limit: 1000}); ; {
		list, err := e.Cases(a.ctx, page)
		if err != nil {
			return err
		}
		for _, c := range list {
			all = append(all, caseOut(c))
			rows.add(c.ID, c.Name, c.State, c.Counts.Evidence, c.Counts.Findings, c.Counts.Notes, day(c.UpdatedAt))
		}
		if len(list) < page.Limit {
			break
		}
		page.After = list[len(list)-1].ID
	}
	if !a.json {
		rows.write(a.term.out)
	}
	return a.print(all)
}

type caseShow struct {
	Case string `arg:"" help:"Id or name."`
}

// Help is the example.
func (caseShow) Help() string { return "Example:\n  spoor case show inbox" }

// caseShowJSON is a case with all that is in it.
type caseShowJSON struct {
	caseJSON
	Exhibits []exhibitJSON `json:"exhibits"`
	Texts    []noteJSON    `json:"note_texts"`
}

type exhibitJSON struct {
	ID         string          `json:"id"`
	File       string          `json:"file"` // where it was seen first
	SHA256     string          `json:"sha256"`
	Size       int64           `json:"size"`
	CreatedAt  time.Time       `json:"created_at"`
	Sources    []sourceJSON    `json:"sources,omitempty"` // of a stream: the files it was put together from
	Backtraces []backtraceJSON `json:"backtraces"`

	SHA512      string           `json:"sha512"`
	InPlace     bool             `json:"in_place"` // the vault has no copy of it
	KnownIn     []string         `json:"known_in"` // other cases with the very same file
	Acquisition *acquisitionJSON `json:"acquisition"`
	Bookmarks   []bookmarkJSON   `json:"bookmarks"`
}

type sourceJSON struct {
	Name   string `json:"name"`
	SHA256 string `json:"sha256"`
	Size   int64  `json:"size"`
}

type backtraceJSON struct {
	ID        string          `json:"id"`
	Status    string          `json:"status"`
	Verdict   string          `json:"verdict"`
	Method    string          `json:"method"`
	Error     string          `json:"error,omitempty"`
	BestScore float64         `json:"best_score"`
	Versions  json.RawMessage `json:"versions,omitempty"`
	CreatedAt time.Time       `json:"created_at"`
	Findings  []findingJSON   `json:"findings"`
	Part      *engine.Place   `json:"part,omitempty"` // the picture of a document that it is about
}

type findingJSON struct {
	Title  string          `json:"title"`
	Tag    string          `json:"tag"`
	Log10P float64         `json:"log10_p"`
	Score  float64         `json:"score"`
	Weight float64         `json:"weight"`
	Method string          `json:"method"`
	Spans  json.RawMessage `json:"spans,omitempty"`

	AccessStats []engine.AccessStat `json:"access_stats"` // who fetched copies with the tag
}

type noteJSON struct {
	ID        string    `json:"id"`
	Author    string    `json:"author"`
	Text      string    `json:"text"`
	CreatedAt time.Time `json:"created_at"`
}

// Run shows a case.
func (c *caseShow) Run(a *app, e *engine.Engine) error {
	out, err := a.readCase(e, c.Case)
	if err != nil {
		return err
	}
	if !a.json {
		out.show(a)
	}
	return a.print(out)
}

// addAccesses adds to each finding who fetched copies with its tag.
func (x *exhibitJSON) addAccesses(a *app, e *engine.Engine) error {
	for _, b := range x.Backtraces {
		for i, f := range b.Findings {
			got, err := e.Accesses(a.ctx, f.Tag, f.Title)
			if err != nil {
				return err
			}
			b.Findings[i].AccessStats = got.AccessStats
		}
	}
	return nil
}

func (a *app) readCase(e *engine.Engine, name string) (*caseShowJSON, error) {
	c, err := e.Case(a.ctx, name)
	if err != nil {
		return nil, err
	}
	out := &caseShowJSON{caseJSON: caseOut(c), Exhibits: []exhibitJSON{}, Texts: []noteJSON{}}
	for page := (storage.Page{Limit: 1000}); ; {
		list, err := e.Exhibits(a.ctx, c.ID, page)
		if err != nil {
			return nil, err
		}
		for _, x := range list {
			exhibit := exhibitOut(x)
			if err := exhibit.addAccesses(a, e); err != nil {
				return nil, err
			}
			out.Exhibits = append(out.Exhibits, exhibit)
		}
		if len(list) < page.Limit {
			break
		}
		page.After = list[len(list)-1].ID
	}
	for page := (storage.Page{Limit: 1000}); ; {
		list, err := e.Notes(a.ctx, c.ID, page)
		if err != nil {
			return nil, err
		}
		for _, n := range list {
			out.Texts = append(out.Texts, noteJSON{n.ID, n.Author, n.Text, n.CreatedAt})
		}
		if len(list) < page.Limit {
			break
		}
		page.After = list[len(list)-1].ID
	}
	return out, nil
}

func exhibitOut(x engine.Exhibit) exhibitJSON {
	out := exhibitJSON{
		ID: x.ID, File: x.Path, SHA256: x.SHA256, Size: x.Size, CreatedAt: x.CreatedAt, Backtraces: []backtraceJSON{},
		SHA512: x.SHA512, InPlace: x.InPlace, KnownIn: append([]string{}, x.KnownIn...), Acquisition: acquisitionOut(x.Acquisition),
		Bookmarks: []bookmarkJSON{},
	}
	for _, b := range x.Bookmarks {
		out.Bookmarks = append(out.Bookmarks, bookmarkOut(b))
	}
	for _, s := range x.Sources {
		out.Sources = append(out.Sources, sourceJSON(s))
	}
	for _, b := range x.Backtraces {
		one := backtraceJSON{
			ID: b.ID, Status: string(b.Status), Verdict: string(b.Verdict), Method: b.Method, Error: b.ErrorMsg,
			BestScore: b.BestScore, Versions: b.Versions, CreatedAt: b.CreatedAt, Findings: []findingJSON{},
		}
		if b.Part != nil {
			one.Part = &b.Part.Place
		}
		for _, f := range b.Findings {
			one.Findings = append(one.Findings, findingJSON{f.TitleID, f.TagText, f.Log10P, f.Score, f.Weight, f.Method, f.Spans, nil})
		}
		out.Backtraces = append(out.Backtraces, one)
	}
	return out
}

func (c *caseShowJSON) show(a *app) {
	var head table
	head.add("case", c.Name)
	head.add("id", c.ID)
	if c.Number != "" {
		head.add("number", c.Number)
	}
	head.add("examiner", c.Examiner)
	head.add("state", c.stateWords())
	if c.LegalHold {
		head.add("legal hold", "on: nothing of it can be deleted")
	}
	head.add("made", day(c.CreatedAt))
	head.write(a.term.out)
	for i := range c.Exhibits {
		c.Exhibits[i].show(a)
	}
	for _, n := range c.Texts {
		a.say("\n%s  note by %s", day(n.CreatedAt), safe(n.Author))
		for line := range strings.SplitSeq(n.Text, "\n") {
			a.say("    %s", safe(line))
		}
	}
}

func (c *caseJSON) stateWords() string {
	if c.ReviewedAt == nil {
		return c.State
	}
	words := fmt.Sprintf("%s, reviewed by %s at %s", c.State, c.Reviewer, day(*c.ReviewedAt))
	if c.ChangedSinceReview {
		words += ", and changed since"
	}
	return words
}

func (x *exhibitJSON) show(a *app) {
	a.say("\n%s  %s", x.ID, safe(filepath.Base(x.File)))
	var rows table
	rows.add("    seen at", x.File)
	rows.add("    sha256", x.SHA256)
	rows.add("    came in", day(x.CreatedAt))
	if x.InPlace {
		rows.add("    vault", "not copied; the file stays where it lies and is needed there")
	}
	if len(x.Sources) > 0 {
		rows.add("    made of", fmt.Sprintf("%d files of a stream", len(x.Sources)))
	}
	if len(x.KnownIn) > 0 {
		rows.add("    known", "the very same file is in: "+strings.Join(x.KnownIn, ", "))
	}
	if x.Acquisition != nil {
		x.Acquisition.show(&rows)
	}
	silent := 0
	for i := range x.Backtraces {
		b := &x.Backtraces[i]
		if b.Part != nil && len(b.Findings) == 0 {
			silent++ // a document has as many as pictures
			continue
		}
		b.show(&rows)
	}
	if silent > 0 {
		rows.add("    backtraces", fmt.Sprintf("%d of pictures and pages in which nobody was found", silent))
	}
	for _, b := range x.Bookmarks {
		rows.add("    bookmark", fmt.Sprintf("%s  %s  (%s)", clock(time.Duration(b.AtMS)*time.Millisecond), b.Text, b.Author))
	}
	rows.write(a.term.out)
}

func (b *backtraceJSON) show(rows *table) {
	rows.add("    backtrace", fmt.Sprintf("%s  %s  %s", b.ID, day(b.CreatedAt), strings.ToLower(b.Status)))
	if b.Part != nil {
		rows.add("    place", placeWords(b.Part))
	}
	if b.Status == string(storage.Cancelled) {
		rows.add("    verdict", "cancelled before there was an answer")
	} else {
		rows.add("    verdict", verdictWords(b.Verdict))
	}
	for _, f := range b.Findings {
		rows.add("    tag", fmt.Sprintf("%s  (score %.1f, %s)", f.Tag, f.Score, wording().Chance(f.Log10P)))
		if len(f.AccessStats) > 0 {
			rows.add("    fetched by", accessLine(f.AccessStats))
		}
	}
}

type caseNew struct {
	Name     string `arg:"" help:"Name of the case."`
	Examiner string `help:"Who works on it (default: the setting examiner, or the user of this computer)."`
}

// Help is the example.
func (caseNew) Help() string {
	return "Example:\n  spoor case new \"Festival leak\" --examiner \"J. Doe\""
}

// Run makes a case.
func (c *caseNew) Run(a *app, e *engine.Engine) error {
	set, err := e.Setting(a.ctx, engine.SettingExaminer)
	if err != nil {
		return err
	}
	made, err := e.AddCase(a.ctx, c.Name, cmp.Or(c.Examiner, set, orUser("")))
	if err != nil {
		return err
	}
	a.say("Made the case %s (%s).", safe(made.Name), made.ID)
	a.hint("Trace into it with: spoor trace LEAK --case %s", made.ID)
	return a.print(caseOut(made))
}

type caseNote struct {
	Case   string `arg:"" help:"Id or name."`
	Text   string `arg:"" help:"The note."`
	Author string `help:"Who writes it (default: the user of this computer)."`
}

// Help is the example.
func (caseNote) Help() string {
	return "Example:\n  spoor case note inbox \"Uploaded to a forum on 3 May, captured by J. Doe\""
}

// Run writes a note.
func (c *caseNote) Run(a *app, e *engine.Engine) error {
	n, err := e.AddNote(a.ctx, c.Case, orUser(c.Author), c.Text)
	if err != nil {
		return err
	}
	a.say("Noted.")
	return a.print(noteJSON{n.ID, n.Author, n.Text, n.CreatedAt})
}

type caseMove struct {
	Evidence string `arg:"" help:"Id of the evidence, as spoor case show prints it."`
	Case     string `arg:"" help:"Id or name of the case it goes to."`
}

// Help is the example.
func (caseMove) Help() string {
	return "Its backtraces and findings go with it.\n\nExample:\n  spoor case move 0642f1c8a9d4b7e355aa01f3 \"Festival leak\""
}

// Run moves evidence.
func (c *caseMove) Run(a *app, e *engine.Engine) error {
	ev, to, err := e.MoveEvidence(a.ctx, c.Evidence, c.Case)
	if err != nil {
		return err
	}
	a.say("Moved %s into the case %s.", safe(ev.FileName), safe(to.Name))
	return a.print(map[string]string{"evidence": ev.ID, "case": to.ID})
}

// orUser is a name, or the one that this computer knows its user by.
func orUser(name string) string {
	if name != "" {
		return name
	}
	u, err := user.Current()
	if err != nil {
		return ""
	}
	if full, _, _ := strings.Cut(u.Name, ","); full != "" {
		return full
	}
	return u.Username
}
