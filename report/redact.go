// SPDX-License-Identifier: AGPL-3.0-or-later

package report

import (
	"context"
	"iter"
	"net/netip"
	"regexp"
	"slices"
	"strings"
)

// For returns the report as its reader may see it: a takedown notice knows of no recipient and no access, and a report
// without addresses has them taken out of every text. All formats go through here, so that none gives away what
// another one hides. The report itself is not changed.
func (r *Report) For(o Options) *Report {
	out := *r
	switch {
	case o.Kind == Takedown:
		out.Exhibits = slices.Clone(r.Exhibits)
		for i := range out.Exhibits {
			out.Exhibits[i] = withoutRecipient(out.Exhibits[i])
		}
		out.Accesses, out.Delivery, out.Notes, out.Audit, out.Registries = nil, nil, nil, nil, nil
	case o.Kind == Preservation:
		out.Accesses = slices.Clone(r.Accesses)
		for i := range out.Accesses {
			out.Accesses[i].Rows = ofNetwork(out.Accesses[i].Rows, o.Filter)
		}
		out.Notes, out.Audit, out.Registries = nil, nil, nil
	case o.Redact:
		out = *withoutAddresses(&out)
	}
	return &out
}

// withoutRecipient keeps which title an exhibit shows and where it was found.
func withoutRecipient(x Exhibit) Exhibit {
	x.Path, x.Group, x.Bookmarks, x.Sources = "", "", nil, nil
	if x.Acquisition != nil {
		a := *x.Acquisition
		a.Note, a.Files = "", nil
		x.Acquisition = &a
	}
	if x.tells(x.FileName) {
		x.FileName = ""
	}
	var traces []Trace
	for _, told := range x.Told() {
		t := Trace{
			ID: told.ID, Status: told.Status, Verdict: told.Verdict, Method: told.Method, Created: told.Created, Percent: told.Percent,
			Updated: told.Updated, Finished: told.Finished, Title: told.Title, TitleID: told.TitleID, Video: told.Video,
			Threshold: told.Threshold, Version: told.Version, Part: told.Part,
		}
		if t.Verdict == Found {
			t.Verdict = Marked // who was found is not for the reader
		}
		traces = append(traces, t)
	}
	x.Traces = traces
	return x
}

// tells whether a text gives away who was found.
func (x *Exhibit) tells(text string) bool {
	text = strings.ToLower(text)
	for _, f := range x.Named() {
		secrets := []string{f.Tag}
		if f.Who != nil {
			secrets = append(secrets, f.Who.Name, f.Who.Company, f.Who.Email)
		}
		for _, secret := range secrets {
			name, _, _ := strings.Cut(strings.ToLower(secret), "@") // of an address
			if len(name) > 2 && strings.Contains(text, name) {
				return true
			}
		}
	}
	return false
}

func ofNetwork(rows Rows, owner string) Rows {
	if rows == nil || owner == "" {
		return rows
	}
	return func(ctx context.Context) iter.Seq2[Access, error] {
		return func(yield func(Access, error) bool) {
			for a, err := range rows(ctx) {
				if (err != nil || strings.EqualFold(a.Network, owner)) && !yield(a, err) {
					return
				}
			}
		}
	}
}

// withoutAddresses takes out network addresses, in columns and in free text.
func withoutAddresses(r *Report) *Report {
	out := *r
	out.Accesses = slices.Clone(r.Accesses)
	for i := range out.Accesses {
		a := &out.Accesses[i]
		a.Rows = hideRows(a.Rows)
		a.Patterns = slices.Clone(a.Patterns)
		for j := range a.Patterns {
			p := &a.Patterns[j]
			p.Text, p.Args = hideAddresses(p.Text), slices.Clone(p.Args)
			for k := range p.Args {
				p.Args[k] = hideAddresses(p.Args[k])
			}
		}
	}
	out.Notes = slices.Clone(r.Notes)
	for i := range out.Notes {
		out.Notes[i].Text = hideAddresses(out.Notes[i].Text)
	}
	if r.Audit != nil {
		a := *r.Audit
		a.Events = slices.Clone(a.Events)
		for i := range a.Events {
			a.Events[i].Object = hideAddresses(a.Events[i].Object)
		}
		out.Audit = &a
	}
	if r.Delivery != nil {
		d := *r.Delivery
		d.Proxies, d.Note = hideAddresses(d.Proxies), hideAddresses(d.Note)
		out.Delivery = &d
	}
	out.Exhibits = slices.Clone(r.Exhibits)
	for i := range out.Exhibits {
		x := &out.Exhibits[i]
		x.Bookmarks = slices.Clone(x.Bookmarks)
		for j := range x.Bookmarks {
			x.Bookmarks[j].Text = hideAddresses(x.Bookmarks[j].Text)
		}
		if x.Acquisition != nil {
			a := *x.Acquisition
			a.Address, a.Note = hideAddresses(a.Address), hideAddresses(a.Note)
			a.Uploader, a.Caption = hideAddresses(a.Uploader), hideAddresses(a.Caption)
			x.Acquisition = &a
		}
	}
	return &out
}

func hideRows(rows Rows) Rows {
	if rows == nil {
		return nil
	}
	return func(ctx context.Context) iter.Seq2[Access, error] {
		return func(yield func(Access, error) bool) {
			for a, err := range rows(ctx) {
				a.Address, a.Ports = "", nil
				a.Note, a.UserAgent, a.Language = hideAddresses(a.Note), hideAddresses(a.UserAgent), hideAddresses(a.Language)
				if !yield(a, err) {
					return
				}
			}
		}
	}
}

// hideAddresses replaces IP addresses in a text.
func hideAddresses(text string) string {
	// What follows a single slash is a version, such as Chrome/120.0.0.0; what follows two is a host.
	candidate := regexp.MustCompile(`[^/ \t]/[0-9][0-9.]*|[0-9a-fA-F:.]*[0-9a-fA-F:]`)
	return candidate.ReplaceAllStringFunc(text, func(s string) string {
		if strings.Contains(s, "/") {
			return s
		}
		trimmed := strings.TrimRight(s, ":")
		if host, _, ok := strings.Cut(trimmed, ":"); ok && strings.Count(trimmed, ":") == 1 {
			trimmed = host // a port
		}
		if _, err := netip.ParseAddr(trimmed); err != nil {
			return s
		}
		return "[address withheld]"
	})
}
