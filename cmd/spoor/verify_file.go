// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"

	"spoor/engine"
	"spoor/report"
)

// fileVerification is what verifying a report or a package came to.
type fileVerification struct {
	File      string              `json:"file"`
	Valid     bool                `json:"valid"`
	Signature *report.Statement   `json:"signature"` // nil: not signed
	Own       bool                `json:"own_key"`   // signed with the key of this home
	Stamp     *report.Stamp       `json:"time_stamp,omitempty"`
	Scores    []report.Recomputed `json:"scores,omitempty"`
	Problem   string              `json:"problem,omitempty"`
}

// isReportFile tells whether what is to be verified is a file rather than a case.
func isReportFile(name string) bool {
	st, err := os.Stat(name)
	return err == nil && st.Mode().IsRegular()
}

// verifyFile checks the signature of a report and, of a package, every score. It needs no home and no network.
func (a *app) verifyFile(path, key string) error {
	v := fileVerification{File: path}
	said, err := report.VerifyFile(path)
	switch {
	case err == nil:
		v.Signature = &said
		v.Own = key == said.Key || (key == "" && a.ownKey() == said.Key)
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
	v.Scores, err = readPackage(path)
	if err != nil {
		v.Problem = err.Error()
	}
	for _, s := range v.Scores {
		if s.Problem != "" && v.Problem == "" {
			v.Problem = fmt.Sprintf("exhibit %d, %s %s: %s", s.Exhibit, s.Role, s.Tag, s.Problem)
		}
	}
	if v.Signature == nil && v.Scores == nil && v.Problem == "" {
		v.Problem = "there is no signature beside it (" + filepath.Base(path) + report.SignatureSuffix + ")"
	}
	v.Valid = v.Problem == ""
	if !a.json {
		v.show(a)
	}
	if err := a.print(v); err != nil {
		return err
	}
	if !v.Valid {
		fmt.Fprintln(a.term.err, "spoor: "+safe(path+": "+v.Problem))
		return saidError(exitFailed)
	}
	return nil
}

// ownKey is the public key of this home; "" where it has none.
func (a *app) ownKey() string {
	path := filepath.Join(a.home, "keys", engine.ReportKeyName)
	if _, err := os.Stat(path); err != nil {
		return ""
	}
	signer, err := report.OpenSigner(path)
	if err != nil {
		return ""
	}
	return signer.Public()
}

// readPackage recomputes a package; nil where the file is none.
func readPackage(path string) ([]report.Recomputed, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	magic := make([]byte, 4)
	if _, err := f.ReadAt(magic, 0); err != nil || string(magic) != "PK\x03\x04" {
		return nil, nil //nolint:nilerr // too short to be one
	}
	st, err := f.Stat()
	if err != nil {
		return nil, err
	}
	return report.ReadPackage(f, st.Size())
}

func (v *fileVerification) show(a *app) {
	if s := v.Signature; s != nil {
		var rows table
		rows.add("signed by", s.Signer)
		rows.add("on", s.At.UTC().Format("2006-01-02 15:04:05")+" UTC, by the signer's clock")
		if v.Stamp != nil {
			rows.add("before", v.Stamp.At.Format("2006-01-02 15:04:05")+" UTC, by the clock of "+v.Stamp.By)
		}
		rows.add("as", s.File)
		rows.add("key", s.Key)
		if v.Own {
			rows.add("", "That is the key expected.")
		} else {
			rows.add("", "That key is not known here: compare it with the one that the signer gave you (--key).")
		}
		rows.write(a.term.out)
		a.say("The file is as it was signed.")
	} else if v.Scores != nil {
		a.say("Not signed.")
	}
	if v.Scores == nil {
		return
	}
	var rows table
	rows.add("EXHIBIT", "ID", "SCORE", "BY FORMULA", "LOG10 P", "STATED", "OUTCOME")
	for _, s := range v.Scores {
		outcome := "as stated, and of the registry that is bound"
		if s.Problem != "" {
			outcome = s.Problem
		}
		name := s.Tag
		if name == "" {
			name = "(" + s.Role + ")"
		}
		rows.add(strconv.Itoa(s.Exhibit), name, fmt.Sprintf("%.3f", s.Score), fmt.Sprintf("%.3f", s.Formula), fmt.Sprintf("%.2f", s.Log10P),
			fmt.Sprintf("%.3f, %.2f", s.Stated, s.StatedP), outcome)
	}
	rows.write(a.term.out)
}
