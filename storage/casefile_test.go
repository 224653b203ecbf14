// SPDX-License-Identifier: AGPL-3.0-or-later

package storage_test

import (
	"archive/zip"
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"spoor/storage"
)

// caseContent is everything of a case, to be compared.
type caseContent struct {
	Case        storage.Case
	Exhibits    []storage.Evidence
	Sources     []storage.Source
	Acquisition *storage.Acquisition
	Bookmarks   []storage.Bookmark
	Runs        []storage.Backtrace
	Findings    []storage.Finding
	Records     []string
	Notes       []storage.Note
}

func readCase(t *testing.T, s *storage.Store, id string) (all caseContent) {
	t.Helper()
	ctx := t.Context()
	var err error
	all.Case, err = s.Case(ctx, id)
	require.NoError(t, err)
	all.Exhibits, err = s.EvidenceOfCase(ctx, all.Case.ID, storage.Page{})
	require.NoError(t, err)
	for _, e := range all.Exhibits {
		sources, err := s.Sources(ctx, e.ID)
		require.NoError(t, err)
		all.Sources = append(all.Sources, sources...)
		all.Acquisition, err = s.Acquisition(ctx, e.ID)
		require.NoError(t, err)
		marks, err := s.Bookmarks(ctx, e.ID)
		require.NoError(t, err)
		all.Bookmarks = append(all.Bookmarks, marks...)
		runs, err := s.BacktracesOfEvidence(ctx, e.ID, storage.Page{})
		require.NoError(t, err)
		all.Runs = append(all.Runs, runs...)
		_, err = s.CheckedPath(ctx, e.SHA256, nil)
		require.NoError(t, err)
		_, err = s.CheckedPath(ctx, all.Acquisition.PageSHA256, nil)
		require.NoError(t, err)
	}
	for _, b := range all.Runs {
		found, err := s.Findings(ctx, b.ID)
		require.NoError(t, err)
		all.Findings = append(all.Findings, found...)
		record, err := s.Record(ctx, b.ID)
		require.NoError(t, err)
		all.Records = append(all.Records, string(record))
	}
	all.Notes, err = s.Notes(ctx, all.Case.ID, storage.Page{})
	require.NoError(t, err)
	return all
}

func exported(t *testing.T) (path string, want caseContent) {
	t.Helper()
	s := openNew(t)
	c, _ := fullCase(t, s, "Festival leak", "the leak")
	require.NoError(t, s.ReviewCase(t.Context(), c.ID, "R. Roe"))
	path = filepath.Join(t.TempDir(), "case.spoor")
	require.NoError(t, s.ExportCase(t.Context(), c.ID, path, nil))
	return path, readCase(t, s, c.ID)
}

func TestCaseFileThereAndBack(t *testing.T) {
	path, want := exported(t)
	require.Equal(t, []string{"case.spoor"}, dirNames(t, filepath.Dir(path)), "nothing else is left")
	s, ctx := openNew(t), t.Context()
	newCase(t, s, "Festival leak", "somebody else's")
	var done, total int64
	checked, files, err := s.CheckCaseFile(ctx, path, func(d, all int64) { done, total = d, all })
	require.NoError(t, err)
	require.Equal(t, 2, files)
	require.Equal(t, total, done)
	require.Equal(t, want.Case.ID, checked.ID)
	require.Empty(t, vaultFiles(t, s.Home()), "checking changes nothing")

	c, err := s.ImportCase(ctx, path, nil)
	require.NoError(t, err)
	require.Equal(t, "Festival leak (2)", c.Name)
	got := readCase(t, s, c.ID)
	want.Case.Name = c.Name
	for i, b := range want.Runs { // what was not finished is not going on here
		if !b.Status.Final() {
			want.Runs[i].Status = storage.Cancelled
		}
	}
	require.Equal(t, want, got)
	_, err = s.ImportCase(ctx, path, nil)
	requireCode(t, storage.Exists, err, "is here already")
	require.NoError(t, s.Check(ctx))

	// Deleted, it can come back.
	_, err = s.DeleteCase(ctx, c.ID)
	require.NoError(t, err)
	_, err = s.ImportCase(ctx, path, nil)
	require.NoError(t, err)
}

