// SPDX-License-Identifier: AGPL-3.0-or-later

package reference

import (
	"cmp"
	"math"
	"math/bits"
	"slices"
	"time"

	"spoor/engine/internal/dsp"
)

// Looking up words.
const (
	probes      = 24   // places of the index that are looked at for one keypoint
	wordMatches = 7    // bits of the 28 behind the key that may differ
	mostHits    = 1024 // a keypoint that is found more often than that says nothing
)

// Votes are gathered on lines of constant time difference.
const (
	lineBin  = time.Second
	window   = 20 * time.Second // of queries that vote together: at 10 % other speed they drift 2 s apart
	fullVote = 240              // of a keypoint that was found once; it is shared out among many
)

// Line is a candidate: the leak may show that title with that time difference.
type Line struct {
	Title  string
	Offset time.Duration // time in the title less time in the leak
	Votes  float64       // keypoints that speak for it
}

// voter gathers the votes of some queries.
type voter struct {
	index  *Index
	starts []start   // of the titles that are wanted
	base   [][]int   // of each title of each segment: its first bin, -1 where it is not wanted
	owner  [][]int32 // title of each picture of each segment
	bins   []uint32  // votes of each line
	used   []int32   // bins that are not zero
	askers []asker   // one for each goroutine
}

// asker asks the index about the keypoints of one query.
type asker struct {
	*voter
	hits []int32   // pictures that one keypoint hits in one segment
	all  [][]int32 // the same of every segment
}

// ballot is the vote of one keypoint for one line.
type ballot struct {
	bin   int32
	votes uint32
}

// newVoter prepares the lines of all titles that are wanted: title by title in
// the order of their ids, wherever they lie, so that equal votes are told apart
// in the same way however the index is divided.
func newVoter(x *Index, wanted func(titleID string) bool) *voter {
	v := &voter{index: x}
	for _, s := range x.segments {
		base, owner := make([]int, len(s.titles)), make([]int32, s.pictures)
		for i := range s.titles {
			t := &s.titles[i]
			base[i] = -1
			for p := t.first; p < t.first+t.count; p++ {
				owner[p] = int32(i)
			}
		}
		v.base, v.owner = append(v.base, base), append(v.owner, owner)
	}
	bins := 0
	for _, title := range x.titles {
		s := x.segments[title.segment]
		t := &s.titles[title.position]
		if t.count == 0 || wanted != nil && !wanted(t.id) {
			continue
		}
		v.base[title.segment][title.position] = bins
		v.starts = append(v.starts, start{bins, t.id})
		bins += int((s.time(t.first+t.count-1)+window)/lineBin) + 3
	}
	v.bins = make([]uint32, bins)
	return v
}

// start is where the lines of a title begin.
type start struct {
	bin   int
	title string
}

// lines returns the best lines of queries that lie within one window, the best first.
func (v *voter) lines(queries []Query, most int) []Line {
	for _, i := range v.used {
		v.bins[i] = 0
	}
	v.used = v.used[:0]
	if len(queries) == 0 {
		return nil
	}
	from := queries[0].Time
	for len(v.askers) < dsp.Workers(len(queries)) {
		v.askers = append(v.askers, asker{voter: v, all: make([][]int32, len(v.index.segments))})
	}
	ballots := make([][]ballot, len(queries))
	dsp.Each(len(queries), func(worker, i int) { ballots[i] = v.askers[worker].ask(&queries[i], queries[i].Time-from) })
	for _, list := range ballots {
		for _, b := range list {
			if v.bins[b.bin] == 0 {
				v.used = append(v.used, b.bin)
			}
			v.bins[b.bin] += b.votes
		}
	}
	return v.best(from, most)
}

// ask collects the votes of all keypoints of a query, which is that long after the first one.
func (v *asker) ask(q *Query, after time.Duration) (list []ballot) {
	for i := range q.Points {
		list = v.point(list, &q.Points[i].Word, &q.weak[i], after)
	}
	return list
}

