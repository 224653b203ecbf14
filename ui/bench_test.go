// SPDX-License-Identifier: AGPL-3.0-or-later

//go:build linux

package ui_test

import (
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/storage"
	"github.com/stretchr/testify/require"

	"spoor/assets"
	"spoor/engine"
	store "spoor/storage"
	"spoor/ui/widgets"
)

// TestUIBench measures the window and writes docs/measured/ui.md. It runs only by `make bench-ui`.
func TestUIBench(t *testing.T) {
	out := os.Getenv("SPOOR_BENCH_PAGE")
	if out == "" {
		t.Skip("runs by make bench-ui")
	}
	var page strings.Builder
	fmt.Fprintf(&page, `# The window

Written by `+"`make bench-ui`"+`, on %s, %d cores, %s. The window runs without a screen: what its goroutine does is measured, and where it
says so the drawing by Fyne's own painter in software, which a graphics card does quicker. Times by wall on a machine that others use say little,
so a row is met, or not, by processor time; what a screen and its driver add is not in it.

| what | must | by wall | processor time | met |
|---|---|---|---|---|
`, time.Now().UTC().Format(time.DateOnly), runtime.NumCPU(), runtime.Version())
	t.Run("start", func(t *testing.T) { benchStart(t, &page) })
	t.Run("scroll", func(t *testing.T) { benchScroll(t, &page) })
	t.Run("traces", func(t *testing.T) { benchTraces(t, &page) })
	fmt.Print(page.String())
	require.NoError(t, os.WriteFile(out, []byte(page.String()), 0o644))
}

// watch is the time since it was begun, by wall and of a processor: of this thread, or of the whole program.
type watch struct {
	who  int
	wall time.Time
	cpu  time.Duration
}

const thisThread = 1 // RUSAGE_THREAD of Linux

func newWatch(who int) watch { return watch{who, time.Now(), processor(who)} }

func (w watch) read() (wall, cpu time.Duration) { return time.Since(w.wall), processor(w.who) - w.cpu }

