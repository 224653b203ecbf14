// SPDX-License-Identifier: AGPL-3.0-or-later

package storage

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"iter"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// MaxTag is the longest tag, in bytes.
const MaxTag = 256

// Tag names the recipient of one copy.
type Tag struct {
	Ordinal   int64  // place in the title's registry, from 1, without gaps
	Text      string // see ValidTag; unique within a title
	Name      string // who that is
	Company   string
	Email     string
	Note      string
	CreatedAt time.Time
	IssuedAt  *time.Time // when its first copy was made; nil before
}

// ValidTag returns nil for a text that can be a tag: 1 to 256 bytes of UTF-8
// without control characters.
func ValidTag(text string) error {
	switch {
	case text == "":
		return errorf(Invalid, "a tag is empty")
	case len(text) > MaxTag:
		return errorf(Invalid, "the tag %.40q... is %d bytes long, %d are allowed", text, len(text), MaxTag)
	case !utf8.ValidString(text):
		return errorf(Invalid, "the tag %q is not valid UTF-8", text)
	case strings.ContainsFunc(text, func(r rune) bool { return unicode.IsControl(r) || r == '\u2028' || r == '\u2029' }):
		return errorf(Invalid, "the tag %q has a control character", text)
	}
	return nil
}

func (t *Tag) check() error {
	return cmp.Or(
		ValidTag(t.Text),
		checkLine("name of a tag", t.Name, maxName),
		checkLine("company of a tag", t.Company, maxName),
		checkLine("email of a tag", t.Email, maxName),
		checkText("note of a tag", t.Note, maxNote),
	)
}

const tagColumns = `ordinal, text, name, company, email, note, created_at, issued_at`

const selectTags = `select ` + tagColumns + ` from tags where `

func scanTag(t *Tag, scan func(...any) error) error {
	var created int64
	var issued sql.NullInt64
	err := scan(&t.Ordinal, &t.Text, &t.Name, &t.Company, &t.Email, &t.Note, &created, &issued)
	t.CreatedAt, t.IssuedAt = fromMillis(created), fromMillisOrNil(issued)
	return err
}

const (
	// tagChunk tags are one transaction: other programs get their turn several
	// times a second while millions are added.
	tagChunk = 20_000
	// tagRows rows are one statement, which saves most of the cost of a row.
	tagRows = 250
	// tagPage tags are read at a time, so that a slow consumer holds no transaction open.
	tagPage = 5000
)

// Added is the outcome of [Store.AddTags].
type Added struct {
	Tags       int64 // new in the registry
	Duplicates int64 // there already, or earlier in the same list; left as they were
}

// AddTags appends tags to a title's registry in the order of the sequence; only
// Text, Name, Company, Email and Note are read. It may be a million: they are
// streamed. On an error, of the sequence or of a tag, the tags before it are
// in; giving the same list again adds the rest, since tags that are there count as
// duplicates and are no error. The count is right in any case.
func (s *Store) AddTags(ctx context.Context, titleID string, tags iter.Seq2[Tag, error]) (Added, error) {
	var total Added
	if err := s.classify("adding tags", requireTitle(ctx, s.read, titleID)); err != nil {
		return total, err
	}
	var row int
	var failed error
	chunk := make([]Tag, 0, tagChunk)
	flush := func() error {
		added, err := s.addChunk(ctx, titleID, chunk)
		total.Tags, total.Duplicates = total.Tags+added.Tags, total.Duplicates+added.Duplicates
		chunk = chunk[:0]
		return err
	}
	for tag, err := range tags {
		row++
		if failed = cmp.Or(err, tag.check()); failed != nil {
			break
		}
		if chunk = append(chunk, tag); len(chunk) < tagChunk {
			continue
		}
		if err := flush(); err != nil {
			return total, err
		}
	}
	if err := flush(); err != nil {
		return total, err
	}
	if failed != nil {
		return total, &Error{Code: codeOr(failed, Invalid), Message: fmt.Sprintf("tag %d of the list", row), Err: failed}
	}
	return total, nil
}

// codeOr is the code of an error of this package, another one for others.
func codeOr(err error, other Code) Code {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code
	}
	return other
}

