// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"time"
)

// spent is what a run took.
type spent struct {
	wall time.Duration
	cpu  time.Duration // of all threads and of programs that were started; 0 where that cannot be told
}

// contest is something of ours against its baseline, both run several times, in turns: on a machine that others use,
// only what was measured at the same time compares.
type contest struct {
	ours, baseline []spent
}

// hold runs the two in turns.
func hold(ctx context.Context, times int, ours, baseline func(context.Context) (spent, error)) (contest, error) {
	var c contest
	for range times {
		for _, side := range []struct {
			run  func(context.Context) (spent, error)
			into *[]spent
		}{{baseline, &c.baseline}, {ours, &c.ours}} {
			s, err := side.run(ctx)
			if err != nil {
				return c, err
			}
			*side.into = append(*side.into, s)
		}
	}
	return c, nil
}

func walls(list []spent) []time.Duration {
	out := make([]time.Duration, len(list))
	for i, s := range list {
		out[i] = s.wall
	}
	return out
}

func cpus(list []spent) []time.Duration {
	out := make([]time.Duration, len(list))
	for i, s := range list {
		out[i] = s.cpu
	}
	return out
}

// best is the ratio of the quickest runs, which the noise of the machine spoils least.
func (c contest) best() float64 {
	return ratio(slices.Min(walls(c.ours)), slices.Min(walls(c.baseline)))
}

// middle is the ratio of the medians.
func (c contest) middle() float64 { return ratio(median(walls(c.ours)), median(walls(c.baseline))) }

// work is the ratio of the least processor time.
func (c contest) work() float64 { return ratio(slices.Min(cpus(c.ours)), slices.Min(cpus(c.baseline))) }

// inProcess measures a piece of work of this process and of what it starts and waits for.
func inProcess(work func() error) (spent, error) {
	runtime.GC() // what came before is not this work's to clean up
	cpu, begun := processorTime(), time.Now()
	err := work()
	return spent{wall: time.Since(begun), cpu: processorTime() - cpu}, err
}

// ffmpeg runs and measures ffmpeg.
func ffmpeg(ctx context.Context, args ...string) (spent, error) {
	cmd := exec.CommandContext(ctx, "ffmpeg", append([]string{"-v", "error", "-nostdin", "-y"}, args...)...) //nolint:gosec // files of ours
	var log strings.Builder
	cmd.Stderr = &log
	begun := time.Now()
	if err := cmd.Run(); err != nil {
		return spent{}, errors.Join(context.Cause(ctx), fmt.Errorf("ffmpeg (%w): %s", err, firstLine(log.String())))
	}
	return spent{wall: time.Since(begun), cpu: cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()}, nil
}

// decoding is the baseline of most: one pass over a video with one thread, which throws the pictures away.
func decoding(path string) func(context.Context) (spent, error) {
	return func(ctx context.Context) (spent, error) {
		return ffmpeg(ctx, "-threads", "1", "-i", path, "-map", "0:v:0", "-f", "null", os.DevNull)
	}
}
