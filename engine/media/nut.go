// SPDX-License-Identifier: AGPL-3.0-or-later

package media

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/bits"
	"time"
)

// NUT is ffmpeg's own container, specified in
// https://ffmpeg.org/~michael/nut.txt. It is the one raw-video container that
// carries exact time stamps (any time base), variable frame rates and any
// sample format. This file reads what a confined ffmpeg writes: one video
// stream. The child may have been taken over by a hostile file, so every
// field is checked and every size is bounded.

const (
	nutMagic      = "nut/multimedia container\x00"
	nutMain       = 0x4E4D7A561F5F04AD
	nutStream     = 0x4E5311405BF2F9DB
	nutSync       = 0x4E4BE4ADEECA4569
	nutIndex      = 0x4E58DD672F23E64E
	nutInfo       = 0x4E49AB68B596BA78
	nutMaxPacket  = 1 << 20 // headers are a few hundred bytes
	nutMaxElision = 256
)

// Flags of a NUT frame.
const (
	nutKey       = 1
	nutEOR       = 2
	nutCodedPTS  = 8
	nutStreamID  = 16
	nutSizeMSB   = 32
	nutChecksum  = 64
	nutReserved  = 128
	nutSideData  = 256
	nutHeaderIdx = 1024
	nutMatchTime = 2048
	nutCoded     = 4096
	nutInvalid   = 8192
)

var (
	errNUT            = errors.New("malformed frame stream from the decoder")
	errNoFrames       = errors.New("no frame follows the headers")
	errEndOfRelevance = errors.New("end of relevance") // NUT's word for the end of a stream
)

func nutErr(format string, a ...any) error {
	return fmt.Errorf("%w: %s", errNUT, fmt.Sprintf(format, a...))
}

// rational is num/den.
type rational struct{ num, den int64 }

type nutCode struct {
	flags          uint64
	stream         uint64
	mul, lsb       uint64
	ptsDelta       int64
	reserved, head uint64
}

// nutReader reads a NUT stream with one video stream in it.
type nutReader struct {
	r        *bufio.Reader
	header   []byte // everything up to the first sync point, verbatim, without the magic
	codes    [256]nutCode
	elision  [][]byte
	bases    []rational
	base     rational
	ptsShift uint64
	lastPTS  int64
	width    int
	height   int
	fourCC   string
	started  bool
	scratch  []byte
}

// newNUTReader reads the headers. io.EOF means that there is no frame.
func newNUTReader(r io.Reader) (*nutReader, error) {
	n := &nutReader{r: bufio.NewReaderSize(r, 64<<10)}
	var magic [len(nutMagic)]byte
	if _, err := io.ReadFull(n.r, magic[:]); err != nil {
		return nil, err
	}
	if string(magic[:]) != nutMagic {
		return nil, nutErr("no signature")
	}
	err := n.readHeaders()
	if errors.Is(err, errNoFrames) {
		return nil, io.EOF
	}
	if err != nil {
		return nil, noEOF(err)
	}
	return n, nil
}

// readHeaders reads packets until a sync point comes up, which it leaves unread.
func (n *nutReader) readHeaders() error {
	var main, stream bool
	for {
		b, err := n.r.Peek(8)
		if len(b) == 0 && main && stream && errors.Is(err, io.EOF) {
			return errNoFrames
		}
		if err != nil {
			return err
		}
		code := binary.BigEndian.Uint64(b)
		if code == nutSync {
			break
		}
		body, err := n.readPacket(true)
		if err != nil {
			return err
		}
		p := nutFields{b: body}
		switch code {
		case nutMain:
			if main {
				return nutErr("second main header")
			}
			main = true
			n.readMain(&p)
		case nutStream:
			if !main || stream {
				return nutErr("stream header out of place")
			}
			stream = true
			n.readStream(&p)
		case nutInfo, nutIndex:
		default:
			return nutErr("unknown packet %016x", code)
		}
		if p.bad {
			return nutErr("broken header")
		}
	}
	if !main || !stream {
		return nutErr("headers missing")
	}
	return nil
}

