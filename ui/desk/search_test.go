// SPDX-License-Identifier: AGPL-3.0-or-later

package desk_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"spoor/storage"
	"spoor/ui/desk"
)

func TestSearchGroupsByKind(t *testing.T) {
	changes := newBell()
	s := desk.NewSearch(func(_ context.Context, words []string, each int) (hits []storage.Hit, _ error) {
		require.Equal(t, []string{"a", "b"}, words)
		for range each {
			hits = append(hits, storage.Hit{Kind: "case"})
		}
		return append(hits, storage.Hit{Kind: "note", ID: "1"}), nil
	}, changes.ring)
	defer s.Close()
	s.Ask("  a  b ")
	changes.wait(func() bool { f, _ := s.Found(); return f.Text == "a b" })
	f, asking := s.Found()
	require.False(t, asking)
	require.Len(t, f.Groups, 2)
	require.Equal(t, "case", f.Groups[0].Kind)
	require.True(t, f.Groups[0].More, "there may be more than were asked for")
	require.Equal(t, desk.HitGroup{Kind: "note", Hits: []storage.Hit{{Kind: "note", ID: "1"}}}, f.Groups[1])
}

func TestSearchAnswersWhatWasAskedLast(t *testing.T) {
	changes := newBell()
	asked := make(chan string, 10)
	s := desk.NewSearch(func(ctx context.Context, words []string, _ int) ([]storage.Hit, error) {
		asked <- words[0]
		if words[0] == "slow" {
			<-ctx.Done()
			return []storage.Hit{{Kind: "case"}}, ctx.Err()
		}
		return nil, nil
	}, changes.ring)
	defer s.Close()
	s.Ask("slow")
	require.Equal(t, "slow", <-asked)
	s.Ask("never")
	s.Ask("last")
	changes.wait(func() bool { f, _ := s.Found(); return f.Text != "" })
	f, _ := s.Found()
	require.Equal(t, desk.Found{Text: "last"}, f)
	require.Equal(t, "last", <-asked)
	require.Empty(t, asked, "what was typed over is not asked for")
}

func TestSearchForNothingAsksNobody(t *testing.T) {
	changes := newBell()
	broken := errors.New("broken")
	s := desk.NewSearch(func(context.Context, []string, int) ([]storage.Hit, error) { return nil, broken }, changes.ring)
	s.Ask("a")
	changes.wait(func() bool { f, _ := s.Found(); return errors.Is(f.Err, broken) })
	s.Ask(" ")
	changes.wait(func() bool { f, asking := s.Found(); return !asking && f.Text == "" && f.Err == nil })
	s.Close()
	s.Ask("b")
	f, _ := s.Found()
	require.Empty(t, f.Text, "a closed search is asked nothing")
}

func TestExcerptShowsTheWord(t *testing.T) {
	require.Equal(t, "short text", desk.Excerpt("short\n text", "x", 50))
	long := strings.Repeat("before ", 40) + "Alice" + strings.Repeat(" after", 40)
	got := desk.Excerpt(long, "alice", 40)
	require.Contains(t, got, "Alice")
	require.True(t, strings.HasPrefix(got, "…") && strings.HasSuffix(got, "…"), got)
	require.True(t, strings.HasPrefix(desk.Excerpt(long, "nowhere", 40), "before"))
	rapid.Check(t, func(t *rapid.T) {
		got := desk.Excerpt(rapid.String().Draw(t, "text"), rapid.String().Draw(t, "words"), rapid.IntRange(1, 60).Draw(t, "longest"))
		require.LessOrEqual(t, utf8.RuneCountInString(got), 62)
	})
}
