// SPDX-License-Identifier: AGPL-3.0-or-later

package wire_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"spoor/api"
	"spoor/api/wire"
)

const (
	anID    = "559b65d814eabe5486ff6ed5"
	another = "552b87a814eab3a29d1b3d90"
)

func link(kind, id string) string { return "https://team.example/v1/" + kind + "s/" + id }

// documented is the object that the documentation shows.
func documented() wire.Backtrace {
	return wire.Backtrace{
		InputName: "uploads/PwM34nMUcvCQ5AyQN7bQvffK6GD_eZyp/movie.mp4",
		Pipeline:  another,
		File:      "559b65d4e13d8265e982cd5a",
		Extracted: []wire.Extracted{{Tag: "test_tag", Accesses: []wire.AccessStat{{
			IPCountry: "Germany", IPType: "DCH", UserAgent: `Mozilla/5.0 <"&'>`, FirstAccessedAt: 1456099369000,
			PercentageObtained: "100%", HighestResolution: "720p", StreamingOnly: "no",
		}}}},
		Application: "54e89692e4b069d88de25f8f", Status: wire.Success, Percentage: 100, FinishedAt: 1436247563709, Version: 1,
		User: "552b874d14eab3a29d1b3d8d", CreatedAt: 1436247512758, UpdatedAt: 1436247512758, ID: anID,
	}
}

func write(t require.TestingT, f wire.Format, d wire.Document) string {
	var b bytes.Buffer
	require.NoError(t, f.Write(&b, d))
	return b.String()
}

func TestKeysStandInTheDocumentedOrder(t *testing.T) {
	b := documented()
	text := write(t, wire.Format{Nulls: true}, wire.One("backtrace", b.Object(link)))
	order := []string{
		"backtrace", "input", "input_name", "pipeline", "id", "href", "file", "id", "href", "extracted_data", "autograph_tag",
		"access_stats", "ip_address", "ip_country", "ip_type", "user_agent", "accept_language", "first_accessed_at",
		"percentage_obtained", "highest_resolution", "streaming_only", "application", "id", "href", "status",
		"percentage_completed", "error_msg", "error_code", "finished_at", "version", "user", "id", "href", "created_at",
		"updated_at", "id", "job", "findings", "href",
	}
	require.Equal(t, order, keys(t, text))
	require.Contains(t, text, `"error_msg":null,"error_code":null`)
	require.Contains(t, text, `"job":null`)
	require.Contains(t, text, `"accept_language":"N/A"`)
	require.NotContains(t, strings.TrimSuffix(text, "\n"), "\n")
}

// keys lists the keys of a JSON text in the order in which they stand there.
func keys(t *testing.T, text string) []string {
	t.Helper()
	var list []string
	for _, found := range regexp.MustCompile(`"([a-z_]+)":`).FindAllStringSubmatch(text, -1) {
		list = append(list, found[1])
	}
	return list
}

func TestNullsAreLeftOutUnlessAskedFor(t *testing.T) {
	b := documented()
	text := write(t, wire.Format{}, wire.One("backtrace", b.Object(link)))
	require.NotContains(t, text, "null")
	require.NotContains(t, text, "error_msg")
	xml := write(t, wire.Format{XML: true}, wire.One("backtrace", b.Object(link)))
	require.NotContains(t, xml, "error_msg")
	require.Contains(t, write(t, wire.Format{XML: true, Nulls: true}, wire.One("backtrace", b.Object(link))), `<error_msg xsi:nil="true"/>`)

	b.Extracted = nil // before there is a result
	require.NotContains(t, write(t, wire.Format{}, wire.One("backtrace", b.Object(link))), "extracted_data")
	b.Extracted = []wire.Extracted{} // no mark was found
	require.Contains(t, write(t, wire.Format{}, wire.One("backtrace", b.Object(link))), `"extracted_data":[]`)
}

func TestHumanIsIndentedAndTheSame(t *testing.T) {
	b := documented()
	d := wire.One("backtrace", b.Object(link))
	human := write(t, wire.Format{Human: true}, d)
	require.Contains(t, human, "\n    \"input\": {\n      \"input_name\"")
	require.JSONEq(t, write(t, wire.Format{}, d), human)
	require.Contains(t, write(t, wire.Format{XML: true, Human: true}, d), "\n  <input>\n    <input_name>")
}

