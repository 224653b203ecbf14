// SPDX-License-Identifier: AGPL-3.0-or-later

package report

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// letterHead is the head of a letter: to whom, from whom, about what.
func (d *document) letterHead(title, to string, more ...fact) {
	y := d.pdf.GetY()
	h := d.put([]run{{title, style{bold, 17, accent()}}}, marginSide, y, d.width, left)
	d.pdf.SetY(y + h + 3)
	list := []fact{
		{name: d.w.LetterTo, value: to},
		{name: d.w.LetterFrom, value: d.w.orBlank(d.r.Case.Examiner)},
		{name: d.w.SenderContact, value: d.w.Blank},
		{name: d.w.LetterDate, value: d.w.moment(d.r.Made)},
		{name: d.w.Reference, value: cmp.Or(d.r.Case.Number, d.r.Case.ID), mono: d.r.Case.Number == ""},
	}
	d.facts(append(list, more...)...)
}

func (d *document) letterEnd() {
	d.need(40)
	d.gap(16)
	y := d.pdf.GetY()
	d.stroke(ink(), 0.2)
	d.pdf.Line(marginSide, y, marginSide+80, y)
	d.put([]run{{d.w.PlaceDateSign, small()}}, marginSide, y+1, 100, left)
	d.pdf.SetY(y + 8)
}

// takedown asks platforms to take files down: what and where, no recipient and no addresses of viewers. There is one
// letter for each platform, so that none learns what another one has.
func (d *document) takedown() error {
	platforms := map[string][]*Exhibit{}
	for i := range d.r.Exhibits {
		if x := &d.r.Exhibits[i]; len(x.shown()) > 0 {
			platforms[x.platform()] = append(platforms[x.platform()], x)
		}
	}
	if len(platforms) == 0 {
		d.letterHead(d.w.TakedownTitle, d.w.Blank)
		d.alert(d.w.NothingTitle, d.w.NothingToTake)
		return d.pdf.Error()
	}
	names := slices.Sorted(maps.Keys(platforms))
	if names[0] == "" { // what cannot be sent yet comes last
		names = append(names[1:], "")
	}
	for i, name := range names {
		if i > 0 {
			d.pdf.AddPage()
		}
		d.bookmark(cmp.Or(name, d.w.PlatformUnknown), 0)
		d.takedownLetter(cmp.Or(name, d.w.Blank), platforms[name])
	}
	return d.pdf.Error()
}

// platform is where an exhibit was found; "" unknown.
func (x *Exhibit) platform() string {
	if x.Acquisition == nil {
		return ""
	}
	return cut(x.Acquisition.Platform, 80)
}

func (d *document) takedownLetter(platform string, list []*Exhibit) {
	d.letterHead(d.w.TakedownTitle, platform, fact{name: d.w.OnBehalf, value: d.w.Blank})
	d.say(d.w.TakedownIntro)
	for i, x := range list {
		d.need(58)
		d.section(fmt.Sprintf(d.w.ItemNo, i+1), i < 200)
		d.item(x)
	}
	d.need(86) // what is signed stands above the signature
	d.label(d.w.AskedTitle)
	for _, text := range d.w.TakedownText {
		d.say(text)
	}
	d.letterEnd()
}

// item says which work a file shows and where it was found.
func (d *document) item(x *Exhibit) {
	var works, places []string
	for _, m := range x.shown() {
		works = append(works, cut(m.Name, 300))
		if m.Fit != nil && x.Last().Video > 0 {
			places = append(places, fmt.Sprintf(d.w.WorkAt, clock(m.LeakAt), clock(m.TitleAt)))
		}
	}
	address, uploader, posted, captured := "", "", "", ""
	if a := x.Acquisition; a != nil {
		address, uploader = a.Address, a.Uploader
		posted, captured = d.w.momentOrNone(a.Posted), d.w.momentOrNone(a.Captured)
	}
	length := ""
	if video := x.Last().Video; video > 0 {
		length = clock(video)
	}
	d.facts(
		fact{name: d.w.WorkShown, value: strings.Join(works, "; ")},
		fact{name: d.w.AddressOfFile, value: d.w.orBlank(address), mono: address != ""},
		fact{name: d.w.Uploader, value: uploader},
		fact{name: d.w.Posted, value: posted},
		fact{name: d.w.Captured, value: captured},
		fact{name: d.w.ColFile, value: cut(x.FileName, 200)},
		fact{name: d.w.FileSize, value: d.w.bytes(x.Size)},
		fact{name: d.w.Length, value: length},
		fact{name: d.w.PlaceShown, value: strings.Join(places, "; ")},
		fact{name: "SHA-256", value: x.SHA256, mono: true},
		fact{name: d.w.HowKnown, value: d.howKnown(x)},
	)
}

