// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"spoor/engine"
	"spoor/engine/access"
	"spoor/engine/access/etsi"
	"spoor/engine/job"
	"spoor/storage"
)

type logsCommand struct {
	Import    logsImport    `cmd:"" help:"Read access logs of any web server or CDN."`
	List      logsList      `cmd:"" help:"List the logs that were imported."`
	Show      logsShow      `cmd:"" help:"Show a log: what became of its lines, with samples of those not used."`
	Formats   logsFormats   `cmd:"" help:"List the formats that are known, and the mappings that were saved."`
	Watermark logsWatermark `cmd:"" help:"Read a watermarking token, a sidecar, or the wmpi boxes of a segment (ETSI TS 104 002)."`
	File      logsFile      `cmd:"" help:"Say what a file or stream in the logs is: its title, length, size, renditions."`
	Hold      logsHold      `cmd:"" help:"Keep a log from retention: on or off."`
	Retention logsRetention `cmd:"" help:"Remove raw rows and files of logs that are older than the retention setting."`
}

type logsImport struct {
	Files     []string          `arg:"" name:"file" help:"Log files, folders of them, or - for standard input."`
	Format    string            `default:"auto" help:"Format, or name of a saved mapping (spoor logs formats lists both)."`
	Pattern   []string          `placeholder:"RE" sep:"none" help:"Regular expression with named groups: tag, file, rendition, segment are found in paths; with ip, time, path ... it reads whole lines."` //nolint:lll // the text of a help
	Argument  []string          `placeholder:"NAME" help:"Argument of the query that holds the tag (default: autograph_tag)."`
	Fields    []string          `placeholder:"LIST" help:"Names of the columns of a format of your own, separated by commas."`
	Delimiter string            `placeholder:"C" help:"What stands between the columns (default: a tab or a blank)."`
	Path      map[string]string `placeholder:"KEYS=FIELD" help:"What the value at a path of keys means, in JSON lines of your own: client.addr=ip."`                                                                //nolint:lll // the text of a help
	Writing   string            `enum:"auto,plain,percent,plus" default:"auto" help:"How texts of a format of your own are written: plain, percent (%20), plus (blanks as +); auto: as --format does, else plain."` //nolint:lll // the text of a help
	Proxy     []string          `placeholder:"NET" help:"Proxy whose X-Forwarded-For is believed, such as 10.0.0.0/8."`
	Sampled   bool              `help:"The log leaves requests out: no percentages are told."`
	TokenKey  []string          `placeholder:"FILE" sep:"none" help:"File with a key that watermarking tokens are verified with."`
	Save      string            `placeholder:"NAME" help:"Keep these options as a mapping."`
	Again     bool              `help:"Forget what the same log told before, and read it with these options."`
	InPlace   bool              `help:"Leave the logs where they lie instead of copying them into the vault."`
	DryRun    bool              `help:"Show what the beginning looks like, and import nothing."`
}

// Help is the example.
func (logsImport) Help() string {
	return "The format is found by itself and shown before anything is kept. Files may be plain or compressed (gzip, zstd,\n" +
		"bzip2; refused where they blow up more than 250-fold). The same log again, under any name, changes nothing;\n" +
		"after an interruption the same command goes on. Lines without a tag are counted, not dropped silently.\n\n" +
		"In formats of your own (--pattern, --fields, --path) an address, a time and a path are needed; names are ip, port,\n" +
		"timestamp (or date and time), method, host, path, query, url (or request), status, bytes (of the body), bytes_sent (with\n" +
		"headers), content_length, range, size, user_agent, accept_language, x-forwarded-for, request_id, cmcd, those of the known\n" +
		"formats (c-ip, cliIP, ClientIP ...), and - for what is of no interest.\n\nExamples:\n" +
		"  spoor logs import access.log.gz\n  ssh edge cat access.log | spoor logs import -\n" +
		"  spoor logs import cdn/ --format cloudfront --dry-run\n" +
		"  spoor logs import edge.log --pattern '^/v/(?P<tag>[^/]+)/(?P<file>[^/]+)/(?P<rendition>\\d+p)/(?P<segment>\\d+)' --save edge\n" +
		"  spoor logs import ds2.log --format akamai --fields reqTimeSec,cliIP,statusCode,bytes,reqPath,queryStr,UA\n" +
		"  spoor logs import own.csv --fields ip,date,time,url,status,bytes --delimiter ,\n" +
		"  spoor logs import own.jsonl --path client.addr=ip --path when=timestamp --path http.url=url"
}