// TestCaseFileComesBack takes a case in where it was deleted.
func TestCaseFileComesBack(t *testing.T) {
	s, ctx := openNew(t), t.Context()
	c, _ := fullCase(t, s, "Festival leak", "the leak")
	path := filepath.Join(t.TempDir(), "case.spoor")
	require.NoError(t, s.ExportCase(ctx, c.ID, path, nil))
	want := readCase(t, s, c.ID)
	_, err := s.ImportCase(ctx, path, nil)
	requireCode(t, storage.Exists, err)
	_, err = s.DeleteCase(ctx, c.ID)
	require.NoError(t, err)
	_, err = s.ImportCase(ctx, path, nil)
	require.NoError(t, err)
	got := readCase(t, s, c.ID)
	require.Equal(t, want.Findings, got.Findings)
	require.Equal(t, want.Exhibits, got.Exhibits)
}

func dirNames(t *testing.T, dir string) (names []string) {
	t.Helper()
	list, err := os.ReadDir(dir)
	require.NoError(t, err)
	for _, e := range list {
		names = append(names, e.Name())
	}
	return names
}

func TestExportRefuses(t *testing.T) {
	s, ctx := openNew(t), t.Context()
	c, e := fullCase(t, s, "c", "the leak")
	dir := t.TempDir()
	path := filepath.Join(dir, "case.spoor")
	require.NoError(t, os.WriteFile(path, []byte("mine"), 0o600))
	requireCode(t, storage.Exists, s.ExportCase(ctx, c.ID, path, nil), "case.spoor")
	requireCode(t, storage.NotFound, s.ExportCase(ctx, storage.NewID(), filepath.Join(dir, "x"), nil))
	requireCode(t, storage.NotFound, s.ExportCase(ctx, c.ID, filepath.Join(dir, "no", "x"), nil))
	v, err := s.VaultFile(ctx, e.SHA256)
	require.NoError(t, err)
	require.NoError(t, rewrite(s.VaultPath(v), func(b []byte) []byte { b[0] ^= 1; return b }))
	requireCode(t, storage.Damaged, s.ExportCase(ctx, c.ID, filepath.Join(dir, "x"), nil), "was altered")
	require.NoError(t, os.Remove(s.VaultPath(v)))
	requireCode(t, storage.NotFound, s.ExportCase(ctx, c.ID, filepath.Join(dir, "x"), nil), "vanished")
	require.NoError(t, os.Symlink(path, s.VaultPath(v)))
	requireCode(t, storage.Damaged, s.ExportCase(ctx, c.ID, filepath.Join(dir, "x"), nil), "replaced by a link")
	require.Equal(t, []string{"case.spoor"}, dirNames(t, dir))
}

// member is a file of an archive that is meddled with.
type member struct {
	zip.FileHeader
	content []byte
}

func unzip(t *testing.T, path string) (list []member) {
	t.Helper()
	z, err := zip.OpenReader(path)
	require.NoError(t, err)
	defer z.Close()
	for _, f := range z.File {
		in, err := f.Open()
		require.NoError(t, err)
		content, err := io.ReadAll(in)
		require.NoError(t, err)
		list = append(list, member{zip.FileHeader{Name: f.Name, Method: f.Method}, content})
	}
	return list
}

func rezip(t *testing.T, list []member) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "meddled.spoor")
	f, err := os.Create(path)
	require.NoError(t, err)
	w := zip.NewWriter(f)
	for _, m := range list {
		head := m.FileHeader
		out, err := w.CreateHeader(&head)
		require.NoError(t, err)
		_, err = out.Write(m.content)
		require.NoError(t, err)
	}
	require.NoError(t, w.Close())
	require.NoError(t, f.Close())
	return path
}

