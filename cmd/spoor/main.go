// SPDX-License-Identifier: AGPL-3.0-or-later

// Command spoor marks copies of videos for their recipients, and finds out whose copy a leak is. docs/manual.md is
// its manual; every command tells about itself with --help.
package main

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"syscall"

	"spoor/engine/media"
)

// version is set by the linker, see the Makefile.
var version = "unknown"

func main() {
	media.ChildMain()
	os.Exit(start())
}

func start() int {
	t := newTerminal()
	ctx, cancel := context.WithCancelCause(context.Background())
	defer cancel(nil)
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		<-signals
		signal.Reset(os.Interrupt, syscall.SIGTERM) // the next one kills
		cancel(errInterrupted)
	}()
	return run(ctx, os.Args[1:], t)
}

// errInterrupted is why the context ends when the user stops the program.
var errInterrupted = errors.New("stopped")
