// SPDX-License-Identifier: AGPL-3.0-or-later

package storage

import (
	"cmp"
	"context"
	"database/sql"
	"time"
)

// Bookmark is a place in a leak that somebody pointed at. Like notes, bookmarks are never changed.
type Bookmark struct {
	ID         string
	EvidenceID string
	At         time.Duration // from the start of the leak, whole milliseconds
	Author     string
	Text       string
	CreatedAt  time.Time
}

const bookmarkColumns = `id, evidence_id, at_ms, author, text, created_at`

func scanBookmark(b *Bookmark, scan func(...any) error) error {
	var at, created int64
	err := scan(&b.ID, &b.EvidenceID, &at, &b.Author, &b.Text, &created)
	b.At, b.CreatedAt = time.Duration(at)*time.Millisecond, fromMillis(created)
	return err
}

// AddBookmark points at a place in an exhibit and returns the bookmark.
func (s *Store) AddBookmark(ctx context.Context, evidenceID string, at time.Duration, author, text string) (Bookmark, error) {
	b := Bookmark{
		EvidenceID: evidenceID, At: at.Truncate(time.Millisecond), Author: author, Text: text, CreatedAt: now(),
	}
	switch {
	case text == "":
		return Bookmark{}, errorf(Invalid, "the bookmark has no text")
	case at < 0:
		return Bookmark{}, errorf(Invalid, "%v is before the beginning", at)
	}
	if err := cmp.Or(checkText("text of the bookmark", text, maxNote), checkLine("author", author, maxName)); err != nil {
		return Bookmark{}, err
	}
	err := s.change(ctx, "setting a bookmark", func(tx *sql.Tx) error {
		e, err := getEvidence(ctx, tx, evidenceID)
		if err != nil {
			return err
		}
		if err := touchCase(ctx, tx, e.CaseID, b.CreatedAt); err != nil {
			return err
		}
		if b.ID, err = s.nextID(ctx, tx, "bookmarks"); err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, insertInto("bookmarks", bookmarkColumns),
			b.ID, b.EvidenceID, b.At.Milliseconds(), b.Author, b.Text, b.CreatedAt.UnixMilli())
		return err
	})
	if err != nil {
		return Bookmark{}, err
	}
	return b, nil
}

// Bookmarks lists the bookmarks of an exhibit in the order of their places.
func (s *Store) Bookmarks(ctx context.Context, evidenceID string) ([]Bookmark, error) {
	list, err := collect(ctx, s.read, scanBookmark,
		`select `+bookmarkColumns+` from bookmarks where evidence_id = $1 order by at_ms, id limit $2`, evidenceID, maxLimit)
	return list, s.classify("listing bookmarks", err)
}

// Bookmark returns a bookmark by its id. Error: NotFound.
func (s *Store) Bookmark(ctx context.Context, id string) (Bookmark, error) {
	var b Bookmark
	err := scanBookmark(&b, s.read.QueryRowContext(ctx, `select `+bookmarkColumns+` from bookmarks where id = $1`, id).Scan)
	return b, s.missing(err, "bookmark", id)
}
