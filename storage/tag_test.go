// SPDX-License-Identifier: AGPL-3.0-or-later

package storage_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"spoor/storage"
)

func TestAddTags(t *testing.T) {
	s := openNew(t)
	ctx := t.Context()
	title := addTitle(t, s, "t")
	other := addTitle(t, s, "other")
	require.Equal(t, storage.Added{Tags: 3, Duplicates: 2}, addTags(t, s, title.ID, "a", "b", "a", "c", "b"))
	require.Equal(t, storage.Added{Tags: 1, Duplicates: 1}, addTags(t, s, title.ID, "b", "d"))
	require.Equal(t, storage.Added{Tags: 1}, addTags(t, s, other.ID, "d"))
	require.Equal(t, storage.Added{}, addTags(t, s, title.ID))

	var texts []string
	for tag, err := range s.EachTag(ctx, title.ID, 0) {
		require.NoError(t, err)
		texts = append(texts, tag.Text)
		require.EqualValues(t, len(texts), tag.Ordinal, "ordinals are dense")
	}
	require.Equal(t, []string{"a", "b", "c", "d"}, texts)
	tags, err := s.Tags(ctx, title.ID, 1, 2)
	require.NoError(t, err)
	require.Equal(t, []string{"b", "c"}, []string{tags[0].Text, tags[1].Text})
	n, err := s.TagCount(ctx, title.ID)
	require.NoError(t, err)
	require.EqualValues(t, 4, n)

	tag, err := s.TagByOrdinal(ctx, title.ID, 3)
	require.NoError(t, err)
	require.Equal(t, "c", tag.Text)
	_, err = s.TagByOrdinal(ctx, title.ID, 5)
	requireCode(t, storage.NotFound, err)
	_, err = s.Tag(ctx, other.ID, "a")
	requireCode(t, storage.NotFound, err, `"a"`)
	_, err = s.AddTags(ctx, storage.NewID(), tagSeq(0, 1))
	requireCode(t, storage.NotFound, err, "no title")
}

func TestAddTagsKeepsWhatIsKnown(t *testing.T) {
	s := openNew(t)
	title := addTitle(t, s, "t")
	in := storage.Tag{Text: "ann", Name: "Ann Ö.", Company: "Acme", Email: "ann@acme.example", Note: "first\nsecond"}
	for range 2 { // the second time changes nothing
		_, err := s.AddTags(t.Context(), title.ID, func(yield func(storage.Tag, error) bool) { yield(in, nil) })
		require.NoError(t, err)
		got, err := s.Tag(t.Context(), title.ID, "ann")
		require.NoError(t, err)
		require.False(t, got.CreatedAt.IsZero())
		want := in
		want.Name = "Ann Ö."
		want.Ordinal, want.CreatedAt = 1, got.CreatedAt
		require.Equal(t, want, got)
		in.Name = "Somebody Else"
		in = storage.Tag{Text: in.Text, Name: "Ann Ö.", Company: in.Company, Email: in.Email, Note: in.Note}
	}
}

// Whatever duplicates a list has, and wherever the limits of statements and
// transactions fall, ordinals follow the first occurrences without gaps.
func TestAddTagsIsDense(t *testing.T) {
	s := openNew(t)
	rapid.Check(t, func(rt *rapid.T) {
		title := addTitle(t, s, "t")
		var order []string
		known := map[string]bool{}
		for range rapid.IntRange(1, 3).Draw(rt, "lists") {
			n := rapid.IntRange(0, 700).Draw(rt, "length")
			among := rapid.IntRange(1, 3000).Draw(rt, "among")
			list := make([]string, n)
			fresh := int64(0)
			for i := range list {
				list[i] = tagName((i*7919 + i*i*31) % among)
				if !known[list[i]] {
					known[list[i]] = true
					order = append(order, list[i])
					fresh++
				}
			}
			require.Equal(rt, storage.Added{Tags: fresh, Duplicates: int64(n) - fresh}, addTags(t, s, title.ID, list...))
		}
		at := 0
		for text, err := range s.EachTagText(t.Context(), title.ID, 0) {
			require.NoError(rt, err)
			require.Equal(rt, order[at], text)
			at++
		}
		require.Len(rt, order, at)
	})
}

