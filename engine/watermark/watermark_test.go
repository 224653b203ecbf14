// SPDX-License-Identifier: AGPL-3.0-or-later

package watermark_test

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"spoor/engine/watermark"
)

// certain is a score that no unrelated codeword reaches.
const certain = 9.0

func TestAMarkIsReadBackFromTheWholePicture(t *testing.T) {
	key, word := testKey(1), testWord(1)
	r := first(t, key, grid(t, markedClip(t, key, word, 40), identity), watermark.AsIs)
	require.Greater(t, score(word, r), 2*certain)
	require.Greater(t, r.Score, 100.0)
	require.Less(t, math.Abs(score(testWord(2), r)), 5.0, "a word that was not embedded")
}

func TestAnotherKeyReadsNothing(t *testing.T) {
	key, word := testKey(1), testWord(1)
	r := first(t, testKey(2), grid(t, markedClip(t, key, word, 40), identity), watermark.AsIs)
	require.Less(t, math.Abs(score(word, r)), 5.0)
	require.Less(t, r.Score, 40.0)
}

func TestAMarkIsReadFromMovedPictures(t *testing.T) {
	key, word := testKey(1), testWord(1)
	clip := markedClip(t, key, word, 48)
	for name, from := range map[string]func(x, y float64) (float64, float64){
		"crop":     func(x, y float64) (float64, float64) { return 100 + 0.62*x, 61 + 0.62*y },
		"mirrored": func(x, y float64) (float64, float64) { return clipW - x, y },
		"turned by three degrees": func(x, y float64) (float64, float64) {
			s, c := math.Sincos(3 * math.Pi / 180)
			x, y = x-clipW/2, y-clipH/2
			return c*x - s*y + clipW/2, s*x + c*y + clipH/2
		},
		"squeezed into a small window": func(x, y float64) (float64, float64) { return 2.1*x - 420, 1.7*y - 200 },
		"smaller in a frame":           func(x, y float64) (float64, float64) { return 1.25*x - 90, 1.25*y - 40 },
	} {
		t.Run(name, func(t *testing.T) {
			require.Greater(t, bestScore(t, key, word, grid(t, clip, from), watermark.Search), certain)
		})
	}
}

func TestAQuarterTurnIsRead(t *testing.T) {
	key, word := testKey(1), testWord(1)
	w, h := watermark.Grid(float64(clipH) / clipW)
	frames := resample(markedClip(t, key, word, 40), w, h, func(x, y float64) (float64, float64) {
		return y * clipH / float64(h) * clipW / clipH, clipH - x*clipH/float64(w)
	})
	a, err := watermark.Analyse(frames, w, h)
	require.NoError(t, err)
	require.Greater(t, bestScore(t, key, word, a, watermark.Search), certain)
}

func TestReadingTellsWhereInTheTitleALeakIs(t *testing.T) {
	key, word := testKey(1), testWord(1)
	const begins = 7 * time.Second
	frames := markedClip(t, key, word, 102)[42:]
	for i := range frames {
		frames[i].Time -= begins
	}
	r := first(t, key, grid(t, frames, identity), watermark.AsIs)
	near := 0
	for _, s := range r.Slices {
		if d := s.Title - (s.From + s.To) - begins + (s.From+s.To)/2; s.Evidence.Frames > 0 && d.Abs() < time.Second {
			near++
		}
	}
	require.Greater(t, near, len(r.Slices)*3/4)
}

func TestEvidenceIsASum(t *testing.T) {
	key, word := testKey(1), testWord(1)
	r := first(t, key, grid(t, markedClip(t, key, word, 40), identity), watermark.AsIs)
	var forward, backward watermark.Evidence
	for i := range r.Slices {
		forward.Add(&r.Slices[i].Evidence)
		backward.Add(&r.Slices[len(r.Slices)-1-i].Evidence)
	}
	require.Equal(t, forward, *r.Evidence())
	require.Equal(t, 40, forward.Frames)
	require.InDeltaSlice(t, forward.Chips[:], backward.Chips[:], 1e-9)
}

