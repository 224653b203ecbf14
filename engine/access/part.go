// SPDX-License-Identifier: AGPL-3.0-or-later

package access

import (
	"cmp"
	"net/netip"
	"slices"
)

// Key says whose requests a [Part] holds. Requests without a tag but with a session wait for one that tells whose
// session it is; of Tag and Session one is empty.
type Key struct {
	Tag     string
	Session string
	File    string // what was fetched: a file, or the folder of a stream
	Client
}

// Client is who fetched: the same three are the same client.
type Client struct {
	Address  netip.Addr
	Agent    string // User-Agent; "" unknown
	Language string // Accept-Language; "" unknown
}

// Compare orders keys.
func (k Key) Compare(other Key) int {
	return cmp.Or(cmp.Compare(k.Tag, other.Tag), cmp.Compare(k.Session, other.Session), cmp.Compare(k.File, other.File),
		k.Client.Compare(other.Client))
}

// Compare orders clients.
func (c Client) Compare(other Client) int {
	return cmp.Or(c.Address.Compare(other.Address), cmp.Compare(c.Agent, other.Agent), cmp.Compare(c.Language, other.Language))
}

// Notes are what stands in the way of a percentage; a set of bits.
type Notes uint16

// The notes.
const (
	NoBytes    Notes = 1 << iota // an answer without a count of bytes
	NoNumber                     // a segment whose number cannot be told
	Sampled                      // the log leaves requests out
	Unverified                   // the tag is from a token whose signature was not checked
	Fragmented                   // too many pieces to keep apart
)

// PortSeen is a client's port at a time. Behind carrier-grade NAT an access provider needs both to name a customer.
type PortSeen struct {
	Time int64  `json:"time"` // milliseconds since 1970 UTC
	Port uint16 `json:"port"`
}

const maxPorts = 16 // of the first that were seen

// Part is what one client fetched of one thing, as far as one log or several tell. It is a union, see [Part.Merge].
type Part struct {
	First     int64      `json:"first"` // time of the earliest request
	Last      int64      `json:"last"`
	FirstLine int64      `json:"first_line"` // where it is in the log, from 1
	LastLine  int64      `json:"last_line"`
	Ports     []PortSeen `json:"ports,omitempty"` // the first 16, by time
	LastPort  PortSeen   `json:"last_port,omitzero"`
	Asked     bool       `json:"asked,omitempty"`     // video was asked for, whatever came of it
	Streaming bool       `json:"streaming,omitempty"` // a playlist or a piece of a stream was asked for
	Download  bool       `json:"download,omitempty"`  // a progressive download was asked for
	Some      bool       `json:"some,omitempty"`      // something with pictures was obtained
	Height    int32      `json:"height,omitempty"`    // of the tallest rendition of which something was obtained
	Kilobits  int32      `json:"kbps,omitempty"`      // the same by bit rate
	Size      int64      `json:"size,omitempty"`      // of the whole file, where an answer told it
	Bytes     Runs       `json:"bytes,omitzero"`      // of the file that were sent
	Segments  Runs       `json:"segments,omitzero"`   // that were sent, with milliseconds
	Loose     Loose      `json:"loose,omitzero"`      // sent, from an unknown place
	Notes     Notes      `json:"notes,omitempty"`
	Requests  Sketch     `json:"requests"`
}

// Loose are answers of which it is not known which bytes they held.
type Loose struct {
	Request uint64 `json:"request,omitempty"` // hash of the only one
	Largest int64  `json:"largest,omitempty"` // bytes of the largest
	Several bool   `json:"several,omitempty"`
}

// add takes one answer in.
func (l *Loose) add(other Loose) {
	switch {
	case other.Request == 0 && !other.Several:
		return
	case l.Request == 0 && !l.Several:
		*l = other
		return
	case l.Several || other.Several || l.Request != other.Request:
		l.Several, l.Request = true, 0
	}
	l.Largest = max(l.Largest, other.Largest)
}

// Merge takes another part of the same key in. It is commutative, associative and idempotent, as long as nothing
// exceeds its limit ([Fragmented]).
func (p *Part) Merge(other *Part) {
	if p.First == 0 && p.Last == 0 {
		*p = other.clone()
		return
	}
	if c := cmp.Or(cmp.Compare(other.First, p.First), cmp.Compare(other.FirstLine, p.FirstLine)); c < 0 {
		p.First, p.FirstLine = other.First, other.FirstLine
	}
	if c := cmp.Or(cmp.Compare(other.Last, p.Last), cmp.Compare(other.LastLine, p.LastLine)); c > 0 {
		p.Last, p.LastLine = other.Last, other.LastLine
	}
	for _, seen := range other.Ports {
		p.port(seen)
	}
	p.lastPort(other.LastPort)
	p.Asked = p.Asked || other.Asked
	p.Streaming = p.Streaming || other.Streaming
	p.Download = p.Download || other.Download
	p.Some = p.Some || other.Some
	p.Height = max(p.Height, other.Height)
	p.Kilobits = max(p.Kilobits, other.Kilobits)
	p.Size = max(p.Size, other.Size)
	p.Notes |= other.Notes
	if !p.Bytes.Merge(other.Bytes) || !p.Segments.Merge(other.Segments) {
		p.Notes |= Fragmented
	}
	p.Loose.add(other.Loose)
	p.Requests.Merge(other.Requests)
}

