// SPDX-License-Identifier: AGPL-3.0-or-later

package ui

import (
	"context"
	"fmt"
	"image"
	"maps"
	"slices"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"spoor/engine"
	"spoor/ui/desk"
)

// exhibitList is the exhibits of a case: laid out in an order, each with a mark with which several are chosen.
type exhibitList struct {
	window  *Window
	object  fyne.CanvasObject
	changed func()               // the exhibits were read
	choose  func(engine.Exhibit) // one was tapped

	feed   *desk.Feed[engine.Exhibit]
	by     desk.Order
	rows   []desk.Row
	titles map[string]string // names by id
	marked map[string]bool   // ids
	chosen string            // id
	aimed  bool              // chosen is still to be shown
	list   *keyList
	thumbs *desk.Thumbs
	bar    *fyne.Container // what can be done with those that are marked
	count  *widget.Label
}

func newExhibitList(w *Window) *exhibitList {
	v := &exhibitList{window: w, titles: map[string]string{}, marked: map[string]bool{}, count: widget.NewLabel("")}
	v.list = w.newList(v.length, v.newRow, v.update)
	pictures := &refresher{do: func() { v.list.Refresh() }}
	v.thumbs = desk.NewThumbs(func(ctx context.Context, id string, at time.Duration) (image.Image, error) {
		shot, err := w.engine.Preview(ctx, id, at, 2*thumbHeight) // for a screen at 200 %
		return shot.Image, err
	}, pictures.ask)
	v.list.OnSelected = v.selected
	order := widget.NewSelect(orderNames(), func(name string) {
		v.by = desk.Order(max(slices.Index(orderNames(), name), 0))
		v.layOut()
	})
	order.SetSelectedIndex(int(desk.AsTheyCame))
	v.bar = container.NewHBox(v.count, layout.NewSpacer(),
		widget.NewButtonWithIcon(lang.L("Move to case…"), theme.MailForwardIcon(), v.moveMarked),
		widget.NewButtonWithIcon("", theme.CancelIcon(), v.unmark))
	v.bar.Hide()
	v.object = container.NewBorder(container.NewVBox(order, v.bar), nil, nil, nil, v.list)
	return v
}

func orderNames() []string {
	return []string{lang.L("In the order they came"), lang.L("By recipient"), lang.L("By title and stretch"), lang.L("By answer")}
}

// watch reads the exhibits of a case.
func (v *exhibitList) watch(caseID string) {
	if v.feed != nil {
		v.feed.Close()
	}
	v.rows = nil
	v.unmark()
	v.list.UnselectAll()
	changes := &refresher{do: v.read}
	v.feed = desk.NewFeed(func(ctx context.Context, last *engine.Exhibit) ([]engine.Exhibit, error) {
		id := func(x engine.Exhibit) string { return x.ID }
		return v.window.engine.Exhibits(ctx, caseID, pageAfter(last, id, 200))
	}, changes.ask)
	v.feed.Len()
}

// reload reads the exhibits anew.
func (v *exhibitList) reload() {
	if v.feed != nil {
		v.feed.Reload()
	}
}

// read takes over what was read, and reads the rest where exhibits are laid out in groups.
func (v *exhibitList) read() {
	loading, whole, err := v.feed.Status()
	v.window.fail(err)
	if v.by != desk.AsTheyCame && !loading && !whole && err == nil {
		v.feed.At(v.feed.Len() - 1)
	}
	v.layOut()
	v.changed()
}

// layOut makes the rows of what was read.
func (v *exhibitList) layOut() {
	if v.feed == nil {
		return
	}
	list := make([]engine.Exhibit, 0, v.feed.Len())
	for i := range v.feed.Len() {
		if x, ok := v.feed.At(i); ok {
			list = append(list, x)
		}
	}
	v.nameTitles(list)
	v.rows = desk.Arrange(list, v.by, func(id string) string { return v.titles[id] }, lang.L("nothing found"))
	v.list.Refresh()
	v.showMarked()
	v.selectChosen()
}

