// SPDX-License-Identifier: AGPL-3.0-or-later

package report

import (
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
)

// WriteCSV writes all accesses as a table, one row a client. No cell can be taken for a formula by a spreadsheet: one that
// begins like one gets an apostrophe before it.
func WriteCSV(ctx context.Context, w io.Writer, r *Report, o Options) error {
	if err := o.Check(); err != nil {
		return err
	}
	r = r.For(o)
	out := csv.NewWriter(w)
	out.UseCRLF = true
	err := out.Write([]string{
		"autograph_tag", "ip_address", "ip_country", "ip_country_code", "ip_type", "ip_type_source", "network", "asn", "user_agent",
		"accept_language", "first_accessed_at", "last_accessed_at", "ports", "percentage_obtained", "highest_resolution",
		"streaming_only", "note",
	})
	if err != nil {
		return fmt.Errorf("writing CSV: %w", err)
	}
	d := data{ctx: ctx, r: r}
	for i := range r.Accesses {
		tag := r.Accesses[i].Tag
		err := d.rows(r.Accesses[i].TitleID, tag, func(a *Access) error {
			if err := ctx.Err(); err != nil {
				return err
			}
			var asn string
			if a.ASN > 0 {
				asn = strconv.FormatInt(a.ASN, 10)
			}
			row := []string{
				tag, a.Address, a.Country, a.CountryCode, a.Type, a.TypeSource, a.Network, asn, a.UserAgent, a.Language,
				isoOr(a.First), isoOr(a.Last), ports(a.Ports, ""), a.Percentage, a.Resolution, a.StreamingOnly, a.Note,
			}
			for j := range row {
				row[j] = inert(row[j])
			}
			return out.Write(row)
		})
		if err != nil {
			return fmt.Errorf("writing CSV: %w", err)
		}
	}
	out.Flush()
	if err := out.Error(); err != nil {
		return fmt.Errorf("writing CSV: %w", err)
	}
	return nil
}

func isoOr(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return iso(t)
}

// inert keeps a spreadsheet from computing a text, and takes out what is no text.
func inert(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7F {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
	if trimmed := strings.TrimLeft(s, " \u00A0\"'"); trimmed != "" && strings.ContainsRune("=+-@|%＝＋－＠", []rune(trimmed)[0]) {
		return "'" + s
	}
	return s
}
