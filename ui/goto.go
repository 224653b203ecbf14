// SPDX-License-Identifier: AGPL-3.0-or-later

package ui

import (
	"context"

	"spoor/storage"
)

// target is where a hit of a search is to be seen. Ids that are empty do not matter.
type target struct {
	inInbox  bool
	caseID   string
	exhibit  string
	notes    bool // those of the case
	title    string
	log      string
	isTitle  bool
	isAccess bool
	isRemote bool
}

// goTo shows what a search found.
func (w *Window) goTo(h storage.Hit) {
	background(w, func(ctx context.Context) (target, error) { return w.targetOf(ctx, h) }, func(t target, err error) {
		w.fail(err)
		if err != nil {
			return
		}
		w.leaveSearch()
		switch {
		case t.isRemote:
			w.show(w.placeOf(w.sync.object))
		case t.isAccess:
			w.logs.choose(t.log)
			w.show(w.placeOf(w.logs.object))
		case t.isTitle:
			w.titles.choose(t.title)
			w.show(w.placeOf(w.titles.object))
		default:
			w.openExhibit(t)
		}
	})
}

// targetOf finds out where a hit is to be seen.
func (w *Window) targetOf(ctx context.Context, h storage.Hit) (target, error) {
	t := target{caseID: h.Case}
	var err error
	switch h.Kind {
	case "remote":
		return target{isRemote: true}, nil
	case "access":
		return target{isAccess: true, log: h.ID}, nil
	case "title", "tag":
		return target{isTitle: true, title: h.ID}, nil
	case "copy":
		var c storage.Copy
		c, err = w.engine.Store().Copy(ctx, h.ID)
		t = target{isTitle: true, title: c.TitleID}
	case "exhibit", "acquisition":
		t.exhibit = h.ID
	case "finding":
		var b storage.Backtrace
		b, err = w.engine.Store().Backtrace(ctx, h.ID)
		t.exhibit = b.EvidenceID
	case "bookmark":
		var b storage.Bookmark
		b, err = w.engine.Store().Bookmark(ctx, h.ID)
		t.exhibit = b.EvidenceID
	case "note":
		t.notes = true
	}
	if err != nil || t.isTitle {
		return t, err
	}
	c, err := w.engine.Case(ctx, t.caseID)
	t.inInbox = c.Name == storage.Inbox
	return t, err
}

// openExhibit shows a case, and in it an exhibit or the notes.
func (w *Window) openExhibit(t target) {
	view, at := w.cases.open, w.placeOf(w.cases.object)
	if t.inInbox {
		view, at = w.inbox, w.placeOf(w.inbox.object)
	} else {
		w.cases.choose(t.caseID)
	}
	view.aim(t.caseID, t.exhibit, t.notes)
	w.show(at)
}