// readPacket reads one packet with its start code and returns its content
// without the checksum; with keep, it is also added to the verbatim header.
// The result is valid until the next call.
func (n *nutReader) readPacket(keep bool) ([]byte, error) {
	var head [8 + 10 + 4]byte
	if _, err := io.ReadFull(n.r, head[:8]); err != nil {
		return nil, err
	}
	k := 8
	var size uint64
	for {
		c, err := n.r.ReadByte()
		if err != nil {
			return nil, err
		}
		head[k] = c
		k++
		size = size<<7 | uint64(c&0x7f)
		if c&0x80 == 0 {
			break
		}
		if size > nutMaxPacket {
			return nil, nutErr("packet too large")
		}
	}
	if size < 4 || size > nutMaxPacket {
		return nil, nutErr("packet of %d bytes", size)
	}
	if size > 4096 {
		if _, err := io.ReadFull(n.r, head[k:k+4]); err != nil {
			return nil, err
		}
		if nutCRC(head[:k]) != binary.BigEndian.Uint32(head[k:]) {
			return nil, nutErr("packet checksum")
		}
		k += 4
	}
	if uint64(cap(n.scratch)) < size {
		n.scratch = make([]byte, size)
	}
	body := n.scratch[:size]
	if _, err := io.ReadFull(n.r, body); err != nil {
		return nil, err
	}
	if nutCRC(body) != 0 { // a checksum that follows its data leaves nothing
		return nil, nutErr("packet checksum")
	}
	if keep {
		if len(n.header) > nutMaxPacket {
			return nil, nutErr("headers too large")
		}
		n.header = append(append(n.header, head[:k]...), body...)
	}
	return body[:size-4], nil
}

func (n *nutReader) readMain(p *nutFields) {
	version := p.uint()
	if version != 3 && version != 4 {
		p.bad = true
		return
	}
	if version > 3 {
		p.uint()
	}
	if p.uint() != 1 { // streams
		p.bad = true
		return
	}
	p.uint() // max_distance: only a hint for seeking
	count := p.uint()
	if count == 0 || count > 16 {
		p.bad = true
		return
	}
	for range count {
		b := rational{int64(p.uint()), int64(p.uint())}
		if b.num <= 0 || b.den <= 0 || b.num > 1<<31 || b.den > 1<<31 {
			p.bad = true
			return
		}
		n.bases = append(n.bases, b)
	}
	n.readCodes(p)
	n.readElision(p)
	if len(p.b) > 0 {
		p.uint() // flags
	}
}

// readCodes reads the table that gives each of the 256 frame codes its meaning.
func (n *nutReader) readCodes(p *nutFields) {
	var pts int64
	mul, stream, head := uint64(1), uint64(0), uint64(0)
	for i := 0; i < 256; {
		flags, fields := p.uint(), p.uint()
		var size, res uint64
		if fields > 0 {
			pts = p.int()
		}
		if fields > 1 {
			mul = p.uint()
		}
		if fields > 2 {
			stream = p.uint()
		}
		if fields > 3 {
			size = p.uint()
		}
		if fields > 4 {
			res = p.uint()
		}
		count := mul - size
		if fields > 5 {
			count = p.uint()
		}
		if fields > 6 {
			p.int() // match_time
		}
		if fields > 7 {
			head = p.uint()
		}
		for j := uint64(8); j < fields && !p.bad; j++ {
			p.uint()
		}
		if p.bad || count == 0 || count > 256 || mul > 1<<16 || size > 1<<16 {
			p.bad = true
			return
		}
		for j := uint64(0); j < count && i < 256; i++ {
			if i == 'N' { // never a frame: it begins every start code
				n.codes[i].flags = nutInvalid
				continue
			}
			n.codes[i] = nutCode{flags: flags, stream: stream, mul: mul, lsb: size + j, ptsDelta: pts, reserved: res, head: head}
			j++
		}
	}
}

func (n *nutReader) readElision(p *nutFields) {
	n.elision = append(n.elision, nil)
	if len(p.b) == 0 {
		return
	}
	count := p.uint()
	if count > 127 {
		p.bad = true
		return
	}
	for range count {
		h := p.bytes(nutMaxElision)
		n.elision = append(n.elision, append([]byte(nil), h...))
	}
}