func (s *Store) addChunk(ctx context.Context, titleID string, chunk []Tag) (Added, error) {
	if len(chunk) == 0 {
		return Added{}, nil
	}
	var added Added
	err := s.change(ctx, "adding tags", func(tx *sql.Tx) error {
		if err := requireTitle(ctx, tx, titleID); err != nil {
			return err
		}
		w := tagWriter{tx: tx, titleID: titleID, at: now().UnixMilli()}
		if err := w.open(ctx); err != nil {
			return err
		}
		defer w.close()
		for rest := chunk; len(rest) > 0; {
			n := min(tagRows, len(rest))
			if err := w.add(ctx, rest[:n]); err != nil {
				return err
			}
			rest = rest[n:]
		}
		added = Added{Tags: w.added, Duplicates: int64(len(chunk)) - w.added}
		return nil
	})
	if err != nil {
		return Added{}, err
	}
	return added, nil
}

// A tagWriter adds the tags of one transaction.
type tagWriter struct {
	tx      *sql.Tx
	titleID string
	at      int64
	last    int64 // highest ordinal
	added   int64
	// repeated says that the last rows had duplicates; then the next ones
	// likely have too, as when a list is given again.
	repeated bool
	many     *sql.Stmt // tagRows rows at once
	one      *sql.Stmt
}

func (w *tagWriter) open(ctx context.Context) error {
	err := w.tx.QueryRowContext(ctx, `select coalesce(max(ordinal), 0) from tags where title_id = $1`, w.titleID).Scan(&w.last)
	if err != nil {
		return err
	}
	if w.many, err = w.tx.PrepareContext(ctx, insertTags(tagRows)); err != nil {
		return err
	}
	w.one, err = w.tx.PrepareContext(ctx, insertTags(1))
	return err
}

func (w *tagWriter) close() {
	for _, statement := range []*sql.Stmt{w.many, w.one} {
		if statement != nil {
			_ = statement.Close()
		}
	}
}

// insertTags is the statement that inserts so many rows.
func insertTags(rows int) string {
	var b strings.Builder
	b.WriteString(`insert into tags (title_id, ordinal, text, name, company, email, note, created_at) values `)
	for i := range rows {
		if i > 0 {
			b.WriteByte(',')
		}
		n := 8 * i
		fmt.Fprintf(&b, "($%d,$%d,$%d,$%d,$%d,$%d,$%d,$%d)", n+1, n+2, n+3, n+4, n+5, n+6, n+7, n+8)
	}
	b.WriteString(` on conflict (title_id, text) do nothing`)
	return b.String()
}

// add tries to insert many rows in one statement, which is right if none is a
// duplicate; otherwise their ordinals would have gaps, so the statement is taken back
// and the rows go one by one.
func (w *tagWriter) add(ctx context.Context, tags []Tag) error {
	if len(tags) == tagRows && !w.repeated {
		done, err := w.addMany(ctx, tags)
		if done || err != nil {
			return err
		}
	}
	before := w.added
	defer func() { w.repeated = w.added-before < int64(len(tags)) }()
	for i := range tags {
		n, err := w.insert(ctx, w.one, tags[i:i+1])
		if err != nil {
			return err
		}
		w.last, w.added = w.last+n, w.added+n
	}
	return nil
}

func (w *tagWriter) addMany(ctx context.Context, tags []Tag) (bool, error) {
	if _, err := w.tx.ExecContext(ctx, `savepoint many`); err != nil {
		return false, err
	}
	n, err := w.insert(ctx, w.many, tags)
	if err != nil {
		return false, err
	}
	if n == int64(len(tags)) {
		w.last, w.added = w.last+n, w.added+n
		_, err = w.tx.ExecContext(ctx, `release savepoint many`)
		return true, err
	}
	_, err = w.tx.ExecContext(ctx, `rollback to savepoint many`)
	return false, err
}

