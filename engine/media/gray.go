// SPDX-License-Identifier: AGPL-3.0-or-later

package media

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"
)

// GrayOptions describe a plain stream of gray pictures.
type GrayOptions struct {
	Width, Height int
	Group         int // pictures that are coded together and can be decoded without any other
	CRF           int // x264's rate factor: 0 lossless to 51
	Threads       int // 0: one for every core
}

// GrayEncoder turns gray pictures into a plain H.264 stream, without times.
type GrayEncoder struct {
	size int
	proc *process
	pipe *os.File
	out  *os.File
}

// EncodeGray starts a confined encoder that writes to out. Every group begins
// with its own headers and holds exactly Group pictures, the last one what is
// left. The same pictures give the same stream whatever the number of threads.
func (t *Tools) EncodeGray(ctx context.Context, out *os.File, o GrayOptions) (*GrayEncoder, error) {
	pr, pw, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	widenPipe(pw)
	n := strconv.Itoa
	args := []string{
		"-v", "error", "-hide_banner", "-nostdin", "-y", "-protocol_whitelist", protocols,
		"-f", "rawvideo", "-pix_fmt", "gray", "-color_range", "pc", "-s", n(o.Width) + "x" + n(o.Height), "-r", "2", "-i", "pipe:0",
		"-c:v", "libx264", "-preset", "medium", "-crf", n(o.CRF), "-pix_fmt", "gray", "-color_range", "pc", "-threads", n(o.Threads),
		"-g", n(o.Group), "-keyint_min", n(o.Group), "-sc_threshold", "0", "-flags:v", "+cgop+bitexact",
		"-fflags", "+bitexact", "-f", "h264", "{out0}",
	}
	p, err := t.start(ctx, task{
		path: t.ffmpeg, args: args, outputs: []*os.File{out}, stdin: pr,
		limits: limits{Memory: 4 << 30, Output: 1 << 36, Files: 64},
	})
	_ = pr.Close()
	if err != nil {
		_ = pw.Close()
		return nil, err
	}
	return &GrayEncoder{size: o.Width * o.Height, proc: p, pipe: pw, out: out}, nil
}

// Write encodes the next picture: Width*Height samples, 0 black to 255 white.
func (e *GrayEncoder) Write(pix []byte) error {
	if len(pix) != e.size {
		return fmt.Errorf("a picture of %d samples where %d belong", len(pix), e.size)
	}
	if _, err := e.pipe.Write(pix); err != nil {
		_ = e.pipe.Close()
		return e.trouble(errors.Join(e.proc.wait(), err))
	}
	return nil
}

// Finish ends the stream; the file is complete when it returns nil.
func (e *GrayEncoder) Finish() error {
	_ = e.pipe.Close()
	return e.trouble(e.proc.wait())
}

// Stop ends the encoder, if it still runs.
func (e *GrayEncoder) Stop() {
	_ = e.pipe.Close()
	e.proc.kill()
}

func (e *GrayEncoder) trouble(err error) error {
	if err == nil {
		return nil
	}
	if strings.Contains(e.proc.log.telling(), "No space left on device") {
		return &Error{
			Kind: DiskFull, What: "the disk is full: small pictures of the title could not be kept",
			Do: "make room on the disk that the home is on", Err: err,
		}
	}
	return &Error{
		Kind: Tool, What: "small pictures of the title could not be encoded", Do: "check the space on the disk and the installed ffmpeg",
		Detail: e.proc.log.telling(), Err: err,
	}
}

const grayWall = 10 * time.Minute

// DecodeGray decodes a plain H.264 stream of gray pictures, confined like any
// other file, and calls each with every picture in order, Width*Height samples
// that are valid until the next call. It ends with the error of each, if any.
func (t *Tools) DecodeGray(ctx context.Context, stream io.Reader, o GrayOptions, each func(pix []byte) error) error {
	ctx, cancel := context.WithTimeoutCause(ctx, grayWall, errWall)
	defer cancel()
	inR, inW, err := os.Pipe()
	if err != nil {
		return err
	}
	outR, outW, err := os.Pipe()
	if err != nil {
		return errors.Join(err, inR.Close(), inW.Close())
	}
	defer outR.Close()
	widenPipe(inW)
	widenPipe(outR)
	args := append([]string{"-v", "error", "-hide_banner", "-nostdin", "-threads", strconv.Itoa(max(o.Threads, 1))}, inputLimits()...)
	args = append(args, "-color_range", "pc", "-f", "h264", "-i", "pipe:0", "-pix_fmt", "gray")
	args = append(args, t.passthrough()[:2]...)
	args = append(args, "-c:v", "rawvideo", "-f", "rawvideo", "pipe:1")
	p, err := t.start(ctx, task{
		path: t.ffmpeg, args: args, stdin: inR, stdout: outW,
		limits: limits{CPU: uint64(grayWall.Seconds()) * 8, Memory: 4 << 30, Files: 64},
	})
	_, _ = inR.Close(), outW.Close()
	if err != nil {
		return errors.Join(err, inW.Close())
	}
	fed := make(chan error, 1)
	go func() {
		_, err := io.Copy(inW, stream)
		_ = inW.Close()
		fed <- err
	}()
	err = eachGray(outR, make([]byte, o.Width*o.Height), each)
	if err != nil {
		p.kill()
	}
	_ = outR.Close()
	werr := p.wait()
	_ = inW.Close()
	<-fed //nolint:errcheck // what the decoder did not take does not matter: the pictures are counted by the caller
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	if err == nil && werr != nil {
		return &Error{Kind: Damaged, What: "small pictures of the title cannot be decoded", Detail: p.log.telling(), Err: werr}
	}
	return err
}

func eachGray(r io.Reader, pix []byte, each func([]byte) error) error {
	for {
		if _, err := io.ReadFull(r, pix); errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return nil
		} else if err != nil {
			return err
		}
		if err := each(pix); err != nil {
			return err
		}
	}
}
