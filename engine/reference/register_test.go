// SPDX-License-Identifier: AGPL-3.0-or-later

package reference_test

import (
	"math"
	"math/rand/v2"
	"os/exec"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"spoor/engine/reference"
)

// The demo clip in the size that leaks are made from here, and in that of references.
const bigW, bigH = 960, 540

// demoFrames decodes n frames of the demo clip in gray.
func demoFrames(t *testing.T, from string, w, h, n int) [][]byte {
	t.Helper()
	scale := "scale=" + itoa(w) + ":" + itoa(h) + ":flags=area,format=gray"
	out, err := exec.Command("ffmpeg", "-v", "error", "-ss", from, "-i", "../../assets/demo.mp4", "-vf", scale, "-frames:v", itoa(n),
		"-f", "rawvideo", "-").Output()
	require.NoError(t, err)
	require.Len(t, out, n*w*h)
	var list [][]byte
	for i := range n {
		list = append(list, out[i*w*h:][:w*h])
	}
	return list
}

func itoa(n int) string {
	if n < 10 {
		return string(rune('0' + n))
	}
	return itoa(n/10) + string(rune('0'+n%10))
}

// shotOff films a picture: p says where the leak shows it. Outside it is dark.
func shotOff(pix []byte, p reference.Placement, w, h int, light func(v, x, y float64) float64) *reference.Frame {
	f := &reference.Frame{W: w, H: h, Pix: make([]byte, w*h)}
	back, _ := p.Map.Inverse()
	for y := range h {
		for x := range w {
			var sum float64
			const sub = 2
			for s := range sub * sub {
				u := (float64(x) + (float64(s%sub)+0.5)/sub) / float64(w)
				v := (float64(y) + (float64(s/sub)+0.5)/sub) / float64(h)
				sum += bilinear(pix, unbend(&back, p.Bend, u, v))
			}
			u, v := float64(x)/float64(w), float64(y)/float64(h)
			f.Pix[y*w+x] = byte(min(max(light(sum/4, u, v), 0), 255))
		}
	}
	return f
}

// unbend is where the title shows what the leak shows at (u, v).
func unbend(back *reference.Homography, bend, u, v float64) [2]float64 {
	const aspect = 16. / 9
	bx, by := back.At(u, v)
	bx, by = 2*bx-1, (2*by-1)/aspect
	x, y := bx, by
	for range 6 {
		f := 1 + bend*(x*x+y*y)
		x, y = bx/f, by/f
	}
	return [2]float64{(x + 1) / 2, (y*aspect + 1) / 2}
}

func bilinear(pix []byte, at [2]float64) float64 {
	x, y := at[0]*bigW-0.5, at[1]*bigH-0.5
	if x < 0 || y < 0 || x >= bigW-1 || y >= bigH-1 {
		return 12
	}
	i := int(y)*bigW + int(x)
	tx, ty := x-math.Floor(x), y-math.Floor(y)
	a := float64(pix[i])*(1-tx) + float64(pix[i+1])*tx
	b := float64(pix[i+bigW])*(1-tx) + float64(pix[i+bigW+1])*tx
	return a*(1-ty) + b*ty
}

func TestALeakIsRegisteredToAFractionOfAPixel(t *testing.T) {
	w, h := reference.PictureSize(16. / 9)
	big, small := demoFrames(t, "8.5", bigW, bigH, 1)[0], demoFrames(t, "8.5", w, h, 1)[0]
	picture := &reference.Picture{W: w, H: h, Pix: small}
	rng := rand.New(rand.NewPCG(3, 3))
	vignette := func(v, x, y float64) float64 { // gamma, darker corners, noise of a sensor, a logo, a head before the screen
		r := (x-0.5)*(x-0.5) + (y-0.5)*(y-0.5)
		v = 255*math.Pow(v/255, 0.75)*(1-0.6*r)*0.9 + 8*rng.NormFloat64()
		if x > 0.75 && x < 0.9 && y > 0.08 && y < 0.2 {
			v = 235
		}
		if math.Hypot((x-0.3)*16, (y-1)*9) < 2 {
			v = 15
		}
		return v
	}
	plain := func(v, _, _ float64) float64 { return v }
	for _, c := range []struct {
		name  string
		place reference.Placement
		light func(v, x, y float64) float64
		most  float64 // pixels of a picture 1280 wide
	}{
		{"as it is", reference.Placement{Map: reference.Identity()}, plain, 0.5},
		{"crop", reference.Placement{Map: reference.Homography{2, 0, -0.6, 0, 2, -0.35, 0, 0, 1}}, plain, 0.5},
		{"mirror", reference.Placement{Map: reference.Homography{-0.9, 0, 0.96, 0, 0.9, 0.03, 0, 0, 1}}, plain, 0.5},
		{"perspective", reference.Placement{Map: reference.Homography{0.8, 0.06, 0.1, -0.03, 0.82, 0.08, -0.06, 0.05, 1}}, vignette, 1},
		{"lens", reference.Placement{Map: reference.Homography{0.8, 0, 0.1, 0, 0.8, 0.1, 0, 0, 1}, Bend: -0.02}, vignette, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			leak := shotOff(big, c.place, 480, 270, c.light)
			start := reference.Placement{Map: c.place.Map}
			for i := range 6 {
				start.Map[i] += 0.006 * (2*rng.Float64() - 1)
			}
			got := reference.Register([]reference.Pair{reference.NewPair(picture, leak)}, start,
				reference.Steps{From: 2, To: 0, Most: 12, Unknowns: 9})
			require.Less(t, 1280*got.Apart(&c.place), c.most, "from %.1f", 1280*start.Apart(&c.place))
			require.Greater(t, got.Fit, 0.7)
		})
	}
}

