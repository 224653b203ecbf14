// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"context"
	"fmt"
	"path/filepath"
	"strconv"

	"spoor/engine"
)

// others are generated titles that no leak is of.
type others struct {
	count   int
	seconds int // length of each
}

// othersRate is how many pictures a second the generated titles have: as many as references of films that move have
// pictures with keypoints, about.
const othersRate = 1

// register makes the generated titles, out of clips in turns, as far as they are not there yet.
func (o others) register(ctx context.Context, w *workshop, e *engine.Engine, clips []clip, done func(name string)) error {
	for i := range o.count {
		from := clips[i%len(clips)]
		name := fmt.Sprintf("generated %d of %d s", i, o.seconds)
		path := filepath.Join(w.dir, "generated", fmt.Sprintf("%s-%d-%d.mp4", from.sha[:8], i, o.seconds))
		if err := made(path, func(to string) error { return o.generate(ctx, w, from, i, to) }); err != nil {
			return err
		}
		if _, err := titleOf(ctx, e, name, path); err != nil {
			return err
		}
		done(name)
	}
	return nil
}

// titleOf registers a title unless it is there.
func titleOf(ctx context.Context, e *engine.Engine, name, path string) (engine.Title, error) {
	t, err := e.Title(ctx, name)
	if err != nil {
		t, err = e.AddTitle(ctx, engine.TitleOptions{File: path, Name: name})
	}
	return t, err
}

// generate makes a film that nothing was leaked from, of the very stuff of a clip: its blocks in another order, so that
// each keypoint has its like there and no geometry holds them together, and scrolled on from picture to picture, so that
// none comes twice however often the clip is repeated.
func (o others) generate(ctx context.Context, w *workshop, from clip, n int, to string) error {
	small := filepath.Join(w.dir, "generated", from.sha[:8]+"-small.mp4")
	err := made(small, func(to string) error {
		_, err := ffmpeg(ctx, "-i", "file:"+from.path, "-vf", fmt.Sprintf("fps=%d,scale=640:360,setsar=1", othersRate), "-an",
			"-c:v", "libx264", "-preset", "veryfast", "-crf", "18", "file:"+to)
		return err
	})
	if err != nil {
		return err
	}
	filter := fmt.Sprintf("scroll=horizontal=%.4f:vertical=%.4f,shufflepixels=mode=block:width=32:height=36:seed=%d",
		0.0137+0.001*float64(n), 0.0071+0.001*float64(n), n+1)
	_, err = ffmpeg(ctx, "-stream_loop", "-1", "-i", "file:"+small, "-t", strconv.Itoa(o.seconds), "-vf", filter, "-an",
		"-c:v", "libx264", "-preset", "veryfast", "-crf", "23", "file:"+to)
	return err
}
