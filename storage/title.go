// SPDX-License-Identifier: AGPL-3.0-or-later

package storage

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"strings"
	"time"
)

// Title is an original video under protection.
type Title struct {
	ID        string // the API's job_id
	Name      string // names need not be unique
	FileName  string // of the original, without folder
	SHA256    string // of the original, lower-case hex
	Size      int64  // bytes
	Duration  time.Duration
	Width     int // pixels as displayed
	Height    int
	FrameRate string          // as the container says it, such as "30000/1001"
	Container json.RawMessage // facts about the original file
	KeyID     string          // public fingerprint of the key, set by AddTitle
	Capacity  json.RawMessage // the strength to be expected
	CreatedAt time.Time
}

const titleColumns = `id, name, file_name, sha256, size, duration_ns, width, height, frame_rate, container, key_id, capacity, created_at`

const selectTitles = `select ` + titleColumns + ` from titles where `

func scanTitle(t *Title, scan func(...any) error) error {
	var container, capacity string
	var created int64
	err := scan(&t.ID, &t.Name, &t.FileName, &t.SHA256, &t.Size, &t.Duration, &t.Width, &t.Height, &t.FrameRate,
		&container, &t.KeyID, &capacity, &created)
	t.Container, t.Capacity, t.CreatedAt = rawJSON(container), rawJSON(capacity), fromMillis(created)
	return err
}

func (t *Title) check() error {
	return cmp.Or(
		checkName("title", t.Name),
		checkLine("file name", t.FileName, maxPath),
		checkLine("frame rate", t.FrameRate, maxName),
		checkHash(t.SHA256),
		checkJSON("facts about the container", t.Container),
		checkJSON("facts about the capacity", t.Capacity),
	)
}

func checkHash(hash string) error {
	if len(hash) != 64 || strings.Trim(hash, "0123456789abcdef") != "" {
		return errorf(Invalid, "%q is not a SHA-256 in lower-case hex", hash)
	}
	return nil
}

// AddTitle registers a title and keeps its key, made by [Store.NewTitleKey] or
// brought along from another office. It sets t.ID, where empty, t.KeyID and t.CreatedAt. The key is
// on the disk before the title is.
func (s *Store) AddTitle(ctx context.Context, t *Title, key TitleKey) error {
	if err := t.check(); err != nil {
		return err
	}
	added := *t
	added.ID = cmp.Or(t.ID, NewID())
	if !IsID(added.ID) {
		return errorf(Invalid, "%q is not an id", added.ID)
	}
	added.KeyID, added.CreatedAt = key.ID(), now()
	if err := s.writeTitleKey(added.ID, key); err != nil {
		return err
	}
	err := s.change(ctx, "adding the title "+t.Name, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, insertInto("titles", titleColumns),
			added.ID, added.Name, added.FileName, added.SHA256, added.Size, int64(added.Duration), added.Width, added.Height,
			added.FrameRate, string(added.Container), added.KeyID, string(added.Capacity), added.CreatedAt.UnixMilli())
		return err
	})
	if err != nil {
		// The key file stays: a commit that failed may have happened all the same,
		// and a key without a title harms nobody.
		return err
	}
	*t = added
	return nil
}

// Title returns a title by its id or its name. Errors: NotFound; Ambiguous,
// listing the ids, where several titles have the name.
func (s *Store) Title(ctx context.Context, idOrName string) (Title, error) {
	t, err := findTitle(ctx, s.read, idOrName)
	return t, s.classify("looking for the title "+idOrName, err)
}

func findTitle(ctx context.Context, db querier, idOrName string) (Title, error) {
	const shown = 10
	titles, err := collect(ctx, db, scanTitle, selectTitles+`id = $1 or name = $2 order by id limit $3`,
		idOrName, idOrName, shown)
	switch {
	case err != nil:
		return Title{}, err
	case len(titles) == 0:
		return Title{}, errorf(NotFound, "there is no title %q", idOrName)
	case len(titles) == 1:
		return titles[0], nil
	}
	ids := make([]string, len(titles))
	for i, t := range titles {
		ids[i] = t.ID
	}
	if len(ids) == shown {
		ids[shown-1] = "..."
	}
	return Title{}, errorf(Ambiguous, "several titles are called %q, use an id: %s", idOrName, strings.Join(ids, ", "))
}

// Titles lists titles.
func (s *Store) Titles(ctx context.Context, p Page) ([]Title, error) {
	titles, err := collect(ctx, s.read, scanTitle, selectTitles+`id > $1 order by id limit $2`, p.After, p.limit())
	return titles, s.classify("listing titles", err)
}

// TitlesByHash returns the titles made from an original with this SHA-256.
func (s *Store) TitlesByHash(ctx context.Context, sha256 string) ([]Title, error) {
	titles, err := collect(ctx, s.read, scanTitle, selectTitles+`sha256 = $1 order by id limit $2`, sha256, maxLimit)
	return titles, s.classify("looking for titles of a file", err)
}

// SetCapacity replaces what is known of a title's expected strength.
func (s *Store) SetCapacity(ctx context.Context, titleID string, capacity json.RawMessage) error {
	if err := checkJSON("facts about the capacity", capacity); err != nil {
		return err
	}
	return s.change(ctx, "setting the capacity of a title", func(tx *sql.Tx) error {
		if err := requireTitle(ctx, tx, titleID); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `update titles set capacity = $1 where id = $2`, string(capacity), titleID)
		return err
	})
}

// RemoveTitle deletes a title, its registry, the records of its copies and its
// key: marks made with it can never be read again. While findings name it, it is refused
// with Conflict unless force is set; the findings stay then, with the tag's text.
func (s *Store) RemoveTitle(ctx context.Context, titleID string, force bool) error {
	err := s.change(ctx, "removing the title "+titleID, func(tx *sql.Tx) error {
		if err := requireTitle(ctx, tx, titleID); err != nil {
			return err
		}
		if !force {
			if err := requireNoFindings(ctx, tx, titleID); err != nil {
				return err
			}
		}
		for _, statement := range []string{
			`delete from copies where title_id = $1`,
			`delete from tags where title_id = $1`,
			`delete from commitments where title_id = $1`,
			`delete from titles where id = $1`,
		} {
			if _, err := tx.ExecContext(ctx, statement, titleID); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return s.removeTitleKey(titleID)
}

func requireNoFindings(ctx context.Context, db querier, titleID string) error {
	var findings, backtraces int
	err := db.QueryRowContext(ctx, `select (select count(*) from findings where title_id = $1),
		(select count(*) from backtraces where title_id = $2)`,
		titleID, titleID).Scan(&findings, &backtraces)
	if err != nil || findings+backtraces == 0 {
		return err
	}
	return errorf(Conflict,
		"%d findings and %d backtraces name the title %s and cannot be repeated without its key: removing it has to be forced",
		findings, backtraces, titleID)
}

func requireTitle(ctx context.Context, db querier, titleID string) error {
	return requireRow(ctx, db, "title", titleID, `select 1 from titles where id = $1`)
}

func requireRow(ctx context.Context, db querier, what, id, query string) error {
	var one int
	err := db.QueryRowContext(ctx, query, id).Scan(&one)
	if errors.Is(err, sql.ErrNoRows) {
		return errorf(NotFound, "there is no %s %q", what, id)
	}
	return err
}
