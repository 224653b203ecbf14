// SPDX-License-Identifier: AGPL-3.0-or-later

package ui

import (
	"context"
	"fmt"
	"image"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"spoor/ui/desk"
	"spoor/ui/widgets"
)

// pagesView shows the pages of a document as they will print: a list of small ones, and the chosen one as large as wanted.
type pagesView struct {
	window *Window
	object fyne.CanvasObject
	pages  *desk.Pages

	shown   []desk.Page
	chosen  int
	turn    int     // counts pictures that are being read
	zoom    float32 // of the page's width on paper at 96 dots an inch; 0 as wide as the window
	list    *widget.List
	picture *canvas.Image
	sheet   *fyne.Container
	scroll  *container.Scroll
	place   *widget.Label
	size    *widget.Label
	state   *widget.Label
	bar     *widget.ProgressBarInfinite
	stop    *widget.Button
	busyRow fyne.CanvasObject
}

func newPagesView(w *Window) *pagesView {
	v := &pagesView{window: w, place: widget.NewLabel(""), size: widget.NewLabel(""), state: widgets.Prose("")}
	changes := &refresher{do: v.changed}
	v.pages = desk.NewPages(changes.ask)
	v.list = widget.NewList(func() int { return len(v.shown) }, newPageRow, v.update)
	v.list.OnSelected = v.choose
	v.picture = canvas.NewImageFromImage(nil)
	v.picture.FillMode = canvas.ImageFillStretch
	v.sheet = container.NewCenter(v.picture)
	v.scroll = container.NewScroll(v.sheet)
	v.bar = widget.NewProgressBarInfinite()
	v.stop = widget.NewButtonWithIcon(lang.L("Cancel"), theme.CancelIcon(), v.pages.Stop)
	v.busyRow = container.NewBorder(nil, nil, widget.NewLabel(lang.L("Making the pages…")), v.stop, v.bar)
	v.busyRow.Hide()
	v.state.Hide()
	button := func(icon fyne.Resource, do func()) *widget.Button {
		b := widget.NewButtonWithIcon("", icon, do)
		b.Importance = widget.LowImportance
		return b
	}
	tools := container.NewHBox(
		button(theme.NavigateBackIcon(), func() { v.turnTo(v.chosen - 1) }), v.place,
		button(theme.NavigateNextIcon(), func() { v.turnTo(v.chosen + 1) }), layout.NewSpacer(),
		button(theme.ZoomOutIcon(), func() { v.zoomBy(1 / 1.25) }), v.size, button(theme.ZoomInIcon(), func() { v.zoomBy(1.25) }),
		button(theme.ZoomFitIcon(), func() { v.setZoom(0) }),
	)
	list := container.New(&leastWidth{132}, v.list)
	page := container.New(&onResize{v.scroll, v.fit}, v.scroll)
	v.object = container.NewBorder(container.NewVBox(tools, v.busyRow, v.state), nil,
		container.NewBorder(nil, nil, nil, widget.NewSeparator(), list), nil, page)
	return v
}

// onResize gives one object all the room, and tells when that changes.
type onResize struct {
	object  fyne.CanvasObject
	changed func()
}

// Layout is for Fyne.
func (l *onResize) Layout(_ []fyne.CanvasObject, size fyne.Size) {
	if l.object.Size() != size {
		l.object.Resize(size)
		l.changed()
	}
}

// MinSize is for Fyne.
func (l *onResize) MinSize([]fyne.CanvasObject) fyne.Size { return l.object.MinSize() }

// make makes the document anew.
func (v *pagesView) make(render func(context.Context, string) ([]string, error)) {
	v.pages.Make(render)
}

// clear shows no document.
func (v *pagesView) clear() error {
	err := v.pages.Clear()
	v.changed()
	return err
}

