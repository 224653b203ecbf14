// SPDX-License-Identifier: AGPL-3.0-or-later

package reference_test

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"spoor/engine/reference"
)

const fullW, fullH = 640, 360

// paint makes the picture of a scene: boxes of all sizes on a soft ground, moved by t pixels.
func paint(scene uint64, t int) []byte {
	r := rand.New(rand.NewPCG(scene, 7))
	pix := make([]byte, fullW*fullH)
	a, b := 0.01+0.03*r.Float64(), 0.01+0.03*r.Float64()
	for i := range pix {
		pix[i] = byte(120 + 50*math.Sin(a*float64(i%fullW))*math.Cos(b*float64(i/fullW)))
	}
	for range 220 {
		x0, y0, w, h, v := r.IntN(fullW+100)-50+t, r.IntN(fullH), 3+r.IntN(60), 3+r.IntN(40), byte(r.IntN(256))
		for y := y0; y < min(y0+h, fullH); y++ {
			for x := max(x0, 0); x < min(x0+w, fullW); x++ {
				pix[y*fullW+x] = v
			}
		}
	}
	return pix
}

// shelf is a folder of references.
type shelf string

func (s shelf) Reference(id string) (*reference.File, error) {
	return reference.Open(filepath.Join(string(s), id))
}

func idOf(title int) string { return fmt.Sprintf("%024x", title+1) }

// put makes the reference of a title with a new scene every three seconds.
func (s shelf) put(t testing.TB, title, seconds int) {
	t.Helper()
	spool, err := os.Create(filepath.Join(t.TempDir(), "spool"))
	require.NoError(t, err)
	defer spool.Close()
	b := reference.NewBuilder(reference.Facts{
		TitleID: idOf(title), Name: "film", Aspect: 16.0 / 9, Duration: time.Duration(seconds) * time.Second,
	}, spool)
	extractor := reference.NewExtractor()
	var video []byte
	for i := range seconds {
		pix := paint(sceneOf(title, i), i)
		require.NoError(t, b.Add(time.Duration(i)*time.Second, extractor.Extract(nil, pix, fullW, fullH, reference.PicturePoints)))
		if i%reference.GroupLength == 0 {
			video = append(video, 0, 0, 0, 1, 0x67, 1)
		}
	}
	out, err := os.Create(filepath.Join(string(s), idOf(title)))
	require.NoError(t, err)
	defer out.Close()
	_, err = b.Write(out, bytes.NewReader(video), "")
	require.NoError(t, err)
}

func sceneOf(title, second int) uint64 { return uint64(1000*title + second/3 + 1) }

// indexed puts the titles of a shelf into an index, in the order given.
func (s shelf) indexed(t testing.TB, titles ...int) *reference.Index {
	t.Helper()
	x, err := reference.OpenIndex(filepath.Join(t.TempDir(), "index"))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, x.Close()) })
	for _, title := range titles {
		f, err := s.Reference(idOf(title))
		require.NoError(t, err)
		require.NoError(t, x.Add(f))
		require.NoError(t, f.Close())
	}
	return x
}

// shown renders how a leak shows a picture: each pixel of the leak is taken from where the map puts it.
func shown(pix []byte, w, h int, m reference.Homography) []byte {
	out := make([]byte, w*h)
	for y := range h {
		for x := range w {
			u, v := m.At((float64(x)+0.5)/float64(w), (float64(y)+0.5)/float64(h))
			fx, fy := u*fullW-0.5, v*fullH-0.5
			x0, y0 := int(math.Floor(fx)), int(math.Floor(fy))
			if x0 < 0 || y0 < 0 || x0 >= fullW-1 || y0 >= fullH-1 {
				continue
			}
			ax, ay := fx-float64(x0), fy-float64(y0)
			at := func(i, j int) float64 { return float64(pix[(y0+j)*fullW+x0+i]) }
			top, bottom := at(0, 0)*(1-ax)+at(1, 0)*ax, at(0, 1)*(1-ax)+at(1, 1)*ax
			out[y*w+x] = byte(top*(1-ay) + bottom*ay + 0.5)
		}
	}
	return out
}

func turned(degrees float64) reference.Homography {
	const aspect = float64(fullW) / fullH
	s, c := math.Sincos(degrees * math.Pi / 180)
	centre := reference.Homography{0: aspect, 2: -aspect / 2, 4: 1, 5: -0.5, 8: 1}
	turn := reference.Homography{c, -s, 0, s, c, 0, 0, 0, 1}
	back := reference.Homography{0: 1 / aspect, 2: 0.5, 4: 1, 5: 0.5, 8: 1}
	h := centre.Then(&turn)
	return h.Then(&back)
}

