// SPDX-License-Identifier: AGPL-3.0-or-later

package desk

import (
	"context"
	"errors"
	"strings"

	"spoor/engine"
	"spoor/engine/access"
)

// LogReading is what a person says about how a log is to be read, as it stands in the fields of a form.
type LogReading struct {
	Format    string // a format's name, that of a saved mapping, or [engine.FormatAuto]
	Pattern   string // of paths or of whole lines; "" none
	Argument  string // of the query that holds the ID; "" the usual one
	Fields    string // names of the columns of a format of one's own, between commas; "" none
	Delimiter string
	Proxies   string // networks between blanks or commas; "" none
	Sampled   bool   // the log leaves requests out
}

// Mapping puts a reading together, on top of a saved mapping where Format names one.
func (r *LogReading) Mapping(saved map[string]engine.LogMapping) (engine.LogMapping, error) {
	m, known := saved[r.Format]
	if !known {
		m.Format = r.Format
	}
	if r.Pattern != "" {
		if err := m.AddPattern(r.Pattern); err != nil {
			return m, err
		}
	}
	m.Arguments = append(m.Arguments, words(r.Argument)...)
	m.Proxies = append(m.Proxies, words(r.Proxies)...)
	m.Sampled = m.Sampled || r.Sampled
	if fields := words(r.Fields); len(fields) > 0 {
		m.Custom = &access.Custom{Fields: fields, Delimiter: r.Delimiter, Writing: access.UsualWriting(r.Format)}
	}
	return m, nil
}

// words are what stands between commas and blanks.
func words(text string) []string {
	return strings.FieldsFunc(text, func(c rune) bool { return c == ',' || c == ' ' || c == '\t' })
}

var errLooked = errors.New("it was only looked at")

// LookAtLog tells what the beginning of a log looks like through a mapping. Nothing is kept.
func LookAtLog(ctx context.Context, e *engine.Engine, path string, m engine.LogMapping) (access.Preview, error) {
	var seen access.Preview
	_, err := e.ImportLog(ctx, engine.LogImport{Path: path, Mapping: m, Preview: func(p access.Preview) error {
		seen = p
		return errLooked
	}})
	if errors.Is(err, errLooked) {
		err = nil
	}
	return seen, err
}