func TestTheNumberOfCoresDoesNotMatter(t *testing.T) {
	key, word := testKey(1), testWord(1)
	clip := markedClip(t, key, word, 18)
	before := runtime.GOMAXPROCS(0)
	defer runtime.GOMAXPROCS(before)
	var want *watermark.Evidence
	for _, n := range []int{1, 3} {
		runtime.GOMAXPROCS(n)
		var last *watermark.Reading
		crop := grid(t, clip, func(x, y float64) (float64, float64) { return 60 + 0.8*x, 40 + 0.8*y })
		for r, err := range key.Readings(crop, shape, watermark.AsIs, watermark.Search) {
			require.NoError(t, err)
			last = r
		}
		if want == nil {
			want = last.Evidence()
		}
		require.Equal(t, want, last.Evidence(), "with %d cores", n)
	}
}

func TestOneFrameCanBeRead(t *testing.T) {
	key, word := testKey(1), testWord(1)
	require.Greater(t, bestScore(t, key, word, grid(t, markedClip(t, key, word, 1), identity), watermark.AsIs), certain)
}

func TestAnalyseRefusesWhatItCannotRead(t *testing.T) {
	_, err := watermark.Analyse(nil, 384, 216)
	require.Error(t, err)
	_, err = watermark.Analyse([]watermark.Frame{{Pix: make([]byte, 10)}}, 384, 216)
	require.Error(t, err)
	_, err = watermark.Analyse([]watermark.Frame{{Pix: make([]byte, 7*11)}}, 7, 11)
	require.Error(t, err)
}

func TestFlatBlackAndNoisePicturesAreReadWithoutFindingAnything(t *testing.T) {
	key := testKey(1)
	w, h := watermark.Grid(16. / 9)
	rng := rand.New(rand.NewPCG(5, 5))
	for name, value := range map[string]func(i int) byte{
		"black": func(int) byte { return 0 },
		"white": func(int) byte { return 255 },
		"noise": func(int) byte { return byte(rng.IntN(256)) },
		"bars":  func(i int) byte { return byte(i % w / 8 % 2 * 255) },
	} {
		t.Run(name, func(t *testing.T) {
			var frames []watermark.Frame
			for n := range 12 {
				f := watermark.Frame{Pix: make([]byte, w*h), Time: time.Duration(n) * time.Second / 6}
				for i := range f.Pix {
					f.Pix[i] = value(i)
				}
				frames = append(frames, f)
			}
			a, err := watermark.Analyse(frames, w, h)
			require.NoError(t, err)
			for r, err := range key.Readings(a, shape, watermark.AsIs, watermark.AsIs) {
				require.NoError(t, err)
				for i := range 20 {
					require.Less(t, math.Abs(score(testWord(uint64(i)), r)), 6.0)
				}
			}
		})
	}
}

func TestMarkingIsWeakEnough(t *testing.T) {
	clip := scene(10)
	for strength, want := range map[watermark.Strength][2]float64{
		watermark.Light: {50.5, 58}, watermark.Normal: {48, 55}, watermark.Strong: {43, 50},
	} {
		marked := mark(t, testKey(1), testWord(1), clip, strength)
		require.Greater(t, psnr(clip, marked), want[0], strength.String())
		require.Less(t, psnr(clip, marked), want[1], strength.String())
	}
}

func TestPerfectlyEvenGroundStaysAsItIs(t *testing.T) {
	for _, v := range []byte{0, 16, 128, 235, 255} {
		clip := []watermark.Frame{{Pix: make([]byte, clipW*clipH)}}
		for i := range clip[0].Pix {
			clip[0].Pix[i] = v
		}
		require.Equal(t, clip[0].Pix, mark(t, testKey(1), testWord(1), clip, watermark.Strong)[0].Pix)
	}
}

func TestTheMarkNeverJumps(t *testing.T) {
	key, word := testKey(1), testWord(1)
	still := scene(1)[0].Pix
	e, err := watermark.NewEmbedder(key, word, watermark.Format{Width: clipW, Height: clipH, Depth: 8}, watermark.Normal)
	require.NoError(t, err)
	m := e.NewMarker()
	var before []byte
	for i := range 24 * 7 { // over two borders of slots
		now := append([]byte(nil), still...)
		require.NoError(t, m.Mark(now, time.Duration(i)*time.Second/24))
		if before != nil {
			var sum float64
			for j, v := range now {
				sum += math.Abs(float64(v) - float64(before[j]))
			}
			require.Less(t, sum/float64(len(now)), 0.06, "frame %d", i)
		}
		before = now
	}
}

