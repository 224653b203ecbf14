// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"bufio"
	"fmt"
	"os"
	"strings"
	"time"

	"spoor/engine"
	"spoor/storage"
)

type caseEdit struct {
	Case     string  `arg:"" help:"Id or name."`
	Name     *string `help:"New name." placeholder:"TEXT"`
	Number   *string `help:"Number, as the office or the court counts its cases." placeholder:"TEXT"`
	Examiner *string `help:"Who works on it." placeholder:"TEXT"`
	State    string  `enum:"draft,closed," default:"" help:"draft or closed; it becomes reviewed by spoor case review." placeholder:"STATE"`
}

// Help is the example.
func (caseEdit) Help() string {
	return "Making it a draft again takes a review back.\n\nExample:\n  spoor case edit \"Festival leak\" --number 2026-117 --state closed"
}

func (c *caseEdit) check(*app) error {
	if c.edit() == (storage.CaseEdit{}) && c.State == "" {
		return usageError("say what to change: --name, --number, --examiner or --state")
	}
	return nil
}

func (c *caseEdit) edit() storage.CaseEdit {
	return storage.CaseEdit{Name: c.Name, Number: c.Number, Examiner: c.Examiner}
}

// Run changes the fields of a case.
func (c *caseEdit) Run(a *app, e *engine.Engine) error {
	changed, err := e.EditCase(a.ctx, c.Case, c.edit())
	if err == nil && c.State != "" {
		changed, err = e.SetCaseState(a.ctx, changed.ID, storage.CaseState(c.State))
	}
	if err != nil {
		return err
	}
	a.say("Changed the case %s.", safe(changed.Name))
	return a.print(caseOut(changed))
}

type caseReview struct {
	Case string `arg:"" help:"Id or name."`
	By   string `help:"The second examiner (default: the user of this computer)." placeholder:"NAME"`
}

// Help is the example.
func (caseReview) Help() string {
	return "The reviewer must be another than the examiner. Before that, reports of the case say DRAFT.\n\n" +
		"Example:\n  spoor case review \"Festival leak\" --by \"R. Roe\""
}

// Run records a review.
func (c *caseReview) Run(a *app, e *engine.Engine) error {
	reviewed, err := e.ReviewCase(a.ctx, c.Case, orUser(c.By))
	if err != nil {
		return err
	}
	a.say("The case %s is reviewed by %s.", safe(reviewed.Name), safe(reviewed.Reviewer))
	return a.print(caseOut(reviewed))
}

type caseHold struct {
	Case string `arg:"" help:"Id or name."`
	Hold string `arg:"" enum:"on,off" help:"on or off."`
}

// Help is the example.
func (caseHold) Help() string {
	return "Under legal hold nothing of a case can be deleted, by nobody.\n\nExample:\n  spoor case hold \"Festival leak\" on"
}

// Run changes the legal hold.
func (c *caseHold) Run(a *app, e *engine.Engine) error {
	held, err := e.HoldCase(a.ctx, c.Case, c.Hold == "on")
	if err != nil {
		return err
	}
	a.say("The legal hold on the case %s is %s.", safe(held.Name), c.Hold)
	return a.print(caseOut(held))
}

type caseMerge struct {
	From string `arg:"" help:"Id or name of the case that is emptied, and goes unless it is the inbox."`
	Into string `arg:"" help:"Id or name of the case that everything goes to."`
}

// Help is the example.
func (caseMerge) Help() string {
	return "An exhibit that both have becomes one, with what was found in either.\n\n" +
		"Example:\n  spoor case merge \"Forum leak\" \"Festival leak\""
}

// Run merges two cases.
func (c *caseMerge) Run(a *app, e *engine.Engine) error {
	merged, err := e.MergeCases(a.ctx, c.From, c.Into)
	if err != nil {
		return err
	}
	a.say("Everything is in the case %s now.", safe(merged.Name))
	return a.print(caseOut(merged))
}

type caseBookmark struct {
	Evidence string `arg:"" help:"Id of the evidence, as spoor case show prints it."`
	At       string `arg:"" help:"Place in it: seconds, or h:mm:ss.s."`
	Text     string `arg:"" help:"What is to be seen there."`
	Author   string `help:"Who sets it (default: the user of this computer)."`

	at time.Duration // of At
}

// Help is the example.
func (caseBookmark) Help() string {
	return "Example:\n  spoor case bookmark 0642f1c8a9d4b7e355aa01f3 1:02:03.5 \"A logo is covered here\""
}

func (c *caseBookmark) check(*app) (err error) {
	if c.at, err = engine.ParseClock(c.At); err != nil {
		return usageError(err.Error())
	}
	return nil
}

// Run sets a bookmark.
func (c *caseBookmark) Run(a *app, e *engine.Engine) error {
	b, err := e.AddBookmark(a.ctx, c.Evidence, c.at, orUser(c.Author), c.Text)
	if err != nil {
		return err
	}
	a.say("Bookmarked %s.", clock(b.At))
	return a.print(bookmarkOut(b))
}

type caseFrames struct {
	Evidence string `arg:"" help:"Id of the evidence, as spoor case show prints it."`
	Hash     string `enum:"sha256,sha512,md5" default:"sha256" help:"sha256, sha512 or md5."`
	Out      string `short:"o" help:"File to write (default: standard output)." placeholder:"FILE" type:"path"`
}

// Help is the example.
func (caseFrames) Help() string {
	return "One line for each decoded frame, as ffmpeg's framehash muxer writes it, so that others can compare:\n" +
		"  ffmpeg -i FILE -map 0:v:0 -fps_mode passthrough -f framehash -hash SHA256 -\n\n" +
		"Example:\n  spoor case frames 0642f1c8a9d4b7e355aa01f3 -o frames.txt"
}

