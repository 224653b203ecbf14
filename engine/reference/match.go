// SPDX-License-Identifier: AGPL-3.0-or-later

package reference

import "time"

// Match is a frame of a leak that was recognised in a title.
type Match struct {
	LeakTime  time.Duration
	Title     string        // id of the title
	TitleTime time.Duration // of the reference's picture that was matched: near the true time, not exact
	// Map takes places in the leak's frame to places in the title's picture,
	// both in units of their own width and height, see the package's text.
	// A mirrored leak has a Map with a negative determinant.
	Map     Homography
	Inliers int // keypoints that agree with Map
	Points  int // keypoints of the leak's frame that could have agreed: all inside the title's picture
}

// Mirrored tells whether the leak shows the title as in a mirror.
func (m *Match) Mirrored() bool { return m.Map.Mirrors() }
