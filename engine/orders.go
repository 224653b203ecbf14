// SPDX-License-Identifier: AGPL-3.0-or-later

package engine

import (
	"context"
	"path/filepath"
	"strings"
)

// OrdersOf are the copies of a title, by its id or name, for all tags of a CSV file as [Engine.ImportTags] takes it, to be
// written into a folder: each named after its tag, in the container of the original where copies can be in it, else in
// Matroska.
func (e *Engine) OrdersOf(ctx context.Context, idOrName, file, dir string) ([]Order, error) {
	t, err := e.Title(ctx, idOrName)
	if err != nil {
		return nil, err
	}
	tags, err := ReadTags(ctx, file)
	if err != nil {
		return nil, err
	}
	ext := strings.ToLower(filepath.Ext(t.FileName))
	switch ext {
	case ".mp4", ".m4v", ".mov", ".mkv", ".ts", ".mts", ".m2ts":
	default:
		ext = ".mkv"
	}
	orders := make([]Order, len(tags))
	for i, tag := range tags {
		orders[i] = Order{Tag: tag, Out: filepath.Join(dir, FileNameFor(tag.Text, ext))}
	}
	return orders, nil
}
