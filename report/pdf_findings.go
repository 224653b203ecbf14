// SPDX-License-Identifier: AGPL-3.0-or-later

package report

import (
	"fmt"
	"math"
	"slices"
	"time"
	"unicode"
	"unicode/utf8"

	"codeberg.org/go-pdf/fpdf"
)

// findings writes what was found in each exhibit.
func (d *document) findings(list []Exhibit) {
	d.chapter(d.w.Findings)
	if len(list) == 0 {
		d.say(d.w.NoExhibits)
		return
	}
	d.say(d.w.FindingsIntro)
	for i := range list {
		d.need(70) // a heading and what comes first
		d.section(fmt.Sprintf(d.w.ExhibitNo, list[i].Number)+": "+list[i].FileName, true)
		d.examination(&list[i])
	}
}

// examination writes the result of an exhibit: of its last trace or, of a document, of each picture that shows a mark.
func (d *document) examination(x *Exhibit) {
	told := x.Told()
	if len(told) == 0 {
		d.say(d.w.NotTraced)
		return
	}
	d.partTable(x)
	for i, t := range told {
		if i == partsInDetail {
			d.say(d.w.count(d.w.PartsMore, len(told)-i))
			break
		}
		if len(told) > 1 {
			d.label(capital(d.w.partTitle(t.Part)))
		}
		d.traced(x, t)
	}
	d.earlier(x)
}

// traced writes what one trace came to, and how.
func (d *document) traced(x *Exhibit, t *Trace) {
	d.paragraph(run{d.w.Result + "  ", body().in(soft())}, run{d.w.verdictLong(t.answer()), strong()})
	if t.Verdict == Failed || t.Error != "" {
		d.alert(d.w.ErrorTitle, d.w.failure(t))
	}
	if t.Damage != "" {
		d.alert(d.w.DamageTitle, fmt.Sprintf(d.w.DamageText, t.Damage))
	}
	d.part(t)
	d.titleMatch(t)
	for i := range t.Findings {
		d.finding(x, t, &t.Findings[i])
	}
	if len(t.Findings) > 1 {
		d.shares(t)
	}
	if t.Verdict != Found && t.Verdict != Failed {
		d.notNamed(t)
	}
	if t.Verdict == Found {
		if !t.still() {
			d.need(75)
			d.label(d.w.TimelineTitle)
			d.timeline(t.Timeline)
		}
		d.lineUpExhibit(t)
		d.impersonation(x, t)
	}
	d.howExamined(t)
}

// partTable lists the pictures and pages that a document was taken apart into, with what came of each.
func (d *document) partTable(x *Exhibit) {
	const shown = 60
	list := x.parts()
	if len(list) < 2 {
		return
	}
	d.say(d.w.count(d.w.PartsRead, len(list)))
	g := d.table(column{d.w.ColWhere, 26, cell(), left}, column{d.w.ColResult, 40, cell(), left}, column{d.w.ColTag, 40, cell(), left},
		column{d.w.ColScore, 14, cell(), right}, column{d.w.ColChance, 34, cell(), left})
	// Those that show a mark come first where not all have room.
	slices.SortStableFunc(list, func(a, b *Trace) int {
		switch {
		case len(list) <= shown:
			return 0
		case a.saysMore(b):
			return -1
		case b.saysMore(a):
			return 1
		}
		return 0
	})
	for _, t := range list[:min(len(list), shown)] {
		tag, chance := "–", "–"
		if len(t.Findings) > 0 {
			tag, chance = d.andMore(cut(t.Findings[0].Tag, 80), len(t.Findings)-1), d.w.chance(t.Findings[0].Log10P)
		}
		g.row(d.w.place(t), d.w.verdictShort(t.Verdict), tag, d.w.decimal(t.BestScore, 1), chance)
	}
	g.end()
	if more := len(list) - shown; more > 0 {
		d.say(d.w.count(d.w.RunsMore, more))
	}
}

