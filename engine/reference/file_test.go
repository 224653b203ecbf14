// SPDX-License-Identifier: AGPL-3.0-or-later

package reference_test

import (
	"bytes"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"spoor/engine/reference"
)

const titleID = "0123456789abcdef01234567"

// madeOf says what a test's reference holds.
type madeOf struct {
	times  []time.Duration
	points [][]reference.Point
	video  []byte
}

// makeReference writes a reference of n pictures, every third one with keypoints; its video is not a real one.
func makeReference(t testing.TB, path string, n int) madeOf {
	t.Helper()
	r := rand.New(rand.NewPCG(1, uint64(n)))
	var m madeOf
	for i := range n {
		m.times = append(m.times, time.Duration(i)*500*time.Millisecond+time.Duration(r.IntN(1e8)))
		var points []reference.Point
		if i%3 == 0 {
			for range 5 {
				points = append(points, reference.Point{
					X: float32(r.IntN(65536)) / 65535, Y: float32(r.IntN(65536)) / 65535,
					Scale: uint8(r.IntN(6)), Angle: uint8(r.IntN(256)), Word: reference.Word{r.Uint64(), r.Uint64()},
				})
			}
		}
		m.points = append(m.points, points)
		if i%reference.GroupLength == 0 {
			m.video = append(m.video, 0, 0, 0, 1, 0x67, 0x64, byte(i))
		}
		m.video = append(m.video, 0, 0, 1, 0x65)
		for range 3 + r.IntN(90) {
			m.video = append(m.video, byte(1+r.IntN(255)))
		}
	}
	spool, err := os.Create(filepath.Join(t.TempDir(), "spool"))
	require.NoError(t, err)
	defer spool.Close()
	facts := reference.Facts{TitleID: titleID, Name: "film", Aspect: 16.0 / 9, Duration: time.Duration(n) * time.Second / 2}
	b := reference.NewBuilder(facts, spool)
	for i := range n {
		require.NoError(t, b.Add(m.times[i], m.points[i]))
	}
	out, err := os.Create(path)
	require.NoError(t, err)
	defer out.Close()
	_, err = b.Write(out, bytes.NewReader(m.video), "ab")
	require.NoError(t, err)
	return m
}

func TestReferenceGivesBackWhatWasWritten(t *testing.T) {
	for _, n := range []int{1, 16, 17, 100} {
		path := filepath.Join(t.TempDir(), "film.ref")
		m := makeReference(t, path, n)
		f, err := reference.Open(path)
		require.NoError(t, err)
		defer f.Close()
		require.NoError(t, f.Check())
		require.Equal(t, m.times, f.Times())
		facts := f.Facts()
		require.Equal(t, titleID, facts.TitleID)
		require.Equal(t, "ab", facts.Original)
		require.Equal(t, n, facts.Pictures)
		require.Equal(t, (n+2)/3, facts.Pointed)
		require.Equal(t, 320, facts.Width)
		require.Equal(t, 180, facts.Height)

		s, err := f.Stretch(0, time.Hour)
		require.NoError(t, err)
		require.Equal(t, m.video, s.Video)
		require.Equal(t, m.times, s.Times)
		points, err := f.Points(0, time.Hour)
		require.NoError(t, err)
		require.Len(t, points, (n+2)/3)
		for _, p := range points {
			require.Equal(t, m.points[p.Picture], p.Points)
			require.Equal(t, m.times[p.Picture], p.Time)
		}
	}
}

func TestStretchIsWholeGroupsAroundTheWantedTime(t *testing.T) {
	path := filepath.Join(t.TempDir(), "film.ref")
	m := makeReference(t, path, 100)
	f, err := reference.Open(path)
	require.NoError(t, err)
	defer f.Close()
	s, err := f.Stretch(m.times[20], m.times[33])
	require.NoError(t, err)
	require.Equal(t, m.times[16:48], s.Times)
	require.True(t, bytes.Contains(m.video, s.Video))
	none, err := f.Stretch(time.Hour, 2*time.Hour)
	require.NoError(t, err)
	require.Empty(t, none.Times)
	points, err := f.Points(m.times[20], m.times[33])
	require.NoError(t, err)
	require.Len(t, points, 4) // 21, 24, 27, 30
}

