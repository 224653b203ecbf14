// SPDX-License-Identifier: AGPL-3.0-or-later

package engine

import (
	"context"

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
	Sources    []storage.Source // files that it was put together from
	Backtraces []Backtrace
}

// Backtrace is a backtrace with its findings.
type Backtrace struct {
	storage.Backtrace
	Findings []storage.Finding
}

// AddCase makes a case.
func (e *Engine) AddCase(ctx context.Context, name, examiner string) (Case, error) {
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
		if out[i].Backtraces, err = e.backtraces(ctx, ev.ID); err != nil {
			return nil, err
		}
		if out[i].Sources, err = e.store.Sources(ctx, ev.ID); err != nil {
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
	list, err := e.backtraces(ctx, ev.ID)
	return Exhibit{Evidence: ev, Backtraces: list}, err
}

func (e *Engine) backtraces(ctx context.Context, evidenceID string) ([]Backtrace, error) {
	list, err := e.store.BacktracesOfEvidence(ctx, evidenceID, storage.Page{Limit: 5000})
	if err != nil {
		return nil, err
	}
	out := make([]Backtrace, len(list))
	for i, b := range list {
		out[i].Backtrace = b
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
