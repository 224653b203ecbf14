// SPDX-License-Identifier: AGPL-3.0-or-later

package media

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

// DecodeOptions say which frames are wanted and in which shape. The zero
// value means every frame as displayed.
type DecodeOptions struct {
	Width, Height int           // size of the frames given out; 0: as displayed (one alone keeps the shape)
	From          time.Duration // first time wanted, see [Frame.Time]
	Length        time.Duration // how much from there on; 0: all
	FPS           float64       // 0: every frame; else the first frame at or after each multiple of 1/FPS
	KeyFrames     bool          // only frames that decode alone: very fast, coarse
	Referenced    bool          // only frames that others are predicted from, where the codec tells them: faster, and the better coded ones
	Threads       int           // of the decoder; 0: one for every core
	Turn          int           // further quarter turns clockwise
	Wall          time.Duration // time limit; 0: a day
	Color         bool          // four bytes a sample instead of luma: red, green, blue and one that means nothing
}

// Frame is one picture, eight bits a sample, in full range (0 black, 255
// white) whatever the range, depth and transfer of the source.
type Frame struct {
	Pix           []byte // luma, or as DecodeOptions.Color has it, row by row without gaps; valid until the next call of Next
	Width, Height int
	Time          time.Duration // presentation time from the file's start, exact to the nanosecond
}

const (
	defaultWall = 24 * time.Hour
	stallWall   = 2 * time.Minute // without a single frame
	ringFrames  = 3
)

// Reader gives out the frames of a running decoder.
type Reader struct {
	t      *Tools
	ctx    context.Context //nolint:containedctx // a reader is one running operation
	cancel context.CancelCauseFunc
	path   string
	from   time.Duration
	until  time.Duration
	width  int
	height int
	size   int // bytes of a frame
	ring   int // buffers
	room   int // bytes before a frame in its buffer, for the user
	proc   *process
	pipe   *os.File
	stall  time.Duration
	nut    *nutReader // valid after the first frame

	full    chan decoded // frames ready
	free    chan []byte  // buffers to be filled
	stopped chan struct{}
	current []byte
	frames  int64
	err     error
	damage  string
}

// decoded is one frame, or the end: buf holds room bytes, then the frame.
type decoded struct {
	buf []byte
	pts int64
	at  time.Duration
	err error
}

var errStalled = errors.New("no frame for too long")

