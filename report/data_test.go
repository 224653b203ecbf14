// SPDX-License-Identifier: AGPL-3.0-or-later

package report_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"iter"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"

	"spoor/report"
)

type writer func(context.Context, io.Writer, *report.Report, report.Options) error

func written(t *testing.T, write writer, r *report.Report, o report.Options) []byte {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, write(t.Context(), &b, r, o))
	return b.Bytes()
}

func fulfilsSchema(t *testing.T, content []byte) error {
	t.Helper()
	schema, err := jsonschema.UnmarshalJSON(strings.NewReader(report.JSONSchema()))
	require.NoError(t, err)
	c := jsonschema.NewCompiler()
	require.NoError(t, c.AddResource("report.json", schema))
	compiled, err := c.Compile("report.json")
	require.NoError(t, err)
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(content))
	require.NoError(t, err)
	return compiled.Validate(value)
}

func fulfilsXSD(t *testing.T, content []byte) error {
	t.Helper()
	if _, err := exec.LookPath("xmllint"); err != nil {
		t.Skip("xmllint is not installed: make setup")
	}
	schema := filepath.Join(t.TempDir(), "report.xsd")
	require.NoError(t, os.WriteFile(schema, []byte(report.XSD()), 0o600))
	command := exec.Command("xmllint", "--noout", "--nonet", "--huge", "--schema", schema, "-")
	command.Stdin = bytes.NewReader(content)
	if out, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("%w: %.600s", err, out)
	}
	return nil
}

// hostile puts a text wherever a stranger may put one.
func hostile(text string) *report.Report {
	r := rich()
	r.Case.Name, r.Case.Examiner = text, text
	x := &r.Exhibits[0]
	x.FileName, x.Path, x.Acquisition.Address = text, text, text
	x.Container.More = map[string]string{text: text}
	tr := &x.Traces[1]
	tr.Findings[0].Tag, tr.Title.Name, tr.Tried[0], tr.Error = text, text, report.Remark{Words: text}, text
	r.Accesses[0].Tag = text
	r.Notes[0].Text = text
	return r
}

func TestJSONAndXMLFulfilTheirSchemas(t *testing.T) {
	cases := map[string]*report.Report{
		"rich": rich(), "empty": {}, "hostile": hostile("a\x00\x1b]0;x\xff<b>&amp;\u202E=1+1\U0001F600\ufffe ]]> \r\n"),
		"no numbers": rich(),
	}
	cases["no numbers"].Exhibits[0].Traces[1].Findings[0].Score = math.NaN()
	for name, r := range cases {
		for _, kind := range report.Kinds() {
			t.Run(name+" "+string(kind), func(t *testing.T) {
				o := report.Options{Kind: kind}
				require.NoError(t, fulfilsSchema(t, written(t, report.WriteJSON, r, o)))
				require.NoError(t, fulfilsXSD(t, written(t, report.WriteXML, r, o)))
			})
		}
	}
}

func TestSchemasRefuseWhatIsNoReport(t *testing.T) {
	for _, wrong := range []string{
		strings.Replace(string(written(t, report.WriteJSON, rich(), report.Options{})), `"verdict": "found"`, `"verdict": "guilty"`, 1),
		strings.Replace(string(written(t, report.WriteJSON, rich(), report.Options{})), `"sha256"`, `"md5"`, 1),
	} {
		require.Error(t, fulfilsSchema(t, []byte(wrong)))
	}
	right := string(written(t, report.WriteXML, rich(), report.Options{}))
	require.Error(t, fulfilsXSD(t, []byte(strings.Replace(right, "<verdict>found<", "<verdict>guilty<", 1))))
}

// TestBacktracesAreThoseOfTheAPI holds the documented keys and their order.
func TestBacktracesAreThoseOfTheAPI(t *testing.T) {
	var r struct {
		Exhibits []struct{ Backtraces []json.RawMessage }
	}
	require.NoError(t, json.Unmarshal(written(t, report.WriteJSON, rich(), report.Options{}), &r))
	require.Equal(t, []string{
		"input", "extracted_data", "status", "percentage_completed", "finished_at", "version", "created_at", "updated_at", "id", "job",
		"findings",
	}, keys(t, r.Exhibits[0].Backtraces[1]))

	var b struct {
		Extracted []json.RawMessage `json:"extracted_data"`
		Findings  json.RawMessage
	}
	require.NoError(t, json.Unmarshal(r.Exhibits[0].Backtraces[1], &b))
	require.Equal(t, []string{"verdict", "threshold_log10_p", "best_score", "title", "tags"}, keys(t, b.Findings))
	var e struct {
		Tag   string            `json:"autograph_tag"`
		Stats []json.RawMessage `json:"access_stats"`
	}
	require.NoError(t, json.Unmarshal(b.Extracted[0], &e))
	require.Equal(t, "bob@press.example", e.Tag)
	require.Len(t, e.Stats, 40)
	require.JSONEq(t, `{"ip_address":"198.51.0.0","ip_country":"India","ip_type":"MOB",
		"user_agent":"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/120.0.0.0 Safari/537.36",
		"accept_language":"de-DE,de;q=0.9","first_accessed_at":1793697287341,"percentage_obtained":"100%",
		"highest_resolution":"720p","streaming_only":"yes"}`, withoutTime(string(e.Stats[0])))
	require.Equal(t, []string{
		"ip_address", "ip_country", "ip_type", "user_agent", "accept_language", "first_accessed_at", "percentage_obtained",
		"highest_resolution", "streaming_only",
	}, keys(t, e.Stats[0]))
}