func TestImportRefusesWhatWasMeddledWith(t *testing.T) {
	path, _ := exported(t)
	file := func(list []member) *member { return &list[1] }
	replace := func(old, replacement string) func([]member) []member {
		return func(list []member) []member {
			before := string(list[0].content)
			list[0].content = []byte(strings.Replace(before, old, replacement, 1))
			require.NotEqual(t, before, string(list[0].content), "%s is not there", old)
			return list
		}
	}
	add := func(name string) func([]member) []member {
		return func(list []member) []member {
			return append(list, member{zip.FileHeader{Name: name, Method: zip.Store}, []byte("x")})
		}
	}
	for name, c := range map[string]struct {
		meddle func([]member) []member
		code   storage.Code
		words  string
	}{
		"a name upwards":   {add("files/../../../evil"), storage.Invalid, "does not belong there"},
		"an absolute name": {add("/etc/evil"), storage.Invalid, "does not belong there"},
		"a backslash":      {add(`files\..\evil`), storage.Invalid, "does not belong there"},
		"another file":     {add("files"), storage.Invalid, "does not belong there"},
		"a stray file":     {add("files/" + hashOf("x")), storage.Invalid, "nothing speaks of"},
		"a link": {func(list []member) []member {
			m := member{zip.FileHeader{Name: "files/" + hashOf("l"), Method: zip.Store}, []byte("/etc/passwd")}
			m.SetMode(os.ModeSymlink | 0o777)
			return append(list, m)
		}, storage.Invalid, "no plain file"},
		"twice the same": {func(list []member) []member { return append(list, list[1]) }, storage.Invalid, "does not belong there"},
		"a bomb": {func(list []member) []member {
			file(list).Method, file(list).content = zip.Deflate, make([]byte, 10<<20)
			return list
		}, storage.Invalid, "packed"},
		"a huge row": {func(list []member) []member {
			list[0].content = append(list[0].content, bytes.Repeat([]byte(" "), 50<<20)...)
			return list
		}, storage.Invalid, "longer than"},
		"an altered file": {func(list []member) []member { file(list).content[2] ^= 1; return list }, storage.Damaged, "was altered"},
		"a longer file": {func(list []member) []member {
			file(list).content = append(file(list).content, 1)
			return list
		}, storage.Invalid, "not as long"},
		"a missing file": {func(list []member) []member { return list[:len(list)-1] }, storage.Invalid, "missing"},
		"no rows":        {func(list []member) []member { return list[1:] }, storage.Invalid, "has no case.jsonl"},
		"cut off": {func(list []member) []member {
			at := bytes.LastIndexByte(bytes.TrimSpace(list[0].content), '\n')
			list[0].content = list[0].content[:at]
			return list
		}, storage.Invalid, "cut off"},
		"a row less": {func(list []member) []member {
			lines := bytes.SplitAfter(list[0].content, []byte("\n"))
			list[0].content = bytes.Join(append(lines[:5:5], lines[6:]...), nil)
			return list
		}, storage.Invalid, "lines instead of"},
		"no JSON":             {replace(`{"header"`, `{"header`), storage.Invalid, "line 1"},
		"another program's":   {replace(`"kind":"spoor case"`, `"kind":"zip"`), storage.Invalid, "does not say"},
		"a newer form":        {replace(`"version":1`, `"version":2`), storage.Newer, "newer version"},
		"a control character": {replace(`"FileName":"leak.mp4"`, `"FileName":"leak\u001b[2J.mp4"`), storage.Invalid, "control character"},
		"an impossible state": {replace(`"State":"reviewed"`, `"State":"solved"`), storage.Invalid, "not a state"},
		"an id as path":       {replace(`"exhibit":{"ID":"`, `"exhibit":{"ID":"../`), storage.Invalid, "no id"},
		"other parameters":    {replace(`{\"Full\":false}`, `{\"Full\":true}`), storage.Invalid, "not those of its hash"},
		"an impossible score": {replace(`"Log10P":-20.25`, `"Log10P":1e999`), storage.Invalid, "not as this program writes it"},
		"a far time":          {replace(`"exported":"2`, `"exported":"x`), storage.Invalid, "line 1"},
	} {
		t.Run(name, func(t *testing.T) {
			s := openNew(t)
			meddled := rezip(t, c.meddle(unzip(t, path)))
			_, err := s.ImportCase(t.Context(), meddled, nil)
			requireCode(t, c.code, err, c.words)
			require.Less(t, len(err.Error()), 600)
			_, _, err = s.CheckCaseFile(t.Context(), meddled, nil)
			requireCode(t, c.code, err, c.words)
			require.Empty(t, vaultFiles(t, s.Home()), "nothing is left behind")
			require.Equal(t, []string{"cases"}, nonEmpty(t, s), "but the inbox")
		})
	}
	s := openNew(t)
	text := filepath.Join(t.TempDir(), "text")
	require.NoError(t, os.WriteFile(text, []byte("just text"), 0o600))
	_, err := s.ImportCase(t.Context(), text, nil)
	requireCode(t, storage.Invalid, err, "not a case file")
	_, err = s.ImportCase(t.Context(), text+"2", nil)
	requireCode(t, storage.NotFound, err)
	content, err := os.ReadFile(path)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(text, content[:len(content)/2], 0o600))
	_, err = s.ImportCase(t.Context(), text, nil)
	requireCode(t, storage.Invalid, err, "cut off")
}