func TestListsSayWhereTheyAre(t *testing.T) {
	b := documented()
	d := wire.Document{Name: "backtraces", Page: &wire.Page{
		Item: "backtrace", Objects: []wire.Object{b.Object(link), b.Object(link)}, Total: 7, Start: 2, Limit: 2, First: "f?a=1&b=2", Last: "l",
	}}
	var answer map[string]any
	require.NoError(t, json.Unmarshal([]byte(write(t, wire.Format{}, d)), &answer))
	require.Len(t, answer["backtraces"], 2)
	require.EqualValues(t, 7, answer["total"])
	require.EqualValues(t, 2, answer["start"])
	require.EqualValues(t, 2, answer["limit"])
	require.Equal(t, map[string]any{"href": "f?a=1&b=2"}, answer["first"])
	require.Contains(t, write(t, wire.Format{XML: true}, d), `<backtraces total="7" start="2" limit="2" first="f?a=1&amp;b=2" last="l"><backtrace>`)
}

// TestXMLIsValid holds every kind of answer against the schema, with and without nulls.
func TestXMLIsValid(t *testing.T) {
	full, empty := documented(), wire.Backtrace{ID: anID, Status: wire.Queued, Version: 1}
	title := int64(1000)
	full.Findings = &wire.Findings{
		Verdict: "found", Threshold: -9, BestScore: 12.5, Title: another, TitleName: "film", Tags: []wire.FindingTag{{
			Tag: "test_tag", Log10P: -27.7, Score: 12, Weight: 1, Method: "blind", Spans: []wire.Span{{To: 10, TitleFrom: &title}},
		}},
	}
	job := wire.Job{ID: anID, Name: "film"}
	pipeline := wire.Pipeline{ID: anID, Name: "default", Pings: wire.Pings{Error: "https://x.example/"}}
	file := wire.File{ID: anID, Name: "a.mp4", User: another, Application: another}
	application := wire.Application{ID: anID, Name: "desk", Scopes: []string{"me"}, User: another}
	user := wire.User{ID: anID, Name: "owner"}
	documents := map[string]wire.Document{
		"full": wire.One("backtrace", full.Object(link)), "empty": wire.One("backtrace", empty.Object(link)),
		"findings": wire.One("findings", full.Findings.Object(link)), "job": wire.One("job", job.Object()),
		"pipeline": wire.One("pipeline", pipeline.Object()), "file": wire.One("file", file.Object(link)),
		"application": wire.One("application", application.Object(link)), "user": wire.One("user", user.Object()),
		"deleted": wire.Deleted(), "error": wire.BadToken().Document(),
		"token": wire.Token{Access: "a", Type: "Bearer", ExpiresIn: 1}.Document(),
		"list":  {Name: "files", Page: &wire.Page{Item: "file", Objects: []wire.Object{file.Object(link)}, Total: 1, Limit: 1}},
	}
	for name, d := range documents {
		for _, f := range []wire.Format{{XML: true}, {XML: true, Nulls: true}, {XML: true, Human: true}} {
			requireValid(t, name, write(t, f, d))
		}
	}
	t.Run("the schema refuses what is wrong", func(t *testing.T) {
		bad := strings.Replace(write(t, wire.Format{XML: true}, documents["full"]), "SUCCESS", "PERHAPS", 1)
		require.Error(t, validate(t, bad))
	})
}

func requireValid(t *testing.T, name, xml string) {
	t.Helper()
	require.NoError(t, validate(t, xml), "%s: %s", name, xml)
}

func validate(t *testing.T, xml string) error {
	t.Helper()
	if _, err := exec.LookPath("xmllint"); err != nil {
		t.Skip("xmllint is not installed: make setup")
	}
	schema := filepath.Join(t.TempDir(), "backtraces.xsd")
	require.NoError(t, os.WriteFile(schema, []byte(api.Schema()), 0o600))
	command := exec.Command("xmllint", "--noout", "--nonet", "--schema", schema, "-")
	command.Stdin = strings.NewReader(xml)
	if out, err := command.CombinedOutput(); err != nil {
		t.Logf("xmllint: %s", out)
		return err
	}
	return nil
}

