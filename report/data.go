// SPDX-License-Identifier: AGPL-3.0-or-later

package report

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"
)

// WriteJSON writes a report for a system: an envelope around the objects of the backtraces API. JSONSchema describes it.
func WriteJSON(ctx context.Context, w io.Writer, r *Report, o Options) error {
	tree, err := dataOf(ctx, r, o)
	if err != nil {
		return err
	}
	return writeJSON(ctx, w, tree)
}

// WriteXML writes the same as [WriteJSON]: a key is an element, an array its key around one element per item. XSD
// describes it.
func WriteXML(ctx context.Context, w io.Writer, r *Report, o Options) error {
	tree, err := dataOf(ctx, r, o)
	if err != nil {
		return err
	}
	return writeXML(ctx, w, "report", tree)
}

// dataFormat numbers the shape of the envelope.
const dataFormat = 1

// data makes the tree of a report.
type data struct {
	ctx context.Context //nolint:containedctx // lives as long as one call
	r   *Report
	w   *words
}

func dataOf(ctx context.Context, r *Report, o Options) (object, error) {
	if err := o.Check(); err != nil {
		return nil, err
	}
	w, err := wordsOf(o.Lang)
	if err != nil {
		return nil, err
	}
	d := data{ctx, r.For(o), w}
	return object{
		{"format", "spoor-report"},
		{"format_version", int64(dataFormat)},
		{"kind", string(o.Kind)},
		{"made_at", r.Made.UnixMilli()},
		{"program", textOr(r.Program)},
		{"addresses_withheld", o.Redact},
		{"case", d.caseObject(o.Kind)},
		{"exhibits", arrayOf("exhibit", d.r.Exhibits, d.exhibit)},
		{"delivery", d.delivery()},
		{"accesses", arrayOf("tag_accesses", d.r.Accesses, d.tagAccesses)},
		{"registries", arrayOf("registry", d.r.Registries, d.registry)},
		{"notes", arrayOf("note", d.r.Notes, func(n *Note) any {
			return object{{"author", textOr(n.Author)}, {"written_at", timeOr(n.At)}, {"text", n.Text}}
		})},
		{"audit", d.audit()},
	}, nil
}

func (d *data) caseObject(kind Kind) object {
	c := &d.r.Case
	if kind == Takedown || kind == Preservation {
		return object{{"id", c.ID}, {"number", textOr(c.Number)}, {"examiner", textOr(c.Examiner)}}
	}
	return object{
		{"id", c.ID},
		{"number", textOr(c.Number)},
		{"name", textOr(c.Name)},
		{"examiner", textOr(c.Examiner)},
		{"reviewer", textOr(c.Reviewer)},
		{"reviewed_at", timeOr(c.Reviewed)},
		{"state", textOr(c.State)},
		{"legal_hold", c.LegalHold},
		{"created_at", timeOr(c.Created)},
		{"updated_at", timeOr(c.Updated)},
	}
}

func (d *data) exhibit(x *Exhibit) any {
	seen, source := x.FirstSeen()
	return object{
		{"id", x.ID},
		{"number", int64(x.Number)},
		{"file_name", textOr(x.FileName)},
		{"path", textOr(x.Path)},
		{"sha256", textOr(x.SHA256)},
		{"sha512", textOr(x.SHA512)},
		{"size", x.Size},
		{"modified_at", timeOr(x.Modified)},
		{"taken_in_at", timeOr(x.TakenIn)},
		{"first_seen_at", timeOr(seen)},
		{"first_seen_by", source},
		{"group", textOr(x.Group)},
		{"container", containerObject(x.Container)},
		{"acquisition", acquisitionObject(x.Acquisition)},
		{"bookmarks", arrayOf("bookmark", x.Bookmarks, func(b *Bookmark) any {
			return object{
				{"at_ms", b.Offset.Milliseconds()},
				{"author", textOr(b.Author)},
				{"text", textOr(b.Text)},
				{"written_at", timeOr(b.At)},
			}
		})},
		{"sources", arrayOf("source", x.Sources, func(s *Source) any {
			return object{{"name", textOr(s.Name)}, {"sha256", textOr(s.SHA256)}, {"size", s.Size}}
		})},
		{"backtraces", arrayOf("backtrace", x.Traces, d.backtrace)},
		{"examinations", arrayOf("examination", x.Traces, func(t *Trace) any { return d.examination(x, t) })},
	}
}

