// SPDX-License-Identifier: AGPL-3.0-or-later

package desk

import (
	"fmt"
	"time"
)

// Clock writes a place in a file, given in milliseconds, as h:mm:ss.s.
func Clock(ms int64) string {
	d := (time.Duration(ms) * time.Millisecond).Round(100 * time.Millisecond)
	return fmt.Sprintf("%d:%02d:%04.1f", int(d.Hours()), int(d.Minutes())%60, (d % time.Minute).Seconds())
}
