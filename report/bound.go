// SPDX-License-Identifier: AGPL-3.0-or-later

package report

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/digitorus/timestamp"
	sumdb "golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// Bound says since when the registry of a title is bound, as far as a package proves it.
type Bound struct {
	Title   string    `json:"title"`
	Tags    int64     `json:"tags"`
	Entry   int64     `json:"entry"`           // number in the audit log; -1 where the package does not show it
	At      time.Time `json:"at,omitzero"`     // by the clock of the office
	Actor   string    `json:"actor,omitempty"` // in whose name
	Stamp   *Stamp    `json:"time_stamp,omitempty"`
	Signer  string    `json:"signer,omitempty"` // the key of the log
	Problem string    `json:"problem"`          // "" where all is as stated
}

// Problem is the first thing that is not as the package states it; "" where there is none.
func (c *Checked) Problem() string {
	for _, s := range c.Scores {
		if s.Problem != "" {
			return fmt.Sprintf("exhibit %d, %s %s: %s", s.Exhibit, s.Role, s.Tag, s.Problem)
		}
	}
	for _, b := range c.Registries {
		if b.Problem != "" {
			return fmt.Sprintf("the registry of %s with %d tags: %s", plain(b.Title, 40), b.Tags, b.Problem)
		}
	}
	return ""
}

// bound checks the proof that the audit log names a root.
func (g *parcelRegistry) bound() Bound {
	out := Bound{Title: g.Title, Tags: g.Tags, Entry: -1}
	if g.Log == nil {
		return out // the package says nothing of when
	}
	out.Entry = g.Log.Number
	if err := g.Log.check(g, &out); err != nil {
		out.Problem = err.Error()
	}
	return out
}

func (l *parcelProof) check(g *parcelRegistry, out *Bound) error {
	verifier, err := sumdb.NewVerifier(l.Key)
	if err != nil {
		return errors.New("the key of the audit log cannot be read")
	}
	head, err := sumdb.Open([]byte(l.Head), sumdb.VerifierList(verifier))
	if err != nil {
		return errors.New("the head of the audit log is not signed with the key that is given")
	}
	tree, err := tlog.ParseTree([]byte(head.Text))
	if err != nil {
		return errors.New("the head of the audit log cannot be read")
	}
	proof := make(tlog.RecordProof, len(l.Proof))
	for i, text := range l.Proof {
		if proof[i], err = tlog.ParseHash(text); err != nil {
			return errors.New("the proof of its entry cannot be read")
		}
	}
	if l.Number < 0 || l.Number >= tree.N {
		return errors.New("its entry has no place in the audit log")
	}
	if err := tlog.CheckRecord(proof, tree.N, tree.Hash, l.Number, tlog.RecordHash([]byte(l.Entry))); err != nil {
		return errors.New("its entry does not belong to the audit log")
	}
	out.Signer = verifier.Name()
	if err := l.names(g, out); err != nil {
		return err
	}
	if l.Token == nil {
		return nil
	}
	out.Stamp, err = l.stamp()
	return err
}

// names checks that the entry is about this root.
func (l *parcelProof) names(g *parcelRegistry, out *Bound) error {
	var entry struct {
		At    int64  `json:"at"`
		Actor string `json:"actor"`
		Rows  []struct {
			Table string `json:"table"`
			File  string `json:"sha256"`
		} `json:"rows"`
	}
	if err := json.Unmarshal([]byte(l.Entry), &entry); err != nil {
		return errors.New("its entry in the audit log cannot be read")
	}
	root, err := base64.StdEncoding.DecodeString(g.Root)
	if err != nil {
		return errors.New("its root cannot be read")
	}
	for _, row := range entry.Rows {
		if row.Table == "commitments" && row.File == hex.EncodeToString(root) {
			out.At, out.Actor = time.UnixMilli(entry.At).UTC(), entry.Actor
			return nil
		}
	}
	return errors.New("its entry in the audit log names another root")
}

// stamp checks the time stamp of the head.
func (l *parcelProof) stamp() (*Stamp, error) {
	ts, err := timestamp.Parse(l.Token)
	if err != nil || len(ts.Certificates) == 0 {
		return nil, errors.New("the time stamp of the audit log does not hold")
	}
	if sum := sha256.Sum256([]byte(l.Head)); !bytes.Equal(ts.HashedMessage, sum[:]) {
		return nil, errors.New("the time stamp of the audit log is that of something else")
	}
	return &Stamp{At: ts.Time.UTC(), By: signerOf(ts.Certificates)}, nil
}
