// SPDX-License-Identifier: AGPL-3.0-or-later

// Package casereport fills a report from a case: it asks the engine for all that is on record and writes it into the plain
// model of package report, which knows neither engine nor store.
package casereport

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"image/jpeg"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"spoor/engine"
	"spoor/engine/media"
	"spoor/report"
	"spoor/storage"
)

// Options say what to gather.
type Options struct {
	Made     time.Time
	Program  string
	Pictures bool // thumbnails, and leak and original side by side: for what is drawn
	Package  bool // evidence vectors and the proofs of codewords
}

const (
	pictureHeight = 270 // lines
	partsPictured = 8   // pictures of one document
)

// picturesFor is how many exhibits get pictures; a report treats further ones in brief.
const picturesFor = 24

// Gather reads a case, by its id or name.
func Gather(ctx context.Context, e *engine.Engine, idOrName string, o Options) (*report.Report, error) {
	c, err := e.Case(ctx, idOrName)
	if err != nil {
		return nil, err
	}
	g := &gathering{
		ctx: ctx, e: e, o: o, titles: map[string]engine.Title{}, exposed: map[string][]int64{},
		tagKeys: map[string]string{}, witnesses: map[string]int64{},
	}
	g.r = &report.Report{Made: o.Made.UTC(), Program: o.Program, Case: caseOf(&c)}
	if g.r.Case.Examiner == "" {
		if g.r.Case.Examiner, err = e.Setting(ctx, engine.SettingExaminer); err != nil {
			return nil, err
		}
	}
	if err := g.exhibits(c.ID); err != nil {
		return nil, err
	}
	if err := g.notes(c.ID); err != nil {
		return nil, err
	}
	g.group()
	if err := g.commit(); err != nil { // before the log is read, which has what is bound
		return nil, err
	}
	if err := g.audit(); err != nil {
		return nil, err
	}
	if err := g.accesses(); err != nil {
		return nil, err
	}
	return g.r, nil
}

// gathering is one call of Gather.
type gathering struct {
	ctx     context.Context //nolint:containedctx // lives as long as one call
	e       *engine.Engine
	o       Options
	r       *report.Report
	titles  map[string]engine.Title
	exposed map[string][]int64 // ordinals of the tags whose words are shown, by title

	sights    []engine.Sight     // of the trace that is being filled in
	told      *engine.TraceTitle // the title that it tells of
	tagKeys   map[string]string  // tags that were found, by how the audit log names them
	witnesses map[string]int64   // the entry of the audit log that has them first
}

func caseOf(c *engine.Case) report.Case {
	return report.Case{
		ID: c.ID, Name: c.Name, Number: c.Number, Examiner: c.Examiner, Reviewer: c.Reviewer, State: string(c.State), LegalHold: c.OnHold,
		Created: c.CreatedAt, Updated: c.UpdatedAt, Reviewed: timeOf(c.ReviewedAt),
		ChangedSince: c.ReviewedAt != nil && c.ChangedSinceReview(),
	}
}

func timeOf(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return *t
}

func (g *gathering) exhibits(caseID string) error {
	for page := (storage.Page{Limit: 500}); ; {
		list, err := g.e.Exhibits(g.ctx, caseID, page)
		if err != nil {
			return err
		}
		for i := range list {
			x, err := g.exhibit(&list[i], len(g.r.Exhibits)+1)
			if err != nil {
				return fmt.Errorf("exhibit %s: %w", list[i].ID, err)
			}
			g.r.Exhibits = append(g.r.Exhibits, x)
		}
		if len(list) < page.Limit {
			return nil
		}
		page.After = list[len(list)-1].ID
	}
}

func (g *gathering) exhibit(x *engine.Exhibit, number int) (report.Exhibit, error) {
	out := report.Exhibit{
		ID: x.ID, Number: number, FileName: x.FileName, Path: x.Path, SHA256: x.SHA256, SHA512: x.SHA512, Size: x.Size,
		Modified: x.ModTime, TakenIn: x.CreatedAt, Container: containerOf(x.Container), Acquisition: acquisitionOf(x.Acquisition),
	}
	for _, b := range x.Bookmarks {
		out.Bookmarks = append(out.Bookmarks, report.Bookmark{Offset: b.At, Author: b.Author, Text: b.Text, At: b.CreatedAt})
	}
	for _, s := range x.Sources {
		out.Sources = append(out.Sources, report.Source(s))
	}
	if a := x.Acquisition; a != nil && a.PageSHA256 != "" && g.pictured(number) {
		out.Acquisition.Page = g.capturedPage(a.PageSHA256)
	}
	if g.pictured(number) && out.Container != nil && out.Container.Width > 0 {
		out.Thumbnail = g.leakPicture(x.ID, out.Container.Duration/3)
	}
	for i := range x.Backtraces {
		t, err := g.trace(&x.Backtraces[i], &out)
		if err != nil {
			return out, err
		}
		out.Traces = append(out.Traces, t)
	}
	return out, g.documentPictures(&out)
}

