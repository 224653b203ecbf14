// SPDX-License-Identifier: AGPL-3.0-or-later

package engine

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"strings"
	"unicode/utf8"

	"spoor/engine/media"
	"spoor/storage"
)

// TagImport is the outcome of [Engine.ImportTags].
type TagImport struct {
	storage.Added
	Ignored []string // columns that have no meaning here
}

// ImportTags adds the tags of a CSV file to a title's registry, in the order of the file. The file is UTF-8 with a header
// row: a column tag, and if wanted name, company, email and note; columns are separated by commas, semicolons or tabs.
// It is read through first, so that a file with a fault adds nothing; the error then names the line. Tags that are
// registered already are counted and left as they are.
func (e *Engine) ImportTags(ctx context.Context, title, file string, report func(Progress)) (TagImport, error) {
	var result TagImport
	t, err := e.store.Title(ctx, title)
	if err != nil {
		return result, err
	}
	f, err := openTags(file)
	if err != nil {
		return result, err
	}
	defer f.close()
	if f.size > 0 { // a pipe can be read once only
		if err := f.all(ctx, nil, func(storage.Tag) {}); err != nil {
			return result, err
		}
		if _, err := f.file.Seek(0, io.SeekStart); err != nil {
			return result, openError(file, err)
		}
	}
	meter := newMeter(report, "registering tags", f.size)
	seq, err := f.tags(meter)
	if err != nil {
		return result, err
	}
	result.Ignored = f.ignored
	if result.Added, err = e.store.AddTags(ctx, t.ID, seq); err != nil {
		return result, ended(ctx, f.place(err))
	}
	return result, e.Bind(ctx, t.ID)
}

// AddTags adds tags to a title's registry.
func (e *Engine) AddTags(ctx context.Context, title string, tags iter.Seq2[storage.Tag, error]) (storage.Added, error) {
	t, err := e.store.Title(ctx, title)
	if err != nil {
		return storage.Added{}, err
	}
	added, err := e.store.AddTags(ctx, t.ID, tags)
	if err != nil {
		return added, err
	}
	return added, e.Bind(ctx, t.ID)
}

// ReadTags reads a CSV file of tags as [Engine.ImportTags] takes it, into memory.
func ReadTags(ctx context.Context, file string) ([]storage.Tag, error) {
	f, err := openTags(file)
	if err != nil {
		return nil, err
	}
	defer f.close()
	var list []storage.Tag
	err = f.all(ctx, nil, func(t storage.Tag) { list = append(list, t) })
	return list, err
}

// Tags lists tags of a title in registry order, beginning after an ordinal.
func (e *Engine) Tags(ctx context.Context, title string, after int64) (iter.Seq2[storage.Tag, error], error) {
	t, err := e.store.Title(ctx, title)
	if err != nil {
		return nil, err
	}
	return e.store.EachTag(ctx, t.ID, after), nil
}

// Tag returns a tag of a title by its text. Error: storage.NotFound.
func (e *Engine) Tag(ctx context.Context, titleID, text string) (storage.Tag, error) {
	return e.store.Tag(ctx, titleID, text)
}

// Copies lists the copies of a tag of a title, oldest first.
func (e *Engine) Copies(ctx context.Context, titleID string, ordinal int64) ([]storage.Copy, error) {
	return e.store.Copies(ctx, titleID, ordinal)
}

// tagFile is a CSV file of tags being read.
type tagFile struct {
	name    string
	file    *os.File
	size    int64 // 0 where it cannot be read twice
	rows    *csv.Reader
	columns tagColumns
	ignored []string
	line    int // of the row that was given out last
}

// tagColumns are places in a row; -1 for a column that is not there.
type tagColumns struct{ tag, name, company, email, note, count int }

func openTags(name string) (*tagFile, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, openError(name, err)
	}
	f := &tagFile{name: name, file: file}
	st, err := file.Stat()
	if err == nil && st.IsDir() {
		err = &media.Error{Kind: media.NotRegular, File: name, What: "is a folder", Do: "give a CSV file"}
	}
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	if st.Mode().IsRegular() {
		f.size = st.Size()
	}
	return f, nil
}

func (f *tagFile) close() { _ = f.file.Close() }

// all reads every row and checks it.
func (f *tagFile) all(ctx context.Context, m *meter, each func(storage.Tag)) error {
	seq, err := f.tags(m)
	if err != nil {
		return err
	}
	n := 0
	for tag, err := range seq {
		if err == nil {
			err = storage.ValidTag(tag.Text)
		}
		if err != nil {
			return f.place(err)
		}
		if n++; n%4096 == 0 && ctx.Err() != nil {
			return context.Cause(ctx)
		}
		each(tag)
	}
	return nil
}

