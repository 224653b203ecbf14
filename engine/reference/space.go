// SPDX-License-Identifier: AGPL-3.0-or-later

package reference

import "spoor/engine/internal/dsp"

// space is what a goroutine registers in, so that nothing has to be found anew for every picture and step.
type space struct {
	warped     []float32 // the frame laid over a level of the picture
	shown      []float32 // 1 where it shows something there
	equal      []float32 // the picture with its light made equal
	us, vs     []float32 // where a row lies in the frame
	light      []float32 // of equalise
	difference []float32
	sizes      []float32
}

// spacesFor are those of all goroutines that so many pieces of work are shared out among.
func spacesFor(n int) []space { return make([]space, dsp.Workers(n)) }

// room makes room for a level of a picture.
func (s *space) room(l *plane) {
	n := len(l.pix)
	s.warped, s.shown, s.us, s.vs = grown(s.warped, n), grown(s.shown, n), grown(s.us, l.w), grown(s.vs, l.w)
}