// withoutTime sets the time of an access, which the fixture draws, to a fixed one.
func withoutTime(stat string) string {
	var m map[string]any
	if json.Unmarshal([]byte(stat), &m) != nil {
		return stat
	}
	m["first_accessed_at"] = 1793697287341
	b, _ := json.Marshal(m)
	return string(b)
}

func keys(t *testing.T, raw json.RawMessage) []string {
	t.Helper()
	decoder := json.NewDecoder(bytes.NewReader(raw))
	_, err := decoder.Token()
	require.NoError(t, err)
	var list []string
	for decoder.More() {
		key, err := decoder.Token()
		require.NoError(t, err)
		list = append(list, key.(string))
		var skip json.RawMessage
		require.NoError(t, decoder.Decode(&skip))
	}
	return list
}

func TestXMLSaysWhatJSONSays(t *testing.T) {
	var fromXML struct {
		Exhibits []struct {
			Backtraces []struct {
				Extracted []struct {
					Tag   string   `xml:"autograph_tag"`
					Stats []string `xml:"access_stats>access_stat>ip_address"`
				} `xml:"extracted_data>extracted"`
			} `xml:"backtraces>backtrace"`
		} `xml:"exhibits>exhibit"`
	}
	require.NoError(t, xml.Unmarshal(written(t, report.WriteXML, rich(), report.Options{}), &fromXML))
	require.Equal(t, "bob@press.example", fromXML.Exhibits[0].Backtraces[1].Extracted[0].Tag)
	require.Len(t, fromXML.Exhibits[0].Backtraces[1].Extracted[0].Stats, 40)
}

func TestNoFormatGivesAwayWhatAKindHides(t *testing.T) {
	for name, write := range map[string]writer{
		"json": report.WriteJSON, "xml": report.WriteXML, "case": report.WriteCASE, "csv": report.WriteCSV,
	} {
		t.Run(name, func(t *testing.T) {
			text := string(written(t, write, rich(), report.Options{Kind: report.Takedown}))
			for _, secret := range []string{"bob@press", "Bob Miller", "studio-preview", "198.51.", "203.0.113", "/evidence"} {
				hides(t, text, secret)
			}
			text = string(written(t, write, rich(), report.Options{Redact: true}))
			for _, secret := range []string{"198.51.", "203.0.113", "2001:db8"} {
				hides(t, text, secret)
			}
			first, second := written(t, write, rich(), report.Options{}), written(t, write, rich(), report.Options{})
			require.Equal(t, first, second)
		})
	}
}

func TestCSVHasNoFormulas(t *testing.T) {
	r := rich()
	r.Accesses[0].Tag = "=HYPERLINK(\"http://evil\")"
	r.Accesses[0].Rows = rows(2, 1)
	list, err := csv.NewReader(bytes.NewReader(written(t, report.WriteCSV, r, report.Options{}))).ReadAll()
	require.NoError(t, err)
	require.Len(t, list, 3)
	require.Equal(t, "'=HYPERLINK(\"http://evil\")", list[1][0])
	for _, begin := range []string{"=", "+", "-", "@", " =", "\t=", "\r=", "＝", "'=", "\"=", "|", "%"} {
		r.Accesses[0].Tag = begin + "cmd"
		list, err := csv.NewReader(bytes.NewReader(written(t, report.WriteCSV, r, report.Options{}))).ReadAll()
		require.NoError(t, err)
		require.True(t, strings.HasPrefix(list[1][0], "'"), "%q became %q", begin, list[1][0])
	}
}

// TestMemoryDoesNotGrowWithTheAccesses writes ten times as many and looks at what is held at the end.
func TestMemoryDoesNotGrowWithTheAccesses(t *testing.T) {
	held := func(n int) uint64 {
		r := rich()
		most := uint64(0)
		source := rows(n, 1)
		r.Accesses[0].Rows = func(ctx context.Context) iter.Seq2[report.Access, error] {
			return func(yield func(report.Access, error) bool) {
				i := 0
				for a, err := range source(ctx) {
					if i++; i%(n/4) == 0 {
						var m runtime.MemStats
						runtime.GC()
						runtime.ReadMemStats(&m)
						most = max(most, m.HeapAlloc)
					}
					if !yield(a, err) {
						return
					}
				}
			}
		}
		require.NoError(t, report.WriteJSON(t.Context(), io.Discard, r, report.Options{}))
		require.NoError(t, report.WriteXML(t.Context(), io.Discard, r, report.Options{}))
		require.NoError(t, report.WriteCSV(t.Context(), io.Discard, r, report.Options{}))
		require.NoError(t, report.WritePDF(t.Context(), io.Discard, r, report.Options{}))
		return most
	}
	few, many := held(1000), held(20_000)
	require.Less(t, many, few+4<<20, "20 times the accesses take more memory")
}

func BenchmarkLargeData(b *testing.B) {
	r := large(200, 50, 100_000)
	for name, write := range map[string]writer{
		"json": report.WriteJSON, "xml": report.WriteXML, "case": report.WriteCASE, "csv": report.WriteCSV,
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if err := write(b.Context(), io.Discard, r, report.Options{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
