// SPDX-License-Identifier: AGPL-3.0-or-later

package storage_test

import (
	"bufio"
	"fmt"
	"iter"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"spoor/storage"
)

// Tests that need another process start this very binary with one of these
// tests and a home in the environment.
const childHome = "SPOOR_TEST_HOME"

func child(t *testing.T, name, home string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	cmd := exec.CommandContext(t.Context(), self, "-test.run=^"+name+"$", "-test.count=1")
	cmd.Env = append(os.Environ(), childHome+"="+home)
	return cmd
}

func homeOfChild(t *testing.T) string {
	t.Helper()
	home := os.Getenv(childHome)
	if home == "" {
		t.Skip("runs only as a child of another test")
	}
	return home
}

const (
	killTags  = 70_000
	killEvery = 1000
)

// loudTags says on standard output how far it has got.
func loudTags() iter.Seq2[storage.Tag, error] {
	return func(yield func(storage.Tag, error) bool) {
		for i := range killTags {
			if i%killEvery == 0 {
				fmt.Println("at", i)
			}
			if !yield(storage.Tag{Text: tagName(i)}, nil) {
				return
			}
		}
	}
}

func TestChildAddsTags(t *testing.T) {
	s := openAt(t, homeOfChild(t))
	title, err := s.Title(t.Context(), "t")
	require.NoError(t, err)
	_, err = s.AddTags(t.Context(), title.ID, loudTags())
	require.NoError(t, err)
}

func TestChildOpens(t *testing.T) {
	openAt(t, homeOfChild(t))
}

// kill -9 in the midst of adding tags leaves a whole database with a prefix of
// the list, and doing it again completes it.
func TestKilledWhileAddingTags(t *testing.T) {
	const rounds = 4
	rnd := rand.New(rand.NewPCG(1, 8))
	for range rounds {
		home := filepath.Join(t.TempDir(), "home")
		s, err := storage.Open(t.Context(), home)
		require.NoError(t, err)
		title := addTitle(t, s, "t")
		require.NoError(t, s.Close())

		cmd := child(t, "TestChildAddsTags", home)
		out, err := cmd.StdoutPipe()
		require.NoError(t, err)
		require.NoError(t, cmd.Start())
		lines := bufio.NewScanner(out)
		read := 0
		for stop := 1 + rnd.IntN(killTags/killEvery); read < stop && lines.Scan(); read++ {
		}
		require.NoError(t, cmd.Process.Kill())
		require.Error(t, cmd.Wait(), "it was killed")

		s = openAt(t, home)
		require.NoError(t, s.Check(t.Context()))
		n := int64(0)
		for tag, err := range s.EachTag(t.Context(), title.ID, 0) {
			require.NoError(t, err)
			if n++; tag.Ordinal != n || tag.Text != tagName(int(n-1)) {
				require.Fail(t, "the registry has a gap", "%d: %v", n, tag)
			}
		}
		const chunk = 20_000
		require.GreaterOrEqual(t, n, int64((read-1)*killEvery/chunk*chunk), "what was committed before is there")
		added, err := s.AddTags(t.Context(), title.ID, tagSeq(0, killTags))
		require.NoError(t, err)
		require.Equal(t, storage.Added{Tags: killTags - n, Duplicates: n}, added)
	}
}

// kill -9 while a new home is being made leaves one that can be opened.
func TestKilledWhileOpening(t *testing.T) {
	for round := range 6 {
		home := filepath.Join(t.TempDir(), "home")
		cmd := child(t, "TestChildOpens", home)
		require.NoError(t, cmd.Start())
		awaited := []string{"keys", "spoor.db", "migrate.lock", "spoor.db-wal"}[round%4]
		ended := make(chan error, 1)
		go func() { ended <- cmd.Wait() }()
		for over := false; !over; {
			_, err := os.Stat(filepath.Join(home, awaited))
			select {
			case waited := <-ended:
				ended <- waited
				over = true
			default:
				over = err == nil
			}
		}
		_ = cmd.Process.Kill() // it may have ended by itself
		<-ended
		s := openAt(t, home)
		require.NoError(t, s.Check(t.Context()))
		addTitle(t, s, "t")
	}
}
