// SPDX-License-Identifier: AGPL-3.0-or-later

package media

import (
	"os"
	"testing"
)

func TestMain(m *testing.M) {
	ChildMain()
	os.Exit(m.Run())
}
