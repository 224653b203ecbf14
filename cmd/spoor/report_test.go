// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/digitorus/timestamp"
	"github.com/stretchr/testify/require"
)

func TestTimeStampServicesAreAskedAsTheStandardSays(t *testing.T) {
	service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		query, err := io.ReadAll(r.Body)
		if err != nil || r.Header.Get("Content-Type") != "application/timestamp-query" {
			http.Error(w, "no query", http.StatusBadRequest)
			return
		}
		asked, err := timestamp.ParseRequest(query)
		if err != nil {
			http.Error(w, "no query", http.StatusBadRequest)
			return
		}
		_, _ = w.Write(asked.HashedMessage)
	}))
	defer service.Close()
	answer, err := askStamp(t.Context(), service.URL, []byte("signature"))
	require.NoError(t, err)
	require.Len(t, answer, 32, "the hash is sent, and nothing else")

	gone := httptest.NewServer(http.NotFoundHandler())
	defer gone.Close()
	_, err = askStamp(t.Context(), gone.URL, nil)
	require.ErrorContains(t, err, "404")
	_, err = askStamp(t.Context(), "http://127.0.0.1:1", nil)
	require.ErrorContains(t, err, "the time stamp service")
}
