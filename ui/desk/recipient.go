// SPDX-License-Identifier: AGPL-3.0-or-later

package desk

import (
	"context"
	"fmt"

	"spoor/engine"
	"spoor/storage"
)

// Recipient is a tag of a title with the copies that were made for it.
type Recipient struct {
	storage.Tag
	Copies []storage.Copy // oldest first
}

// RecipientColumn is a field of a recipient.
type RecipientColumn int

// The columns, as they are shown.
const (
	RecipientTag RecipientColumn = iota
	RecipientName
	RecipientCompany
	RecipientIssued
	RecipientFile
	RecipientStrength
	RecipientQuality
	RecipientColumns // how many there are
)

// Cell is the text of a column: of the latest copy, where there are several.
func (r *Recipient) Cell(c RecipientColumn) string {
	var latest storage.Copy
	if n := len(r.Copies); n > 0 {
		latest = r.Copies[n-1]
	}
	cells := [RecipientColumns]string{r.Text, r.Name, r.Company, "", latest.Path, latest.Strength, ""}
	if r.IssuedAt != nil {
		cells[RecipientIssued] = r.IssuedAt.UTC().Format("2006-01-02 15:04")
	}
	if len(r.Copies) > 1 {
		cells[RecipientIssued] += fmt.Sprintf(" (%d)", len(r.Copies))
	}
	if latest.PSNR > 0 {
		cells[RecipientQuality] = fmt.Sprintf("%.1f dB", latest.PSNR)
	}
	return cells[c]
}

// recipientsAtOnce is how many recipients are read in one go.
const recipientsAtOnce = 1000

// Recipients reads the recipients of a title that follow on last, nil for the first ones, for a [Feed].
func Recipients(e *engine.Engine, titleID string) func(context.Context, *Recipient) ([]Recipient, error) {
	return func(ctx context.Context, last *Recipient) ([]Recipient, error) {
		after := int64(0)
		if last != nil {
			after = last.Ordinal
		}
		tags, err := e.Store().Tags(ctx, titleID, after, recipientsAtOnce)
		if err != nil {
			return nil, err
		}
		list := make([]Recipient, len(tags))
		for i, tag := range tags {
			list[i].Tag = tag
			if tag.IssuedAt == nil {
				continue
			}
			if list[i].Copies, err = e.Copies(ctx, titleID, tag.Ordinal); err != nil {
				return nil, err
			}
		}
		return list, nil
	}
}
