// SPDX-License-Identifier: AGPL-3.0-or-later

package report

import (
	"fmt"
	"strings"
	"time"
)

// The parts of a timeline, in millimetres.
const (
	laneName   = 40.0
	laneHeight = 6.5
	laneGap    = 2.0
	laneMost   = 12 // lanes that are drawn
)

// shade is the colour of a score: the darker the more.
func shade(score float64) rgb {
	switch {
	case score >= 10:
		return rgb{16, 52, 96}
	case score >= 7:
		return rgb{48, 98, 158}
	case score >= 5:
		return rgb{102, 152, 204}
	case score >= 3:
		return rgb{170, 202, 232}
	}
	return rgb{230, 235, 241}
}

func (p *pages) timeline(t *Timeline) {
	if t == nil || t.Length <= 0 {
		p.say(p.words.NoTimeline)
		return
	}
	lanes := t.Lanes[:min(len(t.Lanes), laneMost)]
	rows := len(lanes) + 1
	if len(t.Unusable) > 0 {
		rows++
	}
	height := float64(rows)*(laneHeight+laneGap) + 14
	caption := p.words.TimelineCaption
	if more := len(t.Lanes) - len(lanes); more > 0 {
		caption += " " + fmt.Sprintf(p.words.LanesMore, more)
	}
	p.figure(height, caption, func(x, y float64) {
		at := func(d time.Duration) float64 {
			d = min(max(d, 0), t.Length)
			return x + laneName + (p.width-laneName)*float64(d)/float64(t.Length)
		}
		for _, l := range lanes {
			p.lane(l.Tag, x, y)
			for _, s := range l.Points {
				p.fill(shade(s.Score))
				p.pdf.Rect(at(s.From), y, at(s.To)-at(s.From), laneHeight, "F")
			}
			y += laneHeight + laneGap
		}
		p.lane(p.words.LaneTitle, x, y)
		for _, s := range t.Title {
			p.titleStretch(s, at, y)
		}
		y += laneHeight + laneGap
		if len(t.Unusable) > 0 {
			p.lane(p.words.LaneUnusable, x, y)
			for _, s := range t.Unusable {
				p.fill(rgb{150, 150, 150})
				p.pdf.Rect(at(s.From), y+1, max(at(s.To)-at(s.From), 0.3), laneHeight-2, "F")
				if why, width := p.words.unusable(s.Why), at(s.To)-at(s.From); p.fits(why, width) {
					p.tiny(why, at(s.From), y+1.5, width, centre, rgb{255, 255, 255})
				}
			}
			y += laneHeight + laneGap
		}
		p.timeAxis(t.Length, x+laneName, y-laneGap+0.5, p.width-laneName)
		p.strengthKey(x+laneName, y+6)
	})
	p.unusable(t.Unusable)
}

// fits tells whether a short text of a figure fits a width.
func (p *pages) fits(text string, width float64) bool {
	lines := p.faces.breakLines([]run{{text, style{sans, 7, ink()}}}, 1000)
	return len(lines) == 1 && lines[0].width <= width-1
}

// unusable says which stretches were not examined or not read: in the picture they may be too short to be named.
func (p *pages) unusable(list []Stretch) {
	const shown = 12
	if len(list) == 0 {
		return
	}
	var parts []string
	for i, s := range list {
		if i == shown {
			parts = append(parts, fmt.Sprintf(p.words.OthersMore, len(list)-shown))
			break
		}
		parts = append(parts, fmt.Sprintf("%s – %s (%s)", clock(s.From), clock(s.To), p.words.unusable(s.Why)))
	}
	p.say(p.words.LaneUnusable + ": " + strings.Join(parts, ", ") + ".")
}

func (p *pages) lane(name string, x, y float64) {
	lines := p.faces.breakLines([]run{{cut(name, 60), style{sans, 7.5, ink()}}}, laneName-3)
	if len(lines) > 2 {
		lines = lines[:2]
	}
	p.putLines(lines, x, y+(laneHeight-tall(lines))/2, laneName-3, left)
	p.fill(rgb{246, 248, 250})
	p.pdf.Rect(x+laneName, y, p.width-laneName, laneHeight, "F")
}

func (p *pages) titleStretch(s Span, at func(time.Duration) float64, y float64) {
	if s.TitleFrom == nil || s.TitleTo == nil {
		return
	}
	x0, x1 := at(s.From), at(s.To)
	p.fill(rgb{226, 214, 190})
	p.stroke(rgb{255, 255, 255}, 0.2)
	p.pdf.Rect(x0, y, x1-x0, laneHeight, "FD")
	if x1-x0 > 30 {
		p.tiny(clock(*s.TitleFrom)+" – "+clock(*s.TitleTo), x0, y+1.6, x1-x0, centre, ink())
	} else if x1-x0 > 13 {
		p.tiny(clock(*s.TitleFrom), x0, y+1.6, x1-x0, centre, ink())
	}
}

// timeAxis draws round times.
func (p *pages) timeAxis(length time.Duration, x, y, width float64) {
	step := niceStep(length)
	p.stroke(soft(), 0.15)
	p.pdf.Line(x, y, x+width, y)
	for d := time.Duration(0); d <= length; d += step {
		at := x + width*float64(d)/float64(length)
		p.pdf.Line(at, y, at, y+1)
		p.tiny(clockShort(d), at-10, y+1.2, 20, centre, soft())
	}
}

func niceStep(length time.Duration) time.Duration {
	steps := []time.Duration{
		time.Second, 2 * time.Second, 5 * time.Second, 10 * time.Second, 30 * time.Second, time.Minute, 2 * time.Minute,
		5 * time.Minute, 10 * time.Minute, 20 * time.Minute, 30 * time.Minute, time.Hour, 2 * time.Hour, 6 * time.Hour, 24 * time.Hour,
	}
	for _, s := range steps {
		if length/s <= 8 {
			return s
		}
	}
	return max(length/8, time.Hour)
}

// strengthKey says what the colours of the lanes mean.
func (p *pages) strengthKey(x, y float64) {
	p.tiny(p.words.KeyScore, x, y, 20, left, soft())
	x += 14
	for _, k := range []struct {
		score float64
		text  string
	}{{0, "< 3"}, {3, "3–5"}, {5, "5–7"}, {7, "7–10"}, {10, "≥ 10"}} {
		p.fill(shade(k.score))
		p.pdf.Rect(x, y+0.7, 4, 2.4, "F")
		p.tiny(k.text, x+5, y, 14, left, soft())
		x += 16
	}
}
