// SPDX-License-Identifier: AGPL-3.0-or-later

package report

import (
	"fmt"
	"math"

	spoorcode "spoor/engine/code"
)

// lineup draws how often each score came up among all IDs, on a scale on which each step is ten times as many, the
// curve that chance alone gives, and where the tags that were named stand.
func (p *pages) lineup(l *LineUp, t *Trace) {
	const height = 58.0
	low, high := l.From, l.From+l.Width*float64(len(l.Counts))
	for _, f := range t.Findings {
		if f.Score < 100 {
			high = max(high, f.Score+1)
		}
	}
	most := 1.0
	for _, n := range l.Counts {
		most = max(most, float64(n))
	}
	decades := math.Ceil(math.Log10(most) + 0.2)
	p.figure(height, fmt.Sprintf(p.words.LineUpCaption, p.words.whole(l.IDs)), func(x, y float64) {
		const margin = 15.0
		x0, w, h := x+margin, p.width-margin, height-9
		p.chartGround(x0, y, w, h)
		at := func(score float64) float64 { return x0 + w*(score-low)/(high-low) }
		up := func(n float64) float64 {
			if n < 0.5 {
				return y + h
			}
			return y + h - h*(math.Log10(n)+0.3)/(decades+0.3)
		}
		for d := 0.0; d <= decades; d++ {
			p.stroke(rgb{228, 232, 237}, 0.15)
			p.pdf.Line(x0, up(math.Pow(10, d)), x0+w, up(math.Pow(10, d)))
			p.tiny(p.words.whole(int64(math.Pow(10, d))), x, up(math.Pow(10, d))-1.7, margin-1.5, right, soft())
		}
		for i, n := range l.Counts {
			if n > 0 {
				p.fill(rgb{128, 164, 204})
				from := at(low + float64(i)*l.Width)
				p.pdf.Rect(from, up(float64(n)), max(w*l.Width/(high-low)-0.15, 0.2), y+h-up(float64(n)), "F")
			}
		}
		p.chanceCurve(l, at, up)
		p.lineupMarks(l, t, at, y, h)
		for s := math.Ceil(low/2) * 2; s <= high; s += 2 {
			p.tiny(fmt.Sprintf("%.0f", s), at(s)-5, y+h+0.6, 10, centre, soft())
		}
		p.tiny(p.words.AxisScore, x0, y+h+4, w, centre, soft())
	})
}

// chanceCurve draws what the bell curve promises for each bin.
func (p *pages) chanceCurve(l *LineUp, at, up func(float64) float64) {
	p.stroke(rgb{190, 120, 40}, 0.35)
	var lastX, lastY float64
	begun := false
	for i := range l.Counts {
		from, expected := l.From+float64(i)*l.Width, l.Chance(i)
		if expected < 0.5 {
			begun = false
			continue
		}
		x, y := at(from+l.Width/2), up(expected)
		if begun {
			p.pdf.Line(lastX, lastY, x, y)
		}
		lastX, lastY, begun = x, y, true
	}
}

// Chance is how many IDs chance alone puts into a bin.
func (l *LineUp) Chance(bin int) float64 {
	from := l.From + float64(bin)*l.Width
	return float64(l.IDs) * (normalTail(from) - normalTail(from+l.Width))
}

// normalTail is the share of a bell curve above x.
func normalTail(x float64) float64 { return math.Erfc(x/math.Sqrt2) / 2 }

func (p *pages) lineupMarks(l *LineUp, t *Trace, at func(float64) float64, y, h float64) {
	if need := t.NamedFrom(); need > l.From {
		p.stroke(alarm(), 0.3)
		p.pdf.SetDashPattern([]float64{1.2, 0.9}, 0)
		p.pdf.Line(at(need), y+4, at(need), y+h)
		p.pdf.SetDashPattern(nil, 0)
		p.tiny(p.words.MarkThreshold, at(need)-31, y, 30, right, alarm())
	}
	if l.RunnerUp != nil {
		p.stroke(soft(), 0.3)
		p.pdf.Line(at(*l.RunnerUp), y+h*0.72, at(*l.RunnerUp), y+h)
		p.tiny(p.words.MarkRunnerUp, at(*l.RunnerUp)+0.8, y+h*0.72, 30, left, soft())
	}
	for i, f := range t.Findings {
		if i == 6 || !(f.Score < 100) {
			break
		}
		row := y + 6 + float64(i)*6.5
		p.stroke(accent(), 0.7)
		p.pdf.Line(at(f.Score), row+0.6, at(f.Score), y+h)
		name := []run{{cut(f.Tag, 28), style{bold, 7.5, accent()}}}
		if at(f.Score)+62 < marginSide+p.width {
			p.put(name, at(f.Score)+1, row, 60, left)
		} else {
			width := p.faces.breakLines(name, 60)[0].width
			p.fill(rgb{250, 251, 253}) // so that the line of the threshold does not cross it
			p.pdf.Rect(at(f.Score)-width-2.5, row+0.2, width+1, leading(7.5), "F")
			p.put(name, at(f.Score)-62, row, 60, right)
		}
	}
}

// NamedFrom is the score from which on a tag is named; 0 where that is not known.
func (t *Trace) NamedFrom() float64 {
	if t.Threshold >= 0 || t.TagsCompared < 1 {
		return 0
	}
	low, high := 0.0, 64.0
	for range 60 {
		mid := (low + high) / 2
		if spoorcode.Log10P(mid, int(t.TagsCompared), spoorcode.Spend(max(t.Looks, 1))) > t.Threshold {
			low = mid
		} else {
			high = mid
		}
	}
	return high
}