func containerObject(c *Container) any {
	if c == nil {
		return nil
	}
	var more any
	if len(c.More) > 0 {
		more = arrayOf("fact", slices.Sorted(maps.Keys(c.More)), func(name *string) any {
			return object{{"name", *name}, {"value", c.More[*name]}}
		})
	}
	return object{
		{"format", textOr(c.Format)},
		{"video_codec", textOr(c.VideoCodec)},
		{"audio_codec", textOr(c.AudioCodec)},
		{"audio_tracks", intOr(int64(c.AudioTracks))},
		{"width", intOr(int64(c.Width))},
		{"height", intOr(int64(c.Height))},
		{"frame_rate", textOr(c.FrameRate)},
		{"duration_ms", c.Duration.Milliseconds()},
		{"bit_rate", intOr(c.BitRate)},
		{"more", more},
	}
}

func acquisitionObject(a *Acquisition) any {
	if a == nil {
		return nil
	}
	return object{
		{"address", textOr(a.Address)},
		{"platform", textOr(a.Platform)},
		{"uploader", textOr(a.Uploader)},
		{"posted_at", timeOr(a.Posted)},
		{"captured_at", timeOr(a.Captured)},
		{"captured_by", textOr(a.By)},
		{"captured_with", textOr(a.With)},
		{"caption", textOr(a.Caption)},
		{"files", textsOf("file", a.Files)},
		{"note", textOr(a.Note)},
	}
}

// backtrace is the object of the API: its keys in its order, and no other.
func (d *data) backtrace(t *Trace) any {
	var job any
	if t.TitleID != "" {
		job = object{{"id", t.TitleID}}
	}
	var extracted any
	if !t.Finished.IsZero() {
		extracted = arrayOf("extracted", t.Findings, d.extracted)
	}
	return object{
		{"input", object{{"input_name", textOr(t.Input)}}},
		{"extracted_data", extracted},
		{"status", t.Status},
		{"percentage_completed", int64(t.Percent)},
		{"error_msg", textOr(t.Error)},
		{"error_code", textOr(t.ErrorCode)},
		{"finished_at", timeOr(t.Finished)},
		{"version", t.Version},
		{"created_at", timeOr(t.Created)},
		{"updated_at", timeOr(t.Updated)},
		{"id", t.ID},
		{"job", job},
		{"findings", d.findings(t)},
	}
}

func (d *data) extracted(f *Finding) any {
	return object{{"autograph_tag", f.Tag}, {"access_stats", array{"access_stat", func(yield func(any) error) error {
		return d.rows(f.TitleID, f.Tag, func(a *Access) error { return yield(stat(a)) })
	}}}}
}

// rows reads the accesses of a tag.
func (d *data) rows(titleID, tag string, yield func(*Access) error) error {
	for i := range d.r.Accesses {
		list := &d.r.Accesses[i]
		if list.Tag != tag || list.TitleID != titleID || list.Rows == nil {
			continue
		}
		for a, err := range list.Rows(d.ctx) {
			if err != nil {
				return fmt.Errorf("accesses of %s: %w", tag, err)
			}
			if err := yield(&a); err != nil {
				return err
			}
		}
	}
	return nil
}

// stat is the nine documented fields of an access.
func stat(a *Access) object {
	return object{
		{"ip_address", cmp.Or(a.Address, "N/A")},
		{"ip_country", cmp.Or(a.Country, "N/A")},
		{"ip_type", cmp.Or(a.Type, "N/A")},
		{"user_agent", cmp.Or(a.UserAgent, "N/A")},
		{"accept_language", cmp.Or(a.Language, "N/A")},
		{"first_accessed_at", timeOr(a.First)},
		{"percentage_obtained", cmp.Or(a.Percentage, "N/A")},
		{"highest_resolution", cmp.Or(a.Resolution, "N/A")},
		{"streaming_only", cmp.Or(a.StreamingOnly, "N/A")},
	}
}

func (d *data) findings(t *Trace) any {
	if t.Verdict == "" {
		return nil
	}
	var title any
	if t.Title != nil {
		title = object{{"id", t.Title.ID}, {"name", textOr(t.Title.Name)}}
	}
	return object{
		{"verdict", t.Verdict},
		{"threshold_log10_p", number(t.Threshold)},
		{"best_score", number(t.BestScore)},
		{"title", title},
		{"tags", arrayOf("tag", t.Findings, func(f *Finding) any {
			return object{
				{"autograph_tag", f.Tag},
				{"log10_p", number(f.Log10P)},
				{"score", number(f.Score)},
				{"weight", number(f.Weight)},
				{"method", textOr(f.Method)},
				{"spans", arrayOf("span", f.Spans, span)},
			}
		})},
	}
}