// insert returns how many of the tags were new.
func (w *tagWriter) insert(ctx context.Context, statement *sql.Stmt, tags []Tag) (int64, error) {
	args := make([]any, 0, 8*len(tags))
	for i, t := range tags {
		args = append(args, w.titleID, w.last+1+int64(i), t.Text, t.Name, t.Company, t.Email, t.Note, w.at)
	}
	result, err := statement.ExecContext(ctx, args...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// Tag returns a tag of a title by its text. Error: NotFound.
func (s *Store) Tag(ctx context.Context, titleID, text string) (Tag, error) {
	return s.tag(ctx, `the tag "`+text+`"`, selectTags+`title_id = $1 and text = $2`, titleID, text)
}

// TagByOrdinal returns a tag of a title by its place in the registry, from 1.
// Error: NotFound.
func (s *Store) TagByOrdinal(ctx context.Context, titleID string, ordinal int64) (Tag, error) {
	return s.tag(ctx, fmt.Sprintf("tag number %d", ordinal), selectTags+`title_id = $1 and ordinal = $2`, titleID, ordinal)
}

func (s *Store) tag(ctx context.Context, what, query, titleID string, key any) (Tag, error) {
	var t Tag
	err := scanTag(&t, s.read.QueryRowContext(ctx, query, titleID, key).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return Tag{}, errorf(NotFound, "%s is not registered for the title %s", what, titleID)
	}
	return t, s.classify("looking for "+what, err)
}

// Tags lists tags of a title in registry order, beginning after an ordinal (0
// for the start), limit as in [Page].
func (s *Store) Tags(ctx context.Context, titleID string, after int64, limit int) ([]Tag, error) {
	tags, err := s.tagsAfter(ctx, titleID, after, Page{Limit: limit}.limit())
	return tags, s.classify("listing tags", err)
}

func (s *Store) tagsAfter(ctx context.Context, titleID string, after int64, limit int) ([]Tag, error) {
	return collect(ctx, s.read, scanTag, selectTags+`title_id = $1 and ordinal > $2 order by ordinal limit $3`,
		titleID, after, limit)
}

// EachTag yields all tags of a title in registry order, beginning after an
// ordinal (0 for the start). Tags added meanwhile are seen; an error ends the sequence.
func (s *Store) EachTag(ctx context.Context, titleID string, after int64) iter.Seq2[Tag, error] {
	return paged(after, func(after int64) ([]Tag, error) {
		tags, err := s.tagsAfter(ctx, titleID, after, tagPage)
		return tags, s.classify("reading tags", err)
	})
}

// EachTagText yields only the texts, in the same order and three times as fast:
// what a registry of codewords is built from.
func (s *Store) EachTagText(ctx context.Context, titleID string, after int64) iter.Seq2[string, error] {
	scan := func(text *string, scan func(...any) error) error { return scan(text) }
	return paged(after, func(after int64) ([]string, error) {
		texts, err := collect(ctx, s.read, scan, `select text from tags where title_id = $1 and ordinal > $2 order by ordinal limit $3`,
			titleID, after, tagPage)
		return texts, s.classify("reading tags", err)
	})
}

// paged yields page after page; ordinals have no gaps, so the next page begins
// where this one's length says.
func paged[T any](after int64, page func(after int64) ([]T, error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for at := after; ; {
			items, err := page(at)
			if err != nil {
				var none T
				yield(none, err)
				return
			}
			for _, item := range items {
				if !yield(item, nil) {
					return
				}
			}
			if len(items) < tagPage {
				return
			}
			at += int64(len(items))
		}
	}
}

// TagCount returns how many tags a title has; of an unknown title, 0.
func (s *Store) TagCount(ctx context.Context, titleID string) (int64, error) {
	var n int64
	err := s.read.QueryRowContext(ctx, `select coalesce(max(ordinal), 0) from tags where title_id = $1`, titleID).Scan(&n)
	return n, s.classify("counting tags", err)
}

// IssuedCount returns how many tags of a title have a copy.
func (s *Store) IssuedCount(ctx context.Context, titleID string) (int64, error) {
	var n int64
	err := s.read.QueryRowContext(ctx, `select count(*) from tags where title_id = $1 and issued_at is not null`, titleID).Scan(&n)
	return n, s.classify("counting issued tags", err)
}
