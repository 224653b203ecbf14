// SPDX-License-Identifier: AGPL-3.0-or-later

package watermark

import "time"

// Evidence is what frames say about the chips of a codeword: a sum, so that frames may come in any order and
// from any machine. Adding evidences gives the evidence of all their frames.
type Evidence struct {
	Chips  [Chips]float64
	Frames int
}

// Add adds another evidence.
func (e *Evidence) Add(o *Evidence) {
	for i, v := range o.Chips {
		e.Chips[i] += v
	}
	e.Frames += o.Frames
}

// Slice is the evidence of a short run of frames, with the place in the title that it was read as.
type Slice struct {
	From, To  time.Duration // of the leak
	Title     time.Duration // time in the title of the middle
	Certainty float64       // probability of that place, to half a second
	Evidence  Evidence
}

// project turns units into soft chips. No codeword is looked at.
func (k *Key) project(units []unit, c [][Patterns]float64, f *course, dx, dy float64) []Slice {
	gains := k.gains(units, c, f)
	weight := k.ringWeights(units, gains, f, dx, dy)
	turn := make([]complex64, len(k.carriers))
	for i, q := range k.carriers {
		turn[i] = phasor(q, dx, dy)
	}
	out := make([]Slice, len(units))
	for t := range units {
		s := &out[t]
		s.From, s.To = units[t].from, units[t].to
		s.Evidence.Frames = units[t].frames
		if !units[t].static {
			s.Title, s.Certainty = f.where(t)
		}
		k.addChips(&s.Evidence.Chips, &units[t], turn, &weight, &f.weights[t], gains[t])
	}
	return out
}

func (k *Key) addChips(chips *[Chips]float64, u *unit, turn []complex64, ring *[rings]float64, w *[Patterns]float64, gain float64) {
	for p, share := range w {
		if share*gain < 0.02 {
			continue
		}
		place, sign := k.chip[p], k.sign[p]
		for i, v := range u.message {
			v *= turn[i]
			g := share * gain * ring[k.ring[i]]
			chips[place[2*i]] += g * float64(sign[2*i]*real(v))
			chips[place[2*i+1]] += g * float64(sign[2*i+1]*imag(v))
		}
	}
}

// ringWeights estimates from the sync lines how well the mark came through in each band of frequencies.
func (k *Key) ringWeights(units []unit, gains []float64, f *course, dx, dy float64) (out [rings]float64) {
	var sum, n [rings]float64
	for t := range units {
		g := gains[t]
		for i, q := range k.lines {
			v := units[t].sync[i] * phasor(q, dx, dy)
			r := k.SyncSet.rings[i]
			for p, share := range f.weights[t] {
				if share < 0.02 {
					continue
				}
				q := k.phase[p][i]
				sum[r] += g * share * float64(real(v)*real(q)+imag(v)*imag(q))
			}
			n[r] += g
		}
	}
	var all, count float64
	for r := range sum {
		all += sum[r]
		count += n[r]
	}
	mean := all / (count + 1e-9)
	for r := range out {
		out[r] = 1
		if mean > 0 {
			prior := 12 * count / float64(len(k.lines))
			out[r] = max(0.15, (sum[r]+mean*prior)/(n[r]+prior)/mean)
		}
	}
	return out
}
