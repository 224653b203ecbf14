// SPDX-License-Identifier: AGPL-3.0-or-later

package ui

import (
	"fmt"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"spoor/storage"
	"spoor/ui/desk"
	"spoor/ui/widgets"
)

// searchView is the field at the top of the rail and, while something is asked for, what was found in place of what was
// shown.
type searchView struct {
	window *Window
	field  *searchField
	object *fyne.Container
	search *desk.Search
	found  desk.Found
	rows   []foundRow
	list   *keyList
	words  *widget.Label
}

// foundRow is a row of the list: a heading or a hit.
type foundRow struct {
	heading string
	hit     storage.Hit
}

func newSearchView(w *Window) *searchView {
	v := &searchView{window: w, words: widgets.Prose("")}
	changes := &refresher{do: v.changed}
	v.search = desk.NewSearch(w.engine.Search, changes.ask)
	v.field = newSearchField()
	v.field.SetPlaceHolder(lang.L("Search (Ctrl+F)"))
	v.field.ActionItem = widget.NewIcon(theme.SearchIcon())
	v.field.OnChanged = v.ask
	v.field.OnSubmitted = func(string) { v.goToFirst() }
	v.field.escape = w.leaveSearch
	v.list = w.newList(func() int { return len(v.rows) }, newFoundRow, v.update)
	v.list.OnSelected = func(i int) {
		v.list.Unselect(i)
		if v.rows[i].heading == "" {
			w.goTo(v.rows[i].hit)
		}
	}
	v.object = container.NewBorder(container.NewPadded(v.words), nil, nil, nil, v.list)
	return v
}

// ask searches for what stands in the field, and shows the answers while there is something.
func (v *searchView) ask(text string) {
	v.search.Ask(text)
	if text == "" {
		v.window.leaveSearch()
		return
	}
	v.window.showSearch()
}

func (v *searchView) changed() {
	v.found, _ = v.search.Found()
	v.rows = v.rows[:0]
	for _, g := range v.found.Groups {
		name := fmt.Sprintf("%s: %d", kindWords(g.Kind), len(g.Hits))
		if g.More {
			name = fmt.Sprintf(lang.L("%s: the first %d"), kindWords(g.Kind), len(g.Hits))
		}
		v.rows = append(v.rows, foundRow{heading: name})
		for _, h := range g.Hits {
			v.rows = append(v.rows, foundRow{hit: h})
		}
	}
	v.words.SetText(v.answerWords())
	v.list.Refresh()
}

func (v *searchView) answerWords() string {
	switch {
	case v.found.Err != nil:
		return v.found.Err.Error()
	case v.found.Text == "":
		return ""
	case len(v.rows) == 0:
		return fmt.Sprintf(lang.L("Nothing has all of these words: %s. Parts of words are enough; names, IDs, notes, hashes, "+
			"addresses are looked through."), v.found.Text)
	}
	return fmt.Sprintf(lang.L("Found for: %s. Enter goes to the first one, Escape back."), v.found.Text)
}

// goToFirst goes to the first hit.
func (v *searchView) goToFirst() {
	for _, r := range v.rows {
		if r.heading == "" {
			v.window.goTo(r.hit)
			return
		}
	}
}

func newFoundRow() fyne.CanvasObject {
	heading := widgets.Subheading("")
	return container.NewStack(heading, newListRow())
}

func (v *searchView) update(i int, o fyne.CanvasObject) {
	c, ok := o.(*fyne.Container)
	if !ok || i >= len(v.rows) {
		return
	}
	heading, isLabel := c.Objects[0].(*widget.Label)
	row, isRow := c.Objects[1].(*listRow)
	if !isLabel || !isRow {
		return
	}
	r := v.rows[i]
	heading.SetText(r.heading)
	heading.Hidden, row.Hidden = r.heading == "", r.heading != ""
	widgets.SetText(row.name, r.hit.Name)
	widgets.SetText(row.note, desk.Excerpt(r.hit.Text, v.found.Text, excerptLength))
	c.Refresh()
}

// excerptLength is how much is shown of what something was found in, in characters.
const excerptLength = 140

// kindWords says what kind of thing was found.
func kindWords(kind string) string {
	switch kind {
	case "title":
		return lang.L("Titles")
	case "case":
		return lang.L("Cases")
	case "exhibit":
		return lang.L("Exhibits")
	case "note":
		return lang.L("Notes")
	case "bookmark":
		return lang.L("Bookmarks")
	case "acquisition":
		return lang.L("How exhibits were obtained")
	case "finding":
		return lang.L("Findings")
	case "copy":
		return lang.L("Copies")
	case "tag":
		return lang.L("Recipients")
	case "access":
		return lang.L("Access logs")
	case "remote":
		return lang.L("Copied from servers")
	}
	return kind
}

// searchField is a field that Escape leaves.
type searchField struct {
	widget.Entry
	escape func()
}

func newSearchField() *searchField {
	f := &searchField{}
	f.ExtendBaseWidget(f)
	return f
}

// TypedKey is for Fyne.
func (f *searchField) TypedKey(k *fyne.KeyEvent) {
	if k.Name == fyne.KeyEscape {
		f.escape()
		return
	}
	f.Entry.TypedKey(k)
}

// showSearch shows what was found, in place of the place that is open.
func (w *Window) showSearch() {
	if w.content.Objects[0] != w.search.object {
		w.content.Objects = []fyne.CanvasObject{w.search.object}
		w.content.Refresh()
	}
}

// searching tells whether a search is open.
func (w *Window) searching() bool {
	return w.search.field.Text != "" || w.content.Objects[0] == w.search.object
}

// leaveSearch goes back to the place that is open.
func (w *Window) leaveSearch() {
	if w.search.field.Text != "" {
		w.search.field.SetText("") // which comes back here
		return
	}
	if w.content.Objects[0] == w.search.object {
		w.content.Objects = []fyne.CanvasObject{w.current.view}
		w.content.Refresh()
		w.win.Canvas().Unfocus()
	}
}
