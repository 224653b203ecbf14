// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

// vmafTool is an ffmpeg or ffprobe that has the filter libvmaf with its models.
type vmafTool struct {
	path  string
	probe bool // an ffprobe
	every int  // one frame in so many is judged
}

// vmafFigures are 0 to 100.
type vmafFigures struct {
	VMAF float64 `json:"vmaf"`
	NEG  float64 `json:"neg"` // the model that gives nothing for enhancement
}

// findVMAF returns nil where there is no such tool. A tool that was named must work.
func findVMAF(ctx context.Context, named string, every int) (*vmafTool, error) {
	if named != "" {
		t, err := newVMAF(ctx, named, every)
		if err != nil {
			return nil, fmt.Errorf("VMAF with %s: %w", named, err)
		}
		return t, nil
	}
	for _, name := range []string{"ffmpeg", "ffprobe"} {
		if t, err := newVMAF(ctx, name, every); err == nil {
			return t, nil
		}
	}
	return nil, nil
}

func newVMAF(ctx context.Context, name string, every int) (*vmafTool, error) {
	path, err := exec.LookPath(name)
	if err != nil {
		return nil, err
	}
	if path, err = filepath.Abs(path); err != nil {
		return nil, err
	}
	out, err := exec.CommandContext(ctx, path, "-v", "error", "-filters").Output() //nolint:gosec // the tool that the user named
	if err != nil {
		return nil, err
	}
	if !strings.Contains(string(out), " libvmaf ") {
		return nil, errors.New("it does not have the filter libvmaf")
	}
	out, err = exec.CommandContext(ctx, path, "-version").Output() //nolint:gosec // the tool that the user named
	return &vmafTool{path: path, probe: strings.HasPrefix(string(out), "ffprobe"), every: every}, err
}

// compare judges a video against a reference of the same frames.
func (v *vmafTool) compare(ctx context.Context, marked, reference string) (vmafFigures, error) {
	dir, err := os.MkdirTemp(filepath.Dir(marked), "vmaf-")
	if err != nil {
		return vmafFigures{}, fmt.Errorf("VMAF: %w", err)
	}
	defer os.RemoveAll(dir) //nolint:errcheck // a temporary folder
	// Names without any character that a filter graph minds.
	for name, target := range map[string]string{"a": marked, "b": reference} {
		if err := os.Symlink(target, filepath.Join(dir, name)); err != nil {
			return vmafFigures{}, fmt.Errorf("VMAF: %w", err)
		}
	}
	graph := fmt.Sprintf("movie=a,setpts=PTS-STARTPTS[a];movie=b,setpts=PTS-STARTPTS[b];"+
		"[a][b]libvmaf=log_path=log.json:log_fmt=json:n_threads=%d:n_subsample=%d:"+
		`model='version=vmaf_v0.6.1\:name=vmaf|version=vmaf_v0.6.1neg\:name=neg'`, runtime.NumCPU(), v.every)
	args := []string{"-v", "error", "-f", "lavfi", "-i", graph}
	if v.probe {
		args = append(args, "-show_entries", "frame=pts")
	} else {
		args = append(args, "-f", "null", "-")
	}
	cmd := exec.CommandContext(ctx, v.path, args...) //nolint:gosec // the tool that the user named
	cmd.Dir = dir
	var log strings.Builder
	cmd.Stderr = &log
	if err := cmd.Run(); err != nil {
		return vmafFigures{}, fmt.Errorf("VMAF: %w: %s", err, log.String())
	}
	return readVMAF(filepath.Join(dir, "log.json"))
}

func readVMAF(path string) (vmafFigures, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return vmafFigures{}, fmt.Errorf("VMAF: %w", err)
	}
	// Its own means are no use: libvmaf 2.3 takes them over the first of the frames only where it judges one in so many.
	var log struct {
		Frames []struct {
			Metrics vmafFigures `json:"metrics"`
		} `json:"frames"`
	}
	if err := json.Unmarshal(text, &log); err != nil {
		return vmafFigures{}, fmt.Errorf("VMAF: %w", err)
	}
	var sum vmafFigures
	for _, f := range log.Frames {
		sum.VMAF += f.Metrics.VMAF
		sum.NEG += f.Metrics.NEG
	}
	n := float64(len(log.Frames))
	if n == 0 {
		return vmafFigures{}, errors.New("VMAF judged no frame")
	}
	return vmafFigures{VMAF: sum.VMAF / n, NEG: sum.NEG / n}, nil
}
