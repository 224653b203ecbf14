// SPDX-License-Identifier: AGPL-3.0-or-later

package reference

import (
	"cmp"
	"math"
	"slices"
	"time"
)

// Shown is a stretch of a leak that shows one title without a break, at one speed.
type Shown struct {
	Title     string
	LeakFrom  time.Duration // first moment that was recognised
	LeakTo    time.Duration // last one
	TitleFrom time.Duration // what is shown at LeakFrom
	TitleTo   time.Duration // what is shown at LeakTo
	Speed     float64       // of the title in the leak: 1.05 is five percent faster
	Matches   int           // frames that were recognised in it
	Spread    time.Duration // root mean square of how far their times are from the straight line
}

// Clock tells which moment of the title is shown when, in the stretch and
// beyond it: near the truth, as [Synchronise] wants it.
func (s *Shown) Clock() Clock {
	return Clock{Speed: s.Speed, Offset: s.TitleFrom - time.Duration(s.Speed*float64(s.LeakFrom))}
}

// Alignment in time.
const (
	slack      = 1200 * time.Millisecond // a match may be off: its picture is the nearest that has keypoints
	slowest    = 0.9
	fastest    = 1.1
	longBase   = 12 * time.Second // two matches must be so far apart to tell a speed between them
	otherSpeed = 0.6              // of the squared error is left by a speed that is believed
	plainGain  = 2                // matches that a speed must explain more than the usual ones do
)

// likelySpeeds are the original one, by far the most frequent, and the usual others.
func likelySpeeds() []float64 { return append([]float64{1}, usualSpeeds()...) }

// Align tells which stretches of a leak show which stretches of titles, from
// frames that were recognised one by one: cut, put together anew, repeated, of
// several titles, with other things in between. What cannot be explained by any
// stretch of at least two frames is a stretch by itself. They come in the order
// of the leak.
func Align(matches []Match) []Shown {
	left := slices.Clone(matches)
	slices.SortStableFunc(left, func(a, b Match) int {
		return cmp.Or(cmp.Compare(a.LeakTime, b.LeakTime), cmp.Compare(a.Title, b.Title), cmp.Compare(a.TitleTime, b.TitleTime))
	})
	var out []Shown
	for len(left) > 0 {
		run := longestRun(left)
		out = append(out, straight(left, run))
		left = without(left, run)
	}
	slices.SortStableFunc(out, func(a, b Shown) int { return cmp.Compare(a.LeakFrom, b.LeakFrom) })
	return out
}

// line is title time against leak time, in seconds.
type line struct{ speed, at float64 }

func (l line) off(m *Match) float64 {
	return math.Abs(m.TitleTime.Seconds() - l.speed*m.LeakTime.Seconds() - l.at)
}

// longestRun finds the line that explains most matches in a row: no match in between may contradict it.
func longestRun(matches []Match) []int {
	var best []int
	gain := math.MinInt
	try := func(l line, seed, bonus int) {
		run := runOf(matches, l, seed)
		if n := len(run) + bonus; n > gain {
			gain, best = n, run
		}
	}
	for i := range matches {
		m := &matches[i]
		for k, speed := range likelySpeeds() {
			bonus := plainGain
			if k > 0 {
				bonus = plainGain - 1
			}
			try(line{speed, m.TitleTime.Seconds() - speed*m.LeakTime.Seconds()}, i, bonus)
		}
		for j := i + 1; j < len(matches); j++ {
			o := &matches[j]
			d := o.LeakTime - m.LeakTime
			if o.Title != m.Title || d < longBase {
				continue
			}
			if speed := (o.TitleTime - m.TitleTime).Seconds() / d.Seconds(); speed >= slowest && speed <= fastest {
				try(line{speed, m.TitleTime.Seconds() - speed*m.LeakTime.Seconds()}, i, 0)
			}
		}
	}
	return best
}

// runOf lists the matches around one that lie on a line, up to the first on either side that does not. Another match of
// the same moment, as a leak with two pictures in one has, does not end it.
func runOf(matches []Match, l line, seed int) []int {
	fits := func(i int) bool {
		return matches[i].Title == matches[seed].Title && l.off(&matches[i]) <= slack.Seconds()
	}
	run := []int{seed}
	for _, step := range []int{-1, 1} {
		last := seed
		for i := seed + step; i >= 0 && i < len(matches); i += step {
			if fits(i) {
				run = append(run, i)
				last = i
			} else if matches[i].LeakTime != matches[last].LeakTime && !shared(matches, i, fits) {
				break
			}
		}
	}
	slices.Sort(run)
	return run
}

// shared tells whether another match of the same moment fits.
func shared(matches []Match, i int, fits func(int) bool) bool {
	for _, step := range []int{-1, 1} {
		for k := i + step; k >= 0 && k < len(matches) && matches[k].LeakTime == matches[i].LeakTime; k += step {
			if fits(k) {
				return true
			}
		}
	}
	return false
}

// straight makes the stretch of a run: its speed is a usual one where that explains it, else that of the best line.
func straight(matches []Match, run []int) Shown {
	first, last := &matches[run[0]], &matches[run[len(run)-1]]
	best, error2 := through(matches, run, 1)
	if last.LeakTime-first.LeakTime >= longBase {
		for _, speed := range append(usualSpeeds(), gradient(matches, run)) {
			if l, e := through(matches, run, speed); speed >= slowest && speed <= fastest && e < otherSpeed*error2 {
				best, error2 = l, e
			}
		}
	}
	at := func(m *Match) time.Duration {
		return time.Duration((best.speed*m.LeakTime.Seconds() + best.at) * float64(time.Second))
	}
	return Shown{
		Title: first.Title, LeakFrom: first.LeakTime, LeakTo: last.LeakTime, TitleFrom: at(first), TitleTo: at(last), Speed: best.speed,
		Matches: len(run), Spread: time.Duration(math.Sqrt(error2) * float64(time.Second)),
	}
}

// through is the line of a speed that is nearest to a run, and its mean squared error.
func through(matches []Match, run []int, speed float64) (line, float64) {
	l := line{speed: speed}
	for _, i := range run {
		l.at += matches[i].TitleTime.Seconds() - speed*matches[i].LeakTime.Seconds()
	}
	l.at /= float64(len(run))
	sum := 0.0
	for _, i := range run {
		e := l.off(&matches[i])
		sum += e * e
	}
	return l, sum / float64(len(run))
}

// gradient is the speed of the line with the least squared error.
func gradient(matches []Match, run []int) float64 {
	var x, y, xx, xy float64
	n := float64(len(run))
	for _, i := range run {
		u, v := matches[i].LeakTime.Seconds(), matches[i].TitleTime.Seconds()
		x, y, xx, xy = x+u, y+v, xx+u*u, xy+u*v
	}
	d := n*xx - x*x
	if d <= 0 {
		return 1
	}
	return (n*xy - x*y) / d
}

func without(matches []Match, run []int) []Match {
	out := matches[:0]
	for i := range matches {
		if _, found := slices.BinarySearch(run, i); !found {
			out = append(out, matches[i])
		}
	}
	return out
}
