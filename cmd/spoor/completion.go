// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"spoor/engine"
	"spoor/storage"
)

type completionCommand struct {
	Shell string `arg:"" enum:"bash,zsh,fish" help:"bash, zsh or fish."`
}

// Help is the example.
func (completionCommand) Help() string {
	return "Commands, flags, their values, titles and cases are completed; else files.\n\nExamples:\n" +
		"  bash:  source <(spoor completion bash)           in ~/.bashrc\n" +
		"  zsh:   source <(spoor completion zsh)            in ~/.zshrc, after compinit\n" +
		"  fish:  spoor completion fish > ~/.config/fish/completions/spoor.fish"
}

// Run prints the script. All three ask the program itself what can come next; no answer means a file name.
func (c *completionCommand) Run(a *app) error {
	script := map[string]string{
		"bash": `_spoor() {
    local IFS=$'\n' cur="${COMP_WORDS[COMP_CWORD]}" words
    words=$("${COMP_WORDS[0]}" __complete -- "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
    COMPREPLY=($(compgen -W "$words" -- "$cur"))
    if [ -z "$words" ]; then
        compopt -o filenames 2>/dev/null
        COMPREPLY=($(compgen -f -- "$cur"))
    fi
}
complete -F _spoor spoor
`,
		"zsh": `#compdef spoor
_spoor() {
    local -a candidates
    candidates=("${(@f)$("${words[1]}" __complete -- "${(@)words[2,CURRENT]}" 2>/dev/null)}")
    if [[ -n "${candidates[1]}" ]]; then
        compadd -- "${candidates[@]}"
    else
        _files
    fi
}
compdef _spoor spoor
`,
		"fish": `function __spoor_complete
    set -l words (commandline -opc) (commandline -ct)
    set -l found ($words[1] __complete -- $words[2..-1] 2>/dev/null)
    if test (count $found) -gt 0
        printf '%s\n' $found
    else
        __fish_complete_path (commandline -ct)
    end
end
complete -c spoor -f -a '(__spoor_complete)'
`,
	}[c.Shell]
	_, err := fmt.Fprint(a.term.out, script)
	return err
}

// completeCommand answers the shells.
type completeCommand struct {
	Words []string `arg:"" optional:"" passthrough:""`
}

// Run prints what the last word may become, one candidate a line; nothing stands for file names.
func (c *completeCommand) Run(a *app) error { //nolint:unparam // kong wants it
	words := c.Words
	if len(words) > 0 && words[0] == "--" {
		words = words[1:]
	}
	for _, candidate := range a.candidates(words) {
		fmt.Fprintln(a.term.out, candidate)
	}
	return nil
}

// candidates are the words that can stand in the place of the last one.
func (a *app) candidates(words []string) []string {
	if len(words) == 0 {
		words = []string{""}
	}
	last := words[len(words)-1]
	node, given, flag := a.walk(words[:len(words)-1])
	var list []string
	switch {
	case flag != nil:
		list = a.values(flag.Value, flag.Name)
	case strings.HasPrefix(last, "-"):
		for _, group := range node.AllFlags(true) {
			for _, f := range group {
				list = append(list, "--"+f.Name)
			}
		}
	case len(node.Children) > 0:
		for _, child := range node.Children {
			if !child.Hidden {
				list = append(list, child.Name)
			}
		}
	case given < len(node.Positional):
		list = a.values(node.Positional[given], node.Positional[given].Name)
	}
	return slices.DeleteFunc(list, func(s string) bool { return !strings.HasPrefix(s, last) })
}

// walk follows the words before the last one: the command they lead to, how many arguments it has got, and the flag
// whose value comes next.
func (a *app) walk(words []string) (node *kong.Node, given int, flag *kong.Flag) {
	node = a.parser.Model.Node
	for _, w := range words {
		switch {
		case flag != nil:
			if flag.Name == "home" {
				a.home = w
			}
			flag = nil
		case strings.HasPrefix(w, "-"):
			flag = flagOf(node, w)
		default:
			i := slices.IndexFunc(node.Children, func(c *kong.Node) bool { return c.Name == w })
			if i < 0 {
				given++
				continue
			}
			node, given = node.Children[i], 0
		}
	}
	return node, given, flag
}

// flagOf is the flag that a word names, if a value has to follow.
func flagOf(node *kong.Node, word string) *kong.Flag {
	for _, group := range node.AllFlags(false) {
		for _, f := range group {
			if (word == "--"+f.Name || f.Short != 0 && word == "-"+string(f.Short)) && !f.IsBool() {
				return f
			}
		}
	}
	return nil
}

// values are what a flag or an argument can be, as far as that is known.
func (a *app) values(v *kong.Value, name string) []string {
	if v.Enum != "" {
		return v.EnumSlice()
	}
	if name != "title" && name != "case" {
		return nil
	}
	// Completing must not make a home.
	if _, err := os.Stat(filepath.Join(a.home, "spoor.db")); err != nil {
		return nil
	}
	e, err := a.open()
	if err != nil {
		return nil
	}
	defer e.Close()
	return a.names(e, name)
}

func (a *app) names(e *engine.Engine, what string) []string {
	var list []string
	page := storage.Page{Limit: 200}
	if what == "title" {
		titles, _ := e.Titles(a.ctx, page) // on an error nothing is completed
		for _, t := range titles {
			list = append(list, safe(t.Name))
		}
		return list
	}
	cases, _ := e.Cases(a.ctx, page) // on an error nothing is completed
	for _, c := range cases {
		list = append(list, safe(c.Name))
	}
	return list
}
