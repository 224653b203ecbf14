// SPDX-License-Identifier: AGPL-3.0-or-later

package storage

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// Fault is a broken link of the chain: something is not as the log says.
type Fault struct {
	Where string `json:"where"` // such as: entry 17 of the audit log
	What  string `json:"what"`
}

// Verification is the outcome of [Store.Verify].
type Verification struct {
	Entries int64    `json:"entries"` // in the log
	Head    string   `json:"head"`    // SHA-256 at the root of the tree, in base64
	Signer  string   `json:"signer"`  // the key that signed it
	Rows    int64    `json:"rows"`    // compared with the log
	Files   int64    `json:"files"`   // of the vault, hashed again
	Keys    int64    `json:"keys"`    // of titles
	Stamps  int64    `json:"stamps"`  // time stamps that hold
	Faults  []Fault  `json:"faults"`  // empty: nothing was altered
	Notes   []string `json:"notes"`   // what could not be checked or is worth knowing
}

func (v *Verification) fault(where, format string, args ...any) {
	v.Faults = append(v.Faults, Fault{where, fmt.Sprintf(format, args...)})
}

func (v *Verification) note(format string, args ...any) {
	v.Notes = append(v.Notes, fmt.Sprintf(format, args...))
}

// VerifyOptions say how much is verified.
type VerifyOptions struct {
	Case     string                  // id or name: only the files of this case; "": all files
	Progress func(done, total int64) // bytes of files; nil: nobody asks
}

// Verify walks the audit log, the rows of every table it answers for, the files of the vault and the keys of the titles, and says what is
// not as it was written, the log first. It works offline and changes nothing. The error is about the
// verification itself; what it found is in Faults.
func (s *Store) Verify(ctx context.Context, o VerifyOptions) (Verification, error) {
	v := Verification{Faults: []Fault{}, Notes: []string{}}
	err := s.verifyDatabase(ctx, &v)
	if err == nil {
		err = s.verifyFiles(ctx, &v, o)
	}
	if err == nil {
		err = s.verifyKeys(ctx, &v)
	}
	return v, s.classify("verifying "+s.home, err)
}

// verifyDatabase looks at one state of the database, whatever is written meanwhile.
func (s *Store) verifyDatabase(ctx context.Context, v *Verification) error {
	tx, err := s.read.BeginTx(ctx, &sql.TxOptions{ReadOnly: true, Isolation: s.db.snapshot()})
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	l := newAuditWalk(v)
	if err := l.walk(ctx, tx); err != nil {
		return err
	}
	if err := s.verifyHead(ctx, tx, l); err != nil {
		return err
	}
	if err := verifyStamps(ctx, tx, l); err != nil {
		return err
	}
	return s.verifyTables(ctx, tx, l)
}

// verifyFiles hashes what the vault holds.
func (s *Store) verifyFiles(ctx context.Context, v *Verification, o VerifyOptions) error {
	files, total, err := s.filesToVerify(ctx, o.Case)
	if err != nil {
		return err
	}
	var before int64
	for _, f := range files {
		_, err := s.checkedPath(ctx, &f, func(done, _ int64) {
			if o.Progress != nil {
				o.Progress(before+done, total)
			}
		})
		if cause := context.Cause(ctx); cause != nil {
			return cause
		}
		if err != nil {
			v.fault("vault file "+f.SHA256, "%v", err)
		}
		v.Files++
		before += f.Size
	}
	return nil
}

func (s *Store) filesToVerify(ctx context.Context, caseName string) (files []VaultFile, total int64, err error) {
	where, args := `doomed = 0 order by sha256`, []any{}
	if caseName != "" {
		c, err := s.Case(ctx, caseName)
		if err != nil {
			return nil, 0, err
		}
		where, args = `doomed = 0 and sha256 in (select sha256 from evidence where case_id = $1) order by sha256`, []any{c.ID}
	}
	if files, err = collect(ctx, s.read, scanVaultFile, selectVault+where, args...); err != nil {
		return nil, 0, err
	}
	for _, f := range files {
		total += f.Size
	}
	return files, total, nil
}

// verifyKeys looks whether each title's key is the one that its marks were made with.
func (s *Store) verifyKeys(ctx context.Context, v *Verification) error {
	type titled struct{ id, key string }
	titles, err := collect(ctx, s.read, func(t *titled, scan func(...any) error) error { return scan(&t.id, &t.key) },
		`select id, key_id from titles order by id`)
	if err != nil {
		return err
	}
	for _, t := range titles {
		key, err := s.TitleKey(t.id)
		switch {
		case err != nil && CodeOf(err) == Locked:
			v.note("the keys of titles were not checked: %v", err)
			return nil
		case err != nil:
			v.fault("key of the title "+t.id, "%v", err)
		case key.ID() != t.key:
			v.fault("key of the title "+t.id, "it is not the key that the title was registered with")
		}
		v.Keys++
	}
	return nil
}

// noRows says that a query found nothing.
func noRows(err error) bool { return errors.Is(err, sql.ErrNoRows) }
