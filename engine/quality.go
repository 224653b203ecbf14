// SPDX-License-Identifier: AGPL-3.0-or-later

package engine

import (
	"encoding/binary"
	"fmt"
	"math"
)

// MaxPSNR is what identical pictures are given, in dB: infinity is no number for a record.
const MaxPSNR = 100.0

// Quality compares luma planes before and after, frame by frame. The zero value is ready; it is for one goroutine.
type Quality struct {
	frames   int
	mse      float64 // sum over frames, of samples scaled to 0..1
	ssim     float64 // sum over frames
	worst    float64
	row, old []blockSums
}

// Add compares one frame: planes of width x height samples without gaps, one byte a sample, or two (little endian)
// when depth is above 8.
func (q *Quality) Add(before, after []byte, width, height, depth int) error {
	bytes := 1
	if depth > 8 {
		bytes = 2
	}
	if n := width * height * bytes; n == 0 || len(before) != n || len(after) != n {
		return fmt.Errorf("planes of %d and %d bytes cannot be compared as %dx%d at %d bits", len(before), len(after), width, height, depth)
	}
	peak := float64(int(1)<<depth - 1)
	a, b := samples{before, width, bytes}, samples{after, width, bytes}
	q.mse += squaredError(before, after, bytes) / float64(width*height) / (peak * peak)
	s := q.similarity(a, b, width, height, peak)
	q.ssim += s
	if q.frames == 0 || s < q.worst {
		q.worst = s
	}
	q.frames++
	return nil
}

// Frames returns how many frames were compared.
func (q *Quality) Frames() int { return q.frames }

// PSNR returns the peak signal-to-noise ratio of all frames together in dB, at most MaxPSNR; 0 without frames.
func (q *Quality) PSNR() float64 {
	if q.frames == 0 {
		return 0
	}
	return min(MaxPSNR, -10*math.Log10(q.mse/float64(q.frames)))
}

// SSIM returns the mean structural similarity over windows of 8x8 samples, 1 for identical pictures; 0 without frames.
func (q *Quality) SSIM() float64 {
	if q.frames == 0 {
		return 0
	}
	return q.ssim / float64(q.frames)
}

// WorstSSIM returns the similarity of the worst frame.
func (q *Quality) WorstSSIM() float64 { return q.worst }

// samples reads a plane of either depth.
type samples struct {
	pix   []byte
	width int
	bytes int
}

func (s samples) at(x, y int) int64 {
	i := y*s.width + x
	if s.bytes == 1 {
		return int64(s.pix[i])
	}
	return int64(binary.LittleEndian.Uint16(s.pix[2*i:]))
}

func squaredError(a, b []byte, bytes int) float64 {
	var sum uint64
	if bytes == 1 {
		b = b[:len(a)]
		for i, v := range a {
			d := int64(v) - int64(b[i])
			sum += uint64(d * d)
		}
		return float64(sum)
	}
	for i := 0; i+1 < len(a); i += 2 {
		d := int64(binary.LittleEndian.Uint16(a[i:])) - int64(binary.LittleEndian.Uint16(b[i:]))
		sum += uint64(d * d)
	}
	return float64(sum)
}

// blockSums are the sums over a block of 4x4 samples that SSIM is made of; four blocks make a window.
type blockSums struct{ a, b, squares, product int64 }

func (s *blockSums) add(o blockSums) {
	s.a += o.a
	s.b += o.b
	s.squares += o.squares
	s.product += o.product
}

// similarity is the mean SSIM over windows of 8x8 samples at every fourth sample, as x264 and ffmpeg measure it.
func (q *Quality) similarity(a, b samples, width, height int, peak float64) float64 {
	across, down := width/4, height/4
	if across < 2 || down < 2 {
		return 1 // too small for a window
	}
	if len(q.row) != across {
		q.row, q.old = make([]blockSums, across), make([]blockSums, across)
	}
	c1, c2 := 0.01*peak*0.01*peak, 0.03*peak*0.03*peak
	var sum float64
	for y := range down {
		q.row, q.old = q.old, q.row
		for x := range across {
			q.row[x] = block(a, b, 4*x, 4*y)
		}
		if y == 0 {
			continue
		}
		for x := 1; x < across; x++ {
			w := q.row[x]
			w.add(q.row[x-1])
			w.add(q.old[x])
			w.add(q.old[x-1])
			sum += w.ssim(c1, c2)
		}
	}
	return sum / float64((across-1)*(down-1))
}

func block(a, b samples, x0, y0 int) (s blockSums) {
	for y := y0; y < y0+4; y++ {
		for x := x0; x < x0+4; x++ {
			u, v := a.at(x, y), b.at(x, y)
			s.a += u
			s.b += v
			s.squares += u*u + v*v
			s.product += u * v
		}
	}
	return s
}

func (s blockSums) ssim(c1, c2 float64) float64 {
	const n = 64.0
	ma, mb := float64(s.a)/n, float64(s.b)/n
	variances := (float64(s.squares) - n*(ma*ma+mb*mb)) / (n - 1)
	covariance := (float64(s.product) - n*ma*mb) / (n - 1)
	return (2*ma*mb + c1) * (2*covariance + c2) / ((ma*ma + mb*mb + c1) * (variances + c2))
}
