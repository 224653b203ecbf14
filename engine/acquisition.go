// SPDX-License-Identifier: AGPL-3.0-or-later

package engine

import (
	"cmp"
	"context"
	"os"
	"path/filepath"
	"strings"
	"time"

	"spoor/storage"
)

// fields are those of an acquisition record by the names they have in JSON, for filling in and for telling where each
// is from.
func fields(a *storage.Acquisition) map[string]*string {
	return map[string]*string{
		"address": &a.Address, "platform": &a.Platform, "uploader": &a.Uploader, "caption": &a.Caption,
		"captured_by": &a.CapturedBy, "tool": &a.Tool,
	}
}

func times(a *storage.Acquisition) map[string]**time.Time {
	return map[string]**time.Time{"posted_at": &a.PostedAt, "captured_at": &a.CapturedAt}
}

// fill takes over what is not known yet, and notes which file it is from. It tells whether anything was.
func fill(to, from *storage.Acquisition, file string) bool {
	before := len(to.FilledFrom)
	note := func(field string) {
		if to.FilledFrom == nil {
			to.FilledFrom = map[string]string{}
		}
		to.FilledFrom[field] = file
	}
	known := fields(from)
	for name, field := range fields(to) {
		if value := oneLine(*known[name]); *field == "" && value != "" {
			*field = value
			note(name)
		}
	}
	moments := times(from)
	for name, field := range times(to) {
		if value := *moments[name]; *field == nil && value != nil {
			*field = value
			note(name)
		}
	}
	return len(to.FilledFrom) > before
}

// oneLine makes a text from a hostile file one line of bounded length.
func oneLine(text string) string {
	const longest = 1000
	text = printable(strings.Join(strings.Fields(text), " "))
	for len(text) > longest {
		text = strings.ToValidUTF8(text[:longest], "")
	}
	return text
}

// SetAcquisition changes what is on record about how an exhibit was obtained: fields that are empty in the change stay
// as they are. page is a picture of the page it was found on, which comes into the vault; "" for none.
func (e *Engine) SetAcquisition(
	ctx context.Context, evidenceID string, change storage.Acquisition, page string,
) (*storage.Acquisition, error) {
	a, err := e.store.Acquisition(ctx, evidenceID)
	if err != nil {
		return nil, err
	}
	if a == nil {
		a = &storage.Acquisition{}
	}
	given := fields(&change)
	for name, field := range fields(a) {
		if value := *given[name]; value != "" {
			*field = value
			delete(a.FilledFrom, name)
		}
	}
	moments := times(&change)
	for name, field := range times(a) {
		if value := *moments[name]; value != nil {
			*field = value
			delete(a.FilledFrom, name)
		}
	}
	if page != "" {
		tools, err := e.tools()
		if err != nil {
			return nil, err
		}
		if _, err := tools.Probe(ctx, page); err != nil {
			return nil, err
		}
		file, _, err := e.takeIn(ctx, page, false, nil)
		if err != nil {
			return nil, err
		}
		a.PageSHA256, a.PageName = file.SHA256, printable(filepath.Base(page))
	}
	return a, e.store.SetAcquisition(ctx, evidenceID, a)
}

// FillAcquisition fills in what is not known yet from a WARC file or a yt-dlp description.
func (e *Engine) FillAcquisition(ctx context.Context, evidenceID, file string) (*storage.Acquisition, error) {
	ev, err := e.store.Evidence(ctx, evidenceID)
	if err != nil {
		return nil, err
	}
	found, err := readSidecar(ctx, file, &ev, true)
	if err != nil {
		return nil, err
	}
	a, err := e.store.Acquisition(ctx, evidenceID)
	if err != nil {
		return nil, err
	}
	a = cmp.Or(a, &storage.Acquisition{})
	fill(a, found, printable(filepath.Base(file)))
	return a, e.store.SetAcquisition(ctx, evidenceID, a)
}

// fillFromBeside fills in an exhibit's record from the files that lie beside the leak. What is wrong with them is no
// matter of the trace: it is logged.
func (e *Engine) fillFromBeside(ctx context.Context, ev *storage.Evidence, leak string) error {
	sidecars := sidecarsOf(leak)
	if len(sidecars) == 0 {
		return nil
	}
	a, err := e.store.Acquisition(ctx, ev.ID)
	if err != nil || a != nil { // what is on record stays
		return err
	}
	a = &storage.Acquisition{}
	filled := false
	for _, file := range sidecars {
		found, err := readSidecar(ctx, file, ev, false)
		if err != nil {
			e.log.Warn("a file beside the leak could not be read", "file", file, "error", err)
			continue
		}
		filled = fill(a, found, printable(filepath.Base(file))) || filled
	}
	if !filled {
		return nil
	}
	return e.store.SetAcquisition(ctx, ev.ID, a)
}

// sidecarsOf lists the descriptions and archives that lie beside a leak, those of its name first. Of a folder, those in
// it count too.
func sidecarsOf(leak string) []string {
	dir, name := filepath.Dir(leak), filepath.Base(leak)
	stem := strings.TrimSuffix(name, filepath.Ext(name))
	var own, others []string
	look := func(dir string, all bool) {
		list, _ := os.ReadDir(dir) // what cannot be listed has no sidecars
		for _, entry := range list {
			file := entry.Name()
			lower := strings.ToLower(file)
			archive := strings.HasSuffix(lower, ".warc") || strings.HasSuffix(lower, ".warc.gz")
			described := strings.HasSuffix(lower, ".info.json")
			switch {
			case !entry.Type().IsRegular():
			case (archive || described) && (all || strings.HasPrefix(file, stem+".") || strings.HasPrefix(file, name+".")):
				own = append(own, filepath.Join(dir, file))
			case archive:
				others = append(others, filepath.Join(dir, file))
			}
		}
	}
	look(dir, false)
	if st, err := os.Stat(leak); err == nil && st.IsDir() {
		look(leak, true)
	}
	return append(own, others...)
}

// readSidecar reads a description or an archive. named says that it goes with the exhibit for certain: then an archive
// need not hold the exhibit's very content.
func readSidecar(ctx context.Context, path string, ev *storage.Evidence, named bool) (*storage.Acquisition, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, openError(path, err)
	}
	defer f.Close()
	if !strings.HasSuffix(strings.ToLower(path), ".json") {
		stem := strings.TrimSuffix(ev.FileName, filepath.Ext(ev.FileName))
		return readWARC(ctx, f, ev, named || strings.HasPrefix(filepath.Base(path), stem+"."))
	}
	return readInfoJSON(f)
}
