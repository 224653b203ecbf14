// SPDX-License-Identifier: AGPL-3.0-or-later

package server

import (
	"io"
	"net/http"

	"spoor/api"
)

// health says that the server is up and its store can be read.
func (s *Server) health(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	if _, err := s.store.Pipeline(r.Context(), "default"); err != nil {
		s.log.Error("the store cannot be read", "error", err)
		w.WriteHeader(http.StatusServiceUnavailable)
		_, _ = io.WriteString(w, "the store cannot be read\n")
		return
	}
	_, _ = io.WriteString(w, "ok\n")
}

func description(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/yaml")
	_, _ = io.WriteString(w, api.OpenAPI())
}

func schema(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/xml; charset=utf-8")
	_, _ = io.WriteString(w, api.Schema())
}

// front is the page that a person sees who opens the server in a browser.
func front(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = io.WriteString(w, frontPage)
}

const frontPage = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Spoor: the backtraces API</title>
<style>body{font:16px/1.5 system-ui,sans-serif;max-width:46em;margin:3em auto;padding:0 1em}code,pre{background:#8881;padding:.1em .3em}
pre{padding:1em;overflow:auto}td{padding:.1em 1em .1em 0;vertical-align:top}</style>
<h1>Spoor</h1>
<p>This server finds out whose copy of a video was leaked. It is for programs; people use the Spoor desktop.</p>
<p>Descriptions for programs: <a href="/openapi.yaml">OpenAPI 3.1</a>, <a href="/backtraces.xsd">XML schema</a>.</p>
<table>
<tr><td><code>POST /v1/oauth2/token/</code><td>credentials for a token
<tr><td><code>POST /v1/files/uploads/</code><td>upload a leak (tus 1.0), which gives its <code>input_name</code>
<tr><td><code>POST /v1/backtraces/</code><td>have it traced
<tr><td><code>GET /v1/backtraces/ID</code><td>how far it is, and what was found
<tr><td><code>GET /v1/backtraces/</code><td>all of them: <code>start, limit, sort, direction, status, extracted_data.autograph_tag</code>
<tr><td><code>DELETE /v1/backtraces/ID</code><td>cancel or erase it
<tr><td><code>GET /v1/backtraces/ID/findings</code><td>what the result rests on
<tr><td><code>GET /v1/jobs/ pipelines/ files/ applications/ users/me</code><td>what the references point to
</table>
<p>Everywhere: <code>format=json|xml, human=true, show_null=true, expand=..., expand_all=true</code>. An operator gives you
<code>client_id</code> and <code>client_secret</code>:</p>
<pre>curl -d "grant_type=client_credentials&amp;client_id=ID&amp;client_secret=SECRET" https://HOST/v1/oauth2/token/
curl -H "Authorization: Bearer TOKEN" https://HOST/v1/backtraces/?human=true</pre>
</html>
`
