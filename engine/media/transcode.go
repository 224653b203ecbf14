// SPDX-License-Identifier: AGPL-3.0-or-later

package media

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"
)

// Plane is the luma plane of one frame on its way through [Tools.Transcode],
// to be changed in place.
type Plane struct {
	Pix           []byte // one byte a sample, or two (little endian) when Depth > 8; no gaps
	Width, Height int
	Depth         int           // bits of a sample: 8 or 10
	FullRange     bool          // black is 0, not 16 (64 at 10 bits)
	Time          time.Duration // in the source, see [Frame.Time]
	Index         int64         // of the frame in the output, from 0
}

// TranscodeOptions direct [Tools.Transcode]. The zero value makes a faithful
// H.264 copy.
type TranscodeOptions struct {
	Encoder   []string      // ffmpeg options; default: -c:v libx264 -preset medium -crf 18
	Workers   int           // how many goroutines call each; 0: one for every core
	Threads   int           // of decoder and encoder; 0: one for every core
	From      time.Duration // part of the source
	Length    time.Duration // 0: all
	Overwrite bool          // replace dst if it is there
	// WorkDir keeps finished segments, so that the same call goes on where an
	// earlier one was ended. Empty: nothing is kept. ID must then tell this
	// work from any other: the hash of the source and what each does.
	WorkDir string
	ID      string
	Segment time.Duration // length of a segment; 0: one minute
	// Progress is told, from one goroutine, the time in the source and the
	// number of frames done; resumed ones are counted.
	Progress func(done time.Duration, frames int64)
}

// TranscodeResult tells what was made.
type TranscodeResult struct {
	Frames   int64         `json:"frames"`
	Resumed  int64         `json:"resumed"` // frames of these that an earlier call had made
	Segments int           `json:"segments"`
	Last     time.Duration `json:"last"` // time of the last frame
	Width    int           `json:"width"`
	Height   int           `json:"height"`
	PixFmt   string        `json:"pix_fmt"`
	Size     int64         `json:"size"`              // bytes of dst
	Encoder  []string      `json:"encoder"`           // options used
	Dropped  []string      `json:"dropped,omitempty"` // what of the source dst does not hold, in words
	Damage   string        `json:"damage,omitempty"`  // see [Reader.Damage]
	Versions Versions      `json:"versions"`
}

const (
	defaultSegment = time.Minute
	nutRoom        = 128 // bytes kept free before a frame for its NUT header
)

// transcode is one running call of Transcode.
type transcode struct {
	t        *Tools
	ctx      context.Context //nolint:containedctx // one running operation
	cancel   context.CancelCauseFunc
	src, dst string
	in       *os.File
	info     Info
	layout   layout
	opt      TranscodeOptions
	each     func(int, Plane) error
	segments *segments
	result   TranscodeResult

	writer  *nutWriter
	current *encoding
	closing chan error // the verdict on the segment before, being finished
}

// Transcode makes dst from src with every luma plane changed by each: native
// size, depth (8 or 10 bits) and chroma format, exact time stamps, colour
// tags, pixel shape and interlacing kept, the rotation flag applied. Sound,
// subtitles, chapters, metadata and attachments are copied as they are where
// the container of dst (by its extension) can hold them.
//
// each is called by several goroutines at once on different frames, worker
// being 0 to Workers-1; its error ends the work. dst appears complete or not at all.
func (t *Tools) Transcode(
	ctx context.Context,
	src, dst string,
	opt TranscodeOptions,
	each func(worker int, p Plane) error,
) (TranscodeResult, error) {
	x := &transcode{t: t, src: src, dst: dst, opt: opt, each: each}
	if err := x.check(); err != nil {
		return TranscodeResult{}, err
	}
	in, id, err := openInput(src)
	if err != nil {
		return TranscodeResult{}, err
	}
	defer in.Close()
	x.in = in
	if x.info, err = t.probeFile(ctx, in, id); err != nil {
		return TranscodeResult{}, err
	}
	x.ctx, x.cancel = context.WithCancelCause(ctx)
	defer x.cancel(nil)
	x.layout = layoutFor(x.info)
	if x.segments, err = openSegments(x, id); err != nil {
		return TranscodeResult{}, err
	}
	defer x.segments.close()
	if err := x.run(); err != nil {
		return TranscodeResult{}, err
	}
	x.segments.remove()
	x.describe()
	return x.result, nil
}

