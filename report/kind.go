// SPDX-License-Identifier: AGPL-3.0-or-later

package report

import (
	"fmt"
	"strings"
)

// Kind is what a report is for.
type Kind string

// The kinds.
const (
	Expert       Kind = "expert"       // everything, for a court
	Memo         Kind = "memo"         // two pages, for those who decide
	Takedown     Kind = "takedown"     // what and where, for a platform: no recipient, no addresses
	Preservation Kind = "preservation" // addresses, ports and times, for an access provider
)

// Kinds lists them.
func Kinds() []Kind { return []Kind{Expert, Memo, Takedown, Preservation} }

// Format is how a report is written.
type Format string

// The formats.
const (
	PDF     Format = "pdf"
	JSON    Format = "json"
	XML     Format = "xml"
	CASE    Format = "case"    // CASE/UCO JSON-LD, for other forensic tools
	CSV     Format = "csv"     // accesses only
	Package Format = "package" // for the other side: what is needed to recompute the scores
)

// Formats lists them.
func Formats() []Format { return []Format{PDF, JSON, XML, CASE, CSV, Package} }

// Paper is a size of paper.
type Paper string

// The sizes.
const (
	A4     Paper = "a4"
	Letter Paper = "letter"
)

// Options say how a report is to look.
type Options struct {
	Kind   Kind
	Lang   string // en or de
	Paper  Paper
	Banner string // a line at the head and foot of every page, such as "confidential"; "" none
	Redact bool   // leaves out addresses
	Filter string // preservation: only the network of this owner; "" all
}

// Check fills in what was left out and refuses what does not exist.
func (o *Options) Check() error {
	if o.Kind == "" {
		o.Kind = Expert
	}
	if o.Lang == "" {
		o.Lang = "en"
	}
	if o.Paper == "" {
		o.Paper = A4
	}
	switch o.Kind {
	case Expert, Memo, Takedown, Preservation:
	default:
		return fmt.Errorf("there is no report %q: use %s", o.Kind, list(Kinds()))
	}
	if o.Lang != "en" && o.Lang != "de" {
		return fmt.Errorf("reports are not written in %q: use en or de", o.Lang)
	}
	if o.Paper != A4 && o.Paper != Letter {
		return fmt.Errorf("there is no paper %q: use a4 or letter", o.Paper)
	}
	if o.Redact && o.Kind == Preservation {
		return fmt.Errorf("a preservation request without addresses asks for nothing: leave the redaction out")
	}
	return nil
}

func list[T ~string](all []T) string {
	words := make([]string, len(all))
	for i, one := range all {
		words[i] = string(one)
	}
	return strings.Join(words, ", ")
}