// nameTitles looks up the titles of exhibits where they are laid out by them.
func (v *exhibitList) nameTitles(list []engine.Exhibit) {
	if v.by != desk.ByStretch {
		return
	}
	var missing []string
	for i := range list {
		b, _ := desk.Latest(&list[i])
		if _, known := v.titles[b.TitleID]; b.TitleID != "" && !known {
			v.titles[b.TitleID] = b.TitleID // until its name is known
			missing = append(missing, b.TitleID)
		}
	}
	if len(missing) == 0 {
		return
	}
	background(v.window, func(ctx context.Context) (map[string]string, error) {
		names := map[string]string{}
		for _, id := range missing {
			if t, err := v.window.engine.Title(ctx, id); err == nil { // else it was removed: its id stands for it
				names[id] = t.Name
			}
		}
		return names, nil
	}, func(names map[string]string, _ error) {
		maps.Copy(v.titles, names)
		v.layOut()
	})
}

// length is the number of rows; count that of exhibits that were read.
func (v *exhibitList) length() int { return len(v.rows) }

func (v *exhibitList) exhibits() int {
	if v.feed == nil {
		return 0
	}
	return v.feed.Len()
}

// at is the exhibit of a row.
func (v *exhibitList) at(row int) (engine.Exhibit, bool) {
	if row < 0 || row >= len(v.rows) || v.rows[row].Heading != "" {
		return engine.Exhibit{}, false
	}
	return v.feed.At(v.rows[row].Exhibit)
}

func (v *exhibitList) selected(row int) {
	if x, ok := v.at(row); ok {
		v.chosen = x.ID
		v.choose(x)
	}
}

// selectChosen marks the row of the exhibit that is shown. Where it is none of the case any more, the first one is.
func (v *exhibitList) selectChosen() {
	row, ok := v.find(v.chosen)
	if !ok {
		loading, whole, err := v.feed.Status()
		if v.chosen != "" && !whole && err == nil {
			if !loading {
				v.feed.At(v.feed.Len() - 1) // it may come later
			}
			return
		}
		v.chosen = ""
		if row, ok = v.find(""); !ok {
			return
		}
	}
	x, _ := v.at(row)
	fresh := x.ID != v.chosen
	v.list.OnSelected = nil
	v.list.UnselectAll()
	v.list.Select(row)
	v.list.OnSelected = v.selected
	v.chosen = x.ID
	if fresh || v.aimed {
		v.aimed = false
		v.choose(x)
	}
}

// find is the row of an exhibit, by its id; "" is the first one.
func (v *exhibitList) find(id string) (row int, ok bool) {
	for row := range v.rows {
		if x, ok := v.at(row); ok && (id == "" || x.ID == id) {
			return row, true
		}
	}
	return 0, false
}

// aim has an exhibit shown, now or when it was read.
func (v *exhibitList) aim(id string) {
	v.chosen, v.aimed = id, true
	if v.feed != nil {
		v.layOut()
	}
}

// mark chooses an exhibit for what is done with several, or no longer.
func (v *exhibitList) mark(id string, on bool) {
	if on {
		v.marked[id] = true
	} else {
		delete(v.marked, id)
	}
	v.showMarked()
}

func (v *exhibitList) unmark() {
	clear(v.marked)
	v.showMarked()
	v.list.Refresh()
}

func (v *exhibitList) showMarked() {
	v.count.SetText(fmt.Sprintf(lang.L("%d chosen"), len(v.marked)))
	v.bar.Hidden = len(v.marked) == 0
	v.bar.Refresh()
}

// moveMarked asks where those that are marked belong.
func (v *exhibitList) moveMarked() {
	var list []engine.Exhibit
	for i := range v.feed.Len() {
		if x, ok := v.feed.At(i); ok && v.marked[x.ID] {
			list = append(list, x)
		}
	}
	v.window.askForMove(list)
}
