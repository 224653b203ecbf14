// SPDX-License-Identifier: AGPL-3.0-or-later

package access

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Unknown is what a field says that cannot be told.
const Unknown = "N/A"

// Facts are what is known of a thing that was fetched, beside the logs. What is 0 is not known.
type Facts struct {
	Size       int64       `json:"size,omitempty"`       // bytes of the whole file
	Likely     int64       `json:"-"`                    // the same, where neither this nor the log tells: a guess
	Length     int64       `json:"length_ms,omitempty"`  // of the title, in milliseconds
	Segment    int32       `json:"segment_ms,omitempty"` // that each segment lasts
	Segments   int64       `json:"segments,omitempty"`   // that the title has
	Height     int32       `json:"height,omitempty"`     // of the picture, where there is one rendition only
	Renditions []Rendition `json:"renditions,omitempty"` // of a stream
}

// Rendition is one quality of a stream.
type Rendition struct {
	Kilobits int32 `json:"kbps"` // encoded bit rate
	Height   int32 `json:"height"`
}

// Access is what one client fetched of copies with one tag: a row of access_stats. What GeoIP knows is added elsewhere.
type Access struct {
	Client
	First, Last   int64 // milliseconds since 1970 UTC
	Percentage    string
	Resolution    string
	StreamingOnly string
	Requests      int64 // distinct ones
	Exact         bool  // or about so many
	Ports         []PortSeen
	LastPort      PortSeen
	Files         []string
	Notes         []string // why something cannot be told
	Covered       int64    // milliseconds of the title that were obtained; 0 unknown
}

// Keyed is a part with its key.
type Keyed struct {
	Key  Key
	Part *Part
}

// Accesses adds parts of one tag up to one row for each client, ordered by the first request. facts tells what is known
// of a file.
func Accesses(parts []Keyed, facts func(file string) Facts) []Access {
	type thing struct {
		client Client
		file   string
	}
	merged := map[thing]*Part{}
	files := map[Client][]string{}
	for _, k := range parts {
		at := thing{k.Key.Client, k.Key.File}
		if merged[at] == nil {
			merged[at] = &Part{}
			files[at.client] = append(files[at.client], at.file)
		}
		merged[at].Merge(k.Part)
	}
	out := make([]Access, 0, len(files))
	for client, names := range files {
		slices.Sort(names)
		row := rowMaker{best: -1}
		for _, name := range names {
			row.add(name, merged[thing{client, name}], facts(name))
		}
		out = append(out, row.done(client))
	}
	slices.SortFunc(out, func(a, b Access) int { return cmp.Or(cmp.Compare(a.First, b.First), a.Client.Compare(b.Client)) })
	return out
}

// rowMaker makes one row out of the things that one client fetched.
type rowMaker struct {
	all      Part
	row      Access
	height   int32
	best     int    // percent, -1 unknown
	unknown  string // why a percentage is not known
	pictures bool
}

func (m *rowMaker) add(file string, p *Part, f Facts) {
	whole := *p
	whole.Bytes, whole.Segments = Runs{}, Runs{} // numbers of different files do not mix
	m.all.Merge(&whole)
	if file != "" {
		m.row.Files = append(m.row.Files, file)
	}
	m.height = max(m.height, tallest(p, f))
	if p.Asked {
		m.pictures = true
		percent, why := percentage(p, f)
		switch {
		case why != "":
			m.unknown = why
		case percent > m.best:
			m.best = percent
			m.row.Covered = covered(p, f)
		}
	}
}

func (m *rowMaker) done(client Client) Access {
	r, p := &m.row, &m.all
	r.Client, r.First, r.Last = client, p.First, p.Last
	r.Ports, r.LastPort = p.Ports, p.LastPort
	r.Requests, r.Exact = p.Requests.Count()
	r.Resolution, r.StreamingOnly, r.Percentage = Unknown, Unknown, Unknown
	if m.height > 0 {
		r.Resolution = fmt.Sprintf("%dp", m.height)
	}
	switch {
	case p.Download:
		r.StreamingOnly = "no"
	case p.Streaming:
		r.StreamingOnly = "yes"
	}
	switch {
	case !m.pictures:
		m.unknown = "no request for video"
	case p.Notes&Sampled != 0:
		m.unknown = "the log leaves requests out (sampled)"
	case m.best == 100 || (m.best >= 0 && m.unknown == ""):
		r.Percentage, m.unknown = fmt.Sprintf("%d%%", m.best), ""
	}
	if m.unknown != "" {
		r.Notes = append(r.Notes, "percentage_obtained: "+m.unknown)
	}
	if p.Notes&Unverified != 0 {
		r.Notes = append(r.Notes, "the tag is from a watermarking token whose signature was not checked")
	}
	return *r
}