// documentPictures shows the pictures of a document that are told of.
func (g *gathering) documentPictures(x *report.Exhibit) error {
	var traces []*report.Trace
	var places []engine.Place
	for _, t := range x.Told() {
		if t.Part != nil && g.pictured(x.Number) && len(places) < partsPictured {
			traces = append(traces, t)
			places = append(places, engine.Place{Page: t.Part.Page, Picture: t.Part.Picture})
		}
	}
	if len(places) == 0 {
		return nil
	}
	shots, err := g.e.DocumentPictures(g.ctx, x.ID, places, pictureHeight)
	if err != nil { // a report is not held up by a document that cannot be opened any more
		return context.Cause(g.ctx)
	}
	for i, t := range traces {
		picture := encode(&shots[i])
		if x.Thumbnail == nil {
			x.Thumbnail = picture
		}
		if t.Title != nil {
			t.Title.Leak = picture
		}
	}
	return nil
}

func (g *gathering) pictured(number int) bool { return g.o.Pictures && number <= picturesFor }

// leakPicture is a picture of an exhibit, nil where there is none: a report is not held up by a thumbnail.
func (g *gathering) leakPicture(evidenceID string, at time.Duration) []byte {
	shot, err := g.e.Preview(g.ctx, evidenceID, at, pictureHeight)
	if err != nil {
		return nil
	}
	return encode(&shot)
}

// titlePicture is a picture of an original or, where it has gone, the small grey one of its reference.
func (g *gathering) titlePicture(titleID string, at time.Duration) []byte {
	shot, _, err := g.e.TitleShot(g.ctx, titleID, at, pictureHeight)
	if err != nil {
		return nil
	}
	return encode(&shot)
}

// capturedPage is the picture of the page on which an exhibit was found; nil where it cannot be read.
func (g *gathering) capturedPage(sha256 string) []byte {
	const largest = 32 << 20
	store := g.e.Store()
	file, err := store.VaultFile(g.ctx, sha256)
	if err != nil || file.Size > largest {
		return nil
	}
	content, err := os.ReadFile(store.VaultPath(file))
	if err != nil {
		return nil
	}
	return content
}

func encode(shot *engine.Shot) []byte {
	if shot.Image == nil {
		return nil
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, shot.Image, &jpeg.Options{Quality: 85}); err != nil {
		return nil
	}
	return b.Bytes()
}

func containerOf(raw json.RawMessage) *report.Container {
	var info struct {
		media.Info
		Pages, Pictures int      // of a document
		Small           int      `json:"small_pictures"` // that were left out
		Remarks         []string `json:"notes"`
		Assembly        struct {
			Method  string
			Missing []string
			Notes   []string
		}
	}
	if len(raw) == 0 || json.Unmarshal(raw, &info) != nil || info.Format == "" {
		return nil
	}
	c := &report.Container{
		Format: info.Format, VideoCodec: info.Codec, Width: info.Width, Height: info.Height, Duration: info.Duration, BitRate: info.BitRate,
	}
	if rate := info.FrameRate.Float(); rate > 0 {
		c.FrameRate = strings.TrimSuffix(fmt.Sprintf("%.2f", rate), ".00")
	}
	if info.Audio > 0 {
		c.AudioTracks = info.Audio
	}
	c.More = map[string]string{}
	for name, value := range map[string]string{
		"pages": number(info.Pages), "pictures": number(info.Pictures), "small": number(info.Small), "assembly": info.Assembly.Method,
		"missing": strings.Join(info.Assembly.Missing, ", "), "notes": strings.Join(append(info.Remarks, info.Assembly.Notes...), "; "),
	} {
		if value != "" {
			c.More[name] = value
		}
	}
	return c
}

func number(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

func acquisitionOf(a *storage.Acquisition) *report.Acquisition {
	if a == nil {
		return nil
	}
	return &report.Acquisition{
		Address: a.Address, Platform: a.Platform, Uploader: a.Uploader, Posted: timeOf(a.PostedAt), Captured: timeOf(a.CapturedAt),
		By: a.CapturedBy, With: a.Tool, Caption: a.Caption, Files: slices.Compact(slices.Sorted(maps.Values(a.FilledFrom))),
	}
}

func (g *gathering) notes(caseID string) error {
	for page := (storage.Page{Limit: 1000}); ; {
		list, err := g.e.Notes(g.ctx, caseID, page)
		if err != nil {
			return err
		}
		for _, n := range list {
			g.r.Notes = append(g.r.Notes, report.Note{Author: n.Author, Text: n.Text, At: n.CreatedAt})
		}
		if len(list) < page.Limit {
			return nil
		}
		page.After = list[len(list)-1].ID
	}
}

// group puts exhibits together that carry the same tag or, where none is named, show the same title.
func (g *gathering) group() {
	for i := range g.r.Exhibits {
		x := &g.r.Exhibits[i]
		t := x.Last()
		switch {
		case t == nil:
		case len(t.Findings) > 0:
			x.Group = t.Findings[0].Tag
		case t.Title != nil:
			x.Group = cmp.Or(t.Title.Name, t.Title.ID)
		}
	}
}

// title is a title, kept; one that was removed has its id only.
func (g *gathering) title(id string) (engine.Title, error) {
	if t, ok := g.titles[id]; ok {
		return t, nil
	}
	t, err := g.e.Title(g.ctx, id)
	if storage.CodeOf(err) == storage.NotFound {
		t, err = engine.Title{Title: storage.Title{ID: id}}, nil
	}
	if err == nil {
		g.titles[id] = t
	}
	return t, err
}