// TestRoundTrip reads back what was written, in both formats.
func TestRoundTrip(t *testing.T) {
	text := rapid.StringMatching(`[a-zA-Z0-9 <>&"'äöü€\n]{1,20}`)
	optional := rapid.OneOf(rapid.Just(""), text)
	rapid.Check(t, func(t *rapid.T) {
		id := rapid.StringMatching(`[0-9a-f]{24}`)
		b := wire.Backtrace{
			InputName: optional.Draw(t, "input"), Pipeline: id.Draw(t, "pipeline"), ID: id.Draw(t, "id"), Job: id.Draw(t, "job"),
			Status:     rapid.SampledFrom([]string{wire.Queued, wire.Success, wire.Failure}).Draw(t, "status"),
			Percentage: rapid.Int64Range(0, 100).Draw(t, "percentage"), Version: rapid.Int64Range(1, 1<<40).Draw(t, "version"),
			CreatedAt: rapid.Int64Range(0, 1<<45).Draw(t, "created"), ErrorMessage: optional.Draw(t, "error"),
		}
		for range rapid.IntRange(0, 3).Draw(t, "tags") {
			b.Extracted = append(b.Extracted, wire.Extracted{Tag: text.Draw(t, "tag"), Accesses: []wire.AccessStat{{
				IPAddress: text.Draw(t, "ip"), IPCountry: "N/A", IPType: "N/A", UserAgent: text.Draw(t, "agent"), AcceptLanguage: "N/A",
				PercentageObtained: "1%", HighestResolution: "N/A", StreamingOnly: "yes",
			}}})
		}
		for _, f := range []wire.Format{{}, {Human: true}, {Nulls: true}, {XML: true}, {XML: true, Nulls: true}} {
			body := write(t, f, wire.One("backtrace", b.Object(link)))
			parse := wire.ParseJSON
			if f.XML {
				parse = wire.ParseXML
			}
			tree, err := parse(strings.NewReader(body))
			require.NoError(t, err, body)
			got, err := wire.ReadBacktrace(tree)
			require.NoError(t, err, body)
			require.Equal(t, b, got, body)
		}
	})
}

func TestReadingIsTolerant(t *testing.T) {
	for name, body := range map[string]string{
		"texts for numbers": `{"backtrace":{"id":"` + anID + `","version":"3","percentage_completed":"50","error_code":17,"created_at":1.436247512758e12}}`,
		"expanded":          `{"id":"` + anID + `","version":3,"percentage_completed":50,"error_code":"17","created_at":1436247512758,"user":{"name":"x"},"more":[{}]}`,
	} {
		tree, err := wire.ParseJSON(strings.NewReader(body))
		require.NoError(t, err, name)
		b, err := wire.ReadBacktrace(tree)
		require.NoError(t, err, name)
		require.Equal(t, wire.Backtrace{ID: anID, Version: 3, Percentage: 50, ErrorCode: "17", CreatedAt: 1436247512758}, b, name)
	}
	tree, err := wire.ParseJSON(strings.NewReader(`{"access_token":"a","token_type":"Bearer","expires_in":"7200"}`))
	require.NoError(t, err)
	token, err := wire.ReadToken(tree)
	require.NoError(t, err)
	require.EqualValues(t, 7200, token.ExpiresIn)
}

