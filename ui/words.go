// SPDX-License-Identifier: AGPL-3.0-or-later

package ui

import (
	"cmp"
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
	color, icon, answer := look.ColorQuiet, theme.HistoryIcon(), string(v)
	switch v {
	case storage.Found:
		color, icon = look.ColorFound, theme.ConfirmIcon()
	case storage.Marked:
		color, icon = look.ColorMarked, theme.VisibilityIcon()
	case storage.Inconclusive:
		color, icon = look.ColorUnsure, theme.QuestionIcon()
	case storage.None:
		color, icon = look.ColorNone, theme.ContentRemoveIcon()
	case storage.Failed:
		color, icon = look.ColorUnsure, theme.WarningIcon()
	case storage.NoVerdict:
		if s == storage.Cancelled {
			answer, icon = "cancelled", theme.CancelIcon()
		} else if s != storage.Queued && s != storage.Processing {
			return verdict{lang.L("not examined"), "", color, icon}
		}
	}
	return verdict{wording().Verdict(answer), cmp.Or(wording().Meaning(answer, false), wording().VerdictSentence(answer)), color, icon}
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