func TestFormats(t *testing.T) {
	for _, c := range []struct {
		w, h, depth int
		aspect      float64
	}{
		{160, 90, 8, 0},
		{161, 91, 8, 0},
		{90, 160, 8, 0},
		{720, 405, 8, 0},
		{720, 576, 8, 16. / 9},
		{1920, 800, 8, 0},
		{333, 517, 10, 0},
		{640, 360, 12, 0},
		{1280, 720, 16, 0},
		{3840, 2160, 10, 0},
		{7680, 4320, 8, 0},
	} {
		t.Run(fmt.Sprintf("%dx%d at %d bits", c.w, c.h, c.depth), func(t *testing.T) {
			format := watermark.Format{Width: c.w, Height: c.h, Depth: c.depth, Aspect: c.aspect}
			e, err := watermark.NewEmbedder(testKey(1), testWord(1), format, watermark.Normal)
			require.NoError(t, err)
			plane := texture(c.w, c.h, c.depth)
			before := append([]byte(nil), plane...)
			require.NoError(t, e.NewMarker().Mark(plane, 5*time.Second))
			rms := difference(before, plane, c.depth)
			require.Greater(t, rms, 0.2, "grey levels")
			require.Less(t, rms, 1.2, "grey levels")
			require.Error(t, e.NewMarker().Mark(plane[1:], 0))
		})
	}
}

func TestFormatsThatCannotBeMarkedAreRefused(t *testing.T) {
	for _, f := range []watermark.Format{
		{Width: 2, Height: 2, Depth: 8},
		{Width: 159, Height: 90, Depth: 8},
		{Width: 160, Height: 89, Depth: 8},
		{Width: 9000, Height: 4000, Depth: 8},
		{Width: 4000, Height: 200, Depth: 8},
		{Width: 640, Height: 360, Depth: 7},
		{Width: 640, Height: 360, Depth: 17},
		{Depth: 8},
		{Width: -640, Height: -360, Depth: 8},
	} {
		_, err := watermark.NewEmbedder(testKey(1), testWord(1), f, watermark.Normal)
		require.Error(t, err, "%+v", f)
	}
}

func TestMarkingAllocatesNothing(t *testing.T) {
	e, err := watermark.NewEmbedder(testKey(1), testWord(1), watermark.Format{Width: 640, Height: 360, Depth: 8}, watermark.Normal)
	require.NoError(t, err)
	m, plane := e.NewMarker(), texture(640, 360, 8)
	require.Zero(t, testing.AllocsPerRun(20, func() {
		if err := m.Mark(plane, time.Second); err != nil {
			t.Error(err)
		}
	}))
}

func TestStrengthsAreReadByName(t *testing.T) {
	for _, s := range []watermark.Strength{watermark.Light, watermark.Normal, watermark.Strong} {
		got, err := watermark.ParseStrength(s.String())
		require.NoError(t, err)
		require.Equal(t, s, got)
	}
	_, err := watermark.ParseStrength("loud")
	require.ErrorContains(t, err, "light, normal or strong")
}

func FuzzMark(f *testing.F) {
	e, err := watermark.NewEmbedder(testKey(1), testWord(1), watermark.Format{Width: 160, Height: 90, Depth: 8}, watermark.Strong)
	require.NoError(f, err)
	f.Add([]byte{0, 255}, int64(0))
	f.Add([]byte{128}, int64(1<<62))
	f.Fuzz(func(t *testing.T, pixels []byte, at int64) {
		plane := make([]byte, 160*90)
		for i := range plane {
			if len(pixels) > 0 {
				plane[i] = pixels[i%len(pixels)]
			}
		}
		before := append([]byte(nil), plane...)
		require.NoError(t, e.NewMarker().Mark(plane, time.Duration(at)))
		for i, v := range plane {
			require.InDelta(t, before[i], v, 14, "no sample moves far, none wraps around")
		}
	})
}

