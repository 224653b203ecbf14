// SPDX-License-Identifier: AGPL-3.0-or-later

package widgets_test

import (
	"fmt"
	"image"
	"image/color"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	"github.com/stretchr/testify/require"

	"spoor/report/atlas"
	"spoor/ui/look"
	"spoor/ui/widgets"
)

// stripes is a picture in which the two sides and the two ends differ.
func stripes(w, h int, c color.RGBA) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			p := c
			if (x/8+y/8)%2 == 0 {
				p = color.RGBA{R: uint8(255 * x / w), G: uint8(255 * y / h), B: c.B, A: 255}
			}
			img.SetRGBA(x, y, p)
		}
	}
	return img
}

func sampleTimeline() fyne.CanvasObject {
	line := widgets.NewTimeline()
	sec := func(n int) time.Duration { return time.Duration(n) * time.Second }
	line.Set(sec(60), []widgets.Lane{
		{Name: "alice@press.example", Color: look.ColorFound, Blocks: []widgets.Block{
			{From: 0, To: sec(10), Strength: 1}, {From: sec(10), To: sec(20), Strength: 0.5}, {From: sec(40), To: sec(50), Strength: 0.1},
		}},
		{Name: "Place in the title", Color: look.ColorUnsure, Blocks: []widgets.Block{
			{From: 0, To: sec(50), Strength: 0.3, Label: "0:10 – 1:00"},
		}},
		{Name: "Unusable", Color: look.ColorNone, Blocks: []widgets.Block{{From: sec(50), To: sec(60), Strength: 0.6, Label: "black"}}},
	})
	line.Look(sec(25))
	return line
}

func sampleLineUp() fyne.CanvasObject {
	l := widgets.NewLineUp()
	s := widgets.Scores{From: -5, Width: 0.5, Axis: "score", Marks: []widgets.Mark{
		{Name: "threshold 8.7", Score: 8.7, Color: look.ColorMarked, Dashed: true},
		{Name: "runner-up 4.1", Score: 4.1, Color: look.ColorQuiet},
		{Name: "alice@press.example 12.3", Score: 12.3, Color: look.ColorFound, Strong: true},
	}}
	for i, n := range []int64{1, 4, 20, 90, 400, 1500, 2300, 3000, 3900, 4100, 3900, 3000, 2100, 1400, 420, 100, 19, 3, 1} {
		s.Counts = append(s.Counts, n)
		s.Chance = append(s.Chance, float64(n)*(1+0.1*float64(i%3-1)))
	}
	l.Set(s)
	return l
}

func sampleMap(t *testing.T) fyne.CanvasObject {
	t.Helper()
	world, err := atlas.World()
	require.NoError(t, err)
	m := widgets.NewWorldMap(world)
	m.Set(map[int]int{atlas.Number("DE"): 40, atlas.Number("US"): 9, atlas.Number("BR"): 3, atlas.Number("AU"): 1})
	return m
}

func sampleBars() fyne.CanvasObject {
	b := widgets.NewTimeBars()
	b.Counts, b.From, b.To = []int{0, 3, 8, 2, 0, 0, 1, 12, 5}, "2026-03-01", "2026-03-09"
	return b
}

func sampleRanking() fyne.CanvasObject {
	r := widgets.NewRanking()
	r.Rows = []widgets.Rank{
		{Name: "Example Broadband", Count: 40},
		{Name: "Example Hosting with a name that is too long for its row", Count: 12, Alert: true},
		{Name: "Example Mobile", Count: 1},
		{Name: "There is no room for this one", Count: 1},
	}
	return r
}

func sampleWipe() fyne.CanvasObject {
	w := widgets.NewWipe("Leak", "Original")
	w.Set(stripes(160, 90, color.RGBA{R: 200, A: 255}), stripes(320, 180, color.RGBA{B: 200, A: 255}))
	return w
}

func sampleOutline() fyne.CanvasObject {
	o := widgets.NewOutline("Original")
	o.Set(stripes(320, 180, color.RGBA{B: 200, A: 255}), [][2]float64{{0.1, 0.1}, {1.1, 0.05}, {0.9, 0.9}, {0.15, 0.8}})
	return o
}

func TestWidgetsLookAsTheyDid(t *testing.T) {
	for name, c := range map[string]struct {
		make func() fyne.CanvasObject
		w, h float32
	}{
		"timeline": {sampleTimeline, 700, 120},
		"lineup":   {sampleLineUp, 640, 300},
		"map":      {func() fyne.CanvasObject { return sampleMap(t) }, 480, 220},
		"bars":     {sampleBars, 260, 120},
		"ranking":  {sampleRanking, 240, 72},
		"wipe":     {sampleWipe, 420, 240},
		"outline":  {sampleOutline, 420, 240},
	} {
		for _, v := range []look.Variant{look.Light, look.Dark} {
			t.Run(fmt.Sprintf("%s-%s", name, v), func(t *testing.T) {
				test.NewTempApp(t).Settings().SetTheme(look.New(v, 1))
				window := test.NewTempWindow(t, c.make())
				window.Resize(fyne.NewSize(c.w, c.h))
				test.AssertImageMatches(t, fmt.Sprintf("%s-%s.png", name, v), window.Canvas().Capture())
			})
		}
	}
}
