// SPDX-License-Identifier: AGPL-3.0-or-later

package desk_test

import (
	"context"
	"errors"
	"fmt"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"spoor/ui/desk"
)

// sheets renders so many empty pages, and remembers where.
func sheets(n int, where *string) func(context.Context, string) ([]string, error) {
	return func(_ context.Context, dir string) (files []string, err error) {
		*where = dir
		for i := range n {
			name := filepath.Join(dir, fmt.Sprintf("%d.png", i+1))
			f, err := os.Create(name)
			if err != nil {
				return nil, err
			}
			if err := errors.Join(png.Encode(f, image.NewGray(image.Rect(0, 0, 100, 141))), f.Close()); err != nil {
				return nil, err
			}
			files = append(files, name)
		}
		return files, nil
	}
}

func TestPagesStayUntilTheNewOnesAreThere(t *testing.T) {
	bell := newBell()
	p := desk.NewPages(bell.ring)
	done := func() bool { _, busy, _ := p.Status(); return !busy }
	var first, second string
	p.Make(sheets(3, &first))
	bell.wait(done)
	pages, _, err := p.Status()
	require.NoError(t, err)
	require.Len(t, pages, 3)
	require.Greater(t, pages[0].Small.Bounds().Dy(), pages[0].Small.Bounds().Dx(), "upright, as the page is")
	img, err := pages[2].Picture(t.Context())
	require.NoError(t, err)
	require.Equal(t, 141, img.Bounds().Dy())

	release := make(chan struct{})
	p.Make(func(ctx context.Context, dir string) ([]string, error) {
		<-release
		return sheets(1, &second)(ctx, dir)
	})
	pages, busy, _ := p.Status()
	require.True(t, busy)
	require.Len(t, pages, 3, "the old ones")
	close(release)
	bell.wait(done)
	pages, _, _ = p.Status()
	require.Len(t, pages, 1)
	require.NoDirExists(t, first, "nobody looks at these any more")
	require.DirExists(t, second)
	require.NoError(t, p.Close())
	require.NoDirExists(t, second)
	p.Make(sheets(1, &second))
	pages, busy, _ = p.Status()
	require.Empty(t, pages)
	require.False(t, busy, "it was closed")
}

func TestPagesThatAreGivenUp(t *testing.T) {
	bell := newBell()
	p := desk.NewPages(bell.ring)
	var late, dir string
	begun := make(chan struct{})
	p.Make(func(ctx context.Context, dir string) ([]string, error) {
		close(begun)
		<-ctx.Done()
		return sheets(2, &late)(context.WithoutCancel(ctx), dir)
	})
	<-begun
	p.Make(sheets(1, &dir))
	bell.wait(func() bool { _, busy, _ := p.Status(); return !busy })
	pages, _, err := p.Status()
	require.NoError(t, err)
	require.Len(t, pages, 1, "those of the last one that was asked for")
	broken := errors.New("broken")
	p.Make(func(context.Context, string) ([]string, error) { return nil, broken })
	bell.wait(func() bool { _, busy, _ := p.Status(); return !busy })
	pages, _, err = p.Status()
	require.ErrorIs(t, err, broken)
	require.Len(t, pages, 1, "the last good ones stay")
	p.Stop()
	require.NoError(t, p.Close())
	require.NoDirExists(t, late)
	require.NoDirExists(t, dir)
}
