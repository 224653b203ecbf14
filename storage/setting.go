// SPDX-License-Identifier: AGPL-3.0-or-later

package storage

import (
	"context"
	"database/sql"
	"errors"
)

const settingPrefix = "setting." // of keys in the table meta

// Setting returns a setting of the home, "" where it was never set.
func (s *Store) Setting(ctx context.Context, name string) (string, error) {
	var value string
	err := s.read.QueryRowContext(ctx, `select value from meta where key = $1`, settingPrefix+name).Scan(&value)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return value, s.classify("reading the setting "+name, err)
}

// SetSetting keeps a setting of the home.
func (s *Store) SetSetting(ctx context.Context, name, value string) error {
	if err := errors.Join(checkLine("setting", name, maxName), checkLine("setting "+name, value, maxPath)); err != nil {
		return err
	}
	return s.change(ctx, "changing the setting "+name, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, insertInto("meta", `key, value`)+` on conflict (key) do update set value = excluded.value`,
			settingPrefix+name, value)
		return err
	})
}
