// SPDX-License-Identifier: AGPL-3.0-or-later

package storage

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"time"
)

// ImportCase takes in a case that was exported, from this program's or another home. Everything is checked before
// anything changes: the form of the file, every row as if it were added here, and every hash of the evidence. The case
// keeps its id; where another case has its name, it is told apart by a number. Backtraces that were not finished count
// as cancelled. Errors: Invalid for a file that is no export or was meddled with, Damaged, Newer, Exists where the case
// is here already, Conflict where something of it is.
func (s *Store) ImportCase(ctx context.Context, path string, progress func(done, total int64)) (Case, error) {
	c, err := s.importCase(ctx, path, progress)
	return c, s.classify("importing the case of "+path, err)
}

func (s *Store) importCase(ctx context.Context, path string, progress func(done, total int64)) (Case, error) {
	r, err := openCaseFile(path)
	if err != nil {
		return Case{}, err
	}
	defer r.zip.Close()
	check := newCaseCheck(r)
	if err := check.all(ctx); err != nil {
		return Case{}, err
	}
	if _, _, err := getCase(ctx, s.read, check.c.ID); err == nil {
		return Case{}, errorf(Exists, "the case %s is here already, with the id %s", check.c.Name, check.c.ID)
	} else if CodeOf(err) != NotFound {
		return Case{}, err
	}
	fresh, err := s.importFiles(ctx, check, progress)
	if err == nil {
		err = s.importRows(ctx, r, &check.c)
	}
	if err != nil {
		return Case{}, errors.Join(err, s.forget(ctx, fresh))
	}
	return check.c, nil
}

// CheckCaseFile checks a case file as [Store.ImportCase] does, every hash included, and changes nothing. It returns the
// case and the number of files.
func (s *Store) CheckCaseFile(ctx context.Context, path string, progress func(done, total int64)) (Case, int, error) {
	r, err := openCaseFile(path)
	if err != nil {
		return Case{}, 0, s.classify("checking "+path, err)
	}
	defer r.zip.Close()
	check := newCaseCheck(r)
	err = check.all(ctx)
	if err == nil {
		err = s.eachCaseFile(ctx, check, progress, func(*VaultFile, *vaultTemp) error { return nil })
	}
	return check.c, len(check.files), s.classify("checking "+path, err)
}

// caseCheck goes through the rows of a case file before any is stored.
type caseCheck struct {
	r        *caseReader
	first    bool
	c        Case
	files    []VaultFile
	bytes    int64
	known    map[string]bool // hashes of files
	exhibits map[string]bool // ids
	ids      map[string]bool // of all else
}

func newCaseCheck(r *caseReader) *caseCheck {
	return &caseCheck{r: r, first: true, known: map[string]bool{}, exhibits: map[string]bool{}, ids: map[string]bool{}}
}

func (k *caseCheck) all(ctx context.Context) error {
	if err := k.r.each(ctx, k.row); err != nil {
		return err
	}
	if k.c.ID == "" {
		return errorf(Invalid, "the case file has no case in it")
	}
	for sha := range k.r.files {
		if !k.known[sha] {
			return errorf(Invalid, "the case file has a file %s that nothing speaks of", sha)
		}
	}
	return nil
}

func (k *caseCheck) row(row caseRow) error {
	if k.first {
		k.first = false
		h := row.Header
		switch {
		case h == nil || h.Kind != caseFileKind:
			return errorf(Invalid, "the file does not say that it is a case")
		case h.Version > caseFileVersion:
			return errorf(Newer, "the case file was written by a newer version of the program (form %d; this one knows %d): update it",
				h.Version, caseFileVersion)
		}
		return nil
	}
	var err error
	switch {
	case row.Case != nil:
		err = k.caseRow(row.Case)
	case k.c.ID == "":
		err = errors.New("it comes before the case")
	case row.File != nil:
		err = k.file(row.File)
	case row.Exhibit != nil:
		err = k.exhibit(row.Exhibit)
	case row.Bookmark != nil:
		b := row.Bookmark
		err = cmp.Or(k.id(b.ID), k.of(b.EvidenceID), checkText("bookmark", b.Text, maxNote),
			checkLine("author", b.Author, maxName), checkTimes(b.CreatedAt))
		if b.At < 0 {
			err = cmp.Or(err, errors.New("a bookmark lies before the beginning"))
		}
	case row.Backtrace != nil:
		err = k.run(row.Backtrace)
	case row.Note != nil:
		n := row.Note
		err = cmp.Or(k.id(n.ID), checkText("note", n.Text, maxNote), checkLine("author", n.Author, maxName), checkTimes(n.CreatedAt))
		if n.CaseID != k.c.ID {
			err = cmp.Or(err, errors.New("a note is of another case"))
		}
	default:
		err = errors.New("it says nothing")
	}
	if err != nil {
		return errorf(Invalid, "the case file is refused: %v, in %s", err, row.describe())
	}
	return nil
}

