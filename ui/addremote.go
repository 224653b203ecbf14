// SPDX-License-Identifier: AGPL-3.0-or-later

package ui

import (
	"cmp"
	"context"
	"net/url"
	"strings"

	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/widget"

	"spoor/storage"
)

// askForRemote asks for a server and the account there, and records it.
func (v *syncView) askForRemote() {
	address, name, account, secret := newField(""), newField(""), newField(""), newSecret()
	address.SetPlaceHolder("https://team.example")
	address.Validator = v.window.team.Check
	name.SetPlaceHolder(lang.L("the host, where nothing is typed"))
	account.Validator, secret.Validator = needed(lang.L("the operator of the server gives it to you")),
		needed(lang.L("the operator of the server gives it to you"))
	v.window.ask(lang.L("Add a server"), lang.L("Add"), []*widget.FormItem{
		{Text: lang.L("Address"), Widget: address, HintText: lang.L("only https keeps what is sent from others on the way")},
		{Text: lang.L("Name"), Widget: name},
		{Text: lang.L("Account"), Widget: account, HintText: lang.L("client id, as spoor client add shows it")},
		{Text: lang.L("Secret"), Widget: secret, HintText: lang.L("kept in the folder keys, encrypted where keys are")},
	}, address, func(ok bool) {
		if !ok {
			return
		}
		r := storage.Remote{
			Name: cmp.Or(strings.TrimSpace(name.Text), hostOf(address.Text)), URL: strings.TrimSpace(address.Text),
			ClientID: strings.TrimSpace(account.Text),
		}
		v.record(r, strings.TrimSpace(secret.Text))
	})
}

// record keeps a server, and tests it at once.
func (v *syncView) record(r storage.Remote, secret string) {
	background(v.window, func(ctx context.Context) (storage.Remote, error) {
		err := v.window.engine.Store().AddRemote(ctx, &r, secret)
		return r, err
	}, func(r storage.Remote, err error) {
		v.window.fail(err)
		if err == nil {
			v.choose(r.ID)
			v.test(r)
		}
	})
}

// hostOf is the host of an address.
func hostOf(address string) string {
	u, err := url.Parse(strings.TrimSpace(address))
	if err != nil {
		return ""
	}
	return u.Host
}