func TestCreateInAllItsShapes(t *testing.T) {
	want := wire.Create{Pipeline: another, InputName: "uploads/a/b.mp4"}
	for _, body := range []string{
		`{"backtrace":{"pipeline":{"id":"` + another + `"},"input":{"input_name":"uploads/a/b.mp4"}}}`,
		`{"backtrace":{"pipeline_id":"` + another + `","input":{"input_name":"uploads/a/b.mp4"},"later":1}}`,
		`{"pipeline":"` + another + `","input":{"input_name":"uploads/a/b.mp4"}}`,
		"<backtrace><pipeline><id>" + another + "</id></pipeline><input><input_name>uploads/a/b.mp4</input_name></input></backtrace>",
		"<?xml version='1.0' encoding='UTF-8'?>\n<backtrace>\n<pipeline_id>" + another + "</pipeline_id><other/><input><input_name>uploads/a/b.mp4</input_name></input></backtrace>",
	} {
		parse := wire.ParseJSON
		if body[0] == '<' {
			parse = wire.ParseXML
		}
		tree, err := parse(strings.NewReader(body))
		require.NoError(t, err, body)
		got, err := wire.ReadCreate(tree)
		require.NoError(t, err, body)
		require.Equal(t, want, got, body)
	}
}

func TestWrongTypesNameTheField(t *testing.T) {
	for body, field := range map[string]string{
		`{}`:                "backtrace",
		`[]`:                "backtrace",
		`{"backtrace":[]}`:  "backtrace",
		`{"backtrace":"x"}`: "backtrace",
		`{"backtrace":{"input":{"input_name":"a"}}}`:                                         "pipeline_id",
		`{"backtrace":{"pipeline_id":"p"}}`:                                                  "input.input_name",
		`{"backtrace":{"pipeline_id":7,"input":{"input_name":"a"}}}`:                         "pipeline_id",
		`{"backtrace":{"pipeline":{"id":{}},"input":{"input_name":"a"}}}`:                    "pipeline.id",
		`{"backtrace":{"pipeline":[1],"input":{"input_name":"a"}}}`:                          "pipeline",
		`{"backtrace":{"pipeline_id":"p","input":{"input_name":["a"]}}}`:                     "input.input_name",
		`{"backtrace":{"pipeline_id":"p","input":"a"}}`:                                      "input",
		`{"backtrace":{"pipeline_id":"p","pipeline":{"id":"q"},"input":{"input_name":"a"}}}`: "pipeline_id",
	} {
		tree, err := wire.ParseJSON(strings.NewReader(body))
		require.NoError(t, err, body)
		_, err = wire.ReadCreate(tree)
		requireError(t, err, http.StatusBadRequest, "Invalid Input: "+field+": ", body)
	}
}

func requireError(t *testing.T, err error, status int, start, about string) {
	t.Helper()
	var e *wire.Error
	require.ErrorAs(t, err, &e, about)
	require.Equal(t, status, e.Status, about)
	require.True(t, strings.HasPrefix(e.Message, start), "%s: %s", about, e.Message)
}

func TestHostileBodiesAreRefused(t *testing.T) {
	for name, body := range map[string]string{
		"deep JSON":       strings.Repeat("[", 40) + strings.Repeat("]", 40),
		"very deep JSON":  strings.Repeat("[", 1<<20),
		"cut JSON":        `{"backtrace":{`,
		"two documents":   `{} {}`,
		"nothing":         ``,
		"bomb":            `<!DOCTYPE a [<!ENTITY b "bb"><!ENTITY c "&b;&b;">]><a>&c;</a>`,
		"foreign entity":  `<a>&b;</a>`,
		"external":        `<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>`,
		"deep XML":        strings.Repeat("<a>", 40) + strings.Repeat("</a>", 40),
		"cut XML":         `<a><b>`,
		"two roots":       `<a/><b/>`,
		"text outside":    `<a/>b`,
		"other encoding":  `<?xml version="1.0" encoding="UTF-16"?><a/>`,
		"not closed well": `<a></b>`,
	} {
		parse := wire.ParseJSON
		if strings.HasPrefix(body, "<") {
			parse = wire.ParseXML
		}
		_, err := parse(strings.NewReader(body))
		requireError(t, err, http.StatusBadRequest, "Invalid Input: body: ", name)
	}
	_, err := wire.ParseJSON(strings.NewReader(strings.Repeat(" ", wire.MaxBody+1)))
	requireError(t, err, http.StatusRequestEntityTooLarge, "", "too long")
	_, err = wire.ParseJSON(strings.NewReader("[" + strings.Repeat("1,", 1<<21) + "1]"))
	requireError(t, err, http.StatusBadRequest, "Invalid Input: body: it has more than", "many values")
}

