// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"context"
	"fmt"
	"math"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"spoor/engine"
	"spoor/engine/media"
	"spoor/engine/watermark"
)

// impression is what a mark of one strength does to one clip.
type impression struct {
	Frames    int         `json:"frames"`
	PSNR      float64     `json:"psnr"` // of luma, of all frames together, dB
	WorstPSNR float64     `json:"worst_psnr"`
	SSIM      float64     `json:"ssim"` // mean over frames
	WorstSSIM float64     `json:"worst_ssim"`
	Flat      flatFigures `json:"flat"`
	Plain     int64       `json:"plain"`  // bytes of the video, encoded without the mark
	Marked    int64       `json:"marked"` // likewise, with it
	VMAF      vmafFigures `json:"vmaf"`   // zero where there is no tool
	Self      vmafFigures `json:"self"`   // of the original against itself
}

// cost is what the mark adds to the bit rate, 0.01 for one hundredth.
func (i *impression) cost() float64 {
	if i.Plain == 0 {
		return 0
	}
	return float64(i.Marked)/float64(i.Plain) - 1
}

const qualityTag = "quality"

// lossless keeps every sample; nothing that is measured has been through a lossy encoder.
func lossless() []string { return []string{"-c:v", "libx264", "-preset", "ultrafast", "-qp", "0"} }

// impress marks a clip and measures what changed. The marked frames stay in dir, both lossless and encoded.
func (w *workshop) impress(ctx context.Context, c clip, strength, dir, pictures string, v *vmafTool) (impression, error) {
	plain := filepath.Join(dir, "plain.mkv")
	if err := w.transcoded(ctx, c.path, plain, media.TranscodeOptions{Encoder: lossless()}, leave); err != nil {
		return impression{}, err
	}
	marked := filepath.Join(dir, strength+".mkv")
	result, err := w.markLossless(ctx, c, strength, marked, pictures)
	if err != nil {
		return impression{}, err
	}
	for _, size := range []struct {
		of   string
		into *int64
	}{{plain, &result.Plain}, {marked, &result.Marked}} {
		encoded := encodedName(size.of)
		if err := w.transcoded(ctx, size.of, encoded, media.TranscodeOptions{}, leave); err != nil {
			return impression{}, err
		}
		if *size.into, err = videoBytes(ctx, encoded); err != nil {
			return impression{}, err
		}
	}
	if v == nil {
		return result, nil
	}
	if result.VMAF, err = v.compare(ctx, marked, plain); err != nil {
		return impression{}, err
	}
	result.Self, err = once(w.ledger, fmt.Sprintf("self 2 %s every %d", c.sha, v.every), func() (vmafFigures, error) {
		return v.compare(ctx, plain, plain)
	})
	return result, err
}

func encodedName(lossless string) string {
	return strings.TrimSuffix(lossless, ".mkv") + "-x264.mp4"
}

// leave changes nothing.
func leave(int, media.Plane) error { return nil }

// transcoded makes a file unless it is there.
func (w *workshop) transcoded(ctx context.Context, src, dst string, o media.TranscodeOptions, each func(int, media.Plane) error) error {
	return made(dst, func(to string) error {
		o.Overwrite = true
		_, err := w.tools.Transcode(ctx, src, to, o, each)
		return err
	})
}

// markLossless marks a clip, frame by frame in order, and compares each with what it was.
func (w *workshop) markLossless(ctx context.Context, c clip, strength, dst, pictures string) (impression, error) {
	e, info, err := w.testEmbedder(ctx, c, strength)
	if err != nil {
		return impression{}, err
	}
	eye := &eye{
		marker: e.NewMarker(), flat: newFlatWatch(info.Width, info.Height, depthOf(info)),
		photos: newPhotographer(pictures, c.name+"-"+strength, info.Duration),
	}
	if err := removeIfThere(dst); err != nil { // one without its figures
		return impression{}, err
	}
	err = w.transcoded(ctx, c.path, dst, media.TranscodeOptions{Encoder: lossless(), Workers: 1}, eye.each)
	return eye.impression(), err
}

