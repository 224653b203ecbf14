// SPDX-License-Identifier: AGPL-3.0-or-later

package report

import (
	"cmp"
	"fmt"
	"strings"
	"time"
)

// accesses writes who fetched the copies that were found.
func (d *document) accesses() error {
	d.chapter(d.w.Accesses)
	d.deliveryFacts()
	if d.sum.clients == 0 {
		d.say(d.w.NoAccesses)
		return nil
	}
	d.say(d.w.AccessesIntro)
	if d.r.Case.Name != "" && d.o.Redact {
		d.say(d.w.Redacted)
	}
	d.firstAccesses(d.sum)
	if err := d.worldMap(d.sum); err != nil {
		return err
	}
	shown := 0
	for i := range d.tags {
		c := &d.tags[i]
		if c.accesses == nil || c.sum.clients == 0 {
			continue
		}
		if shown++; shown > exhibitsInBody {
			continue
		}
		d.section(fmt.Sprintf(d.w.AccessesOf, c.finding.Tag), true)
		d.accessFacts(c)
	}
	if more := shown - exhibitsInBody; more > 0 {
		d.say(d.w.count(d.w.AccessTagsMore, more))
	}
	return nil
}

func (d *document) deliveryFacts() {
	v := d.r.Delivery
	if v == nil {
		d.say(d.w.NoLogs)
		return
	}
	d.facts(
		fact{name: d.w.GeoDatabase, value: d.w.orNone(v.Database)},
		fact{name: d.w.Proxies, value: v.Proxies},
		fact{name: d.w.Unmatched, value: fmt.Sprintf(d.w.UnmatchedText, d.w.whole(v.Unmatched))},
		fact{name: d.w.Remark, value: v.Note},
	)
	if len(v.Logs) == 0 {
		return
	}
	const shown = 20
	g := d.table(column{d.w.ColLog, 30, cell(), left}, column{d.w.ColFormat, 18, cell(), left},
		column{d.w.ColLines, 14, cell(), right}, column{"SHA-256", 92, code().at(6.5), left})
	for i, l := range v.Logs {
		if i == shown {
			break
		}
		g.row(cut(l.Name, 200), cut(l.Format, 60), d.w.whole(l.Lines), l.SHA256)
	}
	g.end()
	if more := len(v.Logs) - shown; more > 0 {
		d.say(d.w.count(d.w.LogsMore, more))
	}
}

// firstAccesses draws when clients came first.
func (d *document) firstAccesses(s *summary) {
	from, step, counts := s.bars()
	if len(counts) == 0 {
		return
	}
	const height = 34.0
	highest := 1
	for _, n := range counts {
		highest = max(highest, n)
	}
	end := from.Add(time.Duration(len(counts)) * step)
	caption := fmt.Sprintf(d.w.BarsCaption, d.w.moment(from), d.w.moment(end), d.w.stepWords(step))
	d.figure(height, caption, func(x, y float64) {
		const margin = 12.0
		w, h := d.width-margin, height-6
		d.chartGround(x+margin, y, w, h)
		d.tiny(d.w.whole(int64(highest)), x, y-1, margin-1.5, right, soft())
		d.tiny("0", x, y+h-3, margin-1.5, right, soft())
		bar := w / float64(len(counts))
		for i, n := range counts {
			if n == 0 {
				continue
			}
			tall := max(h*float64(n)/float64(highest), 0.3)
			d.fill(rgb{48, 98, 158})
			d.pdf.Rect(x+margin+float64(i)*bar+bar*0.08, y+h-tall, bar*0.84, tall, "F")
		}
		d.tiny(d.w.day(from), x+margin, y+h+0.8, 40, left, soft())
		d.tiny(d.w.day(end), x+margin+w-40, y+h+0.8, 40, right, soft())
	})
}

