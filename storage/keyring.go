// SPDX-License-Identifier: AGPL-3.0-or-later

package storage

import (
	"os"
	"runtime"

	"github.com/zalando/go-keyring"
)

// SystemKeyring returns the keyring of the operating system, nil where there cannot be one: on Linux without a session
// bus, and where SPOOR_KEYRING=off says that it is not wanted.
func SystemKeyring() Keyring {
	if os.Getenv("SPOOR_KEYRING") == "off" || (runtime.GOOS == "linux" && os.Getenv("DBUS_SESSION_BUS_ADDRESS") == "") {
		return nil
	}
	return systemKeyring{}
}

const keyringService = "spoor"

type systemKeyring struct{}

// Get returns a secret.
func (systemKeyring) Get(name string) (string, error) { return keyring.Get(keyringService, name) }

// Set keeps a secret.
func (systemKeyring) Set(name, secret string) error { return keyring.Set(keyringService, name, secret) }