func TestTitleTimeAndGeometryAreFoundAmongOthers(t *testing.T) {
	s := shelf(t.TempDir())
	for title := range 3 {
		s.put(t, title, 8)
	}
	x := s.indexed(t, 0, 1, 2)
	for _, c := range []struct {
		name string
		w, h int
		m    reference.Homography
	}{
		{"as it is", fullW, fullH, reference.Identity()},
		{"small", 256, 144, reference.Identity()},
		{"crop to a half", 384, 216, reference.Homography{0: 0.5, 2: 0.3, 4: 0.5, 5: 0.2, 8: 1}},
		{"in a corner of a larger picture", fullW, fullH, reference.Homography{0: 1.6, 2: -0.4, 4: 1.6, 5: -0.1, 8: 1}},
		{"squeezed to 4:3", 480, 360, reference.Identity()},
		{"turned by 15 degrees", fullW, fullH, turned(15)},
		{"upside down", fullW, fullH, reference.Homography{0: -1, 2: 1, 4: -1, 5: 1, 8: 1}},
		{"a quarter turn", 360, 640, reference.Homography{1: 1, 3: -1, 5: 1, 8: 1}},
		{"mirrored", fullW, fullH, reference.Homography{0: -1, 2: 1, 4: 1, 8: 1}},
		{"filmed at an angle", fullW, fullH, reference.Homography{1.1, 0.05, -0.08, 0.02, 1.15, -0.07, 0.12, 0.05, 1}},
	} {
		t.Run(c.name, func(t *testing.T) {
			finder := reference.NewFinder(x, s, nil)
			defer finder.Close()
			extractor := reference.NewExtractor()
			var queries []reference.Query
			for i := range 2 {
				pix := shown(paint(sceneOf(2, 4+i), 4+i), c.w, c.h, c.m)
				queries = append(queries, extractor.Query(time.Duration(i)*time.Second, pix, c.w, c.h, c.m.Mirrors()))
			}
			found := finder.Find(queries)
			require.NotEmpty(t, found)
			require.Equal(t, idOf(2), found[0].Title)
			require.Less(t, found[0].Log10P, reference.Certain)
			require.InDelta(t, 4, found[0].Offset.Seconds(), 1.6)
			require.NotEmpty(t, found[0].Matches)
			for _, m := range found[0].Matches {
				for _, p := range [][2]float64{{0.4, 0.4}, {0.6, 0.4}, {0.4, 0.6}, {0.6, 0.6}} {
					wantX, wantY := c.m.At(p[0], p[1])
					gotX, gotY := m.Map.At(p[0], p[1])
					require.InDelta(t, wantX, gotX, 0.01)
					require.InDelta(t, wantY, gotY, 0.01)
				}
				require.Equal(t, c.m.Mirrors(), m.Mirrored())
			}
			for _, other := range found[1:] {
				require.Greater(t, other.Log10P, reference.Certain, "another title is not named")
			}
		})
	}
}

// putSparse makes the reference of a title that is known at some seconds only: painted as put does, and at all others a few
// keypoints of nothing, every step.
func (s shelf) putSparse(t testing.TB, title int, length, step time.Duration, painted ...int) {
	t.Helper()
	spool, err := os.Create(filepath.Join(t.TempDir(), "spool"))
	require.NoError(t, err)
	defer spool.Close()
	b := reference.NewBuilder(reference.Facts{TitleID: idOf(title), Name: "film", Aspect: 16.0 / 9, Duration: length}, spool)
	extractor, r := reference.NewExtractor(), rand.New(rand.NewPCG(uint64(title), 5))
	var video []byte
	n := 0
	for at := time.Duration(0); at < length; at += step {
		points := make([]reference.Point, 8)
		for i := range points {
			points[i] = reference.Point{X: r.Float32(), Y: r.Float32(), Word: reference.Word{r.Uint64(), r.Uint64()}}
		}
		if second := int(at / time.Second); slices.Contains(painted, second) {
			points = extractor.Extract(nil, paint(sceneOf(title, second), second%64), fullW, fullH, reference.PicturePoints)
		}
		require.NoError(t, b.Add(at, points))
		if n%reference.GroupLength == 0 {
			video = append(video, 0, 0, 0, 1, 0x67, 1)
		}
		n++
	}
	out, err := os.Create(filepath.Join(string(s), idOf(title)))
	require.NoError(t, err)
	defer out.Close()
	_, err = b.Write(out, bytes.NewReader(video), "")
	require.NoError(t, err)
}

