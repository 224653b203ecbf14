// SPDX-License-Identifier: AGPL-3.0-or-later

package engine

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"spoor/engine/media"
	"spoor/engine/watermark"
	"spoor/storage"
)

// markMaking changes with what marked frames look like, so that no copy is begun by one program and finished by another.
// Readers need not know it.
const markMaking = 2

// Order asks for one copy.
type Order struct {
	Tag storage.Tag // Text names the recipient; the other fields are kept if the tag is new
	Out string      // the file to be made; its extension chooses the container
}

// MarkOptions say which copies are wanted.
type MarkOptions struct {
	Title    string   // id or unique name
	Orders   []Order  // one after the other
	Strength string   // light, normal, strong; "": normal
	Encoder  []string // ffmpeg options; none: x264 at crf 18
	Original string   // where the original lies now; "": where it was registered
	Force    bool     // make second copies of tags that were issued, and overwrite files
	// Continue skips orders that an earlier call has fulfilled: the tag's copy was written to that very place.
	Continue bool
	Since    time.Time      // of those that are on record since then only; zero: whenever it was
	Progress func(Progress) // may be nil
}

// MarkedCopy is a copy that was made.
type MarkedCopy struct {
	Tag      string   `json:"tag"`
	File     string   `json:"file"` // absolute
	SHA256   string   `json:"sha256"`
	PSNR     float64  `json:"psnr_db"` // of luma against the original, before encoding, on sample frames
	SSIM     float64  `json:"ssim"`    // likewise, the mean
	Size     int64    `json:"size"`    // bytes
	Strength string   `json:"strength"`
	Earlier  bool     `json:"earlier,omitempty"` // it was there already, see MarkOptions.Continue
	Dropped  []string `json:"dropped,omitempty"` // what of the original it does not hold, in words
}

// Mark makes copies, and returns those that were finished also when an error ends it. A tag is registered, and recorded
// as issued, when its copy is complete and not before; the file gets its name last. Errors: storage.Exists for a tag
// that was issued and a file that is there (unless forced), storage.Invalid for bad tags, [media.Error] for files.
func (e *Engine) Mark(ctx context.Context, o MarkOptions) ([]MarkedCopy, error) {
	m, err := e.newMarking(ctx, o)
	if err != nil {
		return nil, ended(ctx, err)
	}
	made := []MarkedCopy{}
	for _, j := range m.jobs {
		c, err := m.run(ctx, j)
		if err != nil {
			return made, ended(ctx, err)
		}
		made = append(made, c)
	}
	return made, nil
}

// marking is one running call of Mark.
type marking struct {
	e        *Engine
	tools    *media.Tools
	o        MarkOptions
	title    Title
	key      titleKey
	strength watermark.Strength
	source   string
	info     media.Info
	room     *float64 // nil until it was looked for, see Room
	jobs     []*markJob
}

// markJob is one copy to be made.
type markJob struct {
	Order
	id   string // of the work: equal for equal copies
	temp string // the complete copy, before it gets its name
	kept bool   // it is on record
	done *storage.Copy
}

func (e *Engine) newMarking(ctx context.Context, o MarkOptions) (*marking, error) {
	m := &marking{e: e, o: o}
	var err error
	if m.strength, err = watermark.ParseStrength(strengthName(o.Strength)); err != nil {
		return nil, refuse(storage.Invalid, err.Error())
	}
	if m.title, err = e.Title(ctx, o.Title); err != nil {
		return nil, err
	}
	if err := m.plan(ctx); err != nil {
		return nil, err
	}
	if m.tools, err = e.tools(); err != nil {
		return nil, err
	}
	if m.key, err = e.key(m.title.ID); err != nil {
		return nil, err
	}
	if err := m.locate(ctx); err != nil {
		return nil, err
	}
	m.info, err = m.tools.Probe(ctx, m.source)
	return m, err
}

func strengthName(s string) string {
	if s == "" {
		return watermark.Normal.String()
	}
	return s
}

