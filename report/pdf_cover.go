// SPDX-License-Identifier: AGPL-3.0-or-later

package report

import (
	"fmt"
	"strings"
)

// cover writes the first page: the answer, for somebody who reads nothing else.
func (d *document) cover() {
	d.masthead(d.w.ExpertTitle)
	d.chapter(d.w.Summary)
	d.result()
	d.warnings()
	named := d.named()
	switch {
	case len(named) == 0:
	case len(named) <= 2:
		for _, c := range named {
			d.tagBox(c)
		}
	default:
		d.tagTable(named, summaryRows)
	}
	d.exhibitTable(summaryRows)
	d.need(50)
	d.label(d.w.MeansTitle)
	d.bullets(d.w.Means...)
}

// masthead is the large title with the facts of the case.
func (d *document) masthead(title string) {
	y := d.pdf.GetY()
	h := d.put([]run{{title, style{bold, 20, accent()}}}, marginSide, y, d.width, left)
	d.pdf.SetY(y + h + 0.5)
	d.paragraph(run{cut(d.r.Case.Name, 140), style{sans, 13, soft()}})
	d.gap(1)
	d.facts(
		d.caseNumber(),
		fact{name: d.w.Examiner, value: cut(d.w.orNone(d.r.Case.Examiner), 120)},
		fact{name: d.w.Reviewer, value: cut(d.w.orNone(d.r.Case.Reviewer), 120)},
		fact{name: d.w.State, value: d.w.state(d.r.Case.State)},
		fact{name: d.w.MadeAt, value: d.w.moment(d.r.Made)},
	)
}

// result says in a sentence or two what came out.
func (d *document) result() {
	tally := map[string]int{}
	for i := range d.r.Exhibits {
		verdict := ""
		if t := d.r.Exhibits[i].Last(); t != nil {
			verdict = t.Verdict
		}
		tally[verdict]++
	}
	total := len(d.r.Exhibits)
	if total == 0 {
		d.say(d.w.NoExhibits)
		return
	}
	var parts []string
	for _, verdict := range []string{Found, Marked, Inconclusive, None, Failed, ""} {
		if n := tally[verdict]; n > 0 {
			parts = append(parts, d.w.tally(verdict, n))
		}
	}
	d.paragraph(run{d.w.count(d.w.Examined, total) + " ", body()}, run{strings.Join(parts, "; ") + ".", strong()})
}

// tagBox shows a tag in large type with what was found.
func (d *document) tagBox(c taggedCopy) {
	f := c.finding
	runs := [][]run{{{d.w.TagIs + "   ", small()}, {cut(f.Tag, 160), style{bold, 14, accent()}}}}
	if who := recipientLine(f.Who); who != "" {
		runs = append(runs, []run{{d.w.IssuedTo + " ", body().in(soft())}, {cut(who, 200), strong()}})
	}
	where := fmt.Sprintf(d.w.FoundIn, d.w.inExhibits(c.exhibits))
	if c.titleName != "" {
		where += " " + fmt.Sprintf(d.w.OfTitle, cut(c.titleName, 120))
	}
	runs = append(runs,
		[]run{{where, body()}},
		[]run{{d.w.chanceSentence(f.Log10P, c.compared), body()}},
		[]run{{d.w.CopyNotPerson, strong()}},
	)
	d.calm(runs...)
}

func recipientLine(who *Recipient) string {
	if who == nil {
		return ""
	}
	var parts []string
	for _, part := range []string{who.Name, who.Company, who.Email} {
		if part != "" {
			parts = append(parts, part)
		}
	}
	return strings.Join(parts, ", ")
}

// tagTable lists many tags.
func (d *document) tagTable(named []taggedCopy, rows int) {
	g := d.table(
		column{d.w.ColTag, 34, style{bold, 8.5, ink()}, left},
		column{d.w.ColTitle, 26, cell(), left},
		column{d.w.ColExhibits, 18, cell(), left},
		column{d.w.ColChance, 30, cell(), left},
		column{d.w.ColClients, 14, cell(), right},
	)
	for i, c := range named {
		if i == rows {
			break
		}
		g.row(cut(c.finding.Tag, 80), cut(c.titleName, 60), d.w.numbers(c.exhibits, 8), d.w.chance(c.finding.Log10P),
			d.w.clients(c.accesses, c.sum))
	}
	g.end()
	if more := len(named) - rows; more > 0 {
		d.say(d.w.count(d.w.TagsMore, more))
	}
	d.paragraph(run{d.w.ChanceColumn + " ", small()}, run{d.w.CopyNotPerson, small()})
}

// exhibitTable lists the exhibits with their results, the first of them.
func (d *document) exhibitTable(rows int) {
	if len(d.r.Exhibits) == 0 {
		return
	}
	d.gap(1)
	g := d.table(
		column{d.w.ColNo, 8, cell(), right},
		column{d.w.ColFile, 40, cell(), left},
		column{d.w.ColTitle, 28, cell(), left},
		column{d.w.ColResult, 30, cell(), left},
		column{d.w.ColTag, 34, cell(), left},
	)
	for i := range d.r.Exhibits {
		if i == rows {
			break
		}
		d.exhibitRow(g, &d.r.Exhibits[i])
	}
	g.end()
	if more := len(d.r.Exhibits) - rows; more > 0 {
		d.say(d.w.count(d.w.ExhibitsMore, more))
	}
}

func (d *document) exhibitRow(g *grid, x *Exhibit) {
	result := d.w.verdictShort("")
	if t := x.Last(); t != nil {
		result = d.w.verdictShort(t.answer())
	}
	g.row(fmt.Sprint(x.Number), cut(x.FileName, 80), d.titleNames(x, 60), result, d.tagNames(x))
}

// titleNames are the titles that an exhibit shows: the first of them.
func (d *document) titleNames(x *Exhibit, most int) string {
	list := x.shown()
	if len(list) == 0 {
		return "–"
	}
	return d.andMore(cut(list[0].Name, most), len(list)-1)
}

// tagNames are the tags that were named in an exhibit: the most certain of them.
func (d *document) tagNames(x *Exhibit) string {
	tags := map[string]bool{}
	var best *Finding
	for _, f := range x.Named() {
		tags[f.Tag] = true
		if best == nil || f.Log10P < best.Log10P {
			best = f
		}
	}
	if best == nil {
		return "–"
	}
	return d.andMore(cut(best.Tag, 80), len(tags)-1)
}

func (d *document) andMore(text string, more int) string {
	if more < 1 {
		return text
	}
	return text + " " + fmt.Sprintf(d.w.AndMore, more)
}

// warnings says what a reader must know before relying on the first page.
func (d *document) warnings() {
	d.draftWarning()
	for i := range d.r.Exhibits {
		x := &d.r.Exhibits[i]
		for _, problem := range d.orderProblems(x) {
			d.alert(fmt.Sprintf(d.w.ExhibitNo, x.Number), problem)
		}
		if i > exhibitsInBody {
			break
		}
	}
}

// draftWarning says that no second examiner has agreed to the case as it is.
func (d *document) draftWarning() {
	switch c := &d.r.Case; {
	case c.unreviewed() && c.ChangedSince:
		d.alert(d.w.DraftTitle, d.w.DraftChanged)
	case c.unreviewed():
		d.alert(d.w.DraftTitle, d.w.Draft)
	}
}