// changed shows what has come of the making.
func (v *pagesView) changed() {
	pages, busy, err := v.pages.Status()
	v.busyRow.Hide()
	v.bar.Stop()
	if busy {
		v.busyRow.Show()
		v.bar.Start()
	}
	v.state.Hide()
	if err != nil {
		v.state.Importance = widget.DangerImportance
		v.state.SetText(fmt.Sprintf(lang.L("The pages cannot be shown: %v"), err))
		v.state.Show()
	}
	other := len(pages) != len(v.shown) || len(pages) > 0 && pages[0].File != v.shown[0].File
	if !other {
		return
	}
	v.shown = pages
	v.list.UnselectAll()
	v.list.Refresh()
	v.turnTo(min(v.chosen, len(pages)-1))
}

// newPageRow is a small page with its number.
func newPageRow() fyne.CanvasObject {
	img := canvas.NewImageFromImage(image.NewRGBA(image.Rect(0, 0, 80, 113)))
	img.FillMode, img.ScaleMode = canvas.ImageFillContain, canvas.ImageScaleSmooth
	img.SetMinSize(fyne.NewSize(80, 113))
	return container.NewBorder(nil, widget.NewLabelWithStyle("", fyne.TextAlignCenter, fyne.TextStyle{}), nil, nil, img)
}

func (v *pagesView) update(i int, o fyne.CanvasObject) {
	row, ok := o.(*fyne.Container)
	if !ok || i >= len(v.shown) {
		return
	}
	for _, x := range row.Objects {
		switch x := x.(type) {
		case *canvas.Image:
			if x.Image != v.shown[i].Small {
				x.Image = v.shown[i].Small
				x.Refresh()
			}
		case *widget.Label:
			x.SetText(fmt.Sprint(i + 1))
		}
	}
}

// turnTo goes to a page.
func (v *pagesView) turnTo(i int) {
	if i >= 0 && i < len(v.shown) {
		v.list.Select(i)
	} else if len(v.shown) == 0 {
		v.place.SetText("")
		v.picture.Image = nil
		v.picture.Refresh()
	}
}

// choose reads a page in full and shows it.
func (v *pagesView) choose(i int) {
	if i >= len(v.shown) {
		return
	}
	v.chosen = i
	v.turn++
	turn, page := v.turn, v.shown[i]
	v.place.SetText(fmt.Sprintf(lang.L("Page %d of %d"), i+1, len(v.shown)))
	background(v.window, page.Picture, func(img image.Image, err error) {
		switch {
		case turn != v.turn || !v.current(page): // another one was chosen meanwhile, or the page was removed for a new one
		case err != nil:
			v.window.fail(err)
		default:
			v.picture.Image = img
			v.fit()
			v.scroll.ScrollToTop()
			v.picture.Refresh()
		}
	})
}

// current tells whether a page belongs to the document as it is now.
func (v *pagesView) current(page desk.Page) bool {
	pages, _, _ := v.pages.Status()
	return slices.ContainsFunc(pages, func(p desk.Page) bool { return p.File == page.File })
}

const paperDots = 144.0 / 96 // of the pictures of pages, for each unit of the screen

func (v *pagesView) setZoom(z float32) {
	v.zoom = z
	v.fit()
}

func (v *pagesView) zoomBy(factor float32) {
	now := v.zoom
	if now == 0 {
		now = v.fitting()
	}
	v.setZoom(min(max(now*factor, 0.25), 4))
}

// fitting is the zoom at which a page is as wide as there is room for.
func (v *pagesView) fitting() float32 {
	if v.picture.Image == nil {
		return 1
	}
	const edge = 24
	return max((v.scroll.Size().Width-edge)/(float32(v.picture.Image.Bounds().Dx())/paperDots), 0.1)
}

// fit gives the page its size.
func (v *pagesView) fit() {
	if v.picture.Image == nil {
		return
	}
	z := v.zoom
	if z == 0 {
		z = v.fitting()
	}
	v.size.SetText(fmt.Sprintf("%.0f %%", 100*z))
	b := v.picture.Image.Bounds()
	v.picture.SetMinSize(fyne.NewSize(float32(b.Dx())/paperDots*z, float32(b.Dy())/paperDots*z))
	v.sheet.Refresh()
	v.scroll.Refresh()
}
