// SPDX-License-Identifier: AGPL-3.0-or-later

package access

import (
	"cmp"
	"slices"

	"github.com/cespare/xxhash/v2"
)

// Link says that a session belongs to a tag.
type Link struct{ Session, Tag string }

// Sample is a line that was not used.
type Sample struct {
	Line   int64  `json:"line"` // from 1
	Reason Reason `json:"reason"`
	Text   string `json:"text"` // its beginning, made safe to show
}

const (
	maxSamples = 20  // of each reason
	sampleText = 200 // bytes of a line
)

// Counts says what became of lines.
type Counts struct {
	Lines     int64            `json:"lines"`     // all of them
	Matched   int64            `json:"matched"`   // requests that carry a tag
	Waiting   int64            `json:"waiting"`   // requests with a session but no tag
	Unmatched map[Reason]int64 `json:"unmatched"` // requests that are nobody's
	Rejected  map[Reason]int64 `json:"rejected"`  // lines that are no request
	Comments  int64            `json:"comments"`  // lines that begin with # where the format has such
}

// Add adds the counts of other lines.
func (c *Counts) Add(other Counts) {
	c.Lines += other.Lines
	c.Matched += other.Matched
	c.Waiting += other.Waiting
	c.Comments += other.Comments
	c.Unmatched = addCounts(c.Unmatched, other.Unmatched)
	c.Rejected = addCounts(c.Rejected, other.Rejected)
}

func addCounts(to, from map[Reason]int64) map[Reason]int64 {
	if to == nil {
		to = make(map[Reason]int64, len(from))
	}
	for k, n := range from {
		to[k] += n
	}
	return to
}

// RejectedLines is how many lines are no request.
func (c Counts) RejectedLines() int64 { return sum(c.Rejected) }

// UnmatchedLines is how many requests are nobody's.
func (c Counts) UnmatchedLines() int64 { return sum(c.Unmatched) }

func sum(m map[Reason]int64) int64 {
	var n int64
	for _, v := range m {
		n += v
	}
	return n
}

// Tally adds up requests.
type Tally struct {
	Counts  Counts
	Parts   map[Key]*Part
	Links   map[Link]struct{}
	Samples []Sample // the first of each reason
	cost    int
}

// NewTally makes an empty one.
func NewTally() *Tally {
	return &Tally{
		Counts: Counts{Unmatched: map[Reason]int64{}, Rejected: map[Reason]int64{}},
		Parts:  map[Key]*Part{}, Links: map[Link]struct{}{},
	}
}

// Size is how much memory the tally takes, about, in bytes.
func (t *Tally) Size() int {
	size := 0
	for key, part := range t.Parts {
		size += part.cost() + len(key.Tag) + len(key.Session) + len(key.File) + len(key.Agent) + len(key.Language)
	}
	for link := range t.Links {
		size += 64 + len(link.Session) + len(link.Tag)
	}
	return size
}

// Merge takes another tally in, of other lines.
func (t *Tally) Merge(other *Tally) {
	t.Counts.Add(other.Counts)
	for key, part := range other.Parts {
		if mine, ok := t.Parts[key]; ok {
			mine.Merge(part)
		} else {
			t.Parts[key] = part
		}
	}
	for link := range other.Links {
		t.Links[link] = struct{}{}
	}
	t.Samples = MergeSamples(t.Samples, other.Samples)
}

// MergeSamples keeps the first samples of each reason, in the order of lines.
func MergeSamples(a, b []Sample) []Sample {
	all := slices.Concat(a, b)
	slices.SortFunc(all, func(x, y Sample) int { return cmp.Or(cmp.Compare(x.Line, y.Line), cmp.Compare(x.Reason, y.Reason)) })
	all = slices.Compact(all)
	seen := map[Reason]int{}
	return slices.DeleteFunc(all, func(s Sample) bool {
		seen[s.Reason]++
		return seen[s.Reason] > maxSamples
	})
}