func (*caseFrames) check(a *app) error {
	if a.json {
		return usageError("the list of frames is text: leave --json out")
	}
	return nil
}

// Run writes the hashes of all frames.
func (c *caseFrames) Run(a *app, e *engine.Engine) error {
	out := bufio.NewWriter(a.term.out)
	if c.Out != "" {
		f, err := os.OpenFile(c.Out, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666) //nolint:gosec // the umask decides
		if err != nil {
			return fmt.Errorf("the list cannot be written: %w", err)
		}
		defer f.Close()
		out = bufio.NewWriter(f)
	}
	if err := e.FrameHashes(a.ctx, c.Evidence, c.Hash, out); err != nil {
		return err
	}
	return out.Flush()
}

type caseAcquire struct {
	Evidence string `arg:"" help:"Id of the evidence, as spoor case show prints it."`
	Address  string `help:"Where it was found, such as the address of the page." placeholder:"URL"`
	Platform string `help:"Name of the service." placeholder:"NAME"`
	Uploader string `help:"Who put it there." placeholder:"NAME"`
	Caption  string `help:"Title of the posting." placeholder:"TEXT"`
	Posted   string `help:"When it was put there, UTC: 2026-05-03, 2026-05-03T14:05 or with seconds." placeholder:"TIME"`
	Captured string `help:"When it was captured, UTC." placeholder:"TIME"`
	By       string `help:"Who captured it." placeholder:"NAME"`
	Tool     string `help:"With what, version included." placeholder:"NAME"`
	Page     string `help:"Picture of the page; it comes into the vault." placeholder:"FILE" type:"path"`
	From     string `help:"Fill in what is not known from a WARC file or a yt-dlp .info.json." placeholder:"FILE" type:"path"`

	change storage.Acquisition // what was typed
}

// Help is the example.
func (caseAcquire) Help() string {
	return "What lies beside a leak as .info.json or WARC is filled in when the leak is traced; what is typed here goes before it.\n\n" +
		"Example:\n  spoor case acquire 0642f1c8a9d4b7e355aa01f3 --address https://forum.example/t/77 --by \"J. Doe\""
}

func (c *caseAcquire) check(*app) error {
	c.change = storage.Acquisition{
		Address: c.Address, Platform: c.Platform, Uploader: c.Uploader, Caption: c.Caption, CapturedBy: c.By, Tool: c.Tool,
	}
	for text, moment := range map[*string]**time.Time{&c.Posted: &c.change.PostedAt, &c.Captured: &c.change.CapturedAt} {
		if *text == "" {
			continue
		}
		t, err := engine.ParseMoment(*text)
		if err != nil {
			return usageError(err.Error())
		}
		*moment = &t
	}
	return nil
}

// Run records how an exhibit was obtained.
func (c *caseAcquire) Run(a *app, e *engine.Engine) error {
	record, err := e.SetAcquisition(a.ctx, c.Evidence, c.change, c.Page)
	if err == nil && c.From != "" {
		record, err = e.FillAcquisition(a.ctx, c.Evidence, c.From)
	}
	if err != nil {
		return err
	}
	a.say("Recorded.")
	return a.print(acquisitionOut(record))
}

// acquisitionJSON is an acquisition record as programs get it.
type acquisitionJSON struct {
	Address    string            `json:"address"`
	Platform   string            `json:"platform"`
	Uploader   string            `json:"uploader"`
	Caption    string            `json:"caption"`
	PostedAt   *time.Time        `json:"posted_at"`
	CapturedAt *time.Time        `json:"captured_at"`
	CapturedBy string            `json:"captured_by"`
	Tool       string            `json:"tool"`
	Page       string            `json:"page"`
	PageSHA256 string            `json:"page_sha256"`
	FilledFrom map[string]string `json:"filled_from,omitempty"`
}

func acquisitionOut(x *storage.Acquisition) *acquisitionJSON {
	if x == nil {
		return nil
	}
	return &acquisitionJSON{
		x.Address, x.Platform, x.Uploader, x.Caption, x.PostedAt, x.CapturedAt, x.CapturedBy, x.Tool, x.PageName,
		x.PageSHA256, x.FilledFrom,
	}
}

// show adds the fields that are known.
func (x *acquisitionJSON) show(rows *table) {
	moment := func(t *time.Time) string {
		if t == nil {
			return ""
		}
		return t.UTC().Format("2006-01-02 15:04:05 UTC")
	}
	for _, f := range []struct{ name, key, value string }{
		{"found at", "address", x.Address},
		{"platform", "platform", x.Platform},
		{"uploader", "uploader", x.Uploader},
		{"caption", "caption", x.Caption},
		{"posted", "posted_at", moment(x.PostedAt)},
		{"captured", "captured_at", moment(x.CapturedAt)},
		{"captured by", "captured_by", x.CapturedBy},
		{"tool", "tool", x.Tool},
		{"page", "", strings.TrimSpace(x.Page + "  " + x.PageSHA256)},
	} {
		if f.value == "" {
			continue
		}
		if from := x.FilledFrom[f.key]; from != "" {
			f.value += "  (from " + from + ")"
		}
		rows.add("    "+f.name, f.value)
	}
}

type bookmarkJSON struct {
	ID        string    `json:"id"`
	AtMS      int64     `json:"at_ms"`
	Author    string    `json:"author"`
	Text      string    `json:"text"`
	CreatedAt time.Time `json:"created_at"`
}

func bookmarkOut(b storage.Bookmark) bookmarkJSON {
	return bookmarkJSON{b.ID, b.At.Milliseconds(), b.Author, b.Text, b.CreatedAt}
}
