// SPDX-License-Identifier: AGPL-3.0-or-later

package storage

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// auditWalk goes through the log from its first entry to its last.
type auditWalk struct {
	v       *Verification
	hashes  memoryTree
	last    map[string]listedSum // by table
	rows    map[string]map[string]listedRow
	signers []string // public keys, in the order in which they signed
	at      int64    // when the entry before was made
}

// listedRow is what the log said last of a row; hash is "" where it was deleted.
type listedRow struct {
	hash  string
	entry int64
}

// listedSum is what the log said last of a table.
type listedSum struct {
	AuditSum
	entry int64
	bulk  bool // some of its rows are not listed
}

// memoryTree are the hashes of a tree by position.
type memoryTree []tlog.Hash

// ReadHashes returns the hashes at some positions.
func (m memoryTree) ReadHashes(positions []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(positions))
	for i, p := range positions {
		if p < 0 || p >= int64(len(m)) {
			return nil, fmt.Errorf("the tree has no hash %d", p)
		}
		out[i] = m[p]
	}
	return out, nil
}

func newAuditWalk(v *Verification) *auditWalk {
	return &auditWalk{v: v, last: map[string]listedSum{}, rows: map[string]map[string]listedRow{}}
}

type storedEntry struct {
	seq  int64
	text string
}

// walk computes the tree anew from the entries and compares it with the stored one.
func (w *auditWalk) walk(ctx context.Context, tx *sql.Tx) error {
	for n := int64(0); ; {
		page, err := collect(ctx, tx, func(e *storedEntry, scan func(...any) error) error { return scan(&e.seq, &e.text) },
			`select seq, entry from audit_entries where seq >= $1 order by seq limit $2`, n, maxLimit)
		if err != nil {
			return err
		}
		for _, e := range page {
			if e.seq != n {
				w.v.fault(entryName(n), "it is missing")
				n = e.seq
			}
			if err := w.entry(n, e.text); err != nil {
				return err
			}
			n++
		}
		if len(page) < maxLimit {
			w.v.Entries = n
			return w.compareHashes(ctx, tx)
		}
	}
}

func entryName(n int64) string { return fmt.Sprintf("entry %d of the audit log", n) }

// clockSlack is how far clocks of several computers on one database may be apart without being told.
const clockSlack = 5 * time.Second

// clock tells where the clock was set back. The order of the entries does not depend on it: they are numbered.
func (w *auditWalk) clock(n, at int64) {
	if back := time.Duration(w.at-at) * time.Millisecond; n > 0 && back > clockSlack {
		w.v.note("%s says an earlier time than the one before, by %s: the clock was set back, or is another computer's; "+
			"the order of the entries is that of their numbers", entryName(n), back.Round(time.Second))
	}
	w.at = at
}

func (w *auditWalk) entry(n int64, text string) error {
	if int64(len(w.hashes)) == tlog.StoredHashIndex(0, n) { // else one is missing before it, which was told
		hashes, err := tlog.StoredHashes(n, []byte(text), w.hashes)
		if err != nil {
			return err
		}
		w.hashes = append(w.hashes, hashes...)
	}
	var e AuditEntry
	if err := json.Unmarshal([]byte(text), &e); err != nil {
		w.v.fault(entryName(n), "it cannot be read: %v", err)
		return nil
	}
	w.clock(n, e.At)
	if e.Signer != "" {
		w.signers = append(w.signers, e.Signer)
	}
	listed := map[string]int64{}
	for _, r := range e.Rows {
		listed[r.Table]++
		if w.rows[r.Table] == nil {
			w.rows[r.Table] = map[string]listedRow{}
		}
		w.rows[r.Table][r.Key] = listedRow{r.Row, n}
	}
	for _, sum := range e.Sums {
		bulk := sum.Changed > listed[sum.Table]
		if bulk && sum.Renewed > 0 { // nobody knows which; the sum still covers them all
			clear(w.rows[sum.Table])
		}
		w.last[sum.Table] = listedSum{sum, n, w.last[sum.Table].bulk || bulk}
	}
	return nil
}

