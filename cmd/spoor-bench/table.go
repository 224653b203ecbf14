// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"fmt"
	"io"
	"strings"
)

// table is a table of a page, which can also be shown row by row while it grows.
type table struct {
	head []string
	rows [][]string
	live io.Writer // where rows are shown as they come; nil: nowhere
}

func newTable(head ...string) *table { return &table{head: head} }

// show prints the head, and each row from now on, to w.
func (t *table) show(w io.Writer) {
	t.live = w
	fmt.Fprintln(w, strings.Join(t.head, " | "))
}

func (t *table) add(cells ...string) {
	t.rows = append(t.rows, cells)
	if t.live != nil {
		fmt.Fprintln(t.live, strings.Join(cells, " | "))
	}
}

// markdown writes the table with columns in line.
func (t *table) markdown() string {
	width := make([]int, len(t.head))
	for _, row := range append([][]string{t.head}, t.rows...) {
		for i, cell := range row {
			width[i] = max(width[i], len([]rune(cell)))
		}
	}
	var b strings.Builder
	line := func(cells []string, pad string) {
		for i := range width {
			cell := ""
			if i < len(cells) {
				cell = cells[i]
			}
			b.WriteString("| " + cell + strings.Repeat(pad, width[i]-len([]rune(cell))) + " ")
		}
		b.WriteString("|\n")
	}
	line(t.head, " ")
	rule := make([]string, len(width))
	line(rule, "-")
	for _, row := range t.rows {
		line(row, " ")
	}
	return b.String()
}

// shareOf writes how many of how many, and the share with its confidence interval.
func shareOf(k, n int) string {
	if n == 0 {
		return "none measured"
	}
	low, high := wilson(k, n)
	return fmt.Sprintf("%d of %d = %.1f %% (%.1f-%.1f)", k, n, 100*float64(k)/float64(n), 100*low, 100*high)
}

// verdictOn says whether a requirement holds, in a word that stands out where it does not.
func verdictOn(met bool) string {
	if met {
		return "yes"
	}
	return "**no**"
}