// counter is what one goroutine adds lines up with.
type counter struct {
	finder
	tally   *Tally
	parser  parser
	request Request
	rules   *Rules
	index   map[string]*Part // by the key's bytes
	key     []byte
	proxies addresses
	sampled map[Reason]int
	fields  []string
	linked  map[string]struct{} // sessions with tags that are in the tally already
}

func newCounter(rules *Rules) *counter {
	c := &counter{finder: finder{rules: rules}, rules: rules}
	c.take()
	return c
}

// take returns what was added up and begins anew.
func (c *counter) take() *Tally {
	t := c.tally
	c.tally, c.index, c.sampled, c.linked = NewTally(), map[string]*Part{}, map[Reason]int{}, map[string]struct{}{}
	return t
}

// line adds one line.
func (c *counter) line(text []byte, number int64) {
	if n := len(text); n > 0 && text[n-1] == '\r' {
		text = text[:n-1]
	}
	c.tally.Counts.Lines++
	if len(text) == 0 {
		c.reject(Empty, text, number)
		return
	}
	r := &c.request
	if err := c.parser.parse(text, r); err != nil {
		why, ok := err.(Reason) //nolint:errorlint // parsers return nothing else
		if !ok {
			why = BadShape
		}
		c.reject(why, text, number)
		return
	}
	tag, session, o, why := c.find(r)
	if why != "" {
		c.tally.Counts.Unmatched[why]++
		c.sample(why, text, number)
		return
	}
	if session != nil {
		c.tally.Counts.Waiting++
	} else {
		c.tally.Counts.Matched++
	}
	if len(c.rules.Proxies) > 0 {
		r.Client = c.address(r, c.proxies.read)
	}
	p := c.part(tag, session, &o, r)
	id := text
	if len(r.ID) > 0 {
		id = r.ID
	}
	c.tally.cost -= p.cost()
	p.add(r, &o, xxhash.Sum64(id), number)
	if tag != nil && c.unverified {
		p.Notes |= Unverified
	}
	c.tally.cost += p.cost()
}

func (c *counter) reject(why Reason, text []byte, number int64) {
	c.tally.Counts.Rejected[why]++
	c.sample(why, text, number)
}

func (c *counter) sample(why Reason, text []byte, number int64) {
	if c.sampled[why] < maxSamples { // lines come in order within a tally
		c.sampled[why]++
		c.tally.Samples = append(c.tally.Samples, Sample{number, why, plain(text[:min(len(text), sampleText)])})
	}
}

// part finds the part that a request belongs to, and makes it where there is none.
func (c *counter) part(tag, session []byte, o *object, r *Request) *Part {
	b := c.key[:0]
	address := r.Client.As16()
	b = append(b, address[:]...)
	for _, text := range [][]byte{tag, session, o.file, r.Agent, r.Language} {
		b = append(b, text...)
		b = append(b, 0)
	}
	c.key = b
	p, ok := c.index[string(b)]
	if ok {
		if tag != nil && len(r.Session) > 0 {
			c.link(r.Session, tag)
		}
		return p
	}
	key := Key{
		Tag: string(tag), Session: plain(session), File: plain(o.file),
		Client: Client{Address: r.Client, Agent: plain(r.Agent), Language: plain(r.Language)},
	}
	// Two ways of writing can come to the same text.
	if p = c.tally.Parts[key]; p == nil {
		p = &Part{}
		if c.rules.Sampled {
			p.Notes |= Sampled
		}
		c.tally.Parts[key] = p
		c.tally.cost += p.cost() + len(b)
	}
	c.index[string(b)] = p
	c.tally.cost += 2 * len(b)
	if tag != nil && len(r.Session) > 0 {
		c.link(r.Session, tag)
	}
	return p
}

func (c *counter) link(session, tag []byte) {
	if len(session) > maxTag {
		return
	}
	b := append(append(append(c.key[:0], session...), 0), tag...)
	c.key = b
	if _, ok := c.linked[string(b)]; ok {
		return
	}
	c.linked[string(b)] = struct{}{}
	c.tally.Links[Link{plain(session), string(tag)}] = struct{}{}
	c.tally.cost += 64 + 2*len(b)
}
