// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/alecthomas/kong"
	"golang.org/x/term"

	"spoor/engine"
	"spoor/storage"
)

// terminal is where the program writes.
type terminal struct {
	out, err      io.Writer
	errIsTerminal bool
	colours       bool // on out
	quiet         bool
	registered    func(titleID, tag string) (storage.Tag, error) // looks a tag up; nil: nowhere
	bar           *bar
}

func newTerminal() *terminal {
	t := &terminal{out: os.Stdout, err: os.Stderr, errIsTerminal: term.IsTerminal(int(os.Stderr.Fd()))}
	t.colours = term.IsTerminal(int(os.Stdout.Fd())) && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
	t.bar = &bar{w: os.Stderr, width: func() int {
		width, _, err := term.GetSize(int(os.Stderr.Fd()))
		if err != nil || width < 20 {
			return 80
		}
		return width
	}}
	return t
}

// bold makes text stand out where colours are wanted. Text must be safe.
func (t *terminal) bold(text string) string {
	if !t.colours {
		return text
	}
	return "\x1b[1m" + text + "\x1b[0m"
}

// recipient says who was given the copy with a tag, as far as the registry knows more than the tag.
func (t *terminal) recipient(r *engine.TraceResult, tag string) string {
	if t.registered == nil || r.Title == nil {
		return ""
	}
	known, err := t.registered(r.Title.ID, tag)
	if err != nil {
		return ""
	}
	who := describe(known)
	if known.IssuedAt == nil {
		return strings.TrimPrefix(who+"; no copy was recorded as made here", "; ")
	}
	return strings.TrimPrefix(who+"; copy made "+day(*known.IssuedAt), "; ")
}

// fail says what went wrong.
func (t *terminal) fail(err error) int {
	t.bar.clear()
	fmt.Fprintln(t.err, "spoor: "+words(err))
	return exitFailed
}

// usage says how the command line was wrong.
func (t *terminal) usage(err error, _ *kong.Context) int {
	t.bar.clear()
	fmt.Fprintln(t.err, "spoor: "+words(err))
	fmt.Fprintln(t.err, "Add --help to the command for its flags and an example.")
	return exitUsage
}

// words is an error on one line, safe to print.
func words(err error) string {
	return safe(strings.ReplaceAll(strings.TrimRight(err.Error(), "\n"), "\n", "; "))
}

// safe escapes what could do more to a terminal than show: control characters, marks that turn the direction of
// text, and bytes that are no text.
func safe(text string) string {
	harmless := func(r rune) bool {
		return r != utf8.RuneError && !unicode.IsControl(r) && !unicode.Is(unicode.Cf, r) && r != '\u2028' && r != '\u2029'
	}
	if strings.IndexFunc(text, func(r rune) bool { return !harmless(r) }) < 0 {
		return text
	}
	var b strings.Builder
	for i := 0; i < len(text); {
		r, n := utf8.DecodeRuneInString(text[i:])
		switch {
		case harmless(r), r == utf8.RuneError && n == 3:
			b.WriteString(text[i : i+n])
		case r == utf8.RuneError:
			fmt.Fprintf(&b, `\x%02x`, text[i])
		default:
			b.WriteString(strings.Trim(strconv.QuoteRuneToASCII(r), "'"))
		}
		i += n
	}
	return b.String()
}

// logger takes the warnings of the packages below.
func (t *terminal) logger() *slog.Logger { return slog.New(logHandler{t: t}) }

// logHandler writes warnings as sentences.
type logHandler struct {
	t     *terminal
	attrs []slog.Attr
}

// Enabled says that only warnings are shown, and none when silence was asked for.
func (h logHandler) Enabled(_ context.Context, l slog.Level) bool {
	return l >= slog.LevelWarn && !h.t.quiet
}

// Handle writes one warning.
func (h logHandler) Handle(_ context.Context, r slog.Record) error {
	h.t.bar.clear()
	var b strings.Builder
	b.WriteString("spoor: warning: " + r.Message)
	add := func(a slog.Attr) bool {
		fmt.Fprintf(&b, "; %s %s", a.Key, a.Value)
		return true
	}
	for _, a := range h.attrs {
		add(a)
	}
	r.Attrs(add)
	_, err := fmt.Fprintln(h.t.err, safe(b.String()))
	return err
}

// WithAttrs keeps attributes.
func (h logHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	h.attrs = append(slices.Clip(h.attrs), attrs...)
	return h
}

// WithGroup has no meaning here.
func (h logHandler) WithGroup(string) slog.Handler { return h }
