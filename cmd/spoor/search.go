// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"unicode/utf8"

	"spoor/engine"
)

type searchCommand struct {
	Words []string `arg:"" name:"word" help:"Words, or parts of them; all must be there."`
	Limit int      `default:"20" help:"Show at most so many of each kind." placeholder:"N"`
}

// Help is the example.
func (searchCommand) Help() string {
	return "Looks through titles, tags and whom they are for, copies, cases, exhibits, notes, bookmarks, how exhibits were\n" +
		"obtained, findings, hashes, addresses in access logs, and what was copied from servers (remote: read it with\n" +
		"spoor mirror --list).\n\nExamples:\n  spoor search acme\n  spoor search 203.0.113."
}

type hitJSON struct {
	Kind string `json:"kind"`
	ID   string `json:"id"`
	Case string `json:"case,omitempty"`
	Name string `json:"name"`
	Text string `json:"text"`
}

// Run searches.
func (c *searchCommand) Run(a *app, e *engine.Engine) error {
	hits, err := e.Search(a.ctx, c.Words, c.Limit)
	if err != nil {
		return err
	}
	out := []hitJSON{}
	var rows table
	rows.add("KIND", "ID", "NAME", "FOUND IN")
	for _, h := range hits {
		out = append(out, hitJSON{h.Kind, h.ID, h.Case, h.Name, h.Text})
		rows.add(h.Kind, h.ID, h.Name, shortened(h.Text))
	}
	switch {
	case len(out) == 0:
		a.say("Nothing was found.")
	case !a.json:
		rows.write(a.term.out)
	}
	return a.print(out)
}

// shortened is the beginning of a text.
func shortened(text string) string {
	const longest = 100
	if utf8.RuneCountInString(text) <= longest {
		return text
	}
	return string([]rune(text)[:longest]) + "..."
}