// A case file whose case has another id, but whose exhibits are here already, changes nothing.
func TestImportOfKnownExhibits(t *testing.T) {
	path, want := exported(t)
	s, ctx := openNew(t), t.Context()
	_, err := s.ImportCase(ctx, path, nil)
	require.NoError(t, err)
	list := unzip(t, path)
	list[0].content = bytes.ReplaceAll(list[0].content, []byte(want.Case.ID), []byte(storage.NewID()))
	_, err = s.ImportCase(ctx, rezip(t, list), nil)
	requireCode(t, storage.Conflict, err, "here already")
	cases, err := s.Cases(ctx, storage.Page{})
	require.NoError(t, err)
	require.Len(t, cases, 2)
	require.Len(t, vaultFiles(t, s.Home()), 2)
	readCase(t, s, want.Case.ID)
}

// nonEmpty lists what of the tables of cases has rows.
func nonEmpty(t *testing.T, s *storage.Store) (names []string) {
	t.Helper()
	cases, err := s.Cases(t.Context(), storage.Page{})
	require.NoError(t, err)
	require.Len(t, cases, 1)
	names = append(names, "cases")
	files, err := s.VaultFiles(t.Context(), storage.Page{})
	require.NoError(t, err)
	if len(files) > 0 {
		names = append(names, "vault_files")
	}
	return names
}

func FuzzCaseFile(f *testing.F) {
	f.Add([]byte(`{"header":{"kind":"spoor case","version":1}}` + "\n" +
		`{"case":{"ID":"0660f4d8b04eeb56ced5f7c7","Name":"c","State":"draft"}}` + "\n" + `{"end":{"rows":2}}`))
	f.Fuzz(func(t *testing.T, rows []byte) {
		s := openNew(t)
		var b bytes.Buffer
		z := zip.NewWriter(&b)
		w, err := z.Create("case.jsonl")
		require.NoError(t, err)
		_, err = w.Write(rows)
		require.NoError(t, err)
		require.NoError(t, z.Close())
		path := filepath.Join(t.TempDir(), "case")
		require.NoError(t, os.WriteFile(path, b.Bytes(), 0o600))
		if c, err := s.ImportCase(t.Context(), path, nil); err == nil {
			_, err := s.Case(t.Context(), c.ID)
			require.NoError(t, err)
		} else {
			require.NotEqual(t, storage.Internal, storage.CodeOf(err), "%v", err)
		}
	})
}
