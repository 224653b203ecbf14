// SPDX-License-Identifier: AGPL-3.0-or-later

package storage

import (
	"encoding/json"
	"io/fs"
	"math"
	"strings"
	"unicode"
	"unicode/utf8"
)

// The longest texts that are stored, in bytes.
const (
	maxName = 1024
	maxPath = 32 << 10
	maxNote = 1 << 20
	maxJSON = 16 << 20
)

// checkLine refuses text that does not fit on a line of a report.
func checkLine(what, text string, longest int) error {
	if err := checkText(what, text, longest); err != nil {
		return err
	}
	for _, r := range text {
		if unicode.IsControl(r) || r == '\u2028' || r == '\u2029' {
			return errorf(Invalid, "the %s %q has a control character", what, text)
		}
	}
	return nil
}

func checkText(what, text string, longest int) error {
	switch {
	case len(text) > longest:
		return errorf(Invalid, "the %s is %d bytes long, %d are allowed", what, len(text), longest)
	case !utf8.ValidString(text):
		return errorf(Invalid, "the %s %q is not valid UTF-8", what, text)
	case strings.ContainsRune(text, 0): // PostgreSQL has no place for it
		return errorf(Invalid, "the %s has a zero byte", what)
	}
	return nil
}

func checkName(what, name string) error {
	switch {
	case name == "":
		return errorf(Invalid, "the %s has no name", what)
	case IsID(name):
		return errorf(Invalid, "%q cannot be the name of a %s: it has the form of an id", name, what)
	}
	return checkLine("name of the "+what, name, maxName)
}

func checkJSON(what string, raw json.RawMessage) error {
	switch {
	case len(raw) == 0:
		return nil
	case len(raw) > maxJSON:
		return errorf(Invalid, "the %s are %d bytes long, %d are allowed", what, len(raw), maxJSON)
	case !json.Valid(raw):
		return errorf(Invalid, "the %s are not JSON", what)
	}
	return nil
}

func checkNumbers(what string, numbers ...float64) error {
	for _, x := range numbers {
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return errorf(Invalid, "the %s contains %g", what, x)
		}
	}
	return nil
}

// rawJSON reads a JSON column; "" is nil.
func rawJSON(text string) json.RawMessage {
	if text == "" {
		return nil
	}
	return json.RawMessage(text)
}

// sub is a folder of an embedded file system, whose name is known to be right.
func sub(root fs.FS, dir string) fs.FS {
	out, err := fs.Sub(root, dir)
	if err != nil {
		return root
	}
	return out
}
