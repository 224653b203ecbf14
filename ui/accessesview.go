// SPDX-License-Identifier: AGPL-3.0-or-later

package ui

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"spoor/engine"
	"spoor/report/atlas"
	"spoor/ui/desk"
	"spoor/ui/look"
	"spoor/ui/widgets"
)

// copyKey is the copy of one tag.
type copyKey struct{ title, tag string }

// accessesView shows who fetched the copy of a tag: what stands out, where they were, when they came, and each of them.
type accessesView struct {
	window *Window
	object *fyne.Container
	asked  *desk.Memo[copyKey, engine.TagAccesses]

	copies []copyKey
	chosen copyKey
	which  *widget.Select
	got    *engine.TagAccesses // what is shown; nil: no table
	rows   *desk.AccessTable
	only   desk.AccessFilter
	table  *accessTable
	count  *widget.Label
	world  *widgets.WorldMap
	owners *widgets.Ranking
	bars   *widgets.TimeBars
	hosted *widget.Check
	land   *widget.Select
	kind   *widget.Select
}

func newAccessesView(w *Window) *accessesView {
	v := &accessesView{window: w, object: container.NewStack(), count: widget.NewLabel(""), rows: desk.NewAccessTable(nil)}
	v.asked = desk.NewMemo(func(ctx context.Context, k copyKey) (engine.TagAccesses, error) {
		return w.engine.Accesses(ctx, k.tag, k.title)
	})
	v.which = widget.NewSelect(nil, func(string) {
		if i := v.which.SelectedIndex(); i >= 0 && v.copies[i] != v.chosen {
			v.choose(v.copies[i])
		}
	})
	return v
}

// show shows the accesses of copies, of the first one to begin with.
func (v *accessesView) show(copies []copyKey) {
	v.copies = copies
	v.which.Options = nil
	for _, c := range copies {
		v.which.Options = append(v.which.Options, c.tag)
	}
	if len(copies) == 0 {
		v.chosen, v.got = copyKey{}, nil
		v.put(widgets.Empty(theme.DownloadIcon(), lang.L("Nobody is named"),
			lang.L("Who fetched a copy can be looked up once an exhibit names one.")))
		return
	}
	if !slices.Contains(copies, v.chosen) {
		v.chosen = copies[0]
	}
	v.which.SetSelectedIndex(slices.Index(copies, v.chosen))
	v.choose(v.chosen)
}

// forget asks the logs anew the next time: some may have been imported.
func (v *accessesView) forget() { v.asked.Forget() }

func (v *accessesView) choose(c copyKey) {
	v.chosen = c
	background(v.window, func(ctx context.Context) (engine.TagAccesses, error) { return v.asked.Get(ctx, c) },
		func(got engine.TagAccesses, err error) {
			if c == v.chosen {
				v.fill(got, err)
			}
		})
}

func (v *accessesView) put(o fyne.CanvasObject) {
	v.object.Objects = []fyne.CanvasObject{o}
	v.object.Refresh()
}

func (v *accessesView) fill(got engine.TagAccesses, err error) {
	if err == nil && v.got != nil && reflect.DeepEqual(*v.got, got) {
		return // what somebody sorted and filtered stays
	}
	v.got = nil
	switch {
	case err != nil:
		v.put(widgets.Empty(theme.WarningIcon(), lang.L("The logs could not be asked"), err.Error()))
	case len(got.AccessStats) == 0:
		v.put(widgets.Empty(theme.DownloadIcon(), lang.L("No imported log tells of this ID"),
			lang.L("Access logs of the servers that hand out copies are imported at their own place (Ctrl+4); drop them there.")))
	default:
		world, err := atlas.World()
		v.window.fail(err)
		v.fillFull(got, world)
	}
}

func (v *accessesView) fillFull(got engine.TagAccesses, world []atlas.Country) {
	v.got = &got
	v.rows, v.only = desk.NewAccessTable(got.AccessStats), desk.AccessFilter{}
	v.makePictures(world)
	top := container.NewVBox()
	if len(v.copies) > 1 {
		top.Add(widgets.Captioned(lang.L("Copy of"), v.which))
	}
	if len(got.Observations) > 0 {
		top.Add(observations(got))
	}
	top.Add(container.New(&accessTop{}, v.world, v.owners, v.bars))
	top.Add(v.filters())
	v.table = newAccessTable(v)
	note := widgets.Quiet(lang.L("An address names a connection at a time, not a person."))
	v.put(container.NewBorder(top, note, nil, nil, v.table.table))
	v.refresh()
}

// observations is what stands out, in words.
func observations(got engine.TagAccesses) fyne.CanvasObject {
	list := container.NewVBox()
	for _, o := range got.Observations {
		icon := widget.NewIcon(theme.NewColoredResource(theme.WarningIcon(), look.ColorMarked))
		list.Add(container.NewBorder(nil, nil, container.NewVBox(icon), nil, widgets.Prose(o.Text)))
	}
	scroll := container.NewVScroll(list)
	const line = 30
	scroll.SetMinSize(fyne.NewSize(0, line*float32(min(len(got.Observations), 3))))
	return scroll
}

