// SPDX-License-Identifier: AGPL-3.0-or-later

package widgets

import (
	"image/color"
	"math"
	"strconv"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"spoor/ui/look"
)

// Scores is what a line-up draws: how often each score came up among all IDs, and where single ones stand.
type Scores struct {
	From, Width float64 // where the first bin begins, and how wide each is
	Counts      []int64
	Chance      []float64 // how many chance alone puts into each bin; may be shorter
	Marks       []Mark

	Axis string                                 // what the scale is
	Tell func(from, to float64, n int64) string // what is said of a bin under the pointer
}

// Mark is a score that is pointed out.
type Mark struct {
	Name   string
	Score  float64
	Color  fyne.ThemeColorName
	Dashed bool // a border rather than an ID
	Strong bool // the ID that was named
}

// LineUp is a histogram of scores on a scale on which each step is ten times as many.
type LineUp struct {
	widget.BaseWidget
	scores Scores
	said   *canvas.Text
}

// NewLineUp makes an empty line-up.
func NewLineUp() *LineUp {
	l := &LineUp{said: canvas.NewText("", nil)}
	l.ExtendBaseWidget(l)
	return l
}

var _ desktop.Hoverable = (*LineUp)(nil)

// Set shows scores.
func (l *LineUp) Set(s Scores) {
	l.scores, l.said.Text = s, ""
	l.Refresh()
}

// MouseIn is for Fyne.
func (l *LineUp) MouseIn(e *desktop.MouseEvent) { l.tell(e.Position) }

// MouseMoved is for Fyne.
func (l *LineUp) MouseMoved(e *desktop.MouseEvent) { l.tell(e.Position) }

// MouseOut is for Fyne.
func (l *LineUp) MouseOut() { l.say("") }

func (l *LineUp) tell(at fyne.Position) {
	s, p := &l.scores, l.plot()
	bin := int(math.Floor((p.score(at.X) - s.From) / s.Width))
	if s.Tell == nil || at.X < p.left || bin < 0 || bin >= len(s.Counts) {
		l.say("")
		return
	}
	from := s.From + float64(bin)*s.Width
	l.say(s.Tell(from, from+s.Width, s.Counts[bin]))
}

func (l *LineUp) say(words string) {
	if l.said.Text != words {
		l.said.Text = words
		canvas.Refresh(l.said)
	}
}

// plot turns scores and counts into places.
type plot struct {
	left, top, width, height float32
	low, high                float64 // scores
	decades                  float64
}

func (l *LineUp) plot() plot {
	s := &l.scores
	p := plot{left: 58, top: 20, low: s.From, high: s.From + s.Width*float64(len(s.Counts))}
	p.width, p.height = max(l.Size().Width-p.left-8, 1), max(l.Size().Height-p.top-38, 1)
	for _, m := range s.Marks {
		p.high = max(p.high, m.Score+1)
	}
	p.high = max(p.high, p.low+1)
	most := 1.0
	for _, n := range s.Counts {
		most = max(most, float64(n))
	}
	p.decades = math.Ceil(math.Log10(most) + 0.2)
	return p
}

func (p *plot) x(score float64) float32 {
	return p.left + p.width*float32((score-p.low)/(p.high-p.low))
}

func (p *plot) score(x float32) float64 { return p.low + (p.high-p.low)*float64((x-p.left)/p.width) }

func (p *plot) y(n float64) float32 {
	if n < 0.5 {
		return p.top + p.height
	}
	return p.top + p.height - p.height*float32((math.Log10(n)+0.3)/(p.decades+0.3))
}

// CreateRenderer is for Fyne.
func (l *LineUp) CreateRenderer() fyne.WidgetRenderer {
	r := &lineUpRenderer{lineUp: l}
	r.Refresh()
	return r
}

type lineUpRenderer struct {
	lineUp  *LineUp
	objects []fyne.CanvasObject
}

// MinSize is for Fyne.
func (r *lineUpRenderer) MinSize() fyne.Size { return fyne.NewSize(320, 240) }

// Layout is for Fyne.
func (r *lineUpRenderer) Layout(fyne.Size) { r.Refresh() }

