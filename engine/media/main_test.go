// SPDX-License-Identifier: AGPL-3.0-or-later

package media

import (
	"os"
	"testing"
)

func TestMain(m *testing.M) {
	tryWorkerWalls()
	ChildMain()
	if text, ok := os.LookupEnv(resumeEnv); ok {
		resumeChild(text)
		return
	}
	os.Exit(m.Run())
}