func processor(who int) time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(who, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// row writes a row of the page: the second of times is what has to be below the limit.
func row(page *strings.Builder, what string, limit, wall, cpu time.Duration) {
	met := "yes"
	if cpu > limit {
		met = "**no**"
	}
	fmt.Fprintf(page, "| %s | %.0f ms | %.1f ms | %.1f ms | %s |\n", what, ms(limit), ms(wall), ms(cpu), met)
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// benchStart opens the window on a home with 10,000 cases.
func benchStart(t *testing.T, page *strings.Builder) {
	t.Helper()
	const cases = 10_000
	home := filepath.Join(t.TempDir(), "home")
	e, err := engine.Open(t.Context(), home)
	require.NoError(t, err)
	require.NoError(t, e.Close())
	db, err := sql.Open("sqlite3", filepath.Join(home, "spoor.db"))
	require.NoError(t, err)
	_, err = db.ExecContext(t.Context(), `with recursive n (i) as (select 1 union all select i + 1 from n where i < $1)
		insert into cases (id, name, examiner, state, created_at, updated_at, is_inbox)
		select printf('%024x', i), 'Case ' || i, 'M. Weber', 'draft', 1700000000000 + i, 1700000000000 + i, 0 from n`, cases)
	require.NoError(t, err)
	require.NoError(t, db.Close())

	w := newWatch(syscall.RUSAGE_SELF)
	o := newOfficeAt(t, home, nil)
	o.read("First the original")
	o.window.Canvas().Capture()
	wall, cpu := w.read()
	row(page, fmt.Sprintf("start on a home with %d cases, to the first picture, drawn in software", cases), time.Second, wall, cpu)

	w = newWatch(syscall.RUSAGE_SELF)
	o.choose("Go to", "Cases")
	o.read("Case 1")
	o.window.Canvas().Capture()
	wall, cpu = w.read()
	row(page, "go to the cases, to the picture, drawn in software", time.Second, wall, cpu)
}

// benchScroll scrolls through a table of 100,000 recipients.
func benchScroll(t *testing.T, page *strings.Builder) {
	t.Helper()
	runtime.LockOSThread() // what the window's goroutine costs is what this thread costs
	defer runtime.UnlockOSThread()
	const recipients = 100_000
	o := newOffice(t, func(e *engine.Engine) {
		title := newTitle(t, e)
		_, err := e.Store().AddTags(t.Context(), title.ID, func(yield func(store.Tag, error) bool) {
			for i := 2; i < recipients && yield(store.Tag{Text: fmt.Sprintf("recipient-%d", i), Company: "Press Ltd"}, nil); i++ {
				continue
			}
		})
		require.NoError(t, err)
	})
	o.choose("Go to", "Titles")
	o.read("bob@dub.example")
	table := see(o, func(*widgets.Table) bool { return true })
	rows := func() int { n, _ := table.Length(); return n }
	o.until(func() bool { return rows() == recipients })
	table.TypedKey(&fyne.KeyEvent{Name: fyne.KeyEnd})
	last := "is reached"
	if !o.reads(fmt.Sprintf("recipient-%d", recipients-1)) {
		last = "is **not** reached"
	}
	var walls, cpus []time.Duration
	for i := range 600 {
		w := newWatch(thisThread)
		table.ScrollToOffset(fyne.NewPos(0, float32(i)*float32(recipients)*36/600))
		wall, cpu := w.read()
		walls, cpus = append(walls, wall), append(cpus, cpu)
	}
	slices.Sort(walls)
	slices.Sort(cpus)
	for _, at := range []struct {
		name string
		of   int
	}{{"median", 300}, {"99 of 100", 594}, {"the longest", 599}} {
		row(page, fmt.Sprintf("jump through a table of %d rows, 600 places: %s", recipients, at.name), 50*time.Millisecond, walls[at.of], cpus[at.of])
	}
	fmt.Fprintf(page, "| the last row of that table | reached | | | %s |\n", last)
	w := newWatch(thisThread)
	o.window.Canvas().Capture()
	wall, cpu := w.read()
	row(page, "one picture of it, drawn in software at 1280x800", 250*time.Millisecond, wall, cpu)
}

// benchTraces goes through the places while two leaks are traced, and looks how long the window's goroutine was ever busy at a time.
func benchTraces(t *testing.T, page *strings.Builder) {
	t.Helper()
	runtime.LockOSThread() // what the window's goroutine costs is what this thread costs
	defer runtime.UnlockOSThread()
	dir := t.TempDir()
	leaks := make([]string, 2)
	o := newOffice(t, func(e *engine.Engine) {
		clip := filepath.Join(dir, assets.DemoClipName)
		require.NoError(t, os.WriteFile(clip, []byte(assets.DemoClip()), 0o600))
		title, err := e.AddTitle(t.Context(), engine.TitleOptions{File: clip})
		require.NoError(t, err)
		var orders []engine.Order
		for i := range leaks {
			leaks[i] = filepath.Join(dir, fmt.Sprintf("leak-%d.mp4", i))
			orders = append(orders, engine.Order{Tag: store.Tag{Text: fmt.Sprintf("recipient-%d", i)}, Out: leaks[i]})
		}
		_, err = e.Mark(t.Context(), engine.MarkOptions{
			Title: title.ID, Orders: orders, Encoder: []string{"-c:v", "libx264", "-preset", "ultrafast", "-crf", "18"},
		})
		require.NoError(t, err)
	})
	var wall, cpu time.Duration
	tasks, long := 0, 0
	o.around = func(task func()) {
		w := newWatch(thisThread)
		task()
		byWall, byCPU := w.read()
		wall, cpu = max(wall, byWall), max(cpu, byCPU)
		tasks++
		if byCPU > 50*time.Millisecond {
			long++
		}
	}
	var uris []fyne.URI
	for _, leak := range leaks {
		uris = append(uris, storage.NewFileURI(leak))
	}
	o.view.Drop(fyne.Position{}, uris)
	places := []string{"Inbox", "Cases", "Titles", "Access logs", "Sync", "Settings"}
	turn := 0
	o.until(func() bool {
		o.around(func() { o.choose("Go to", places[turn%len(places)]) })
		turn++
		list, err := o.engine.Store().Jobs(t.Context(), store.JobList{Open: true})
		require.NoError(t, err)
		inbox := o.caseNow(store.Inbox)
		return len(list) == 0 && inbox.Counts.Findings == int64(len(leaks))
	})
	row(page, fmt.Sprintf("two traces at a time, going through all places: the longest of %d pieces of work of the window's goroutine; %d over 50 ms",
		tasks, long), 50*time.Millisecond, wall, cpu)
}
