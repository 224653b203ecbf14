// SPDX-License-Identifier: AGPL-3.0-or-later

package casereport

import (
	"cmp"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"spoor/engine"
	"spoor/engine/code"
	"spoor/report"
	"spoor/storage"
)

func millis(ms int64) time.Duration { return time.Duration(ms) * time.Millisecond }

// trace fills in a backtrace: what the store lists, and what its record adds.
func (g *gathering) trace(b *engine.Backtrace, x *report.Exhibit) (report.Trace, error) {
	t := report.Trace{
		ID: b.ID, Input: x.FileName, Status: string(b.Status), Verdict: string(b.Verdict), Error: b.ErrorMsg, ErrorCode: b.ErrorCode,
		Percent: b.Percentage, Version: b.Version, Method: b.Method, TitleID: b.TitleID, Created: b.CreatedAt, Updated: b.UpdatedAt,
		Finished: timeOf(b.FinishedAt), BestScore: b.BestScore, Threshold: b.Threshold, FramesUsed: b.FramesUsed, Video: millis(b.VideoMS),
		Elapsed: millis(b.ElapsedMS), Versions: b.Versions, Params: b.Params,
	}
	if !b.Status.Final() {
		t.Verdict = ""
	}
	if p := b.Part; p != nil {
		t.Part = &report.Part{Page: p.Page, Picture: p.Picture, Also: p.Also, SHA256: p.SHA256, Of: p.Of}
	}
	for i := range b.Findings {
		f, err := g.finding(&b.Findings[i])
		if err != nil {
			return t, err
		}
		t.Findings = append(t.Findings, f)
	}
	g.sights, g.told = nil, nil
	record, ok, err := g.e.Record(g.ctx, b.ID)
	if err != nil {
		return t, err
	}
	if ok {
		g.record(&t, b, &record)
	}
	return t, g.titleMatch(&t, b, x)
}

func (g *gathering) finding(f *storage.Finding) (report.Finding, error) {
	out, err := bareFinding(f)
	if err != nil {
		return out, err
	}
	g.tagKeys[tagKey(f.TitleID, f.TagOrdinal)] = f.TagText
	tag, err := g.e.Tag(g.ctx, f.TitleID, f.TagText)
	if storage.CodeOf(err) == storage.NotFound { // its title was removed
		return out, nil
	}
	if err != nil {
		return out, err
	}
	out.Issued = tag.CreatedAt
	if who := (report.Recipient{Name: tag.Name, Company: tag.Company, Email: tag.Email, Note: tag.Note}); who != (report.Recipient{}) {
		out.Who = &who
	}
	copies, err := g.e.Copies(g.ctx, f.TitleID, f.TagOrdinal)
	if err != nil {
		return out, err
	}
	if len(copies) > 0 {
		out.Copied, out.CopyHash = copies[0].CreatedAt, copies[0].SHA256
	}
	return out, nil
}

// bareFinding is a finding without what the registry knows of its tag.
func bareFinding(f *storage.Finding) (report.Finding, error) {
	out := report.Finding{
		TitleID: f.TitleID, Tag: f.TagText, Ordinal: f.TagOrdinal, Log10P: f.Log10P, Score: f.Score, Weight: f.Weight, Method: f.Method,
	}
	var spans []engine.Span
	if len(f.Spans) > 0 {
		if err := json.Unmarshal(f.Spans, &spans); err != nil {
			return out, fmt.Errorf("stretches of %s: %w", f.TagText, err)
		}
	}
	for _, s := range spans {
		out.Spans = append(out.Spans, SpanOf(s))
	}
	return out, nil
}

// SpanOf is a stretch of a leak as reports have it.
func SpanOf(s engine.Span) report.Span {
	out := report.Span{From: millis(s.FromMS), To: millis(s.ToMS)}
	if s.TitleFromMS != nil && s.TitleToMS != nil {
		from, to := millis(*s.TitleFromMS), millis(*s.TitleToMS)
		out.TitleFrom, out.TitleTo = &from, &to
	}
	return out
}

