// SPDX-License-Identifier: AGPL-3.0-or-later

package engine

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"spoor/engine/media"
	"spoor/engine/reference"
	"spoor/engine/watermark"
	"spoor/storage"
)

// MinTitle is the shortest title that is accepted.
const MinTitle = 5 * time.Second

// Title is a title with what the store keeps as plain JSON read, and the size of its registry.
type Title struct {
	storage.Title
	Original Original
	Expected Capacity
	Tags     int64 // in the registry
	Issued   int64 // of these, with a copy
}

// Original says where the original file of a title was, and what its headers say.
type Original struct {
	Path    string     `json:"path,omitempty"`
	RawPath []byte     `json:"raw_path,omitempty"` // instead of Path, where it is not UTF-8
	ModTime time.Time  `json:"mod_time"`
	Media   media.Info `json:"media"`
}

func (o *Original) setPath(path string) {
	if o.Path, o.RawPath = path, nil; !utf8.ValidString(path) {
		o.Path, o.RawPath = "", []byte(path)
	}
}

func (o *Original) path() string { return cmp.Or(o.Path, string(o.RawPath)) }

// Aspect returns the shape of the picture as shown, width by height.
func (o *Original) Aspect() float64 { return aspectOf(o.Media) }

// aspectOf is the shape of a picture as shown; odd claims about the shape of samples do not count.
func aspectOf(i media.Info) float64 {
	sar := i.SAR.Float()
	if sar < 0.1 || sar > 10 {
		sar = 1
	}
	return float64(i.Width) * sar / float64(max(i.Height, 1))
}

// TitleOptions say what is to be registered.
type TitleOptions struct {
	File     string         // the original
	Name     string         // "": the file's name without its extension
	Progress func(Progress) // may be nil
}

// AddTitle registers an original: it is probed, checked for whether it can carry a mark, read through for its hash and
// its reference, and gets a key. Nothing is stored unless all of that succeeds. Errors: those of the file in words; storage.Invalid for
// one that cannot be marked, and why; storage.Exists for a file that is a title of that name already.
func (e *Engine) AddTitle(ctx context.Context, o TitleOptions) (Title, error) {
	tools, err := e.tools()
	if err != nil {
		return Title{}, err
	}
	path, err := filepath.Abs(o.File)
	if err != nil {
		return Title{}, openError(o.File, err)
	}
	info, err := tools.Probe(ctx, path)
	if err != nil {
		return Title{}, ended(ctx, err)
	}
	if info.Duration, err = e.duration(ctx, tools, path, info); err != nil {
		return Title{}, ended(ctx, err)
	}
	if err := markable(path, info); err != nil {
		return Title{}, err
	}
	t := Title{Original: Original{Media: info}}
	t.Original.setPath(path)
	t.ID, t.Name, t.FileName = storage.NewID(), cmp.Or(o.Name, nameFor(path)), printable(filepath.Base(path))
	t.Duration, t.Width, t.Height, t.FrameRate = info.Duration, info.Width, info.Height, info.FrameRate.String()
	key, err := e.store.NewTitleKey(t.ID)
	if err != nil {
		return Title{}, err
	}
	if t.Expected, err = capacityOf(ctx, tools, path, info, newTitleKey(key), o.Progress); err != nil {
		return Title{}, ended(ctx, err)
	}
	if err := t.Expected.refusal(path); err != nil {
		return Title{}, err
	}
	return t, e.storeTitle(ctx, &t, path, key, o.Progress)
}

// storeTitle reads the original once, for its hash and for its reference at the same time, and stores the title.
func (e *Engine) storeTitle(ctx context.Context, t *Title, path string, key storage.TitleKey, report func(Progress)) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	hashed := make(chan error, 1)
	go func() {
		err := e.hashTitle(ctx, t, path)
		if err != nil {
			cancel(err) // the reference is not needed then
		}
		hashed <- err
	}()
	facts := reference.Facts{TitleID: t.ID, Name: t.Name, KeyID: key.ID(), Aspect: t.Original.Aspect(), Duration: t.Duration}
	waited := false
	original := func() (string, error) {
		waited = true
		return t.SHA256, <-hashed
	}
	err := e.buildReference(ctx, path, facts, original, newMeter(report, "reading "+t.FileName, t.Duration.Milliseconds()))
	if err != nil {
		cancel(err)
		if !waited {
			<-hashed //nolint:errcheck // the sum is of no use now
		}
		return ended(ctx, err)
	}
	err = e.describeTitle(t)
	if err == nil {
		err = e.store.AddTitle(ctx, &t.Title, key)
	}
	if err != nil {
		return errors.Join(err, e.store.RemoveReference(t.ID))
	}
	return nil
}

// hashTitle fills in what identifies the original; it is refused where it is a title of that name already.
func (e *Engine) hashTitle(ctx context.Context, t *Title, path string) error {
	facts, err := hashFile(ctx, path, "", nil)
	if err != nil {
		return err
	}
	t.SHA256, t.Size, t.Original.ModTime = facts.SHA256, facts.Size, facts.ModTime
	twins, err := e.store.TitlesByHash(ctx, t.SHA256)
	if err != nil {
		return err
	}
	for _, twin := range twins {
		if twin.Name == t.Name {
			return refuse(storage.Exists, fmt.Sprintf(
				"this very file is the title %q already (%s); give it another name to register it once more", twin.Name, twin.ID))
		}
	}
	return nil
}

