// SPDX-License-Identifier: AGPL-3.0-or-later

package job

import (
	"context"
	"time"
)

// Every calls do once in each period, until the context ends or do says that it is done.
func Every(ctx context.Context, period time.Duration, do func() (done bool)) {
	tick := time.NewTicker(period)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if ctx.Err() != nil || do() {
			return
		}
	}
}