// part says which picture of a document the examination is about.
func (d *document) part(t *Trace) {
	p := t.Part
	if p == nil {
		return
	}
	text := fmt.Sprintf(d.w.PartAbout, d.w.partTitle(p))
	if len(p.Also) > 0 {
		text += " " + fmt.Sprintf(d.w.PartAlso, d.w.numbers(p.Also, 24))
	}
	d.say(text + " " + fmt.Sprintf(d.w.PartOf, d.w.whole(int64(p.Of))))
}

// partTitle names a picture of a document, or a page of it.
func (w *words) partTitle(p *Part) string {
	if p.Picture > 0 {
		return fmt.Sprintf(w.PartPicture, p.Picture, p.Page)
	}
	return fmt.Sprintf(w.PartPage, p.Page)
}

// capital begins a heading.
func capital(text string) string {
	first, size := utf8.DecodeRuneInString(text)
	return string(unicode.ToUpper(first)) + text[size:]
}

// place is where a trace looked: a picture of a document, or the whole file.
func (w *words) place(t *Trace) string {
	switch p := t.Part; {
	case p == nil:
		return w.WholeFile
	case p.Picture > 0:
		return fmt.Sprintf(w.PlacePicture, p.Page, p.Picture)
	default:
		return fmt.Sprintf(w.PlacePage, p.Page)
	}
}

// titleMatch shows which title a leak is of, side by side with the original.
func (d *document) titleMatch(t *Trace) {
	m := t.Title
	if m == nil {
		return
	}
	d.label(d.w.TitleShown)
	sentence := fmt.Sprintf(d.w.TitleSentence, cut(m.Name, 200), m.ID)
	if text, ok := d.w.TitleHow[m.How]; ok && m.Log10P != nil {
		sentence += " " + fmt.Sprintf(text, d.w.chance(*m.Log10P))
	}
	if m.Fit != nil {
		sentence += " " + fmt.Sprintf(d.w.TitleFit, d.w.decimal(*m.Fit, 2))
	}
	d.say(sentence)
	d.facts(
		fact{name: d.w.OriginalHash, value: m.SHA256, mono: true},
		fact{name: d.w.KeyID, value: m.KeyID, mono: true},
		fact{name: d.w.ReferenceID, value: m.Reference, mono: true},
	)
	if m.Leak == nil && m.Original == nil {
		return
	}
	const height = 46.0
	half := (d.width - 6) / 2
	caption := fmt.Sprintf(d.w.SideBySide, clock(m.LeakAt), clock(m.TitleAt))
	if t.Part != nil {
		caption = fmt.Sprintf(d.w.SideBySidePart, d.w.partTitle(t.Part), clock(m.TitleAt))
	}
	if outlined(m.Outline) {
		caption += " " + d.w.OutlineText
	}
	d.figure(height, caption, func(x, y float64) {
		d.picture(m.Leak, x, y, half, height, d.w.NoPicture)
		px, py, pw, ph := d.picture(m.Original, x+half+6, y, half, height, d.w.NoPicture)
		if !outlined(m.Outline) || m.Original == nil {
			return
		}
		points := make([]fpdf.PointType, len(m.Outline))
		for i, q := range m.Outline {
			points[i] = fpdf.PointType{X: px + q.X*pw, Y: py + q.Y*ph}
		}
		d.pdf.ClipRect(x+half+5, y-1, half+2, height+2, false)
		d.stroke(rgb{255, 255, 255}, 1)
		d.pdf.Polygon(points, "D")
		d.stroke(alarm(), 0.5)
		d.pdf.Polygon(points, "D")
		d.pdf.ClipEnd()
	})
}

// outlined tells whether there is an outline that can be drawn.
func outlined(points []Point) bool {
	for _, q := range points {
		if !(math.Abs(q.X) < 20 && math.Abs(q.Y) < 20) {
			return false
		}
	}
	return len(points) > 2
}

