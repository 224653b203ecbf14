// SPDX-License-Identifier: AGPL-3.0-or-later

package storage

import (
	"context"
	"database/sql"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"
	"unicode/utf8"
)

// The vault keeps evidence as it came in: a folder below the home with one file for each content, named by its
// SHA-256, which nobody may write to. Evidence that is too large to copy is referenced where it lies. Whoever reads
// evidence gets its path from [Store.CheckedPath], which hashes it again first.
const vaultName = "vault"

// copyAlways is the size in bytes up to which evidence is copied, however little room there is: then a full disk is an
// error. What is larger and does not fit is referenced in place.
const copyAlways = 64 << 20

// VaultFile is one content in the vault.
type VaultFile struct {
	SHA256    string
	SHA512    string
	Size      int64     // bytes
	InPlace   string    // absolute path outside the vault; "" where it was copied in
	ModTime   time.Time // of the file that was taken in; zero where unknown
	CreatedAt time.Time
}

const vaultColumns = `sha256, sha512, size, in_place, mod_time_ns, created_at`

const selectVault = `select ` + vaultColumns + ` from vault_files where `

func scanVaultFile(v *VaultFile, scan func(...any) error) error {
	var created int64
	var modified sql.NullInt64
	err := scan(&v.SHA256, &v.SHA512, &v.Size, &v.InPlace, &modified, &created)
	v.CreatedAt = fromMillis(created)
	if modified.Valid {
		v.ModTime = time.Unix(0, modified.Int64).UTC()
	}
	return err
}

// TakeIn says how a file comes into the vault.
type TakeIn struct {
	Path     string
	InPlace  bool                    // reference it where it lies instead of copying it
	Progress func(done, total int64) // bytes read so far; nil: nobody asks
	// Also is written the content in the very pass in which it is hashed and copied, and nothing where the vault has the
	// content already. Its errors end the intake. nil: nobody reads along.
	Also io.Writer
}

// others are those who are written the content as well.
func (t *TakeIn) others() []io.Writer {
	if t.Also == nil {
		return nil
	}
	return []io.Writer{t.Also}
}

// TakeIn takes a file into the vault and returns what it is now on record as. A content that is there already is
// checked and not copied again; where the vault's file was damaged, the fresh one takes its place. A file that is too
// large for the disk is referenced where it lies. The file itself is only read. Nothing is left behind by a failure,
// not even by kill -9. Errors besides the usual: NotFound, Invalid for what is no regular file, Full, Conflict for a
// file that changes while it is read.
func (s *Store) TakeIn(ctx context.Context, t TakeIn) (VaultFile, error) {
	v, err := s.takeIn(ctx, t)
	return v, s.classify("taking "+t.Path+" into the vault", err)
}

func (s *Store) takeIn(ctx context.Context, t TakeIn) (VaultFile, error) {
	src, err := openSource(t.Path)
	if err != nil {
		return VaultFile{}, err
	}
	defer src.Close()
	heal := false
	if known, err := s.hasSize(ctx, src.size); err != nil {
		return VaultFile{}, err
	} else if known {
		v, found, err := s.known(ctx, src, t.Progress)
		if err != nil || found {
			return v, err
		}
		heal = v.SHA256 != ""
	}
	if !t.InPlace && src.size > copyAlways && src.size > freeSpace(s.home) {
		t.InPlace = true
	}
	if t.InPlace {
		return s.reference(ctx, src, &t)
	}
	return s.copyIn(ctx, src, &t, heal)
}

// hasSize tells whether the vault has anything of that size. If not, a file need not be hashed before it is copied.
func (s *Store) hasSize(ctx context.Context, size int64) (bool, error) {
	var n int
	err := s.read.QueryRowContext(ctx, `select count(*) from vault_files where size = $1`, size).Scan(&n)
	return n > 0, err
}

// known hashes a file and returns what the vault has of that content. If that is damaged, it is returned all the same,
// as not found.
func (s *Store) known(ctx context.Context, src *source, progress func(done, total int64)) (v VaultFile, found bool, err error) {
	sum, err := src.sum256(ctx, progress)
	if err != nil {
		return VaultFile{}, false, err
	}
	v, err = s.VaultFile(ctx, sum)
	if CodeOf(err) == NotFound {
		return VaultFile{}, false, nil
	}
	if err != nil {
		return VaultFile{}, false, err
	}
	if s.VaultPath(v) == src.absolute {
		return v, true, nil // it was hashed just now
	}
	if _, err := s.CheckedPath(ctx, v.SHA256, nil); err == nil || ctx.Err() != nil {
		return v, err == nil, err
	}
	return v, false, nil
}

// VaultFile returns what the vault knows of a content. Error: NotFound.
func (s *Store) VaultFile(ctx context.Context, sha256 string) (VaultFile, error) {
	v, err := getVaultFile(ctx, s.read, sha256)
	return v, s.classify("looking into the vault", err)
}

func getVaultFile(ctx context.Context, db querier, sha256 string) (VaultFile, error) {
	var v VaultFile
	err := scanVaultFile(&v, db.QueryRowContext(ctx, selectVault+`sha256 = $1 and doomed = 0`, sha256).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return VaultFile{}, errorf(NotFound, "the vault has no file with the SHA-256 %s", sha256)
	}
	return v, err
}

