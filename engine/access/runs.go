// SPDX-License-Identifier: AGPL-3.0-or-later

package access

import (
	"encoding/json"
	"errors"
	"slices"
	"sort"
)

// Runs is a set of whole numbers, kept as sorted stretches, each with a value: bytes of a file, or numbers of segments
// with the milliseconds each lasts. Where two stretches overlap the larger value holds. Adding is commutative,
// associative and idempotent.
type Runs struct {
	list []run
}

// run is the stretch from From up to, not including, To.
type run struct {
	from, to int64
	value    int32
}

// maxRuns bounds what a hostile log can make of a set. Beyond it stretches are no longer taken in.
const maxRuns = 1 << 16

// Add takes a stretch in, and reports whether there was room.
func (s *Runs) Add(from, to int64, value int32) bool {
	if from < 0 || from >= to {
		return true
	}
	// Most requests go on where the last one ended, or repeat it.
	if n := len(s.list); n == 0 || from > s.list[n-1].to || (from == s.list[n-1].to && value != s.list[n-1].value) {
		if n >= maxRuns {
			return false
		}
		s.list = append(s.list, run{from, to, value})
		return true
	} else if last := &s.list[n-1]; from >= last.from && value == last.value {
		last.to = max(last.to, to)
		return true
	}
	at := sort.Search(len(s.list), func(i int) bool { return s.list[i].to > from })
	if at < len(s.list) && s.list[at].from <= from && to <= s.list[at].to && value <= s.list[at].value {
		return true // repeated
	}
	if len(s.list) >= maxRuns {
		return false
	}
	s.insert(run{from, to, value})
	return true
}

// insert rebuilds the part of the list that a stretch touches.
func (s *Runs) insert(add run) {
	first := sort.Search(len(s.list), func(i int) bool { return s.list[i].to >= add.from })
	last := first
	for last < len(s.list) && s.list[last].from <= add.to {
		last++
	}
	var rebuilt []run
	put := func(from, to int64, value int32) {
		if from >= to {
			return
		}
		if n := len(rebuilt); n > 0 && rebuilt[n-1].to == from && rebuilt[n-1].value == value {
			rebuilt[n-1].to = to
			return
		}
		rebuilt = append(rebuilt, run{from, to, value})
	}
	at := add.from
	for _, old := range s.list[first:last] {
		put(old.from, min(old.to, add.from), old.value)
		put(at, min(old.from, add.to), add.value)
		put(max(old.from, add.from), min(old.to, add.to), max(old.value, add.value))
		at = max(at, min(old.to, add.to))
		if old.to > add.to {
			put(at, add.to, add.value)
			put(max(old.from, add.to), old.to, old.value)
		}
	}
	put(at, add.to, add.value)
	s.list = slices.Replace(s.list, first, last, rebuilt...)
}

// Merge takes another set in, and reports whether there was room.
func (s *Runs) Merge(other Runs) bool {
	fits := true
	for _, r := range other.list {
		fits = s.Add(r.from, r.to, r.value) && fits
	}
	return fits
}

// Count returns how many numbers are in the set.
func (s Runs) Count() int64 {
	var n int64
	for _, r := range s.list {
		n += r.to - r.from
	}
	return n
}

// Within returns how many numbers below end are in the set.
func (s Runs) Within(end int64) int64 {
	var n int64
	for _, r := range s.list {
		n += max(min(r.to, end)-r.from, 0)
	}
	return n
}

// Sum adds up the values of all numbers, and says whether each has one; those without count as each does that has.
func (s Runs) Sum(without int32) (sum int64, known bool) {
	known = true
	for _, r := range s.list {
		value := r.value
		if value == 0 {
			value = without
		}
		known = known && value > 0
		sum += (r.to - r.from) * int64(value)
	}
	return sum, known && len(s.list) > 0
}

// End returns the number after the last; 0 of an empty set.
func (s Runs) End() int64 {
	if len(s.list) == 0 {
		return 0
	}
	return s.list[len(s.list)-1].to
}

// Empty says whether nothing is in the set.
func (s Runs) Empty() bool { return len(s.list) == 0 }

// MarshalJSON writes [[from,to,value],...].
func (s Runs) MarshalJSON() ([]byte, error) {
	out := make([][3]int64, len(s.list))
	for i, r := range s.list {
		out[i] = [3]int64{r.from, r.to, int64(r.value)}
	}
	return json.Marshal(out)
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (s *Runs) UnmarshalJSON(text []byte) error {
	var in [][3]int64
	if err := json.Unmarshal(text, &in); err != nil {
		return err
	}
	s.list = nil
	for _, r := range in {
		if r[0] < 0 || r[1] <= r[0] || r[2] < 0 || r[2] > 1<<30 || len(s.list) >= maxRuns {
			return errors.New("a set of stretches is damaged")
		}
		s.Add(r[0], r[1], int32(r[2]))
	}
	return nil
}
