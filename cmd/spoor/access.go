// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"encoding/csv"
	"fmt"
	"io"
	"strings"

	"spoor/engine"
	"spoor/engine/access"
)

type accessCommand struct {
	Tag   string `arg:"" optional:"" help:"The tag; without one, all tags that the logs tell of."`
	Title string `help:"Only what was fetched of this title, id or name." placeholder:"T"`
	CSV   bool   `name:"csv" help:"As a table for spreadsheets."`
}

// Help is the example.
func (accessCommand) Help() string {
	return "One row for each client that fetched copies with the tag: a client is an address, a user agent and an\n" +
		"Accept-Language. What cannot be told is N/A, with the reason. It identifies connections, not persons.\n\nExamples:\n" +
		"  spoor access alice\n  spoor access alice --csv > alice.csv\n  spoor access --json"
}

func (c *accessCommand) check(a *app) error {
	if c.CSV && (a.json || c.Tag == "") {
		return usageError("--csv goes with a tag, and without --json")
	}
	return nil
}

// Run shows accesses.
func (c *accessCommand) Run(a *app, e *engine.Engine) error {
	if c.Tag == "" {
		return c.tags(a, e)
	}
	title := ""
	if c.Title != "" {
		t, err := e.Title(a.ctx, c.Title)
		if err != nil {
			return err
		}
		title = t.ID
	}
	got, err := e.Accesses(a.ctx, c.Tag, title)
	if err != nil {
		return err
	}
	switch {
	case c.CSV:
		return writeAccessCSV(a.term.out, got.AccessStats)
	case !a.json:
		showAccesses(a, &got)
	}
	return a.print(got)
}

// tags lists all tags.
func (c *accessCommand) tags(a *app, e *engine.Engine) error {
	type tagJSON struct {
		Tag       string `json:"tag"`
		Addresses int64  `json:"addresses"`
		First     int64  `json:"first_accessed_at"`
		Last      int64  `json:"last_accessed_at"`
	}
	out := []tagJSON{}
	var rows table
	rows.add("TAG", "ADDRESSES", "FIRST (UTC)", "LAST (UTC)")
	const page = 1000
	for after := ""; ; {
		list, err := e.AccessedTags(a.ctx, after, page)
		if err != nil {
			return err
		}
		for _, t := range list {
			out = append(out, tagJSON{t.Tag, t.Clients, t.First, t.Last})
			rows.add(t.Tag, grouped(t.Clients), utc(t.First), utc(t.Last))
		}
		if len(list) < page {
			break
		}
		after = list[len(list)-1].Tag
	}
	if !a.json && len(out) > 0 {
		rows.write(a.term.out)
	}
	if len(out) == 0 {
		a.say("No log tells of any tag.")
		a.hint("spoor logs import FILE reads a log.")
	}
	return a.print(out)
}

// showAccesses prints accesses as a person wants to read them.
func showAccesses(a *app, got *engine.TagAccesses) {
	if len(got.AccessStats) == 0 {
		a.say("No log tells of the tag %s.", safe(got.Tag))
		return
	}
	accessTable(got.AccessStats).write(a.term.out)
	for _, s := range got.AccessStats {
		for _, note := range s.Notes {
			a.say("%s: %s", safe(s.IPAddress), safe(note))
		}
	}
	hintAtSizes(a, got.AccessStats)
	for i, o := range got.Observations {
		if i == 0 {
			a.say("\nWhat stands out (harmless reasons exist for each):")
		}
		a.say("  - %s", safe(o.Text))
	}
}

// hintAtSizes says how a percentage can be had that is missing.
func hintAtSizes(a *app, list []engine.AccessStat) {
	said := map[string]bool{}
	for _, s := range list {
		if s.PercentageObtained != access.Unknown {
			continue
		}
		for _, file := range s.Files {
			if said[file] || len(said) == maxHints {
				continue
			}
			said[file] = true
			size := "--length 1h52m --segment 6s"
			if s.StreamingOnly == "no" {
				size = "--size BYTES"
			}
			a.hint("How much there is of it can be said: spoor logs file %s %s", file, size)
		}
	}
}

const maxHints = 5

// accessTable is the documented fields as a table, times in UTC.
func accessTable(list []engine.AccessStat) *table {
	var rows table
	rows.add("IP ADDRESS", "COUNTRY", "TYPE", "FIRST (UTC)", "LAST (UTC)", "OBTAINED", "HIGHEST", "STREAMING ONLY", "LANGUAGE", "NETWORK",
		"USER AGENT")
	for _, s := range list {
		rows.add(s.IPAddress, s.IPCountry, s.IPType, utc(s.FirstAccessedAt), utc(s.LastAccessedAt), s.PercentageObtained,
			s.HighestResolution,
			s.StreamingOnly, s.AcceptLanguage, s.NetworkOwner, s.UserAgent)
	}
	return &rows
}

// writeAccessCSV writes the documented fields, then what else is known.
func writeAccessCSV(w io.Writer, list []engine.AccessStat) error {
	out := csv.NewWriter(w)
	row := func(cells ...string) error {
		for i, cell := range cells {
			cells[i] = harmless(cell)
		}
		return out.Write(cells)
	}
	if err := row("ip_address", "ip_country", "ip_type", "user_agent", "accept_language", "first_accessed_at", "percentage_obtained",
		"highest_resolution", "streaming_only", "last_accessed_at", "client_ports", "network_owner", "city", "requests", "files",
		"notes"); err != nil {
		return err
	}
	for _, s := range list {
		var ports []string
		for _, p := range s.ClientPorts {
			ports = append(ports, fmt.Sprintf("%d at %s", p.Port, utc(p.Time)))
		}
		if err := row(s.IPAddress, s.IPCountry, s.IPType, s.UserAgent, s.AcceptLanguage, utc(s.FirstAccessedAt), s.PercentageObtained,
			s.HighestResolution, s.StreamingOnly, utc(s.LastAccessedAt), strings.Join(ports, "; "), s.NetworkOwner, s.City,
			fmt.Sprint(s.Requests), strings.Join(s.Files, "; "), strings.Join(s.Notes, "; ")); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// harmless keeps a spreadsheet from taking foreign text for a formula.
func harmless(cell string) string {
	cell = safe(cell)
	if cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
		return "'" + cell
	}
	return cell
}

// accessLine says in one line who fetched copies with the tag of a finding.
func accessLine(list []engine.AccessStat) string {
	if len(list) == 0 {
		return "no imported log tells of this tag"
	}
	first := list[0]
	text := fmt.Sprintf("1 client: %s", first.IPAddress)
	if len(list) > 1 {
		text = fmt.Sprintf("%s clients, the first %s", grouped(int64(len(list))), first.IPAddress)
	}
	if first.IPCountry != access.Unknown {
		text += " (" + first.IPCountry + ")"
	}
	return text + " at " + utc(first.FirstAccessedAt) + " UTC, " + first.PercentageObtained + " obtained"
}
