// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import "spoor/engine"

type settingCommand struct {
	Name  string `arg:"" optional:"" help:"addresses (full, or cut to /24 and /48), examiner (your name), log-retention (days, or never)."`
	Value string `arg:"" optional:"" help:"The new value."`
}

// Help is the example.
func (settingCommand) Help() string {
	return "The examiner is who works on new cases, and signs the reports of cases that name nobody.\n\n" +
		"Examples:\n  spoor setting\n  spoor setting addresses cut\n" +
		"  spoor setting examiner \"Jane Doe\"\n  spoor setting log-retention 90"
}

// Run shows settings or changes one.
func (c *settingCommand) Run(a *app, e *engine.Engine) error {
	names := engine.SettingNames()
	if c.Name != "" {
		names = []string{c.Name}
	}
	if c.Value != "" {
		if err := e.SetSetting(a.ctx, c.Name, c.Value); err != nil {
			return err
		}
	}
	out := map[string]string{}
	for _, name := range names {
		value, err := e.Setting(a.ctx, name)
		if err != nil {
			return err
		}
		out[name] = value
		a.say("%s = %s", name, safe(value))
	}
	return a.print(out)
}
