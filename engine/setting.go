// SPDX-License-Identifier: AGPL-3.0-or-later

package engine

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"spoor/storage"
)

// The settings of a home.
const (
	SettingAddresses    = "addresses"     // how addresses are shown: AddressesFull or AddressesCut
	SettingLogRetention = "log-retention" // days after which raw rows and log files are removed; "" never
	SettingExaminer     = "examiner"      // who works here: in new cases, and who signs reports of cases without an examiner
	AddressesFull       = "full"
	AddressesCut        = "cut" // to the network: /24, or /48 of IPv6
)

// SettingNames lists the settings.
func SettingNames() []string { return []string{SettingAddresses, SettingExaminer, SettingLogRetention} }

// Setting returns a setting, as it is where nothing was set.
func (e *Engine) Setting(ctx context.Context, name string) (string, error) {
	if !slices.Contains(SettingNames(), name) {
		return "", refuse(storage.NotFound, fmt.Sprintf("there is no setting %q", name))
	}
	value, err := e.store.Setting(ctx, name)
	if value == "" {
		value = map[string]string{SettingAddresses: AddressesFull, SettingLogRetention: "never"}[name]
	}
	return value, err
}

// SetSetting changes a setting.
func (e *Engine) SetSetting(ctx context.Context, name, value string) error {
	switch name {
	case SettingAddresses:
		if value != AddressesFull && value != AddressesCut {
			return refuse(storage.Invalid, fmt.Sprintf("%s is %s or %s", name, AddressesFull, AddressesCut))
		}
	case SettingLogRetention:
		if days, err := strconv.Atoi(value); value != "never" && (err != nil || days < 0 || days > 36500) {
			return refuse(storage.Invalid, name+" is a number of days, or never")
		}
	case SettingExaminer:
		value = strings.TrimSpace(value)
	default:
		return refuse(storage.NotFound, fmt.Sprintf("there is no setting %q", name))
	}
	if err := e.store.SetSetting(ctx, name, value); err != nil || name != SettingAddresses {
		return err
	}
	return e.store.NoteAccessChanges(ctx)
}

// ApplyRetention removes what the retention setting says, see [Engine.PurgeLogs].
func (e *Engine) ApplyRetention(ctx context.Context) ([]storage.AccessLog, error) {
	value, err := e.Setting(ctx, SettingLogRetention)
	if err != nil || value == "never" {
		return nil, err
	}
	days, err := strconv.Atoi(value)
	if err != nil {
		return nil, refuse(storage.Damaged, fmt.Sprintf("the setting %s is damaged: %q", SettingLogRetention, value))
	}
	return e.PurgeLogs(ctx, days)
}