// Decode starts a confined decoder on the main video track of a file. Close
// must be called. An error about the file may also come from the first Next.
func (t *Tools) Decode(ctx context.Context, path string, o DecodeOptions) (*Reader, error) {
	f, id, err := openInput(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := t.probeFile(ctx, f, id)
	if err != nil {
		return nil, err
	}
	w, h, err := outputSize(path, info, o)
	if err != nil {
		return nil, err
	}
	args := append(t.inputArgs(info, o.From, o.Threads, o.skipped()),
		"-map", "0:"+strconv.Itoa(info.Index), "-vf", startAtZero(info)+grayFilter(w, h, o))
	args = append(args, t.rawOutputArgs()...)
	size := w * h
	if o.Color {
		size *= 4
	}
	r := &Reader{t: t, path: path, from: o.From, until: math.MaxInt64, width: w, height: h, size: size, ring: ringFrames, stall: stallWall}
	if o.Length > 0 {
		r.until = o.From + o.Length
	}
	if o.FPS > 0 {
		r.stall += time.Duration(10 * float64(time.Second) / o.FPS)
	}
	wall := o.Wall
	if wall <= 0 {
		wall = defaultWall
	}
	return r, r.start(ctx, f, args, wall, decodeLimits(info, wall))
}

// decodeLimits bounds a decoder: 4 GiB and room for a few dozen pictures.
func decodeLimits(info Info, wall time.Duration) limits {
	const perSample = 256 // bytes: reference frames of several threads, up to 16 bits, and scaling
	return limits{
		CPU:    uint64(wall.Seconds())*64 + 10,
		Memory: 4<<30 + uint64(info.Width)*uint64(info.Height)*perSample/2,
		Files:  64,
	}
}

// outputSize works out the size of the frames given out.
func outputSize(path string, info Info, o DecodeOptions) (w, h int, err error) {
	dw, dh := info.Width, info.Height
	if o.Turn&1 != 0 {
		dw, dh = dh, dw
	}
	w, h = o.Width, o.Height
	switch {
	case w <= 0 && h <= 0:
		w, h = dw, dh
	case h <= 0:
		h = max(1, int(math.Round(float64(w)*float64(dh)/float64(dw))))
	case w <= 0:
		w = max(1, int(math.Round(float64(h)*float64(dw)/float64(dh))))
	}
	if w > maxSide || h > maxSide || w*h > maxPixels {
		return 0, 0, &Error{
			Kind: TooLarge,
			File: path,
			What: fmt.Sprintf("frames of %dx%d are larger than this program accepts", w, h),
			Do:   tooLargeAdvice,
		}
	}
	return w, h, nil
}

// startAtZero is the filter that takes the file's start off its time stamps.
// ffmpeg's option of that name takes off the start of the tracks in use, which
// is another time when sound begins first.
func startAtZero(info Info) string {
	b := info.timeBase
	if b.num <= 0 || b.den <= 0 {
		return ""
	}
	ticks := mulDiv(int64(info.Start), b.den, b.num*int64(time.Second), true)
	return fmt.Sprintf("settb=%d/%d,setpts=PTS-(%d),", b.num, b.den, ticks)
}

// skipped names the frames that the decoder may leave out, as ffmpeg does; "" where it must decode all.
func (o *DecodeOptions) skipped() string {
	switch {
	case o.KeyFrames:
		return "nokey"
	case o.Referenced:
		return "noref"
	}
	return ""
}

// inputArgs are the options up to and with the input, without the frames that
// are skipped, see [DecodeOptions.skipped]. Time stamps are those of the file.
func (t *Tools) inputArgs(info Info, from time.Duration, threads int, skipped string) []string {
	args := append([]string{"-v", "error", "-hide_banner", "-nostdin", "-copyts", "-threads", strconv.Itoa(threads)}, inputLimits()...)
	if skipped != "" {
		args = append(args, "-skip_frame", skipped)
	}
	if at := from - seekMargin(info); at > 0 && !seekless(info) {
		args = append(args, "-ss", fmt.Sprintf("%.6f", at.Truncate(time.Microsecond).Seconds()))
	}
	return append(args, "-i", "{in0}", "-filter_threads", "1")
}

// seekMargin is how far before the wanted time a seek goes. Containers
// without an index are sought by guess, so more is decoded and dropped.
func seekMargin(info Info) time.Duration {
	if indexed(info) {
		return 2 * time.Millisecond
	}
	return 5 * time.Second
}

// indexed tells whether the container knows where its frames are.
func indexed(info Info) bool {
	return strings.HasPrefix(info.Format, "mov,") || strings.HasPrefix(info.Format, "matroska")
}

// seekless tells formats that must be read from the start: pictures, raw streams.
func seekless(info Info) bool {
	switch info.Format {
	case "h264", "hevc", "m4v", "mpegvideo", "mjpeg", "obu", "vc1", "h263", "h261", "cavsvideo", "gif", "apng", "dirac":
		return true
	}
	return strings.HasSuffix(info.Format, "_pipe")
}

// grayFilter is the filter chain behind a decoder. The rotation flag has been
// applied before it.
func grayFilter(w, h int, o DecodeOptions) string {
	var b strings.Builder
	from := o.From.Seconds() - 0.5e-6
	switch {
	case o.FPS > 0:
		// The grid hangs on the file's start, so that slices of a file agree.
		fmt.Fprintf(&b, "select='(isnan(prev_selected_t)+gt(floor(t*%.9g+1e-6),floor(prev_selected_t*%.9g+1e-6)))", o.FPS, o.FPS)
		if o.From > 0 {
			fmt.Fprintf(&b, "*gte(t,%.7f)", from)
		}
		b.WriteString("',")
	case o.From > 0:
		fmt.Fprintf(&b, "select='gte(t,%.7f)',", from)
	}
	turn := (o.Turn%4 + 4) % 4
	if turn&1 != 0 {
		w, h = h, w
	}
	format := "gray"
	if o.Color {
		format = "rgb0"
	}
	fmt.Fprintf(&b, "scale=%d:%d:flags=bicubic,format=%s", w, h, format)
	b.WriteString([]string{"", ",transpose=clock", ",hflip,vflip", ",transpose=cclock"}[turn])
	return b.String()
}

// rawOutputArgs write raw frames with the decoder's own time stamps.
func (t *Tools) rawOutputArgs() []string {
	args := []string{"-an", "-sn", "-dn"}
	args = append(args, t.passthrough()...)
	return append(args, "-c:v", "rawvideo", "-fflags", "+bitexact", "-flags:v", "+bitexact", "-f", "nut", "pipe:1")
}

// passthrough keeps every frame and its exact time stamp.
func (t *Tools) passthrough() []string {
	mode, base := "-fps_mode", "-1"
	if !t.atLeast(5, 1) {
		mode = "-vsync"
	}
	if t.atLeast(6, 1) {
		base = "demux"
	}
	return []string{mode, "passthrough", "-enc_time_base", base}
}

// start launches the decoder and the goroutine that reads ahead.
func (r *Reader) start(ctx context.Context, in *os.File, args []string, wall time.Duration, l limits) error {
	pr, pw, err := os.Pipe()
	if err != nil {
		return err
	}
	widenPipe(pr)
	ctx, stop := context.WithTimeoutCause(ctx, wall, errWall)
	ctx, cancel := context.WithCancelCause(ctx)
	r.ctx, r.cancel = ctx, func(cause error) { cancel(cause); stop() }
	r.proc, err = r.t.start(ctx, task{path: r.t.ffmpeg, args: args, inputs: []*os.File{in}, stdout: pw, limits: l})
	_ = pw.Close()
	if err != nil {
		_ = pr.Close()
		r.cancel(nil)
		return err
	}
	r.pipe = pr
	r.full, r.free = make(chan decoded, r.ring+1), make(chan []byte, r.ring)
	r.stopped = make(chan struct{})
	for range r.ring {
		r.free <- make([]byte, r.room+r.size)
	}
	go r.read()
	return nil
}

var errWall = errors.New("time limit reached")

// read fills buffers until the decoder ends. It is the only user of the pipe.
func (r *Reader) read() {
	defer close(r.stopped)
	watch := time.AfterFunc(r.stall, func() { r.cancel(errStalled) })
	defer watch.Stop()
	nut, err := newNUTReader(r.pipe)
	if err == nil && (nut.width != r.width || nut.height != r.height) {
		err = nutErr("frames of %dx%d, expected %dx%d", nut.width, nut.height, r.width, r.height)
	}
	r.nut = nut
	for err == nil {
		watch.Stop()
		var buf []byte
		select {
		case buf = <-r.free:
		case <-r.ctx.Done():
			err = r.ctx.Err()
			continue
		}
		watch.Reset(r.stall)
		var pts int64
		if pts, err = nut.next(buf[r.room:]); err != nil {
			break
		}
		at := ticksToDuration(pts, nut.base)
		switch {
		case at < r.from && r.from > 0:
			r.free <- buf
		case at >= r.until:
			err = errPastEnd
		default:
			r.full <- decoded{buf: buf, pts: pts, at: at}
		}
	}
	r.full <- decoded{err: err} // never blocks: there is room for every buffer and this
}

var errPastEnd = errors.New("past the wanted end")

// Next returns the next frame; at the end the error is io.EOF. Frames come in
// the order of presentation. It allocates nothing.
func (r *Reader) Next() (Frame, error) {
	if r.err != nil {
		return Frame{}, r.err
	}
	if r.current != nil {
		r.free <- r.current
		r.current = nil
	}
	d, err := r.take()
	if err != nil {
		return Frame{}, err
	}
	r.current = d.buf
	return Frame{Pix: d.buf, Width: r.width, Height: r.height, Time: d.at}, nil
}

// take waits for a frame; its buffer must come back through free.
func (r *Reader) take() (decoded, error) {
	d := <-r.full
	if d.err != nil {
		r.err = r.finish(d.err)
		return decoded{}, r.err
	}
	r.frames++
	return d, nil
}

// finish turns the end of the stream into io.EOF or words.
func (r *Reader) finish(err error) error {
	if errors.Is(err, errPastEnd) {
		r.proc.kill()
		return io.EOF
	}
	if !errors.Is(err, io.EOF) || r.ctx.Err() != nil {
		r.proc.cancel()
	}
	cause := context.Cause(r.ctx)
	werr := r.proc.wait()
	if cause == nil || errors.Is(cause, errStalled) || errors.Is(cause, errWall) {
		if cause == nil {
			cause = brokenBy(werr)
		}
		return r.verdict(cause, err, werr)
	}
	return cause
}

// verdict judges a decoder that ended by itself or by a limit. Frames before
// the damage count: the damage is only told.
func (r *Reader) verdict(cause, err, werr error) error {
	detail := r.proc.log.telling()
	switch {
	case cause != nil && (errors.Is(cause, errWall) || errors.Is(cause, errStalled)):
		return &Error{
			Kind:   TimedOut,
			File:   r.path,
			What:   "decoding took too long and was stopped",
			Do:     "the file may be made to overload decoders; give a part of it",
			Detail: detail,
			Err:    cause,
		}
	case r.frames == 0 && r.from > 0 && werr == nil:
		return io.EOF
	case r.frames == 0:
		return noFrames(r.path, detail, errors.Join(cause, err, werr))
	case cause != nil:
		r.damage = cause.Error()
	case werr != nil || !errors.Is(err, io.EOF):
		r.damage = "decoding ended early"
	case r.proc.log.count() > 0:
		r.damage = "parts of the file are damaged"
	default:
		return io.EOF
	}
	if detail != "" {
		r.damage += ": " + detail
	}
	return io.EOF
}

// brokenBy says in words that a child was ended by a signal.
func brokenBy(err error) error {
	exit, ok := errors.AsType[*exec.ExitError](err)
	if !ok || exit.Exited() {
		return nil
	}
	return fmt.Errorf("the decoder broke down: %w", exit)
}

func noFrames(path, detail string, err error) error {
	if e := fault(detail); e.Kind != "" {
		return e.of(path, detail, err)
	}
	return &Error{
		Kind:   Damaged,
		File:   path,
		What:   "no frame of the video could be decoded",
		Do:     "the file is damaged, encrypted or incomplete; copy it again from its source",
		Detail: detail,
		Err:    err,
	}
}

// Size returns the size of the frames.
func (r *Reader) Size() (width, height int) { return r.width, r.height }

// Damage says after the end, in words, what was wrong with a video of which
// only a part could be decoded; "" if nothing was.
func (r *Reader) Damage() string { return r.damage }

// Close ends the decoder and frees its memory. It may be called at any time
// by the goroutine that calls Next, and more than once.
func (r *Reader) Close() error {
	if r.proc == nil {
		return nil
	}
	r.cancel(context.Canceled)
	r.proc.kill()
	<-r.stopped
	err := r.pipe.Close()
	r.proc, r.current = nil, nil
	if r.err == nil {
		r.err = os.ErrClosed
	}
	return err
}