// tags reads the header row and gives out the tags of the others.
func (f *tagFile) tags(m *meter) (iter.Seq2[storage.Tag, error], error) {
	if err := f.header(); err != nil {
		return nil, f.place(err)
	}
	return func(yield func(storage.Tag, error) bool) {
		for {
			row, err := f.rows.Read()
			if errors.Is(err, io.EOF) {
				return
			}
			if err == nil {
				f.line, _ = f.rows.FieldPos(0)
				if m != nil && f.line%1024 == 0 {
					m.at(f.rows.InputOffset())
				}
				err = f.columns.check(row)
			}
			if !yield(f.columns.read(row, err), err) || err != nil {
				return
			}
		}
	}, nil
}

// header finds out how the file is written and which columns it has.
func (f *tagFile) header() error {
	f.line = 1
	r := bufio.NewReaderSize(f.file, 1<<16)
	start, err := r.Peek(1 << 12)
	if len(start) == 0 {
		if errors.Is(err, io.EOF) {
			return errors.New("the file is empty; a header row with a column called tag is needed")
		}
		return err
	}
	if bytes.HasPrefix(start, []byte("\xff\xfe")) || bytes.HasPrefix(start, []byte("\xfe\xff")) || bytes.IndexByte(start, 0) >= 0 {
		return errors.New("this is not a text file in UTF-8; save it as CSV UTF-8")
	}
	if bom := []byte("\xef\xbb\xbf"); bytes.HasPrefix(start, bom) {
		if _, err := r.Discard(len(bom)); err != nil {
			return err
		}
		start = start[len(bom):]
	}
	f.rows = csv.NewReader(r)
	f.rows.Comma = separator(start)
	f.rows.FieldsPerRecord = -1
	f.rows.ReuseRecord = true
	names, err := f.rows.Read()
	if errors.Is(err, io.EOF) {
		return errors.New("the file has no header row; a column called tag is needed")
	}
	if err != nil {
		return err
	}
	return f.findColumns(names)
}

// separator is the one that the header row has most of.
func separator(start []byte) rune {
	line, _, _ := bytes.Cut(start, []byte("\n"))
	best, most := ',', 0
	for _, r := range ",;\t" {
		if n := bytes.Count(line, []byte(string(r))); n > most {
			best, most = r, n
		}
	}
	return best
}

func (f *tagFile) findColumns(names []string) error {
	c := tagColumns{-1, -1, -1, -1, -1, len(names)}
	f.ignored = nil
	for i, name := range names {
		var place *int
		switch strings.ToLower(strings.TrimSpace(name)) {
		case "tag":
			place = &c.tag
		case "name":
			place = &c.name
		case "company":
			place = &c.company
		case "email", "e-mail":
			place = &c.email
		case "note":
			place = &c.note
		default:
			f.ignored = append(f.ignored, strings.Clone(name))
			continue
		}
		if *place >= 0 {
			return fmt.Errorf("the header row has the column %q twice", name)
		}
		*place = i
	}
	if c.tag < 0 {
		return fmt.Errorf("the header row has no column called tag, but %q", names)
	}
	f.columns = c
	return nil
}

// check refuses rows that would be misread.
func (c tagColumns) check(row []string) error {
	if len(row) > c.count {
		return fmt.Errorf("%d columns where the header row has %d; put a text with a separator in it between double quotes",
			len(row), c.count)
	}
	for _, field := range row {
		if !utf8.ValidString(field) {
			return fmt.Errorf("%q is not UTF-8", field)
		}
	}
	return nil
}

// read makes a tag of a row, whose memory is used again.
func (c tagColumns) read(row []string, err error) storage.Tag {
	if err != nil {
		return storage.Tag{}
	}
	field := func(i int) string {
		if i < 0 || i >= len(row) {
			return ""
		}
		return row[i]
	}
	return storage.Tag{Text: field(c.tag), Name: field(c.name), Company: field(c.company), Email: field(c.email), Note: field(c.note)}
}

// place says where in the file an error is.
func (f *tagFile) place(err error) error {
	if e, ok := errors.AsType[*csv.ParseError](err); ok {
		return refuse(storage.Invalid, fmt.Sprintf("%q, line %d: %v", f.name, cmp.Or(e.Line, e.StartLine), e.Err))
	}
	if e, ok := errors.AsType[*storage.Error](err); ok {
		if e.Code != storage.Invalid {
			return err
		}
		if e.Err != nil {
			err = e.Err // without the number in the list, which the line says better
		}
	}
	return refuse(storage.Invalid, fmt.Sprintf("%q, line %d: %v", f.name, f.line, err))
}
