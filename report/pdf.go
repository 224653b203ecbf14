// SPDX-License-Identifier: AGPL-3.0-or-later

package report

import (
	"context"
	"fmt"
	"io"
	"slices"
)

// Limits that keep a large report usable: what is beyond is in the data exports, and the report says so.
const (
	exhibitsInBody = 12   // exhibits that are treated in the body; the others follow in an annex
	partsInDetail  = 8    // pictures of a document that are treated in the body; the others are in a table
	summaryRows    = 14   // rows of the table on the first page
	accessesOfTag  = 200  // rows of the annex for one tag
	accessesOfAll  = 2000 // rows of the annex for all tags
	notesShown     = 200
	auditRows      = 120
)

// WritePDF writes a report for reading. The same report gives the same bytes.
func WritePDF(ctx context.Context, w io.Writer, r *Report, o Options) error {
	if err := o.Check(); err != nil {
		return err
	}
	texts, err := wordsOf(o.Lang)
	if err != nil {
		return err
	}
	r = r.For(o)
	p, err := newPages(r, o, texts, texts.kind(o.Kind))
	if err != nil {
		return fmt.Errorf("beginning the PDF: %w", err)
	}
	d := &document{pages: p, r: r, w: texts, ctx: ctx}
	if err := d.read(); err != nil {
		return err
	}
	switch o.Kind {
	case Memo:
		err = d.memo()
	case Takedown:
		err = d.takedown()
	case Preservation:
		err = d.preservation()
	case Expert:
		err = d.expert()
	}
	if err != nil {
		return err
	}
	if err := p.write(w); err != nil {
		return fmt.Errorf("writing the PDF: %w", err)
	}
	return nil
}

// document is a report on its way to paper.
type document struct {
	*pages
	r    *Report
	w    *words
	ctx  context.Context //nolint:containedctx // lives as long as one call of WritePDF
	tags []taggedCopy
	sum  *summary // of all accesses
}

// taggedCopy is a tag that was named, with all that speaks of it.
type taggedCopy struct {
	titleID, titleName string
	finding            *Finding // the most certain one
	exhibits           []int    // numbers
	accesses           *TagAccesses
	compared           int64 // IDs that it was compared with; 0 unknown
	sum                *summary
	sample             []Access // the first rows
}

// read collects the tags that were named, and reads all accesses once.
func (d *document) read() error {
	at := map[[2]string]int{}
	for i := range d.r.Exhibits {
		x := &d.r.Exhibits[i]
		for t, f := range x.Named() {
			key := [2]string{f.TitleID, f.Tag}
			k, ok := at[key]
			if !ok {
				k = len(d.tags)
				at[key] = k
				d.tags = append(d.tags, taggedCopy{titleID: f.TitleID, finding: f, sum: newSummary()})
			}
			c := &d.tags[k]
			if !slices.Contains(c.exhibits, x.Number) {
				c.exhibits = append(c.exhibits, x.Number)
			}
			if f.Log10P <= c.finding.Log10P {
				c.finding, c.compared = f, t.TagsCompared
			}
			if t.Title != nil && t.Title.ID == f.TitleID {
				c.titleName = t.Title.Name
			}
		}
	}
	d.sum = newSummary()
	room := accessesOfAll
	for i := range d.r.Accesses {
		a := &d.r.Accesses[i]
		k, ok := at[[2]string{a.TitleID, a.Tag}]
		if !ok {
			k = len(d.tags)
			d.tags = append(d.tags, taggedCopy{titleID: a.TitleID, finding: &Finding{Tag: a.Tag}, sum: newSummary()})
		}
		c := &d.tags[k]
		c.accesses = a
		err := summarise(d.ctx, a.Rows, c.sum, func(row *Access) {
			d.sum.add(row)
			if len(c.sample) < accessesOfTag && room > 0 {
				c.sample = append(c.sample, *row)
				room--
			}
		})
		if err != nil {
			return fmt.Errorf("accesses of %s: %w", a.Tag, err)
		}
	}
	return nil
}

// named are the tags that an exhibit carries.
func (d *document) named() []taggedCopy {
	var out []taggedCopy
	for _, c := range d.tags {
		if len(c.exhibits) > 0 {
			out = append(out, c)
		}
	}
	return out
}

// of returns what is known of a tag.
func (d *document) of(titleID, tag string) *taggedCopy {
	for i := range d.tags {
		if d.tags[i].titleID == titleID && d.tags[i].finding.Tag == tag {
			return &d.tags[i]
		}
	}
	return nil
}

// expert writes the whole report.
func (d *document) expert() error {
	d.cover()
	d.theCase()
	inBody := min(len(d.r.Exhibits), exhibitsInBody)
	d.exhibits(inBody)
	d.findings(d.r.Exhibits[:inBody])
	if err := d.accesses(); err != nil {
		return err
	}
	d.method()
	d.versions()
	d.notes()
	d.audit()
	d.signatures()
	d.glossary()
	if rest := d.r.Exhibits[inBody:]; len(rest) > 0 {
		d.newPage()
		d.chapter(d.w.AnnexExhibits)
		for i := range rest {
			d.exhibitFacts(&rest[i])
			d.examination(&rest[i])
		}
	}
	d.accessAnnex()
	return d.pdf.Error()
}
