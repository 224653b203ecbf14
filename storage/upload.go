// SPDX-License-Identifier: AGPL-3.0-or-later

package storage

import (
	"cmp"
	"context"
	"database/sql"
	"time"
)

// File is a file that was uploaded whole.
type File struct {
	ID            string
	Name          string
	ObjectKey     string // uploads/RANDOM/NAME
	Size          int64
	SHA256        string
	ApplicationID string
	UserID        string
	CreatedAt     time.Time
}

const fileColumns = "id, name, object_key, size, sha256, application_id, user_id, created_at"

func scanFile(f *File, scan func(...any) error) error {
	var created int64
	err := scan(&f.ID, &f.Name, &f.ObjectKey, &f.Size, &f.SHA256, &f.ApplicationID, &f.UserID, &created)
	f.CreatedAt = fromMillis(created)
	return err
}

// AddFile records an upload that is complete. ID is set where it is empty; a file
// whose object key is there already is left as it is, so that saying it twice
// changes nothing.
func (s *Store) AddFile(ctx context.Context, f *File) error {
	if err := cmp.Or(checkName("file", f.Name), checkLine("object key", f.ObjectKey, maxPath)); err != nil {
		return err
	}
	added := *f
	added.ID, added.CreatedAt = cmp.Or(f.ID, NewID()), now()
	err := s.change(ctx, "recording a file", func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, insertInto("files", fileColumns)+` on conflict (object_key) do nothing`, added.ID, added.Name,
			added.ObjectKey, added.Size, added.SHA256, added.ApplicationID, added.UserID, added.CreatedAt.UnixMilli())
		return err
	})
	if err == nil {
		*f = added
	}
	return err
}

// File returns a file by its id or object key. Error: NotFound.
func (s *Store) File(ctx context.Context, idOrKey string) (File, error) {
	var f File
	err := scanFile(&f, s.read.QueryRowContext(ctx,
		`select `+fileColumns+` from files where id = $1 or object_key = $1`, idOrKey).Scan)
	return f, s.missing(err, "file", idOrKey)
}

// Files lists the files of a user in the order they came in, and says how many there are.
func (s *Store) Files(ctx context.Context, userID string, part Slice) ([]File, int64, error) {
	return listSlice(ctx, s, scanFile, fileColumns, `files where user_id = $1`, part, userID)
}