// accessFacts writes what the accesses of one tag come to, and the first of them.
func (d *document) accessFacts(c *taggedCopy) {
	s := c.sum
	d.facts(
		fact{name: d.w.ColClients, value: fmt.Sprintf(d.w.ClientsText, d.w.whole(int64(s.clients)), d.w.whole(int64(s.complete)))},
		fact{name: d.w.FirstAccess, value: d.w.momentOrNone(s.first)},
		fact{name: d.w.LastAccess, value: d.w.momentOrNone(s.last)},
		fact{name: d.w.Hosting, value: d.hosting(s)},
		fact{name: d.w.Countries, value: d.rankWords(s.countries, d.w.countryName)},
		fact{name: d.w.Networks, value: d.rankWords(s.networks, d.w.unknown)},
	)
	d.patterns(c.accesses.Patterns)
	d.accessRows(c.sample[:min(len(c.sample), 12)])
	if more := s.clients - min(len(c.sample), 12); more > 0 {
		d.say(d.w.count(d.w.RowsMore, more))
	}
}

// patterns says what stands out: no verdicts, so no alarm.
func (d *document) patterns(list []Pattern) {
	const shown = 20
	if len(list) == 0 {
		return
	}
	d.label(d.w.StandsOut)
	var items []string
	for i := range list[:min(len(list), shown)] {
		title, text := d.w.pattern(&list[i])
		items = append(items, cut(title, 120)+": "+cut(text, 600))
	}
	d.bullets(items...)
	if more := len(list) - shown; more > 0 {
		d.say(d.w.count(d.w.PatternsMore, more))
	}
	d.say(d.w.PatternsMean)
}

func (d *document) hosting(s *summary) string {
	if s.hosted == 0 {
		return d.w.HostingNone
	}
	return fmt.Sprintf(d.w.HostingText, d.w.whole(int64(s.hosted)))
}

func (d *document) rankWords(m map[string]int, name func(string) string) string {
	const shown = 8
	var parts []string
	for i, one := range rank(m) {
		if i == shown {
			parts = append(parts, fmt.Sprintf(d.w.OthersMore, len(m)-shown))
			break
		}
		parts = append(parts, fmt.Sprintf("%s (%s)", cut(name(one.name), 60), d.w.whole(int64(one.n))))
	}
	return strings.Join(parts, ", ")
}

// accessRows lists accesses; the third line of a row is what the browser said of itself.
func (d *document) accessRows(rows []Access) {
	if len(rows) == 0 {
		return
	}
	g := d.table(
		column{d.w.ColAddress, 34, code().at(7), left},
		column{d.w.ColCountry, 24, cell(), left},
		column{d.w.ColFirst, 25, cell(), left},
		column{d.w.ColGot, 24, cell().at(7.5), left},
		column{d.w.ColAgent, 53, cell().at(7), left},
	)
	for i := range rows {
		a := &rows[i]
		address := cut(a.Address, 60)
		if address == "" {
			address = d.w.Withheld
		}
		country := d.w.countryName(countryKey(a)) + "\n" + d.w.networkType(a)
		got := d.w.unknown(a.Percentage) + ", " + d.w.unknown(a.Resolution)
		switch a.StreamingOnly {
		case "yes":
			got += "\n" + d.w.Streamed
		case "no":
			got += "\n" + d.w.Downloaded
		}
		agent := cut(cmp.Or(a.UserAgent, "N/A"), 160)
		if a.Language != "" && a.Language != "N/A" {
			agent += "\n" + cut(a.Language, 60)
		}
		if a.Network != "" {
			agent += "\n" + cut(a.Network, 80)
		}
		g.row(address, country, d.w.utc(a.First), got, agent)
	}
	g.end()
}

// accessAnnex lists accesses in full, up to a limit that keeps the document usable.
func (d *document) accessAnnex() {
	var with []*taggedCopy
	for i := range d.tags {
		if d.tags[i].sum.clients > 12 && len(d.tags[i].sample) > 12 {
			with = append(with, &d.tags[i])
		}
	}
	if len(with) == 0 {
		return
	}
	d.newPage()
	d.chapter(d.w.AnnexAccesses)
	d.say(d.w.AnnexIntro)
	for _, c := range with {
		d.section(fmt.Sprintf(d.w.AccessesOf, c.finding.Tag), true)
		d.accessRows(c.sample)
		if more := c.sum.clients - len(c.sample); more > 0 {
			d.say(d.w.count(d.w.RowsMore, more))
		}
	}
}
