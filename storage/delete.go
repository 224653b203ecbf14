// SPDX-License-Identifier: AGPL-3.0-or-later

package storage

import (
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"os"
)

// Deleted is what went with a case.
type Deleted struct {
	Evidence   int64
	Backtraces int64
	Notes      int64
	Files      int64 // of the vault: those that nothing else needs
}

// caseRows are the statements that remove everything of a case, what refers to others first. $1 is the case.
func caseRows() []string {
	const exhibits = `(select id from evidence where case_id = $1)`
	const runs = `(select id from backtraces where evidence_id in ` + exhibits + `)`
	return []string{
		`delete from findings where backtrace_id in ` + runs,
		`delete from checkpoints where backtrace_id in ` + runs,
		`delete from backtrace_records where backtrace_id in ` + runs,
		`delete from backtraces where evidence_id in ` + exhibits,
		`delete from bookmarks where evidence_id in ` + exhibits,
		`delete from acquisitions where evidence_id in ` + exhibits,
		`delete from evidence_sources where evidence_id in ` + exhibits,
		`delete from evidence where case_id = $1`,
		`delete from notes where case_id = $1`,
		`delete from submissions where case_id = $1`,
	}
}

// DeleteCase removes a case with everything in it, and from the vault what no other case has. Of the inbox the contents
// are removed. What was referenced in place is left where it lies. Backups in the home that have it go too. Errors: NotFound;
// Conflict for a case under legal hold.
func (s *Store) DeleteCase(ctx context.Context, caseID string) (Deleted, error) {
	var d Deleted
	name := caseID
	if c, _, err := getCase(ctx, s.read, caseID); err == nil {
		name = c.Name
	}
	err := s.change(ctx, "deleting the case "+name, func(tx *sql.Tx) error {
		d = Deleted{}
		c, inbox, err := getCase(ctx, tx, caseID)
		if err != nil {
			return err
		}
		if err := requireNoHold(&c); err != nil {
			return err
		}
		if err := countDeleted(ctx, tx, caseID, &d); err != nil {
			return err
		}
		files, err := filesOfCase(ctx, tx, caseID)
		if err != nil {
			return err
		}
		for _, statement := range caseRows() {
			if _, err := tx.ExecContext(ctx, statement, caseID); err != nil {
				return err
			}
		}
		if err := noteDeletion(ctx, tx); err != nil {
			return err
		}
		if d.Files, err = doom(ctx, tx, files); err != nil || inbox {
			return err
		}
		_, err = tx.ExecContext(ctx, `delete from cases where id = $1`, caseID)
		return err
	})
	if err != nil {
		return Deleted{}, err
	}
	return d, errors.Join(s.removeDoomed(ctx), s.forgetJobs(ctx, caseID), s.dropBackups(ctx))
}

func countDeleted(ctx context.Context, tx *sql.Tx, caseID string, d *Deleted) error {
	return tx.QueryRowContext(ctx, `select (select count(*) from evidence where case_id = $1),
		(select count(*) from backtraces b join evidence e on e.id = b.evidence_id where e.case_id = $2),
		(select count(*) from notes where case_id = $3)`, caseID, caseID, caseID).Scan(&d.Evidence, &d.Backtraces, &d.Notes)
}

// filesOfCase lists the contents that a case needs: its exhibits, and pictures of the pages they are from.
func filesOfCase(ctx context.Context, db querier, caseID string) ([]string, error) {
	return collect(ctx, db, func(sha *string, scan func(...any) error) error { return scan(sha) },
		`select sha256 from evidence where case_id = $1 union
		select a.page_sha256 from acquisitions a join evidence e on e.id = a.evidence_id where e.case_id = $2 and a.page_sha256 <> ''`,
		caseID, caseID)
}

// doom marks those of the files that nothing needs any more, and says how many there are.
func doom(ctx context.Context, tx *sql.Tx, files []string) (doomed int64, err error) {
	for _, sha := range files {
		result, err := tx.ExecContext(ctx, `update vault_files set doomed = 1 where sha256 = $1 and doomed = 0
			and not exists (select 1 from evidence where sha256 = $2) and not exists (select 1 from acquisitions where page_sha256 = $3)
			and not exists (select 1 from access_logs where sha256 = $4 and purged_at is null)`, sha, sha, sha, sha)
		if err != nil {
			return 0, err
		}
		n, err := result.RowsAffected()
		if err != nil {
			return 0, err
		}
		doomed += n
	}
	return doomed, nil
}

// removeDoomed removes the files that nothing needs any more, each with its row under the lock that keeps off whoever
// takes the same content in. What a program that was killed left undone is done at the next start.
func (s *Store) removeDoomed(ctx context.Context) error {
	list, err := collect(ctx, s.read, scanVaultFile, `select `+vaultColumns+` from vault_files where doomed = 1`)
	if err != nil {
		return s.classify("looking for files to be removed", err)
	}
	for _, v := range list {
		err := s.change(ctx, "removing a file of the vault", func(tx *sql.Tx) error {
			result, err := tx.ExecContext(ctx, `delete from vault_files where sha256 = $1 and doomed = 1`, v.SHA256)
			if err != nil {
				return err
			}
			if n, err := result.RowsAffected(); err != nil || n == 0 || v.InPlace != "" {
				return err
			}
			if err := os.Remove(s.vaultPath(v.SHA256)); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return err
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}