func (n *nutReader) readStream(p *nutFields) {
	if number, class := p.uint(), p.uint(); number != 0 || class != 0 { // class 0 is video
		p.bad = true
		return
	}
	n.fourCC = string(p.bytes(8))
	id := p.uint()
	n.ptsShift = p.uint()
	p.uint()          // max_pts_distance
	p.uint()          // decode_delay
	p.uint()          // flags
	p.bytes(64 << 10) // codec specific data
	w, h := p.uint(), p.uint()
	if p.bad || id >= uint64(len(n.bases)) || n.ptsShift > 15 || w == 0 || h == 0 || w > maxSide || h > maxSide {
		p.bad = true
		return
	}
	n.base = n.bases[id]
	n.width, n.height = int(w), int(h)
}

// next reads one frame into buf, which must have the size of a frame exactly,
// and returns its presentation time in units of n.base.
func (n *nutReader) next(buf []byte) (int64, error) {
	size, pts, head, err := n.frameHeader()
	if err != nil {
		return 0, err
	}
	if size != uint64(len(buf)) {
		return 0, nutErr("frame of %d bytes, expected %d", size, len(buf))
	}
	k := copy(buf, head)
	if k < len(head) {
		return 0, nutErr("frame shorter than its elided header")
	}
	if _, err := io.ReadFull(n.r, buf[k:]); err != nil {
		return 0, noEOF(err)
	}
	return pts, nil
}

// frameHeader reads up to the first byte of a frame's data. io.EOF means a
// clean end between frames.
func (n *nutReader) frameHeader() (size uint64, pts int64, head []byte, err error) {
	for {
		b, err := n.r.Peek(1)
		if err != nil {
			return 0, 0, nil, err
		}
		if b[0] != 'N' {
			break
		}
		if err := n.skipPacket(); err != nil {
			return 0, 0, nil, noEOF(err)
		}
	}
	if !n.started {
		return 0, 0, nil, nutErr("frame before a sync point")
	}
	size, pts, head, err = n.readFrameHeader()
	if errors.Is(err, errEndOfRelevance) {
		return 0, 0, nil, io.EOF
	}
	return size, pts, head, noEOF(err)
}

// skipPacket handles what may stand between frames.
func (n *nutReader) skipPacket() error {
	b, err := n.r.Peek(8)
	if err != nil {
		return err
	}
	code := binary.BigEndian.Uint64(b)
	body, err := n.readPacket(false)
	if err != nil {
		return err
	}
	switch code {
	case nutSync:
		p := nutFields{b: body}
		t := p.uint()
		if p.bad {
			return nutErr("broken sync point")
		}
		from := n.bases[t%uint64(len(n.bases))]
		n.lastPTS = convertTicks(int64(t/uint64(len(n.bases))), from, n.base)
		n.started = true
	case nutMain, nutStream, nutInfo, nutIndex:
	default:
		return nutErr("unknown packet %016x", code)
	}
	return nil
}

func (n *nutReader) readFrameHeader() (size uint64, pts int64, head []byte, err error) {
	c, err := n.r.ReadByte()
	if err != nil {
		return 0, 0, nil, err
	}
	code := &n.codes[c]
	v := nutVar{r: n.r}
	flags := code.flags
	if flags&nutInvalid != 0 {
		return 0, 0, nil, nutErr("invalid frame code")
	}
	if flags&nutCoded != 0 {
		flags ^= v.uint()
	}
	stream := code.stream
	if flags&nutStreamID != 0 {
		stream = v.uint()
	}
	pts = n.lastPTS + code.ptsDelta
	if flags&nutCodedPTS != 0 {
		pts = n.fullPTS(v.uint())
	}
	size = code.lsb
	if flags&nutSizeMSB != 0 {
		hi, lo := bits.Mul64(code.mul, v.uint())
		if hi != 0 || lo > 1<<40 {
			return 0, 0, nil, nutErr("frame too large")
		}
		size += lo
	}
	if flags&nutMatchTime != 0 {
		v.uint()
	}
	index := code.head
	if flags&nutHeaderIdx != 0 {
		index = v.uint()
	}
	reserved := code.reserved
	if flags&nutReserved != 0 {
		reserved = v.uint()
	}
	if reserved > 16 || index >= uint64(len(n.elision)) || stream != 0 || flags&(nutSideData|nutInvalid) != 0 {
		return 0, 0, nil, nutErr("unexpected frame fields")
	}
	for range reserved {
		v.uint()
	}
	if flags&nutChecksum != 0 {
		for range 4 {
			v.byte()
		}
	}
	if v.err != nil {
		return 0, 0, nil, v.err
	}
	if flags&nutEOR != 0 && size == 0 {
		return 0, 0, nil, errEndOfRelevance
	}
	n.lastPTS = pts
	return size, pts, n.elision[index], nil
}

