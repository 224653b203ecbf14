// SPDX-License-Identifier: AGPL-3.0-or-later

package widgets_test

import (
	"fmt"
	"image"
	"image/color"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"
	"github.com/stretchr/testify/require"

	"spoor/report/atlas"
	"spoor/ui/look"
	"spoor/ui/widgets"
)

// said is all that is written in a widget.
func said(w fyne.Widget) (words []string) {
	for _, o := range test.WidgetRenderer(w).Objects() {
		if text, ok := o.(*canvas.Text); ok && !text.Hidden {
			words = append(words, text.Text)
		}
	}
	return words
}

func hover(w desktop.Hoverable, x, y float32) {
	w.MouseMoved(&desktop.MouseEvent{PointEvent: fyne.PointEvent{Position: fyne.NewPos(x, y)}})
}

func press(w fyne.Focusable, keys ...fyne.KeyName) {
	for _, k := range keys {
		w.TypedKey(&fyne.KeyEvent{Name: k})
	}
}

func TestTimelineGoesByKeys(t *testing.T) {
	line := widgets.NewTimeline()
	show(t, line, look.Light, 750, 100)
	line.Set(time.Minute, []widgets.Lane{{Name: "alice", Color: look.ColorFound}})
	var at time.Duration
	line.OnSeek = func(d time.Duration) {
		at = d
		line.Look(d)
	}
	for _, c := range []struct {
		keys []fyne.KeyName
		want time.Duration
	}{
		{[]fyne.KeyName{fyne.KeyRight, fyne.KeyRight}, 2 * time.Second},
		{[]fyne.KeyName{fyne.KeyPageDown}, 12 * time.Second},
		{[]fyne.KeyName{fyne.KeyLeft}, 11 * time.Second},
		{[]fyne.KeyName{fyne.KeyPageUp, fyne.KeyPageUp}, 0},
		{[]fyne.KeyName{fyne.KeyEnd, fyne.KeyRight}, time.Minute},
		{[]fyne.KeyName{fyne.KeyHome}, 0},
	} {
		press(line, c.keys...)
		require.Equal(t, c.want, at, c.keys)
	}
}

func TestTimelineSaysWhatIsUnderThePointer(t *testing.T) {
	line := widgets.NewTimeline()
	show(t, line, look.Light, 750, 100)
	line.Set(10*time.Second, []widgets.Lane{
		{Name: "alice", Color: look.ColorFound, Blocks: []widgets.Block{{From: 0, To: 5 * time.Second, Words: "score 7.1"}}},
	})
	hover(line, 160, 5)
	require.Contains(t, said(line), "0:00  ·  alice  ·  score 7.1")
	hover(line, line.Size().Width-1, 5)
	require.Contains(t, said(line), "0:09  ·  alice")
	line.MouseOut()
	require.NotContains(t, said(line), "0:09  ·  alice")
}

func TestLineUpSaysWhatIsUnderThePointer(t *testing.T) {
	l := widgets.NewLineUp()
	show(t, l, look.Dark, 500, 300)
	l.Set(widgets.Scores{
		From: 0, Width: 1, Counts: []int64{5, 7, 9}, Tell: func(from, to float64, n int64) string { return fmt.Sprint(from, to, n) },
	})
	hover(l, 60, 100)
	require.Contains(t, said(l), "0 1 5")
	hover(l, l.Size().Width-10, 100)
	require.Contains(t, said(l), "2 3 9")
	hover(l, 10, 100)
	require.NotContains(t, said(l), "2 3 9")
}

func TestMapKnowsTheCountryUnderThePointer(t *testing.T) {
	world, err := atlas.World()
	require.NoError(t, err)
	m := widgets.NewWorldMap(world)
	show(t, m, look.Light, 720, 320)
	m.Set(map[int]int{atlas.Number("AU"): 1})
	m.Tell = func(country int) string { return fmt.Sprint("country ", country) }
	var tapped []int
	m.OnTapped = func(country int) { tapped = append(tapped, country) }
	// Places by longitude and latitude, as the map is drawn: the whole width is 360 degrees.
	at := func(lon, lat float32) fyne.Position {
		height := m.Size().Height - 18
		width := min(m.Size().Width, height*360/141)
		return fyne.NewPos((m.Size().Width-width)/2+(lon+180)/360*width, (height-width*141/360)/2+(84-lat)/360*width)
	}
	test.TapAt(m, at(134, -25))
	test.TapAt(m, at(-30, 40))
	require.Equal(t, []int{36}, tapped, "Australia, and nothing in the Atlantic")
	p := at(-52, -10)
	hover(m, p.X, p.Y)
	require.Contains(t, said(m), "country 76")
}

func TestWipeMovesByPointerAndKeys(t *testing.T) {
	w := widgets.NewWipe("left", "right")
	show(t, w, look.Light, 400, 300)
	black := image.NewRGBA(image.Rect(0, 0, 160, 90))
	for i := 3; i < len(black.Pix); i += 4 {
		black.Pix[i] = 255
	}
	w.Set(black, stripes(320, 180, color.RGBA{G: 255, A: 255}))
	require.InDelta(t, 0.5, w.Share(), 1e-6)
	for _, x := range test.WidgetRenderer(w).Objects() {
		if p, ok := x.(*canvas.Image); ok {
			img, ok := p.Image.(*image.RGBA)
			require.True(t, ok)
			require.Equal(t, 4*img.Bounds().Dx(), img.Stride, "a screen draws stripes of a picture with gaps between its rows")
		}
	}
	test.TapAt(w, fyne.NewPos(w.Size().Width*0.25, 150))
	require.InDelta(t, 0.25, w.Share(), 0.01)
	press(w, fyne.KeyRight)
	require.InDelta(t, 0.3, w.Share(), 0.01)
	press(w, fyne.KeyEnd, fyne.KeyRight)
	require.InDelta(t, 1, w.Share(), 1e-6)
	press(w, fyne.KeyHome)
	require.Zero(t, w.Share())
}

func TestRankingTellsItsRow(t *testing.T) {
	r := widgets.NewRanking()
	r.Rows = []widgets.Rank{{Name: "one", Count: 2}, {Name: "two", Count: 1}}
	show(t, r, look.Light, 300, 100)
	var rows []int
	r.OnTapped = func(i int) { rows = append(rows, i) }
	for _, y := range []float32{5, 30, 80} {
		test.TapAt(r, fyne.NewPos(20, y))
	}
	require.Equal(t, []int{0, 1}, rows)
}