func span(s *Span) any {
	o := object{{"from_ms", s.From.Milliseconds()}, {"to_ms", s.To.Milliseconds()}}
	if s.TitleFrom != nil && s.TitleTo != nil {
		o = append(o, field{"title_from_ms", s.TitleFrom.Milliseconds()}, field{"title_to_ms", s.TitleTo.Milliseconds()})
	}
	return o
}

// examination is what the API has no place for.
func (d *data) examination(x *Exhibit, t *Trace) any {
	var partial any
	if t.Partial != nil {
		partial = object{{"examined_ms", t.Partial.Examined.Milliseconds()}, {"of_ms", t.Partial.Of.Milliseconds()}}
	}
	return object{
		{"backtrace", t.ID},
		{"method", textOr(t.Method)},
		{"tags_compared", intOr(t.TagsCompared)},
		{"looks", intOr(int64(t.Looks))},
		{"frames_used", t.FramesUsed},
		{"video_ms", t.Video.Milliseconds()},
		{"elapsed_ms", t.Elapsed.Milliseconds()},
		{"sync_clarity", number(t.SyncClarity)},
		{"damage", textOr(t.Damage)},
		{"part", partObject(t.Part)},
		{"tried", textsOf("what", d.w.remarks(t.Tried))},
		{"needed", neededWords(d.w, t)},
		{"remarks", textsOf("text", d.w.remarks(t.Remarks))},
		{"partial", partial},
		{"title_match", titleObject(t.Title)},
		{"copies", arrayOf("copy", t.Findings, func(f *Finding) any { return d.copyObject(x, t, f) })},
		{"timeline", timelineObject(t.Timeline)},
		{"line_up", lineUpObject(t.LineUp)},
		{"versions", rawOr(t.Versions)},
		{"parameters", rawOr(t.Params)},
	}
}

func partObject(p *Part) any {
	if p == nil {
		return nil
	}
	var also any
	if len(p.Also) > 0 {
		also = arrayOf("page", p.Also, func(n *int) any { return int64(*n) })
	}
	return object{
		{"page", int64(p.Page)}, {"picture", intOr(int64(p.Picture))}, {"also_on", also}, {"sha256", textOr(p.SHA256)}, {"of", int64(p.Of)},
	}
}

func neededWords(w *words, t *Trace) any {
	if t.Needed == nil {
		return nil
	}
	return textOr(w.remark(t.Needed))
}

func titleObject(m *TitleMatch) any {
	if m == nil {
		return nil
	}
	var outline any
	if outlined(m.Outline) {
		outline = arrayOf("corner", m.Outline, func(q *Point) any { return object{{"x", q.X}, {"y", q.Y}} })
	}
	return object{
		{"id", m.ID},
		{"name", textOr(m.Name)},
		{"sha256", textOr(m.SHA256)},
		{"key_id", textOr(m.KeyID)},
		{"reference", textOr(m.Reference)},
		{"log10_p", numberOr(m.Log10P)},
		{"how", textOr(m.How)},
		{"fit", numberOr(m.Fit)},
		{"outline", outline},
	}
}

// copyObject is what is known of the copy that a tag names, with the sentence that says how sure that is.
func (d *data) copyObject(x *Exhibit, t *Trace, f *Finding) any {
	var recipient any
	if f.Who != nil {
		recipient = object{
			{"name", textOr(f.Who.Name)}, {"company", textOr(f.Who.Company)}, {"email", textOr(f.Who.Email)}, {"note", textOr(f.Who.Note)},
		}
	}
	doc := document{w: d.w, r: d.r}
	return object{
		{"autograph_tag", f.Tag},
		{"title", textOr(f.TitleID)},
		{"recipient", recipient},
		{"meaning", d.w.chanceSentence(f.Log10P, t.TagsCompared) + " " + d.w.CopyNotPerson},
		{"issued_at", timeOr(f.Issued)},
		{"copied_at", timeOr(f.Copied)},
		{"copy_sha256", textOr(f.CopyHash)},
		{"witness", entryWords(d.w, f.LogEntry)},
		{"order_problem", textOr(doc.orderProblem(x, f))},
	}
}

