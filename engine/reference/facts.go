// SPDX-License-Identifier: AGPL-3.0-or-later

package reference

import (
	"time"
)

// Version numbers the shape of references. Programs read their own and older ones.
const Version = 1

// GroupLength is the number of pictures that are coded together: to get one
// of them, its group has to be decoded.
const GroupLength = 16

// Facts say what a reference is of.
type Facts struct {
	TitleID  string        `json:"title_id"`
	Name     string        `json:"name"`            // of the title
	Original string        `json:"original_sha256"` // of the original's file, lower-case hex
	KeyID    string        `json:"key_id"`          // public fingerprint of the title's key
	Aspect   float64       `json:"aspect"`          // width by height of the original as shown
	Duration time.Duration `json:"duration_ns"`
	Width    int           `json:"width"` // of the pictures
	Height   int           `json:"height"`
	Pictures int           `json:"pictures"`
	Pointed  int           `json:"pointed"` // pictures that have keypoints
	Points   int64         `json:"points"`  // keypoints of all pictures
	Program  string        `json:"program"` // that made it
}

const (
	maxSide     = 1 << 13
	maxPictures = 1 << 24
	maxFacts    = 1 << 16 // bytes of JSON
	minDuration = time.Millisecond
)

// plausible tells whether facts can be true; files can claim anything.
func (f *Facts) plausible() bool {
	return f.Width > 0 && f.Height > 0 && f.Width <= maxSide && f.Height <= maxSide &&
		f.Pictures > 0 && f.Pictures <= maxPictures && f.Pointed >= 0 && f.Points >= 0 &&
		f.Duration >= minDuration && f.Aspect > 0.01 && f.Aspect < 100 && len(f.TitleID) > 0 && len(f.TitleID) <= 64
}
