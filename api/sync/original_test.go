// SPDX-License-Identifier: AGPL-3.0-or-later

package sync_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	gosync "sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"spoor/api/client"
	"spoor/api/sync"
	"spoor/storage"
)

// original is the service whose API this is, as far as its documentation goes. Its pages show two generations: one writes
// numbers as texts and leaves out what has no value, the other writes numbers and nulls.
type original struct {
	mu       gosync.Mutex
	texts    bool // the first generation
	long     bool // it knows the long path only
	unsorted bool // it refuses to sort by updated_at
	objects  map[string]map[string]any
	requests int
	fails    int // at the request of that number and those after it; 0: never
	changed  int // requests that would have changed something
}

func newOriginal(n int) *original {
	o := &original{objects: map[string]map[string]any{}}
	for i := range n {
		o.put(i, "tag-"+strconv.Itoa(i), int64(1_436_247_512_000+1000*i))
	}
	return o
}

func originalID(i int) string { return fmt.Sprintf("559b65d814eabe54%08x", i) }

// put stores an object, as version 1 or the next one.
func (o *original) put(i int, tag string, updated int64) {
	o.mu.Lock()
	defer o.mu.Unlock()
	version := 1
	if old, ok := o.objects[originalID(i)]; ok {
		version = old["version"].(int) + 1
	}
	o.objects[originalID(i)] = map[string]any{
		"id": originalID(i), "version": version, "status": "SUCCESS", "percentage_completed": 100, "created_at": int64(1_436_247_512_000 + 1000*i),
		"updated_at": updated, "finished_at": updated, "error_msg": nil, "error_code": nil,
		"input":    map[string]any{"input_name": fmt.Sprintf("uploads/%d/movie.mp4", i)},
		"pipeline": map[string]any{"id": originalID(1 << 20), "href": "https://original.example/v1/pipelines/1"},
		"extracted_data": []any{map[string]any{"autograph_tag": tag, "access_stats": []any{map[string]any{
			"ip_address": "192.0.2.7", "first_accessed_at": updated, "percentage_obtained": "100%", "streaming_only": "yes",
		}}}},
	}
}

// written is an object in the way of its generation.
func (o *original) written(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := map[string]any{}
		for key, value := range v {
			if value == nil && o.texts {
				continue
			}
			out[key] = o.written(value)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = o.written(v[i])
		}
		return out
	case int, int64:
		if o.texts {
			return fmt.Sprint(v)
		}
	}
	return v
}

func (o *original) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	o.mu.Lock()
	defer o.mu.Unlock()
	say := func(status int, v any) {
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(v)
	}
	refuse := func(status int, code, message string) {
		say(status, map[string]any{"error": map[string]any{"error_code": code, "error_message": message}})
	}
	if strings.HasPrefix(r.URL.Path, "/v1/oauth2/token") {
		say(http.StatusOK, o.written(map[string]any{"access_token": "t", "token_type": "Bearer", "expires_in": 7200}))
		return
	}
	o.requests++
	if o.fails > 0 && o.requests >= o.fails {
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	rest, ok := strings.CutPrefix(r.URL.Path, map[bool]string{true: "/v1/titles/backtraces/", false: "/v1/backtraces/"}[o.long])
	switch {
	case !ok:
		w.WriteHeader(http.StatusNotFound)
	case r.Method != http.MethodGet:
		o.changed++
		w.WriteHeader(http.StatusMethodNotAllowed)
	case r.URL.Query().Get("expand") == "findings", o.unsorted && r.URL.Query().Get("sort") == "updated_at":
		refuse(http.StatusBadRequest, "0x0300001", "Invalid Input")
	case rest == "":
		say(http.StatusOK, o.list(r))
	case o.objects[rest] == nil:
		refuse(http.StatusNotFound, "0x0300007", "Backtrace does not exist")
	default:
		say(http.StatusOK, o.written(map[string]any{"backtrace": o.objects[rest]}))
	}
}

