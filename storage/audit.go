// SPDX-License-Identifier: AGPL-3.0-or-later

package storage

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"os/user"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// The audit log says who changed what, when and with which program, and proves it. Every change of a table that counts
// adds an entry, in the same transaction. Triggers see what a change does to which row, so that no method can forget it;
// they live in the connection (SQLite) or heed it (PostgreSQL): what somebody changes with other programs is not logged, and so
// found by [Store.Verify].
//
// Entries are the leaves of a Merkle tree. Its head is signed with keys/audit.key: who alters, removes or slips in an
// entry has to forge the signature. Who has the key could write the whole log anew; that is what time stamps of the
// head are for.

// WithActor says in whose name changes are made. Without it, it is the user of this computer.
func WithActor(name string) Option { return func(s *Store) { s.actor = name } }

// WithProgram says which version of the program makes changes.
func WithProgram(version string) Option { return func(s *Store) { s.program = version } }

// AuditEntry is one change: what became of which rows.
type AuditEntry struct {
	At      int64      `json:"at"` // milliseconds since 1970 UTC, by this computer's clock
	Actor   string     `json:"actor"`
	Program string     `json:"program"`
	Action  string     `json:"action"`
	Signer  string     `json:"signer,omitempty"` // the key that signs heads from here on
	Rows    []AuditRow `json:"rows,omitempty"`
	Sums    []AuditSum `json:"sums"`
}

// AuditRow is what one row became.
type AuditRow struct {
	Table string `json:"table"`
	Key   string `json:"key"`
	Row   string `json:"row,omitempty"`    // SHA-256 of its content; "" where it was deleted
	File  string `json:"sha256,omitempty"` // of the file that the row is about
}

// AuditSum is what a table is after a change.
type AuditSum struct {
	Table   string `json:"table"`
	Rows    int64  `json:"rows"`
	Changed int64  `json:"changed"`
	Renewed int64  `json:"renewed,omitempty"` // of these, rows that were there before: altered or deleted
	Sum     string `json:"sum"`               // SHA-256 of the sum of the hashes of all rows
}

// auditListed is how many rows of a table an entry lists; of larger changes it only has the sum.
const auditListed = 500

// record adds the entry for what a transaction has changed so far. A change of nothing adds none.
func (s *Store) record(ctx context.Context, tx *sql.Tx, action string) error {
	e := AuditEntry{At: s.clock().UnixMilli(), Actor: s.actor, Program: s.program, Action: action}
	due, err := s.gather(ctx, tx, &e)
	if err != nil || len(e.Sums) == 0 {
		return err
	}
	size, err := s.append(ctx, tx, &e)
	if err != nil || !due {
		return err
	}
	return setMeta(ctx, tx, stampDueKey, strconv.FormatInt(size, 10))
}

// dirtyRow is a row that a transaction has changed. A text that is not Valid says that the row was not there.
type dirtyRow struct {
	table, key, file string
	old, new         sql.NullString
}

func (d *dirtyRow) listed() AuditRow {
	row := AuditRow{Table: d.table, Key: d.key, File: d.file}
	if d.new.Valid {
		row.Row = rowHash(d.new.String)
	}
	return row
}

// gather reads what the triggers saw. stamp says that tags were issued or evidence came in.
func (s *Store) gather(ctx context.Context, tx *sql.Tx, e *AuditEntry) (stamp bool, err error) {
	rows, err := collect(ctx, tx, func(d *dirtyRow, scan func(...any) error) error {
		return scan(&d.table, &d.key, &d.file, &d.old, &d.new)
	}, `select name, row_key, file, old_row, new_row from audit_dirty order by name, row_key`)
	if err != nil || len(rows) == 0 {
		return false, err
	}
	for i := 0; i < len(rows); {
		n := i
		for n < len(rows) && rows[n].table == rows[i].table {
			n++
		}
		if err := addTable(ctx, tx, e, rows[i:n]); err != nil {
			return false, err
		}
		stamp = stamp || rows[i].table == "copies" || rows[i].table == "evidence"
		i = n
	}
	_, err = tx.ExecContext(ctx, `delete from audit_dirty`)
	return stamp, err
}

// addTable adds the changes of one table to an entry.
func addTable(ctx context.Context, tx *sql.Tx, e *AuditEntry, rows []dirtyRow) error {
	table := rows[0].table
	sum, count, err := loadSum(ctx, tx, table)
	if err != nil {
		return err
	}
	out := AuditSum{Table: table}
	for _, d := range rows {
		if d.old == d.new {
			continue
		}
		out.Changed++
		if d.old.Valid {
			out.Renewed++
			sum.remove(table, d.old.String)
			count--
		}
		if d.new.Valid {
			sum.add(table, d.new.String)
			count++
		}
		if len(rows) <= auditListed {
			e.Rows = append(e.Rows, d.listed())
		}
	}
	if out.Changed == 0 {
		return nil
	}
	out.Rows, out.Sum = count, sum.digest()
	e.Sums = append(e.Sums, out)
	_, err = tx.ExecContext(ctx, insertInto("audit_sums", `name, rows, state`)+
		` on conflict (name) do update set rows = excluded.rows, state = excluded.state`, table, count, sum.bytes())
	return err
}