// point votes for the lines of all pictures that hold a keypoint like this.
func (v *asker) point(list []ballot, w *Word, weak *weakness, at time.Duration) []ballot {
	prefix := w.prefix()
	total := 0
	var keys [probes]uint32
	n := weak.keys(uint32(prefix>>(wordPrefix-keyBits)), &keys)
	for i, s := range v.index.segments {
		v.hits = v.hits[:0]
		for _, key := range keys[:n] {
			if v.probe(s, i, prefix, key, mostHits-total); len(v.hits) > mostHits-total {
				return list
			}
		}
		total += len(v.hits)
		slices.Sort(v.hits)
		v.all[i] = append(v.all[i][:0], slices.Compact(v.hits)...)
	}
	if total == 0 {
		return list
	}
	vote := uint32(fullVote/math.Sqrt(float64(total)) + 0.5)
	for i, s := range v.index.segments {
		for _, p := range v.all[i] {
			list = append(list, ballot{int32(v.base[i][v.owner[i][p]] + int((s.time(int(p))-at+window)/lineBin)), vote})
		}
	}
	return list
}

// probe lists the pictures under a key whose words are near enough, until there
// are more than most.
func (v *asker) probe(s *segment, i int, prefix uint64, key uint32, most int) {
	const low = wordPrefix - keyBits
	first, last := s.entry(key)
	base, owner := v.base[i], v.owner[i]
	want := uint64(key)<<low | prefix&(1<<low-1)
	const known = wordPrefix - minDirectory
	want &= 1<<known - 1
	for k := first; k < last && len(v.hits) <= most; k++ {
		p := s.postings.at(k)
		d := p>>pictureBits ^ want
		if d>>low != 0 || bits.OnesCount64(d) > wordMatches {
			continue
		}
		if picture := int32(p & (1<<pictureBits - 1)); int(picture) < len(owner) && base[owner[picture]] >= 0 {
			v.hits = append(v.hits, picture)
		}
	}
}

// keys lists the places to look at: the key itself, then with the least clear
// answers the other way, the likeliest first.
func (w *weakness) keys(key uint32, out *[probes]uint32) int {
	type variant struct {
		flip uint32
		cost float32
	}
	var list [1 << weakCount]variant
	for set := range list {
		for i := range weakCount {
			if set>>i&1 == 1 {
				list[set].flip |= 1 << (keyBits - 1 - w.bit[i])
				list[set].cost += w.cost[i]
			}
		}
	}
	slices.SortFunc(list[:], func(a, b variant) int { return cmp.Or(cmp.Compare(a.cost, b.cost), cmp.Compare(a.flip, b.flip)) })
	for i := range out {
		out[i] = key ^ list[i].flip
	}
	return len(out)
}

// best picks the lines with the most votes, a few seconds apart.
func (v *voter) best(from time.Duration, most int) []Line {
	type peak struct {
		bin   int32
		votes uint32
	}
	around := func(i int32) uint32 {
		sum := 2 * v.bins[i]
		if i > 0 {
			sum += v.bins[i-1]
		}
		if int(i) < len(v.bins)-1 {
			sum += v.bins[i+1]
		}
		return sum
	}
	peaks := make([]peak, 0, len(v.used))
	for _, i := range v.used {
		peaks = append(peaks, peak{i, around(i)})
	}
	slices.SortFunc(peaks, func(a, b peak) int { return cmp.Or(cmp.Compare(b.votes, a.votes), cmp.Compare(a.bin, b.bin)) })
	var lines []Line
	var taken []int32
	perTitle := map[string]int{}
	for _, p := range peaks {
		if len(lines) == most {
			break
		}
		if slices.ContainsFunc(taken, func(t int32) bool { return t-p.bin <= 3 && p.bin-t <= 3 }) {
			continue
		}
		title, bin := v.titleOf(int(p.bin))
		if perTitle[title] == linesPerTitle {
			continue
		}
		perTitle[title]++
		taken = append(taken, p.bin)
		offset := time.Duration(bin)*lineBin + lineBin/2 - window - from
		lines = append(lines, Line{Title: title, Offset: offset, Votes: float64(p.votes) / (2 * fullVote)})
	}
	return lines
}

const linesPerTitle = 3

// titleOf returns whose line a bin is, and which of the title's.
func (v *voter) titleOf(bin int) (title string, own int) {
	i, found := slices.BinarySearchFunc(v.starts, bin, func(s start, bin int) int { return cmp.Compare(s.bin, bin) })
	if !found {
		i--
	}
	return v.starts[i].title, bin - v.starts[i].bin
}
