// SPDX-License-Identifier: AGPL-3.0-or-later

package media

import (
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// confined runs a shell script behind the walls a decoder gets and returns
// what it says.
func confined(t *testing.T, tt *Tools, script string, in, out *os.File) string {
	t.Helper()
	require.NoError(t, tt.setup())
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("no bash to try the walls with")
	}
	if target, err := filepath.EvalSymlinks(bash); err == nil {
		bash = target
	}
	old := tt.exec
	tt.exec = append(append([]string(nil), old...), bash)
	defer func() { tt.exec = old }()
	r, w, err := os.Pipe()
	require.NoError(t, err)
	defer r.Close()
	k := task{path: bash, args: []string{"--norc", "-c", script}, stdout: w, limits: limits{CPU: 20, Memory: 2 << 30, Files: 64}}
	if in != nil {
		k.inputs = []*os.File{in}
	}
	if out != nil {
		k.outputs = []*os.File{out}
		k.limits.Output = 1 << 20
	}
	p, err := tt.start(t.Context(), k)
	require.NoError(t, w.Close())
	require.NoError(t, err)
	said, err := io.ReadAll(r)
	require.NoError(t, err)
	_ = p.wait()
	return string(said) + p.log.text()
}

func TestWallsStand(t *testing.T) {
	tt := tools(t)
	c := tt.Versions().Confinement
	t.Logf("%+v", c)
	dir := t.TempDir()
	secret := filepath.Join(dir, "secret")
	require.NoError(t, os.WriteFile(secret, []byte("SECRET"), 0o600))
	given := filepath.Join(dir, "given")
	require.NoError(t, os.WriteFile(given, []byte("GIVEN"), 0o600))
	in, err := os.Open(given)
	require.NoError(t, err)
	defer in.Close()
	l, calls := silentListener(t)
	port := l.Addr().String()[strings.LastIndexByte(l.Addr().String(), ':')+1:]

	t.Run("reads what it is given", func(t *testing.T) {
		require.Contains(t, confined(t, tt, `read -r x < /proc/self/fd/3; echo "$x"`, in, nil), "GIVEN")
	})
	t.Run("no other file", func(t *testing.T) {
		if c.Landlock == 0 {
			t.Skip("no Landlock here: ", c.Missing)
		}
		for _, path := range []string{secret, "/etc/passwd", "/etc/hostname", "/proc/1/environ", os.Args[0]} {
			said := confined(t, tt, `read -r x < `+path+` && echo "got $x"`, in, nil)
			require.NotContains(t, said, "got ")
		}
	})
	t.Run("writes nothing", func(t *testing.T) {
		if c.Landlock == 0 {
			t.Skip("no Landlock here: ", c.Missing)
		}
		said := confined(
			t,
			tt,
			`echo x > `+dir+`/new && echo made; echo x >> `+given+` && echo changed; echo x > /proc/self/fd/3 && echo changed`,
			in,
			nil,
		)
		require.NotContains(t, said, "made")
		require.NotContains(t, said, "changed")
		kept, err := os.ReadFile(given)
		require.NoError(t, err)
		require.Equal(t, "GIVEN", string(kept))
	})
	t.Run("runs no other program", func(t *testing.T) {
		if c.Landlock == 0 {
			t.Skip("no Landlock here: ", c.Missing)
		}
		require.NotContains(t, confined(t, tt, `/bin/echo ran; /usr/bin/id && echo ran`, in, nil), "ran")
	})
	t.Run("calls nobody", func(t *testing.T) {
		if !c.Seccomp && !c.Namespaces {
			t.Skip("no wall against the network here: ", c.Missing)
		}
		said := confined(
			t,
			tt,
			`exec 5<>/dev/tcp/127.0.0.1/`+port+` && echo connected; exec 6<>/dev/udp/127.0.0.1/53 && echo connected`,
			in,
			nil,
		)
		require.NotContains(t, said, "connected")
		require.Empty(t, calls)
	})
	t.Run("kills nobody", func(t *testing.T) {
		if !c.Seccomp {
			t.Skip("no seccomp here: ", c.Missing)
		}
		require.NotContains(t, confined(t, tt, `kill -0 1 && echo alive`, in, nil), "alive")
	})
	t.Run("limits hold", func(t *testing.T) {
		said := confined(t, tt, `ulimit -Ht; ulimit -Hc; ulimit -Hf; ulimit -Hn; ulimit -Hv`, in, nil)
		require.Equal(t, []string{"20", "0", "0", "64", "2097152"}, strings.Fields(said))
	})
	t.Run("writes its output", func(t *testing.T) {
		out, err := createOut(dir)
		require.NoError(t, err)
		defer out.drop()
		_ = confined(t, tt, `echo made > /proc/self/fd/4`, in, out.File)
		b := make([]byte, 5)
		_, err = out.ReadAt(b, 0)
		require.NoError(t, err)
		require.Equal(t, "made\n", string(b))
	})
	t.Run("knows no secrets", func(t *testing.T) {
		t.Setenv("SPOOR_TEST_SECRET", "hunter2")
		require.NotContains(t, confined(t, tt, `set`, in, nil), "hunter2")
	})
}

// TestGivesUpWithoutWalls: once the walls are known to work, a child that
// cannot raise one must not decode.
func TestGivesUpWithoutWalls(t *testing.T) {
	tt := tools(t)
	require.NoError(t, tt.setup())
	if tt.confinement.Landlock == 0 {
		t.Skip("no Landlock here")
	}
	p, err := tt.start(t.Context(), task{path: "/nonexistent/ffmpeg", limits: limits{Files: 64}})
	require.NoError(t, err)
	require.Error(t, p.wait())
	require.Contains(t, p.log.text(), "cannot confine")
}
