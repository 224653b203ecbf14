// SPDX-License-Identifier: AGPL-3.0-or-later

package storage

import (
	"context"
	"database/sql"
	"time"

	"golang.org/x/mod/sumdb/tlog"
)

// Commitment binds the codewords of the first so many tags of a title.
type Commitment struct {
	TitleID   string
	Tags      int64
	SHA256    string // root of the tree over them, hex
	Frontier  string // the hashes that further tags are added to, as the engine writes them
	CreatedAt time.Time
}

const commitmentColumns = `title_id, tags, sha256, frontier, created_at`

func scanCommitment(c *Commitment, scan func(...any) error) error {
	var created int64
	err := scan(&c.TitleID, &c.Tags, &c.SHA256, &c.Frontier, &created)
	c.CreatedAt = fromMillis(created)
	return err
}

// Commitments lists what binds a title's registry, the one of the fewest tags, which is the oldest, first.
func (s *Store) Commitments(ctx context.Context, titleID string) ([]Commitment, error) {
	list, err := collect(ctx, s.read, scanCommitment,
		`select `+commitmentColumns+` from commitments where title_id = $1 order by tags`, titleID)
	return list, s.classify("reading what binds a registry", err)
}

// LastCommitment is the one of the most tags; an empty one where there is none.
func (s *Store) LastCommitment(ctx context.Context, titleID string) (Commitment, error) {
	list, err := collect(ctx, s.read, scanCommitment,
		`select `+commitmentColumns+` from commitments where title_id = $1 order by tags desc limit 1`, titleID)
	if err != nil || len(list) == 0 {
		return Commitment{TitleID: titleID}, s.classify("reading what binds a registry", err)
	}
	return list[0], nil
}

// AddCommitment keeps one, and enters its root in the audit log. One of as many tags that is there already is left as it is.
func (s *Store) AddCommitment(ctx context.Context, c Commitment) error {
	if err := checkHash(c.SHA256); err != nil {
		return err
	}
	return s.change(ctx, "binding a registry", func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, insertInto("commitments", commitmentColumns)+` on conflict (title_id, tags) do nothing`,
			c.TitleID, c.Tags, c.SHA256, c.Frontier, now().UnixMilli())
		return err
	})
}

// EntryProof shows an entry of the audit log to somebody who does not have the log: the entry belongs to the tree of which
// Head is the signed head, and Token, where there is one, says since when that head exists.
type EntryProof struct {
	Number int64
	Entry  string   // as it was logged, JSON
	Proof  []string // base64, see tlog.CheckRecord
	Head   string   // a signed note
	Key    string   // that verifies it
	Token  []byte   // RFC 3161; nil where no head from this entry on was time-stamped
}

// ProveEntry proves an entry by the first head that was time-stamped with it in, or else by the newest one.
func (s *Store) ProveEntry(ctx context.Context, number int64) (EntryProof, error) {
	p := EntryProof{Number: number}
	err := s.read.QueryRowContext(ctx, `select entry from audit_entries where seq = $1`, number).Scan(&p.Entry)
	if err != nil {
		return p, s.classify("proving an entry of the audit log", err)
	}
	err = s.read.QueryRowContext(ctx, `select note, token from audit_stamps where size > $1 order by size limit 1`,
		number).Scan(&p.Head, &p.Token)
	if noRows(err) {
		err = s.read.QueryRowContext(ctx, `select note from audit_head where id = 1`).Scan(&p.Head)
	}
	if err != nil {
		return p, s.classify("proving an entry of the audit log", err)
	}
	if p.Key, err = s.signerOf(ctx, p.Head); err != nil {
		return p, err
	}
	tree, _, err := openHead(p.Head, []string{p.Key})
	if err != nil {
		return p, errorf(Damaged, "the head of the audit log: %v", err)
	}
	proof, err := tlog.ProveRecord(tree.N, number, treeReader{ctx, s.read})
	if err != nil {
		return p, errorf(Damaged, "entry %d of the audit log cannot be proved: %v", number, err)
	}
	for _, h := range proof {
		p.Proof = append(p.Proof, h.String())
	}
	return p, nil
}

// signerOf is the public key that a head was signed with, as the log names it.
func (s *Store) signerOf(ctx context.Context, head string) (string, error) {
	keys, err := collect(ctx, s.read, func(key *string, scan func(...any) error) error {
		var e AuditEntry
		if err := scanEntry(&e, scan); err != nil {
			return err
		}
		*key = e.Signer
		return nil
	}, `select entry from audit_entries where entry like '%"signer":%' order by seq desc`)
	if err != nil {
		return "", s.classify("reading the audit log", err)
	}
	for _, key := range keys {
		if _, _, err := openHead(head, []string{key}); key != "" && err == nil {
			return key, nil
		}
	}
	return "", errorf(Damaged, "no key in the audit log fits the signature of its head")
}
