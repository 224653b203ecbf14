// SPDX-License-Identifier: AGPL-3.0-or-later

package ui_test

import (
	"errors"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/widget"
	"github.com/stretchr/testify/require"

	"spoor/engine"
	"spoor/storage"
	"spoor/ui/widgets"
)

func TestSettingsOfTheHomeAreChanged(t *testing.T) {
	o := newOffice(t, nil)
	o.choose("Go to", "Settings")
	setting := func(name string) string {
		value, err := o.engine.Setting(t.Context(), name)
		require.NoError(t, err)
		return value
	}
	cut := see(o, func(c *widget.Check) bool {
		return c.Text == "show addresses cut to their network (/24, /48)" && c.OnChanged != nil
	})
	cut.SetChecked(true)
	o.until(func() bool { return setting(engine.SettingAddresses) == engine.AddressesCut })
	o.read("addresses is cut now. Ctrl+Z takes it back.")
	o.choose("Edit", "Take back: Changed the setting addresses")
	o.until(func() bool { return setting(engine.SettingAddresses) == engine.AddressesFull })

	days := see(o, func(e *widget.Entry) bool { return e.Text == "never" })
	days.SetText("soon")
	days.OnSubmitted(days.Text)
	o.press("Put away")
	require.Equal(t, "never", setting(engine.SettingLogRetention))
	days.OnSubmitted("90")
	o.until(func() bool { return setting(engine.SettingLogRetention) == "90" })
}

func TestKeysAreEncryptedAndTheirPassphraseIsAskedFor(t *testing.T) {
	var title storage.Title
	o := newOffice(t, func(e *engine.Engine) { title = newTitle(t, e) })
	o.choose("Go to", "Settings")
	o.read("not encrypted; only you can read their files")
	o.press("Passphrase…")
	o.fill("Passphrase", "a long passphrase")
	o.fill("Once more", "another")
	form := see(o, func(f *widget.Form) bool { return f.SubmitText == "Go on" })
	require.ErrorContains(t, form.Validate(), "the two are not the same")
	o.fill("Once more", "a long passphrase")
	o.press("Go on")
	o.read("encrypted with a passphrase")
	home := o.engine.Home()

	// The next start knows no passphrase: it is asked for when a key is needed.
	other, err := engine.Open(t.Context(), home, engine.WithPassphrase(o.passphrase.Ask))
	require.NoError(t, err)
	defer other.Close()
	got := make(chan error, 1)
	go func() {
		_, err := other.Store().TitleKey(title.ID)
		got <- err
		o.line.DoFromGoroutine(func() {}, false)
	}()
	o.read("The keys are encrypted")
	o.fill("Passphrase", "a long passphrase")
	o.press("Go on")
	require.NoError(t, <-got)
}

func TestANewHomeIsNotAskedForAPassphrase(t *testing.T) {
	o := newOffice(t, nil)
	got := make(chan error, 1)
	go func() {
		_, err := o.engine.Store().NewTitleKey(storage.NewID())
		got <- err
		o.line.DoFromGoroutine(func() {}, false)
	}()
	see(o, func(l *widget.Label) bool { return strings.HasPrefix(l.Text, "The keys of titles are not encrypted: ") })
	require.NoError(t, <-got)
	require.False(t, o.reads("The keys are encrypted"))
}

func TestTheAuditLogIsStamped(t *testing.T) {
	o := newOffice(t, nil)
	o.choose("Go to", "Settings")
	o.press("Stamp now")
	o.read("Name a time-stamp service first") // as Fyne writes errors
	o.press("Put away")
	service := see(o, func(e *widget.Entry) bool { return e.PlaceHolder == "https://tsa.example/tsr" })
	test.Type(service, "https://clock.example")
	o.press("Stamp now")
	o.read("The audit log is time-stamped.")
	o.team.answer = errors.New("no route to the clock")
	o.press("Stamp now")
	o.read("Not time-stamped yet, it is tried again: no route to the clock")
}

func TestWhoWorksHereIsKnownToTheHome(t *testing.T) {
	o := newOffice(t, nil)
	o.choose("Go to", "Settings")
	test.Tap(see(o, func(e *widgets.Editable) bool { return editableReads(e, "nobody") }))
	test.Type(o.window.Canvas().Focused(), "M. Weber")
	o.window.Canvas().Focused().TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	o.until(func() bool {
		name, err := o.engine.Setting(t.Context(), engine.SettingExaminer)
		require.NoError(t, err)
		return name == "M. Weber"
	})
	o.read("M. Weber")
}
