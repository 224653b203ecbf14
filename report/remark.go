// SPDX-License-Identifier: AGPL-3.0-or-later

package report

import (
	"fmt"
	"regexp"
	"strings"
)

// Remark is something that was done or noticed: a code with its names and figures, which the texts of a report have
// words for, and English words for where they have none.
type Remark struct {
	Code  string
	Args  []string
	Words string
}

// remark says a remark in the language of the report.
func (w *words) remark(r *Remark) string {
	if all, ok := w.Remarks[r.Code+" all"]; ok && len(r.Args) > 1 && r.Args[0] == r.Args[1] { // all stretches
		return all
	}
	format, ok := w.Remarks[r.Code]
	if !ok || strings.Count(format, "%s") != len(r.Args) {
		return r.Words
	}
	return w.filled(format, r.Args)
}

// filled puts names and figures into a text; a plain number gets the decimal sign of the language.
func (w *words) filled(format string, args []string) string {
	out := make([]any, len(args))
	for i, arg := range args {
		out[i] = arg
		if w.lang == "de" && regexp.MustCompile(`^\d+\.\d+$`).MatchString(arg) {
			out[i] = strings.Replace(arg, ".", ",", 1)
		}
	}
	return fmt.Sprintf(format, out...)
}

func (w *words) remarks(list []Remark) []string {
	var out []string
	for i := range list {
		out = append(out, w.remark(&list[i]))
	}
	return out
}

// pattern says what stands out among accesses: a title and a sentence.
func (w *words) pattern(p *Pattern) (title, text string) {
	known, ok := w.Patterns[p.Name]
	if !ok || strings.Count(known[1], "%s") != len(p.Args) {
		return p.Name, p.Text
	}
	return known[0], w.filled(known[1], p.Args)
}
