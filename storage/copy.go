// SPDX-License-Identifier: AGPL-3.0-or-later

package storage

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"time"
)

// Copy is a file that carries one tag.
type Copy struct {
	ID         string
	TitleID    string
	TagOrdinal int64
	Path       string // where it was written
	SHA256     string
	Size       int64   // bytes
	Strength   string  // light, normal, strong
	PSNR       float64 // of luma against the original, dB
	SSIM       float64 // mean, 0..1
	CreatedAt  time.Time
}

const copyColumns = `id, title_id, tag_ordinal, path, sha256, size, strength, psnr_db, ssim, created_at`

const selectCopies = `select ` + copyColumns + ` from copies where `

func scanCopy(c *Copy, scan func(...any) error) error {
	var created int64
	err := scan(&c.ID, &c.TitleID, &c.TagOrdinal, &c.Path, &c.SHA256, &c.Size, &c.Strength, &c.PSNR, &c.SSIM, &created)
	c.CreatedAt = fromMillis(created)
	return err
}

// AddCopy records a copy and marks its tag as issued, in one. It sets c.ID and
// c.CreatedAt. Errors: NotFound for a tag that is not registered; Exists where
// the tag has a copy already, unless force is set: two people with one tag could not be told
// apart.
func (s *Store) AddCopy(ctx context.Context, c *Copy, force bool) error {
	err := cmp.Or(checkText("path", c.Path, maxPath), checkHash(c.SHA256), checkLine("strength", c.Strength, maxName),
		checkNumbers("measured quality", c.PSNR, c.SSIM))
	if err != nil {
		return err
	}
	added := *c
	added.CreatedAt = now()
	err = s.change(ctx, "recording a copy", func(tx *sql.Tx) error {
		if err := issue(ctx, tx, added, force); err != nil {
			return err
		}
		if added.ID, err = s.nextID(ctx, tx, "copies"); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, insertInto("copies", copyColumns),
			added.ID, added.TitleID, added.TagOrdinal, added.Path, added.SHA256, added.Size, added.Strength, added.PSNR, added.SSIM,
			added.CreatedAt.UnixMilli())
		return err
	})
	if err == nil {
		*c = added
	}
	return err
}

// issue marks a tag as issued, from its first copy on.
func issue(ctx context.Context, tx *sql.Tx, c Copy, force bool) error {
	var text string
	var issued sql.NullInt64
	err := tx.QueryRowContext(ctx, `select text, issued_at from tags where title_id = $1 and ordinal = $2`, c.TitleID,
		c.TagOrdinal).Scan(&text, &issued)
	if errors.Is(err, sql.ErrNoRows) {
		return errorf(NotFound, "tag number %d is not registered for the title %s", c.TagOrdinal, c.TitleID)
	}
	if err != nil {
		return err
	}
	if issued.Valid {
		if force {
			return nil
		}
		return errorf(Exists, "the tag %q has a copy already, made at %s", text, fromMillis(issued.Int64).Format(time.RFC3339))
	}
	_, err = tx.ExecContext(ctx, `update tags set issued_at = $1 where title_id = $2 and ordinal = $3`, c.CreatedAt.UnixMilli(),
		c.TitleID, c.TagOrdinal)
	return err
}

// Copies lists the copies of a tag, oldest first.
func (s *Store) Copies(ctx context.Context, titleID string, tagOrdinal int64) ([]Copy, error) {
	copies, err := collect(ctx, s.read, scanCopy, selectCopies+`title_id = $1 and tag_ordinal = $2 order by id limit $3`,
		titleID, tagOrdinal, maxLimit)
	return copies, s.classify("listing copies", err)
}

// CopiesByHash returns the copies that are this very file: a leak that was never
// re-encoded is one of them.
func (s *Store) CopiesByHash(ctx context.Context, sha256 string) ([]Copy, error) {
	copies, err := collect(ctx, s.read, scanCopy, selectCopies+`sha256 = $1 order by id limit $2`, sha256, maxLimit)
	return copies, s.classify("looking for copies of a file", err)
}

// Copy returns a copy by its id. Error: NotFound.
func (s *Store) Copy(ctx context.Context, id string) (Copy, error) {
	var c Copy
	err := scanCopy(&c, s.read.QueryRowContext(ctx, selectCopies+`id = $1`, id).Scan)
	return c, s.missing(err, "copy", id)
}