// importJSON is what came of one log.
type importJSON struct {
	ID        string                  `json:"id"`
	File      string                  `json:"file"`
	SHA256    string                  `json:"sha256"`
	Format    string                  `json:"format"`
	State     string                  `json:"state"` // partial, done, damaged
	Known     bool                    `json:"already_imported"`
	Resumed   bool                    `json:"resumed"`
	Lines     int64                   `json:"lines"`
	Matched   int64                   `json:"matched"`
	Waiting   int64                   `json:"sessions_without_tag"` // requests
	Unmatched map[access.Reason]int64 `json:"unmatched"`
	Rejected  map[access.Reason]int64 `json:"rejected"`
	Comments  int64                   `json:"comments"`
	Samples   []access.Sample         `json:"samples"`
	OnHold    bool                    `json:"on_hold"`
	Error     string                  `json:"error,omitempty"`
	CreatedAt time.Time               `json:"created_at"`
	PurgedAt  *time.Time              `json:"purged_at"`
}

func importOut(l engine.ImportedLog) importJSON {
	out := importJSON{
		ID: l.ID, File: l.FileName, SHA256: l.SHA256, Format: l.Format, State: string(l.State), Known: l.Known, Resumed: l.Resumed,
		Lines: l.Counts.Lines, Matched: l.Counts.Matched, Waiting: l.Counts.Waiting, Unmatched: l.Counts.Unmatched,
		Rejected: l.Counts.Rejected,
		Comments: l.Counts.Comments, Samples: l.Samples, OnHold: l.OnHold, Error: l.Damage, CreatedAt: l.CreatedAt, PurgedAt: l.PurgedAt,
	}
	if out.Samples == nil {
		out.Samples = []access.Sample{}
	}
	for _, m := range []*map[access.Reason]int64{&out.Unmatched, &out.Rejected} {
		if *m == nil {
			*m = map[access.Reason]int64{}
		}
	}
	return out
}

// Run imports logs.
func (c *logsImport) Run(a *app, e *engine.Engine) error {
	mapping, err := c.mapping(a, e)
	if err != nil {
		return err
	}
	tokens, err := readTokenKeys(c.TokenKey)
	if err != nil {
		return err
	}
	files, err := engine.FindLogs(c.Files)
	if err != nil {
		return err
	}
	if c.Save != "" {
		if err := e.SaveLogMapping(a.ctx, c.Save, mapping); err != nil {
			return err
		}
	}
	out, failed := []importJSON{}, 0
	for _, file := range files {
		got, err := c.one(a, e, file, mapping, tokens)
		if cause := stopped(a.ctx, err); cause != nil {
			return errors.Join(cause, a.print(out))
		}
		if errors.Is(err, errShown) {
			continue
		}
		a.term.bar.clear()
		row := importOut(got)
		if err != nil {
			failed++
			row.File, row.State, row.Error = file, "failed", words(err)
			fmt.Fprintln(a.term.err, "spoor: "+words(err))
		} else {
			c.tell(a, &row)
		}
		out = append(out, row)
	}
	if err := a.print(out); err != nil {
		return err
	}
	removed, err := e.ApplyRetention(a.ctx)
	if err == nil && len(removed) > 0 {
		a.hint("%d old logs were removed, as the setting %s says; what they add up to is kept.", len(removed), engine.SettingLogRetention)
	}
	if err == nil && failed > 0 {
		err = saidError(exitFailed)
	}
	return err
}

// errShown ends an import that was only to be looked at.
var errShown = errors.New("shown")