func rowHash(content string) string {
	h := sha256.Sum256([]byte(content))
	return hex.EncodeToString(h[:])
}

// append makes an entry the next leaf of the tree and signs the new head. It returns the new size.
func (s *Store) append(ctx context.Context, tx *sql.Tx, e *AuditEntry) (int64, error) {
	var size int64
	if err := tx.QueryRowContext(ctx, `select coalesce(max(seq) + 1, 0) from audit_entries`).Scan(&size); err != nil {
		return 0, err
	}
	signer, public, err := s.auditSigner()
	if err != nil {
		return 0, err
	}
	if e.Signer, err = newSigner(ctx, tx, public); err != nil {
		return 0, err
	}
	text, err := json.Marshal(e)
	if err != nil {
		return 0, err
	}
	if _, err := tx.ExecContext(ctx, insertInto("audit_entries", `seq, entry`), size, string(text)); err != nil {
		return 0, err
	}
	reader := treeReader{ctx, tx}
	hashes, err := tlog.StoredHashes(size, text, reader)
	if err != nil {
		return 0, err
	}
	first := tlog.StoredHashIndex(0, size)
	for i, h := range hashes {
		if _, err := tx.ExecContext(ctx, insertInto("audit_hashes", `position, hash`), first+int64(i), h[:]); err != nil {
			return 0, err
		}
	}
	root, err := tlog.TreeHash(size+1, reader)
	if err != nil {
		return 0, err
	}
	head, err := note.Sign(&note.Note{Text: string(tlog.FormatTree(tlog.Tree{N: size + 1, Hash: root}))}, signer)
	if err != nil {
		return 0, err
	}
	_, err = tx.ExecContext(ctx, insertInto("audit_head", `id, note`)+
		` on conflict (id) do update set note = excluded.note`, 1, string(head))
	return size + 1, err
}

// newSigner returns the public key where the newest head was signed with another one, else "".
func newSigner(ctx context.Context, tx *sql.Tx, public string) (string, error) {
	var head string
	err := tx.QueryRowContext(ctx, `select note from audit_head where id = 1`).Scan(&head)
	if errors.Is(err, sql.ErrNoRows) {
		return public, nil
	}
	if err != nil {
		return "", err
	}
	name, _, _ := strings.Cut(public, "+")
	if strings.Contains(head, "\u2014 "+name+" ") {
		return "", nil
	}
	return public, nil
}

// treeReader reads hashes of the tree.
type treeReader struct {
	ctx context.Context //nolint:containedctx // tlog's interface has no place for it
	db  querier
}

// ReadHashes returns the hashes at some positions.
func (r treeReader) ReadHashes(positions []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(positions))
	for i, p := range positions {
		var b []byte
		if err := r.db.QueryRowContext(r.ctx, `select hash from audit_hashes where position = $1`, p).Scan(&b); err != nil {
			return nil, errorf(Damaged, "the audit log has no hash %d", p)
		}
		if copy(out[i][:], b) != tlog.HashSize || len(b) != tlog.HashSize {
			return nil, errorf(Damaged, "hash %d of the audit log has a wrong length", p)
		}
	}
	return out, nil
}

// AuditEntries lists entries of the log, oldest first, from a number on (0 is the first); limit as in [Page].
func (s *Store) AuditEntries(ctx context.Context, from int64, limit int) ([]AuditEntry, error) {
	list, err := collect(ctx, s.read, scanEntry, `select entry from audit_entries where seq >= $1 order by seq limit $2`, from,
		Page{Limit: limit}.limit())
	return list, s.classify("reading the audit log", err)
}

func scanEntry(e *AuditEntry, scan func(...any) error) error {
	var text string
	if err := scan(&text); err != nil {
		return err
	}
	return json.Unmarshal([]byte(text), e)
}

// systemActor is how this computer calls its user, and itself.
func systemActor() string {
	name := "unknown"
	if u, err := user.Current(); err == nil {
		name = u.Username
	}
	if host, err := os.Hostname(); err == nil {
		name += "@" + host
	}
	return name
}

func setMeta(ctx context.Context, tx *sql.Tx, key, value string) error {
	_, err := tx.ExecContext(ctx, insertInto("meta", `key, value`)+` on conflict (key) do update set value = excluded.value`, key, value)
	return err
}
