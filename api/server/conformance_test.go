// SPDX-License-Identifier: AGPL-3.0-or-later

package server_test

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestTheTablesAreTrue reads the tables of docs/api.md: each test that they name exists where they say, and each operation of
// openapi.yaml stands there with just its parameters and statuses.
func TestTheTablesAreTrue(t *testing.T) {
	text, err := os.ReadFile("../../docs/api.md")
	require.NoError(t, err)
	_, tables, found := strings.Cut(string(text), "\n## Conformance\n")
	require.True(t, found)
	places := map[string]string{
		"W": "../wire", "S": ".", "C": "../../cmd/spoor", "K": "../client", "Y": "../sync", "`storage`": "../../storage",
	}
	known := map[string]string{}
	for _, dir := range places {
		known[dir] = testsIn(t, dir)
	}
	all, err := operations()
	require.NoError(t, err)
	words := regexp.MustCompile("`storage`|\\b[WSCKY]\\b|`(?:Test|Fuzz)[A-Za-z0-9_]+`")
	named, described := 0, map[string]bool{}
	for line := range strings.Lines(tables) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		if !strings.HasPrefix(line, "|") || strings.HasPrefix(line, "|---") {
			continue
		}
		dir := ""
		for _, word := range words.FindAllString(cells[len(cells)-1], -1) {
			if place, ok := places[word]; ok {
				dir = place
				continue
			}
			require.Contains(t, known[dir], "\nfunc "+strings.Trim(word, "`")+"(", "%s is not in %q", word, dir)
			named++
		}
		if operation := strings.Trim(strings.TrimSpace(cells[0]), "`"); len(cells) == 4 && operation != "operation" {
			o, ok := all[operation]
			require.True(t, ok, operation)
			described[operation] = true
			var parameters []string
			if !strings.Contains(cells[1], "(form") {
				parameters = regexp.MustCompile("[^` ]+").FindAllString(cells[1], -1)
			}
			require.ElementsMatch(t, o.parameters, parameters, operation)
			var statuses []int
			for status := range strings.FieldsSeq(cells[2]) {
				n, err := strconv.Atoi(status)
				require.NoError(t, err)
				statuses = append(statuses, n)
			}
			require.ElementsMatch(t, o.statuses, statuses, operation)
		}
	}
	require.Greater(t, named, 60)
	require.ElementsMatch(t, slices.Collect(maps.Keys(all)), slices.Collect(maps.Keys(described)))
}

// testsIn is the text of all tests in a folder.
func testsIn(t *testing.T, dir string) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*_test.go"))
	require.NoError(t, err)
	require.NotEmpty(t, files, dir)
	var text strings.Builder
	for _, file := range files {
		content, err := os.ReadFile(file)
		require.NoError(t, err)
		text.Write(content)
	}
	return text.String()
}