// testEmbedder makes the mark of a clip with a test key.
func (w *workshop) testEmbedder(ctx context.Context, c clip, strength string) (*watermark.Embedder, media.Info, error) {
	info, err := w.tools.Probe(ctx, c.path)
	if err != nil {
		return nil, info, err
	}
	s, err := watermark.ParseStrength(strength)
	if err != nil {
		return nil, info, err
	}
	room, err := engine.Room(ctx, w.tools, c.path, info)
	if err != nil {
		return nil, info, err
	}
	key, words := testKey(0)
	word := watermark.Word(words.Word(qualityTag))
	e, err := watermark.NewEmbedder(key, &word, watermark.Format{
		Width: info.Width, Height: info.Height, Aspect: aspect(info), Depth: depthOf(info), Room: room,
	}, s)
	if err != nil {
		return nil, info, fmt.Errorf("%s: %w", c.name, err)
	}
	return e, info, nil
}

// depthOf is the depth of the samples that a frame is given out with.
func depthOf(i media.Info) int {
	if i.BitDepth > 8 {
		return 10
	}
	return 8
}

// eye looks at frames before and after, in their order.
type eye struct {
	marker *watermark.Marker
	flat   *flatWatch
	photos *photographer
	plain  []byte
	sum    impression // PSNR and SSIM are sums until the end, PSNR of the error it stands for
}

func (e *eye) each(_ int, p media.Plane) error {
	e.plain = append(e.plain[:0], p.Pix...)
	if err := e.marker.Mark(p.Pix, p.Time); err != nil {
		return err
	}
	var q engine.Quality
	if err := q.Add(e.plain, p.Pix, p.Width, p.Height, p.Depth); err != nil {
		return err
	}
	if e.sum.Frames == 0 {
		e.sum.WorstPSNR, e.sum.WorstSSIM = q.PSNR(), q.SSIM()
	}
	e.sum.Frames++
	e.sum.PSNR += math.Pow(10, -q.PSNR()/10)
	e.sum.SSIM += q.SSIM()
	e.sum.WorstPSNR, e.sum.WorstSSIM = min(e.sum.WorstPSNR, q.PSNR()), min(e.sum.WorstSSIM, q.SSIM())
	e.flat.add(e.plain, p.Pix, p.Time)
	return e.photos.see(e.plain, p)
}

func (e *eye) impression() impression {
	i := e.sum
	n := float64(max(i.Frames, 1))
	i.PSNR, i.SSIM, i.Flat = -10*math.Log10(i.PSNR/n), i.SSIM/n, e.flat.figures()
	return i
}

// videoBytes sums the packets of the picture track: sound would dilute the cost.
func videoBytes(ctx context.Context, path string) (int64, error) {
	cmd := exec.CommandContext(ctx, "ffprobe", "-v", "error", "-select_streams", "v:0", //nolint:gosec // a file of ours
		"-show_entries", "packet=size", "-of", "csv=p=0", path)
	out, err := cmd.Output()
	if err != nil {
		return 0, fmt.Errorf("size of %s: %w", path, err)
	}
	var sum int64
	for field := range strings.FieldsSeq(string(out)) {
		n, err := strconv.ParseInt(strings.TrimRight(field, ","), 10, 64)
		if err != nil {
			return 0, fmt.Errorf("size of %s: %w", path, err)
		}
		sum += n
	}
	return sum, nil
}

// curveLeaks are the damages that the trade-off of strength is shown on: hard, and without a search for the picture.
func curveLeaks() []string { return []string{"x264-38", "x264-43", "small-240-28"} }

// scores reads the leaks of a marked clip and returns the score of its tag for each.
func (w *workshop) scores(ctx context.Context, c clip, strength, dir string, leaks *leakTool) (map[string]float64, error) {
	e, info, err := w.testEmbedder(ctx, c, strength)
	if err != nil {
		return nil, err
	}
	encoded := encodedName(filepath.Join(dir, strength+".mkv")) // there already, unless only its figures were kept
	marker := e.NewMarker()
	if err := w.transcoded(ctx, c.path, encoded, media.TranscodeOptions{Workers: 1}, func(_ int, p media.Plane) error {
		return marker.Mark(p.Pix, p.Time)
	}); err != nil {
		return nil, err
	}
	key, words := testKey(0)
	word := words.Word(qualityTag)
	out := map[string]float64{}
	for _, name := range curveLeaks() {
		kind, ok := leaks.kind(name)
		if !ok {
			continue
		}
		path := filepath.Join(dir, strength+"."+name+"."+leaks.print+"."+kind.suffix)
		if err := made(path, func(to string) error { return leaks.make(ctx, name, encoded, to, 0) }); err != nil {
			return nil, err
		}
		shape := watermark.Shape{Aspect: aspect(info), Length: info.Duration}
		if out[name], err = scoreOf(ctx, w.tools, path, key, shape, &word); err != nil {
			return nil, err
		}
	}
	return out, nil
}
