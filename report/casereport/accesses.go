// SPDX-License-Identifier: AGPL-3.0-or-later

package casereport

import (
	"context"
	"iter"
	"slices"
	"strings"
	"time"

	"spoor/engine"
	"spoor/engine/access"
	"spoor/report"
	"spoor/storage"
)

// accesses fills in who fetched the copies that were found, as far as imported logs tell.
func (g *gathering) accesses() error {
	logs, err := g.delivery()
	if err != nil || !logs {
		return err
	}
	seen := map[[2]string]bool{}
	for i := range g.r.Exhibits {
		for _, f := range g.r.Exhibits[i].Named() {
			if key := [2]string{f.TitleID, f.Tag}; !seen[key] {
				seen[key] = true
				one, err := g.tagAccesses(f.TitleID, f.Tag)
				if err != nil {
					return err
				}
				g.r.Accesses = append(g.r.Accesses, one)
			}
		}
	}
	return nil
}

// delivery fills in the logs; found is false where none was imported.
func (g *gathering) delivery() (found bool, err error) {
	d := &report.Delivery{}
	for page := (storage.Page{Limit: 1000}); ; {
		list, err := g.e.Logs(g.ctx, page)
		if err != nil {
			return false, err
		}
		for i := range list {
			l := &list[i]
			d.Logs = append(d.Logs, report.LogFile{Name: l.FileName, SHA256: l.SHA256, Format: l.Format, Lines: l.Counts.Lines})
			for _, n := range l.Counts.Unmatched {
				d.Unmatched += n
			}
		}
		if len(list) < page.Limit {
			break
		}
		page.After = list[len(list)-1].ID
	}
	if len(d.Logs) == 0 {
		return false, nil
	}
	databases, err := g.e.GeoIPDatabases()
	if err != nil {
		return false, err
	}
	var names []string
	for _, one := range databases {
		names = append(names, one.Name())
	}
	d.Database = strings.Join(names, "; ")
	g.r.Delivery = d
	return true, nil
}

func (g *gathering) tagAccesses(titleID, tag string) (report.TagAccesses, error) {
	first, err := g.e.Accesses(g.ctx, tag, titleID)
	if err != nil {
		return report.TagAccesses{}, err
	}
	out := report.TagAccesses{TitleID: titleID, Tag: tag}
	for _, o := range first.Observations {
		out.Patterns = append(out.Patterns, report.Pattern{Name: o.Name, Text: o.Text, Args: o.Args})
	}
	// The rows of one tag are in memory at a time, not those of all.
	out.Rows = func(ctx context.Context) iter.Seq2[report.Access, error] {
		return func(yield func(report.Access, error) bool) {
			all, err := g.e.Accesses(ctx, tag, titleID)
			if err != nil {
				yield(report.Access{}, err)
				return
			}
			slices.SortStableFunc(all.AccessStats, func(a,
				b engine.AccessStat,
			) int {
				return int(max(min(a.FirstAccessedAt-b.FirstAccessedAt, 1), -1))
			})
			for i := range all.AccessStats {
				if !yield(AccessOf(&all.AccessStats[i]), nil) {
					return
				}
			}
		}
	}
	return out, nil
}

// AccessOf is an access as reports have it.
func AccessOf(s *engine.AccessStat) report.Access {
	a := report.Access{
		Address: s.IPAddress, Country: s.IPCountry, CountryCode: s.CountryCode, ASN: int64(s.ASN), Type: s.IPType, TypeSource: s.TypeSource,
		UserAgent: s.UserAgent, Language: s.AcceptLanguage, First: moment(s.FirstAccessedAt), Last: moment(s.LastAccessedAt),
		Percentage: s.PercentageObtained, Resolution: s.HighestResolution, StreamingOnly: s.StreamingOnly, Anonymizers: s.Anonymizers,
		Note: strings.Join(s.Notes, "; "),
	}
	if s.NetworkOwner != access.Unknown {
		a.Network = s.NetworkOwner
	}
	for _, p := range s.ClientPorts {
		a.Ports = append(a.Ports, int(p.Port))
	}
	return a
}

func moment(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}
