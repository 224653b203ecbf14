// SPDX-License-Identifier: AGPL-3.0-or-later

package ui

import (
	"context"
	"fmt"
	"path/filepath"
	"time"

	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"

	"spoor/engine"
	"spoor/ui/widgets"
)

// chooseToFindTitle asks for a file and tells which titles it shows; nothing of it is kept.
func (w *Window) chooseToFindTitle() { w.chooseFile(w.findTitle, nil) }

// findTitleOf tells which titles an exhibit shows.
func (w *Window) findTitleOf(x engine.Exhibit) {
	background(w, func(ctx context.Context) (string, error) { return w.engine.Store().CheckedPath(ctx, x.SHA256, nil) },
		func(path string, err error) {
			w.fail(err)
			if err == nil {
				w.findTitleIn(path, x.FileName)
			}
		})
}

func (w *Window) findTitle(path string) { w.findTitleIn(path, filepath.Base(path)) }

func (w *Window) findTitleIn(path, name string) {
	w.work.Add(name, func(ctx context.Context, report func(engine.Progress)) error {
		found, err := w.engine.FindTitles(ctx, path, engine.FindOptions{Progress: report})
		if err == nil {
			onWindow(func() { w.showTitlesFound(name, &found) })
		}
		return err
	})
}

// showTitlesFound tells at the side which titles a file shows, and where.
func (w *Window) showTitlesFound(name string, found *engine.TitlesFound) {
	column := container.NewVBox(widgets.Prose(fmt.Sprintf(
		lang.L("%s was compared with %d titles by its pictures; marks were not looked at."),
		name, found.Compared)))
	if len(found.Titles) == 0 {
		column.Add(widgets.Prose(lang.L("It is none of them, as far as can be told.")))
	}
	for _, hit := range found.Titles {
		list := []widgets.Fact{{Name: lang.L("Probability of chance"), Value: fmt.Sprintf("10^%.1f", hit.Log10P)}}
		for _, s := range found.Spans {
			if s.ID == hit.ID {
				list = append(list, widgets.Fact{Name: lang.L("Seen"), Value: fmt.Sprintf(
					lang.L("%s – %s of the file is %s – %s of the title"),
					milliseconds(s.FromMS), milliseconds(s.ToMS), milliseconds(s.TitleFromMS), milliseconds(s.TitleToMS))})
			}
		}
		column.Add(widgets.NewPanel(container.NewVBox(widgets.Title(hit.Name), widgets.Facts(list)), ""))
	}
	if len(found.Missing) > 0 {
		column.Add(widgets.Hint(fmt.Sprintf(
			lang.L("%d titles have no reference that can be read, and so cannot be found."), len(found.Missing))))
	}
	w.sheet.open(lang.L("Which title it is"), container.NewVScroll(column), formWidth, func() {})
}

func milliseconds(ms int64) string { return clock(time.Duration(ms) * time.Millisecond) }