// check fills in defaults and refuses what cannot work before anything starts.
func (x *transcode) check() error {
	if _, err := muxerFor(x.dst); err != nil {
		return err
	}
	if _, err := os.Lstat(x.dst); err == nil && !x.opt.Overwrite {
		return alreadyThere(x.dst)
	} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return writeError(x.dst, err)
	}
	if a, err := os.Stat(x.src); err == nil {
		if b, err := os.Stat(x.dst); err == nil && os.SameFile(a, b) {
			return &Error{Kind: Exists, File: x.dst, What: "the output is the source itself", Do: "choose another name"}
		}
	}
	if x.opt.WorkDir != "" && x.opt.ID == "" {
		return errors.New("transcode: a work folder needs an ID")
	}
	if len(x.opt.Encoder) == 0 {
		x.opt.Encoder = []string{"-c:v", "libx264", "-preset", "medium", "-crf", "18"}
	}
	if x.opt.Workers <= 0 {
		x.opt.Workers = runtime.GOMAXPROCS(0)
	}
	if x.opt.Threads <= 0 {
		x.opt.Threads = runtime.NumCPU()
	}
	if x.opt.Segment <= 0 {
		x.opt.Segment = defaultSegment
	}
	return x.t.setup()
}

func (x *transcode) describe() {
	x.result.Segments = x.segments.count()
	x.result.Width, x.result.Height = x.evenSize()
	x.result.PixFmt = x.layout.name
	if x.result.Width != x.info.Width || x.result.Height != x.info.Height {
		x.result.Dropped = append(
			x.result.Dropped,
			fmt.Sprintf("the last row or column of %dx%d: this encoder needs even sizes", x.info.Width, x.info.Height),
		)
	}
	x.result.Encoder, x.result.Versions = slices.Clone(x.opt.Encoder), x.t.Versions()
	if st, err := os.Stat(x.dst); err == nil {
		x.result.Size = st.Size()
	}
}

// run makes the missing segments and joins all.
func (x *transcode) run() error {
	x.result.Resumed = x.segments.frames()
	x.result.Frames = x.result.Resumed
	err := x.encodeFrom(x.segments.count())
	if x.current != nil { // after an error
		x.current.abandon()
	}
	if x.closing != nil {
		err = errors.Join(err, <-x.closing)
	}
	if err != nil {
		if cause := context.Cause(x.ctx); cause != nil && KindOf(err) == "" {
			return cause
		}
		return err
	}
	if x.result.Frames == 0 {
		return &Error{Kind: Damaged, File: x.src, What: "no frame lies in the part that was asked for", Do: "choose another part"}
	}
	return x.join()
}

// slot is a frame under way.
type slot struct {
	decoded
	index int64
	done  chan error // capacity 1: the verdict of each
}

// encodeFrom decodes from the start of a segment to the end of the part and
// encodes what it gets. Three stages work at once: a reader, workers, and this
// goroutine, which writes in order.
func (x *transcode) encodeFrom(segment int) error {
	r, err := x.startDecoder(segment)
	if err != nil {
		return err
	}
	defer r.Close()
	work, order := make(chan *slot, r.ring), make(chan *slot, r.ring)
	for w := range x.opt.Workers {
		go x.work(w, work)
	}
	end := make(chan error, 1)
	go func() { end <- x.deal(r, work, order) }()
	werr := x.writeAll(r, order)
	if werr != nil {
		x.cancel(werr)
		for s := range order { // let the reader come to its end
			<-s.done //nolint:errcheck // the first error is the one that is told
			r.free <- s.buf
		}
	}
	err = <-end
	x.result.Damage = r.Damage()
	switch {
	case werr != nil:
		return werr
	case !errors.Is(err, io.EOF):
		return err
	}
	return x.endSegment()
}

// deal hands out frames to workers and, in order, to the writer.
func (x *transcode) deal(r *Reader, work, order chan<- *slot) error {
	defer close(work)
	defer close(order)
	slots := make([]slot, r.ring)
	for i := range slots {
		slots[i].done = make(chan error, 1)
	}
	for i := x.result.Resumed; ; i++ {
		d, err := r.take()
		if err != nil {
			return err
		}
		// A slot is free again before its ring's worth of buffers has gone round.
		s := &slots[int(i-x.result.Resumed)%len(slots)]
		s.decoded, s.index = d, i
		order <- s
		work <- s
	}
}

func (x *transcode) work(worker int, work <-chan *slot) {
	_, luma := x.layout.size(x.info.Width, x.info.Height)
	for s := range work {
		s.done <- x.each(worker, Plane{
			Pix: s.buf[nutRoom : nutRoom+luma : nutRoom+luma], Width: x.info.Width, Height: x.info.Height,
			Depth: x.layout.depth, FullRange: x.layout.full, Time: s.at, Index: s.index,
		})
	}
}

