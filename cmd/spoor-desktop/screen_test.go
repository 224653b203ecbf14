// SPDX-License-Identifier: AGPL-3.0-or-later

//go:build screen

package main_test

import (
	"bufio"
	"fmt"
	"image"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// screen is a screen of its own with a window manager and the program on it.
type screen struct {
	t       *testing.T
	display string
	env     []string
	window  string // the X window of the program
}

// newScreen starts a screen of a size. What runs on it ends with the test.
func newScreen(t *testing.T, width, height int) *screen {
	t.Helper()
	s := &screen{t: t}
	r, w, err := os.Pipe()
	require.NoError(t, err)
	x := exec.CommandContext(t.Context(), "Xvfb",
		"-displayfd", "3", "-screen", "0", fmt.Sprintf("%dx%dx24", width, height), "-nolisten", "tcp")
	x.ExtraFiles = []*os.File{w}
	s.start(x)
	require.NoError(t, w.Close())
	number, err := bufio.NewReader(r).ReadString('\n')
	require.NoError(t, err, "Xvfb did not start")
	s.display = ":" + strings.TrimSpace(number)
	user := t.TempDir()
	s.env = append(os.Environ(), "DISPLAY="+s.display, "LANG=en_US.UTF-8", "HOME="+user, "XDG_CONFIG_HOME="+filepath.Join(user, "config"))
	s.start(s.command("openbox"))
	return s
}

func (s *screen) command(name string, args ...string) *exec.Cmd {
	c := exec.CommandContext(s.t.Context(), name, args...)
	c.Env = s.env
	return c
}

// start runs something until the test ends.
func (s *screen) start(c *exec.Cmd) {
	s.t.Helper()
	require.NoError(s.t, c.Start(), "scripts/setup window installs what is missing")
	s.t.Cleanup(func() {
		_ = c.Process.Kill()
		_ = c.Wait()
	})
}

// run runs something to its end and returns what it said.
func (s *screen) run(name string, args ...string) string {
	s.t.Helper()
	out, err := s.command(name, args...).CombinedOutput()
	require.NoError(s.t, err, "%s %v: %s", name, args, out)
	return strings.TrimSpace(string(out))
}

// open starts the program on a home with a theme, and waits for its window.
func (s *screen) open(program, home, theme string) {
	s.t.Helper()
	dir := filepath.Join(s.configHome(), "fyne", "org.spoor.desktop")
	require.NoError(s.t, os.MkdirAll(dir, 0o700))
	require.NoError(s.t, os.WriteFile(filepath.Join(dir, "preferences.json"), []byte(`{"theme":"`+theme+`"}`), 0o600))
	s.start(s.command(program, "-home", home))
	found := s.run("xdotool", "search", "--sync", "--onlyvisible", "--name", "^Spoor$")
	lines := strings.Fields(found)
	s.window = lines[len(lines)-1]
}

func (s *screen) configHome() string {
	for _, v := range s.env {
		if dir, ok := strings.CutPrefix(v, "XDG_CONFIG_HOME="); ok {
			return dir
		}
	}
	return ""
}

// userHome is the home of the person at the screen.
func (s *screen) userHome() string { return filepath.Dir(s.configHome()) }

// windowID is the number of the program's window.
func (s *screen) windowID() uint32 {
	id, err := strconv.ParseUint(s.window, 10, 32)
	require.NoError(s.t, err)
	return uint32(id)
}

// key presses a key.
func (s *screen) key(name string) { s.run("xdotool", "key", "--window", s.window, name) }

// press presses the button in the accent colour that lies in a part of the screen.
func (s *screen) press(where image.Rectangle) {
	s.t.Helper()
	img := s.look("pressing")
	found := image.Rectangle{}
	for y := where.Min.Y; y < where.Max.Y; y++ {
		for x := where.Min.X; x < where.Max.X; x++ {
			if r, g, b, _ := img.At(x, y).RGBA(); r>>8 == 0x4f && g>>8 == 0xb3 && b>>8 == 0xa5 {
				found = found.Union(image.Rect(x, y, x+1, y+1))
			}
		}
	}
	require.Greater(s.t, found.Dx(), 60, "there is no such button")
	at := found.Min.Add(found.Size().Div(2))
	s.run("xdotool", "mousemove", strconv.Itoa(at.X), strconv.Itoa(at.Y), "sleep", "0.2", "click", "1")
}

// look takes a picture of the screen, and keeps it as name.png where SPOOR_SCREENSHOTS says.
func (s *screen) look(name string) image.Image {
	s.t.Helper()
	dir := os.Getenv("SPOOR_SCREENSHOTS")
	if dir == "" {
		dir = s.t.TempDir()
	}
	require.NoError(s.t, os.MkdirAll(dir, 0o755))
	file := filepath.Join(dir, name+".png")
	s.run("import", "-window", "root", file)
	f, err := os.Open(file)
	require.NoError(s.t, err)
	defer f.Close()
	img, err := png.Decode(f)
	require.NoError(s.t, err)
	return img
}

// settled waits until the screen stays as it is for a moment, and returns the picture.
func (s *screen) settled(name string) image.Image {
	s.t.Helper()
	var last image.Image
	require.Eventually(s.t, func() bool {
		now := s.look(name)
		same := last != nil && equal(last, now)
		last = now
		return same
	}, time.Minute, 300*time.Millisecond, "the screen does not come to rest")
	return last
}

// pictured waits until there is a film's picture on the screen: it has more colours than words and boxes have.
func (s *screen) pictured(name string) {
	s.t.Helper()
	require.Eventually(s.t, func() bool {
		img := s.look(name)
		colours := map[[3]uint32]bool{}
		for y := img.Bounds().Min.Y; y < img.Bounds().Max.Y; y++ {
			for x := img.Bounds().Min.X; x < img.Bounds().Max.X; x++ {
				r, g, b, _ := img.At(x, y).RGBA()
				colours[[3]uint32{r, g, b}] = true
			}
		}
		return len(colours) > 8000
	}, time.Minute, 300*time.Millisecond, "no picture appears")
}

func equal(a, b image.Image) bool {
	if a.Bounds() != b.Bounds() {
		return false
	}
	for y := a.Bounds().Min.Y; y < a.Bounds().Max.Y; y++ {
		for x := a.Bounds().Min.X; x < a.Bounds().Max.X; x++ {
			if a.At(x, y) != b.At(x, y) {
				return false
			}
		}
	}
	return true
}

// count returns how many pixels have a colour.
func count(img image.Image, r, g, b uint8) (n int) {
	bounds := img.Bounds()
	for y := bounds.Min.Y; y < bounds.Max.Y; y++ {
		for x := bounds.Min.X; x < bounds.Max.X; x++ {
			pr, pg, pb, _ := img.At(x, y).RGBA()
			if uint8(pr>>8) == r && uint8(pg>>8) == g && uint8(pb>>8) == b {
				n++
			}
		}
	}
	return n
}