func TestNegotiation(t *testing.T) {
	for _, c := range []struct {
		query, accept string
		want          wire.Format
		status        int
	}{
		{"", "", wire.Format{}, 0},
		{"", "*/*", wire.Format{}, 0},
		{"", "application/xml", wire.Format{XML: true}, 0},
		{"", "text/xml;q=0.9, application/json;q=0.1", wire.Format{XML: true}, 0},
		{"", "application/json;q=0, */*", wire.Format{XML: true}, 0},
		{"", "text/html, application/xhtml+xml, application/xml;q=0.9, */*;q=0.8", wire.Format{XML: true}, 0},
		{"", "image/png", wire.Format{}, 406},
		{"", "*/*;q=0", wire.Format{}, 406},
		{"", "nonsense;;", wire.Format{}, 0},
		{"format=xml", "image/png", wire.Format{XML: true}, 0},
		{"format=json&human=true&show_null=true", "application/xml", wire.Format{Human: true, Nulls: true}, 0},
		{"format=yaml", "", wire.Format{}, 400},
		{"format=", "", wire.Format{}, 400},
		{"human=yes", "", wire.Format{}, 400},
		{"show_null=1", "", wire.Format{}, 400},
	} {
		r := httptest.NewRequest(http.MethodGet, "/v1/backtraces?"+c.query, nil)
		if c.accept != "" {
			r.Header.Set("Accept", c.accept)
		}
		f, err := wire.Negotiate(r)
		if c.status != 0 {
			requireError(t, err, c.status, "", c.query+c.accept)
			continue
		}
		require.NoError(t, err, c.query+c.accept)
		require.Equal(t, c.want, f, "%s %s", c.query, c.accept)
	}
}

func TestExpansionCutsCycles(t *testing.T) {
	resolve := func(r wire.Ref) (wire.Object, bool, error) {
		if r.ID == "gone" {
			return nil, false, nil
		}
		return wire.Object{{"name", r.Kind}, {"user", wire.Ref{Kind: "user", ID: "u", Href: "U"}}, {"id", r.ID}}, true, nil
	}
	o := wire.Object{
		{"file", wire.Ref{Kind: "file", ID: "f", Href: "F"}},
		{"job", wire.Ref{Kind: "job", ID: "gone", Href: "J"}},
		{"list", wire.List{Item: "x", Values: []any{wire.Ref{Kind: "user", ID: "u", Href: "U"}}}},
	}
	expand := func(names, all string) string {
		e, err := wire.ParseExpansion(names, all)
		require.NoError(t, err)
		out, err := e.Expand("backtrace", "b", o, resolve)
		require.NoError(t, err)
		return strings.TrimSpace(write(t, wire.Format{}, wire.Document{Bare: true, Body: out}))
	}
	user := `{"name":"user","user":{"id":"u","href":"U"},"id":"u"}`
	require.Equal(t, `{"file":{"name":"file","user":{"id":"u","href":"U"},"id":"f"},"job":{"id":"gone","href":"J"},"list":[{"id":"u","href":"U"}]}`, expand("file", ""))
	require.Equal(t, `{"file":{"name":"file","user":`+user+`,"id":"f"},"job":{"id":"gone","href":"J"},"list":[`+user+`]}`, expand("", "true"))
	require.Equal(t, expand("", ""), expand("preset,codec", "false"))
	for _, bad := range [][2]string{{"nothing", ""}, {"", "yes"}} {
		_, err := wire.ParseExpansion(bad[0], bad[1])
		requireError(t, err, http.StatusBadRequest, "Invalid Input: expand", bad[0])
	}
}

func TestScopes(t *testing.T) {
	got, err := wire.SplitScopes("me,mediahub  autograph,me")
	require.NoError(t, err)
	require.Equal(t, []string{"me", "mediahub", "autograph"}, got)
	_, err = wire.SplitScopes("me, root")
	requireError(t, err, http.StatusBadRequest, `Invalid Input: scope: there is no scope "root"`, "root")
}
