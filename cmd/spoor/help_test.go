// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"bytes"
	"io"
	"path/filepath"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
	"github.com/stretchr/testify/require"
)

// commands are all commands of the program, as they are typed.
func commands(t *testing.T) map[string]*kong.Node {
	t.Helper()
	var c cli
	parser, err := c.parser(&terminal{out: io.Discard, err: io.Discard}, func(int) {})
	require.NoError(t, err)
	list := map[string]*kong.Node{}
	for _, leaf := range parser.Model.Leaves(true) {
		words := []string{}
		for n := leaf; n.Type != kong.ApplicationNode; n = n.Parent {
			words = append([]string{n.Name}, words...)
		}
		list[strings.Join(words, " ")] = leaf
	}
	return list
}

// Every command says what it is for, shows how it is called, and explains each of its flags and arguments; nothing goes to
// standard error, and no home is made.
func TestEveryCommandHasHelpWithAnExample(t *testing.T) {
	home := filepath.Join(t.TempDir(), "home")
	t.Setenv("SPOOR_HOME", home)
	for name, node := range commands(t) {
		t.Run(name, func(t *testing.T) {
			var out, errs bytes.Buffer
			code := run(t.Context(), append(strings.Fields(name), "--help"), &terminal{out: &out, err: &errs})
			require.Equal(t, exitDone, code)
			require.Empty(t, errs.String())
			require.Contains(t, out.String(), "Usage: spoor "+name)
			_, examples, ok := strings.Cut(out.String(), "Example")
			require.True(t, ok, "there is no example")
			require.Contains(t, examples, "spoor "+name, "the example shows this command")
			require.NotEmpty(t, node.Help, "the list of commands says nothing of it")
			for _, flag := range node.Flags {
				require.NotEmpty(t, flag.Help, "--"+flag.Name)
			}
			for _, argument := range node.Positional {
				require.NotEmpty(t, argument.Help, argument.Name)
			}
		})
	}
	require.NoDirExists(t, home)
}

// Scripts depend on these names; more may be added.
func TestCommandsAndFlagsThatScriptsDependOn(t *testing.T) {
	all := commands(t)
	for name, flags := range map[string]string{
		"title add": "name", "title list": "", "title show": "", "title remove": "", "title export": "o", "title import": "",
		"mark":     "tag o tags out-dir strength encoder-args force",
		"tag list": "", "tag add": "tags",
		"trace":     "case title method full",
		"case list": "", "case show": "", "case new": "", "case note": "", "case move": "", "case hold": "", "case export": "o",
		"case import": "", "case delete": "",
		"logs import": "format pattern", "access": "",
		"report": "format o preview", "verify": "",
		"serve": "addr db", "client add": "scope", "client list": "", "client revoke": "", "pipeline add": "input",
		"remote add": "", "remote list": "", "remote remove": "", "remote test": "", "sync": "", "mirror": "",
		"key export": "", "key import": "", "version": "",
	} {
		node := all[name]
		require.NotNil(t, node, name)
		known := map[string]bool{}
		for _, group := range node.AllFlags(false) { // the global ones too: they may stand after the command
			for _, flag := range group {
				known[flag.Name], known[string(flag.Short)] = true, true
			}
		}
		for flag := range strings.FieldsSeq(flags) {
			require.True(t, known[flag], "%s --%s", name, flag)
		}
	}
}