// mapping puts the options together, on top of a saved mapping.
func (c *logsImport) mapping(a *app, e *engine.Engine) (engine.LogMapping, error) {
	m := engine.LogMapping{Format: c.Format}
	if _, known := access.FormatByName(c.Format); !known && c.Format != engine.FormatAuto {
		saved, err := e.LogMappings(a.ctx)
		if err != nil {
			return m, err
		}
		var ok bool
		if m, ok = saved[c.Format]; !ok {
			return m, &storage.Error{
				Code:    storage.NotFound,
				Message: fmt.Sprintf("there is no log format %q and no saved mapping of that name", c.Format),
			}
		}
	}
	for _, text := range c.Pattern {
		if err := m.AddPattern(text); err != nil {
			return m, err
		}
	}
	m.Arguments = append(m.Arguments, c.Argument...)
	m.Proxies = append(m.Proxies, c.Proxy...)
	m.Sampled = m.Sampled || c.Sampled
	if len(c.Fields) > 0 || len(c.Path) > 0 {
		m.Custom = &access.Custom{Fields: c.Fields, Delimiter: c.Delimiter}
		if len(c.Path) > 0 {
			m.Custom.Paths = c.Path
		}
	}
	switch {
	case m.Custom == nil:
	case c.Writing != "auto":
		m.Custom.Writing = strings.TrimPrefix(c.Writing, "plain")
	case len(c.Fields)+len(c.Path) > 0:
		m.Custom.Writing = access.UsualWriting(c.Format)
	}
	return m, nil
}

func readTokenKeys(files []string) ([]etsi.Key, error) {
	var keys []etsi.Key
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		key, err := etsi.ParseKey(text)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		keys = append(keys, key)
	}
	return keys, nil
}

// one imports one log.
func (c *logsImport) one(a *app, e *engine.Engine, file string, m engine.LogMapping, tokens []etsi.Key) (engine.ImportedLog, error) {
	in := engine.LogImport{Path: file, Mapping: m, Tokens: tokens, Again: c.Again, InPlace: c.InPlace, Report: a.progress()}
	if file == "-" {
		path, done, err := e.SpoolLog(a.ctx, os.Stdin)
		if err != nil {
			return engine.ImportedLog{}, err
		}
		defer done()
		in.Path, in.Name, in.InPlace = path, "standard input", false
	}
	in.Preview = func(p access.Preview) error {
		a.term.bar.clear()
		if c.DryRun {
			return errors.Join(c.preview(a, file, p), errShown)
		}
		a.hint("%s: %s (%d of the first %d lines fit)", file, p.Format.Title, p.Fit, p.Lines)
		return nil
	}
	if c.DryRun || file == "-" { // there is nothing to go on with
		return e.ImportLog(a.ctx, in)
	}
	path, err := filepath.Abs(file)
	if err != nil {
		return engine.ImportedLog{}, err
	}
	args := job.Log{File: path, Mapping: m, Again: c.Again, InPlace: c.InPlace, Tokens: len(tokens)}
	return job.Do(a.ctx, a.queue(e), args.Job(), a.progress(),
		func(ctx context.Context, report func(engine.Progress)) (engine.ImportedLog, error) {
			in.Report = report
			return e.ImportLog(ctx, in)
		})
}

// previewJSON is the beginning of a log through a format.
type previewJSON struct {
	File     string           `json:"file"`
	Format   string           `json:"format"`
	Lines    int              `json:"lines"`
	Fit      int              `json:"fit"`
	Note     string           `json:"note"` // what such logs cannot tell
	Examples []access.Example `json:"examples"`
}

func (c *logsImport) preview(a *app, file string, p access.Preview) error {
	a.say("%s: %s, %s (%d of the first %d lines fit)", safe(file), p.Format.Name, p.Format.Title, p.Fit, p.Lines)
	if note := p.Format.Note(); note != "" {
		a.say("such logs lack: %s", note)
	}
	var rows table
	rows.add("TIME (UTC)", "CLIENT", "STATUS", "BYTES", "TAG", "PATH")
	for _, x := range p.Examples {
		tag := x.Tag
		if tag == "" {
			tag = "- " + string(x.NotMatchedReason)
		}
		rows.add(utc(x.Time), x.Client, x.Status, x.Bytes, tag, x.Path)
	}
	if !a.json {
		rows.write(a.term.out)
	}
	return a.print(previewJSON{file, p.Format.Name, p.Lines, p.Fit, p.Format.Note(), p.Examples})
}