// startDecoder starts decoding at a segment, raw, in the layout of the work.
func (x *transcode) startDecoder(segment int) (*Reader, error) {
	from := x.opt.From + time.Duration(segment)*x.opt.Segment
	seek := from
	if !indexed(x.info) {
		seek = 0 // a resumed run must get the very frames of an undisturbed one
	}
	frame, _ := x.layout.size(x.info.Width, x.info.Height)
	r := &Reader{
		t: x.t, path: x.src, from: from, until: 1<<63 - 1, width: x.info.Width, height: x.info.Height,
		size: frame, room: nutRoom, ring: x.opt.Workers + 3, stall: 10 * stallWall,
	}
	if x.opt.Length > 0 {
		r.until = x.opt.From + x.opt.Length
	}
	filter := fmt.Sprintf("scale=%d:%d:flags=bicubic%s,format=%s", x.info.Width, x.info.Height, x.layout.filter, x.layout.name)
	args := append(x.t.inputArgs(x.info, seek, x.opt.Threads, ""),
		"-map", fmt.Sprintf("0:%d", x.info.Index), "-vf", startAtZero(x.info)+filter)
	args = append(args, x.t.rawOutputArgs()...)
	const wall = 30 * 24 * time.Hour // the caller cancels; this only ends what nobody watches
	return r, r.start(x.ctx, x.in, args, wall, decodeLimits(x.info, wall))
}

// writeAll writes finished frames in order into the encoders of their segments.
func (x *transcode) writeAll(r *Reader, order <-chan *slot) error {
	for s := range order {
		err := <-s.done
		if err == nil {
			err = x.write(r, s)
		}
		at := s.at
		r.free <- s.buf
		if err != nil {
			return err
		}
		x.result.Frames++
		x.result.Last = at
		if x.opt.Progress != nil {
			x.opt.Progress(at, x.result.Frames)
		}
	}
	return nil
}

func (x *transcode) write(r *Reader, s *slot) error {
	if x.writer == nil {
		w, err := newNUTWriter(r.nut)
		if err != nil {
			return err
		}
		x.writer = w
	}
	number := int(max(0, s.at-x.opt.From) / x.opt.Segment)
	if x.current == nil || number > x.current.number {
		if err := x.nextSegment(number); err != nil {
			return err
		}
	}
	var head [nutRoom]byte
	h := x.writer.frame(head[:0], s.pts, r.size)
	start := nutRoom - len(h)
	copy(s.buf[start:], h)
	x.current.frames++
	return x.current.write(s.buf[start:])
}

// nextSegment begins a segment; the encoder of the one before empties itself
// meanwhile.
func (x *transcode) nextSegment(number int) error {
	if err := x.endSegment(); err != nil {
		return err
	}
	e, err := x.startEncoder(number)
	if err != nil {
		return err
	}
	x.current = e
	return e.write(x.writer.header)
}

// endSegment closes the current segment and waits for the one before it.
func (x *transcode) endSegment() error {
	if x.closing != nil {
		err := <-x.closing
		x.closing = nil
		if err != nil {
			return err
		}
	}
	if x.current == nil {
		return nil
	}
	e := x.current
	x.current = nil
	x.closing = make(chan error, 1)
	go func() { x.closing <- e.finish() }()
	return nil
}

// encoding is one running encoder.
type encoding struct {
	x      *transcode
	number int
	frames int64
	proc   *process
	pipe   *os.File
	out    *outFile
}

func (x *transcode) startEncoder(number int) (*encoding, error) {
	out, err := createOut(x.segments.dir)
	if err != nil {
		return nil, err
	}
	pr, pw, err := os.Pipe()
	if err != nil {
		out.drop()
		return nil, err
	}
	widenPipe(pw)
	p, err := x.t.start(x.ctx, task{
		path: x.t.ffmpeg, args: x.encoderArgs(), outputs: []*os.File{out.File}, stdin: pr,
		limits: limits{Memory: 6<<30 + uint64(x.info.Width)*uint64(x.info.Height)*512, Output: 1 << 40, Files: 64},
	})
	_ = pr.Close()
	if err != nil {
		_ = pw.Close()
		out.drop()
		return nil, err
	}
	return &encoding{x: x, number: number, proc: p, pipe: pw, out: out}, nil
}

