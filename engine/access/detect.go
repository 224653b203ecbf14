// SPDX-License-Identifier: AGPL-3.0-or-later

package access

import (
	"bytes"
	"errors"
	"io"
	"net/netip"
	"strings"
)

const (
	previewBytes = 256 << 10
	previewLines = 200 // that the format is found by
	shownLines   = 5
)

// ErrUnknownFormat is a log whose format cannot be found.
var ErrUnknownFormat = errors.New("the format of the log is not known here: give --format, --pattern or a saved mapping")

// ErrBinary is a file that is no log.
var ErrBinary = errors.New("this is not a log: it is no text")

// Preview is what the beginning of a log looks like through a format.
type Preview struct {
	Format   Format
	Lines    int // that were tried
	Fit      int // of them, the format reads
	Examples []Example
}

// Example is one line as it was understood.
type Example struct {
	Time             int64
	Client           netip.Addr
	Method           string
	Path             string
	Query            string
	Status           int
	Bytes            int64 // of the body; -1 unknown
	Agent, Language  string
	Tag              string // "" none
	NotMatchedReason Reason
}

// Detect finds the format of a log by its beginning, among the table's and extra ones, which go first. It reads up to
// 256 KiB from r.
func Detect(r io.Reader, rules *Rules, extra ...Format) (Preview, error) {
	head, err := io.ReadAll(io.LimitReader(r, previewBytes))
	if err != nil && len(head) == 0 {
		return Preview{}, err
	}
	lines := headLines(head)
	if len(lines) == 0 {
		return Preview{}, errors.New("the log is empty")
	}
	var best Preview
	for _, f := range append(extra, Formats()...) {
		if p := preview(f, lines, rules); p.Fit > best.Fit {
			best = p
		}
	}
	switch {
	case best.Fit == 0 && bytes.IndexByte(head, 0) >= 0:
		return Preview{}, ErrBinary
	case best.Fit == 0:
		return Preview{}, ErrUnknownFormat
	}
	return best, nil
}

// Look reads the beginning of a log through a format.
func Look(r io.Reader, f Format, rules *Rules) (Preview, error) {
	head, err := io.ReadAll(io.LimitReader(r, previewBytes))
	if err != nil && len(head) == 0 {
		return Preview{}, err
	}
	return preview(f, headLines(head), rules), nil
}

// headLines cuts the beginning of a log into lines; the last, where it is cut off or empty, is dropped.
func headLines(head []byte) [][]byte {
	whole := len(head) < previewBytes
	head = bytes.TrimPrefix(head, []byte("\ufeff"))
	lines := bytes.Split(head, []byte{'\n'})
	if last := len(lines) - 1; last > 0 && (!whole || len(lines[last]) == 0) {
		lines = lines[:len(lines)-1]
	}
	if len(lines) == 1 && len(lines[0]) == 0 {
		return nil
	}
	return lines[:min(len(lines), previewLines)]
}

func preview(f Format, lines [][]byte, rules *Rules) Preview {
	p := Preview{Format: f}
	parser := f.parser(nil)
	find := finder{rules: rules}
	var r Request
	for _, line := range lines {
		line = bytes.TrimSuffix(line, []byte{'\r'})
		if f.header && len(line) > 0 && line[0] == '#' {
			if names, ok := bytes.CutPrefix(line, fieldsMark); ok {
				parser = f.parser(strings.Fields(string(names)))
			}
			continue
		}
		if len(line) == 0 {
			continue
		}
		p.Lines++
		if parser.parse(line, &r) != nil {
			continue
		}
		p.Fit++
		if len(p.Examples) < shownLines {
			p.Examples = append(p.Examples, example(&r, &find))
		}
	}
	return p
}

func example(r *Request, f *finder) Example {
	tag, session, _, why := f.find(r)
	e := Example{
		Time: r.Time, Client: r.Client, Method: plain(r.Method), Path: plain(r.Path), Query: plain(r.Query), Status: r.Status,
		Bytes: r.Body, Agent: plain(r.Agent), Language: plain(r.Language), Tag: string(tag), NotMatchedReason: why,
	}
	if session != nil {
		e.NotMatchedReason = NoSession
	}
	return e
}
