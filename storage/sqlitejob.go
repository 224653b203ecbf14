// SPDX-License-Identifier: AGPL-3.0-or-later

package storage

import (
	"context"
	"database/sql"

	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"
)

func (sqlite) jobs(ctx context.Context, db *sql.DB, f func(riverdriver.Executor) error) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	if err := f(riversqlite.New(nil).UnwrapExecutor(tx)); err != nil {
		return err
	}
	return tx.Commit()
}

func (sqlite) readJobs(_ context.Context, db *sql.DB, f func(riverdriver.Executor) error) error {
	return f(riversqlite.New(db).GetExecutor())
}

func (sqlite) forgetJobs(ctx context.Context, db querier, caseID string) error {
	_, err := db.ExecContext(ctx, `delete from river_job where exists (select 1 from json_each(tags) where value = $1)`, caseID)
	return err
}

func (sqlite) moveJobs(ctx context.Context, db querier, fromID, intoID string) error {
	_, err := db.ExecContext(ctx, `update river_job set tags = (select json_group_array(case value when $1 then $2 else value end)
		from json_each(tags)) where exists (select 1 from json_each(tags) where value = $1)`, fromID, intoID)
	return err
}

func (sqlite) hold(_ context.Context, home, holder string) (func() error, error) {
	return holdFile(home, holder)
}

func (sqlite) held(_ context.Context, _ *sql.DB, home, holder string) (bool, error) {
	return heldFile(home, holder)
}

// migrateSQLiteJobs brings River's tables up to date.
func migrateSQLiteJobs(ctx context.Context, db *sql.DB) error {
	m, err := rivermigrate.New(riversqlite.New(db), &rivermigrate.Config{Logger: quietLog()})
	if err != nil {
		return err
	}
	_, err = m.Migrate(ctx, rivermigrate.DirectionUp, nil)
	return err
}