// finding writes one tag: what was found, how sure that is, and what was corrected for.
func (d *document) finding(x *Exhibit, t *Trace, f *Finding) {
	runs := [][]run{{{d.w.TagIs + "  ", small()}}, {{cut(f.Tag, 1024), style{bold, 15, accent()}}}}
	if who := recipientLine(f.Who); who != "" {
		runs = append(runs, []run{{d.w.IssuedTo + " ", body().in(soft())}, {cut(who, 400), strong()}})
	}
	runs = append(runs, []run{{d.w.chanceSentence(f.Log10P, t.TagsCompared), body()}}, []run{{d.w.CopyNotPerson, strong()}})
	d.calm(runs...)
	d.facts(
		fact{name: d.w.Score, value: fmt.Sprintf(d.w.ScoreText, d.w.decimal(f.Score, 1))},
		fact{name: d.w.Probability, value: fmt.Sprintf(d.w.ProbabilityText, d.w.decimal(f.Log10P, 1))},
		fact{name: d.w.Corrected, value: d.w.correction(t)},
		fact{name: d.w.Method, value: d.w.method(f.Method)},
		d.carried(t, f),
		fact{name: d.w.Registered, value: cut(recipientNote(f.Who), 400)},
	)
	if !t.still() {
		d.spans(f)
	}
	d.orderOfEvents(x, f)
}

// carried says how much of a video shows the tag, or which moment of the title a picture shows.
func (d *document) carried(t *Trace, f *Finding) fact {
	if t.still() {
		if len(f.Spans) == 0 || f.Spans[0].TitleFrom == nil {
			return fact{}
		}
		return fact{name: d.w.StillAt, value: clock(*f.Spans[0].TitleFrom)}
	}
	carried := carriedBy(f)
	if carried == 0 {
		return fact{name: d.w.Carried, value: d.w.NoSpans}
	}
	return fact{
		name: d.w.Carried, value: fmt.Sprintf(d.w.CarriedText, d.w.decimal(carried.Seconds(), 1), d.w.decimal(t.Video.Seconds(), 1)),
	}
}

func recipientNote(who *Recipient) string {
	if who == nil {
		return ""
	}
	return who.Note
}

// carriedBy is how much of the leak carries a tag.
func carriedBy(f *Finding) time.Duration {
	var sum time.Duration
	for _, s := range f.Spans {
		sum += s.To - s.From
	}
	return sum
}

func (d *document) spans(f *Finding) {
	const shown = 12
	if len(f.Spans) == 0 {
		return
	}
	g := d.table(column{d.w.ColLeak, 50, cell(), left}, column{d.w.ColOfTitle, 50, cell(), left})
	for i, s := range f.Spans {
		if i == shown {
			break
		}
		title := d.w.PlaceUnknown
		if s.TitleFrom != nil && s.TitleTo != nil {
			title = clock(*s.TitleFrom) + " – " + clock(*s.TitleTo)
		}
		g.row(clock(s.From)+" – "+clock(s.To), title)
	}
	g.end()
	if more := len(f.Spans) - shown; more > 0 {
		d.say(d.w.count(d.w.SpansMore, more))
	}
}

// shares compares several tags in one leak.
func (d *document) shares(t *Trace) {
	d.label(d.w.SeveralTitle)
	d.say(d.w.Several)
	g := d.table(
		column{d.w.ColTag, 60, cell(), left}, column{d.w.ColShare, 20, cell(), right},
		column{d.w.ColScore, 16, cell(), right}, column{d.w.ColChance, 40, cell(), left},
	)
	for _, f := range t.Findings {
		g.row(cut(f.Tag, 120), d.w.percent(f.Weight), d.w.decimal(f.Score, 1), d.w.chance(f.Log10P))
	}
	g.end()
}

