// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

func someClips() []clip {
	return []clip{{name: "a", half: measuring}, {name: "b", half: measuring}, {name: "c", half: developing}}
}

func someKinds() []leakKind {
	return []leakKind{{name: "x264-38"}, {name: "crop-50"}, {name: "frame-jpg"}, {name: "rotate-15"}}
}

func TestExamsAreAllThereAndDiffer(t *testing.T) {
	e := &evidenceCommand{Vary: []int{0, 1}, Strengths: []string{"strong", "normal"}, Frames: 3, Innocent: 40}
	for name, c := range map[string]struct {
		exams []exam
		want  int
	}{
		"leaks":    {e.leakExams(someClips(), someKinds()), 3 * 4 * 2 * 2},
		"frames":   {e.frameExams(someClips()), 3 * 3 * 2 * 2},
		"mixes":    {e.mixExams(someClips()), 3 * 7 * 2},
		"innocent": {e.innocentExams(someClips(), someKinds()), 40},
		"one clip": {e.innocentExams(someClips()[:1], someKinds()), 16}, // four kinds, four variants, and no other title
	} {
		require.Len(t, c.exams, c.want, name)
		seen := map[string]bool{}
		for _, x := range c.exams {
			require.False(t, seen[x.String()], "%s: %s twice: one ledger key for two", name, x)
			seen[x.String()] = true
		}
	}
}

func TestInnocentExamsHaveNobodyGuilty(t *testing.T) {
	e := &evidenceCommand{Strengths: []string{"normal"}, Innocent: 216}
	var clips []clip
	for i := range 9 {
		clips = append(clips, clip{name: fmt.Sprint("clip ", i)})
	}
	var kinds []leakKind
	for i := range 58 {
		kinds = append(kinds, leakKind{name: fmt.Sprint("leak ", i)})
	}
	foreign := 0
	pairs := map[string]bool{}
	for _, x := range e.innocentExams(clips, kinds) {
		require.False(t, pairs[x.clip.name+x.leak], "the same damage to the same clip is not another file")
		pairs[x.clip.name+x.leak] = true
		for n := 1; n <= mostRecipients; n++ {
			require.False(t, x.guilty(recipient(n)), x)
		}
		if x.strength != "" {
			require.NotEqual(t, x.clip, x.title)
			foreign++
		}
	}
	require.Len(t, pairs, 216)
	require.Equal(t, 108, foreign)
}

func TestAnswered(t *testing.T) {
	a := someClips()[0]
	mix := answered{exam{clip: a, title: a, strength: "normal", mixed: 3, leak: "mix average of 3"}, outcome{
		Verdict: "found", Named: []namedTag{{recipient(3), -20, 11, 0.5}, {recipient(1), -30, 12, 0.4}, {recipient(4), -10, 8, 0.1}},
	}}
	require.Equal(t, 2, mix.right())
	require.Equal(t, 1, mix.wrong(), "the fourth had no part in it")
	clearest, ok := mix.clearest()
	require.True(t, ok)
	require.Equal(t, recipient(1), clearest.Tag)

	single := answered{exam{clip: a, title: a, strength: "normal"}, outcome{Named: []namedTag{{recipient(2), -20, 11, 1}}}}
	require.Zero(t, single.right())
	require.Equal(t, 1, single.wrong())
	_, ok = single.clearest()
	require.False(t, ok)
}

func TestTallyJudgesTheMeasuringHalf(t *testing.T) {
	clips := someClips()
	var all tally
	for i := range 20 {
		all.add(&answered{exam: exam{clip: clips[0]}}, i > 0)
		all.add(&answered{exam: exam{clip: clips[2]}}, false)
		all.add(&answered{exam{clip: clips[1]}, outcome{Unmade: "no encoder"}}, false) // counts nowhere
	}
	require.Equal(t, tally{good: 19, n: 40, goodMeasuring: 19, measuring: 20}, all)
	require.Equal(t, "yes", all.row("what", "normal", 0.95)[5])
	require.Equal(t, "**no**", all.row("what", "normal", 0.98)[5])
	require.Empty(t, all.row("what", "normal", 0)[5])
	require.Equal(t, "**no**", tally{}.row("what", "normal", 0.5)[5], "nothing measured proves nothing")
}

func TestMatrixRow(t *testing.T) {
	clips, kind := someClips(), someKinds()[0]
	found := func(c clip, vary int, z float64) answered {
		x := exam{clip: c, title: c, strength: "normal", leak: kind.name, vary: vary}
		return answered{x, outcome{Verdict: "found", Named: []namedTag{{recipient(1), -z, z, 1}}, Seconds: z, Frames: 10}}
	}
	missed := found(clips[1], 1, 0)
	missed.outcome = outcome{Verdict: "none", Score: 4.4, Seconds: 30, Frames: 60}
	row := matrixRow("normal", kind, clips, []answered{found(clips[0], 0, 20), found(clips[0], 1, 15), found(clips[1], 0, 12), missed})
	require.Equal(t, []string{"x264-38", "", "3 of 4", "15.0", "**(4.4)**", "-", "-12", "17.5", "10"}, row)
}