// howKnown says what shows that a file is of a work.
func (d *document) howKnown(x *Exhibit) string {
	pictures, mark := false, false
	for _, t := range x.Told() {
		pictures = pictures || t.Title != nil && (t.Title.How == ByPictures || t.Title.Fit != nil)
		mark = mark || t.Verdict == Found || t.Verdict == Marked
	}
	var parts []string
	if pictures {
		parts = append(parts, d.w.KnownByPictures)
	}
	if mark {
		parts = append(parts, d.w.KnownByMark)
	}
	return strings.Join(parts, " ")
}

// preservationRows is how many addresses a letter lists.
const preservationRows = 1000

// preservation asks access providers to keep what names the customer behind an address: one letter for each, so that
// none learns of the customers of another.
func (d *document) preservation() error {
	type asked struct {
		rows []Access
		more int
	}
	networks := map[string]*asked{}
	for i := range d.tags {
		c := &d.tags[i]
		if c.accesses == nil {
			continue
		}
		err := summarise(d.ctx, c.accesses.Rows, newSummary(), func(a *Access) {
			n := networks[a.Network]
			if n == nil {
				n = &asked{}
				networks[a.Network] = n
			}
			if len(n.rows) < preservationRows {
				n.rows = append(n.rows, *a)
			} else {
				n.more++
			}
		})
		if err != nil {
			return fmt.Errorf("accesses of %s: %w", c.finding.Tag, err)
		}
	}
	if len(networks) == 0 {
		d.letterHead(d.w.PreservationTitle, d.w.orBlank(d.o.Filter))
		d.alert(d.w.NothingTitle, d.w.NothingToKeep)
		return d.pdf.Error()
	}
	for i, name := range slices.Sorted(maps.Keys(networks)) {
		if i > 0 {
			d.pdf.AddPage()
		}
		d.bookmark(cmp.Or(name, d.w.NetworkUnknown), 0)
		d.preservationLetter(cmp.Or(name, d.w.NetworkUnknown), networks[name].rows, networks[name].more)
	}
	return d.pdf.Error()
}

func (d *document) preservationLetter(network string, rows []Access, more int) {
	d.letterHead(d.w.PreservationTitle, network, fact{name: d.w.DeliveredFrom, value: d.w.Blank})
	for _, text := range d.w.PreservationText {
		d.say(text)
	}
	slices.SortStableFunc(rows, func(a, b Access) int { return a.First.Compare(b.First) })
	g := d.table(column{d.w.ColNo, 8, cell(), right}, column{d.w.ColAddress, 50, code(), left}, column{d.w.ColPorts, 24, code(), left},
		column{d.w.ColFirst, 40, cell(), left}, column{d.w.ColLastAccess, 40, cell(), left})
	for i := range rows {
		a := &rows[i]
		g.row(strconv.Itoa(i+1), a.Address, ports(a.Ports, d.w.NotRecorded), d.w.utc(a.First), d.w.utc(a.Last))
	}
	g.end()
	if more > 0 {
		d.say(d.w.count(d.w.RowsMore, more))
	}
	d.need(58) // nobody signs an empty page
	d.say(d.w.PreservationEnd)
	d.letterEnd()
}

// ports lists source ports, which a provider needs where many customers share an address.
func ports(list []int, none string) string {
	const shown = 20
	if len(list) == 0 {
		return none
	}
	var parts []string
	for i, port := range list {
		if i == shown {
			parts = append(parts, "…")
			break
		}
		parts = append(parts, strconv.Itoa(port))
	}
	return strings.Join(parts, ", ")
}