func (k *caseCheck) caseRow(c *Case) error {
	if k.c.ID != "" {
		return errors.New("there is a second case")
	}
	k.c = *c
	if c.ReviewedAt != nil {
		if err := checkTimes(*c.ReviewedAt); err != nil {
			return err
		}
	}
	return cmp.Or(k.id(c.ID), checkName("case", c.Name), checkLine("examiner", c.Examiner, maxName), checkLine("number", c.Number, maxName),
		checkLine("reviewer", c.Reviewer, maxName), c.State.check(), checkTimes(c.CreatedAt, c.UpdatedAt))
}

// id refuses what is no id, and one that is there twice.
func (k *caseCheck) id(id string) error {
	if !IsID(id) {
		return errors.New("it has no id")
	}
	if k.ids[id] {
		return errors.New("its id is there twice")
	}
	k.ids[id] = true
	return nil
}

// of refuses what belongs to no exhibit that came before.
func (k *caseCheck) of(evidenceID string) error {
	if !k.exhibits[evidenceID] {
		return errors.New("it belongs to no exhibit of the case")
	}
	return nil
}

func (k *caseCheck) file(v *VaultFile) error {
	member := k.r.files[v.SHA256]
	switch {
	case checkHash(v.SHA256) != nil || len(v.SHA512) != 128 || v.Size < 0:
		return errors.New("a file has no hashes")
	case member == nil || member.UncompressedSize64 != uint64(v.Size):
		return errors.New("a file is missing, or not as long as it should be")
	case k.known[v.SHA256]:
		return errors.New("a file is there twice")
	}
	k.known[v.SHA256] = true
	k.files, k.bytes = append(k.files, *v), k.bytes+v.Size
	return checkTimes(v.CreatedAt)
}

func (k *caseCheck) exhibit(x *caseExhibit) error {
	if x.CaseID != k.c.ID || x.Size < 0 {
		return errors.New("an exhibit is of another case")
	}
	k.exhibits[x.ID] = true
	err := cmp.Or(k.id(x.ID), checkText("path", x.Path, maxPath), checkLine("file name", x.FileName, maxPath), checkHash(x.SHA256),
		checkJSON("facts", rawJSON(x.Container)), checkTimes(x.CreatedAt))
	for i := range x.Sources {
		err = cmp.Or(err, checkLine("name of a source", x.Sources[i].Name, maxPath), checkHash(x.Sources[i].SHA256))
	}
	if a := x.Acquisition; a != nil {
		err = cmp.Or(err, a.check(), checkTimes(a.UpdatedAt))
		for _, t := range []*time.Time{a.PostedAt, a.CapturedAt} {
			if t != nil {
				err = cmp.Or(err, checkTimes(*t))
			}
		}
	}
	return err
}

func (k *caseCheck) run(r *caseRun) error {
	b, findings := r.backtrace(), r.findings()
	err := cmp.Or(k.id(b.ID), k.of(b.EvidenceID), b.check(), checkJSON("record", b.Record), checkTimes(b.CreatedAt, b.UpdatedAt))
	if b.FinishedAt != nil {
		err = cmp.Or(err, checkTimes(*b.FinishedAt))
	}
	if b.ParamsHash != HashParams(b.Params) {
		err = cmp.Or(err, errors.New("the parameters of a backtrace are not those of its hash"))
	}
	if len(findings) > 0 && b.Status != Success {
		err = cmp.Or(err, errors.New("a backtrace that did not succeed has findings"))
	}
	for i := range findings {
		err = cmp.Or(err, findings[i].check(), checkLine("title", findings[i].TitleID, maxName))
	}
	return cmp.Or(err, checkLine("title", b.TitleID, maxName))
}

