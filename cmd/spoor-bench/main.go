// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"

	"spoor/engine/media"
)

type commands struct {
	Evidence evidenceCommand `cmd:"" help:"Who is named after which damage, and that nobody innocent is."`
	Quality  qualityCommand  `cmd:"" help:"What a mark costs the picture."`
	Logs     logsCommand     `cmd:"" help:"How fast access logs are read, beside GoAccess."`
	Report   reportCommand   `cmd:"" help:"How fast reports of a large case are written."`
	Titles   titlesCommand   `cmd:"" help:"Which leaks are found among many titles."`
	Speed    speedCommand    `cmd:"" help:"Times, as ratios to a baseline of the same run, and memory."`

	ReportOnce reportOnceCommand `cmd:"" hidden:""`
}

func main() {
	media.ChildMain()
	os.Exit(run())
}

func run() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var c commands
	parsed := kong.Parse(
		&c,
		kong.Name("spoor-bench"),
		kong.Description("Measures what Spoor promises, on real clips. Run it in the root of the repository."),
		kong.UsageOnError(),
		kong.BindTo(ctx, (*context.Context)(nil)),
		kong.Vars{
			"parts": strings.Join(evidenceParts(), ","), "speed_parts": strings.Join(speedParts(), ","),
			"methods": "blind,informed,references,auto",
		},
	)
	err := parsed.Run()
	switch {
	case err == nil:
		return 0
	case ctx.Err() != nil && errors.Is(err, context.Canceled):
		fmt.Fprintln(os.Stderr, "spoor-bench: stopped; with the same --keep it goes on from here")
	default:
		fmt.Fprintln(os.Stderr, "spoor-bench:", err)
	}
	return 1
}
