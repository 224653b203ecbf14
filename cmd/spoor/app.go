// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"

	"github.com/alecthomas/kong"

	"spoor/api/wire"
	"spoor/engine"
	"spoor/engine/job"
	"spoor/engine/media"
	"spoor/storage"
)

// Exit codes; scripts depend on them.
const (
	exitDone      = 0 // for trace: something found
	exitFailed    = 1
	exitUsage     = 2
	exitUncertain = 3 // traced, but nothing certain found
)

// cli is the whole command line.
type cli struct {
	Home  string `help:"Folder with database and keys (default: ${home})." env:"SPOOR_HOME" placeholder:"DIR"`
	JSON  bool   `name:"json" help:"Print one JSON document on standard output and nothing else there."`
	Quiet bool   `short:"q" help:"No progress and no hints."`

	DB string `name:"db" help:"PostgreSQL server that keeps the tables, instead of a file in the home." env:"SPOOR_DB" placeholder:"URL"`

	TimeStamps string `help:"Service (RFC 3161) that time-stamps the audit log (see: stamp)." env:"SPOOR_TIME_STAMPS" placeholder:"URL"`

	Title      titleCommand      `cmd:"" help:"Originals under protection: add, list, show, remove."`
	Mark       markCommand       `cmd:"" help:"Make a copy that carries a tag, or many."`
	Tag        tagCommand        `cmd:"" help:"The registry of a title: list tags, add tags."`
	Trace      traceCommand      `cmd:"" help:"Find out whose copy a leak is."`
	Report     reportCommand     `cmd:"" help:"Write a case as a report: PDF, JSON, XML, CASE, CSV, package."`
	Case       caseCommand       `cmd:"" help:"Cases: list, show, new, note, move."`
	Serve      serveCommand      `cmd:"" help:"Answer the backtraces API, for a team."`
	Client     clientCommand     `cmd:"" help:"Who may use the API: add, list, revoke."`
	Pipeline   pipelineCommand   `cmd:"" help:"Where the API's inputs come from: add, list."`
	Job        jobCommand        `cmd:"" help:"Long work: list, show, pause, resume, cancel, retry, run."`
	Search     searchCommand     `cmd:"" help:"Find titles, tags, exhibits, notes, hashes, addresses by words."`
	Backup     backupCommand     `cmd:"" help:"Copies of the database: create, list, restore."`
	Key        keyCommand        `cmd:"" help:"Keys of titles: encrypt them, take them to another office."`
	Verify     verifyCommand     `cmd:"" help:"Check that nothing was altered: audit log, rows, vault, keys."`
	Audit      auditCommand      `cmd:"" help:"Show the audit log: who did what, and when."`
	Logs       logsCommand       `cmd:"" help:"Access logs: import, list, show, formats, file, hold, retention."`
	Access     accessCommand     `cmd:"" help:"Who fetched copies with a tag, as far as the logs tell."`
	Geoip      geoipCommand      `cmd:"" name:"geoip" help:"Databases of IP addresses: add, list, remove."`
	Setting    settingCommand    `cmd:"" help:"Show the settings of the home, or change one."`
	Remote     remoteCommand     `cmd:"" help:"Servers that this home works with: add, list, remove, test."`
	Sync       syncCommand       `cmd:"" help:"Send results to a server and copy what it has."`
	Mirror     mirrorCommand     `cmd:"" help:"Copy what a server has, to read and search here."`
	Submit     submitCommand     `cmd:"" help:"Have a server trace a leak."`
	Stamp      stampCommand      `cmd:"" help:"Have the audit log time-stamped by a service."`
	Demo       demoCommand       `cmd:"" help:"Show the whole way on a bundled clip: mark, leak, trace."`
	Version    versionCommand    `cmd:"" help:"Versions of everything that a result records."`
	Completion completionCommand `cmd:"" help:"Print the completion script for a shell."`
	Complete   completeCommand   `cmd:"" name:"__complete" hidden:""`
}

// app is what commands work with.
type app struct {
	ctx    context.Context //nolint:containedctx // one running program
	term   *terminal
	parser *kong.Kong
	home   string
	db     string // address of a PostgreSQL server; "" is the home's own database
	json   bool
	quiet  bool
	stamps string // the time stamp service; "" is none
}

// parser reads command lines into c.
func (c *cli) parser(t *terminal, exit func(code int)) (*kong.Kong, error) {
	return kong.New(c,
		kong.Name("spoor"),
		kong.Description("Spoor finds out whose copy of a video was leaked.\n\nStart with: spoor demo"),
		kong.Writers(t.out, t.err),
		kong.Exit(exit),
		kong.UsageOnError(),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, NoExpandSubcommands: true, WrapUpperBound: 100}),
		kong.Vars{"home": engine.DefaultHome(), "scopes": strings.Join(wire.Scopes(), ", ")},
		kong.KindMapper(reflect.String, kong.MapperFunc(anyText)),
		kong.NamedMapper("raw", kong.MapperFunc(rawText)),
	)
}

// run is the program: it returns the exit code.
func run(ctx context.Context, args []string, t *terminal) int {
	var c cli
	exited := -1
	parser, err := c.parser(t, func(code int) { exited = code })
	if err != nil {
		return t.fail(err)
	}
	if len(args) == 0 {
		args = []string{"--help"}
		t.out = t.err
		parser.Stdout = t.err
		if _, err := parser.Parse(args); err != nil && exited < 0 {
			return t.fail(err)
		}
		return exitUsage
	}
	parsed, err := parser.Parse(args)
	if exited >= 0 {
		return exited
	}
	if err != nil {
		return t.usage(err, parsed)
	}
	a := &app{ctx: ctx, term: t, parser: parser, home: c.Home, db: c.DB, json: c.JSON, quiet: c.Quiet, stamps: c.TimeStamps}
	if a.home == "" {
		a.home = engine.DefaultHome()
	}
	t.quiet = a.quiet
	return a.exit(a.run(parsed))
}

