// SPDX-License-Identifier: AGPL-3.0-or-later

package engine

import (
	"context"

	"spoor/engine/reference"
)

// found asks the index of all references which title the frames show.
func (t *trace) found(context.Context, []reference.Frame) ([]sighting, error) { return nil, nil }

// leakSize is the size to which frames of a leak are brought: at most 640 wide and high, never enlarged.
func leakSize(w, h int) (int, int) {
	const most = 640
	if longer := max(w, h); longer > most {
		w, h = max(1, (w*most+longer/2)/longer), max(1, (h*most+longer/2)/longer)
	}
	return w, h
}
