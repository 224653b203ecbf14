// SPDX-License-Identifier: AGPL-3.0-or-later

package report

import (
	"fmt"
)

// memo writes two pages for those who decide.
func (d *document) memo() error {
	d.masthead(d.w.MemoTitle)
	d.chapter(d.w.Summary)
	d.result()
	d.memoDoubts()
	named := d.named()
	if len(named) > 0 && len(named) <= 2 {
		for _, c := range named {
			d.tagBox(shortened(c))
		}
	} else if len(named) > 2 {
		d.tagTable(named, 6)
	}
	d.memoExhibits(min(max(int((d.room()-20)/9), 6), 15))
	d.newPage()
	d.chapter(d.w.MemoSure)
	d.bullets(d.w.Means...)
	d.chapter(d.w.Accesses)
	d.memoAccesses()
	d.chapter(d.w.NextTitle)
	d.bullets(d.w.Next...)
	d.say(d.w.MemoEnd)
	return d.pdf.Error()
}

// shortened keeps a tag box on the page whatever its texts are.
func shortened(c taggedCopy) taggedCopy {
	f := *c.finding
	f.Tag = cut(f.Tag, 120)
	c.finding = &f
	c.titleName = cut(c.titleName, 80)
	return c
}

func (d *document) memoExhibits(rows int) {
	if len(d.r.Exhibits) == 0 {
		return
	}
	g := d.table(column{d.w.ColNo, 8, cell(), right}, column{d.w.ColFile, 44, cell(), left},
		column{d.w.ColTitle, 34, cell(), left}, column{d.w.ColResult, 34, cell(), left})
	for i := range d.r.Exhibits {
		if i == rows {
			break
		}
		x := &d.r.Exhibits[i]
		result := d.w.verdictShort("")
		if t := x.Last(); t != nil {
			result = d.w.verdictShort(t.answer())
		}
		g.row(fmt.Sprint(x.Number), cut(x.FileName, 40), d.titleNames(x, 40), result)
	}
	g.end()
	if more := len(d.r.Exhibits) - rows; more > 0 {
		d.say(d.w.count(d.w.MemoMore, more))
	}
}

// memoDoubts says what weakens the result: controls that failed, times that do not fit, a draft.
func (d *document) memoDoubts() {
	controls, orders := 0, 0
	for i := range d.r.Exhibits {
		x := &d.r.Exhibits[i]
		for _, t := range x.Told() {
			controls += t.LineUp.failed()
		}
		for _, f := range x.Named() {
			if d.orderProblem(x, f) != "" {
				orders++
			}
		}
	}
	if controls > 0 {
		d.alert(d.w.ControlFailedTitle, d.w.ControlFailed)
	}
	if orders > 0 {
		d.alert(d.w.OrderWrong, d.w.count(d.w.OrderMemo, orders))
	}
	d.draftWarning()
}

func (d *document) memoAccesses() {
	if d.sum.clients == 0 {
		d.say(d.w.NoAccesses)
		return
	}
	d.facts(
		fact{name: d.w.ColClients, value: fmt.Sprintf(d.w.ClientsText, d.w.whole(int64(d.sum.clients)), d.w.whole(int64(d.sum.complete)))},
		fact{name: d.w.FirstAccess, value: d.w.momentOrNone(d.sum.first)},
		fact{name: d.w.Hosting, value: d.hosting(d.sum)},
		fact{name: d.w.Countries, value: cut(d.rankWords(d.sum.countries, d.w.countryName), 240)},
		fact{name: d.w.Networks, value: cut(d.rankWords(d.sum.networks, d.w.unknown), 240)},
	)
}
