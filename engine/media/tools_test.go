// SPDX-License-Identifier: AGPL-3.0-or-later

package media

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestVersions(t *testing.T) {
	tools, err := Find()
	require.NoError(t, err)
	v := tools.Versions()
	require.NoError(t, tools.setup())
	t.Logf("%+v: %s", v, v.Confinement)
}
