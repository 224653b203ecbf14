// SPDX-License-Identifier: AGPL-3.0-or-later

package ui

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/theme"

	"spoor/report"
	"spoor/storage"
	"spoor/ui/desk"
	"spoor/ui/look"
)

// verdict is how an answer looks: never by colour alone.
type verdict struct {
	word, meaning string
	color         fyne.ThemeColorName
	icon          fyne.Resource
}

func verdictOf(v storage.Verdict, s storage.Status) verdict {
	switch v {
	case storage.Found:
		return verdict{
			lang.L("found"), lang.L("The file carries the watermark ID of a copy."),
			look.ColorFound, theme.ConfirmIcon(),
		}
	case storage.Marked:
		return verdict{
			lang.L("watermarked"), lang.L("Watermarked with a key of this office; the ID is not readable. More footage of the same leak, " +
				"or a better copy of it, adds up: evidence is a sum."),
			look.ColorMarked, theme.VisibilityIcon(),
		}
	case storage.Inconclusive:
		return verdict{
			lang.L("inconclusive"), lang.L("Something points to a mark, but not beyond the threshold, so nobody is named. " +
				"More footage of the same leak helps most; a full examination reads all of it."),
			look.ColorUnsure, theme.QuestionIcon(),
		}
	case storage.None:
		return verdict{
			lang.L("none detected"), lang.L("No mark was detected with the keys that are here: the file is no copy of a registered " +
				"title, or its mark is damaged beyond reading."),
			look.ColorNone, theme.ContentRemoveIcon(),
		}
	case storage.Failed:
		return verdict{lang.L("failed"), lang.L("The file could not be examined."), look.ColorUnsure, theme.WarningIcon()}
	case storage.NoVerdict:
	}
	if s == storage.Queued || s == storage.Processing {
		return verdict{
			lang.L("not finished"), lang.L("The examination was stopped; it goes on where it was when it is started again."),
			look.ColorQuiet, theme.HistoryIcon(),
		}
	}
	if s == storage.Cancelled {
		return verdict{
			lang.L("cancelled"), lang.L("The examination was cancelled before there was an answer; started again, it begins anew."),
			look.ColorQuiet, theme.CancelIcon(),
		}
	}
	return verdict{lang.L("not examined"), "", look.ColorQuiet, theme.HistoryIcon()}
}

// language is that of the window's texts, as reports call it.
func language() string { return lang.L("en") }

// wording is how findings are told, here as in reports.
func wording() report.Wording { return report.NewWording(language()) }

// clock writes a time in a file.
func clock(d time.Duration) string {
	return desk.Clock(d.Milliseconds())
}

// size writes a number of bytes.
func size(bytes int64) string {
	v, units := float64(bytes), []string{"B", "kB", "MB", "GB", "TB"}
	i := 0
	for v >= 1000 && i < len(units)-1 {
		v, i = v/1000, i+1
	}
	if i == 0 {
		return fmt.Sprintf("%d B", bytes)
	}
	return fmt.Sprintf("%.1f %s", v, units[i])
}

// moment writes a time of day in UTC, as evidence is dated.
func moment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02 15:04:05 UTC")
}

// needed is a check that something was typed.
func needed(why string) fyne.StringValidator {
	return func(s string) error {
		if strings.TrimSpace(s) == "" {
			return errors.New(why)
		}
		return nil
	}
}
