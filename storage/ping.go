// SPDX-License-Identifier: AGPL-3.0-or-later

package storage

import (
	"context"
	"database/sql"
	"time"
)

// Ping is something that an address of a pipeline is still to be told. It is deleted when it was taken, or given up.
type Ping struct {
	ID          string
	BacktraceID string
	PipelineID  string // whose key signs it
	URL         string
	Body        string
	Tries       int // that were begun
	DueAt       time.Time
}

const (
	pingColumns = "id, backtrace_id, pipeline_id, url, body, tries, due_at"
	maxPings    = 10_000 // that wait; of those beyond the oldest are given up
)

func scanPing(p *Ping, scan func(...any) error) error {
	var due int64
	err := scan(&p.ID, &p.BacktraceID, &p.PipelineID, &p.URL, &p.Body, &p.Tries, &due)
	p.DueAt = fromMillis(due)
	return err
}

// addPings adds what is to be told of a change, in its transaction.
func addPings(ctx context.Context, tx *sql.Tx, list []Ping) error {
	for _, p := range list {
		if _, err := tx.ExecContext(ctx, insertInto("pings", pingColumns), NewID(), p.BacktraceID, p.PipelineID, p.URL, p.Body, 0,
			now().UnixMilli()); err != nil {
			return err
		}
	}
	if len(list) == 0 {
		return nil
	}
	_, err := tx.ExecContext(ctx, `delete from pings where id in (select id from pings order by id desc limit 1000 offset $1)`, maxPings)
	return err
}

// TakePing returns the ping that has been due longest, with one try more; for so long nobody else gets it. ok is false where none
// is due.
func (s *Store) TakePing(ctx context.Context, lease time.Duration) (p Ping, ok bool, err error) {
	at := now()
	err = s.change(ctx, "taking a ping", func(tx *sql.Tx) error {
		list, err := collect(ctx, tx, scanPing, `select `+pingColumns+` from pings where due_at <= $1 order by due_at, id limit 1`,
			at.UnixMilli())
		if err != nil || len(list) == 0 {
			return err
		}
		p, ok = list[0], true
		p.Tries++
		p.DueAt = at.Add(lease)
		_, err = tx.ExecContext(ctx, `update pings set tries = $1, due_at = $2 where id = $3`, p.Tries, p.DueAt.UnixMilli(), p.ID)
		return err
	})
	return p, ok && err == nil, err
}

// NextPing says when a ping is due next; zero where there is none.
func (s *Store) NextPing(ctx context.Context) (time.Time, error) {
	var due sql.NullInt64
	err := s.read.QueryRowContext(ctx, `select min(due_at) from pings`).Scan(&due)
	if err != nil || !due.Valid {
		return time.Time{}, s.classify("looking for pings", err)
	}
	return fromMillis(due.Int64), nil
}

// PutOffPing has a ping tried again after a pause.
func (s *Store) PutOffPing(ctx context.Context, id string, pause time.Duration) error {
	return s.change(ctx, "putting a ping off", func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `update pings set due_at = $1 where id = $2`, now().Add(pause).UnixMilli(), id)
		return err
	})
}

// DropPing deletes a ping.
func (s *Store) DropPing(ctx context.Context, id string) error {
	return s.change(ctx, "dropping a ping", func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `delete from pings where id = $1`, id)
		return err
	})
}