// titleMatch says which title a leak shows, with pictures where both are at hand.
func (g *gathering) titleMatch(t *report.Trace, b *engine.Backtrace, x *report.Exhibit) error {
	told := g.told != nil && g.told.ID == b.TitleID
	laid := slices.ContainsFunc(g.sights, func(s engine.Sight) bool { return s.Title == b.TitleID })
	if b.TitleID == "" || (b.Verdict != storage.Found && b.Verdict != storage.Marked && !laid && !told) {
		return nil
	}
	title, err := g.title(b.TitleID)
	if err != nil {
		return err
	}
	t.Title = &report.TitleMatch{ID: title.ID, Name: title.Name, SHA256: title.SHA256, KeyID: title.KeyID}
	if told && g.told.How != "" { // older records have the probability of the tag there
		t.Title.Log10P, t.Title.How = g.told.Log10P, g.told.How
	}
	if g.sighted(t, x) || !g.pictured(x.Number) || len(t.Findings) == 0 {
		return nil
	}
	for _, s := range t.Findings[0].Spans {
		if s.TitleFrom == nil {
			continue
		}
		half := (s.To - s.From) / 2
		t.Title.LeakAt, t.Title.TitleAt = s.From+half, *s.TitleFrom+half
		t.Title.Leak = g.leakPicture(x.ID, t.Title.LeakAt)
		t.Title.Original = g.titlePicture(title.ID, t.Title.TitleAt)
		break
	}
	return nil
}

// sighted shows the place where the leak was laid over the title, with the outline of the one on the other.
func (g *gathering) sighted(t *report.Trace, x *report.Exhibit) bool {
	for _, s := range g.sights {
		if s.Title != t.Title.ID {
			continue
		}
		seen := titleSeen(&s)
		t.Title.LeakAt, t.Title.TitleAt, t.Title.Fit, t.Title.Outline = seen.LeakAt, seen.TitleAt, seen.Fit, seen.Outline
		if !g.pictured(x.Number) {
			return true
		}
		t.Title.Leak = g.leakPicture(x.ID, t.Title.LeakAt)
		t.Title.Original = g.titlePicture(t.Title.ID, t.Title.TitleAt)
		return true
	}
	return false
}

// addControls takes the controls that were run on the very exhibit. They are told where there is no line-up either.
func addControls(t *report.Trace, list []engine.Control) {
	if len(list) > 0 && t.LineUp == nil {
		t.LineUp = &report.LineUp{IDs: t.TagsCompared}
	}
	for _, c := range list {
		t.LineUp.Controls = append(t.LineUp.Controls, ControlOf(c))
	}
}

// ControlOf is a control as reports have it.
func ControlOf(c engine.Control) report.Control {
	kind := strings.ReplaceAll(strings.TrimSuffix(c.What, "s"), " ", "-")
	positive := kind == "known-positive"
	return report.Control{Kind: kind, Score: c.Score, Log10P: c.Log10P, Named: c.Passed == positive, Count: c.Runs}
}

// record adds what only the record of a trace has.
func (g *gathering) record(t *report.Trace, b *engine.Backtrace, record *engine.TraceRecord) {
	r := &record.Result
	if examined := millis(record.ExaminedMS); examined > 0 && examined+time.Second < t.Video {
		t.Partial = &report.Partial{Examined: examined, Of: t.Video}
	}
	t.SyncClarity, t.TagsCompared, t.Looks, t.Damage = r.SyncClarity, r.TagsCompared, r.Looks, r.Damage
	t.Tried, t.Remarks = remarksOf(record.Steps, r.Tried), remarksOf(record.Remarks, r.Notes)
	if record.Needed != nil {
		t.Needed = new(report.Remark(*record.Needed))
	}
	t.Timeline = timelineOf(t, b, record)
	g.looks(t, b, record)
	addControls(t, r.Controls)
	g.sights, g.told = record.Sights, r.Title
}

// Evidence is what a backtrace and its record tell by themselves: findings, timeline, line-up and controls, without what
// the store knows of the tags and without pictures.
func Evidence(b *engine.Backtrace, record *engine.TraceRecord) (report.Trace, error) {
	t := report.Trace{
		ID: b.ID, Verdict: string(b.Verdict), Method: b.Method, TitleID: b.TitleID, BestScore: b.BestScore, Threshold: b.Threshold,
		Video: millis(b.VideoMS),
	}
	for i := range b.Findings {
		f, err := bareFinding(&b.Findings[i])
		if err != nil {
			return t, err
		}
		t.Findings = append(t.Findings, f)
	}
	g := gathering{exposed: map[string][]int64{}}
	g.record(&t, b, record)
	t.Vectors = nil // of no use to somebody who looks
	for _, s := range record.Sights {
		if s.Title == b.TitleID {
			t.Title = titleSeen(&s)
			break
		}
	}
	return t, nil
}

