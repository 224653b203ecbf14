// SPDX-License-Identifier: AGPL-3.0-or-later

package ui

import (
	"cmp"
	"encoding/json"
	"fmt"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"spoor/engine"
	"spoor/engine/media"
	"spoor/storage"
	"spoor/ui/desk"
	"spoor/ui/widgets"
)

// exhibitRow is a row of the list of exhibits: a mark, a picture, the name, the answer and what the file is; or a heading.
type exhibitRow struct {
	widget.BaseWidget
	heading *widget.RichText
	check   *widget.Check
	name    *widget.Label
	size    *widget.RichText
	thumb   *canvas.Image
	badge   *widgets.Badge
	body    *fyne.Container
}

func (v *exhibitList) newRow() fyne.CanvasObject {
	r := &exhibitRow{
		heading: widgets.Strong(""), check: widget.NewCheck("", nil), name: widget.NewLabel(""), size: widgets.Quiet(""),
		badge: widgets.NewBadge(),
	}
	r.thumb = canvas.NewImageFromImage(nil)
	r.thumb.FillMode, r.thumb.ScaleMode = canvas.ImageFillContain, canvas.ImageScaleFastest
	r.thumb.SetMinSize(fyne.NewSize(thumbWidth, thumbHeight))
	r.name.Truncation, r.name.TextStyle.Bold = fyne.TextTruncateEllipsis, true
	left := container.NewHBox(container.NewCenter(r.check), container.NewCenter(r.thumb))
	lines := container.New(layout.NewCustomPaddedVBoxLayout(0), r.name, r.badge, r.size)
	r.body = container.NewBorder(nil, nil, left, nil, lines)
	r.ExtendBaseWidget(r)
	return r
}

// CreateRenderer is for Fyne.
func (r *exhibitRow) CreateRenderer() fyne.WidgetRenderer {
	return widget.NewSimpleRenderer(container.NewStack(container.NewCenter(r.heading), r.body))
}

// Resize is for Fyne. Where the list is narrow, names need the room more than pictures do.
func (r *exhibitRow) Resize(size fyne.Size) {
	r.thumb.Hidden = size.Width < rowLetters*r.Theme().Size(theme.SizeNameText)
	r.BaseWidget.Resize(size)
}

// rowLetters is how wide a row must be for a picture, in heights of its letters.
const rowLetters = 18

// update fills the row: it is used again for other exhibits.
func (v *exhibitList) update(i int, o fyne.CanvasObject) {
	r, isRow := o.(*exhibitRow)
	if !isRow || i >= len(v.rows) {
		return
	}
	heading := v.rows[i].Heading
	r.heading.Hidden, r.body.Hidden = heading == "", heading != ""
	if heading != "" {
		widgets.SetText(r.heading, fmt.Sprintf("%s (%d)", headingWords(v.by, heading), v.rows[i].Count))
		return
	}
	x, ok := v.at(i)
	if !ok {
		return
	}
	r.check.OnChanged = nil
	r.check.SetChecked(v.marked[x.ID])
	r.check.OnChanged = func(on bool) { v.mark(x.ID, on) }
	r.name.SetText(x.FileName)
	word, look := answerOf(&x)
	if doing, ok := v.doing(&x); ok {
		word = doing
	}
	r.badge.Set(look.icon, word, look.color)
	info := infoOf(&x)
	widgets.SetText(r.size, fileWords(&x, &info))
	if img := v.thumbs.Get(x.ID, info.Duration/4); img != r.thumb.Image { // beginnings are often black
		r.thumb.Image = img
		r.thumb.Refresh()
	}
}

// Size of the small pictures, in units of the screen.
const (
	thumbWidth  = 80
	thumbHeight = 45
)

// doing is how far the work on an exhibit is, where there is any.
func (v *exhibitList) doing(x *engine.Exhibit) (words string, ok bool) {
	b, there := desk.Latest(x)
	if !there || b.Status.Final() {
		return "", false
	}
	for _, j := range v.window.kept.Jobs() {
		if j.State == desk.Running && j.Trace == b.ID {
			return fmt.Sprintf(lang.L("being examined: %.0f %%"), 100*j.Share()), true
		}
	}
	return "", false
}

// infoOf is what is known of the container of an exhibit.
func infoOf(x *engine.Exhibit) media.Info {
	var info media.Info
	if json.Unmarshal(x.Container, &info) != nil {
		return media.Info{}
	}
	return info
}

// fileWords say how long and large an exhibit is, and how it is coded.
func fileWords(x *engine.Exhibit, info *media.Info) string {
	var words []string
	if info.Duration > 0 {
		words = append(words, clock(info.Duration))
	}
	words = append(words, size(x.Size))
	if info.Codec != "" {
		words = append(words, info.Codec)
	}
	return strings.Join(words, " · ")
}

// headingWords are those of the heading over exhibits that were laid out in an order.
func headingWords(by desk.Order, heading string) string {
	if by != desk.ByAnswer {
		return heading
	}
	switch v := storage.Verdict(heading); v {
	case storage.Found, storage.Marked, storage.Inconclusive, storage.None, storage.Failed:
		return verdictOf(v, storage.Success).word
	case storage.NoVerdict:
	}
	return heading
}

// answerOf says in a few words what the latest examination of an exhibit gave: the tag, where one was named.
func answerOf(x *engine.Exhibit) (string, verdict) {
	b, ok := desk.Latest(x)
	if !ok {
		v := verdictOf("", "")
		return v.word, v
	}
	v := verdictOf(b.Verdict, b.Status)
	if len(b.Findings) > 0 {
		return cmp.Or(b.Findings[0].TagText, v.word), v
	}
	return v.word, v
}
