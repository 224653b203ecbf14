// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"spoor/engine/code"
	"spoor/engine/watermark"
)

// testKey is a key that nothing is protected with: its secrets are hashes of public words, so that figures can be
// had again. n makes different keys.
func testKey(n int) (*watermark.Key, code.Key) {
	message := sha256.Sum256(fmt.Appendf(nil, "spoor-bench message key %d", n))
	sync := sha256.Sum256(fmt.Appendf(nil, "spoor-bench sync key %d", n))
	return watermark.NewKey(message, watermark.NewSyncSet(sync)), code.Key(message)
}

// markPrint is a hash of what the embedder does to test pictures: copies that were made under the same print need not
// be made again, whatever else changed in the source.
func markPrint() (string, error) {
	h := sha256.New()
	mark, words := testKey(0)
	word := watermark.Word(words.Word("print"))
	for _, f := range []watermark.Format{
		{Width: 640, Height: 360, Depth: 8},
		{Width: 1280, Height: 544, Depth: 8},
		{Width: 320, Height: 240, Depth: 10},
		{Width: 640, Height: 360, Depth: 8, Room: 1},
	} {
		for _, s := range []watermark.Strength{watermark.Light, watermark.Normal, watermark.Strong} {
			if err := printMark(h, mark, &word, f, s); err != nil {
				return "", fmt.Errorf("test of the embedder: %w", err)
			}
		}
	}
	if err := printSurvey(h, watermark.Format{Width: 640, Height: 360, Depth: 8}); err != nil {
		return "", fmt.Errorf("test of the survey: %w", err)
	}
	return short(h), nil
}

// printSurvey writes how much room a survey of test planes finds: between them the picture moves by a line.
func printSurvey(h hash.Hash, f watermark.Format) error {
	s, err := watermark.NewSurvey(f)
	if err != nil {
		return err
	}
	before := testPlane(f)
	after := append(slices.Clone(before[f.Width:]), before[:f.Width]...)
	if err := s.Add(before, after); err != nil {
		return err
	}
	fmt.Fprintln(h, s.Room())
	return nil
}

func printMark(h hash.Hash, key *watermark.Key, word *watermark.Word, f watermark.Format, s watermark.Strength) error {
	e, err := watermark.NewEmbedder(key, word, f, s)
	if err != nil {
		return err
	}
	marker := e.NewMarker()
	for _, at := range []time.Duration{0, 1234 * time.Millisecond, 4 * time.Second, 77 * time.Second} {
		plane := testPlane(f)
		if err := marker.Mark(plane, at); err != nil {
			return err
		}
		h.Write(plane)
	}
	return nil
}

// testPlane is noise that grows from left to right over a slope of brightness: every branch of a mask has something.
func testPlane(f watermark.Format) []byte {
	rng := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // no secret: the same noise every time
	bytes := (f.Depth + 7) / 8
	plane := make([]byte, f.Width*f.Height*bytes)
	for y := range f.Height {
		for x := range f.Width {
			v := int(float64(16+y*220/f.Height)+rng.NormFloat64()*float64(x*20/f.Width)) << (f.Depth - 8)
			v = min(max(v, 0), 1<<f.Depth-1)
			at := (y*f.Width + x) * bytes
			plane[at] = byte(v)
			if bytes == 2 {
				plane[at+1] = byte(v >> 8)
			}
		}
	}
	return plane
}

// sourcePrint is a hash of what results depend on beside the copies: the engine's source, or this very program where
// there is no source.
func sourcePrint() (string, error) {
	h := sha256.New()
	err := filepath.WalkDir("engine", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasSuffix(path, "_test.go") {
			return err
		}
		if suffix := filepath.Ext(path); suffix != ".go" && suffix != ".s" {
			return nil
		}
		text, err := os.ReadFile(path) //nolint:gosec // the source this program was built from
		fmt.Fprintln(h, path, len(text))
		h.Write(text)
		return err
	})
	if err == nil {
		return short(h), nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("source of the engine: %w", err)
	}
	program, err := os.Executable()
	if err != nil {
		return "", fmt.Errorf("this program: %w", err)
	}
	sum, err := hashOf(program)
	return sum[:min(16, len(sum))], err
}

func short(h hash.Hash) string { return hex.EncodeToString(h.Sum(nil)[:8]) }