func utc(ms int64) string { return time.UnixMilli(ms).UTC().Format("2006-01-02 15:04:05") }

// tell says what came of a log.
func (c *logsImport) tell(a *app, l *importJSON) {
	if l.Known {
		a.say("%s was imported already; nothing changed.", safe(l.File))
		return
	}
	a.say("%s (%s): %s lines, %s with a tag.", safe(l.File), safe(l.Format), grouped(l.Lines), grouped(l.Matched))
	tellReasons(a, l)
	if l.Error != "" {
		a.warn("%s ended in a fault; what came before is imported: %s", l.File, l.Error)
	}
	if l.Matched == 0 && l.Waiting == 0 {
		a.hint("No request carried a tag. --dry-run shows how the lines are read; --pattern and --argument say where tags are.")
	}
}

func tellReasons(a *app, l *importJSON) {
	if l.Waiting > 0 {
		a.say("    %s: requests of sessions, which count for the tag that any request of the session has", grouped(l.Waiting))
	}
	for _, reasons := range []map[access.Reason]int64{l.Unmatched, l.Rejected} {
		for _, why := range slices.Sorted(maps.Keys(reasons)) {
			a.say("    %s: %s", grouped(reasons[why]), why)
		}
	}
}

type logsList struct{}

// Help is the example.
func (logsList) Help() string { return "Example:\n  spoor logs list" }

// Run lists logs.
func (logsList) Run(a *app, e *engine.Engine) error {
	out := []importJSON{}
	var rows table
	rows.add("ID", "IMPORTED", "STATE", "LINES", "WITH TAG", "REJECTED", "FORMAT", "FILE")
	for page := (storage.Page{Limit: 1000}); ; {
		list, err := e.Logs(a.ctx, page)
		if err != nil {
			return err
		}
		for _, l := range list {
			state := string(l.State)
			if l.PurgedAt != nil {
				state = "removed"
			}
			if l.OnHold {
				state += ", held"
			}
			out = append(out, importOut(l))
			rows.add(l.ID, day(l.CreatedAt), state, grouped(l.Counts.Lines), grouped(l.Counts.Matched), grouped(l.Counts.RejectedLines()),
				l.Format, l.FileName)
		}
		if len(list) < page.Limit {
			break
		}
		page.After = list[len(list)-1].ID
	}
	if !a.json {
		rows.write(a.term.out)
	}
	if len(out) == 0 {
		a.hint("No log was imported yet: spoor logs import FILE")
	}
	return a.print(out)
}

type logsShow struct {
	Log string `arg:"" help:"Id, SHA-256 or file name."`
}

// Help is the example.
func (logsShow) Help() string { return "Example:\n  spoor logs show access.log" }

// Run shows a log.
func (c *logsShow) Run(a *app, e *engine.Engine) error {
	l, err := e.Log(a.ctx, c.Log)
	if err != nil {
		return err
	}
	out := importOut(l)
	a.say("%s (%s, %s): %s lines, %s with a tag.", safe(out.File), safe(out.Format), out.State, grouped(out.Lines), grouped(out.Matched))
	tellReasons(a, &out)
	for _, s := range out.Samples {
		a.say("    line %d: %s: %s", s.Line, s.Reason, safe(s.Text))
	}
	return a.print(out)
}

type logsFormats struct{}

// Help is the example.
func (logsFormats) Help() string { return "Example:\n  spoor logs formats" }

// Run lists formats and mappings.
func (logsFormats) Run(a *app, e *engine.Engine) error {
	saved, err := e.LogMappings(a.ctx)
	if err != nil {
		return err
	}
	type formatJSON struct {
		Name    string             `json:"name"`
		Title   string             `json:"title"`
		Lacks   string             `json:"lacks"`
		Mapping *engine.LogMapping `json:"mapping,omitempty"`
	}
	var out []formatJSON
	var rows table
	rows.add("NAME", "WHAT", "LACKS")
	for _, f := range access.Formats() {
		out = append(out, formatJSON{f.Name, f.Title, f.Note(), nil})
		rows.add(f.Name, f.Title, f.Note())
	}
	for _, name := range slices.Sorted(maps.Keys(saved)) {
		m := saved[name]
		text, err := json.Marshal(m)
		if err != nil {
			return err
		}
		out = append(out, formatJSON{name, "saved mapping", "", &m})
		rows.add(name, "saved mapping: "+string(text), "")
	}
	if !a.json {
		rows.write(a.term.out)
	}
	return a.print(out)
}

