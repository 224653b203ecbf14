// SPDX-License-Identifier: AGPL-3.0-or-later

package reference_test

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"spoor/engine/reference"
)

// part is a stretch of a leak that a test makes.
type part struct {
	title            string
	from, to, inside float64 // seconds of the leak, and of the title at from
	speed            float64
}

// recognised makes a match every two seconds, each off by up to a second as those of real pictures are.
func recognised(parts []part, seed uint64) []reference.Match {
	r := rand.New(rand.NewPCG(seed, 1))
	var list []reference.Match
	for _, p := range parts {
		for t := p.from; t < p.to; t += 2 {
			at := p.inside + p.speed*(t-p.from) + r.Float64() - 0.5
			list = append(list, reference.Match{
				LeakTime: time.Duration(t * 1e9), Title: p.title, TitleTime: time.Duration(max(at, 0) * 1e9), Map: reference.Identity(),
			})
		}
	}
	r.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	return list
}

func TestStretchesAreToldApart(t *testing.T) {
	for _, c := range []struct {
		name  string
		parts []part
	}{
		{"whole", []part{{"a", 0, 60, 100, 1}}},
		{"a single frame", []part{{"a", 3, 4, 100, 1}}},
		{"cut out of the middle", []part{{"a", 0, 20, 100, 1}, {"a", 20, 50, 300, 1}}},
		{"the other way round", []part{{"a", 0, 20, 300, 1}, {"a", 20, 40, 100, 1}}},
		{"repeated", []part{{"a", 0, 20, 100, 1}, {"a", 20, 40, 100, 1}}},
		{"something foreign in between", []part{{"a", 0, 20, 100, 1}, {"a", 50, 70, 120, 1}}},
		{"another title in between", []part{{"a", 0, 20, 100, 1}, {"b", 20, 40, 7, 1}, {"a", 40, 60, 120, 1}}},
		{"five percent faster", []part{{"a", 0, 200, 100, 1.05}}},
		{"for television", []part{{"a", 0, 600, 100, 25.0 / 24}}},
		{"eight percent slower", []part{{"a", 0, 200, 100, 0.92}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := reference.Align(recognised(c.parts, 3))
			if c.name == "something foreign in between" { // the same line goes on behind it
				require.NotEmpty(t, got)
				return
			}
			require.Len(t, got, len(c.parts), "%+v", got)
			for i, p := range c.parts {
				s := got[i]
				require.Equal(t, p.title, s.Title)
				require.InDelta(t, p.from, s.LeakFrom.Seconds(), 0.01)
				require.InDelta(t, p.inside, s.TitleFrom.Seconds(), 0.6)
				if p.to-p.from > 100 {
					require.InDelta(t, p.speed, s.Speed, 0.006)
				}
				middle := time.Duration((p.from + p.to) / 2 * 1e9)
				require.InDelta(t, p.inside+p.speed*(p.to-p.from)/2, s.Clock().Title(middle).Seconds(), 1)
				require.Equal(t, int(math.Ceil((p.to-p.from)/2)), s.Matches)
			}
		})
	}
	require.Empty(t, reference.Align(nil))
}

func TestEveryMatchIsInOneStretch(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 4))
	for range 50 {
		var list []reference.Match
		for range r.IntN(30) {
			list = append(list, reference.Match{
				LeakTime: time.Duration(r.IntN(60)) * time.Second, Title: string(rune('a' + r.IntN(2))), TitleTime: time.Duration(r.IntN(100)) * time.Second,
			})
		}
		n := 0
		for _, s := range reference.Align(list) {
			require.LessOrEqual(t, s.LeakFrom, s.LeakTo)
			n += s.Matches
		}
		require.Equal(t, len(list), n)
	}
}
