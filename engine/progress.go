// SPDX-License-Identifier: AGPL-3.0-or-later

package engine

import "time"

// Progress is how far a long piece of work is.
type Progress struct {
	Stage string        // what is being done, in words, such as "marking for alice"
	Done  int64         // in a unit of the stage's own
	Total int64         // in the same unit; 0 if it is not known
	Left  time.Duration // estimate of the time that the stage still takes; 0 if it cannot be told
}

const (
	progressEvery = 100 * time.Millisecond // reports are not more frequent than that
	estimateAfter = time.Second            // before that, an estimate of the time left is a guess
)

// meter tells the progress of one stage.
type meter struct {
	report func(Progress)
	now    func() time.Time
	stage  string
	total  int64
	base   int64 // what was there when the work began, resumed from before
	begun  time.Time
	last   time.Time
}

// newMeter makes a meter for a stage and reports its beginning. report may be nil.
func newMeter(report func(Progress), stage string, total int64) *meter {
	m := &meter{report: report, now: time.Now, stage: stage, total: total}
	m.begin(0)
	return m
}

// begin says how much was there already.
func (m *meter) begin(base int64) {
	m.base, m.begun = base, m.now()
	m.last = m.begun
	if m.report != nil {
		m.report(Progress{Stage: m.stage, Done: base, Total: m.total})
	}
}

// at reports that so much is done, unless the last report is very fresh.
func (m *meter) at(done int64) {
	if m.report == nil {
		return
	}
	now := m.now()
	if now.Sub(m.last) < progressEvery && done < m.total {
		return
	}
	m.last = now
	p := Progress{Stage: m.stage, Done: done, Total: max(m.total, 0)}
	if m.total > 0 {
		p.Done = min(done, m.total)
	}
	if spent := now.Sub(m.begun); spent >= estimateAfter && done > m.base && m.total > done {
		p.Left = time.Duration(float64(spent) / float64(done-m.base) * float64(m.total-done))
	}
	m.report(p)
}