type logsFile struct {
	File      string           `arg:"" help:"As spoor access shows it: a path, or the folder of a stream."`
	Title     string           `help:"Id or name of the title." placeholder:"T"`
	Size      int64            `help:"Bytes of the whole file."`
	Length    time.Duration    `help:"Length, such as 1h52m (default: that of the title)."`
	Segment   time.Duration    `help:"Length of a segment, such as 6s."`
	Segments  int64            `help:"Number of segments."`
	Rendition map[string]int32 `placeholder:"KBPS=LINES" help:"Bit rate and height of a rendition, such as 3000=1080; may be given several times."` //nolint:lll // the text of a help

	facts access.Facts // what was typed
}

// Help is the example.
func (logsFile) Help() string {
	return "Percentages need to know how much there is. What a log or the title's record tells need not be given.\n\nExample:\n" +
		"  spoor logs file /vod/film --title film --segment 6s --rendition 1000=480 --rendition 3000=1080"
}

func (c *logsFile) check(*app) error {
	c.facts = access.Facts{
		Size: c.Size, Length: c.Length.Milliseconds(), Segment: int32(min(c.Segment, time.Hour).Milliseconds()),
		Segments: c.Segments,
	}
	for rate, height := range c.Rendition {
		kbps, err := strconv.ParseInt(rate, 10, 32)
		if err != nil || kbps < 1 || height < 1 {
			return usageError(fmt.Sprintf("--rendition %s=%d: a bit rate in kbit/s and a number of lines are wanted, such as 3000=1080",
				rate, height))
		}
		c.facts.Renditions = append(c.facts.Renditions, access.Rendition{Kilobits: int32(kbps), Height: height})
	}
	slices.SortFunc(c.facts.Renditions, func(x, y access.Rendition) int { return int(x.Kilobits - y.Kilobits) })
	if min(c.Size, c.Segments, int64(c.Length), int64(c.Segment)) < 0 {
		return usageError("sizes and lengths are not negative")
	}
	return nil
}

// Run keeps what is said of a file.
func (c *logsFile) Run(a *app, e *engine.Engine) error {
	if err := e.SetLogFile(a.ctx, c.File, c.Title, c.facts); err != nil {
		return err
	}
	a.say("Noted.")
	return a.print(c.facts)
}

type logsHold struct {
	Log   string `arg:"" help:"Id, SHA-256 or file name."`
	State string `arg:"" enum:"on,off" help:"on or off."`
}

// Help is the example.
func (logsHold) Help() string { return "Example:\n  spoor logs hold access.log on" }

// Run holds a log.
func (c *logsHold) Run(a *app, e *engine.Engine) error {
	l, err := e.HoldLog(a.ctx, c.Log, c.State == "on")
	if err != nil {
		return err
	}
	a.say("The hold on %s is %s.", safe(l.FileName), c.State)
	return a.print(map[string]any{"id": l.ID, "on_hold": l.OnHold})
}

type logsRetention struct{}

// Help is the example.
func (logsRetention) Help() string {
	return "What the removed logs add up to is kept. Held logs stay, and those with a tag that was found in a held case.\n\nExamples:\n" +
		"  spoor setting log-retention 90\n  spoor logs retention"
}

// Run applies the retention setting.
func (logsRetention) Run(a *app, e *engine.Engine) error {
	removed, err := e.ApplyRetention(a.ctx)
	if err != nil {
		return err
	}
	ids := []string{}
	for _, l := range removed {
		ids = append(ids, l.ID)
		a.say("Removed %s; what it adds up to is kept.", safe(l.FileName))
	}
	if len(removed) == 0 {
		a.say("Nothing to remove.")
	}
	return a.print(ids)
}