func TestAddTagsStopsAtABadOne(t *testing.T) {
	s := openNew(t)
	title := addTitle(t, s, "t")
	broken := errors.New("line 4: bad quote")
	for name, row := range map[string]struct {
		tag  storage.Tag
		err  error
		code storage.Code
	}{
		"of the sequence": {err: broken, code: storage.Invalid},
		"empty":           {code: storage.Invalid},
		"control":         {tag: storage.Tag{Text: "a\tb"}, code: storage.Invalid},
		"email":           {tag: storage.Tag{Text: "ok", Email: "a\nb"}, code: storage.Invalid},
		"note":            {tag: storage.Tag{Text: "ok", Note: "\xff"}, code: storage.Invalid},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := s.AddTags(t.Context(), title.ID, func(yield func(storage.Tag, error) bool) {
				_ = yield(storage.Tag{Text: "before"}, nil) && yield(row.tag, row.err) && yield(storage.Tag{Text: "after"}, nil)
			})
			requireCode(t, row.code, err, "tag 2 of the list")
			n, err := s.TagCount(t.Context(), title.ID)
			require.NoError(t, err)
			require.EqualValues(t, 1, n, "the tags before are in, those after are not")
		})
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := s.AddTags(ctx, title.ID, tagSeq(0, 10))
	require.ErrorIs(t, err, context.Canceled)
}

func TestEachTagStopsAndResumes(t *testing.T) {
	s := openNew(t)
	title := addTitle(t, s, "t")
	const tags = 12_345
	added, err := s.AddTags(t.Context(), title.ID, tagSeq(0, tags))
	require.NoError(t, err)
	require.Equal(t, storage.Added{Tags: tags}, added)
	last := int64(0)
	for _, stop := range []int64{1, 5000, 5001, 12_344, tags} {
		for tag, err := range s.EachTag(t.Context(), title.ID, last) {
			require.NoError(t, err)
			require.Equal(t, last+1, tag.Ordinal)
			require.Equal(t, tagName(int(last)), tag.Text)
			if last = tag.Ordinal; last == stop {
				break
			}
		}
		require.Equal(t, stop, last)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, err := range s.EachTagText(ctx, title.ID, 0) {
		require.ErrorIs(t, err, context.Canceled)
	}
}

func TestValidTag(t *testing.T) {
	for _, good := range []string{
		"a", "alice@example.com", "客户 #7", strings.Repeat("x", 256), " ", "'; drop table tags; --",
		"100%", "\u00a0",
	} {
		require.NoError(t, storage.ValidTag(good), "%q", good)
	}
	for _, bad := range []string{
		"", strings.Repeat("x", 257), strings.Repeat("ü", 129), "a\x00", "a\n", "\x7f", "\u0085",
		"\xff", "a\xc3", "\u2028",
	} {
		requireCode(t, storage.Invalid, storage.ValidTag(bad))
	}
}

func FuzzValidTag(f *testing.F) {
	for _, seed := range []string{"alice", "", "\x00", "ü", "\xff\xfe", "a\u2028b", strings.Repeat("é", 128)} {
		f.Add(seed)
	}
	s := openNew(f)
	title := addTitle(f, s, "t")
	f.Fuzz(func(t *testing.T, text string) {
		added, err := s.AddTags(t.Context(), title.ID, func(yield func(storage.Tag, error) bool) { yield(storage.Tag{Text: text}, nil) })
		if bad := storage.ValidTag(text); bad != nil {
			require.Equal(t, storage.Invalid, storage.CodeOf(err))
			require.True(t, utf8.ValidString(bad.Error()), "the words can be shown")
			return
		}
		require.NoError(t, err)
		require.EqualValues(t, 1, added.Tags+added.Duplicates)
		tag, err := s.Tag(t.Context(), title.ID, text)
		require.NoError(t, err)
		require.Equal(t, text, tag.Text)
	})
}

func benchmarkTags(b *testing.B, tags int) (*storage.Store, string) {
	b.Helper()
	s := openNew(b)
	title := addTitle(b, s, "t")
	added, err := s.AddTags(b.Context(), title.ID, tagSeq(0, tags))
	require.NoError(b, err)
	require.EqualValues(b, tags, added.Tags)
	return s, title.ID
}

func BenchmarkAddTags1e6(b *testing.B) {
	for b.Loop() {
		benchmarkTags(b, 1_000_000)
	}
}

func BenchmarkAddTagsAgain1e6(b *testing.B) {
	s, title := benchmarkTags(b, 1_000_000)
	for b.Loop() {
		added, err := s.AddTags(b.Context(), title, tagSeq(0, 1_000_000))
		require.NoError(b, err)
		require.EqualValues(b, 1_000_000, added.Duplicates)
	}
}

func BenchmarkEachTag1e6(b *testing.B) {
	s, title := benchmarkTags(b, 1_000_000)
	b.Run("text", func(b *testing.B) {
		for b.Loop() {
			for _, err := range s.EachTagText(b.Context(), title, 0) {
				require.NoError(b, err)
			}
		}
	})
	b.Run("all", func(b *testing.B) {
		for b.Loop() {
			for _, err := range s.EachTag(b.Context(), title, 0) {
				require.NoError(b, err)
			}
		}
	})
	require.NoError(b, s.Close())
	b.Run("open", func(b *testing.B) {
		for b.Loop() {
			again, err := storage.Open(b.Context(), s.Home())
			require.NoError(b, err)
			require.NoError(b, again.Close())
		}
	})
}