// list answers with a page; it never has more than 500, whatever is asked for.
func (o *original) list(r *http.Request) any {
	q := r.URL.Query()
	start, _ := strconv.Atoi(q.Get("start"))
	limit, _ := strconv.Atoi(q.Get("limit"))
	var all []any
	for _, b := range o.objects {
		all = append(all, b)
	}
	slices.SortFunc(all, func(a, b any) int {
		x, y := a.(map[string]any), b.(map[string]any)
		c := cmp.Compare(x["id"].(string), y["id"].(string))
		if key := q.Get("sort"); key != "" {
			c = cmp.Or(cmp.Compare(x[key].(int64), y[key].(int64)), c)
		}
		if q.Get("direction") == "-1" {
			return -c
		}
		return c
	})
	total := len(all)
	all = all[min(start, total):]
	all = all[:min(limit, len(all), 500)]
	return o.written(map[string]any{"backtraces": all, "total": total, "start": start, "limit": limit})
}

// desk is a home that works with the original service.
func (o *original) desk(t *testing.T) *sync.Remote {
	t.Helper()
	web := httptest.NewServer(o)
	t.Cleanup(web.Close)
	r := &sync.Remote{Store: openStore(t), Remote: storage.Remote{Name: "original", URL: web.URL, ClientID: "x"}}
	require.NoError(t, r.Store.AddRemote(t.Context(), &r.Remote, "secret"))
	var err error
	r.Client, err = client.New(client.Config{URL: web.URL, ID: "x", Secret: "secret", Retries: -1})
	require.NoError(t, err)
	return r
}

// TestTheOriginalServiceIsMirrored copies from both generations: all of it, in pieces after a failure, what is new, and what is gone;
// and finds it by searching.
func TestTheOriginalServiceIsMirrored(t *testing.T) {
	for name, o := range map[string]*original{
		"texts":    {texts: true, long: true},
		"numbers":  {},
		"unsorted": {texts: true, unsorted: true},
	} {
		t.Run(name, func(t *testing.T) {
			o.objects = newOriginal(1200).objects
			r, ctx := o.desk(t), t.Context()
			o.mu.Lock()
			o.fails = 5
			o.mu.Unlock()
			_, err := sync.Mirror(ctx, r, false, nil)
			require.Error(t, err, "it fails in the middle")
			o.mu.Lock()
			o.fails = 0
			o.mu.Unlock()
			stored, err := r.Store.Remote(ctx, r.ID) // as after a start of the program
			require.NoError(t, err)
			r.Remote = stored
			m := mirror(t, r, false)
			require.True(t, m.Swept)
			require.EqualValues(t, 1200, m.Total)
			require.Len(t, has(t, r.Store, r.ID), 1200)
			require.Equal(t, sync.Mirrored{Total: 1200, Swept: o.unsorted}, mirror(t, r, false), "again changes nothing")

			b, err := r.Store.TeamBacktrace(ctx, r.ID, originalID(7))
			require.NoError(t, err)
			require.Equal(t, storage.Success, b.Status)
			require.Equal(t, "uploads/7/movie.mp4", b.InputName)
			require.Equal(t, time.UnixMilli(1_436_247_519_000).UTC(), b.UpdatedAt)
			require.EqualValues(t, 1, b.Version)
			require.Contains(t, string(b.Extracted), `"ip_address":"192.0.2.7"`)
			require.Contains(t, string(b.Extracted), `"first_accessed_at":1436247519000`, "a number, however it came")

			o.put(7, "second", 1_800_000_000_000)
			o.put(1200, "new", 1_800_000_000_001)
			m = mirror(t, r, false)
			require.Equal(t, 2, m.Changed)
			b, err = r.Store.TeamBacktrace(ctx, r.ID, originalID(7))
			require.NoError(t, err)
			require.Equal(t, []string{"second"}, b.Tags)
			require.EqualValues(t, 2, b.Version)

			o.mu.Lock()
			delete(o.objects, originalID(9))
			o.mu.Unlock()
			require.Equal(t, sync.Mirrored{Removed: 1, Total: 1200, Swept: true}, mirror(t, r, true))
			require.Zero(t, o.changed, "nothing but the documented ways of reading")

			hits, err := r.Store.Search(ctx, []string{"SECOND"}, 10)
			require.NoError(t, err)
			require.Len(t, hits, 1, "local and mirrored are searched together")
			require.Equal(t, "remote", hits[0].Kind)
			require.Equal(t, originalID(7), hits[0].ID)
			require.Equal(t, "original: uploads/7/movie.mp4", hits[0].Name)
		})
	}
}
