// SPDX-License-Identifier: AGPL-3.0-or-later

package desk

import (
	"time"

	"spoor/engine"
	"spoor/report"
	"spoor/report/casereport"
)

// Pair tells which place of a title a leak shows when, as far as an examination found out.
type Pair struct {
	TitleID string
	Sight   *engine.Sight // where the leak was laid over the title; nil where it was not
	spans   []report.Span
}

// NewPair reads a pair out of a backtrace and its record; ok is false where no title is known.
func NewPair(b *engine.Backtrace, record *engine.TraceRecord) (p Pair, ok bool) {
	p.TitleID = b.TitleID
	for i := range record.Sights {
		if record.Sights[i].Title == b.TitleID {
			p.Sight = &record.Sights[i]
			break
		}
	}
	evidence, err := casereport.Evidence(b, record)
	if err == nil && len(evidence.Findings) > 0 {
		p.TitleID, p.spans = evidence.Findings[0].TitleID, evidence.Findings[0].Spans
	}
	return p, p.TitleID != ""
}

// Title is the time of the title that the leak shows at a time; ok is false where nothing tells.
func (p *Pair) Title(leak time.Duration) (at time.Duration, ok bool) {
	var nearest *report.Span
	for i := range p.spans {
		s := &p.spans[i]
		if s.TitleFrom == nil || s.TitleTo == nil {
			continue
		}
		if leak >= s.From && leak <= s.To {
			return along(s, leak), true
		}
		if nearest == nil || away(s, leak) < away(nearest, leak) {
			nearest = s
		}
	}
	if p.Sight != nil {
		return max(time.Duration(p.Sight.TitleAt(leak.Milliseconds()))*time.Millisecond, 0), true
	}
	if nearest == nil {
		return 0, false
	}
	return max(along(nearest, leak), 0), true
}

// along goes on in a stretch at its own speed.
func along(s *report.Span, leak time.Duration) time.Duration {
	speed := 1.0
	if s.To > s.From {
		speed = float64(*s.TitleTo-*s.TitleFrom) / float64(s.To-s.From)
	}
	return *s.TitleFrom + time.Duration(speed*float64(leak-s.From))
}

// away is how far a time is from a stretch.
func away(s *report.Span, at time.Duration) time.Duration { return max(s.From-at, at-s.To, 0) }
