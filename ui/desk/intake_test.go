// SPDX-License-Identifier: AGPL-3.0-or-later

package desk_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"spoor/engine"
	"spoor/engine/job"
	"spoor/storage"
	"spoor/ui/desk"
)

// taken lists the names of what was asked for.
func taken(t *testing.T, paths ...string) ([]string, error) {
	t.Helper()
	var names []string
	err := desk.TakeLeaks(t.Context(), paths, "case", func(_ context.Context, n storage.NewJob) error {
		require.Equal(t, job.KindTrace, n.Kind)
		require.Equal(t, "case", n.Case)
		names = append(names, n.Name)
		return nil
	}, func(engine.Progress) {})
	return names, err
}

func TestAFolderOfManyFilesIsTakenIn(t *testing.T) {
	dir := t.TempDir()
	write := func(name string) {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte("x"), 0o600))
	}
	for i := range 5000 {
		write(fmt.Sprintf("%04d%s", i, []string{".mp4", ".txt", ".json", ".html", ".jpg"}[i%5]))
	}
	write("no extension")
	write(".hidden.mp4")
	names, err := taken(t, dir)
	require.NoError(t, err)
	require.Len(t, names, 2001)
	require.Contains(t, names, "no extension")
	require.NotContains(t, names, "0001.txt")
}

func TestWhatIsNamedIsTraced(t *testing.T) {
	dir := t.TempDir()
	text := filepath.Join(dir, "notes.txt")
	require.NoError(t, os.WriteFile(text, []byte("x"), 0o600))
	names, err := taken(t, text, filepath.Join(dir, "vanished.mp4"))
	require.NoError(t, err)
	require.Equal(t, []string{"notes.txt", "vanished.mp4"}, names, "what is wrong with them is told when they are traced")
	_, err = taken(t, dir)
	require.ErrorContains(t, err, "none of 1 files")
}

func TestTakingInStopsWhenNothingCanBeKept(t *testing.T) {
	full := errors.New("the disk is full")
	err := desk.TakeLeaks(t.Context(), []string{"a.mp4", "b.mp4"}, "case", func(context.Context, storage.NewJob) error { return full },
		func(engine.Progress) {})
	require.ErrorIs(t, err, full)
}
