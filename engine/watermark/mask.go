// SPDX-License-Identifier: AGPL-3.0-or-later

package watermark

import (
	"fmt"
	"math"

	"spoor/engine/internal/dsp"
)

// Strength says how strongly a copy is marked.
type Strength int

// The strengths on offer. PSNR-Y on textured material is about 51, 48.5 and 44 dB.
const (
	Normal Strength = iota
	Light
	Strong
)

// String returns the name that the command line uses.
func (s Strength) String() string {
	switch s {
	case Light:
		return "light"
	case Strong:
		return "strong"
	default:
		return "normal"
	}
}

// ParseStrength reads the name of a strength.
func ParseStrength(name string) (Strength, error) {
	for _, s := range []Strength{Light, Normal, Strong} {
		if s.String() == name {
			return s, nil
		}
	}
	return Normal, fmt.Errorf("unknown strength %q: use light, normal or strong", name)
}

// visibility is how strong the mark may be: grey levels (of 255) of its standard deviation.
type visibility struct {
	flat    float32 // on smooth ground of middle brightness
	texture float32 // more per grey level of local standard deviation
	mean    float64 // mean square over a frame at most
}

const (
	// grain is the local standard deviation from which on ground counts as natural. Below it the mark fades to
	// nothing: on perfectly even ground it would be bare, and an encoder would pay most for it there.
	grain = 0.3
	// busiest is the local standard deviation from which on ground carries no more.
	busiest = 50
	// usualTexture is what busy ground carries in any title, mostTexture what it carries where a Survey found all the
	// room there can be.
	usualTexture, mostTexture = 0.022, 0.045
)

// visibility returns the rule of a strength for a title with so much room (see Format). The values of normal were
// chosen where VMAF stays at 96 on the clips for developing; light is 3 dB below and strong 5 dB above.
func (s Strength) visibility(room float64) visibility {
	room = min(max(room, 0), 1)
	normal := visibility{flat: 0.44, texture: float32(usualTexture + room*(mostTexture-usualTexture)), mean: 0.85}
	switch s {
	case Light:
		return normal.times(0.72)
	case Strong:
		return normal.times(1.85)
	default:
		return normal
	}
}

func (v visibility) times(gain float32) visibility {
	return visibility{flat: v.flat * gain, texture: v.texture * gain, mean: v.mean * float64(gain*gain)}
}

// mask computes how strong the mark may be at each place of a frame: less on flat, more on busy ground, less in
// the dark. It works at half the canonical size, where the eye's masking lives; the first stage reads the frame.
type mask struct {
	w, h           int // half the canonical size
	mean, spread   []float32
	strength       []float32
	blur, tmp, row []float32
	rule           visibility
}

func newMask(canonicalW, canonicalH int, rule visibility) *mask {
	w, h := canonicalW/2, canonicalH/2
	n := w * h
	buf := make([]float32, 5*n+w)
	return &mask{
		w: w, h: h, rule: rule,
		mean: buf[:n], spread: buf[n : 2*n], strength: buf[2*n : 3*n],
		blur: buf[3*n : 4*n], tmp: buf[4*n : 5*n], row: buf[5*n:],
	}
}

// compute fills strength from the canonical picture y (2w x 2h values). Where that would be more over the frame than the
// rule allows, busy ground gives way first: what quiet ground carries is read best.
func (m *mask) compute(y []float32) {
	m.sense(y)
	var energy quadratic
	slope := m.tmp
	for i, s := range m.strength {
		m.strength[i], slope[i] = m.rule.at(m.blur[i], s)
		energy.add(1, float64(m.strength[i]), float64(slope[i]))
	}
	texture, share := m.rule.hold(energy.over(float64(len(slope))))
	for i, v := range slope {
		m.strength[i] = share * (m.strength[i] + texture*v)
	}
}

// at returns what a place of a brightness and local standard deviation carries: base + texture*slope.
func (v visibility) at(bright, deviation float32) (base, slope float32) {
	light := brightness(bright)
	return light * v.flat * min(deviation/grain, 1), light * min(deviation, busiest)
}

// hold returns with which texture the energy of a frame is no more than the rule allows, and, where quiet ground alone
// is more, which share of that it may carry.
func (v visibility) hold(energy quadratic) (texture, share float32) {
	switch over := energy.a - v.mean; {
	case energy.at(float64(v.texture)) <= v.mean:
		return v.texture, 1
	case over >= 0:
		return 0, float32(math.Sqrt(v.mean / energy.a))
	default: // so that energy.at(texture) is the mean
		return float32((math.Sqrt(energy.b*energy.b-4*energy.c*over) - energy.b) / (2 * energy.c)), 1
	}
}

// sense fills blur with how bright each place is, spread with the variance around it, and strength with the standard
// deviation of its ground: the least of its neighbourhood.
func (m *mask) sense(y []float32) {
	m.halve(y)
	copy(m.blur, m.mean)
	dsp.Box(m.blur, m.tmp, m.row, m.w, m.h, 2, 2)
	for i, v := range m.mean {
		d := v - m.blur[i]
		m.spread[i] += d * d
	}
	dsp.Box(m.spread, m.tmp, m.row, m.w, m.h, 1, 1)
	dsp.Erode(m.spread, m.strength, m.tmp, m.w, m.h) // an edge lends no masking to its flat side
	dsp.Box(m.strength, m.tmp, m.row, m.w, m.h, 1, 1)
	for i, v := range m.strength {
		m.strength[i] = float32(math.Sqrt(float64(max(v, 0))))
	}
}

// halve averages blocks of 2x2 pixels into mean and keeps their variance in spread.
func (m *mask) halve(y []float32) {
	for r := range m.h {
		a, b := y[4*r*m.w:][:2*m.w], y[(4*r+2)*m.w:][:2*m.w]
		mean, spread := m.mean[r*m.w:][:m.w], m.spread[r*m.w:][:m.w]
		for x := range mean {
			p, q, s, t := a[2*x], a[2*x+1], b[2*x], b[2*x+1]
			mu := (p + q + s + t) / 4
			p, q, s, t = p-mu, q-mu, s-mu, t-mu
			mean[x] = mu
			spread[x] = (p*p + q*q + s*s + t*t) / 4
		}
	}
}

// brightness is the weight of Weber's law as screens show it: half in black, a quarter more in white.
func brightness(y float32) float32 {
	switch {
	case y < 90:
		return 0.55 + 0.45*y/90
	case y > 170:
		return 1 + 0.25*(y-170)/85
	}
	return 1
}
