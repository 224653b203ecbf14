// SPDX-License-Identifier: AGPL-3.0-or-later

package report

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// theCase writes what the case is.
func (d *document) theCase() {
	c := &d.r.Case
	d.chapter(d.w.TheCase)
	hold := d.w.No
	if c.LegalHold {
		hold = d.w.Yes
	}
	d.facts(
		fact{name: d.w.CaseName, value: c.Name},
		fact{name: d.w.CaseNo, value: c.Number},
		fact{name: d.w.CaseID, value: c.ID, mono: true},
		fact{name: d.w.Examiner, value: d.w.orNone(c.Examiner)},
		fact{name: d.w.Reviewer, value: d.w.reviewed(c)},
		fact{name: d.w.State, value: d.w.state(c.State)},
		fact{name: d.w.LegalHold, value: hold},
		fact{name: d.w.Opened, value: d.w.moment(c.Created)},
		fact{name: d.w.Changed, value: d.w.moment(c.Updated)},
		fact{name: d.w.Holds, value: fmt.Sprintf(d.w.HoldsText, d.w.whole(int64(len(d.r.Exhibits))), d.w.whole(int64(len(d.r.Notes))))},
	)
}

// caseNumber is the number that the office gave, or the one that the program gave.
func (d *document) caseNumber() fact {
	if d.r.Case.Number != "" {
		return fact{name: d.w.CaseNo, value: cut(d.r.Case.Number, 120)}
	}
	return fact{name: d.w.CaseID, value: d.r.Case.ID, mono: true}
}

// exhibits writes what came in; the first of them in detail.
func (d *document) exhibits(detailed int) {
	d.chapter(d.w.Exhibits)
	if len(d.r.Exhibits) == 0 {
		d.say(d.w.NoExhibits)
		return
	}
	d.say(d.w.ExhibitsIntro)
	d.groups()
	if len(d.r.Exhibits) > detailed {
		d.exhibitTable(len(d.r.Exhibits))
	}
	for i := range d.r.Exhibits[:detailed] {
		d.exhibitFacts(&d.r.Exhibits[i])
	}
}

// groups says which exhibits belong together.
func (d *document) groups() {
	members := map[string][]int{}
	for _, x := range d.r.Exhibits {
		if x.Group != "" {
			members[x.Group] = append(members[x.Group], x.Number)
		}
	}
	var texts []string
	for _, name := range slices.Sorted(maps.Keys(members)) {
		if len(members[name]) > 1 {
			texts = append(texts, fmt.Sprintf(d.w.GroupText, d.w.exhibitNames(members[name]), cut(name, 120)))
		}
	}
	if len(texts) > 0 {
		d.bullets(texts...)
	}
}

// exhibitFacts writes what is known of a file before anything is looked for in it.
func (d *document) exhibitFacts(x *Exhibit) {
	d.need(78)
	d.section(fmt.Sprintf(d.w.ExhibitNo, x.Number)+": "+x.FileName, true)
	const shot = 46.0
	d.need(shot*0.6 + 10)
	y := d.pdf.GetY()
	d.picture(x.Thumbnail, marginSide, y, shot, shot*0.6, d.w.NoPicture)
	text := []run{{d.w.fileSentence(x), body()}}
	h := d.put(text, marginSide+shot+5, y, d.width-shot-5, left)
	d.pdf.SetY(y + max(h, shot*0.6) + 3)
	list := []fact{
		{name: d.w.FilePath, value: x.Path, mono: true},
		{name: d.w.FileSize, value: d.w.bytes(x.Size)},
		{name: "SHA-256", value: x.SHA256, mono: true},
		{name: "SHA-512", value: x.SHA512, mono: true},
		{name: d.w.FileTime, value: d.w.momentOrNone(x.Modified)},
		{name: d.w.TakenIn, value: d.w.moment(x.TakenIn)},
	}
	d.facts(append(list, d.containerFacts(x.Container)...)...)
	d.sources(x.Sources)
	d.acquisition(x.Acquisition)
	d.bookmarks(x.Bookmarks)
}

// sources lists the files that an exhibit was put together from.
func (d *document) sources(list []Source) {
	const shown = 30
	if len(list) == 0 {
		return
	}
	d.label(d.w.SourcesTitle)
	d.say(fmt.Sprintf(d.w.SourcesText, d.w.whole(int64(len(list)))))
	g := d.table(column{d.w.ColFile, 32, cell(), left}, column{d.w.FileSize, 20, cell(), right},
		column{"SHA-256", 92, code().at(6.5), left})
	for _, s := range list[:min(len(list), shown)] {
		g.row(cut(s.Name, 160), d.w.whole(s.Size), s.SHA256)
	}
	g.end()
	if more := len(list) - shown; more > 0 {
		d.say(d.w.count(d.w.SourcesMore, more))
	}
}

// bookmarks lists the places that an examiner marked.
func (d *document) bookmarks(list []Bookmark) {
	const shown = 60
	if len(list) == 0 {
		return
	}
	d.label(d.w.BookmarksTitle)
	g := d.table(column{d.w.ColPlace, 18, cell(), left}, column{d.w.Remark, 76, cell(), left}, column{d.w.ColActor, 24, cell(), left},
		column{d.w.ColTime, 34, cell(), left})
	for _, b := range list[:min(len(list), shown)] {
		g.row(clock(b.Offset), cut(b.Text, 400), cut(b.Author, 80), d.w.utc(b.At))
	}
	g.end()
	if more := len(list) - shown; more > 0 {
		d.say(d.w.count(d.w.BookmarksMore, more))
	}
}

func (d *document) containerFacts(c *Container) []fact {
	if c == nil {
		return []fact{{name: d.w.Container, value: d.w.NotRecorded}}
	}
	list := []fact{
		{name: d.w.Container, value: c.Format},
		{name: d.w.Video, value: d.w.video(c)},
		{name: d.w.Audio, value: d.w.audio(c)},
	}
	if c.Duration > 0 {
		list = append(list, fact{name: d.w.Length, value: clock(c.Duration)})
	}
	if c.BitRate > 0 {
		list = append(list, fact{name: d.w.BitRate, value: fmt.Sprintf("%s kbit/s", d.w.whole(c.BitRate/1000))})
	}
	for _, name := range slices.Sorted(maps.Keys(c.More)) {
		list = append(list, fact{name: orElse(d.w.FactNames, name), value: c.More[name]})
	}
	return list
}

func (d *document) acquisition(a *Acquisition) {
	d.label(d.w.Acquisition)
	if a == nil {
		d.say(d.w.NoAcquisition)
		return
	}
	d.facts(
		fact{name: d.w.Address, value: a.Address, mono: true},
		fact{name: d.w.Platform, value: a.Platform},
		fact{name: d.w.Uploader, value: a.Uploader},
		fact{name: d.w.Posted, value: d.w.momentOrNone(a.Posted)},
		fact{name: d.w.Captured, value: d.w.momentOrNone(a.Captured)},
		fact{name: d.w.CapturedBy, value: d.w.orNone(a.By)},
		fact{name: d.w.CapturedWith, value: d.w.orNone(a.With)},
		fact{name: d.w.Caption, value: a.Caption},
		fact{name: d.w.Remark, value: a.Note, lines: true},
		fact{name: d.w.FilledFrom, value: strings.Join(a.Files, ", ")},
	)
	if a.Page != nil {
		d.figure(70, d.w.PageCaption, func(x, y float64) { d.picture(a.Page, x, y, d.width, 70, d.w.NoPicture) })
	}
}
