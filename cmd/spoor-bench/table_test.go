// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTable(t *testing.T) {
	var shown strings.Builder
	table := newTable("clip", "z")
	table.show(&shown)
	table.add("hawk", "12.5")
	table.add("größer", "**(4.1)**")
	table.add("short")
	require.Equal(t, ""+
		"| clip   | z         |\n"+
		"| ------ | --------- |\n"+
		"| hawk   | 12.5      |\n"+
		"| größer | **(4.1)** |\n"+
		"| short  |           |\n", table.markdown())
	require.Equal(t, "clip | z\nhawk | 12.5\ngrößer | **(4.1)**\nshort\n", shown.String())
}

func TestShareOf(t *testing.T) {
	require.Equal(t, "none measured", shareOf(0, 0))
	require.Equal(t, "95 of 100 = 95.0 % (88.8-97.8)", shareOf(95, 100))
}
