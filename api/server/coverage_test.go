// SPDX-License-Identifier: AGPL-3.0-or-later

package server_test

import (
	"flag"
	"fmt"
	"maps"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/pb33f/libopenapi"

	"spoor/api"
)

// operations are what openapi.yaml describes: "GET /v1/backtraces" with its statuses and parameters.
type operation struct {
	statuses   []int
	parameters []string
}

var operations = sync.OnceValues(func() (map[string]operation, error) {
	document, err := libopenapi.NewDocument([]byte(api.OpenAPI()))
	if err != nil {
		return nil, err
	}
	model, err := document.BuildV3Model()
	if err != nil {
		return nil, err
	}
	all := map[string]operation{}
	for path, item := range model.Model.Paths.PathItems.FromOldest() {
		for method, o := range item.GetOperations().FromOldest() {
			var known operation
			for code := range o.Responses.Codes.FromOldest() {
				status, err := strconv.Atoi(code)
				if err != nil {
					return nil, fmt.Errorf("%s %s: %w", method, path, err)
				}
				known.statuses = append(known.statuses, status)
			}
			for _, p := range slices.Concat(item.Parameters, o.Parameters) {
				known.parameters = append(known.parameters, p.Name)
			}
			all[strings.ToUpper(method)+" "+path] = known
		}
	}
	return all, nil
})

// answered are the statuses that tests were answered with, for each operation.
var answered = struct {
	sync.Mutex
	of map[string]map[int]bool
}{of: map[string]map[int]bool{}}

// note remembers an answer.
func note(r *http.Request, path string, status int) {
	all, err := operations()
	if err != nil {
		return
	}
	for name := range all {
		method, template, _ := strings.Cut(name, " ")
		pattern := "^" + strings.ReplaceAll(regexp.QuoteMeta(template), `\{id\}`, "[^/]+") + "$"
		meant := (method == r.Method || status == http.StatusMethodNotAllowed) && regexp.MustCompile(pattern).MatchString(path)
		if meant && (template != "/v1/users/{id}" || path != "/v1/users/me") {
			answered.Lock()
			if answered.of[name] == nil {
				answered.of[name] = map[int]bool{}
			}
			answered.of[name][status] = true
			answered.Unlock()
		}
	}
}

// TestMain ends in a failure where a whole run of the tests did not see every status of every operation that is described.
func TestMain(m *testing.M) {
	code := m.Run()
	if run := flag.Lookup("test.run"); code == 0 && run.Value.String() == "" && flag.Lookup("test.fuzz").Value.String() == "" {
		if missing := unseen(); len(missing) > 0 {
			fmt.Fprintln(os.Stderr, "no test was answered with:\n  "+strings.Join(missing, "\n  "))
			code = 1
		}
	}
	os.Exit(code)
}

func unseen() []string {
	all, err := operations()
	if err != nil {
		return []string{err.Error()}
	}
	var missing []string
	for _, name := range slices.Sorted(maps.Keys(all)) {
		for _, status := range all[name].statuses {
			if !answered.of[name][status] {
				missing = append(missing, fmt.Sprintf("%s: %d", name, status))
			}
		}
	}
	return missing
}
