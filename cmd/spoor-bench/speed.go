// SPDX-License-Identifier: AGPL-3.0-or-later

package main

type speedCommand struct{}

func (speedCommand) Run() error { return nil }