// makePictures makes the map, the network owners and the first accesses over time.
func (v *accessesView) makePictures(world []atlas.Country) {
	v.world, v.owners, v.bars = widgets.NewWorldMap(world), widgets.NewRanking(), widgets.NewTimeBars()
	v.world.OnTapped = func(number int) {
		name := v.rows.CountryOf(number)
		if name == v.only.Country {
			name = "" // once more: all again
		}
		v.pick(v.land, v.rows.Countries(), name)
	}
	v.owners.OnTapped = func(row int) {
		words := v.owners.Rows[row].Name
		if v.only.Words == words {
			words = ""
		}
		v.narrow(func(f *desk.AccessFilter) { f.Words = words })
	}
}

// pick chooses a name of a list in a select, whose first entry stands for all.
func (v *accessesView) pick(s *widget.Select, list []desk.Counted, name string) {
	s.SetSelectedIndex(1 + slices.IndexFunc(list, func(c desk.Counted) bool { return c.Name == name }))
}

// filters is the row of what narrows the list down.
func (v *accessesView) filters() fyne.CanvasObject {
	words := widget.NewEntry()
	words.SetPlaceHolder(lang.L("Filter: country, network, address…"))
	words.OnChanged = func(s string) { v.narrow(func(f *desk.AccessFilter) { f.Words = s }) }
	choice := func(all string, list []desk.Counted, text func(string) string, set func(*desk.AccessFilter, string)) *widget.Select {
		names := []string{all}
		for _, c := range list {
			names = append(names, fmt.Sprintf("%s (%d)", text(c.Name), c.Count))
		}
		s := widget.NewSelect(names, nil)
		s.SetSelectedIndex(0)
		s.OnChanged = func(string) {
			name := ""
			if i := s.SelectedIndex(); i > 0 {
				name = list[i-1].Name
			}
			v.narrow(func(f *desk.AccessFilter) { set(f, name) })
		}
		return s
	}
	same := func(s string) string { return s }
	v.land = choice(lang.L("All countries"), v.rows.Countries(), same, func(f *desk.AccessFilter, s string) { f.Country = s })
	v.kind = choice(lang.L("All networks"), v.rows.Types(), networkWords, func(f *desk.AccessFilter, s string) { f.Type = s })
	v.hosted = widget.NewCheck(lang.L("Hosting and VPN only"), func(on bool) { v.narrow(func(f *desk.AccessFilter) { f.Hosted = on }) })
	return container.NewBorder(nil, nil, container.NewHBox(v.land, v.kind, v.hosted), v.count, words)
}

// narrow changes what is shown.
func (v *accessesView) narrow(set func(*desk.AccessFilter)) {
	set(&v.only)
	v.rows.Filter(v.only)
	v.refresh()
}

// refresh shows the rows as they are sorted and filtered now, and what they come to.
func (v *accessesView) refresh() {
	sum := v.rows.Sum()
	words := fmt.Sprintf(lang.L("%d of %d clients"), v.rows.Len(), v.rows.All())
	if sum.Hosted > 0 {
		words += " · " + fmt.Sprintf(lang.L("%d at hosting or VPN"), sum.Hosted)
	}
	v.count.SetText(words)
	v.world.Tell = func(number int) string {
		if n := sum.Countries[number]; n > 0 {
			return fmt.Sprintf("%s: %d", v.rows.CountryOf(number), n)
		}
		return ""
	}
	v.world.Set(sum.Countries)
	v.owners.Rows, v.owners.Empty = nil, lang.L("Network owners are not known.")
	for _, n := range sum.Networks {
		v.owners.Rows = append(v.owners.Rows, widgets.Rank{Name: n.Name, Count: n.Count, Alert: n.Hosted})
	}
	v.owners.Refresh()
	v.fillBars(sum)
	v.table.table.Refresh()
}

func (v *accessesView) fillBars(sum desk.AccessSum) {
	v.bars.Counts, v.bars.From, v.bars.To = sum.Bars, "", ""
	layout := "2006-01-02"
	if sum.Step*time.Duration(len(sum.Bars)) < 3*24*time.Hour {
		layout = "01-02 15:04"
	}
	if len(sum.Bars) > 0 {
		v.bars.From = sum.Begin.Format(layout)
		v.bars.To = sum.Begin.Add(sum.Step * time.Duration(len(sum.Bars))).Format(layout)
	}
	v.bars.Tell = func(i int) string {
		return fmt.Sprintf(lang.L("%s: %d first accesses"), sum.Begin.Add(sum.Step*time.Duration(i)).Format(layout), sum.Bars[i])
	}
	v.bars.Refresh()
}

// accessTop lays out map, network owners and times side by side; the map has the shape that it needs.
type accessTop struct{}

const accessTopHeight = 168

// Layout is for Fyne.
func (accessTop) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	gap := theme.Padding() * 3
	world := min(size.Width*0.46, 390)
	other := (size.Width - world - 2*gap) / 2
	x := float32(0)
	for i, width := range []float32{world, other, other} {
		objects[i].Move(fyne.NewPos(x, 0))
		objects[i].Resize(fyne.NewSize(width, size.Height))
		x += width + gap
	}
}

// MinSize is for Fyne.
func (accessTop) MinSize(objects []fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(layout.NewHBoxLayout().MinSize(objects).Width*0.8, accessTopHeight)
}
