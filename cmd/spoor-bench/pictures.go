// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"errors"
	"fmt"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"time"

	"spoor/engine/media"
)

const (
	zoom    = 2
	amplify = 32
	margin  = 8 // between the three pictures, in pixels of the result
)

// photographer keeps crops of flat ground for looking at: original, marked, difference.
type photographer struct {
	dir   string // nowhere if empty
	name  string
	times []time.Duration // still to come
}

func newPhotographer(dir, name string, length time.Duration) *photographer {
	p := &photographer{dir: dir, name: name}
	if dir != "" {
		p.times = []time.Duration{length / 5, length / 2, length * 4 / 5}
	}
	return p
}

// see takes a picture where the time for one has come. plain is the luma without the mark.
func (p *photographer) see(plain []byte, marked media.Plane) error {
	if len(p.times) == 0 || marked.Time < p.times[0] || marked.Depth != 8 {
		return nil
	}
	p.times = p.times[1:]
	area := flattest(plain, marked.Width, marked.Height)
	path := filepath.Join(p.dir, fmt.Sprintf("%s-%05dms.png", p.name, marked.Time.Milliseconds()))
	return writePicture(path, triptych(plain, marked, area))
}

// flattest returns the part of a picture, a third of it a side, with the most flat blocks.
func flattest(plain []byte, width, height int) image.Rectangle {
	w, h := width/3/flatBlock*flatBlock, height/3/flatBlock*flatBlock
	watch := newFlatWatch(width, height, 8)
	watch.add(plain, plain, 0)
	across := width / flatBlock
	best, most := image.Rect(0, 0, w, h), -1
	for y := 0; y+h <= height; y += flatBlock {
		for x := 0; x+w <= width; x += flatBlock {
			count := 0
			for by := y / flatBlock; by < (y+h)/flatBlock; by++ {
				for bx := x / flatBlock; bx < (x+w)/flatBlock && by*across+bx < len(watch.flat); bx++ {
					if watch.flat[by*across+bx] {
						count++
					}
				}
			}
			if count > most {
				best, most = image.Rect(x, y, x+w, y+h), count
			}
		}
	}
	return best
}

// triptych puts the original, the marked picture and their difference side by side, enlarged.
func triptych(plain []byte, marked media.Plane, area image.Rectangle) *image.Gray {
	w, h := area.Dx()*zoom, area.Dy()*zoom
	out := image.NewGray(image.Rect(0, 0, 3*w+2*margin, h))
	for y := range h {
		for x := range w {
			i := (area.Min.Y+y/zoom)*marked.Width + area.Min.X + x/zoom
			a, b := int(plain[i]), int(marked.Pix[i])
			row := out.Pix[y*out.Stride:]
			row[x] = shown(a, marked.FullRange)
			row[w+margin+x] = shown(b, marked.FullRange)
			row[2*(w+margin)+x] = byte(min(max(128+amplify*(b-a), 0), 255))
		}
	}
	return out
}

// shown is a luma sample as a screen shows it.
func shown(v int, full bool) byte {
	if full {
		return byte(v)
	}
	return byte(min(max((v-16)*255/219, 0), 255))
}

func writePicture(path string, img image.Image) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil { //nolint:gosec // pictures to look at
		return fmt.Errorf("picture: %w", err)
	}
	f, err := os.Create(path)
	if err != nil {
		return fmt.Errorf("picture: %w", err)
	}
	return errors.Join(png.Encode(f, img), f.Close())
}

// strengthsInOrder sorts the names of strengths from weak to strong and drops doubles.
func strengthsInOrder(names []string) []string {
	var out []string
	for _, s := range []string{"light", "normal", "strong"} {
		if slices.Contains(names, s) {
			out = append(out, s)
		}
	}
	return out
}