// plan checks all orders before the first is begun.
func (m *marking) plan(ctx context.Context) error {
	tags, outs := map[string]bool{}, map[string]bool{}
	for _, order := range m.o.Orders {
		if err := storage.ValidTag(order.Tag.Text); err != nil {
			return err
		}
		out, err := filepath.Abs(order.Out)
		if err != nil {
			return openError(order.Out, err)
		}
		if tags[order.Tag.Text] || outs[out] {
			return refuse(storage.Invalid, fmt.Sprintf("the tag %q or the file %q is asked for twice", order.Tag.Text, out))
		}
		tags[order.Tag.Text], outs[out] = true, true
		order.Out = out
		j := &markJob{Order: order}
		j.id = m.jobID(j)
		ext := filepath.Ext(out)
		j.temp = filepath.Join(filepath.Dir(out), ".spoor-"+j.id+ext)
		if err := m.check(ctx, j); err != nil {
			return err
		}
		m.jobs = append(m.jobs, j)
	}
	return nil
}

func (m *marking) jobID(j *markJob) string {
	text, _ := json.Marshal([]any{ //nolint:errchkjson // plain values
		MarkVersion, markMaking, m.title.ID, m.title.KeyID, m.title.SHA256, j.Tag.Text, m.strength.String(), m.o.Encoder, []byte(j.Out),
	})
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:12])
}

// check refuses a copy that must not or cannot be made.
func (m *marking) check(ctx context.Context, j *markJob) error {
	issued, err := m.issued(ctx, j)
	if err != nil || j.done != nil {
		return err
	}
	_, err = os.Lstat(j.temp)
	unfinished := err == nil // an earlier run was killed just before the end
	if issued != nil && !m.o.Force && !unfinished {
		return refuse(storage.Exists, fmt.Sprintf(
			"the tag %q of the title %q was issued already, at %s: two copies with one tag cannot be told apart",
			j.Tag.Text, m.title.Name, issued.Format(time.RFC3339)))
	}
	st, err := os.Lstat(j.Out)
	switch {
	case err == nil && !st.Mode().IsRegular():
		return fault(media.NotRegular, j.Out, "is a folder or something else that is no file", "choose another name", nil)
	case err == nil && !m.o.Force:
		return exists(j.Out)
	case err == nil && m.isSource(st):
		return fault(media.Exists, j.Out, "the output is the original itself", "choose another name", nil)
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return writeError(j.Out, err)
	case strings.EqualFold(filepath.Ext(j.Out), ".webm") && len(m.o.Encoder) == 0:
		return fault(media.Unsupported, j.Out, "webm does not hold H.264",
			"name it .mp4 or .mkv, or choose an encoder such as -c:v libvpx-vp9", nil)
	}
	probe, err := os.CreateTemp(filepath.Dir(j.Out), ".spoor-*.part")
	if err != nil {
		return writeError(j.Out, err)
	}
	return errors.Join(probe.Close(), os.Remove(probe.Name()))
}

// issued returns when the tag was issued, nil if it was not, and notes a copy that needs not be made again.
func (m *marking) issued(ctx context.Context, j *markJob) (*time.Time, error) {
	tag, err := m.e.store.Tag(ctx, m.title.ID, j.Tag.Text)
	if storage.CodeOf(err) == storage.NotFound {
		return nil, nil
	}
	if err != nil || tag.IssuedAt == nil {
		return nil, err
	}
	copies, err := m.e.store.Copies(ctx, m.title.ID, tag.Ordinal)
	if err != nil {
		return nil, err
	}
	for _, c := range copies {
		if !m.o.Continue || c.Path != storedPath(j.Out) || c.Strength != m.strength.String() || c.CreatedAt.Before(m.o.Since) {
			continue
		}
		if st, err := os.Stat(c.Path); err == nil && st.Size() == c.Size {
			j.done = &c
		}
	}
	return tag.IssuedAt, nil
}

func (m *marking) isSource(st fs.FileInfo) bool {
	for _, path := range []string{m.o.Original, m.title.Original.path()} {
		if src, err := os.Stat(path); err == nil && os.SameFile(src, st) {
			return true
		}
	}
	return false
}

