// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"time"

	"spoor/engine"
	"spoor/engine/code"
	"spoor/engine/media"
	"spoor/engine/watermark"
	"spoor/storage"
)

// marking races the embedder, on pictures in memory, against the decoder, both on one core.
func (t *track) marking(ctx context.Context) error {
	for _, lines := range []int{1080, 720, 2160} {
		path, err := t.sized(ctx, lines)
		if err != nil {
			return err
		}
		info, err := t.w.tools.Probe(ctx, path)
		if err != nil {
			return err
		}
		planes, err := t.planes(ctx, path)
		if err != nil {
			return err
		}
		marker, err := testMarker(info)
		if err != nil {
			return err
		}
		decode := decoding(path)
		c, err := hold(ctx, t.Times, func(context.Context) (spent, error) { return markPlanes(marker, planes) },
			func(ctx context.Context) (spent, error) {
				s, err := decode(ctx)
				return s.per(info.Frames), err
			})
		if err != nil {
			return err
		}
		must := 0.0
		if lines == 1080 {
			must = 1
		}
		t.add(race{
			what: fmt.Sprintf("marking %d lines, without encode", lines), contest: c, faster: true, must: must,
			ours:     fmt.Sprintf("%.0f frames/s", rate(c.ours)),
			baseline: fmt.Sprintf("decoding, one thread: %.0f frames/s", rate(c.baseline)),
		})
	}
	return nil
}

// per is what one of n pieces took.
func (s spent) per(n int64) spent {
	n = max(n, 1)
	return spent{wall: s.wall / time.Duration(n), cpu: s.cpu / time.Duration(n)}
}

// rate is how many a second the quickest run made.
func rate(list []spent) float64 { return ratio(time.Second, slices.Min(walls(list))) }

// planes decodes as many pictures as fit into a quarter of a gigabyte.
func (t *track) planes(ctx context.Context, path string) ([][]byte, error) {
	r, err := t.w.tools.Decode(ctx, path, media.DecodeOptions{})
	if err != nil {
		return nil, err
	}
	defer r.Close()
	var planes [][]byte
	for size := 0; size < 1<<28; {
		f, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		planes = append(planes, slices.Clone(f.Pix))
		size += len(f.Pix)
	}
	return planes, nil
}

func testMarker(info media.Info) (*watermark.Marker, error) {
	key, words := testKey(0)
	word := watermark.Word(words.Word("speed"))
	format := watermark.Format{Width: info.Width, Height: info.Height, Aspect: aspect(info), Depth: 8}
	e, err := watermark.NewEmbedder(key, &word, format, watermark.Normal)
	if err != nil {
		return nil, fmt.Errorf("embedder: %w", err)
	}
	return e.NewMarker(), nil
}

// markPlanes marks every picture, each on a fresh copy, and returns what one took on one core.
func markPlanes(m *watermark.Marker, planes [][]byte) (spent, error) {
	runtime.GC()
	var sum spent
	scratch := make([]byte, len(planes[0]))
	for i, p := range planes {
		copy(scratch, p)
		cpu, begun := processorTime(), time.Now()
		if err := m.Mark(scratch, time.Duration(i)*time.Second/24); err != nil {
			return sum, fmt.Errorf("marking: %w", err)
		}
		sum.wall += time.Since(begun)
		sum.cpu += processorTime() - cpu
	}
	return sum.per(int64(len(planes))), nil
}

// home opens an engine of its own with the clip of so many lines as its title.
func (t *track) home(ctx context.Context, lines int) (*engine.Engine, engine.Title, error) {
	path, err := t.sized(ctx, lines)
	if err != nil {
		return nil, engine.Title{}, err
	}
	dir := filepath.Join(t.dir, fmt.Sprintf("home-%s-%d-%d", t.w.mark, lines, t.Tags))
	e, err := engine.Open(ctx, dir, engine.WithProgram("spoor-bench"))
	if err != nil {
		return nil, engine.Title{}, err
	}
	title, err := e.Title(ctx, "clip")
	if err != nil {
		title, err = e.AddTitle(ctx, engine.TitleOptions{File: path, Name: "clip"})
	}
	if err == nil && title.Tags < int64(t.Tags) {
		_, err = e.AddTags(ctx, title.ID, asTags(nobody(t.Tags)))
	}
	if err != nil {
		return nil, title, errors.Join(err, e.Close())
	}
	return e, title, nil
}

// encoding races the making of a copy against the same encode without a mark.
func (t *track) encoding(ctx context.Context) error {
	for _, lines := range []int{1080, 720} {
		if err := t.encodingOf(ctx, lines); err != nil {
			return err
		}
	}
	return nil
}

