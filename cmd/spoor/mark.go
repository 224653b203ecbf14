// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"context"
	"errors"
	"strings"

	"spoor/engine"
	"spoor/engine/job"
	"spoor/storage"
)

type markCommand struct {
	Title string  `arg:"" help:"Id or unique name of the title."`
	Tag   *string `xor:"who" help:"The recipient: 1 to 256 bytes of text." placeholder:"T"`
	Out   string  `short:"o" help:"The copy to be made: .mp4, .mov, .mkv, .ts or .webm." placeholder:"OUT"`

	Tags   string `xor:"who" help:"CSV file with a column tag: one copy for each row." placeholder:"FILE.csv"`
	OutDir string `help:"Folder for the copies of --tags." placeholder:"D"`

	Strength    string `enum:"light,normal,strong" default:"normal" help:"light, normal or strong: less visible or harder to remove."`
	EncoderArgs string `type:"raw" help:"ffmpeg encoder options (default: -c:v libx264 -preset medium -crf 18)." placeholder:"ARGS"`
	Original    string `help:"Where the original lies now, if it was moved." placeholder:"FILE"`
	Force       bool   `help:"Overwrite OUT, and make a second copy of a tag that was issued."`

	encoder []string // of EncoderArgs
}

// Help is the example.
func (markCommand) Help() string {
	return "Sound, subtitles and chapters are kept. A tag that is new is registered. If it is stopped, the same command\n" +
		"goes on where it stopped.\n\nExamples:\n" +
		"  spoor mark film --tag \"Alice, Acme Ltd\" -o alice.mp4\n" +
		"  spoor mark film --tags recipients.csv --out-dir copies --strength strong\n" +
		"  spoor mark film --tag bob -o bob.mp4 --encoder-args \"-c:v libx264 -preset fast -crf 20\""
}

func (c *markCommand) check(*app) (err error) {
	if c.encoder, err = fields(c.EncoderArgs); err != nil {
		return err
	}
	one := c.Tag != nil && c.Out != ""
	if one == c.many() || (one && c.OutDir != "") || (c.many() && c.Out != "") {
		return usageError("mark needs --tag and -o for one copy, or --tags and --out-dir for many")
	}
	return nil
}

// many tells whether copies for a whole list are wanted.
func (c *markCommand) many() bool { return c.Tags != "" && c.OutDir != "" }

// Run makes copies.
func (c *markCommand) Run(a *app, e *engine.Engine) error {
	orders, err := c.orders(a, e)
	if err != nil {
		return err
	}
	o := engine.MarkOptions{
		Title: c.Title, Orders: orders, Strength: c.Strength, Encoder: c.encoder, Original: c.Original, Force: c.Force, Continue: c.many(),
	}
	args, err := job.MarkOf(&o)
	if err != nil {
		return err
	}
	made, err := job.Do(a.ctx, a.queue(e), args.Job(), a.progress(),
		func(ctx context.Context, report func(engine.Progress)) ([]engine.MarkedCopy, error) {
			return args.Make(ctx, e, report)
		})
	a.term.bar.clear()
	a.stamped(e)
	if err != nil && len(made) == 0 {
		return err
	}
	a.showCopies(made)
	return errors.Join(err, a.print(made))
}

func (c *markCommand) orders(a *app, e *engine.Engine) ([]engine.Order, error) {
	if c.Tag != nil {
		return []engine.Order{{Tag: storage.Tag{Text: *c.Tag}, Out: c.Out}}, nil
	}
	return e.OrdersOf(a.ctx, c.Title, c.Tags, c.OutDir)
}

func (a *app) showCopies(made []engine.MarkedCopy) {
	for _, m := range made {
		note := ""
		if m.Earlier {
			note = " (made earlier)"
		}
		a.say("%s  for %s%s\n    PSNR-Y %.1f dB, SSIM %.4f, sha256 %s", safe(m.File), safe(m.Tag), note, m.PSNR, m.SSIM, m.SHA256)
		for _, d := range m.Dropped {
			a.warn("%s: not in the copy: %s", m.File, d)
		}
	}
}

// fields splits a text into words as a shell does, with quotes and backslashes and nothing more.
func fields(text string) ([]string, error) {
	var list []string
	var word strings.Builder
	var quote rune
	open, escaped := false, false
	for _, r := range text {
		switch {
		case escaped:
			word.WriteRune(r)
			escaped = false
		case r == '\\' && quote != '\'':
			escaped, open = true, true
		case quote != 0 && r == quote:
			quote = 0
		case quote != 0:
			word.WriteRune(r)
		case r == '\'' || r == '"':
			quote, open = r, true
		case r == ' ' || r == '\t' || r == '\n':
			if open {
				list = append(list, word.String())
				word.Reset()
			}
			open = false
		default:
			word.WriteRune(r)
			open = true
		}
	}
	if quote != 0 || escaped {
		return nil, usageError("--encoder-args ends inside quotes or after a backslash")
	}
	if open {
		list = append(list, word.String())
	}
	return list, nil
}
