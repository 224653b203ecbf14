// SPDX-License-Identifier: AGPL-3.0-or-later

package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// method explains in half a page how a tag is found, and what the result cannot say.
func (d *document) method() {
	d.chapter(d.w.MethodTitle)
	for _, text := range d.w.MethodText {
		d.say(text)
	}
	d.label(d.w.LimitsTitle)
	d.bullets(d.w.Limits...)
}

// versions writes what the results were made with, once for each set of versions and parameters.
func (d *document) versions() {
	d.chapter(d.w.VersionsTitle)
	d.say(d.w.VersionsIntro)
	d.facts(fact{name: d.w.ReportMadeWith, value: "Spoor " + d.r.Program})
	type made struct {
		record json.RawMessage
		in     []int
	}
	for _, part := range []struct {
		title string
		of    func(*Trace) json.RawMessage
	}{
		{d.w.Versions, func(t *Trace) json.RawMessage { return t.Versions }},
		{d.w.Parameters, func(t *Trace) json.RawMessage { return t.Params }},
	} {
		var sets []made
		for i := range d.r.Exhibits {
			x := &d.r.Exhibits[i]
			t := x.Last() // the pictures of a document have all but their place in common
			if t == nil || len(part.of(t)) == 0 {
				continue
			}
			at := slices.IndexFunc(sets, func(m made) bool { return string(m.record) == string(part.of(t)) })
			if at < 0 {
				at = len(sets)
				sets = append(sets, made{record: part.of(t)})
			}
			sets[at].in = append(sets[at].in, x.Number)
		}
		for i, one := range sets {
			if i == 10 {
				d.say(d.w.count(d.w.SetsMore, len(sets)-i))
				break
			}
			d.label(part.title + ": " + d.w.exhibitNames(one.in))
			d.facts(flatten(one.record)...)
		}
	}
	d.bound()
}

// bound writes the hashes that bind the registries.
func (d *document) bound() {
	if len(d.r.Registries) == 0 {
		return
	}
	d.label(d.w.BoundTitle)
	d.say(d.w.BoundText)
	for _, g := range d.r.Registries {
		d.facts(
			fact{name: d.w.ColTitle, value: g.TitleID, mono: true},
			fact{name: d.w.KeyID, value: g.KeyID, mono: true},
			fact{name: d.w.BoundRoot, value: g.Root, mono: true},
			fact{name: d.w.BoundTags, value: d.w.whole(g.Tags)},
			fact{name: d.w.BoundSince, value: d.w.momentOrNone(g.Bound)},
			fact{name: d.w.BoundWitness, value: d.w.orNone(d.w.witness(&g))},
		)
	}
}

// flatten turns a JSON object into facts, one a leaf.
func flatten(record json.RawMessage) []fact {
	var object map[string]any
	decoder := json.NewDecoder(bytes.NewReader(record))
	decoder.UseNumber() // a number stays as it was recorded
	if err := decoder.Decode(&object); err != nil {
		return []fact{{name: "–", value: string(record)}}
	}
	var out []fact
	var walk func(prefix string, v any)
	walk = func(prefix string, v any) {
		switch v := v.(type) {
		case map[string]any:
			for _, key := range slices.Sorted(maps.Keys(v)) {
				walk(strings.TrimPrefix(prefix+"."+key, "."), v[key])
			}
		case []any:
			if len(v) > 12 {
				out = append(out, fact{name: prefix, value: fmt.Sprintf("[%d]", len(v))})
				return
			}
			for i, one := range v {
				walk(fmt.Sprintf("%s.%d", prefix, i+1), one)
			}
		case nil:
		default:
			out = append(out, fact{name: prefix, value: fmt.Sprint(v)})
		}
	}
	walk("", object)
	return out
}

// notes writes what the examiners wrote down.
func (d *document) notes() {
	d.chapter(d.w.NotesTitle)
	if len(d.r.Notes) == 0 {
		d.say(d.w.NoNotes)
		return
	}
	for i, n := range d.r.Notes {
		if i == notesShown {
			d.say(d.w.count(d.w.NotesMore, len(d.r.Notes)-i))
			break
		}
		d.paragraph(run{d.w.moment(n.At) + "  ", small()}, run{cut(d.w.orNone(n.Author), 120), small().in(accent())})
		d.pdf.SetY(d.pdf.GetY() - 1.2)
		d.say(cutLines(n.Text, 12_000))
	}
}

// audit writes an extract of the log that cannot be changed afterwards.
func (d *document) audit() {
	d.chapter(d.w.AuditTitle)
	a := d.r.Audit
	if a == nil {
		d.say(d.w.NoAudit)
		return
	}
	d.say(d.w.AuditIntro)
	d.facts(
		fact{name: d.w.TreeSize, value: d.w.whole(a.TreeSize)},
		fact{name: d.w.RootHash, value: a.RootHash, mono: true},
		fact{name: d.w.TreeHead, value: a.Head, mono: true, lines: true},
	)
	g := d.table(column{d.w.ColNo, 14, cell(), right}, column{d.w.ColTime, 31, cell(), left}, column{d.w.ColActor, 24, cell(), left},
		column{d.w.ColAction, 49, cell(), left}, column{d.w.ColObject, 36, code().at(7), left})
	told := 0
	for i, run := range alike(a.Events) {
		if i == auditRows {
			break
		}
		told += len(run)
		first, last := &run[0], &run[len(run)-1]
		number := fmt.Sprint(first.Number)
		if len(run) > 1 {
			number += "–" + fmt.Sprint(last.Number)
		}
		g.row(number, d.w.utc(first.At), cut(first.Actor, 80), cut(first.Action, 80), cut(first.Object, 160))
	}
	g.end()
	if more := int(a.Total) - told; more > 0 {
		d.say(d.w.count(d.w.EventsMore, more))
	}
}

// alike puts entries together that follow each other in the log and say the same.
func alike(list []Event) (runs [][]Event) {
	for from := 0; from < len(list); {
		to := from + 1
		for to < len(list) && list[to].Number == list[to-1].Number+1 && list[to].Actor == list[from].Actor &&
			list[to].Action == list[from].Action && list[to].Object == list[from].Object {
			to++
		}
		runs = append(runs, list[from:to])
		from = to
	}
	return runs
}

// glossary explains the words of the trade.
func (d *document) glossary() {
	d.chapter(d.w.GlossaryTitle)
	for _, entry := range d.w.Glossary {
		d.paragraph(run{entry[0] + "  ", strong().in(accent())}, run{entry[1], body()})
	}
}

// signatures leaves room for those who answer for the report.
func (d *document) signatures() {
	d.need(60)
	d.section(d.w.SignTitle, true)
	d.say(d.w.SignText)
	d.gap(14)
	y := d.pdf.GetY()
	half := (d.width - 12) / 2
	for i, who := range []string{d.w.Examiner, d.w.Reviewer} {
		x := marginSide + float64(i)*(half+12)
		d.stroke(ink(), 0.2)
		d.pdf.Line(x, y, x+half, y)
		d.put([]run{{who + " · " + d.w.PlaceDate, small()}}, x, y+1, half, left)
	}
	d.pdf.SetY(y + 8)
}