// VaultFiles lists what is in the vault in the order of the hashes; After is the last SHA-256 already seen.
func (s *Store) VaultFiles(ctx context.Context, p Page) ([]VaultFile, error) {
	list, err := collect(ctx, s.read, scanVaultFile, selectVault+`sha256 > $1 and doomed = 0 order by sha256 limit $2`, p.After, p.limit())
	return list, s.classify("listing the vault", err)
}

// CheckedPath hashes a content of the vault again and returns where it lies. Errors: NotFound where the vault does not
// know it or the file has vanished; Damaged where the file was altered or replaced, by a link for instance.
func (s *Store) CheckedPath(ctx context.Context, sha256 string, progress func(done, total int64)) (string, error) {
	v, err := s.VaultFile(ctx, sha256)
	if err != nil {
		return "", err
	}
	path, err := s.checkedPath(ctx, &v, progress)
	return path, s.classify("checking a file of the vault", err)
}

func (s *Store) checkedPath(ctx context.Context, v *VaultFile, progress func(done, total int64)) (string, error) {
	path, whose := s.VaultPath(*v), "the vault's file "+v.SHA256
	if v.InPlace != "" {
		whose = "the evidence " + v.InPlace + ", which was left where it lies,"
	}
	st, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, fs.ErrPermission) && v.InPlace != "":
		return "", errorf(NotFound, "%s has vanished: put it back; its SHA-256 is %s", whose, v.SHA256)
	case err != nil:
		return "", err
	case v.InPlace == "" && st.Mode()&fs.ModeSymlink != 0:
		return "", errorf(Damaged, "%s was replaced by a link: it is refused; take the evidence in again", whose)
	}
	src, err := openSource(path)
	if err != nil {
		return "", err
	}
	defer src.Close()
	if src.size == v.Size {
		sum, err := src.sum256(ctx, progress)
		if err != nil {
			return "", err
		}
		if sum == v.SHA256 {
			return path, nil
		}
	}
	return "", errorf(Damaged, "%s was altered since it came in: it is refused; take the evidence in again", whose)
}

// vaultPath is where the vault keeps a content that was copied in.
func (s *Store) vaultPath(sha256 string) string {
	return filepath.Join(s.home, vaultName, sha256[:2], sha256)
}

// VaultPath is where a content lies that was taken in or checked just now. Before it is read at any later time, it is to
// be checked again: [Store.CheckedPath].
func (s *Store) VaultPath(v VaultFile) string {
	if v.InPlace != "" {
		return v.InPlace
	}
	return s.vaultPath(v.SHA256)
}

// reference records a file that stays where it is.
func (s *Store) reference(ctx context.Context, src *source, t *TakeIn) (VaultFile, error) {
	if !utf8.ValidString(src.absolute) {
		return VaultFile{}, errorf(Invalid, "the path %q is not UTF-8: rename it, or let the evidence be copied", src.absolute)
	}
	sums, err := src.read(ctx, t.Progress, t.others()...)
	if err != nil {
		return VaultFile{}, err
	}
	v := src.vaultFile(sums)
	v.InPlace = src.absolute
	err = s.change(ctx, "recording a file in place", func(tx *sql.Tx) error {
		old, err := getVaultFile(ctx, tx, v.SHA256)
		if err == nil && old.InPlace == "" {
			v = old // a copy in the vault is worth more, but it was found damaged: it is told when it is used
			return nil
		}
		if err != nil && CodeOf(err) != NotFound {
			return err
		}
		return putVaultFile(ctx, tx, &v)
	})
	return v, err
}

// copyIn copies a file into the vault. It gets its name and its row in one transaction, whose lock keeps off whoever
// removes files. heal puts it in the place of a file that was found damaged.
func (s *Store) copyIn(ctx context.Context, src *source, t *TakeIn, heal bool) (VaultFile, error) {
	dir, err := s.below(vaultName, nil)
	if err != nil {
		return VaultFile{}, err
	}
	temp, err := newVaultTemp(dir)
	if err != nil {
		return VaultFile{}, err
	}
	defer temp.drop()
	sums, err := src.read(ctx, t.Progress, append(t.others(), temp)...)
	if err != nil {
		return VaultFile{}, err
	}
	if err := temp.seal(src.modTime); err != nil {
		return VaultFile{}, err
	}
	v := src.vaultFile(sums)
	path := s.vaultPath(v.SHA256)
	if err := makeVaultFolder(filepath.Dir(path)); err != nil {
		return VaultFile{}, err
	}
	if heal {
		s.log.WarnContext(ctx, "a damaged file of the vault is replaced by a fresh copy of the same content", "sha256", v.SHA256)
	}
	err = s.change(ctx, "recording a file of the vault", func(tx *sql.Tx) error {
		if err := putVaultFile(ctx, tx, &v); err != nil {
			return err
		}
		return temp.keep(path, v.Size, heal)
	})
	return v, err
}

func putVaultFile(ctx context.Context, tx *sql.Tx, v *VaultFile) error {
	_, err := tx.ExecContext(ctx, insertInto("vault_files", vaultColumns+`, doomed`)+` on conflict (sha256) do update
		set in_place = excluded.in_place, mod_time_ns = excluded.mod_time_ns, doomed = 0`,
		v.SHA256, v.SHA512, v.Size, v.InPlace, v.ModTime.UnixNano(), v.CreatedAt.UnixMilli(), 0)
	return err
}
