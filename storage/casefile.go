// SPDX-License-Identifier: AGPL-3.0-or-later

package storage

import (
	"archive/zip"
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// A case as one file is a ZIP archive with
//
//	case.jsonl          one JSON object a line: first what the file is, then the case and everything in it
//	files/<sha256>      the evidence, and pictures of pages, uncompressed, each named by its hash
//
// so that it can be read without this program. Keys and registries are not in it: findings are, with the texts of their
// tags.
const (
	caseFileKind    = "spoor case"
	caseFileVersion = 1
	caseRowsName    = "case.jsonl"
	caseFilesDir    = "files/"
)

// caseRow is a line of case.jsonl. One of its fields is there.
type caseRow struct {
	Header    *caseHeader   `json:"header,omitempty"`
	Case      *Case         `json:"case,omitempty"`
	File      *VaultFile    `json:"file,omitempty"`
	Exhibit   *caseExhibit  `json:"exhibit,omitempty"`
	Bookmark  *Bookmark     `json:"bookmark,omitempty"`
	Backtrace *caseRun      `json:"backtrace,omitempty"`
	Note      *Note         `json:"note,omitempty"`
	End       *caseFileEnds `json:"end,omitempty"`
}

// caseHeader says what the file is.
type caseHeader struct {
	Kind     string    `json:"kind"`
	Version  int       `json:"version"`
	Exported time.Time `json:"exported"`
}

// caseExhibit is a piece of evidence with what is on record about it. JSON that the store keeps is text here: it comes
// back byte for byte.
type caseExhibit struct {
	Evidence
	Container   string
	Sources     []Source     `json:",omitempty"`
	Acquisition *Acquisition `json:",omitempty"`
}

// caseRun is a backtrace with what was found.
type caseRun struct {
	Backtrace
	Params   string
	Versions string
	Record   string        `json:",omitempty"`
	Findings []caseFinding `json:",omitempty"`
}

type caseFinding struct {
	Finding
	Spans string
}

func newCaseRun(b Backtrace, record json.RawMessage, findings []Finding) *caseRun {
	r := &caseRun{Backtrace: b, Params: string(b.Params), Versions: string(b.Versions), Record: string(record)}
	for _, f := range findings {
		r.Findings = append(r.Findings, caseFinding{f, string(f.Spans)})
	}
	return r
}

func (r *caseRun) backtrace() Backtrace {
	b := r.Backtrace
	b.Params, b.Versions, b.Record = rawJSON(r.Params), rawJSON(r.Versions), rawJSON(r.Record)
	return b
}

func (r *caseRun) findings() []Finding {
	var list []Finding
	for _, f := range r.Findings {
		f.Finding.Spans = rawJSON(f.Spans)
		list = append(list, f.Finding)
	}
	return list
}

// caseFileEnds is the last line: what was cut off does not have it.
type caseFileEnds struct {
	Rows int64 `json:"rows"`
}

// ExportCase writes a case with all its evidence into a new file, which appears under its name when it is complete.
// Evidence is hashed on the way: what was altered is not exported. Errors: NotFound, Exists, Damaged, Full, Denied.
func (s *Store) ExportCase(ctx context.Context, caseID, path string, progress func(done, total int64)) error {
	return s.classify("exporting a case to "+path, s.exportCase(ctx, caseID, path, progress))
}

func (s *Store) exportCase(ctx context.Context, caseID, path string, progress func(done, total int64)) error {
	if _, err := os.Lstat(path); err == nil {
		return errorf(Exists, "%s is there already: choose another name", path)
	}
	c, _, err := getCase(ctx, s.read, caseID)
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), vaultTempPattern)
	if err != nil {
		return err
	}
	defer func() { _, _ = f.Close(), os.Remove(f.Name()) }() // after the end there is nothing of that name
	out := bufio.NewWriterSize(f, 1<<20)
	w := caseWriter{s: s, zip: zip.NewWriter(out), progress: progress}
	if err := w.write(ctx, &c); err != nil {
		return err
	}
	if err := errors.Join(w.zip.Close(), out.Flush(), f.Sync()); err != nil {
		return err
	}
	if err := os.Link(f.Name(), path); err != nil { // a name that is in use is not taken away
		if errors.Is(err, fs.ErrExist) {
			return errorf(Exists, "%s is there already: choose another name", path)
		}
		if err := os.Rename(f.Name(), path); err != nil { // a disk without links
			return err
		}
	}
	return syncFolder(filepath.Dir(path))
}

