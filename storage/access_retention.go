// SPDX-License-Identifier: AGPL-3.0-or-later

package storage

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"time"
)

// PurgeableLogs lists logs whose import ended before a time, whose raw rows are still there, and that no hold keeps:
// neither their own nor that of a case with a finding whose tag, or a session of it, is in the log.
func (s *Store) PurgeableLogs(ctx context.Context, before time.Time) ([]AccessLog, error) {
	list, err := collect(ctx, s.read, scanLog, `select `+logColumns+` from access_logs a where `+purgeable("$1")+` order by id limit 1000`,
		before.UnixMilli())
	return list, s.classify("looking for old logs", err)
}

// purgeable is the condition on a log a, of which before is the parameter with the time.
func purgeable(before string) string {
	return `a.finished_at < ` + before + ` and a.purged_at is null and a.on_hold = 0 and not exists
	(select 1 from cases c join evidence e on e.case_id = c.id join backtraces b on b.evidence_id = e.id
	join findings f on f.backtrace_id = b.id where c.on_hold = 1 and (
	exists (select 1 from access_parts p where p.tag = f.tag_text and p.log_id = a.id) or
	exists (select 1 from access_links l where l.tag = f.tag_text and l.log_id = a.id) or
	exists (select 1 from access_links l join access_parts p on p.session = l.session where l.tag = f.tag_text and p.log_id = a.id)))`
}

// PurgeLog removes the raw rows of a log and its file in the vault, and keeps what they add up to. Conflict where the log is held
// or younger than before.
func (s *Store) PurgeLog(ctx context.Context, l AccessLog, before time.Time, merge MergeParts) error {
	err := s.change(ctx, "removing a log", func(tx *sql.Tx) error {
		//nolint:gosec // the condition is a constant but for the number of its parameter
		result, err := tx.ExecContext(ctx, `update access_logs set purged_at = $1, samples = '', version = version + 1
			where id = $2 and id in (select a.id from access_logs a where `+purgeable("$3")+`)`,
			now().UnixMilli(), l.ID, before.UnixMilli())
		if err := exactlyOne(result, err, "the log %s is held, or not old enough, or removed already", l.FileName); err != nil {
			return err
		}
		if err := foldParts(ctx, tx, l.ID, merge); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `insert into access_links (session, tag, log_id)
			select session, tag, '' from access_links where log_id = $1 on conflict do nothing`, l.ID); err != nil {
			return err
		}
		if _, err = tx.ExecContext(ctx, `delete from access_links where log_id = $1`, l.ID); err != nil {
			return err
		}
		return noteDeletion(ctx, tx)
	})
	if err != nil {
		return err
	}
	return errors.Join(s.DropLogFile(ctx, l.SHA256), s.dropBackups(ctx))
}

// foldParts moves the parts of a log to those of no log, a page at a time.
func foldParts(ctx context.Context, tx *sql.Tx, logID string, merge MergeParts) error {
	for {
		page, err := collect(ctx, tx, scanPart, `select `+partColumns+` from access_parts where log_id = $1 order by key limit 1000`, logID)
		if err != nil {
			return err
		}
		if len(page) == 0 {
			return nil
		}
		err = putParts(ctx, tx, func(yield func(AccessPart, error) bool) {
			for _, p := range page {
				p.LogID = ""
				if !yield(p, nil) {
					return
				}
			}
		}, merge)
		if err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `delete from access_parts where log_id = $1 and key <= $2`, logID,
			page[len(page)-1].Key); err != nil {
			return err
		}
	}
}

// DropLogFile removes the file of a log from the vault, unless evidence of the same content needs it. The row goes first:
// a file without a row is rubbish, a row without a file would be damage.
func (s *Store) DropLogFile(ctx context.Context, sha256 string) error {
	var v VaultFile
	err := s.change(ctx, "removing a log from the vault", func(tx *sql.Tx) error {
		var err error
		if v, err = getVaultFile(ctx, tx, sha256); err != nil {
			return err
		}
		result, err := tx.ExecContext(ctx, `delete from vault_files where sha256 = $1 and not exists
			(select 1 from evidence where sha256 = $2) and not exists (select 1 from evidence_sources where sha256 = $3) and not exists
			(select 1 from acquisitions where page_sha256 = $4)`, sha256, sha256, sha256, sha256)
		if err != nil {
			return err
		}
		if n, err := result.RowsAffected(); err != nil || n == 0 || v.InPlace != "" {
			return err
		}
		return os.Remove(s.vaultPath(sha256))
	})
	if CodeOf(err) == NotFound {
		return nil
	}
	return err
}