// compareHashes names the first entry that is not the one whose hash was stored.
func (w *auditWalk) compareHashes(ctx context.Context, tx *sql.Tx) error {
	rows, err := tx.QueryContext(ctx, `select position, hash from audit_hashes order by position`)
	if err != nil {
		return err
	}
	defer rows.Close()
	n := int64(0)
	for ; rows.Next(); n++ {
		var position int64
		var hash []byte
		if err := rows.Scan(&position, &hash); err != nil {
			return err
		}
		level, leaf := tlog.SplitStoredHashIndex(n)
		switch {
		case position != n:
			w.v.fault(fmt.Sprintf("hash %d of the audit log", n), "it is missing")
			return nil
		case n >= int64(len(w.hashes)):
			w.v.fault(fmt.Sprintf("hash %d of the audit log", n), "there is no entry that it belongs to")
			return nil
		case !bytes.Equal(hash, w.hashes[n][:]) && level == 0:
			w.v.fault(entryName(leaf), "it was altered: it does not have the hash that was stored with it")
			return nil
		case !bytes.Equal(hash, w.hashes[n][:]):
			w.v.fault(fmt.Sprintf("hash %d of the audit log", n), "it was altered")
			return nil
		}
	}
	if err := rows.Err(); err != nil {
		return err
	}
	if n < int64(len(w.hashes)) {
		w.v.fault(fmt.Sprintf("hash %d of the audit log", n), "it is missing")
	}
	return nil
}

// verifyHead checks the signature under the newest head, and that the head is that of the entries.
func (s *Store) verifyHead(ctx context.Context, tx *sql.Tx, w *auditWalk) error {
	const where = "head of the audit log"
	var signed string
	err := tx.QueryRowContext(ctx, `select note from audit_head where id = 1`).Scan(&signed)
	if noRows(err) {
		if w.v.Entries > 0 {
			w.v.fault(where, "it is missing")
		}
		return nil
	}
	if err != nil {
		return err
	}
	keys := w.signers
	if _, own, err := s.auditKey(); err != nil {
		w.v.note("the head was not compared with this home's key: %v", err)
	} else if _, shared := s.db.(postgres); !shared {
		keys = []string{own}
	}
	tree, signer, err := openHead(signed, keys)
	if err != nil {
		w.v.fault(where, "%v", err)
		return nil
	}
	w.v.Signer, w.v.Head = signer, tree.Hash.String()
	if len(w.signers) > 1 {
		w.v.note("heads were signed with %d keys, one after the other", len(w.signers))
	}
	w.compareTree(where, tree)
	return nil
}

// openHead reads a signed head.
func openHead(signed string, keys []string) (tree tlog.Tree, signer string, err error) {
	var verifiers []note.Verifier
	for _, k := range keys {
		if v, err := note.NewVerifier(k); err == nil {
			verifiers = append(verifiers, v)
		}
	}
	n, err := note.Open([]byte(signed), note.VerifierList(verifiers...))
	if err != nil {
		return tree, "", fmt.Errorf("its signature does not hold: %s", strings.TrimPrefix(err.Error(), "note: "))
	}
	tree, err = tlog.ParseTree([]byte(n.Text))
	return tree, n.Sigs[0].Name, err
}

// compareTree compares a signed tree with the entries.
func (w *auditWalk) compareTree(where string, tree tlog.Tree) {
	if tree.N > w.v.Entries {
		w.v.fault(where, "it was signed over %d entries, and %d are there", tree.N, w.v.Entries)
		return
	}
	root, err := tlog.TreeHash(tree.N, w.hashes)
	if err == nil && root != tree.Hash {
		w.v.fault(where, "the entries are not those that it was signed over")
	}
	if where == "head of the audit log" && tree.N < w.v.Entries {
		w.v.fault(entryName(tree.N), "it was added behind the signed head")
	}
}