func TestEveryDamageIsFound(t *testing.T) {
	path := filepath.Join(t.TempDir(), "film.ref")
	makeReference(t, path, 40)
	whole, err := os.ReadFile(path)
	require.NoError(t, err)
	broken := filepath.Join(t.TempDir(), "broken.ref")
	check := func(b []byte) error {
		require.NoError(t, os.WriteFile(broken, b, 0o600))
		f, err := reference.Open(broken)
		if err != nil {
			return err
		}
		defer f.Close()
		return f.Check()
	}
	require.NoError(t, check(whole))
	for i := range whole {
		if i >= 12 && i < 16 { // not in use
			continue
		}
		b := bytes.Clone(whole)
		b[i] ^= 0x41
		require.NotEmpty(t, reference.KindOf(check(b)), "byte %d", i)
	}
	for _, n := range []int{0, 7, 63, 64, len(whole) / 2, len(whole) - 1} {
		require.NotEmpty(t, reference.KindOf(check(whole[:n])), "%d bytes", n)
	}
	newer := bytes.Clone(whole)
	newer[8] = 99
	require.Equal(t, reference.Newer, reference.KindOf(check(newer)))
	require.Equal(t, reference.Alien, reference.KindOf(check([]byte("not a reference at all, but long enough to be one: 64 bytes or more"))))
	_, err = reference.Open(filepath.Join(t.TempDir(), "none"))
	require.Equal(t, reference.Missing, reference.KindOf(err))
}

func TestPicturesMustComeInOrder(t *testing.T) {
	spool, err := os.Create(filepath.Join(t.TempDir(), "spool"))
	require.NoError(t, err)
	defer spool.Close()
	b := reference.NewBuilder(reference.Facts{TitleID: titleID, Aspect: 1.5, Duration: time.Second}, spool)
	require.NoError(t, b.Add(time.Second, nil))
	require.Error(t, b.Add(time.Second, nil))
	require.Error(t, b.Add(0, nil))
	_, err = b.Write(spool, bytes.NewReader(nil), "")
	require.Error(t, err, "a picture without video")
}

func TestPictureSizeKeepsAreaAndShape(t *testing.T) {
	for _, aspect := range []float64{0.5, 9.0 / 16, 1, 4.0 / 3, 16.0 / 9, 2.39, 4} {
		w, h := reference.PictureSize(aspect)
		require.InEpsilon(t, aspect, float64(w)/float64(h), 0.02)
		require.InEpsilon(t, 320*180, w*h, 0.02)
		require.Zero(t, w%2+h%2)
	}
}

func FuzzReference(f *testing.F) {
	path := filepath.Join(f.TempDir(), "film.ref")
	makeReference(f, path, 20)
	whole, err := os.ReadFile(path)
	require.NoError(f, err)
	f.Add(whole)
	f.Add(whole[:70])
	f.Fuzz(func(t *testing.T, b []byte) {
		path := filepath.Join(t.TempDir(), "fuzz.ref")
		require.NoError(t, os.WriteFile(path, b, 0o600))
		r, err := reference.OpenUnsummed(path)
		if err != nil {
			require.NotEmpty(t, reference.KindOf(err))
			return
		}
		defer r.Close()
		if _, err := r.Points(0, 1<<62); err != nil {
			require.NotEmpty(t, reference.KindOf(err))
		}
		if _, err := r.Stretch(0, 1<<62); err != nil {
			require.NotEmpty(t, reference.KindOf(err))
		}
	})
}

func FuzzGroups(f *testing.F) {
	f.Add([]byte{0, 0, 1, 0x67, 1, 2, 0, 0, 0, 1, 0x67, 5, 0, 0, 1, 0x65, 1})
	f.Fuzz(func(t *testing.T, b []byte) {
		var all []byte
		for part, err := range reference.Groups(bytes.NewReader(b)) {
			require.NoError(t, err)
			require.NotEmpty(t, part)
			all = append(all, part...)
		}
		require.True(t, bytes.Equal(b, all))
	})
}