type caseWriter struct {
	s           *Store
	zip         *zip.Writer
	rows        *json.Encoder
	count       int64
	files       []VaultFile
	done, total int64
	progress    func(done, total int64)
}

func (w *caseWriter) row(r caseRow) error {
	w.count++
	return w.rows.Encode(r)
}

func (w *caseWriter) write(ctx context.Context, c *Case) error {
	member, err := w.zip.Create(caseRowsName)
	if err != nil {
		return err
	}
	w.rows = json.NewEncoder(member)
	w.rows.SetEscapeHTML(false)
	if err := w.row(caseRow{Header: &caseHeader{caseFileKind, caseFileVersion, now()}}); err != nil {
		return err
	}
	if err := w.row(caseRow{Case: c}); err != nil {
		return err
	}
	if err := w.listFiles(ctx, c.ID); err != nil {
		return err
	}
	if err := eachPage(func(p Page) ([]Evidence, error) { return w.s.EvidenceOfCase(ctx, c.ID, p) },
		func(e Evidence) string { return e.ID }, func(e Evidence) error { return w.exhibit(ctx, e) }); err != nil {
		return err
	}
	if err := eachPage(func(p Page) ([]Note, error) { return w.s.Notes(ctx, c.ID, p) },
		func(n Note) string { return n.ID }, func(n Note) error { return w.row(caseRow{Note: &n}) }); err != nil {
		return err
	}
	if err := w.row(caseRow{End: &caseFileEnds{w.count}}); err != nil {
		return err
	}
	for i := range w.files {
		if err := w.file(ctx, &w.files[i]); err != nil {
			return err
		}
	}
	return nil
}

// eachPage goes through a list page by page.
func eachPage[T any](list func(Page) ([]T, error), id func(T) string, do func(T) error) error {
	for p := (Page{Limit: 1000}); ; {
		some, err := list(p)
		if err != nil {
			return err
		}
		for _, one := range some {
			if err := do(one); err != nil {
				return err
			}
		}
		if len(some) < p.Limit {
			return nil
		}
		p.After = id(some[len(some)-1])
	}
}

// listFiles lists what of the vault belongs to the case. Evidence that came in before there was a vault has no file.
func (w *caseWriter) listFiles(ctx context.Context, caseID string) error {
	list, err := filesOfCase(ctx, w.s.read, caseID)
	if err != nil {
		return err
	}
	for _, sha := range list {
		v, err := w.s.VaultFile(ctx, sha)
		if CodeOf(err) == NotFound {
			continue
		}
		if err != nil {
			return err
		}
		w.files, w.total = append(w.files, v), w.total+v.Size
		if err := w.row(caseRow{File: &v}); err != nil {
			return err
		}
	}
	return nil
}

func (w *caseWriter) exhibit(ctx context.Context, e Evidence) error {
	x := caseExhibit{Evidence: e, Container: string(e.Container)}
	var err error
	if x.Sources, err = w.s.Sources(ctx, e.ID); err != nil {
		return err
	}
	if x.Acquisition, err = w.s.Acquisition(ctx, e.ID); err != nil {
		return err
	}
	if err := w.row(caseRow{Exhibit: &x}); err != nil {
		return err
	}
	marks, err := w.s.Bookmarks(ctx, e.ID)
	if err != nil {
		return err
	}
	for i := range marks {
		if err := w.row(caseRow{Bookmark: &marks[i]}); err != nil {
			return err
		}
	}
	return eachPage(func(p Page) ([]Backtrace, error) { return w.s.BacktracesOfEvidence(ctx, e.ID, p) },
		func(b Backtrace) string { return b.ID }, func(b Backtrace) error {
			found, err := w.s.Findings(ctx, b.ID)
			if err != nil {
				return err
			}
			record, err := w.s.Record(ctx, b.ID)
			if err != nil {
				return err
			}
			return w.row(caseRow{Backtrace: newCaseRun(b, record, found)})
		})
}

// file writes a file of the vault and hashes it meanwhile.
func (w *caseWriter) file(ctx context.Context, v *VaultFile) error {
	path := w.s.VaultPath(*v)
	if st, err := os.Lstat(path); err == nil && v.InPlace == "" && !st.Mode().IsRegular() {
		return errorf(Damaged, "the evidence with the SHA-256 %s was replaced by a link: it is not exported", v.SHA256)
	}
	src, err := openSource(path)
	if errors.Is(err, fs.ErrNotExist) {
		return errorf(NotFound, "the evidence with the SHA-256 %s has vanished: put it back first", v.SHA256)
	}
	if err != nil {
		return err
	}
	defer src.Close()
	member, err := w.zip.CreateHeader(&zip.FileHeader{Name: caseFilesDir + v.SHA256, Method: zip.Store, Modified: v.ModTime})
	if err != nil {
		return err
	}
	sums, err := src.read(ctx, func(done, _ int64) {
		if w.progress != nil {
			w.progress(w.done+done, w.total)
		}
	}, member)
	if err != nil {
		return err
	}
	w.done += src.size
	if sums.SHA256 != v.SHA256 {
		return errorf(Damaged, "the evidence with the SHA-256 %s was altered: it is not exported", v.SHA256)
	}
	return nil
}

