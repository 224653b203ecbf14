// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"spoor/engine"
	"spoor/storage"
)

// filmHours is the length of a leak in which a name has to be found in seconds.
const filmHours = 2

// variants are ways to show a clip that have no picture in common, so that a long title can be made of few clips.
func variants() []string {
	return []string{
		"scale=1280:720", "hflip,scale=1280:720", "crop=iw/2:ih/2:0:0,scale=1280:720", "crop=iw/2:ih/2:iw/2:ih/2,scale=1280:720",
	}
}

// longLeaks races a full trace of a long leak, and the first name in a film, against decoding them.
func (t *track) longLeaks(ctx context.Context, e *engine.Engine) error {
	original, err := t.longOriginal(ctx)
	if err != nil {
		return err
	}
	title, err := titleOf(ctx, e, fmt.Sprintf("long of %d s", t.Long), original)
	if err != nil {
		return err
	}
	leak, err := t.longLeak(ctx, e, title, original)
	if err != nil {
		return err
	}
	c, last, err := t.against(ctx, t.encodeTimes(), func(ctx context.Context) (engine.TraceResult, spent, error) {
		return traced(ctx, e, engine.TraceOptions{Leak: leak, Title: title.ID, Method: "informed", Full: true})
	}, func(ctx context.Context) (spent, error) {
		return ffmpeg(ctx, "-i", leak, "-map", "0:v:0", "-f", "null", os.DevNull)
	})
	if err != nil {
		return err
	}
	t.add(race{
		what: fmt.Sprintf("full informed trace of %d s of 720 lines, by processor time", t.Long), contest: c, must: 3, byWork: true,
		note: tellOf(last), ours: seconds(c.ours), baseline: "decoding the leak, all threads: " + seconds(c.baseline),
	})
	return t.film(ctx, e, title, leak)
}

// film races the first name in a film, after it was taken in, against decoding all of it.
func (t *track) film(ctx context.Context, e *engine.Engine, title engine.Title, part string) error {
	times := (filmHours*3600 + t.Long - 1) / t.Long
	path := strings.TrimSuffix(part, ".mp4") + "-film.mp4"
	err := made(path, func(to string) error {
		_, err := ffmpeg(ctx, "-stream_loop", fmt.Sprint(times-1), "-i", part, "-map", "0:v:0", "-c", "copy", to)
		return err
	})
	if err != nil {
		return err
	}
	c, last, err := t.against(ctx, t.encodeTimes(), func(ctx context.Context) (engine.TraceResult, spent, error) {
		return traced(ctx, e, engine.TraceOptions{Leak: path, Title: title.ID, Method: "informed", InPlace: true})
	}, func(ctx context.Context) (spent, error) {
		s, err := decoding(part)(ctx)
		return spent{wall: s.wall * time.Duration(times), cpu: s.cpu * time.Duration(times)}, err
	})
	if err != nil {
		return err
	}
	t.add(race{
		what: fmt.Sprintf("time to a name in a film of %d h, after it was taken in", filmHours), contest: c, must: 0.01, note: tellOf(last),
		ours: seconds(c.ours), baseline: fmt.Sprintf("decoding %d s, one thread, times %d: %s", t.Long, times, seconds(c.baseline)),
	})
	return nil
}

// against runs a trace once, so that what it keeps for the next time is there, and then in turns with its baseline.
func (t *track) against(ctx context.Context, times int, ours func(context.Context) (engine.TraceResult, spent, error),
	baseline func(context.Context) (spent, error),
) (c contest, last engine.TraceResult, err error) {
	if _, _, err := ours(ctx); err != nil {
		return c, last, err
	}
	c, err = hold(ctx, times, func(ctx context.Context) (s spent, err error) {
		last, s, err = ours(ctx)
		return s, err
	}, baseline)
	return c, last, err
}

// traced measures a trace from the moment on at which the leak was taken in.
func traced(ctx context.Context, e *engine.Engine, o engine.TraceOptions) (r engine.TraceResult, s spent, err error) {
	begun, cpu := time.Now(), processorTime()
	o.Progress = func(p engine.Progress) {
		if p.Stage == "tracing" && p.Done == 0 {
			begun, cpu = time.Now(), processorTime()
		}
	}
	r, err = e.Trace(ctx, o)
	return r, spent{wall: time.Since(begun), cpu: processorTime() - cpu}, err
}

// longOriginal makes the title of the clips to develop with, each in several variants.
func (t *track) longOriginal(ctx context.Context) (string, error) {
	path := filepath.Join(t.dir, fmt.Sprintf("long-%d.mp4", t.Long))
	return path, made(path, func(to string) error {
		clips, err := (&selection{Media: t.Media, Set: developing}).clips(t.w.dir)
		if err != nil {
			return err
		}
		list := filepath.Join(t.dir, "long.txt")
		var parts strings.Builder
		for i, variant := range variants() {
			for j, c := range clips {
				part := filepath.Join(t.dir, fmt.Sprintf("long-%d-%d.mp4", i, j))
				if _, err := ffmpeg(ctx, "-i", "file:"+c.path, "-an", "-vf", variant+",fps=25,setsar=1,format=yuv420p",
					"-c:v", "libx264", "-preset", "veryfast", "-crf", "18", part); err != nil {
					return err
				}
				fmt.Fprintf(&parts, "file '%s'\n", part)
			}
		}
		if err := os.WriteFile(list, []byte(parts.String()), 0o600); err != nil {
			return fmt.Errorf("list of parts: %w", err)
		}
		_, err = ffmpeg(ctx, "-f", "concat", "-safe", "0", "-i", list, "-t", fmt.Sprint(t.Long), "-c", "copy", to)
		return errors.Join(err, os.Remove(list))
	})
}

// longLeak makes a copy of the long title and of it a leak.
func (t *track) longLeak(ctx context.Context, e *engine.Engine, title engine.Title, original string) (string, error) {
	path := filepath.Join(t.dir, fmt.Sprintf("leak-%s-%s-long.mp4", t.w.mark, title.ID))
	return path, made(path, func(to string) error {
		marked := filepath.Join(t.dir, "long-copy.mp4")
		if _, err := e.Mark(ctx, engine.MarkOptions{
			Title: title.ID, Original: original, Force: true, Orders: []engine.Order{{Tag: storage.Tag{Text: "leaker"}, Out: marked}},
			Encoder: []string{"-c:v", "libx264", "-preset", "veryfast", "-crf", "18"},
		}); err != nil {
			return err
		}
		_, err := ffmpeg(ctx, "-i", marked, "-an", "-c:v", "libx264", "-preset", "veryfast", "-crf", "28", to)
		return errors.Join(err, os.Remove(marked))
	})
}