// checked is a command that looks at what it was given before its home is opened: wrong use makes no home.
type checked interface{ check(a *app) error }

// run runs a command. One whose Run asks for an engine gets that of the home, for as long as it runs.
func (a *app) run(parsed *kong.Context) error {
	if c, ok := reflect.TypeAssert[checked](parsed.Selected().Target.Addr()); ok {
		if err := c.check(a); err != nil {
			return err
		}
	}
	var opened *engine.Engine
	err := parsed.BindToProvider(func() (*engine.Engine, error) {
		e, err := a.open()
		opened = e
		return e, err
	})
	if err == nil {
		err = parsed.Run(a)
	}
	if opened != nil {
		_ = opened.Close() // all that was to be kept is kept
	}
	return err
}

// anyText takes an argument byte for byte. What kong does by itself replaces what is not UTF-8, and file names may be
// anything.
func anyText(ctx *kong.DecodeContext, target reflect.Value) error {
	token, err := ctx.Scan.PopValue("text")
	if err != nil {
		return err
	}
	target.SetString(fmt.Sprint(token.Value))
	return nil
}

// rawText takes the next argument even if it begins with a dash, as options for ffmpeg do.
func rawText(ctx *kong.DecodeContext, target reflect.Value) error {
	token := ctx.Scan.Pop()
	if token.IsEOL() {
		return fmt.Errorf("a value is missing")
	}
	target.SetString(fmt.Sprint(token.Value))
	return nil
}

// exit turns the outcome of a command into words and an exit code.
func (a *app) exit(err error) int {
	a.term.bar.clear()
	if err == nil {
		return exitDone
	}
	if done, ok := errors.AsType[saidError](err); ok {
		return int(done)
	}
	if misuse, ok := errors.AsType[usageError](err); ok {
		return a.term.usage(misuse, nil)
	}
	if errors.Is(err, errInterrupted) {
		fmt.Fprintln(a.term.err, "spoor: stopped; the same command goes on where it stopped")
		return exitFailed
	}
	if errors.Is(err, job.ErrPaused) {
		fmt.Fprintln(a.term.err, "spoor: paused by another program; the same command, or spoor job resume, goes on where it stopped")
		return exitFailed
	}
	if errors.Is(err, job.ErrCancelled) {
		fmt.Fprintln(a.term.err, "spoor: cancelled by another program; the same command begins anew")
		return exitFailed
	}
	code := a.term.fail(err)
	if hint := hintFor(err); hint != "" {
		a.hint("%s", hint)
	}
	return code
}

// saidError ends a command that has said everything already, with an exit code.
type saidError int

func (e saidError) Error() string { return fmt.Sprintf("exit code %d", int(e)) }

// usageError is a wrong use of the command line that kong cannot see.
type usageError string

func (e usageError) Error() string { return string(e) }

// hintFor says which flag or command helps.
func hintFor(err error) string {
	switch {
	case media.KindOf(err) == media.Exists:
		return "--force overwrites it"
	case media.KindOf(err) == media.Missing && strings.Contains(err.Error(), "the original of the title"):
		return "--original FILE says where it lies now"
	}
	if e, ok := errors.AsType[*storage.Error](err); ok {
		switch {
		case e.Code == storage.Exists && strings.Contains(e.Message, "was issued already"):
			return "give the recipient another tag; --force makes a second copy all the same"
		case e.Code == storage.Conflict && strings.Contains(e.Message, "forced"):
			return "--force does it"
		case e.Code == storage.NotFound && strings.Contains(e.Message, "no title"):
			return "spoor title list shows the titles"
		case e.Code == storage.NotFound && strings.Contains(e.Message, "no log format"):
			return "spoor logs formats lists them"
		case e.Code == storage.NotFound && strings.Contains(e.Message, "no case"):
			return "spoor case list shows the cases, spoor case new NAME makes one"
		}
	}
	return ""
}

// open opens the engine; the caller closes it.
func (a *app) open() (*engine.Engine, error) {
	return engine.Open(a.ctx, a.home, engine.WithProgram(version), engine.WithLogger(a.term.logger()), engine.WithDatabase(a.db),
		engine.WithPassphrase(a.passphrase()), engine.WithKeyring(storage.SystemKeyring()))
}

// withEngine opens the home for one piece of work, for commands that do not always need it.
func (a *app) withEngine(do func(e *engine.Engine) error) error {
	e, err := a.open()
	if err != nil {
		return err
	}
	defer e.Close()
	return do(e)
}

// hint writes a line that helps, for people only.
func (a *app) hint(format string, args ...any) {
	if a.quiet || !a.term.errIsTerminal {
		return
	}
	a.term.bar.clear()
	fmt.Fprintln(a.term.err, safe(fmt.Sprintf(format, args...)))
}

// warn writes a line that matters.
func (a *app) warn(format string, args ...any) {
	a.term.bar.clear()
	if !a.quiet {
		fmt.Fprintln(a.term.err, "spoor: warning: "+safe(fmt.Sprintf(format, args...)))
	}
}

// say writes a line of the answer for people; with --json there is none.
func (a *app) say(format string, args ...any) {
	if !a.json {
		fmt.Fprintf(a.term.out, format+"\n", args...)
	}
}

// print writes the answer for programs, if that was asked for.
func (a *app) print(v any) error {
	if !a.json {
		return nil
	}
	e := json.NewEncoder(a.term.out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

// progress returns where progress goes.
func (a *app) progress() func(engine.Progress) {
	if a.quiet || !a.term.errIsTerminal {
		return nil
	}
	return a.term.bar.show
}