// titleSeen is where the leak was laid over its title.
func titleSeen(s *engine.Sight) *report.TitleMatch {
	m := &report.TitleMatch{ID: s.Title, LeakAt: millis(s.LeakMS), TitleAt: millis(s.TitleMS), Fit: &s.Fit}
	for _, c := range s.Corners {
		m.Outline = append(m.Outline, report.Point{X: c[0], Y: c[1]})
	}
	return m
}

// remarksOf takes remarks with their codes or, from older records, their words alone.
func remarksOf(coded []engine.Remark, words []string) []report.Remark {
	var out []report.Remark
	for _, r := range coded {
		out = append(out, report.Remark(r))
	}
	if len(coded) == 0 {
		for _, text := range words {
			out = append(out, report.Remark{Words: text})
		}
	}
	return out
}

func timelineOf(t *report.Trace, b *engine.Backtrace, record *engine.TraceRecord) *report.Timeline {
	if len(record.Lanes) == 0 || t.Video <= 0 {
		return nil
	}
	line := &report.Timeline{Length: t.Video}
	for _, lane := range record.Lanes {
		out := report.Lane{}
		for _, f := range b.Findings {
			if f.TitleID == lane.Title && f.TagOrdinal == lane.Ordinal {
				out.Tag = f.TagText
			}
		}
		for _, p := range lane.Points {
			out.Points = append(out.Points, report.Strength{From: millis(p.FromMS), To: millis(p.ToMS), Score: p.Score})
		}
		line.Lanes = append(line.Lanes, out)
	}
	if len(t.Findings) > 0 {
		line.Title = t.Findings[0].Spans
	}
	for _, s := range record.Unused {
		line.Unusable = append(line.Unusable, report.Stretch{From: millis(s.FromMS), To: min(millis(s.ToMS), t.Video), Why: s.Why})
	}
	return line
}

// looks fills in the line-up, from the look that named the most certain tag, and what the other side needs.
func (g *gathering) looks(t *report.Trace, b *engine.Backtrace, record *engine.TraceRecord) {
	for i := range record.Looks {
		l := &record.Looks[i]
		chips := chipsOf(l.Chips)
		v := report.Vector{
			ID: fmt.Sprintf("look %d", l.Number), Method: cmp.Or(l.Method, b.Method), Title: l.Title, Chips: chips,
			Spent: code.Spend(l.Number), Tags: l.Tags,
		}
		for _, hit := range l.Hits {
			e := report.Exposed{Role: "runner-up", Ordinal: hit.Ordinal, Score: hit.Score, Log10P: code.Log10P(hit.Score,
				int(l.Tags), v.Spent)}
			for _, f := range b.Findings {
				if f.TitleID == l.Title && f.TagOrdinal == hit.Ordinal {
					e.Role, e.Tag = "named", f.TagText
				}
			}
			v.Words = append(v.Words, e)
			g.exposed[l.Title] = append(g.exposed[l.Title], hit.Ordinal)
		}
		if chips != nil {
			t.Vectors = append(t.Vectors, v)
		}
		if t.LineUp == nil || names(&v, t.Findings) {
			t.LineUp = lineUpOf(l, &v)
		}
	}
}

// names tells whether a look named the most certain tag.
func names(v *report.Vector, findings []report.Finding) bool {
	for _, w := range v.Words {
		if len(findings) > 0 && w.Tag == findings[0].Tag && w.Role == "named" {
			return true
		}
	}
	return false
}

// lineUpBin is the width of a bin of the histogram as it is drawn, in scores.
const lineUpBin = 0.25

func lineUpOf(l *engine.Look, v *report.Vector) *report.LineUp {
	out := &report.LineUp{From: -8, Width: lineUpBin, TailAt: 4}
	if len(l.Histogram) > 0 {
		out.From = max(math.Floor(l.Histogram[0].Score)-1, -8)
	}
	for _, bin := range l.Histogram {
		out.IDs += bin.Count
		at := int(math.Floor((bin.Score - out.From) / lineUpBin))
		if at < 0 || at > 400 {
			continue
		}
		for len(out.Counts) <= at {
			out.Counts = append(out.Counts, 0)
		}
		out.Counts[at] += bin.Count
		if bin.Score >= out.TailAt {
			out.TailSeen += bin.Count
		}
	}
	for _, w := range v.Words {
		if w.Role == "named" {
			out.TailSeen--
		} else if out.RunnerUp == nil {
			out.RunnerUp = new(w.Score)
		}
	}
	out.TailSeen = max(out.TailSeen, 0)
	out.TailMeant = float64(out.IDs) * math.Erfc(out.TailAt/math.Sqrt2) / 2
	return out
}

