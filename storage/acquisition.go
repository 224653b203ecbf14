// SPDX-License-Identifier: AGPL-3.0-or-later

package storage

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// Acquisition is how an exhibit was obtained. Empty fields are not known.
type Acquisition struct {
	Address    string            // where it was found, such as the URL of the page
	Platform   string            // such as the name of the video service
	Uploader   string            // who put it there, as the platform names them
	Caption    string            // title of the posting
	PostedAt   *time.Time        // when it was put there
	CapturedAt *time.Time        // when it was captured
	CapturedBy string            // who captured it
	Tool       string            // with what, version included
	PageSHA256 string            // picture of the page, in the vault
	PageName   string            // name of its file
	FilledFrom map[string]string // the file that a field is from, by the field's name in the command line's JSON
	UpdatedAt  time.Time
}

const acquisitionColumns = `address, platform, uploader, caption, posted_at, captured_at, captured_by, tool, page_sha256,
	page_name, filled_from, updated_at`

func scanAcquisition(a *Acquisition, scan func(...any) error) error {
	var posted, captured sql.NullInt64
	var updated int64
	var filled string
	err := scan(&a.Address, &a.Platform, &a.Uploader, &a.Caption, &posted, &captured, &a.CapturedBy, &a.Tool, &a.PageSHA256,
		&a.PageName, &filled, &updated)
	if err != nil {
		return err
	}
	a.PostedAt, a.CapturedAt, a.UpdatedAt = fromMillisOrNil(posted), fromMillisOrNil(captured), fromMillis(updated)
	if err := json.Unmarshal([]byte(filled), &a.FilledFrom); err != nil {
		return fmt.Errorf("where an acquisition record is from: %w", err)
	}
	return nil
}

func (a *Acquisition) check() error {
	err := cmp.Or(
		checkLine("address", a.Address, maxPath), checkLine("platform", a.Platform, maxName), checkLine("uploader", a.Uploader, maxName),
		checkLine("caption", a.Caption, maxPath), checkLine("capturer", a.CapturedBy, maxName), checkLine("tool", a.Tool, maxName),
		checkLine("name of the page's picture", a.PageName, maxPath),
	)
	if err == nil && a.PageSHA256 != "" {
		err = checkHash(a.PageSHA256)
	}
	for field, file := range a.FilledFrom {
		err = cmp.Or(err, checkLine("name of a field", field, maxName), checkLine("name of a file", file, maxPath))
	}
	return err
}

// SetAcquisition records how an exhibit was obtained, in the place of what was recorded before. It sets UpdatedAt.
func (s *Store) SetAcquisition(ctx context.Context, evidenceID string, a *Acquisition) error {
	if err := a.check(); err != nil {
		return err
	}
	at := now()
	set := *a
	set.UpdatedAt = at
	err := s.change(ctx, "recording how evidence was obtained", func(tx *sql.Tx) error {
		e, err := getEvidence(ctx, tx, evidenceID)
		if err != nil {
			return err
		}
		if err := touchCase(ctx, tx, e.CaseID, at); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `delete from acquisitions where evidence_id = $1`, evidenceID); err != nil {
			return err
		}
		return insertAcquisition(ctx, tx, evidenceID, &set)
	})
	if err == nil {
		a.UpdatedAt = at
	}
	return err
}

// Acquisition returns how an exhibit was obtained; nil where nothing was recorded.
func (s *Store) Acquisition(ctx context.Context, evidenceID string) (*Acquisition, error) {
	var a Acquisition
	err := scanAcquisition(&a, s.read.QueryRowContext(ctx,
		`select `+acquisitionColumns+` from acquisitions where evidence_id = $1`, evidenceID).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil //nolint:nilnil // nothing was recorded
	}
	if err != nil {
		return nil, s.classify("looking how evidence was obtained", err)
	}
	return &a, nil
}

func insertAcquisition(ctx context.Context, tx *sql.Tx, evidenceID string, a *Acquisition) error {
	filled, err := json.Marshal(a.FilledFrom)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, insertInto("acquisitions", `evidence_id, `+acquisitionColumns), evidenceID, a.Address, a.Platform,
		a.Uploader, a.Caption, millisOrNull(a.PostedAt), millisOrNull(a.CapturedAt), a.CapturedBy, a.Tool, a.PageSHA256, a.PageName,
		string(filled), a.UpdatedAt.UnixMilli())
	return err
}
