// SPDX-License-Identifier: AGPL-3.0-or-later

package engine

import (
	"bufio"
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/textproto"
	"strconv"
	"strings"
	"time"

	"spoor/storage"
)

// The bounds of a WARC file (ISO 28500) that is looked through.
const (
	longestWARCHead = 64 << 10
	longestWARC     = 64 << 30 // bytes, unpacked
	mostWARCRecords = 1_000_000
)

// readWARC looks for the exhibit's content among what an archive holds, and says from where and when it was fetched, by
// whom and with what. Where the archive is known to belong to the exhibit, the first thing in it that was fetched does
// as well.
func readWARC(ctx context.Context, r io.Reader, ev *storage.Evidence, belongs bool) (*storage.Acquisition, error) {
	in := bufio.NewReader(r)
	if head, _ := in.Peek(2); bytes.Equal(head, []byte{0x1f, 0x8b}) {
		z, err := gzip.NewReader(in)
		if err != nil {
			return nil, fmt.Errorf("the archive cannot be unpacked: %w", err)
		}
		in = bufio.NewReader(z)
	}
	w := warcSearch{in: bufio.NewReader(io.LimitReader(in, longestWARC)), ev: ev}
	for range mostWARCRecords {
		if err := context.Cause(ctx); err != nil {
			return nil, err
		}
		err := w.record()
		if err != nil && !errors.Is(err, io.EOF) && w.records == 0 {
			return nil, fmt.Errorf("the archive cannot be read: %w", err)
		}
		if err != nil || w.found {
			break
		}
	}
	a := &storage.Acquisition{CapturedBy: w.operator, Tool: w.software}
	switch {
	case w.found:
		a.Address, a.CapturedAt = w.address, w.date
	case belongs && w.firstAddress != "":
		a.Address, a.CapturedAt = w.firstAddress, w.firstDate
	default:
		return &storage.Acquisition{}, nil // an archive of other things
	}
	return a, nil
}

type warcSearch struct {
	in      *bufio.Reader
	ev      *storage.Evidence
	records int

	software, operator string // of the archive
	firstAddress       string
	firstDate          *time.Time

	found   bool
	address string
	date    *time.Time
}

// record reads one record; io.EOF at the end.
func (w *warcSearch) record() error {
	head, err := w.head()
	if err != nil {
		return err
	}
	length, err := strconv.ParseInt(head.Get("Content-Length"), 10, 64)
	if err != nil || length < 0 {
		return fmt.Errorf("a record has the length %q", oneLine(head.Get("Content-Length")))
	}
	w.records++
	body := &io.LimitedReader{R: w.in, N: length}
	switch head.Get("Warc-Type") {
	case "warcinfo":
		err = w.info(body)
	case "response":
		w.noteFirst(head)
		err = w.payload(head, body, true)
	case "resource":
		w.noteFirst(head)
		err = w.payload(head, body, false)
	}
	if err != nil {
		return err
	}
	if _, err := io.Copy(io.Discard, body); err != nil {
		return err
	}
	if body.N > 0 {
		return io.ErrUnexpectedEOF
	}
	return nil
}

// head reads the version line and the fields before a record.
func (w *warcSearch) head() (textproto.MIMEHeader, error) {
	var text bytes.Buffer
	for text.Len() < longestWARCHead {
		line, err := w.in.ReadSlice('\n')
		if err != nil {
			return nil, cmp.Or(err, io.EOF)
		}
		blank := len(bytes.TrimSpace(line)) == 0
		if blank && text.Len() == 0 {
			continue // between records
		}
		text.Write(line)
		if blank {
			break
		}
	}
	version, fields, _ := strings.Cut(text.String(), "\n")
	if !strings.HasPrefix(version, "WARC/") {
		return nil, errors.New("it is no WARC file")
	}
	head, err := textproto.NewReader(bufio.NewReader(strings.NewReader(fields))).ReadMIMEHeader()
	if err != nil && len(head) == 0 {
		return nil, err
	}
	return head, nil
}

// info reads who made the archive and with what.
func (w *warcSearch) info(body io.Reader) error {
	text, err := io.ReadAll(io.LimitReader(body, longestWARCHead))
	for line := range strings.Lines(string(text)) {
		name, value, _ := strings.Cut(line, ":")
		switch value = oneLine(value); strings.ToLower(strings.TrimSpace(name)) {
		case "software":
			w.software = value
		case "operator":
			w.operator = value
		}
	}
	return err
}

func (w *warcSearch) noteFirst(head textproto.MIMEHeader) {
	if w.firstAddress == "" {
		w.firstAddress, w.firstDate = warcAddress(head), warcDate(head)
	}
}

// payload compares what was fetched with the exhibit.
func (w *warcSearch) payload(head textproto.MIMEHeader, body *io.LimitedReader, http bool) error {
	if body.N < w.ev.Size || body.N > w.ev.Size+1<<20 {
		return nil // it cannot be
	}
	in := bufio.NewReader(body)
	if http { // status line and header
		for {
			line, err := in.ReadSlice('\n')
			if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
				return nil // no HTTP, or cut short: then it is not the exhibit
			}
			if len(bytes.TrimSpace(line)) == 0 {
				break
			}
		}
	}
	sum := sha256.New()
	n, err := io.Copy(sum, in)
	if err != nil {
		return err
	}
	if n == w.ev.Size && hex.EncodeToString(sum.Sum(nil)) == w.ev.SHA256 {
		w.found, w.address, w.date = true, warcAddress(head), warcDate(head)
	}
	return nil
}

func warcAddress(head textproto.MIMEHeader) string {
	return oneLine(strings.Trim(head.Get("Warc-Target-Uri"), "<>"))
}

func warcDate(head textproto.MIMEHeader) *time.Time {
	t, err := time.Parse(time.RFC3339Nano, head.Get("Warc-Date"))
	if err != nil || t.Year() < 1990 || t.Year() > 9999 {
		return nil
	}
	t = t.UTC()
	return &t
}