// locate finds the original and makes sure that it is the one that was registered.
func (m *marking) locate(ctx context.Context) error {
	path := m.o.Original
	if path == "" {
		path = m.title.Original.path()
	}
	st, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		what := fmt.Sprintf("the original of the title %q is not there", m.title.Name)
		return fault(media.Missing, path, what, "say where it lies now", err)
	}
	if err != nil {
		return openError(path, err)
	}
	if m.source = path; st.Size() == m.title.Size && st.ModTime().Equal(m.title.Original.ModTime) {
		return nil
	}
	facts, err := hashFile(ctx, path, "checking the original", m.o.Progress)
	if err != nil {
		return err
	}
	if facts.SHA256 != m.title.SHA256 {
		return refuse(storage.Invalid, fmt.Sprintf("%q is not the original of the title %q: its content is another", path, m.title.Name))
	}
	return nil
}

// run makes one copy.
func (m *marking) run(ctx context.Context, j *markJob) (MarkedCopy, error) {
	if j.done != nil {
		c := m.describe(j, j.done)
		c.Earlier = true
		return c, nil
	}
	work, err := m.e.store.WorkDir("mark-" + j.id)
	if err != nil {
		return MarkedCopy{}, err
	}
	c, err := m.make(ctx, j, work)
	if err != nil {
		err = m.abandon(ctx, j, work, err)
		return c, err
	}
	if err := m.e.store.RemoveWorkDir("mark-" + j.id); err != nil {
		m.e.log.Warn("a work folder could not be removed", "folder", work, "error", err)
	}
	return c, nil
}

// abandon clears up after an error. What a later call can go on with stays: after an interruption, or where the disk
// was full.
func (m *marking) abandon(ctx context.Context, j *markJob, work string, err error) error {
	if j.kept { // only the name is missing
		return err
	}
	segments, _ := filepath.Glob(filepath.Join(work, "*", "*.nut")) // the pattern is good
	if _, gone := os.Lstat(j.temp); len(segments) > 0 || gone == nil {
		if ctx.Err() != nil || media.KindOf(err) == media.DiskFull {
			return err
		}
	}
	_ = os.Remove(j.temp)
	return errors.Join(err, m.e.store.RemoveWorkDir("mark-"+j.id))
}

// make transcodes into the nameless copy, records it, and gives it its name.
func (m *marking) make(ctx context.Context, j *markJob, work string) (MarkedCopy, error) {
	b, err := m.newBrush(ctx, j)
	if err != nil {
		return MarkedCopy{}, err
	}
	var result media.TranscodeResult
	if _, err := os.Lstat(j.temp); err != nil {
		if result, err = m.transcode(ctx, j, work, b); err != nil {
			return MarkedCopy{}, err
		}
	}
	if b.quality.Frames() == 0 { // everything was resumed
		if err := m.measure(ctx, b); err != nil {
			return MarkedCopy{}, err
		}
	}
	facts, err := hashFile(ctx, j.temp, "reading the copy for "+printable(j.Tag.Text), m.o.Progress)
	if err != nil {
		return MarkedCopy{}, err
	}
	c, err := m.record(ctx, j, facts, b)
	if err != nil {
		return MarkedCopy{}, err
	}
	j.kept = true
	made := m.describe(j, &c)
	made.Dropped = result.Dropped
	return made, place(j.temp, j.Out, m.o.Force)
}

func (m *marking) describe(j *markJob, c *storage.Copy) MarkedCopy {
	return MarkedCopy{Tag: j.Tag.Text, File: j.Out, SHA256: c.SHA256, PSNR: c.PSNR, SSIM: c.SSIM, Size: c.Size, Strength: c.Strength}
}

func (m *marking) transcode(ctx context.Context, j *markJob, work string, b *brush) (media.TranscodeResult, error) {
	meter := newMeter(m.o.Progress, "marking for "+printable(j.Tag.Text), m.title.Duration.Milliseconds())
	started := false
	result, err := m.tools.Transcode(ctx, m.source, j.temp, media.TranscodeOptions{
		Encoder: m.o.Encoder, Workers: b.workers(), Overwrite: true, WorkDir: work, ID: j.id,
		Progress: func(done time.Duration, _ int64) {
			if !started {
				meter.begin(done.Milliseconds())
				started = true
			}
			meter.at(done.Milliseconds())
		},
	}, b.each)
	if fault, ok := errors.AsType[*media.Error](err); ok && fault.File == j.temp {
		named := *fault
		named.File = j.Out
		return result, &named
	}
	return result, err
}

