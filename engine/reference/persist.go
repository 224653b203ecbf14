// SPDX-License-Identifier: AGPL-3.0-or-later

package reference

import (
	"math/bits"
	"slices"
	"time"
)

// What counts as the same keypoint, still there.
const (
	persists    = 2200 * time.Millisecond // it need not be in the index again for so long: votes are for whole seconds
	persistNear = 0.05                    // of the picture's sides, that it may have moved
	persistBits = 7                       // answers that may have changed
)

// persisting tells which keypoints of a picture were there shortly before: of those the index need not know the time
// again.
type persisting struct{ recent []kept }

// kept is a keypoint that the index knows.
type kept struct {
	at     time.Duration
	x, y   float32
	prefix uint64
}

// fresh lists the keypoints of the next picture of a title that the index has to know.
func (p *persisting) fresh(picture *Pointed) (list []uint64) {
	p.recent = slices.DeleteFunc(p.recent, func(k kept) bool { return picture.Time-k.at > persists })
	before := p.recent
	for i := range picture.Points {
		q := &picture.Points[i]
		prefix := q.Word.prefix()
		if slices.ContainsFunc(before, func(k kept) bool { return k.same(q, prefix) }) {
			continue
		}
		list = append(list, prefix)
		p.recent = append(p.recent, kept{picture.Time, q.X, q.Y, prefix})
	}
	return list
}

func (k *kept) same(q *Point, prefix uint64) bool {
	dx, dy := k.x-q.X, k.y-q.Y
	return max(dx, -dx) < persistNear && max(dy, -dy) < persistNear && bits.OnesCount64(k.prefix^prefix) <= persistBits
}
