// SPDX-License-Identifier: AGPL-3.0-or-later

package stamp_test

import (
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"spoor/api/stamp"
	"spoor/api/stamp/stamptest"
	"spoor/storage"
)

func TestStampsOfTheLog(t *testing.T) {
	service, err := stamptest.New()
	require.NoError(t, err)
	server := httptest.NewServer(service)
	defer server.Close()
	ctx := t.Context()
	s, err := storage.Open(ctx, filepath.Join(t.TempDir(), "home"))
	require.NoError(t, err)
	defer s.Close()
	_, due, err := s.StampDue(ctx)
	require.NoError(t, err)
	require.False(t, due, "no evidence, no tag")
	inbox, err := s.Case(ctx, storage.Inbox)
	require.NoError(t, err)
	e := storage.Evidence{CaseID: inbox.ID, SHA256: strings.Repeat("ab", 32)}
	_, err = s.AddEvidence(ctx, &e)
	require.NoError(t, err)
	head, due, err := s.StampDue(ctx)
	require.NoError(t, err)
	require.True(t, due)

	service.Broken = true
	_, err = stamp.Ask(ctx, server.Client(), server.URL, head)
	require.ErrorContains(t, err, "503")
	service.Broken = false
	token, err := stamp.Ask(ctx, server.Client(), server.URL, head)
	require.NoError(t, err)
	require.Error(t, s.AddStamp(ctx, append([]byte(nil), head[:len(head)-2]...), server.URL, token), "it is of another text")
	require.NoError(t, s.AddStamp(ctx, head, server.URL, token))
	require.NoError(t, s.AddStamp(ctx, head, server.URL, token), "once is enough")
	_, due, err = s.StampDue(ctx)
	require.NoError(t, err)
	require.False(t, due)
	v, err := s.Verify(ctx, storage.VerifyOptions{})
	require.NoError(t, err)
	require.Empty(t, v.Faults)
	require.EqualValues(t, 1, v.Stamps)
}

func TestServicesThatAreNone(t *testing.T) {
	answers := map[string]http.HandlerFunc{
		"text":  func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("hello")) },
		"empty": func(http.ResponseWriter, *http.Request) {},
		"replay": func(w http.ResponseWriter, r *http.Request) { // a stamp of something else
			service, err := stamptest.New()
			if err != nil {
				t.Error(err)
			}
			inner := httptest.NewServer(service)
			defer inner.Close()
			token, err := stamp.Ask(r.Context(), inner.Client(), inner.URL, []byte("other"))
			if err != nil {
				t.Error(err)
			}
			_, _ = w.Write(token)
		},
	}
	for name, answer := range answers {
		server := httptest.NewServer(answer)
		_, err := stamp.Ask(t.Context(), server.Client(), server.URL, []byte("x"))
		require.Error(t, err, name)
		server.Close()
		_, err = stamp.Ask(t.Context(), server.Client(), server.URL, []byte("x"))
		require.ErrorContains(t, err, "does not answer", name)
	}
	for _, bad := range []string{"", "file:///etc/passwd", "http://", "::"} {
		_, err := stamp.Ask(t.Context(), http.DefaultClient, bad, []byte("x"))
		require.ErrorContains(t, err, "not the address", bad)
	}
}