// --- what the tests are made of

const clipW, clipH = 640, 360

var shape = watermark.Shape{Aspect: 16. / 9, Length: 20 * time.Second}

func testKey(n byte) *watermark.Key {
	return watermark.NewKey([32]byte{n, 1}, watermark.NewSyncSet([32]byte{n, 2}))
}

func testWord(n uint64) *watermark.Word {
	rng := rand.New(rand.NewPCG(n, 99))
	var w watermark.Word
	for i := range w {
		w[i] = rng.Uint64()
	}
	return &w
}

// scene is a clip of moving texture with some smooth ground, six frames a second.
func scene(n int) []watermark.Frame {
	rng := rand.New(rand.NewPCG(3, 4))
	ground := make([]float64, 1024*512)
	for octave := 4; octave <= 64; octave *= 2 {
		lattice := make([]float64, (1024/octave+2)*(512/octave+2))
		for i := range lattice {
			lattice[i] = rng.NormFloat64() * math.Sqrt(float64(octave))
		}
		for y := range 512 {
			for x := range 1024 {
				w := 1024/octave + 2
				fx, fy := float64(x)/float64(octave), float64(y)/float64(octave)
				ix, iy := int(fx), int(fy)
				fx, fy = fx-float64(ix), fy-float64(iy)
				l := lattice[iy*w+ix:]
				ground[y*1024+x] += (l[0]*(1-fx)+l[1]*fx)*(1-fy) + (l[w]*(1-fx)+l[w+1]*fx)*fy
			}
		}
	}
	var out []watermark.Frame
	for i := range n {
		f := watermark.Frame{Pix: make([]byte, clipW*clipH), Time: time.Duration(i) * time.Second / 6}
		for y := range clipH {
			for x := range clipW {
				v := 110 + 1.5*ground[(y+i%40)*1024+x+2*i%300] + rng.NormFloat64()
				f.Pix[y*clipW+x] = byte(min(max(v, 5), 250))
			}
		}
		out = append(out, f)
	}
	return out
}

func mark(tb testing.TB, key *watermark.Key, word *watermark.Word, clip []watermark.Frame, s watermark.Strength) []watermark.Frame {
	tb.Helper()
	e, err := watermark.NewEmbedder(key, word, watermark.Format{Width: clipW, Height: clipH, Depth: 8}, s)
	require.NoError(tb, err)
	m := e.NewMarker()
	var out []watermark.Frame
	for _, f := range clip {
		g := watermark.Frame{Pix: append([]byte(nil), f.Pix...), Time: f.Time}
		require.NoError(tb, m.Mark(g.Pix, f.Time))
		out = append(out, g)
	}
	return out
}

func markedClip(tb testing.TB, key *watermark.Key, word *watermark.Word, n int) []watermark.Frame {
	tb.Helper()
	return mark(tb, key, word, scene(n), watermark.Normal)
}

func identity(x, y float64) (float64, float64) { return x, y }

// grid makes a leak: from tells, in pixels of the clip, which point of the clip a point of the leak shows.
func grid(tb testing.TB, clip []watermark.Frame, from func(x, y float64) (float64, float64)) *watermark.Analysis {
	tb.Helper()
	w, h := watermark.Grid(float64(clipW) / clipH)
	a, err := watermark.Analyse(resample(clip, w, h, func(x, y float64) (float64, float64) {
		return from(x*clipW/float64(w), y*clipH/float64(h))
	}), w, h)
	require.NoError(tb, err)
	return a
}

// resample averages four samples a pixel.
func resample(clip []watermark.Frame, w, h int, from func(x, y float64) (float64, float64)) []watermark.Frame {
	var out []watermark.Frame
	for _, f := range clip {
		g := watermark.Frame{Pix: make([]byte, w*h), Time: f.Time}
		for y := range h {
			for x := range w {
				var v float64
				for _, d := range [][2]float64{{0.25, 0.25}, {0.75, 0.25}, {0.25, 0.75}, {0.75, 0.75}} {
					px, py := from(float64(x)+d[0], float64(y)+d[1])
					v += sample(f.Pix, px-0.5, py-0.5) / 4
				}
				g.Pix[y*w+x] = byte(v + 0.5)
			}
		}
		out = append(out, g)
	}
	return out
}