// Refresh builds the picture anew: a few hundred objects at most.
func (r *lineUpRenderer) Refresh() {
	l := r.lineUp
	th, v := l.Theme(), fyne.CurrentApp().Settings().ThemeVariant()
	p, small := l.plot(), th.Size(theme.SizeNameCaptionText)
	quiet, grid := th.Color(look.ColorQuiet, v), th.Color(theme.ColorNameSeparator, v)
	r.objects = r.objects[:0]
	for d := 0.0; d <= p.decades; d++ {
		y := p.y(math.Pow(10, d))
		r.objects = append(r.objects, line(p.left, y, p.left+p.width, y, 1, grid),
			write(strconv.FormatFloat(math.Pow(10, d), 'f', 0, 64), p.left-6, y-small*0.7, small, fyne.TextAlignTrailing, quiet))
	}
	bar := fade(th.Color(look.ColorUnsure, v), 0.75)
	s := &l.scores
	for i, n := range s.Counts {
		if n > 0 {
			from := p.x(p.low + float64(i)*s.Width)
			wide := max(p.x(p.low+float64(i+1)*s.Width)-from-0.7, 0.7)
			r.objects = append(r.objects, box(from, p.y(float64(n)), wide, p.top+p.height-p.y(float64(n)), bar))
		}
	}
	r.chance(&p, th.Color(look.ColorMarked, v))
	r.objects = append(r.objects, line(p.left, p.top+p.height, p.left+p.width, p.top+p.height, 1, quiet))
	for score := math.Ceil(p.low/2) * 2; score <= p.high; score += 2 {
		text := strconv.FormatFloat(score, 'f', 0, 64)
		r.objects = append(r.objects, write(text, p.x(score), p.top+p.height+2, small, fyne.TextAlignCenter, quiet))
	}
	r.objects = append(r.objects, write(s.Axis, p.left+p.width/2, p.top+p.height+18, small, fyne.TextAlignCenter, quiet))
	for i := range s.Marks {
		m := &s.Marks[i]
		r.mark(&p, m, i, th.Color(m.Color, v), th.Color(theme.ColorNameBackground, v), small)
	}
	l.said.Color, l.said.TextSize = th.Color(theme.ColorNameForeground, v), small
	l.said.Move(fyne.NewPos(p.left, 0))
	r.objects = append(r.objects, l.said)
	canvas.Refresh(l)
}

// chance draws the curve that chance alone gives.
func (r *lineUpRenderer) chance(p *plot, c color.Color) {
	s := &r.lineUp.scores
	for i := 1; i < len(s.Chance); i++ {
		if s.Chance[i-1] < 0.5 || s.Chance[i] < 0.5 {
			continue
		}
		middle := func(i int) float32 { return p.x(s.From + (float64(i)+0.5)*s.Width) }
		r.objects = append(r.objects, line(middle(i-1), p.y(s.Chance[i-1]), middle(i), p.y(s.Chance[i]), 1.6, c))
	}
}

// mark draws a score that is pointed out, with its name on a row of its own.
func (r *lineUpRenderer) mark(p *plot, m *Mark, row int, c, ground color.Color, small float32) {
	x, y := p.x(m.Score), p.top+2+float32(row)*(small+7)
	bottom := p.top + p.height
	switch {
	case m.Dashed:
		for at := y; at < bottom; at += 8 {
			r.objects = append(r.objects, line(x, at, x, min(at+5, bottom), 1.5, c))
		}
	case m.Strong:
		r.objects = append(r.objects, box(x-1.5, y, 3, bottom-y, c))
	default:
		r.objects = append(r.objects, line(x, y, x, bottom, 1.5, c))
	}
	text := cut(m.Name, p.width*0.45, small)
	name := write(text, x+6, y-1, small, fyne.TextAlignLeading, c)
	if width := name.MinSize().Width; x+width+8 > p.left+p.width {
		name = write(text, x-6, y-1, small, fyne.TextAlignTrailing, c)
	}
	name.TextStyle.Bold = m.Strong
	under := box(name.Position().X-2, name.Position().Y, name.MinSize().Width+4, name.MinSize().Height, fade(ground, 0.85))
	r.objects = append(r.objects, under, name)
}

// Objects is for Fyne.
func (r *lineUpRenderer) Objects() []fyne.CanvasObject { return r.objects }

// Destroy is for Fyne.
func (r *lineUpRenderer) Destroy() {}
