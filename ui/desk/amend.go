// SPDX-License-Identifier: AGPL-3.0-or-later

package desk

import (
	"maps"
	"strings"
	"time"

	"spoor/storage"
)

// Amend is a record of how an exhibit was obtained as somebody typed it, in place of what was there before: what was typed
// over is no longer said to be from a file; what stands as it was still is.
func Amend(before, typed storage.Acquisition) storage.Acquisition {
	after := before
	after.FilledFrom = maps.Clone(before.FilledFrom)
	for name, field := range map[string][2]*string{
		"address": {&after.Address, &typed.Address}, "platform": {&after.Platform, &typed.Platform},
		"uploader": {&after.Uploader, &typed.Uploader}, "caption": {&after.Caption, &typed.Caption},
		"captured_by": {&after.CapturedBy, &typed.CapturedBy}, "tool": {&after.Tool, &typed.Tool},
	} {
		if text := strings.TrimSpace(*field[1]); text != *field[0] {
			*field[0] = text
			delete(after.FilledFrom, name)
		}
	}
	for name, field := range map[string][2]**time.Time{
		"posted_at": {&after.PostedAt, &typed.PostedAt}, "captured_at": {&after.CapturedAt, &typed.CapturedAt},
	} {
		if !sameSecond(*field[0], *field[1]) {
			*field[0] = *field[1]
			delete(after.FilledFrom, name)
		}
	}
	return after
}

// sameSecond tells whether two times are shown alike.
func sameSecond(a, b *time.Time) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.Truncate(time.Second).Equal(b.Truncate(time.Second))
}