// encoderArgs read raw frames and write a NUT stream with the same times.
func (x *transcode) encoderArgs() []string {
	i := x.info
	args := []string{
		"-v", "error", "-hide_banner", "-nostdin", "-y", "-copyts", "-protocol_whitelist", protocols, "-f", "nut",
		"-fpsprobesize", "0", "-analyzeduration", "0", "-i", "pipe:0", "-map", "0:v:0", "-vf", x.tagFilter(),
	}
	args = append(args, x.t.passthrough()...)
	args = append(args, "-threads", fmt.Sprint(x.opt.Threads))
	if i.Interlaced {
		args = append(args, "-flags:v", "+ildct+ilme")
	}
	if i.ChromaSite != "" {
		args = append(args, "-chroma_sample_location", i.ChromaSite)
	}
	args = append(args, "-pix_fmt", x.layout.name)
	args = append(args, x.opt.Encoder...)
	return append(args, "-fflags", "+bitexact", "-avoid_negative_ts", "disabled", "-write_index", "0", "-f", "nut", "{out0}")
}

// evenSize is the size of the frames encoded: H.264 and H.265 with subsampled
// chroma cannot have odd sizes.
func (x *transcode) evenSize() (width, height int) {
	width, height = x.info.Width, x.info.Height
	odd := true
	for _, o := range x.opt.Encoder {
		odd = odd && !strings.Contains(o, "264") && !strings.Contains(o, "265") && !strings.Contains(o, "hevc")
	}
	if odd {
		return width, height
	}
	if x.layout.shiftW > 0 && width > 1 {
		width &^= 1
	}
	if x.layout.shiftH > 0 && height > 1 {
		height &^= 1
	}
	return width, height
}

// tagFilter puts on the frames what raw video does not carry.
func (x *transcode) tagFilter() string {
	tags := []string{"range=" + x.layout.tagRange}
	add := func(name, value string) {
		if value != "" {
			tags = append(tags, name+"="+value)
		}
	}
	add("color_primaries", x.info.Primaries)
	add("color_trc", x.info.Transfer)
	add("colorspace", x.layout.matrix)
	switch {
	case x.info.Interlaced && x.info.TopFirst:
		add("field_mode", "tff")
	case x.info.Interlaced:
		add("field_mode", "bff")
	}
	filter := "setparams=" + strings.Join(tags, ":")
	if w, h := x.evenSize(); w != x.info.Width || h != x.info.Height {
		filter = fmt.Sprintf("crop=%d:%d:0:0,", w, h) + filter
	}
	return filter
}

// write passes bytes to the encoder.
func (e *encoding) write(b []byte) error {
	if _, err := e.pipe.Write(b); err != nil {
		_ = e.pipe.Close()
		return e.trouble(e.proc.wait(), err)
	}
	return nil
}

// finish lets the encoder end and keeps its segment.
func (e *encoding) finish() error {
	defer e.out.drop()
	_ = e.pipe.Close()
	if err := e.proc.wait(); err != nil {
		return e.trouble(err, nil)
	}
	return e.x.segments.add(e.number, e.frames, e.out)
}

// abandon throws the segment away.
func (e *encoding) abandon() {
	_ = e.pipe.Close()
	e.proc.kill()
	e.out.drop()
}

// trouble puts the failure of an encoder or muxer into words.
func (e *encoding) trouble(werr, err error) error {
	return e.x.writerTrouble(e.x.segments.dir, "the video could not be encoded", e.proc, errors.Join(werr, err))
}

func (x *transcode) writerTrouble(where, what string, p *process, err error) error {
	if cause := context.Cause(x.ctx); cause != nil {
		return cause
	}
	detail := p.log.telling()
	switch {
	case strings.Contains(detail, "No space left"), strings.Contains(detail, "quota exceeded"):
		return &Error{Kind: DiskFull, File: x.dst, What: "the disk is full", Do: "make room or choose another place", Err: err}
	case strings.Contains(detail, "Unknown encoder"):
		return &Error{
			Kind:   Unsupported,
			File:   x.dst,
			What:   "the installed ffmpeg does not have this encoder",
			Do:     "choose another encoder, or install a complete ffmpeg",
			Detail: detail,
			Err:    err,
		}
	}
	if b := brokenBy(err); b != nil && detail == "" {
		detail = b.Error()
	}
	return &Error{
		Kind:   Tool,
		File:   x.dst,
		What:   what,
		Do:     "check the encoder options and the space in " + filepath.ToSlash(where),
		Detail: detail,
		Err:    err,
	}
}
