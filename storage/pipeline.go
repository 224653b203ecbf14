// SPDX-License-Identifier: AGPL-3.0-or-later

package storage

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"strconv"
	"time"
)

// DefaultPipeline is the name of the pipeline that always exists, for uploads.
const DefaultPipeline = "default"

// Pipeline says where the inputs of the API come from, and who is told about
// their backtraces.
type Pipeline struct {
	ID    string
	Name  string
	Input string // a folder or an http(s) address that inputs lie below; "" for uploads only

	// Addresses that are told; "" for none.
	PingError, PingWarning, PingStarted, PingFinished string
	Pings                                             bool   // with it off nobody is told
	PingKey                                           string // signs what they are told, in hex

	CreatedAt time.Time
}

const pipelineColumns = "id, name, input, ping_error, ping_warning, ping_started, ping_finished, pings, ping_key, created_at"

func scanPipeline(p *Pipeline, scan func(...any) error) error {
	var created int64
	err := scan(&p.ID, &p.Name, &p.Input, &p.PingError, &p.PingWarning, &p.PingStarted, &p.PingFinished, &p.Pings, &p.PingKey, &created)
	p.CreatedAt = fromMillis(created)
	return err
}

// AddPipeline records a pipeline. It sets CreatedAt, and ID where it is empty. Error: Exists where
// the name or the id is taken.
func (s *Store) AddPipeline(ctx context.Context, p *Pipeline) error {
	if p.ID != "" && !IsID(p.ID) {
		return errorf(Invalid, "%q is no id: it must be 24 lower-case hex digits", p.ID)
	}
	err := cmp.Or(
		checkName("pipeline", p.Name),
		checkLine("input of the pipeline", p.Input, maxPath),
		checkLine("ping address", p.PingError, maxPath),
		checkLine("ping address", p.PingWarning, maxPath),
		checkLine("ping address", p.PingStarted, maxPath),
		checkLine("ping address", p.PingFinished, maxPath),
	)
	if err != nil {
		return err
	}
	added := *p
	added.ID, added.CreatedAt = cmp.Or(p.ID, NewID()), now()
	err = s.change(ctx, "recording a pipeline", func(tx *sql.Tx) error {
		var n int64
		known := tx.QueryRowContext(ctx, `select count(*) from pipelines where name = $1 or id = $2`, p.Name, added.ID)
		if err := known.Scan(&n); err != nil {
			return err
		}
		if n > 0 {
			return errorf(Exists, "there is a pipeline %q already", p.Name)
		}
		pings := 0
		if added.Pings {
			pings = 1
		}
		_, err := tx.ExecContext(ctx, insertInto("pipelines", pipelineColumns), added.ID, added.Name, added.Input, added.PingError,
			added.PingWarning, added.PingStarted, added.PingFinished, pings, added.PingKey, added.CreatedAt.UnixMilli())
		return err
	})
	if err == nil {
		*p = added
	}
	return err
}

// EnsureDefaultPipeline makes the pipeline that always exists, where there is none yet.
func (s *Store) EnsureDefaultPipeline(ctx context.Context) error {
	err := s.AddPipeline(ctx, &Pipeline{Name: DefaultPipeline})
	if e, ok := errors.AsType[*Error](err); ok && e.Code == Exists {
		return nil
	}
	return err
}

// Pipeline returns a pipeline by its id or name. Error: NotFound.
func (s *Store) Pipeline(ctx context.Context, idOrName string) (Pipeline, error) {
	var p Pipeline
	err := scanPipeline(&p, s.read.QueryRowContext(ctx,
		`select `+pipelineColumns+` from pipelines where id = $1 or name = $1`, idOrName).Scan)
	return p, s.missing(err, "pipeline", idOrName)
}

// Pipelines lists the pipelines in the order they were made, and says how many there are.
func (s *Store) Pipelines(ctx context.Context, part Slice) ([]Pipeline, int64, error) {
	return listSlice(ctx, s, scanPipeline, pipelineColumns, `pipelines`, part)
}

func placeholder(n int) string { return "$" + strconv.Itoa(n) }