// caseReader reads a case file that anybody may have made.
type caseReader struct {
	zip   *zip.ReadCloser
	rows  *zip.File
	files map[string]*zip.File // by SHA-256
}

const (
	longestCaseRow = 48 << 20 // bytes
	mostCaseRows   = 20_000_000
	mostCaseFiles  = 1_000_000
)

// openCaseFile opens a case file and refuses what cannot be one: other names than those that an export has, twice the
// same, links, folders.
func openCaseFile(path string) (*caseReader, error) {
	z, err := zip.OpenReader(path)
	if err != nil {
		if errors.Is(err, zip.ErrFormat) || errors.Is(err, zip.ErrAlgorithm) || errors.Is(err, io.ErrUnexpectedEOF) {
			err = errorf(Invalid, "%s is not a case file, or it was cut off", path)
		}
		return nil, err
	}
	r := &caseReader{zip: z, files: map[string]*zip.File{}}
	if err := r.index(); err != nil {
		return nil, errors.Join(err, z.Close())
	}
	return r, nil
}

func (r *caseReader) index() error {
	if len(r.zip.File) > mostCaseFiles {
		return errorf(Invalid, "the case file has %d members, more than any case", len(r.zip.File))
	}
	for _, f := range r.zip.File {
		if !f.Mode().IsRegular() {
			return errorf(Invalid, "the case file has a member %.100q that is no plain file", f.Name)
		}
		if f.Name == caseRowsName && r.rows == nil {
			r.rows = f
			continue
		}
		sha := ""
		if len(f.Name) > len(caseFilesDir) && f.Name[:len(caseFilesDir)] == caseFilesDir {
			sha = f.Name[len(caseFilesDir):]
		}
		if checkHash(sha) != nil || r.files[sha] != nil {
			return errorf(Invalid, "the case file has a member %.100q, which does not belong there: it is refused", f.Name)
		}
		if f.Method != zip.Store || f.CompressedSize64 != f.UncompressedSize64 {
			return errorf(Invalid, "the member %s of the case file is packed, as none is that this program wrote: it is refused", f.Name)
		}
		r.files[sha] = f
	}
	if r.rows == nil {
		return errorf(Invalid, "the case file has no %s", caseRowsName)
	}
	return nil
}

// each reads the lines of case.jsonl, however long each claims to be.
func (r *caseReader) each(ctx context.Context, do func(caseRow) error) error {
	in, err := r.rows.Open()
	if err != nil {
		return err
	}
	defer in.Close()
	lines := bufio.NewScanner(in)
	lines.Buffer(make([]byte, 64<<10), longestCaseRow)
	var n int64
	ended := false
	for lines.Scan() {
		if err := context.Cause(ctx); err != nil {
			return err
		}
		var row caseRow
		if err := json.Unmarshal(lines.Bytes(), &row); err != nil {
			return errorf(Invalid, "line %d of the case file is not as this program writes it: %v", n+1, err)
		}
		if ended || n > mostCaseRows {
			return errorf(Invalid, "the case file goes on behind its end")
		}
		if row.End != nil {
			if ended = row.End.Rows == n; !ended {
				return errorf(Invalid, "the case file has %d lines instead of %d", n, row.End.Rows)
			}
			continue
		}
		n++
		if err := do(row); err != nil {
			return err
		}
	}
	switch {
	case errors.Is(lines.Err(), bufio.ErrTooLong):
		return errorf(Invalid, "line %d of the case file is longer than %d bytes: it is refused", n+1, longestCaseRow)
	case lines.Err() != nil:
		return errorf(Damaged, "the case file is damaged: %v", lines.Err())
	case !ended:
		return errorf(Invalid, "the case file was cut off")
	}
	return nil
}

// describe is for errors.
func (r *caseRow) describe() string {
	text, err := json.Marshal(r)
	if err != nil {
		return "a row"
	}
	return fmt.Sprintf("%.80s", text)
}