func TestTheTimeIsFoundToTheFrame(t *testing.T) {
	w, h := reference.PictureSize(16. / 9)
	small := demoFrames(t, "0", w, h, 144)
	const speed, offset = 1.05, 40 * time.Second
	var pictures []reference.Picture
	var frames []reference.Frame
	for i, pix := range small {
		at := time.Duration(i) * time.Second / 24
		if i%12 == 0 {
			pictures = append(pictures, reference.Picture{Time: at + offset, W: w, H: h, Pix: pix})
		}
		frames = append(frames, reference.Frame{Time: time.Duration(float64(at) / speed), W: w, H: h, Pix: pix})
	}
	near := reference.Clock{Speed: 1, Offset: offset + 700*time.Millisecond}
	at := reference.Placement{Map: reference.Identity()}
	got := reference.Synchronise(pictures, frames, at, near, reference.Searching{Reach: 2 * time.Second, Speeds: true, Level: 2})
	got = reference.Synchronise(pictures, frames, at, got, reference.Searching{Reach: 200 * time.Millisecond, Level: 1})
	require.InDelta(t, speed, got.Speed, 0.002)
	for _, p := range pictures {
		require.InDelta(t, (p.Time-offset).Seconds()/speed, got.Leak(p.Time).Seconds(), 0.04)
	}
	require.Len(t, reference.PairUp(pictures, frames, got, 30*time.Millisecond), len(pictures))
}

func TestWhatIsLeftIsTheMarkAlone(t *testing.T) {
	w, h := reference.PictureSize(16. / 9)
	small := demoFrames(t, "8.5", w, h, 1)[0]
	leak := &reference.Frame{W: w, H: h, Pix: make([]byte, w*h)}
	mark := func(i int) float64 { return 2 * math.Sin(float64(i%w)*0.9) * math.Sin(float64(i/w)*0.7) }
	for i, v := range small {
		leak.Pix[i] = byte(min(max(200*math.Pow(float64(v)/255, 0.8)+20+mark(i), 0), 255))
	}
	r := reference.NewPair(&reference.Picture{W: w, H: h, Pix: small}, leak).Subtract(reference.Placement{Map: reference.Identity()})
	var sum, energy, rest float64
	for i, v := range r.Pix {
		if r.Shown[i] == 1 {
			m := mark(i)
			sum += m * float64(v)
			energy += m * m
			rest += float64(v) * float64(v)
		}
	}
	require.Greater(t, r.Fit, 0.98)
	require.InDelta(t, 1, sum/energy, 0.1, "the mark is still there")
	require.Greater(t, sum/math.Sqrt(energy*rest), 0.8, "and little else")
}

func TestWhatDoesNotOverlapFitsNothing(t *testing.T) {
	w, h := reference.PictureSize(16. / 9)
	picture := &reference.Picture{W: w, H: h, Pix: make([]byte, w*h)}
	leak := &reference.Frame{W: 64, H: 36, Pix: make([]byte, 64*36)}
	far := reference.Placement{Map: reference.Homography{1, 0, 5, 0, 1, 5, 0, 0, 1}}
	pair := reference.NewPair(picture, leak)
	require.LessOrEqual(t, reference.Register([]reference.Pair{pair}, far, reference.Steps{From: 2, Most: 5, Unknowns: 9}).Fit, 0.0)
	for _, v := range pair.Subtract(far).Pix {
		require.Zero(t, v)
	}
}

func TestLayingOverDoesNotDependOnCores(t *testing.T) {
	w, h := reference.PictureSize(16. / 9)
	small := demoFrames(t, "8.5", w, h, 24)
	var pictures []reference.Picture
	var frames []reference.Frame
	for i, pix := range small {
		at := time.Duration(i) * time.Second / 24
		if i%6 == 0 {
			pictures = append(pictures, reference.Picture{Time: at, W: w, H: h, Pix: pix})
		}
		frames = append(frames, reference.Frame{Time: at, W: w, H: h, Pix: pix})
	}
	start := reference.Placement{Map: reference.Homography{1.01, 0, 0.004, 0, 0.99, 0, 0, 0, 1}}
	before := runtime.GOMAXPROCS(0)
	defer runtime.GOMAXPROCS(before)
	var want reference.Registration
	for _, n := range []int{1, 4} {
		runtime.GOMAXPROCS(n)
		got := reference.LayOver(pictures, frames, start, reference.Clock{Speed: 1}, 200*time.Millisecond, false)
		require.Len(t, got.Pairs, len(pictures))
		got = got.Refine(pictures, frames, 10)
		require.Len(t, got.Pairs, 9, "nothing is near enough to the last one")
		if n == 1 {
			want = got
			continue
		}
		require.Equal(t, want.At, got.At)
		require.Equal(t, want.Clock, got.Clock)
		require.Equal(t, want.Places, got.Places)
		require.Equal(t, want.Rests(), got.Rests())
	}
}
