// SPDX-License-Identifier: AGPL-3.0-or-later

package server

import (
	"context"
	"errors"
	"io/fs"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"strings"

	"spoor/api/wire"
	"spoor/storage"
)

// input is where the input of a backtrace lies.
type input struct {
	path    string // on this machine; "" where it must be fetched first
	address string // http(s)
	within  string // the location that redirects must not leave either
	file    string // id of the upload, where it is one
}

const inputField = "input.input_name"

// findInput turns what a client calls its input into a file or an address. A relative name lies below the pipeline's
// input, and an upload may be named by its key. An absolute address must lie below the input of some pipeline: those are
// the locations that the operator allows. Nothing leaves them, by dots or by links.
func (s *Server) findInput(ctx context.Context, p storage.Pipeline, name, userID string) (input, error) {
	if strings.ContainsAny(name, "\x00\n\r") {
		return input{}, wire.Invalid(inputField, "it has a control character")
	}
	if strings.HasPrefix(name, uploadsPrefix) {
		f, err := s.store.File(ctx, name)
		if err == nil && f.UserID == userID {
			return input{path: s.uploads.path(f.ObjectKey), file: f.ID}, nil
		}
		if err != nil && storage.CodeOf(err) != storage.NotFound {
			return input{}, err
		}
	}
	u, err := url.Parse(name)
	if err == nil && u.Scheme != "" || strings.HasPrefix(name, "//") {
		if err != nil || u.Host == "" && u.Scheme != "file" {
			return input{}, wire.Invalid(inputField, "it is no address that can be read")
		}
		return s.allowed(ctx, u)
	}
	if filepath.IsAbs(name) {
		return s.allowed(ctx, &url.URL{Scheme: "file", Path: name})
	}
	return below(p.Input, name)
}

// allowed looks for a pipeline that an absolute address lies below the input of.
func (s *Server) allowed(ctx context.Context, u *url.URL) (input, error) {
	refused := wire.Invalid(inputField, "it lies in no location that the operator allowed")
	if u.User != nil || u.Fragment != "" || u.Opaque != "" {
		return input{}, refused
	}
	list, _, err := s.store.Pipelines(ctx, storage.Slice{})
	if err != nil {
		return input{}, err
	}
	for _, p := range list {
		location, ok := locationOf(p.Input)
		if !ok || location.Scheme != u.Scheme || !strings.EqualFold(location.Host, u.Host) {
			continue
		}
		rest, ok := strings.CutPrefix(u.Path, strings.TrimSuffix(location.Path, "/")+"/")
		if !ok {
			continue
		}
		if u.RawQuery != "" {
			rest += "?" + u.RawQuery
		}
		return below(p.Input, rest)
	}
	return input{}, refused
}

// locationOf reads the input of a pipeline as an address; a folder is one of the scheme file.
func locationOf(text string) (*url.URL, bool) {
	if text == "" {
		return nil, false
	}
	u, err := url.Parse(text)
	if err != nil || u.Scheme == "" {
		return &url.URL{Scheme: "file", Path: text}, true
	}
	return u, true
}

// below finds a relative name below a location.
func below(location, name string) (input, error) {
	base, ok := locationOf(location)
	if !ok {
		return input{}, wire.Invalid(inputField, "there is no such upload, and this pipeline has no other input")
	}
	if base.Scheme == "file" {
		return belowFolder(base.Path, name)
	}
	name, query, _ := strings.Cut(name, "?")
	if !filepath.IsLocal(name) || strings.Contains(name, `\`) {
		return input{}, wire.Invalid(inputField, "it leads out of the pipeline's input")
	}
	full := *base
	full.Path, full.RawPath, full.RawQuery = path.Join(base.Path, name), "", query
	within := *base
	within.Path = strings.TrimSuffix(base.Path, "/") + "/"
	return input{address: full.String(), within: within.String()}, nil
}

func belowFolder(folder, name string) (input, error) {
	if !filepath.IsLocal(name) {
		return input{}, wire.Invalid(inputField, "it leads out of the pipeline's input")
	}
	root, err := os.OpenRoot(folder)
	if err != nil {
		return input{}, wire.Invalid(inputField, "the pipeline's input cannot be read")
	}
	defer root.Close()
	info, err := root.Stat(name) // does not follow links that lead out
	switch {
	case errors.Is(err, fs.ErrNotExist), err == nil && !info.Mode().IsRegular():
		return input{}, wire.Invalid(inputField, "there is no such file")
	case err != nil:
		return input{}, wire.Invalid(inputField, "it leads out of the pipeline's input, or cannot be read")
	}
	return input{path: filepath.Join(folder, name)}, nil
}

// withoutCredentials is a location as clients may see it.
func withoutCredentials(text string) string {
	u, err := url.Parse(text)
	if err != nil {
		return ""
	}
	if u.Scheme == "" {
		return text
	}
	u.User = nil
	u.RawQuery = ""
	return u.String()
}
