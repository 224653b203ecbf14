// SPDX-License-Identifier: AGPL-3.0-or-later

package engine

import (
	"context"

	"spoor/storage"
)

// Search looks through everything for what has all words, see [storage.Store.Search].
func (e *Engine) Search(ctx context.Context, words []string, each int) ([]storage.Hit, error) {
	return e.store.Search(ctx, words, each)
}

// Backup writes a copy of the database, see [storage.Store.Backup].
func (e *Engine) Backup(ctx context.Context, path string) error { return e.store.Backup(ctx, path) }