// checkTimes refuses times that no clock shows.
func checkTimes(list ...time.Time) error {
	for _, t := range list {
		if t.Year() < 1970 || t.Year() > 9999 {
			return errors.New("a time is not possible")
		}
	}
	return nil
}

// eachCaseFile copies every file into a file of the vault that has no name yet, and checks its hashes.
func (s *Store) eachCaseFile(
	ctx context.Context, k *caseCheck, progress func(done, total int64), do func(*VaultFile, *vaultTemp) error,
) error {
	dir, err := s.below(vaultName, nil)
	if err != nil {
		return err
	}
	var done int64
	for i := range k.files {
		v := &k.files[i]
		if err := s.caseFile(ctx, k, v, dir, func(n int64) {
			if progress != nil {
				progress(done+n, k.bytes)
			}
		}, do); err != nil {
			return err
		}
		done += v.Size
	}
	return nil
}

func (s *Store) caseFile(
	ctx context.Context, k *caseCheck, v *VaultFile, dir string, report func(int64), do func(*VaultFile, *vaultTemp) error,
) error {
	in, err := k.r.files[v.SHA256].Open()
	if err != nil {
		return err
	}
	defer in.Close()
	temp, err := newVaultTemp(dir)
	if err != nil {
		return err
	}
	defer temp.drop()
	h := newHasher()
	err = spread(ctx, memberReader{in, v.SHA256}, v.Size, func(n int64) error {
		if n > v.Size {
			return errorf(Invalid, "the file %s is longer than the case file says", v.SHA256)
		}
		report(n)
		return nil
	}, temp, h.short, h.long)
	if err != nil {
		return err
	}
	if got := h.sums(); got.SHA256 != v.SHA256 || got.SHA512 != v.SHA512 {
		return errorf(Damaged, "the file %s in the case file was altered: its hash is %s", v.SHA256, got.SHA256)
	}
	if err := temp.seal(v.ModTime); err != nil {
		return err
	}
	return do(v, temp)
}

// memberReader reads a file of a case file, and says which one it is that cannot be read.
type memberReader struct {
	io.Reader
	sha256 string
}

func (m memberReader) Read(p []byte) (int, error) {
	n, err := m.Reader.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		err = errorf(Damaged, "the file %s in the case file is damaged: %v", m.sha256, err)
	}
	return n, err
}

// importFiles takes the files into the vault, and returns those that were not there before.
func (s *Store) importFiles(ctx context.Context, k *caseCheck, progress func(done, total int64)) (fresh []string, err error) {
	err = s.eachCaseFile(ctx, k, progress, func(v *VaultFile, temp *vaultTemp) error {
		path := s.vaultPath(v.SHA256)
		if err := makeVaultFolder(filepath.Dir(path)); err != nil {
			return err
		}
		return s.change(ctx, "taking a file of an imported case into the vault", func(tx *sql.Tx) error {
			old, err := getVaultFile(ctx, tx, v.SHA256)
			switch {
			case err == nil && old.InPlace == "":
				return temp.keep(path, v.Size, false)
			case err != nil && CodeOf(err) != NotFound:
				return err
			case err != nil:
				fresh = append(fresh, v.SHA256)
			}
			put := *v
			put.InPlace, put.CreatedAt = "", now()
			if err := putVaultFile(ctx, tx, &put); err != nil {
				return err
			}
			return temp.keep(path, v.Size, false)
		})
	})
	return fresh, err
}

// forget takes files out of the vault again that came in for nothing.
func (s *Store) forget(ctx context.Context, files []string) error {
	if len(files) == 0 {
		return nil
	}
	ctx = context.WithoutCancel(ctx)
	err := s.change(ctx, "forgetting files of a case that was not imported", func(tx *sql.Tx) error {
		_, err := doom(ctx, tx, files)
		return err
	})
	if err != nil {
		return err
	}
	return s.removeDoomed(ctx)
}

