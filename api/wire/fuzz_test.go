// SPDX-License-Identifier: AGPL-3.0-or-later

package wire_test

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"spoor/api/wire"
)

// A body is refused with a status of 400 or 413, or everything that is read from it can be written and read again.
func fuzzBody(f *testing.F, parse func(string) (*wire.Tree, error)) {
	f.Helper()
	f.Fuzz(func(t *testing.T, body string) {
		tree, err := parse(body)
		if err != nil {
			var e *wire.Error
			require.ErrorAs(t, err, &e)
			require.Contains(t, []int{400, 413}, e.Status)
			return
		}
		for _, read := range []func() error{
			func() error { _, err := wire.ReadCreate(tree); return err },
			func() error { _, err := wire.ReadToken(tree); return err },
			func() error { _, err := wire.ReadFindings(tree); return err },
			func() error { _, err := wire.ReadListing(tree); return err },
			func() error { _, err := wire.ReadNamed(tree, "job"); return err },
		} {
			if err := read(); err != nil {
				require.Contains(t, err.Error(), "Invalid Input: ")
			}
		}
		wire.ReadError(tree)
		b, err := wire.ReadBacktrace(tree)
		if err != nil {
			return
		}
		again, err := parseOne(write(t, wire.Format{}, wire.One("backtrace", b.Object(link))), wire.ParseJSON)
		require.NoError(t, err)
		require.Equal(t, b.ID, again.ID)
		_, err = parseOne(write(t, wire.Format{XML: true, Human: true, Nulls: true}, wire.One("backtrace", b.Object(link))), wire.ParseXML)
		require.NoError(t, err)
	})
}

func FuzzJSON(f *testing.F) {
	f.Add(`{"backtrace":{"pipeline":{"id":"a"},"input":{"input_name":"b"},"extracted_data":[{"autograph_tag":"c","access_stats":[{}]}]}}`)
	f.Add(`{"backtraces":[{"id":1}],"total":"1"}`)
	f.Add(`{"error":{"error_code":1}}`)
	fuzzBody(f, func(s string) (*wire.Tree, error) { return wire.ParseJSON(strings.NewReader(s)) })
}

func FuzzXML(f *testing.F) {
	f.Add(`<backtrace><id>a</id><extracted_data><extracted><autograph_tag>b</autograph_tag></extracted></extracted_data></backtrace>`)
	f.Add(`<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>`)
	fuzzBody(f, func(s string) (*wire.Tree, error) { return wire.ParseXML(strings.NewReader(s)) })
}

func FuzzQuery(f *testing.F) {
	f.Add("format=xml&human=true&show_null=true&expand=user,job&expand_all=true", "application/xml;q=0.3, */*")
	f.Add("format=%00", "a/b;q=9")
	f.Fuzz(func(t *testing.T, query, accept string) {
		r := &http.Request{URL: &url.URL{RawQuery: query}, Header: http.Header{"Accept": {accept}}}
		_, err := wire.Negotiate(r)
		if err != nil {
			var e *wire.Error
			require.ErrorAs(t, err, &e)
			require.Contains(t, []int{400, 406}, e.Status)
		}
		q := r.URL.Query()
		if _, err := wire.ParseExpansion(q.Get("expand"), q.Get("expand_all")); err != nil {
			require.Contains(t, err.Error(), "Invalid Input: expand")
		}
		if list, err := wire.SplitScopes(q.Get("scope")); err == nil {
			require.LessOrEqual(t, len(list), len(wire.Scopes()))
		}
	})
}

func parseOne(body string, parse func(io.Reader) (*wire.Tree, error)) (wire.Backtrace, error) {
	tree, err := parse(strings.NewReader(body))
	if err != nil {
		return wire.Backtrace{}, err
	}
	return wire.ReadBacktrace(tree)
}
