// SPDX-License-Identifier: AGPL-3.0-or-later

package widgets_test

import (
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
	"github.com/stretchr/testify/require"

	"spoor/ui/look"
	"spoor/ui/widgets"
)

// show puts something into a window of the given size, in Spoor's theme.
func show(t *testing.T, o fyne.CanvasObject, v look.Variant, w, h float32) fyne.Window {
	t.Helper()
	test.NewTempApp(t).Settings().SetTheme(look.New(v, 1))
	window := test.NewTempWindow(t, o)
	window.Resize(fyne.NewSize(w, h))
	return window
}

func TestTimelineSeeks(t *testing.T) {
	line := widgets.NewTimeline()
	var at []time.Duration
	line.OnSeek = func(d time.Duration) { at = append(at, d) }
	show(t, line, look.Light, 750, 60)
	test.TapAt(line, fyne.NewPos(400, 5))
	require.Empty(t, at, "there is nothing to go to yet")
	line.Set(10*time.Second, []widgets.Lane{{Name: "alice", Color: look.ColorFound}})
	test.TapAt(line, fyne.NewPos(10, 5))
	test.TapAt(line, fyne.NewPos(line.Size().Width, 5))
	require.Equal(t, []time.Duration{0, 10 * time.Second}, at, "the name leads to the beginning, the end to the end")
	test.TapAt(line, fyne.NewPos(150+(line.Size().Width-150)/2, 5))
	require.InDelta(t, 5*time.Second, at[2], float64(100*time.Millisecond))
}

func TestTimelineDrawsLanesToScale(t *testing.T) {
	line := widgets.NewTimeline()
	show(t, line, look.Dark, 750, 60)
	line.Set(10*time.Second, []widgets.Lane{{Name: "alice", Color: look.ColorFound, Blocks: []widgets.Block{
		{From: 0, To: 5 * time.Second, Strength: 1}, {From: 6 * time.Second, To: 7 * time.Second},
	}}})
	width := line.Size().Width - 150
	var blocks []fyne.CanvasObject
	for _, o := range test.WidgetRenderer(line).Objects() {
		if r, ok := o.(*canvas.Rectangle); ok && r.Size().Height < 20 {
			blocks = append(blocks, r)
		}
	}
	require.Len(t, blocks, 3, "the lane and its two blocks")
	require.InDelta(t, width/2, blocks[1].Size().Width, 1)
	require.InDelta(t, width/10, blocks[2].Size().Width, 1)
	require.InDelta(t, 150+0.6*width, blocks[2].Position().X, 1)
}

func TestBadgeSaysItsWord(t *testing.T) {
	b := widgets.NewBadge()
	window := show(t, b, look.Light, 200, 40)
	b.Set(theme.ConfirmIcon(), "found", look.ColorFound)
	test.AssertRendersToMarkup(t, "badge.xml", window.Canvas())
}

func TestPanelHoldsItsContent(t *testing.T) {
	content := widget.NewLabel("content")
	p := widgets.NewPanel(content, look.ColorMarked)
	show(t, p, look.Dark, 300, 100)
	require.GreaterOrEqual(t, p.MinSize().Width, content.MinSize().Width)
	require.GreaterOrEqual(t, p.MinSize().Height, content.MinSize().Height)
}
