// SPDX-License-Identifier: AGPL-3.0-or-later

package casereport

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"spoor/report"
	"spoor/storage"
)

// Verification is what checking a report or a package came to.
type Verification struct {
	File      string            `json:"file"`
	Valid     bool              `json:"valid"`
	Signature *report.Statement `json:"signature"` // nil: not signed
	Own       bool              `json:"own_key"`   // signed with the key that was expected
	Stamp     *report.Stamp     `json:"time_stamp,omitempty"`
	Package   *report.Checked   `json:"package,omitempty"` // nil: the file is none
	Problem   string            `json:"problem,omitempty"`
}

// VerifyFile checks the signature and time stamp beside a report and, of a package, every score. It needs no key and no
// network. key is the public key that must have signed it; where it is "", any may have, and own is that of this office.
func VerifyFile(path, key, own string) Verification {
	v := Verification{File: path}
	said, err := report.VerifyFile(path)
	switch {
	case err == nil:
		v.Signature = &said
		v.Own = key == said.Key || (key == "" && own == said.Key)
		if key != "" && !v.Own {
			v.Problem = "it is signed with another key than the one that was given: " + said.Key
		}
	case !errors.Is(err, fs.ErrNotExist):
		v.Problem = err.Error()
	}
	stamp, err := report.VerifyStamp(path)
	switch {
	case err == nil:
		v.Stamp = &stamp
	case !errors.Is(err, fs.ErrNotExist) && v.Problem == "":
		v.Problem = err.Error()
	}
	v.Package, err = readPackage(path)
	if err != nil {
		v.Problem = err.Error()
	}
	if v.Package != nil && v.Problem == "" {
		v.Problem = v.Package.Problem()
	}
	if v.Signature == nil && v.Package == nil && v.Problem == "" {
		v.Problem = "there is no signature beside it (" + filepath.Base(path) + report.SignatureSuffix + ")"
	}
	v.Valid = v.Problem == ""
	return v
}

// OwnKey is the public key with which a home signs its reports; "" where it has none yet.
func OwnKey(home string) string {
	return storage.ReportPublicKeyOf(home)
}

// readPackage recomputes a package; nil where the file is none.
func readPackage(path string) (*report.Checked, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	magic := make([]byte, 4)
	if _, err := f.ReadAt(magic, 0); err != nil || string(magic) != "PK\x03\x04" {
		return nil, nil // too short to be one
	}
	st, err := f.Stat()
	if err != nil {
		return nil, err
	}
	return report.ReadPackage(f, st.Size())
}