func entryWords(w *words, number *int64) any {
	if number == nil {
		return nil
	}
	return w.logEntry(*number)
}

func timelineObject(t *Timeline) any {
	if t == nil {
		return nil
	}
	return object{
		{"length_ms", t.Length.Milliseconds()},
		{"lanes", arrayOf("lane", t.Lanes, func(l *Lane) any {
			return object{{"autograph_tag", l.Tag}, {"points", arrayOf("point", l.Points, func(s *Strength) any {
				return object{{"from_ms", s.From.Milliseconds()}, {"to_ms", s.To.Milliseconds()}, {"score", number(s.Score)}}
			})}}
		})},
		{"title", arrayOf("span", t.Title, span)},
		{"unusable", arrayOf("stretch", t.Unusable, func(s *Stretch) any {
			return object{{"from_ms", s.From.Milliseconds()}, {"to_ms", s.To.Milliseconds()}, {"why", textOr(s.Why)}}
		})},
	}
}

func lineUpObject(l *LineUp) any {
	if l == nil {
		return nil
	}
	return object{
		{"ids", l.IDs},
		{"from_score", number(l.From)},
		{"bin_width", number(l.Width)},
		{"counts", arrayOf("n", l.Counts, func(n *int64) any { return *n })},
		{"runner_up_score", numberOr(l.RunnerUp)},
		{"controls", arrayOf("control", l.Controls, func(c *Control) any {
			return object{
				{"kind", c.Kind},
				{"what", textOr(c.What)},
				{"score", number(c.Score)},
				{"log10_p", number(c.Log10P)},
				{"named", c.Named},
				{"passed", c.Passed()},
				{"count", int64(max(c.Count, 1))},
			}
		})},
	}
}

func (d *data) delivery() any {
	v := d.r.Delivery
	if v == nil {
		return nil
	}
	return object{
		{"database", textOr(v.Database)},
		{"proxies", textOr(v.Proxies)},
		{"unmatched", v.Unmatched},
		{"note", textOr(v.Note)},
		{"logs", arrayOf("log", v.Logs, func(l *LogFile) any {
			return object{{"name", textOr(l.Name)}, {"sha256", textOr(l.SHA256)}, {"format", textOr(l.Format)}, {"lines", l.Lines}}
		})},
	}
}

func (d *data) tagAccesses(a *TagAccesses) any {
	return object{
		{"autograph_tag", a.Tag},
		{"title", textOr(a.TitleID)},
		{"patterns", arrayOf("pattern", a.Patterns, func(p *Pattern) any {
			title, text := d.w.pattern(p)
			return object{{"name", textOr(title)}, {"text", textOr(text)}}
		})},
		{"rows", array{"row", func(yield func(any) error) error {
			return d.rows(a.TitleID, a.Tag, func(one *Access) error { return yield(row(one)) })
		}}},
	}
}

// row is an access with what goes beyond the nine fields.
func row(a *Access) object {
	var ports any
	if len(a.Ports) > 0 {
		ports = arrayOf("port", a.Ports, func(p *int) any { return int64(*p) })
	}
	return append(stat(a), object{
		{"ip_country_code", textOr(a.CountryCode)},
		{"ip_type_source", textOr(a.TypeSource)},
		{"network", textOr(a.Network)},
		{"asn", intOr(a.ASN)},
		{"last_accessed_at", timeOr(a.Last)},
		{"ports", ports},
		{"anonymizers", textsOf("name", a.Anonymizers)},
		{"note", textOr(a.Note)},
	}...)
}

func (d *data) registry(g *Registry) any {
	return object{
		{"title", g.TitleID},
		{"key_id", textOr(g.KeyID)},
		{"tags", g.Tags},
		{"root", g.Root},
		{"bound_at", timeOr(g.Bound)},
		{"witness", textOr(d.w.witness(g))},
	}
}

func (d *data) audit() any {
	a := d.r.Audit
	if a == nil {
		return nil
	}
	return object{
		{"tree_size", a.TreeSize},
		{"root_hash", textOr(a.RootHash)},
		{"head", textOr(a.Head)},
		{"total", a.Total},
		{"events", arrayOf("event", a.Events, func(e *Event) any {
			return object{
				{"number", e.Number},
				{"at", timeOr(e.At)},
				{"actor", textOr(e.Actor)},
				{"action", e.Action},
				{"object", textOr(e.Object)},
			}
		})},
	}
}

// iso is a time as other tools write it.
func iso(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }
