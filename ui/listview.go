// SPDX-License-Identifier: AGPL-3.0-or-later

package ui

import (
	"context"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"spoor/storage"
	"spoor/ui/desk"
	"spoor/ui/widgets"
)

// listView is a list at the left with what is chosen at the right: the pattern of most places.
type listView[T any] struct {
	listPlan[T]
	window *Window
	object *fyne.Container
	feed   *desk.Feed[T]
	list   *keyList
	body   fyne.CanvasObject
	split  *container.Split
	empty  fyne.CanvasObject
	chosen string
	over   fyne.CanvasObject // shown instead of all of it; nil where nothing is
}

// listPlan says what a listView lists and shows.
type listPlan[T any] struct {
	load      func(ctx context.Context, last *T) ([]T, error)
	id        func(T) string
	row       func(T) (name, note string)
	show      func(T)           // at the right; called again when the list was read anew
	right     fyne.CanvasObject // where show puts it
	share     float64           // of the width, for the list
	addName   string            // of the button that adds something
	add       func()
	tools     fyne.CanvasObject // under that button; may be nil
	emptyIcon fyne.Resource
	emptyName string
	emptyText string
}

func newListView[T any](w *Window, plan listPlan[T]) *listView[T] {
	v := &listView[T]{listPlan: plan, window: w}
	changes := &refresher{do: v.changed}
	v.feed = desk.NewFeed(plan.load, changes.ask)
	v.list = w.newList(v.feed.Len, newListRow, v.update)
	v.list.OnSelected = v.selected
	v.split = container.NewHSplit(container.NewBorder(v.top(), nil, nil, nil, v.list), plan.right)
	v.split.Offset = plan.share
	v.body = v.split
	v.empty = widgets.Empty(plan.emptyIcon, plan.emptyName, plan.emptyText, v.adder())
	v.object = container.NewStack(v.empty)
	return v
}

// top is what stands over the list.
func (v *listView[T]) top() fyne.CanvasObject {
	top := container.NewVBox(v.adder())
	if v.tools != nil {
		top.Add(v.tools)
	}
	return container.NewPadded(top)
}

func (v *listView[T]) adder() *widget.Button {
	b := widget.NewButtonWithIcon(v.addName, theme.ContentAddIcon(), v.add)
	b.Importance = widget.HighImportance
	return b
}

// cover shows something else in this place, until uncover.
func (v *listView[T]) cover(o fyne.CanvasObject) {
	v.over = o
	v.changed()
}

func (v *listView[T]) uncover() {
	v.over = nil
	v.changed()
}

// refresh reads the list anew.
func (v *listView[T]) refresh() { v.feed.Reload() }

func (v *listView[T]) changed() {
	_, _, err := v.feed.Status()
	if err != nil {
		v.window.fail(err)
	}
	n, shown := v.feed.Len(), v.body
	if n == 0 {
		shown = v.empty
	}
	if v.over != nil {
		shown = v.over
	}
	if v.object.Objects[0] != shown {
		v.object.Objects[0] = shown
		v.object.Refresh()
	}
	if n == 0 {
		return
	}
	v.list.Refresh()
	v.showChosen(n)
}

// showChosen shows what is chosen, as it is now; the first of n where nothing is.
func (v *listView[T]) showChosen(n int) {
	for i := range n {
		x, ok := v.feed.At(i)
		if !ok || v.chosen != "" && v.id(x) != v.chosen {
			continue
		}
		v.chosen = v.id(x)
		v.list.OnSelected = nil
		v.list.UnselectAll()
		v.list.Select(i)
		v.list.OnSelected = v.selected
		v.show(x)
		return
	}
}

func (v *listView[T]) selected(i int) {
	if x, ok := v.feed.At(i); ok {
		v.chosen = v.id(x)
		v.show(x)
	}
}

// choose makes something be shown once it is in the list.
func (v *listView[T]) choose(id string) {
	v.chosen = id
	v.refresh()
}

func (v *listView[T]) update(i int, o fyne.CanvasObject) {
	x, ok := v.feed.At(i)
	r, isRow := o.(*listRow)
	if !ok || !isRow {
		return
	}
	name, note := v.row(x)
	widgets.SetText(r.name, name)
	widgets.SetText(r.note, note)
}

// listRow is a name with a quieter line under it.
type listRow struct {
	widget.BaseWidget
	name, note *widget.RichText
}

func newListRow() fyne.CanvasObject {
	r := &listRow{name: widgets.Strong(""), note: widgets.Quiet("")}
	r.ExtendBaseWidget(r)
	return r
}

// CreateRenderer is for Fyne.
func (r *listRow) CreateRenderer() fyne.WidgetRenderer {
	return widget.NewSimpleRenderer(container.NewVBox(r.name, r.note))
}

// pageAfter is the page of a list that follows on last, nil for the first one.
func pageAfter[T any](last *T, id func(T) string, limit int) storage.Page {
	p := storage.Page{Limit: limit}
	if last != nil {
		p.After = id(*last)
	}
	return p
}