// tallest is the height of the tallest rendition of which something was obtained.
func tallest(p *Part, f Facts) int32 {
	if !p.Some {
		return 0
	}
	if p.Height > 0 {
		return p.Height
	}
	var best Rendition
	for _, r := range f.Renditions {
		// Players round, and tb is the bit rate of a rendition's peak: the nearest one counts.
		if p.Kilobits > 0 && (best.Kilobits == 0 || distance(r.Kilobits, p.Kilobits) < distance(best.Kilobits, p.Kilobits)) {
			best = r
		}
	}
	return cmp.Or(best.Height, f.Height)
}

func distance(a, b int32) int32 { return max(a-b, b-a) }

// percentage says how much of a thing was obtained, in whole percent, rounded down but never to 0 where something was
// obtained; or why that cannot be told.
func percentage(p *Part, f Facts) (percent int, why string) {
	if !p.Some {
		return 0, ""
	}
	best, unknown := int64(-1), ""
	note := func(n int64, reason string) {
		best = max(best, n)
		if reason != "" {
			unknown = reason
		}
	}
	if !p.Segments.Empty() || p.Notes&NoNumber != 0 {
		note(segmentsPercent(p, f))
	}
	if !p.Bytes.Empty() || p.Loose != (Loose{}) || p.Notes&NoBytes != 0 {
		note(bytesPercent(p, f))
	}
	switch {
	case best >= 100:
		return 100, ""
	case p.Notes&Fragmented != 0:
		return 0, "more pieces than can be kept apart"
	case unknown != "":
		return 0, unknown
	}
	return int(max(best, 1)), "" // what was cut off in its first piece is something all the same
}

func segmentsPercent(p *Part, f Facts) (percent int64, why string) {
	switch {
	case p.Notes&NoNumber != 0:
		return -1, "segments whose numbers cannot be told"
	case f.Segments > 0:
		return ratio(p.Segments.Count(), f.Segments), ""
	case f.Length <= 0:
		return -1, "the length of the title is not known"
	}
	sum, known := p.Segments.Sum(f.Segment)
	if !known {
		return -1, "the length of the segments is not known"
	}
	return ratio(sum, f.Length), ""
}

func bytesPercent(p *Part, f Facts) (percent int64, why string) {
	size := cmp.Or(f.Size, p.Size, f.Likely)
	got := p.Bytes.Count()
	loose := p.Loose
	switch {
	case size <= 0:
		return -1, "the size of the file is not known"
	case max(got, loose.Largest) >= size:
		return 100, ""
	case p.Notes&NoBytes != 0:
		return -1, "the log has no count of bytes"
	case loose == (Loose{}):
		return ratio(p.Bytes.Within(size), size), ""
	case !loose.Several && p.Bytes.Empty():
		return ratio(loose.Largest, size), ""
	}
	return -1, "the log does not say which bytes were sent"
}

func ratio(part, whole int64) int64 {
	if part >= whole {
		return 100
	}
	if whole > 1<<56 { // times 100 would not fit
		part, whole = part>>8, whole>>8
	}
	return 100 * part / whole
}

// covered is how much of the title was obtained, in milliseconds; 0 where that is not known.
func covered(p *Part, f Facts) int64 {
	segment := f.Segment
	if segment == 0 && f.Segments > 0 {
		segment = int32(f.Length / f.Segments)
	}
	if sum, known := p.Segments.Sum(segment); known {
		if f.Length > 0 {
			sum = min(sum, f.Length)
		}
		return sum
	}
	if size := cmp.Or(f.Size, p.Size, f.Likely); size > 0 && f.Length > 0 {
		got := max(min(p.Bytes.Count(), size), 0)
		return int64(float64(got) / float64(size) * float64(f.Length))
	}
	return 0
}

// FileName is the last part of what was fetched, for people.
func FileName(file string) string { return file[strings.LastIndexByte(file, '/')+1:] }
