// SPDX-License-Identifier: AGPL-3.0-or-later

package ui

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"spoor/engine"
	"spoor/storage"
)

// dataSettings are where data lie, how long they are kept, and how addresses are shown.
type dataSettings struct {
	window    *Window
	object    fyne.CanvasObject
	addresses *widget.Check
	retention *widget.Entry
	home      *widget.Label
}

func newDataSettings(w *Window) *dataSettings {
	s := &dataSettings{window: w, retention: widget.NewEntry(), home: widget.NewLabel("")}
	s.home.Truncation, s.home.Selectable = fyne.TextTruncateEllipsis, true
	s.addresses = widget.NewCheck(lang.L("show addresses cut to their network (/24, /48)"), nil)
	s.retention.OnSubmitted = func(days string) {
		s.set(engine.SettingLogRetention, cmp.Or(strings.TrimSpace(days), "never"))
	}
	apply := widget.NewButton(lang.L("Apply now"), s.applyRetention)
	keep := widget.NewButtonWithIcon(lang.L("Another folder…"), theme.FolderOpenIcon(), s.askForHome)
	backup := widget.NewButtonWithIcon(lang.L("Back up the database…"), theme.DocumentSaveIcon(), s.backup)
	s.object = widget.NewForm(
		&widget.FormItem{
			Text: lang.L("Home"), Widget: container.NewBorder(nil, nil, nil, container.NewHBox(keep, backup), s.home),
			HintText: lang.L("the folder with database, vault and keys; another one counts from the next start on"),
		},
		&widget.FormItem{Text: lang.L("Addresses"), Widget: s.addresses},
		&widget.FormItem{
			Text: lang.L("Keep lines of logs for"), Widget: container.NewBorder(nil, nil, nil, apply, s.retention),
			HintText: lang.L("days, or never; Enter keeps it. What was added up stays, and what is under hold"),
		},
	)
	return s
}

// refresh reads the settings of the home.
func (s *dataSettings) refresh() {
	s.home.SetText(s.window.engine.Home())
	if other := s.window.app.Preferences().String(prefHome); other != "" && other != s.window.engine.Home() {
		s.home.SetText(fmt.Sprintf(lang.L("%s; from the next start on %s"), s.window.engine.Home(), other))
	}
	background(s.window, func(ctx context.Context) ([2]string, error) {
		addresses, err := s.window.engine.Setting(ctx, engine.SettingAddresses)
		if err != nil {
			return [2]string{}, err
		}
		days, err := s.window.engine.Setting(ctx, engine.SettingLogRetention)
		return [2]string{addresses, days}, err
	}, func(now [2]string, err error) {
		s.window.fail(err)
		if err != nil {
			return
		}
		s.addresses.OnChanged = nil
		s.addresses.SetChecked(now[0] == engine.AddressesCut)
		s.addresses.OnChanged = func(cut bool) {
			value := engine.AddressesFull
			if cut {
				value = engine.AddressesCut
			}
			s.set(engine.SettingAddresses, value)
		}
		s.retention.SetText(now[1])
	})
}

// set changes a setting of the home.
func (s *dataSettings) set(name, value string) {
	background(s.window, func(ctx context.Context) (string, error) {
		before, err := s.window.engine.Setting(ctx, name)
		if err != nil {
			return "", err
		}
		return before, s.window.engine.SetSetting(ctx, name, value)
	}, func(before string, err error) {
		s.window.fail(err)
		if err == nil {
			s.window.history.Did(fmt.Sprintf(lang.L("Changed the setting %s"), name), func(ctx context.Context) error {
				return s.window.engine.SetSetting(ctx, name, before)
			})
			s.window.status.say(fmt.Sprintf(lang.L("%s is %s now. Ctrl+Z takes it back."), name, value))
		}
		s.refresh()
	})
}

// applyRetention removes what is older than it is kept.
func (s *dataSettings) applyRetention() {
	background(s.window, func(ctx context.Context) ([]storage.AccessLog, error) { return s.window.engine.ApplyRetention(ctx) },
		func(gone []storage.AccessLog, err error) {
			s.window.fail(err)
			if err == nil {
				s.window.status.say(fmt.Sprintf(lang.L("Removed the lines of %d logs; what was added up stays."), len(gone)))
			}
		})
}

// askForHome asks for the folder to work on from the next start on.
func (s *dataSettings) askForHome() {
	s.window.chooseFolder(func(path string) {
		s.window.app.Preferences().SetString(prefHome, path)
		s.refresh()
	})
}

func (s *dataSettings) backup() {
	s.window.chooseNewFile("spoor-backup.db", func(path string) {
		s.window.work.Add(lang.L("Backup"), func(ctx context.Context, _ func(engine.Progress)) error {
			return s.window.engine.Backup(ctx, path)
		})
	})
}

// Home is the home that was chosen in the settings, "" where none was.
func Home(a fyne.App) string { return a.Preferences().String(prefHome) }