func chipsOf(raw []byte) []float64 {
	if len(raw) != 8*code.Chips {
		return nil
	}
	chips := make([]float64, code.Chips)
	for i := range chips {
		chips[i] = math.Float64frombits(binary.LittleEndian.Uint64(raw[8*i:]))
	}
	return chips
}

// commit says what binds the registries of the titles that tags were named of. For a package it fills in the words that are
// shown, which takes the keys of the titles.
func (g *gathering) commit() error {
	if !g.o.Package {
		named := g.named()
		for _, id := range slices.Sorted(maps.Keys(named)) {
			if err := g.boundOnRecord(id, named[id]); err != nil {
				return err
			}
		}
		return nil
	}
	openings := map[string]map[int64]engine.Opening{}
	for i := range g.r.Exhibits {
		for j := range g.r.Exhibits[i].Traces {
			for k := range g.r.Exhibits[i].Traces[j].Vectors {
				v := &g.r.Exhibits[i].Traces[j].Vectors[k]
				if openings[v.Title] == nil {
					found, err := g.commitTitle(v.Title)
					if err != nil {
						return err
					}
					openings[v.Title] = found
				}
				for n := range v.Words {
					w := &v.Words[n]
					o := openings[v.Title][w.Ordinal]
					w.Word, w.Salt, w.TagHash, w.Bound, w.Proof = o.Word.Bytes(), o.Salt, o.TagHash, o.Bound, o.Proof
				}
			}
		}
	}
	return nil
}

// named are the places in the registry of the tags that were named, by title.
func (g *gathering) named() map[string][]int64 {
	out := map[string][]int64{}
	for i := range g.r.Exhibits {
		for j := range g.r.Exhibits[i].Traces {
			for _, f := range g.r.Exhibits[i].Traces[j].Findings {
				out[f.TitleID] = append(out[f.TitleID], f.Ordinal)
			}
		}
	}
	return out
}

// boundOnRecord lists the oldest commitments that have the tags which are shown.
func (g *gathering) boundOnRecord(titleID string, ordinals []int64) error {
	title, err := g.title(titleID)
	if err != nil || title.KeyID == "" {
		return err
	}
	if err := g.e.Bind(g.ctx, titleID); err != nil {
		return err
	}
	stored, err := g.e.Store().Commitments(g.ctx, titleID)
	if err != nil {
		return err
	}
	used := map[int64]bool{}
	for _, n := range ordinals {
		at := slices.IndexFunc(stored, func(c storage.Commitment) bool { return c.Tags >= n })
		if at < 0 || used[stored[at].Tags] {
			continue
		}
		c := &stored[at]
		used[c.Tags] = true
		root, err := hex.DecodeString(c.SHA256)
		if err != nil {
			return fmt.Errorf("what binds the registry of %s: %w", titleID, err)
		}
		g.r.Registries = append(g.r.Registries, report.Registry{
			TitleID: titleID, KeyID: title.KeyID, Tags: c.Tags, Root: base64.StdEncoding.EncodeToString(root),
		})
	}
	return nil
}

func (g *gathering) commitTitle(id string) (map[int64]engine.Opening, error) {
	out := map[int64]engine.Opening{}
	title, err := g.title(id)
	if err != nil || title.KeyID == "" {
		return out, err
	}
	bound, list, err := g.e.Commit(g.ctx, id, unique(g.exposed[id]))
	if err != nil {
		return nil, err
	}
	for _, o := range list {
		out[o.Ordinal] = o
	}
	for _, one := range bound {
		g.r.Registries = append(g.r.Registries, report.Registry{TitleID: id, KeyID: title.KeyID, Tags: one.Tags, Root: one.Root})
	}
	return out, nil
}

func unique(list []int64) []int64 {
	seen := map[int64]bool{}
	var out []int64
	for _, n := range list {
		if !seen[n] {
			seen[n] = true
			out = append(out, n)
		}
	}
	return out
}
