// SPDX-License-Identifier: AGPL-3.0-or-later

package engine_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"spoor/engine"
	"spoor/storage"
)

func csvFile(t testing.TB, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "tags.csv")
	require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
	return path
}

func TestTagFilesAreReadHoweverTheyAreWritten(t *testing.T) {
	alice := storage.Tag{Text: "alice", Name: "Alice A.", Company: "Acme, Ltd", Email: "a@acme.example", Note: "screener"}
	bob := storage.Tag{Text: "bob"}
	const header = "tag,name,company,email,note"
	both := []storage.Tag{alice, bob}
	for _, c := range []struct {
		name, content string
		want          []storage.Tag
	}{
		{"commas", header + "\nalice,Alice A.,\"Acme, Ltd\",a@acme.example,screener\nbob,,,,\n", both},
		{"a byte order mark and CRLF", "\ufeff" + header + "\r\nalice,Alice A.,\"Acme, Ltd\",a@acme.example,screener\r\nbob\r\n", both},
		{"semicolons", "Name;TAG;Company;E-Mail;Note\nAlice A.;alice;Acme, Ltd;a@acme.example;screener\n;bob;;;\n", both},
		{"tabs", "tag\tname\nalice\tx\n", []storage.Tag{{Text: "alice", Name: "x"}}},
		{"one column", "tag\nalice\nbob", []storage.Tag{{Text: "alice"}, bob}},
		{"blank lines", "tag\n\nalice\n\n\nbob\n\n", []storage.Tag{{Text: "alice"}, bob}},
		{"quotes with a line break", "tag,note\nalice,\"two\nlines\"\n", []storage.Tag{{Text: "alice", Note: "two\nlines"}}},
		{"other columns", "id,tag,phone\n1,alice,2\n", []storage.Tag{{Text: "alice"}}},
		{"no rows", "tag\n", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := engine.ReadTags(t.Context(), csvFile(t, c.content))
			require.NoError(t, err)
			require.Equal(t, c.want, got)
		})
	}
}

func TestFaultyTagFilesNameTheLineAndAddNothing(t *testing.T) {
	e, _ := withTitle(t)
	for _, c := range []struct{ name, content, words string }{
		{"empty", "", "the file is empty"},
		{"no column", "name,company\nx,y\n", "no column called tag"},
		{"column twice", "tag,tag\nx,y\n", "twice"},
		{"empty tag", "tag,name\nalice,\n,Bob\n", "line 3: a tag is empty"},
		{"long tag", "tag\nalice\n" + strings.Repeat("é", 129) + "\n", "line 3: the tag"},
		{"no UTF-8", "tag\nalice\nb\xff\n", "line 3: \"b\\xff\" is not UTF-8"},
		{"control character", "tag\nalice\n\"a\tb\"\n", "line 3"},
		{"separator without quotes", "tag,name\nAcme, Ltd,x\n", "line 2: 3 columns where the header row has 2"},
		{"open quote", "tag\n\"alice\nbob\n", "line"},
		{"UTF-16", "\xff\xfet\x00a\x00g\x00\n\x00", "UTF-8"},
		{"binary", "\x00\x01\x02", "UTF-8"},
		{"a name too long", "tag,name\nalice,x\nbob," + strings.Repeat("n", 2000) + "\n", "line 3"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := e.ImportTags(t.Context(), "small", csvFile(t, c.content), nil)
			require.ErrorContains(t, err, c.words)
			require.ErrorContains(t, err, "tags.csv")
			require.Equal(t, storage.Invalid, storage.CodeOf(err))
			if c.name == "a name too long" {
				return // seen by the store only, after the rows before it
			}
			title, err := e.Title(t.Context(), "small")
			require.NoError(t, err)
			require.Zero(t, title.Tags)
		})
	}
	_, err := e.ImportTags(t.Context(), "small", filepath.Join(t.TempDir(), "none.csv"), nil)
	require.ErrorContains(t, err, "no such file")
	_, err = e.ImportTags(t.Context(), "small", t.TempDir(), nil)
	require.ErrorContains(t, err, "is a folder")
}

func TestTagFilesCanBeImportedAgain(t *testing.T) {
	e, _ := withTitle(t)
	got, err := e.ImportTags(t.Context(), "small", csvFile(t, "tag,phone\nalice,1\nbob,2\nalice,3\n"), nil)
	require.NoError(t, err)
	require.Equal(t, engine.TagImport{Added: storage.Added{Tags: 2, Duplicates: 1}, Ignored: []string{"phone"}}, got)
	got, err = e.ImportTags(t.Context(), "small", csvFile(t, "tag\nbob\ncarol\n"), nil)
	require.NoError(t, err)
	require.Equal(t, storage.Added{Tags: 1, Duplicates: 1}, got.Added)
	tags, err := e.Tags(t.Context(), "small", 0)
	require.NoError(t, err)
	var texts []string
	for tag, err := range tags {
		require.NoError(t, err)
		texts = append(texts, tag.Text)
	}
	require.Equal(t, []string{"alice", "bob", "carol"}, texts)
}

func TestImportOfTagsEndsWithItsContext(t *testing.T) {
	e, _ := withTitle(t)
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errStop)
	_, err := e.ImportTags(ctx, "small", csvFile(t, "tag\nalice\n"), nil)
	require.Error(t, err)
}

// BenchmarkImportTags imports a million tags; cli.md asks for seconds.
func BenchmarkImportTags(b *testing.B) {
	const rows = 1_000_000
	path := filepath.Join(b.TempDir(), "tags.csv")
	f, err := os.Create(path)
	require.NoError(b, err)
	w := bufio.NewWriter(f)
	fmt.Fprintln(w, "tag,name,company,email,note")
	for i := range rows {
		fmt.Fprintf(w, "recipient-%07d@example.org,Name %d,\"Company, Ltd\",r%d@example.org,\n", i, i, i)
	}
	require.NoError(b, w.Flush())
	require.NoError(b, f.Close())
	for b.Loop() {
		e, _ := withTitle(b)
		got, err := e.ImportTags(b.Context(), "small", path, nil)
		require.NoError(b, err)
		require.EqualValues(b, rows, got.Tags)
	}
	b.ReportMetric(rows/b.Elapsed().Seconds()*float64(b.N), "tags/s")
}

func FuzzReadTags(f *testing.F) {
	f.Add([]byte("tag,name\nalice,x\n"))
	f.Add([]byte("\ufefftag;name\r\n\"a;b\";x\r\n"))
	f.Add([]byte("tag\n\"a"))
	f.Fuzz(func(t *testing.T, content []byte) {
		path := filepath.Join(t.TempDir(), "tags.csv")
		require.NoError(t, os.WriteFile(path, content, 0o600))
		tags, err := engine.ReadTags(t.Context(), path)
		if err != nil {
			require.Equal(t, storage.Invalid, storage.CodeOf(err))
			return
		}
		for _, tag := range tags {
			require.NoError(t, storage.ValidTag(tag.Text))
		}
	})
}