func sample(pix []byte, x, y float64) float64 {
	if x < 0 || y < 0 || x >= clipW-1 || y >= clipH-1 {
		return 40
	}
	ix, iy := int(x), int(y)
	fx, fy := x-float64(ix), y-float64(iy)
	p := pix[iy*clipW+ix:]
	return (float64(p[0])*(1-fx)+float64(p[1])*fx)*(1-fy) + (float64(p[clipW])*(1-fx)+float64(p[clipW+1])*fx)*fy
}

func first(tb testing.TB, key *watermark.Key, a *watermark.Analysis, e watermark.Effort) *watermark.Reading {
	tb.Helper()
	for r, err := range key.Readings(a, shape, e, e) {
		require.NoError(tb, err)
		return r
	}
	require.Fail(tb, "no reading")
	return nil
}

func bestScore(tb testing.TB, key *watermark.Key, word *watermark.Word, a *watermark.Analysis, last watermark.Effort) float64 {
	tb.Helper()
	best := math.Inf(-1)
	for r, err := range key.Readings(a, shape, watermark.AsIs, last) {
		require.NoError(tb, err)
		if best = max(best, score(word, r)); best > certain {
			break
		}
	}
	return best
}

func score(word *watermark.Word, r *watermark.Reading) float64 {
	var sum, square float64
	for i, v := range r.Evidence().Chips {
		square += v * v
		if word[i/64]>>(i%64)&1 == 1 {
			v = -v
		}
		sum += v
	}
	if square == 0 {
		return 0
	}
	return sum / math.Sqrt(square)
}

func psnr(a, b []watermark.Frame) float64 {
	var sum float64
	for i := range a {
		d := difference(a[i].Pix, b[i].Pix, 8)
		sum += d * d / float64(len(a))
	}
	return 10 * math.Log10(255*255/sum)
}

// difference is the root mean square of b-a in grey levels of 255.
func difference(a, b []byte, depth int) float64 {
	var sum float64
	if depth == 8 {
		for i, v := range a {
			d := float64(v) - float64(b[i])
			sum += d * d
		}
		return math.Sqrt(sum / float64(len(a)))
	}
	for i := 0; i < len(a); i += 2 {
		d := float64(binary.LittleEndian.Uint16(a[i:])) - float64(binary.LittleEndian.Uint16(b[i:]))
		sum += d * d
	}
	return math.Sqrt(sum/float64(len(a)/2)) / float64(int(1)<<(depth-8))
}

// texture is a plane of blobs and grain.
func texture(w, h, depth int) []byte {
	rng := rand.New(rand.NewPCG(7, 7))
	bytes := 1
	if depth > 8 {
		bytes = 2
	}
	out := make([]byte, w*h*bytes)
	for y := range h {
		for x := range w {
			v := 120 + 30*math.Sin(40*float64(x)/float64(w)) + 30*math.Cos(30*float64(y)/float64(h)) + float64(rng.IntN(9))
			if depth == 8 {
				out[y*w+x] = byte(v)
			} else {
				binary.LittleEndian.PutUint16(out[2*(y*w+x):], uint16(v*float64(int(1)<<(depth-8))))
			}
		}
	}
	return out
}

func BenchmarkMark(b *testing.B) {
	for _, size := range [][2]int{{1280, 720}, {1920, 1080}, {3840, 2160}} {
		b.Run(fmt.Sprintf("%dx%d", size[0], size[1]), func(b *testing.B) {
			format := watermark.Format{Width: size[0], Height: size[1], Depth: 8}
			e, err := watermark.NewEmbedder(testKey(1), testWord(1), format, watermark.Normal)
			require.NoError(b, err)
			m, clean := e.NewMarker(), texture(size[0], size[1], 8)
			plane := make([]byte, len(clean))
			for b.Loop() {
				copy(plane, clean)
				if err := m.Mark(plane, time.Second); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "frames/s")
		})
	}
}
