// SPDX-License-Identifier: AGPL-3.0-or-later

package ui_test

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
)

// texts lists what the views hand to the translation layer, as it stands in their source.
func texts(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("*.go")
	require.NoError(t, err)
	var out []string
	for _, name := range files {
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		require.NoError(t, err)
		ast.Inspect(f, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok || len(call.Args) == 0 {
				return true
			}
			if fun, ok := call.Fun.(*ast.SelectorExpr); ok && fun.Sel.Name == "L" {
				if x, ok := fun.X.(*ast.Ident); ok && x.Name == "lang" {
					text, ok := constant(call.Args[0])
					require.True(t, ok, "%s: only a text that stands there can be translated", name)
					out = append(out, text)
				}
			}
			return true
		})
	}
	require.NotEmpty(t, out)
	slices.Sort(out)
	return slices.Compact(out)
}

// constant returns a string that is written out, perhaps in parts.
func constant(e ast.Expr) (string, bool) {
	switch e := e.(type) {
	case *ast.BasicLit:
		s, err := strconv.Unquote(e.Value)
		return s, err == nil
	case *ast.BinaryExpr:
		a, ok := constant(e.X)
		b, also := constant(e.Y)
		return a + b, ok && also
	}
	return "", false
}

func TestEveryTextIsTranslated(t *testing.T) {
	raw, err := os.ReadFile("translation/de.json")
	require.NoError(t, err)
	var german map[string]string
	require.NoError(t, json.Unmarshal(raw, &german))
	verbs := regexp.MustCompile(`%[-+0-9.]*[a-z%]`)
	for _, text := range texts(t) {
		to, ok := german[text]
		if !ok {
			t.Errorf("not translated: %q", text)
			continue
		}
		require.Equal(t, verbs.FindAllString(text, -1), verbs.FindAllString(to, -1), "%q: what is filled in, and in which order", text)
		delete(german, text)
	}
	require.Empty(t, german, "translations of texts that are nowhere")
}