func (t *track) encodingOf(ctx context.Context, lines int) error {
	e, title, err := t.home(ctx, lines)
	if err != nil {
		return err
	}
	path, err := t.sized(ctx, lines)
	if err != nil {
		return errors.Join(err, e.Close())
	}
	out := filepath.Join(t.dir, "encoded.mp4")
	ours := func(ctx context.Context) (spent, error) {
		return inProcess(func() error {
			_, err := e.Mark(ctx, engine.MarkOptions{
				Title: title.ID, Original: path, Force: true, Orders: []engine.Order{{Tag: storage.Tag{Text: "encoded"}, Out: out}},
			})
			return err
		})
	}
	c, err := hold(ctx, t.encodeTimes(), ours, func(ctx context.Context) (spent, error) {
		return ffmpeg(ctx, "-i", path, "-map", "0:v:0", "-map", "0:a?", "-c:a", "copy",
			"-c:v", "libx264", "-preset", "medium", "-crf", "18", out)
	})
	if err = errors.Join(err, e.Close()); err != nil {
		return err
	}
	must := 0.0
	if lines == 1080 {
		must = 1.15
	}
	t.add(race{
		what: fmt.Sprintf("making a copy of %d lines (x264 medium, crf 18)", lines), contest: c, must: must,
		ours: seconds(c.ours), baseline: "the same encode, without the mark: " + seconds(c.baseline),
	})
	return nil
}

func seconds(list []spent) string {
	return fmt.Sprintf("%.3g s", slices.Min(walls(list)).Seconds())
}

// scan races a comparison with all tags against reading as much memory once.
func (t *track) scan(ctx context.Context) error {
	_, words := testKey(1)
	r := code.NewRegistry(words)
	if err := r.Append(ctx, nobody(t.Tags)); err != nil {
		return err
	}
	memory := make([]code.Word, t.Tags)
	for i := range memory {
		memory[i] = r.Word(i)
	}
	v := memory[t.Tags/2].Vector()
	c, err := hold(ctx, 4*t.Times, func(ctx context.Context) (spent, error) {
		return inProcess(func() error {
			_, err := r.Scan(ctx, v)
			return err
		})
	}, func(context.Context) (spent, error) {
		return inProcess(func() error {
			readOnce(memory)
			return nil
		})
	})
	if err != nil {
		return err
	}
	t.add(race{
		what: fmt.Sprintf("comparing with %d tags", t.Tags), contest: c, must: 2,
		ours: seconds(c.ours), baseline: "reading the codewords once, all cores: " + seconds(c.baseline),
	})
	return nil
}

// readOnce adds up all of the memory, with as many goroutines as there are cores.
func readOnce(words []code.Word) {
	var group sync.WaitGroup
	n := runtime.GOMAXPROCS(0)
	sums := make([]uint64, n)
	for i := range n {
		group.Go(func() {
			var a, b, c, d uint64
			part := words[i*len(words)/n : (i+1)*len(words)/n]
			for j := range part {
				w := &part[j]
				a += w[0] + w[4] + w[8] + w[12]
				b += w[1] + w[5] + w[9] + w[13]
				c += w[2] + w[6] + w[10] + w[14]
				d += w[3] + w[7] + w[11] + w[15]
			}
			sums[i] = a + b + c + d
		})
	}
	group.Wait()
	runtime.KeepAlive(sums)
}

// trace races a whole blind trace of a leak whose picture is where it was against decoding the leak once.
func (t *track) trace(ctx context.Context) error {
	e, title, err := t.home(ctx, 1080)
	if err != nil {
		return err
	}
	defer e.Close()
	leak, err := t.leak(ctx, e, title)
	if err != nil {
		return err
	}
	var last engine.TraceResult
	run := func(ctx context.Context) (spent, error) {
		return inProcess(func() error {
			last, err = e.Trace(ctx, engine.TraceOptions{Leak: leak, Title: title.ID, Method: "blind"})
			return err
		})
	}
	if _, err := run(ctx); err != nil { // what it keeps for the next time is there from now on
		return err
	}
	c, err := hold(ctx, t.Times, run, decoding(leak))
	if err != nil {
		return err
	}
	t.add(race{
		what: fmt.Sprintf("blind trace of 10 s of 720 lines, crf 28, %d tags, to a name", t.Tags), contest: c, must: 1.3,
		note: tellOf(last), ours: seconds(c.ours), baseline: "decoding the leak, one thread: " + seconds(c.baseline),
	})
	return nil
}

// leak makes a copy and of it ten seconds of 720 lines.
func (t *track) leak(ctx context.Context, e *engine.Engine, title engine.Title) (string, error) {
	path := filepath.Join(t.dir, "leak-"+t.w.mark+"-"+title.ID+".mp4")
	return path, made(path, func(to string) error {
		original, err := t.sized(ctx, 1080)
		if err != nil {
			return err
		}
		marked := filepath.Join(t.dir, "copy.mp4")
		_, err = e.Mark(ctx, engine.MarkOptions{
			Title: title.ID, Original: original, Force: true, Orders: []engine.Order{{Tag: storage.Tag{Text: "leaker"}, Out: marked}},
		})
		if err != nil {
			return err
		}
		_, err = ffmpeg(ctx, "-i", marked, "-t", "10", "-an", "-vf", "scale=-2:720",
			"-c:v", "libx264", "-preset", "veryfast", "-crf", "28", to)
		return errors.Join(err, os.Remove(marked))
	})
}

func asTags(texts iter.Seq2[string, error]) iter.Seq2[storage.Tag, error] {
	return func(yield func(storage.Tag, error) bool) {
		for text, err := range texts {
			if !yield(storage.Tag{Text: text}, err) {
				return
			}
		}
	}
}