func (e *Engine) describeTitle(t *Title) (err error) {
	if t.Container, err = json.Marshal(t.Original); err != nil {
		return err
	}
	t.Title.Capacity, err = json.Marshal(t.Expected)
	return err
}

// markable refuses originals by what their headers say.
func markable(path string, i media.Info) error {
	depth := 8
	if i.BitDepth > 8 {
		depth = 10
	}
	format := watermark.Format{Width: i.Width, Height: i.Height, Aspect: aspectOf(i), Depth: depth}
	switch {
	case i.Still:
		return refuseFile(path, "this is a single picture; a title is a video of at least 5 s")
	case i.Duration < MinTitle:
		return refuseFile(path, fmt.Sprintf(
			"%.1f s is too short for a title: at least 5 s are needed to carry a mark", i.Duration.Seconds()))
	}
	if err := format.Check(); err != nil {
		return refuseFile(path, err.Error())
	}
	return nil
}

func refuseFile(path, why string) error {
	return refuse(storage.Invalid, fmt.Sprintf("%q: %s", path, why))
}

// duration returns the length that the headers claim, or looks for the last picture where they claim none.
func (e *Engine) duration(ctx context.Context, tools *media.Tools, path string, info media.Info) (time.Duration, error) {
	if info.Duration > 0 || info.Still {
		return info.Duration, nil
	}
	r, err := tools.Decode(ctx, path, media.DecodeOptions{Width: 32, Height: 32})
	if err != nil {
		return 0, err
	}
	defer r.Close()
	var last time.Duration
	for {
		f, err := r.Next()
		if errors.Is(err, io.EOF) {
			return last, nil
		}
		if err != nil {
			return 0, err
		}
		last = f.Time
	}
}

// ended gives the cause of a context that ended, which else hides behind whatever broke by it.
func ended(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	return err
}

// nameFor makes the name of a title from that of its file.
func nameFor(path string) string {
	base := filepath.Base(path)
	name := printable(strings.TrimSuffix(base, filepath.Ext(base)))
	switch {
	case name == "":
		return printable(base)
	case storage.IsID(name):
		return "title " + name
	}
	return name
}

// printable replaces what the store does not take in a line of text by its escape, such as \n or \xff.
func printable(name string) string {
	var b strings.Builder
	for i, r := range name {
		if r == utf8.RuneError && !strings.HasPrefix(name[i:], string(utf8.RuneError)) {
			fmt.Fprintf(&b, `\x%02x`, name[i])
		} else if unicode.IsControl(r) || r == '\u2028' || r == '\u2029' {
			b.WriteString(strings.Trim(strconv.QuoteRuneToASCII(r), "'"))
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// storedPath is a path as the store takes it: as it is, or with escapes where it is not UTF-8.
func storedPath(path string) string {
	if utf8.ValidString(path) {
		return path
	}
	return printable(path)
}

// Title returns a title by its id or its unique name.
func (e *Engine) Title(ctx context.Context, idOrName string) (Title, error) {
	st, err := e.store.Title(ctx, idOrName)
	if err != nil {
		return Title{}, err
	}
	return e.countedTitle(ctx, st)
}

// Titles lists titles in the order they were made.
func (e *Engine) Titles(ctx context.Context, p storage.Page) ([]Title, error) {
	list, err := e.store.Titles(ctx, p)
	if err != nil {
		return nil, err
	}
	out := make([]Title, len(list))
	for i, t := range list {
		if out[i], err = e.countedTitle(ctx, t); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (e *Engine) countedTitle(ctx context.Context, st storage.Title) (Title, error) {
	t, err := e.readTitle(ctx, st)
	if err != nil {
		return Title{}, err
	}
	t.Issued, err = e.store.IssuedCount(ctx, st.ID)
	return t, err
}

// readTitle gives all but the number of copies: counting them takes a moment for a million tags.
func (e *Engine) readTitle(ctx context.Context, st storage.Title) (Title, error) {
	t := Title{Title: st}
	for _, part := range []struct {
		raw json.RawMessage
		to  any
	}{{st.Container, &t.Original}, {st.Capacity, &t.Expected}} {
		if len(part.raw) == 0 {
			continue
		}
		if err := json.Unmarshal(part.raw, part.to); err != nil {
			return Title{}, refuse(storage.Damaged, fmt.Sprintf("the facts about the title %s cannot be read: %v", st.ID, err))
		}
	}
	var err error
	t.Tags, err = e.store.TagCount(ctx, st.ID)
	return t, err
}

// RemoveTitle forgets a title, its registry and its key: marks made with it can never be read again. Where copies were
// issued or findings name it, it is refused with storage.Conflict unless force is set.
func (e *Engine) RemoveTitle(ctx context.Context, idOrName string, force bool) (Title, error) {
	t, err := e.Title(ctx, idOrName)
	if err != nil {
		return Title{}, err
	}
	if t.Issued > 0 && !force {
		return Title{}, refuse(storage.Conflict, fmt.Sprintf(
			"%d copies of the title %q were issued; without its key they can never be traced again: removing it has to be forced",
			t.Issued, t.Name))
	}
	if err := e.store.RemoveTitle(ctx, t.ID, force); err != nil {
		return Title{}, err
	}
	return t, errors.Join(e.store.RemoveReference(t.ID), e.forgetIndexed(t.ID))
}