// fullPTS restores a time stamp of which only the low bits may be coded.
func (n *nutReader) fullPTS(coded uint64) int64 {
	if coded >= 1<<n.ptsShift {
		return int64(coded - 1<<n.ptsShift)
	}
	mask := int64(1)<<n.ptsShift - 1
	delta := n.lastPTS - mask/2
	return ((int64(coded) - delta) & mask) + delta
}

// nutFields reads fields from a packet in memory; bad is set at the first
// field that is not there and every later read gives zero.
type nutFields struct {
	b   []byte
	bad bool
}

func (p *nutFields) uint() uint64 {
	var x uint64
	for i := range p.b {
		if x > 1<<56 {
			break
		}
		x = x<<7 | uint64(p.b[i]&0x7f)
		if p.b[i]&0x80 == 0 {
			p.b = p.b[i+1:]
			return x
		}
	}
	p.b, p.bad = nil, true
	return 0
}

func (p *nutFields) int() int64 {
	x := p.uint() + 1
	if x&1 != 0 {
		return -int64(x >> 1)
	}
	return int64(x >> 1)
}

func (p *nutFields) bytes(limit uint64) []byte {
	k := p.uint()
	if k > limit || k > uint64(len(p.b)) {
		p.b, p.bad = nil, true
		return nil
	}
	out := p.b[:k]
	p.b = p.b[k:]
	return out
}

// nutVar reads variable length numbers from the stream.
type nutVar struct {
	r   *bufio.Reader
	err error
}

func (v *nutVar) byte() byte {
	if v.err != nil {
		return 0
	}
	var c byte
	c, v.err = v.r.ReadByte()
	return c
}

func (v *nutVar) uint() uint64 {
	var x uint64
	for {
		c := v.byte()
		if v.err != nil {
			return 0
		}
		if x > 1<<56 {
			v.err = errNUT
			return 0
		}
		x = x<<7 | uint64(c&0x7f)
		if c&0x80 == 0 {
			return x
		}
	}
}

// convertTicks converts a time from one base to another, rounding down.
func convertTicks(t int64, from, to rational) int64 {
	return mulDiv(t, from.num*to.den, from.den*to.num, false)
}

// ticksToDuration converts a time stamp to a duration, to the nearest nanosecond.
func ticksToDuration(pts int64, base rational) time.Duration {
	return time.Duration(mulDiv(pts, base.num*int64(time.Second), base.den, true))
}

// mulDiv returns t*num/den without intermediate overflow, saturated, rounded
// down or to nearest.
func mulDiv(t, num, den int64, nearest bool) int64 {
	if den <= 0 || num < 0 {
		return 0
	}
	neg := t < 0
	u := uint64(t)
	if neg {
		u = -u
	}
	hi, lo := bits.Mul64(u, uint64(num))
	add := uint64(0)
	if nearest {
		add = uint64(den) / 2
	} else if neg {
		add = uint64(den) - 1
	}
	lo, carry := bits.Add64(lo, add, 0)
	hi += carry
	if hi >= uint64(den) {
		return saturated(neg)
	}
	q, _ := bits.Div64(hi, lo, uint64(den))
	if q > 1<<62 {
		return saturated(neg)
	}
	if neg {
		return -int64(q)
	}
	return int64(q)
}

func saturated(neg bool) int64 {
	if neg {
		return -1 << 62
	}
	return 1 << 62
}

// noEOF turns an end in the middle of something into io.ErrUnexpectedEOF.
func noEOF(err error) error {
	if errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}
