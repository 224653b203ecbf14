// SPDX-License-Identifier: AGPL-3.0-or-later

package watermark

import "math"

// Survey finds out how much room a title has for its mark: how much more than usual its busy ground may carry before
// the picture suffers by more than it may. It foretells what the judges that a mark is measured with would say (VMAF,
// SSIM), from a few frames of the original and from the mark's spectrum, without marking anything. It is for one
// goroutine.
type Survey struct {
	shrinker *shrinker
	mask     *mask
	before   []float32 // the frame before the one that is looked at, at half the canonical size
	coarse   float64   // share of the mark's power that is left at an eighth of the title's size
	local    float64   // share of it that varies within the windows of SSIM
	samples  []prices
}

// What a survey allows at normal strength. Predictions were off by up to 0.6 points of VMAF on the clips for
// developing.
const (
	leastVMAF  = 96.4
	mostUnlike = 0.0026 // 1-SSIM
)

// The model behind a prediction. VMAF of a picture against itself grows with its motion up to 100; a mark costs points
// for the detail that it hides at an eighth of the size (what VIF measures there), for its energy, and for what it does
// to the structure of smooth ground. The weights are a least-squares fit to VMAF 0.6.1 on the clips for developing, at
// four strengths.
const (
	stillVMAF   = 97.43
	motionVMAF  = 0.95 // more a grey level of change from frame to frame
	coarsePrice = 90   // points of VMAF
	energyPrice = 1.6  // points a squared grey level
	unlikePrice = 336  // points

	rounding            = 1. / 12                 // variance that rounding to whole grey levels adds where the mark reaches them
	vifNoise            = 2.0                     // variance of the eye's own noise in VIF
	ssimCalm            = 0.03 * 0.03 * 255 * 255 // variance below which SSIM takes ground for smooth
	leastCanonicalPixel = 1. / 3                  // canonical pixels a sample of the title: no picture is judged finer than 1080 lines
)

// prices are what a mark costs one frame, each as a quadratic in the texture of the rule.
type prices struct {
	self                   float64 // VMAF of the frame against itself, not cut at 100
	energy, coarse, unlike quadratic
}

// quadratic is a + b*t + c*t*t.
type quadratic struct{ a, b, c float64 }

func (q *quadratic) add(weight, base, slope float64) {
	q.a += weight * base * base
	q.b += 2 * weight * base * slope
	q.c += weight * slope * slope
}

func (q quadratic) at(t float64) float64 { return q.a + t*(q.b+t*q.c) }

func (q quadratic) over(n float64) quadratic { return quadratic{q.a / n, q.b / n, q.c / n} }

// NewSurvey prepares a survey of a title. It fails on formats that cannot carry a mark.
func NewSurvey(f Format) (*Survey, error) {
	if err := f.Check(); err != nil {
		return nil, err
	}
	cw, ch := Canonical(f.aspect())
	s := &Survey{shrinker: newShrinker(f, cw, ch), mask: newMask(cw, ch, Normal.visibility(0))}
	s.before = make([]float32, len(s.mask.mean))
	pixel := max(float64(cw)/float64(f.Width), leastCanonicalPixel)
	s.coarse = remaining(4.8*pixel, 3.6*pixel) // the window and the low pass of VIF's coarsest scale, in samples
	s.local = remaining(8/math.Sqrt(12)*pixel, 0)
	return s, nil
}

// remaining is the share of the mark's power that varies within windows of a standard deviation after a Gaussian low
// pass of another, both in canonical pixels.
func remaining(window, lowPass float64) float64 {
	var sum, all float64
	for _, f := range frequencies(bandLow, bandHigh, 2) {
		power, w := f.amplitude()*f.amplitude(), 2*math.Pi*f.radius()
		all += power
		sum += power * math.Exp(-lowPass*lowPass*w*w) * (1 - math.Exp(-window*window*w*w))
	}
	return sum / all
}

// Add looks at a frame of the title, which tells of the ground, and at the one before it, which tells of the motion.
func (s *Survey) Add(before, frame []byte) error {
	if err := s.shrinker.shrink(before); err != nil {
		return err
	}
	s.mask.halve(s.shrinker.small)
	copy(s.before, s.mask.mean)
	if err := s.shrinker.shrink(frame); err != nil {
		return err
	}
	s.mask.sense(s.shrinker.small)
	s.samples = append(s.samples, s.price())
	return nil
}

// price works on what the mask sensed.
func (s *Survey) price() (p prices) {
	m := s.mask
	var motion, detail float64
	for i, v := range m.mean {
		motion += math.Abs(float64(v - s.before[i]))
		spread := float64(max(m.spread[i], 0))
		quiet, busy := m.rule.at(m.blur[i], m.strength[i])
		base, slope := float64(quiet), float64(busy)
		detail += math.Log1p(spread / vifNoise)
		p.energy.add(1, base, slope)
		p.coarse.add(s.coarse*spread/(vifNoise*(vifNoise+spread)), base, slope)
		p.unlike.add(s.local/(2*spread+ssimCalm), base, slope)
		p.unlike.a += rounding * min(base*base/0.16, 1) / (2*spread + ssimCalm)
	}
	n := float64(len(m.mean))
	p.self = stillVMAF + motionVMAF*motion/n
	p.energy, p.unlike = p.energy.over(n), p.unlike.over(n)
	p.coarse = p.coarse.over(detail + 1e-9)
	return p
}

// Room returns how much more than usual the busy ground of the title may carry: 0, nothing, to 1. Without samples it
// is 0.
func (s *Survey) Room() float64 {
	const steps = 64
	for i := steps; i > 0; i-- {
		room := float64(i) / steps
		vmaf, unlike := s.foretell(Normal.visibility(room))
		if vmaf >= leastVMAF && unlike <= mostUnlike {
			return room
		}
	}
	return 0
}

// foretell predicts the means of VMAF and of 1-SSIM under a rule.
func (s *Survey) foretell(rule visibility) (vmaf, unlike float64) {
	for _, p := range s.samples {
		t, share := rule.hold(p.energy)
		texture, held := float64(t), float64(share*share)
		loss := coarsePrice*p.coarse.at(texture) + energyPrice*p.energy.at(texture) + unlikePrice*p.unlike.at(texture)
		vmaf += min(p.self-held*loss, 100)
		unlike += held * p.unlike.at(texture)
	}
	n := float64(max(len(s.samples), 1))
	return vmaf / n, unlike / n
}