// notNamed explains a result without a name: what was tried, and what would help.
func (d *document) notNamed(t *Trace) {
	if meaning := d.w.meaning(t.answer(), t.Title != nil && t.Title.How == ByPictures); meaning != "" {
		d.say(meaning)
	}
	if t.Needed != nil {
		d.say(d.w.remark(t.Needed))
		return
	}
	if need := t.NamedFrom(); need > 0 && t.Verdict != None {
		text := fmt.Sprintf(d.w.NeedScore, d.w.decimal(t.BestScore, 1), d.w.decimal(need, 1))
		if t.BestScore > 2 && need > t.BestScore {
			text += " " + fmt.Sprintf(d.w.NeedFootage, d.w.decimal((need/t.BestScore)*(need/t.BestScore), 1))
		}
		d.say(text)
	}
}

// howExamined writes what was done, and how much of the file was looked at.
func (d *document) howExamined(t *Trace) {
	d.label(d.w.HowTitle)
	if t.Partial != nil {
		d.calm([]run{
			{d.w.PartialTitle + "  ", strong()},
			{fmt.Sprintf(d.w.PartialText, clock(t.Partial.Examined), clock(t.Partial.Of)), body()},
		})
	}
	if t.Verdict == Failed {
		d.facts(fact{name: d.w.Backtrace, value: t.ID, mono: true}, fact{name: d.w.Finished, value: d.w.momentOrNone(t.Finished)})
		return
	}
	read := fmt.Sprintf(d.w.ReadText, d.w.whole(t.FramesUsed), clock(t.Video), d.w.decimal(t.Elapsed.Seconds(), 1))
	if t.still() {
		read = fmt.Sprintf(d.w.ReadStill, d.w.decimal(t.Elapsed.Seconds(), 1))
	}
	d.facts(
		fact{name: d.w.Backtrace, value: t.ID, mono: true},
		fact{name: d.w.Method, value: d.w.method(t.Method)},
		fact{name: d.w.Finished, value: d.w.momentOrNone(t.Finished)},
		fact{name: d.w.Read, value: read},
		fact{name: d.w.Best, value: fmt.Sprintf(d.w.BestText, d.w.decimal(t.BestScore, 1))},
		fact{name: d.w.Threshold, value: fmt.Sprintf(d.w.ThresholdText, -t.Threshold)},
	)
	if len(t.Tried)+len(t.Remarks) > 0 {
		d.tried(d.w.remarks(append(slices.Clone(t.Tried), t.Remarks...)))
	}
}

func (d *document) tried(list []string) {
	items := make([]string, 0, len(list))
	for _, what := range list[:min(len(list), 40)] {
		items = append(items, cut(what, 600))
	}
	d.bullets(items...)
}

// earlier lists the examinations of an exhibit that are not told of otherwise.
func (d *document) earlier(x *Exhibit) {
	const shown = 60
	told := x.Told()
	if list := x.parts(); len(list) > 1 {
		told = list
	}
	others := len(x.Traces) - len(told)
	if others < 1 {
		return
	}
	d.need(30)
	d.say(d.w.count(d.w.EarlierRuns, others))
	g := d.table(column{d.w.Backtrace, 38, code().at(7), left}, column{d.w.ColWhere, 24, cell(), left},
		column{d.w.Finished, 34, cell(), left},
		column{d.w.Method, 20, cell(), left}, column{d.w.ColResult, 36, cell(), left})
	rows := 0
	for i := range x.Traces {
		t := &x.Traces[i]
		if slices.Contains(told, t) {
			continue
		}
		if rows++; rows > shown {
			continue
		}
		result := d.w.verdictShort(t.answer())
		if len(t.Findings) > 0 {
			result += ": " + cut(t.Findings[0].Tag, 80)
		}
		g.row(t.ID, d.w.place(t), d.w.momentOrNone(t.Finished), d.w.methodShort(t.Method), result)
	}
	g.end()
	if more := rows - shown; more > 0 {
		d.say(d.w.count(d.w.RunsMore, more))
	}
}
