// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"context"
	"net/http"
	"time"

	"spoor/api/stamp"
	"spoor/engine"
)

// stampTimeout is how long a time stamp service may take.
const stampTimeout = 15 * time.Second

// stamped has what a command did time-stamped, where a service was named. What is not stamped now is the next time: it
// is no failure of the command.
func (a *app) stamped(e *engine.Engine) {
	if a.stamps == "" || a.ctx.Err() != nil {
		return
	}
	if _, err := a.askStamp(e); err != nil {
		a.warn("not time-stamped yet, the next command tries again: %v", err)
	}
}

func (a *app) askStamp(e *engine.Engine) (bool, error) {
	ctx, cancel := context.WithTimeout(a.ctx, stampTimeout)
	defer cancel()
	return e.Stamp(ctx, a.stamps, func(ctx context.Context, head []byte) ([]byte, error) {
		return stamp.Ask(ctx, http.DefaultClient, a.stamps, head)
	})
}

type stampCommand struct{}

// Help is the example.
func (stampCommand) Help() string {
	return "A service of time stamps (RFC 3161) says with its own clock that it has seen the head of the audit log: what is in\n" +
		"the log cannot be dated back, not even by you. It gets a hash and nothing else. mark and trace do it by\n" +
		"themselves where the service is named.\n\nExample:\n  spoor stamp --time-stamps https://tsa.example/tsr"
}

func (stampCommand) check(a *app) error {
	if a.stamps == "" {
		return usageError("name the service: --time-stamps URL, or SPOOR_TIME_STAMPS")
	}
	return nil
}

// Run asks for a time stamp.
func (stampCommand) Run(a *app, e *engine.Engine) error {
	done, err := a.askStamp(e)
	if err != nil {
		return err
	}
	if done {
		a.say("The audit log is time-stamped.")
	} else {
		a.say("There is nothing new to be time-stamped.")
	}
	return a.print(map[string]bool{"stamped": done})
}