// record registers the tag, if it is new, and the copy, which makes the tag issued.
func (m *marking) record(ctx context.Context, j *markJob, facts fileFacts, b *brush) (storage.Copy, error) {
	store := m.e.store
	one := func(yield func(storage.Tag, error) bool) { yield(j.Tag, nil) }
	if _, err := m.e.AddTags(ctx, m.title.ID, one); err != nil {
		return storage.Copy{}, err
	}
	tag, err := store.Tag(ctx, m.title.ID, j.Tag.Text)
	if err != nil {
		return storage.Copy{}, err
	}
	known, err := store.Copies(ctx, m.title.ID, tag.Ordinal)
	if err != nil {
		return storage.Copy{}, err
	}
	for _, c := range known { // killed between this and giving the file its name
		if c.SHA256 == facts.SHA256 && c.Path == storedPath(j.Out) {
			return c, nil
		}
	}
	c := storage.Copy{
		TitleID: m.title.ID, TagOrdinal: tag.Ordinal, Path: storedPath(j.Out), SHA256: facts.SHA256, Size: facts.Size,
		Strength: m.strength.String(), PSNR: b.quality.PSNR(), SSIM: b.quality.SSIM(),
	}
	return c, store.AddCopy(ctx, &c, m.o.Force)
}

// place gives a complete copy its name.
func place(temp, out string, force bool) error {
	if force {
		return writeErrorOrNil(out, os.Rename(temp, out))
	}
	// A link, unlike a rename, never replaces what is there.
	err := os.Link(temp, out)
	if errors.Is(err, fs.ErrExist) {
		return exists(out)
	}
	if err != nil { // no links on this file system
		if _, err := os.Lstat(out); err == nil {
			return exists(out)
		}
		return writeErrorOrNil(out, os.Rename(temp, out))
	}
	return writeErrorOrNil(out, os.Remove(temp))
}

func exists(path string) error {
	return fault(media.Exists, path, "the file is there already", "choose another name, or force it to be overwritten", fs.ErrExist)
}

func writeErrorOrNil(path string, err error) error {
	if err == nil {
		return nil
	}
	return writeError(path, err)
}

func writeError(path string, err error) error {
	e := &media.Error{Kind: media.Denied, File: path, What: "cannot be written: " + reason(err), Do: "choose another place", Err: err}
	switch {
	case isDiskFull(err):
		e.Kind, e.What, e.Do = media.DiskFull, "the disk is full", "make room or choose another place"
	case errors.Is(err, fs.ErrPermission):
		e.What, e.Do = "permission to write denied", "choose a folder you may write to"
	case errors.Is(err, fs.ErrNotExist):
		e.Kind, e.What, e.Do = media.Missing, "its folder does not exist", "make the folder first"
	}
	return e
}

// reason is the system's word for an error, without the paths that were tried.
func reason(err error) string {
	if p, ok := errors.AsType[*fs.PathError](err); ok {
		return p.Err.Error()
	}
	if l, ok := errors.AsType[*os.LinkError](err); ok {
		return l.Err.Error()
	}
	return err.Error()
}

// FileNameFor makes a file name of a tag: readable, safe on every system, and different for different tags.
func FileNameFor(tag, extension string) string {
	const longest = 80
	var b strings.Builder
	for _, r := range tag {
		switch {
		case r >= '0' && r <= '9', r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', strings.ContainsRune("@.+-_", r) && b.Len() > 0:
			b.WriteRune(r)
		default:
			b.WriteByte('_')
		}
		if b.Len() == longest {
			break
		}
	}
	name := strings.TrimRight(b.String(), ".")
	if name != tag || reserved(name) {
		sum := sha256.Sum256([]byte(tag))
		name += "-" + hex.EncodeToString(sum[:4])
	}
	return name + extension
}

// reserved tells names that Windows keeps for devices.
func reserved(name string) bool {
	stem, _, _ := strings.Cut(strings.ToLower(name), ".")
	switch stem {
	case "con", "prn", "aux", "nul":
		return true
	}
	return len(stem) == 4 && (strings.HasPrefix(stem, "com") || strings.HasPrefix(stem, "lpt"))
}

// defaultWorkers is how many goroutines mark at once.
func defaultWorkers() int { return runtime.GOMAXPROCS(0) }