func TestTitlesOfTenSecondsAndOfTenHoursAreFound(t *testing.T) {
	const late = 34200 // nine and a half hours
	s := shelf(t.TempDir())
	s.put(t, 0, 10)
	s.putSparse(t, 1, 10*time.Hour, 2*time.Second, late, late+2)
	x := s.indexed(t, 0, 1)
	for _, c := range []struct {
		title, second int
	}{{0, 8}, {1, late}} {
		finder := reference.NewFinder(x, s, nil)
		q := reference.NewExtractor().Query(0, paint(sceneOf(c.title, c.second), c.second%64), fullW, fullH, false)
		found := finder.Find([]reference.Query{q})
		require.NotEmpty(t, found)
		require.Equal(t, idOf(c.title), found[0].Title)
		require.Less(t, found[0].Log10P, reference.Certain)
		require.InDelta(t, float64(c.second), found[0].Offset.Seconds(), 1.6)
		require.NoError(t, finder.Close())
	}
}

func TestMoreFramesAreComparedBeforeATitleIsGivenUp(t *testing.T) {
	s := shelf(t.TempDir())
	s.put(t, 0, 16)
	s.put(t, 1, 16)
	finder := reference.NewFinder(s.indexed(t, 0, 1), s, nil)
	defer finder.Close()
	extractor := reference.NewExtractor()
	crop := reference.Homography{0: 0.27, 2: 0.35, 4: 0.27, 5: 0.3, 8: 1} // small: few places agree in each frame
	const w, h = 240, 135
	var all, half []reference.Query
	for i := range 8 {
		q := extractor.Query(time.Duration(2*i)*time.Second, shown(paint(sceneOf(1, 2*i), 2*i), w, h, crop), w, h, false)
		all = append(all, q)
		if i%2 == 1 { // those that are compared first
			half = append(half, q)
		}
	}
	for _, found := range finder.Find(half) {
		require.Greater(t, found.Log10P, reference.Certain, "four frames are too few")
	}
	found := finder.Find(all)
	require.NotEmpty(t, found)
	require.Equal(t, idOf(1), found[0].Title)
	require.Less(t, found[0].Log10P, reference.Certain)
}

func TestWhatIsOfNoTitleIsNotFound(t *testing.T) {
	s := shelf(t.TempDir())
	for title := range 2 {
		s.put(t, title, 6)
	}
	x := s.indexed(t, 0, 1)
	finder := reference.NewFinder(x, s, nil)
	defer finder.Close()
	extractor := reference.NewExtractor()
	for scene := uint64(90001); scene < 90005; scene++ {
		q := extractor.Query(0, paint(scene, 0), fullW, fullH, false)
		for _, found := range finder.Find([]reference.Query{q}) {
			require.Greater(t, found.Log10P, reference.Certain)
		}
	}
	require.Empty(t, finder.Find(nil))
	flat := extractor.Query(0, make([]byte, fullW*fullH), fullW, fullH, false)
	require.Empty(t, finder.Find([]reference.Query{flat}))
	tiny := extractor.Query(0, make([]byte, 4), 2, 2, false)
	require.Empty(t, finder.Find([]reference.Query{tiny}))
}

func TestOnlyWantedTitlesAreFoundAndBrokenReferencesAreTold(t *testing.T) {
	s := shelf(t.TempDir())
	s.put(t, 0, 2)
	s.put(t, 1, 2)
	x := s.indexed(t, 0, 1)
	q := reference.NewExtractor().Query(0, paint(sceneOf(1, 0), 0), fullW, fullH, false)
	others := reference.NewFinder(x, s, func(id string) bool { return id != idOf(1) })
	defer others.Close()
	for _, found := range others.Find([]reference.Query{q}) {
		require.NotEqual(t, idOf(1), found.Title)
	}
	require.NoError(t, os.Remove(filepath.Join(string(s), idOf(1))))
	finder := reference.NewFinder(x, s, nil)
	defer finder.Close()
	for _, found := range finder.Find([]reference.Query{q}) {
		require.NotEqual(t, idOf(1), found.Title)
		require.Greater(t, found.Log10P, reference.Certain)
	}
	require.Equal(t, reference.Missing, reference.KindOf(finder.Broken()[idOf(1)]))
}

func TestFindingDoesNotDependOnHowTheIndexGrewOrOnCores(t *testing.T) {
	s := shelf(t.TempDir())
	for title := range 6 {
		s.put(t, title, 2)
	}
	q := []reference.Query{reference.NewExtractor().Query(0, paint(sceneOf(4, 1), 1), fullW, fullH, false)}
	find := func(x *reference.Index) []reference.Found {
		finder := reference.NewFinder(x, s, nil)
		defer finder.Close()
		return finder.Find(q)
	}
	want := find(s.indexed(t, 0, 1, 2, 3, 4, 5))
	require.NotEmpty(t, want)
	require.Equal(t, want, find(s.indexed(t, 5, 3, 1, 4, 0, 2)))
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	require.Equal(t, want, find(s.indexed(t, 2, 4, 5, 0, 1, 3)))
}