func (p *Part) clone() Part {
	c := *p
	c.Ports = slices.Clone(p.Ports)
	c.Bytes.list = slices.Clone(p.Bytes.list)
	c.Segments.list = slices.Clone(p.Segments.list)
	c.Requests.hashes = slices.Clone(p.Requests.hashes)
	return c
}

// port keeps a port, at the earliest time it was seen, among the first.
func (p *Part) port(seen PortSeen) {
	if seen.Port == 0 {
		return
	}
	before := func(a, b PortSeen) int { return cmp.Or(cmp.Compare(a.Time, b.Time), cmp.Compare(a.Port, b.Port)) }
	if n := len(p.Ports); n == maxPorts && before(seen, p.Ports[n-1]) >= 0 {
		return
	}
	for i, known := range p.Ports {
		if known.Port == seen.Port {
			if known.Time <= seen.Time {
				return
			}
			p.Ports = slices.Delete(p.Ports, i, i+1)
			break
		}
	}
	at, _ := slices.BinarySearchFunc(p.Ports, seen, before)
	p.Ports = slices.Insert(p.Ports, at, seen)
	p.Ports = p.Ports[:min(len(p.Ports), maxPorts)]
}

func (p *Part) lastPort(seen PortSeen) {
	if seen.Port != 0 && cmp.Or(cmp.Compare(seen.Time, p.LastPort.Time), cmp.Compare(seen.Port, p.LastPort.Port)) > 0 {
		p.LastPort = seen
	}
}

// add takes one request in. hash identifies it, line is where it stands.
func (p *Part) add(r *Request, o *object, hash uint64, line int64) {
	if p.First == 0 || r.Time < p.First || (r.Time == p.First && line < p.FirstLine) {
		p.First, p.FirstLine = r.Time, line
	}
	if r.Time > p.Last || (r.Time == p.Last && line > p.LastLine) {
		p.Last, p.LastLine = r.Time, line
	}
	if r.Port != 0 {
		p.port(PortSeen{r.Time, r.Port})
		p.lastPort(PortSeen{r.Time, r.Port})
	}
	p.Requests.Add(hash)
	p.Asked = p.Asked || o.kind != Other
	if len(r.Method) > 0 && string(r.Method) != "GET" {
		return
	}
	switch o.kind {
	case Playlist, Init, Sound, Segment, Streamed:
		p.Streaming = true
	case Download:
		p.Download = p.Download || r.Status < 400 || r.left()
	default:
	}
	p.obtain(r, o, hash)
}

// obtain takes in what was sent.
func (p *Part) obtain(r *Request, o *object, hash uint64) {
	whole := r.Status == 200 || r.Status == 206
	if (!whole || r.Body == 0) && (!r.left() || r.Body <= 0) {
		return
	}
	switch o.kind {
	case Segment:
		p.segment(r, o, whole)
	case Download, Streamed:
		p.bytes(r, hash)
	default:
		return
	}
	p.Some = true
	p.Height = max(p.Height, o.height)
	p.Kilobits = max(p.Kilobits, r.Kilobits)
}

// segment takes a segment in that was sent as a whole.
func (p *Part) segment(r *Request, o *object, whole bool) {
	switch {
	case !whole && (r.Length < 0 || r.Body < r.Length):
	case o.number < 0:
		p.Notes |= NoNumber
	case !p.Segments.Add(o.number, o.number+1, max(r.Duration, 0)):
		p.Notes |= Fragmented
	}
}

// bytes takes a piece of a file in.
func (p *Part) bytes(r *Request, hash uint64) {
	if r.Whole > 0 {
		p.Size = max(p.Size, r.Whole)
	}
	from, end := int64(0), r.Body
	switch {
	case r.Status == 206 && r.From < 0:
		p.Loose.add(Loose{Request: max(hash, 1), Largest: r.Body})
		if r.Body < 0 {
			p.Notes |= NoBytes
		}
		return
	case r.Status == 206 || r.left() && r.From >= 0:
		from = r.From
		if r.Body >= 0 {
			end = from + r.Body
		}
		if r.To >= 0 && (r.Body < 0 || end > r.To+1) {
			end = r.To + 1
		}
	case r.Status == 200 && r.Length >= 0:
		p.Size = max(p.Size, r.Length)
	}
	if end < 0 || from > 1<<60 {
		p.Notes |= NoBytes
		return
	}
	if !p.Bytes.Add(from, end, 0) {
		p.Notes |= Fragmented
	}
}

// cost is about how many bytes of memory a part takes.
func (p *Part) cost() int {
	return 512 + 24*(len(p.Bytes.list)+len(p.Segments.list)) + 8*len(p.Requests.hashes) + 16*len(p.Ports)
}
