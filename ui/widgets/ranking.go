// SPDX-License-Identifier: AGPL-3.0-or-later

package widgets

import (
	"strconv"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"spoor/ui/look"
)

// Rank is a name and how often it came up.
type Rank struct {
	Name  string
	Count int
	Alert bool // it stands out
}

// Ranking lists names with their numbers, each with a bar: as many as there is room for. A tap chooses one.
type Ranking struct {
	widget.BaseWidget
	Rows     []Rank
	Empty    string // what is said where there are no rows
	OnTapped func(row int)
}

// NewRanking makes an empty one.
func NewRanking() *Ranking {
	r := &Ranking{}
	r.ExtendBaseWidget(r)
	return r
}

var _ fyne.Tappable = (*Ranking)(nil)

const rankHeight = 21

// Tapped is for Fyne.
func (r *Ranking) Tapped(e *fyne.PointEvent) {
	if row := int(e.Position.Y / rankHeight); r.OnTapped != nil && row >= 0 && row < len(r.Rows) {
		r.OnTapped(row)
	}
}

// CreateRenderer is for Fyne.
func (r *Ranking) CreateRenderer() fyne.WidgetRenderer {
	out := &rankingRenderer{ranking: r}
	out.Refresh()
	return out
}

type rankingRenderer struct {
	ranking *Ranking
	objects []fyne.CanvasObject
}

// MinSize is for Fyne.
func (r *rankingRenderer) MinSize() fyne.Size { return fyne.NewSize(180, 3*rankHeight) }

// Layout is for Fyne.
func (r *rankingRenderer) Layout(fyne.Size) { r.Refresh() }

// Refresh builds the rows anew.
func (r *rankingRenderer) Refresh() {
	list := r.ranking
	th, v := list.Theme(), fyne.CurrentApp().Settings().ThemeVariant()
	small, size := th.Size(theme.SizeNameCaptionText), list.Size()
	most := 1
	for _, row := range list.Rows {
		most = max(most, row.Count)
	}
	r.objects = r.objects[:0]
	if len(list.Rows) == 0 {
		text := cut(list.Empty, size.Width, small)
		r.objects = append(r.objects, write(text, 0, 2, small, fyne.TextAlignLeading, th.Color(look.ColorQuiet, v)))
	}
	for i, row := range list.Rows {
		y := float32(i) * rankHeight
		if y+rankHeight > size.Height {
			break
		}
		ground, text := th.Color(theme.ColorNamePrimary, v), th.Color(theme.ColorNameForeground, v)
		if row.Alert {
			ground, text = th.Color(look.ColorMarked, v), th.Color(look.ColorMarked, v)
		}
		r.objects = append(r.objects, box(0, y+1, size.Width*float32(row.Count)/float32(most), rankHeight-3, fade(ground, 0.22)),
			write(cut(row.Name, size.Width-50, small), 5, y+2, small, fyne.TextAlignLeading, text),
			write(strconv.Itoa(row.Count), size.Width-5, y+2, small, fyne.TextAlignTrailing, th.Color(look.ColorQuiet, v)))
	}
	canvas.Refresh(list)
}

// Objects is for Fyne.
func (r *rankingRenderer) Objects() []fyne.CanvasObject { return r.objects }

// Destroy is for Fyne.
func (r *rankingRenderer) Destroy() {}
