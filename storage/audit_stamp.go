// SPDX-License-Identifier: AGPL-3.0-or-later

package storage

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"fmt"
	"time"

	"github.com/digitorus/timestamp"
)

const stampDueKey = "stamp_due" // in the table meta: the size of the log up to which a time stamp is wanted

// StampDue returns the newest head of the log, and whether it ought to be time-stamped: tags were issued or evidence
// came in since the last time stamp.
func (s *Store) StampDue(ctx context.Context) (head []byte, due bool, err error) {
	var text string
	err = s.read.QueryRowContext(ctx, `select h.note, cast(coalesce((select value from meta where key = $1), '0') as bigint)
		> coalesce((select max(size) from audit_stamps), 0) from audit_head h where id = 1`, stampDueKey).Scan(&text, &due)
	if noRows(err) {
		return nil, false, nil
	}
	return []byte(text), due, s.classify("looking for the head of the audit log", err)
}

// AddStamp keeps a time stamp of a head: token is what the service (RFC 3161) answered. Error: Invalid where it is not
// one of this head.
func (s *Store) AddStamp(ctx context.Context, head []byte, service string, token []byte) error {
	_, size, err := checkStamp(head, token)
	if err != nil {
		return err
	}
	// A stamp proves itself: it is no change that the log has to tell of.
	return s.change(ctx, "keeping a time stamp", func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, insertInto("audit_stamps", `size, note, service, token, created_at`)+` on conflict (size) do nothing`,
			size, string(head), service, token, now().UnixMilli())
		return err
	})
}

// checkStamp returns when a head was stamped, by the service's clock, and how many entries it covers.
func checkStamp(head, token []byte) (at time.Time, size int64, err error) {
	if _, err := fmt.Sscanf(string(head), "go.sum database tree\n%d\n", &size); err != nil {
		return at, 0, errorf(Invalid, "that is no head of an audit log")
	}
	ts, err := timestamp.Parse(token)
	if err != nil {
		return at, 0, errorf(Invalid, "the time stamp does not hold: %v", err)
	}
	if len(ts.Certificates) == 0 { // then nobody could check its signature
		return at, 0, errorf(Invalid, "the time stamp comes without the service's certificate")
	}
	if sum := sha256.Sum256(head); string(ts.HashedMessage) != string(sum[:]) {
		return at, 0, errorf(Invalid, "the time stamp is of something else")
	}
	return ts.Time, size, nil
}

type storedStamp struct {
	size  int64
	note  string
	token []byte
}

// verifyStamps checks that what was stamped is what the log still is.
func verifyStamps(ctx context.Context, tx *sql.Tx, w *auditWalk) error {
	stamps, err := collect(ctx, tx, func(t *storedStamp, scan func(...any) error) error { return scan(&t.size, &t.note, &t.token) },
		`select size, note, token from audit_stamps order by size`)
	if err != nil {
		return err
	}
	for _, t := range stamps {
		where := fmt.Sprintf("time stamp of the first %d entries", t.size)
		at, size, err := checkStamp([]byte(t.note), t.token)
		if err == nil && size != t.size {
			err = errorf(Invalid, "it is of %d entries", size)
		}
		if err != nil {
			w.v.fault(where, "%v", err)
			continue
		}
		tree, _, err := openHead(t.note, w.signers)
		if err != nil {
			w.v.fault(where, "%v", err)
			continue
		}
		w.compareTree(where, tree)
		w.v.Stamps++
		w.v.note("the first %d entries were there on %s, by the clock of a time stamp service", t.size, at.UTC().Format(time.RFC3339))
	}
	return nil
}
