// SPDX-License-Identifier: AGPL-3.0-or-later

package engine

import (
	"context"
	"encoding/json"

	"spoor/storage"
)

// Case is a case with the number of things in it.
type Case struct {
	storage.Case
	Counts storage.CaseCounts
}

// Exhibit is a piece of evidence with all that is on record about it.
type Exhibit struct {
	storage.Evidence
	SHA512      string               // "" where the vault does not know it
	InPlace     bool                 // the vault has no copy of it
	Sources     []storage.Source     // files that it was put together from
	Acquisition *storage.Acquisition // nil: nothing is on record
	Bookmarks   []storage.Bookmark
	KnownIn     []string // other cases that have the very same file
	Backtraces  []Backtrace
}

// Backtrace is a backtrace with its findings.
type Backtrace struct {
	storage.Backtrace
	Part     *PartParams // the picture of a document that it is about; nil: the whole exhibit
	Findings []storage.Finding
}

// AddCase makes a case. Without an examiner it is that of the settings.
func (e *Engine) AddCase(ctx context.Context, name, examiner string) (Case, error) {
	if examiner == "" {
		var err error
		if examiner, err = e.Setting(ctx, SettingExaminer); err != nil {
			return Case{}, err
		}
	}
	c := storage.Case{Name: name, Examiner: examiner}
	if err := e.store.AddCase(ctx, &c); err != nil {
		return Case{}, err
	}
	return Case{Case: c}, nil
}

// Cases lists cases in the order they were made.
func (e *Engine) Cases(ctx context.Context, p storage.Page) ([]Case, error) {
	list, err := e.store.Cases(ctx, p)
	if err != nil {
		return nil, err
	}
	out := make([]Case, len(list))
	for i, c := range list {
		out[i].Case = c
		if out[i].Counts, err = e.store.CountCase(ctx, c.ID); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// Case returns a case by its id or name.
func (e *Engine) Case(ctx context.Context, idOrName string) (Case, error) {
	c, err := e.store.Case(ctx, idOrName)
	if err != nil {
		return Case{}, err
	}
	n, err := e.store.CountCase(ctx, c.ID)
	return Case{Case: c, Counts: n}, err
}

// Exhibits lists the evidence of a case with all that was found in it.
func (e *Engine) Exhibits(ctx context.Context, caseID string, p storage.Page) ([]Exhibit, error) {
	list, err := e.store.EvidenceOfCase(ctx, caseID, p)
	if err != nil {
		return nil, err
	}
	out := make([]Exhibit, len(list))
	for i, ev := range list {
		out[i].Evidence = ev
		if err := e.describe(ctx, &out[i]); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// Exhibit returns one piece of evidence with all that was found in it.
func (e *Engine) Exhibit(ctx context.Context, evidenceID string) (Exhibit, error) {
	ev, err := e.store.Evidence(ctx, evidenceID)
	if err != nil {
		return Exhibit{}, err
	}
	x := Exhibit{Evidence: ev}
	return x, e.describe(ctx, &x)
}

// describe fills in all that is on record about an exhibit.
func (e *Engine) describe(ctx context.Context, x *Exhibit) error {
	file, err := e.store.VaultFile(ctx, x.SHA256)
	if err != nil && storage.CodeOf(err) != storage.NotFound { // it came in before there was a vault
		return err
	}
	x.SHA512, x.InPlace = file.SHA512, file.InPlace != ""
	for _, read := range []func() error{
		func() error { x.Backtraces, err = e.backtraces(ctx, x.ID); return err },
		func() error { x.Sources, err = e.store.Sources(ctx, x.ID); return err },
		func() error { x.Acquisition, err = e.store.Acquisition(ctx, x.ID); return err },
		func() error { x.Bookmarks, err = e.store.Bookmarks(ctx, x.ID); return err },
		func() error { x.KnownIn, err = e.knownIn(ctx, &x.Evidence); return err },
	} {
		if err := read(); err != nil {
			return err
		}
	}
	return nil
}

func (e *Engine) backtraces(ctx context.Context, evidenceID string) ([]Backtrace, error) {
	list, err := e.store.BacktracesOfEvidence(ctx, evidenceID, storage.Page{Limit: 5000})
	if err != nil {
		return nil, err
	}
	out := make([]Backtrace, len(list))
	for i, b := range list {
		out[i].Backtrace = b
		var p struct{ Part *PartParams }
		if json.Unmarshal(b.Params, &p) == nil { // those of another program's backtraces have another form
			out[i].Part = p.Part
		}
		if out[i].Findings, err = e.store.Findings(ctx, b.ID); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// Notes lists the notes of a case, oldest first.
func (e *Engine) Notes(ctx context.Context, caseID string, p storage.Page) ([]storage.Note, error) {
	return e.store.Notes(ctx, caseID, p)
}

// AddNote writes a note into a case, which cannot be changed later.
func (e *Engine) AddNote(ctx context.Context, idOrName, author, text string) (storage.Note, error) {
	c, err := e.store.Case(ctx, idOrName)
	if err != nil {
		return storage.Note{}, err
	}
	return e.store.AddNote(ctx, c.ID, author, text)
}

// MoveEvidence moves an exhibit with its backtraces into another case, and returns both.
func (e *Engine) MoveEvidence(ctx context.Context, evidenceID, idOrName string) (storage.Evidence, Case, error) {
	c, err := e.Case(ctx, idOrName)
	if err != nil {
		return storage.Evidence{}, Case{}, err
	}
	if err := e.store.MoveEvidence(ctx, evidenceID, c.ID); err != nil {
		return storage.Evidence{}, Case{}, err
	}
	ev, err := e.store.Evidence(ctx, evidenceID)
	return ev, c, err
}
