// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// numbers are what a trace came to, without what differs from run to run: ids and times.
func numbers(t *testing.T, out string) string {
	t.Helper()
	var list []map[string]any
	require.NoError(t, json.Unmarshal([]byte(out), &list), out)
	require.Equal(t, "found", list[0]["verdict"])
	for _, r := range list {
		delete(r, "backtrace")
		delete(r, "elapsed_ms")
	}
	text, err := json.Marshal(list)
	require.NoError(t, err)
	return string(text)
}

// killWhen starts the program, and kills it once a file is there that a pattern fits.
func (o *torture) killWhen(t *testing.T, pattern, home string, args ...string) {
	t.Helper()
	cmd := o.command(t.Context(), home, args...)
	require.NoError(t, cmd.Start())
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for there := []string(nil); len(there) == 0; <-tick.C {
		var err error
		there, err = filepath.Glob(pattern)
		require.NoError(t, err)
	}
	require.NoError(t, cmd.Process.Kill())
	require.Error(t, cmd.Wait(), "it was killed in the midst of it")
}

// TestACaseGivesTheSameNumbersWhateverHappensToIt traces a leak, kills the program meanwhile, goes on, damages the database, puts a
// backup back, and takes the case to another home: the numbers are those of a trace that nothing disturbed, and all of it verifies.
func TestACaseGivesTheSameNumbersWhateverHappensToIt(t *testing.T) {
	dir := t.TempDir()
	self, err := os.Executable()
	require.NoError(t, err)
	o := &torture{dir: dir, spoor: filepath.Join(dir, "spoor")}
	require.NoError(t, os.Symlink(self, o.spoor)) // the test binary is the program where that is its name
	home, calm, second := filepath.Join(dir, "home"), filepath.Join(dir, "calm"), filepath.Join(dir, "second")
	leak := filepath.Join(dir, "alice.mp4")
	o.run(t, home, "title", "add", smallFilm(t, dir))
	o.run(t, home, "mark", "film", "--tag", "alice", "-o", leak)
	o.run(t, home, "case", "new", "Leak", "--examiner", "J. Doe")
	require.NoError(t, os.CopyFS(calm, os.DirFS(home)))
	trace := []string{"trace", leak, "--case", "Leak"}
	undisturbed := numbers(t, o.run(t, calm, trace...))

	o.killWhen(t, filepath.Join(home, "vault", "??", "*"), home, trace...)
	require.Equal(t, undisturbed, numbers(t, o.run(t, home, trace...)), "killed, and gone on with")
	before := o.run(t, home, "case", "show", "Leak")
	o.run(t, home, "backup", "create")

	database := filepath.Join(home, "spoor.db")
	file, err := os.ReadFile(database)
	require.NoError(t, err)
	copy(file[8*4096:80*4096], bytes.Repeat([]byte{0}, 72*4096))
	require.NoError(t, os.WriteFile(database, file, 0o600))
	require.Contains(t, fails(t, home, "case", "show", "Leak"), "backup restore")
	o.run(t, home, "backup", "restore")
	require.Equal(t, before, o.run(t, home, "case", "show", "Leak"), "restored")
	o.run(t, home, "verify")

	exported := filepath.Join(dir, "leak.spoor")
	o.run(t, home, "case", "export", "Leak", "-o", exported)
	o.run(t, second, "case", "import", exported)
	require.Equal(t, before, o.run(t, second, "case", "show", "Leak"), "imported on a second home")
	o.run(t, second, "verify")

	// With key, reference and registry the second home comes to the same by itself.
	t.Setenv("SPOOR_EXPORT_PASSPHRASE", "open sesame")
	keys, reference := filepath.Join(dir, "film.keys"), filepath.Join(dir, "film.ref")
	o.run(t, home, "key", "export", "film", "-o", keys)
	o.run(t, home, "title", "export", "film", "-o", reference)
	o.run(t, second, "key", "import", keys)
	o.run(t, second, "title", "import", reference)
	o.run(t, second, "tag", "add", "film", "--tag", "alice")
	var shown struct{ Exhibits []struct{ ID string } }
	require.NoError(t, json.Unmarshal([]byte(before), &shown))
	again := o.run(t, second, "trace", "--evidence", shown.Exhibits[0].ID, "--title", "film")
	require.Equal(t, findings(t, undisturbed), findings(t, again), "traced on the second home")
	o.run(t, second, "verify")
}

// findings are who was found by a trace, and how surely.
func findings(t *testing.T, out string) any {
	t.Helper()
	var list []struct{ Findings []any }
	require.NoError(t, json.Unmarshal([]byte(out), &list))
	require.NotEmpty(t, list[0].Findings)
	return list[0].Findings
}