// importRows stores all rows in one transaction.
func (s *Store) importRows(ctx context.Context, r *caseReader, c *Case) error {
	return s.change(ctx, "importing the case "+c.Name, func(tx *sql.Tx) error {
		if _, _, err := getCase(ctx, tx, c.ID); err == nil {
			return errorf(Exists, "the case %s is here already, with the id %s", c.Name, c.ID)
		}
		name, err := freeCaseName(ctx, tx, c.Name)
		if err != nil {
			return err
		}
		c.Name = name
		return r.each(ctx, func(row caseRow) error { return importRow(ctx, tx, c, row) })
	})
}

// freeCaseName is the name itself, or with a number where another case has it.
func freeCaseName(ctx context.Context, tx *sql.Tx, name string) (string, error) {
	for n, free := 2, name; ; n++ {
		var twins int
		if err := tx.QueryRowContext(ctx, `select count(*) from cases where name = $1`, free).Scan(&twins); err != nil {
			return "", err
		}
		if twins == 0 {
			return free, nil
		}
		free = fmt.Sprintf("%s (%d)", name, n)
	}
}

func importRow(ctx context.Context, tx *sql.Tx, c *Case, row caseRow) error {
	insert := func(table, columns string, values ...any) error {
		result, err := tx.ExecContext(ctx, insertInto(table, columns)+` on conflict do nothing`, values...)
		return exactlyOne(result, err, "something of the case is here already, in another case (%s)", table)
	}
	switch {
	case row.Case != nil:
		hold := 0
		if c.OnHold {
			hold = 1
		}
		return insert("cases", caseColumns+`, is_inbox, number, reviewer, reviewed_at, on_hold`, c.ID, c.Name, c.Examiner, string(c.State),
			c.CreatedAt.UnixMilli(), c.UpdatedAt.UnixMilli(), 0, c.Number, c.Reviewer, millisOrNull(c.ReviewedAt), hold)
	case row.Exhibit != nil:
		return importExhibit(ctx, tx, row.Exhibit, insert)
	case row.Bookmark != nil:
		b := row.Bookmark
		return insert("bookmarks", bookmarkColumns, b.ID, b.EvidenceID, b.At.Milliseconds(), b.Author, b.Text, b.CreatedAt.UnixMilli())
	case row.Backtrace != nil:
		return importRun(ctx, tx, row.Backtrace, insert)
	case row.Note != nil:
		n := row.Note
		return insert("notes", noteColumns, n.ID, n.CaseID, n.Author, n.Text, n.CreatedAt.UnixMilli())
	}
	return nil
}

func importExhibit(ctx context.Context, tx *sql.Tx, x *caseExhibit, insert func(table, columns string, values ...any) error) error {
	var modified sql.NullInt64
	if !x.ModTime.IsZero() {
		modified = sql.NullInt64{Int64: x.ModTime.UnixNano(), Valid: true}
	}
	err := insert("evidence", evidenceColumns, x.ID, x.CaseID, x.Path, x.FileName, x.SHA256, x.Size, modified, x.Container,
		x.CreatedAt.UnixMilli())
	if err != nil {
		return err
	}
	for i, f := range x.Sources {
		if err := insert("evidence_sources", `evidence_id, position, name, sha256, size`, x.ID, i, f.Name, f.SHA256, f.Size); err != nil {
			return err
		}
	}
	if x.Acquisition == nil {
		return nil
	}
	return insertAcquisition(ctx, tx, x.ID, x.Acquisition)
}

func importRun(ctx context.Context, tx *sql.Tx, run *caseRun, insert func(table, columns string, values ...any) error) error {
	b := run.backtrace()
	if !b.Status.Final() {
		b.Status = Cancelled
	}
	err := insert("backtraces", backtraceColumns,
		b.ID, b.EvidenceID, b.TitleID, b.Method, string(b.Status), string(b.Verdict), b.Percentage, b.ErrorMsg, b.ErrorCode,
		string(b.Params), b.ParamsHash, string(b.Versions), b.BestScore, b.FramesUsed, b.VideoMS, b.ElapsedMS, b.Threshold,
		b.CreatedAt.UnixMilli(), b.UpdatedAt.UnixMilli(), millisOrNull(b.FinishedAt), b.Version)
	if err != nil {
		return err
	}
	if err := insertRecord(ctx, tx, b.ID, b.Record); err != nil {
		return err
	}
	return insertFindings(ctx, tx, b.ID, run.findings())
}
