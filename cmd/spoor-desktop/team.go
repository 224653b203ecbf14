// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"spoor/api/client"
	"spoor/api/keep"
	"spoor/api/stamp"
	"spoor/api/sync"
	"spoor/api/wire"
	"spoor/engine"
	"spoor/ui/desk"
)

// team brings the window to the servers of a home.
type team struct{ engine *engine.Engine }

var _ desk.Team = team{}

// Check is for the window.
func (team) Check(address string) error {
	_, err := client.New(client.Config{URL: strings.TrimSpace(address)})
	return err
}

// link is the way to one server.
func (t team) link(ctx context.Context, remoteID string) (*sync.Remote, error) {
	return sync.Open(ctx, t.engine, remoteID)
}

// inWords says which server it was, and whether it refused or could not be spoken with.
func inWords(r *sync.Remote, err error) error {
	switch {
	case err == nil, errors.Is(err, context.Canceled):
		return err
	case client.StatusOf(err) != 0:
		return fmt.Errorf("the server %s refuses: %w", r.Name, err)
	}
	return fmt.Errorf("the server %s at %s cannot be worked with: %w", r.Name, r.URL, err)
}

// Test is for the window.
func (t team) Test(ctx context.Context, remoteID string) (int64, error) {
	r, err := t.link(ctx, remoteID)
	if err != nil {
		return 0, err
	}
	list, err := r.Client.List(ctx, client.Query{Limit: 1})
	return list.Total, inWords(r, err)
}

// Sync is for the window.
func (t team) Sync(ctx context.Context, remoteID string, report func(engine.Progress)) (desk.Exchange, error) {
	r, err := t.link(ctx, remoteID)
	if err != nil {
		return desk.Exchange{}, err
	}
	pushed, err := sync.Push(ctx, r, func(done int64) { report(engine.Progress{Stage: "sending results", Done: done}) })
	x := desk.Exchange{Sent: pushed.Sent, Refused: pushed.Refused}
	if err != nil {
		return x, inWords(r, err)
	}
	return mirror(ctx, r, x, false, report)
}

// Mirror is for the window.
func (t team) Mirror(ctx context.Context, remoteID string, all bool, report func(engine.Progress)) (desk.Exchange, error) {
	r, err := t.link(ctx, remoteID)
	if err != nil {
		return desk.Exchange{}, err
	}
	return mirror(ctx, r, desk.Exchange{}, all, report)
}

func mirror(ctx context.Context, r *sync.Remote, x desk.Exchange, all bool, report func(engine.Progress)) (desk.Exchange, error) {
	m, err := sync.Mirror(ctx, r, all, func(done, total int64) {
		report(engine.Progress{Stage: "copying what " + r.Name + " has", Done: done, Total: total})
	})
	x.Changed, x.Removed, x.Total = m.Changed, m.Removed, m.Total
	return x, inWords(r, err)
}

// Submit is for the window.
func (t team) Submit(ctx context.Context, remoteID string, s desk.Submission, report func(engine.Progress)) (string, error) {
	r, err := t.link(ctx, remoteID)
	if err != nil {
		return "", err
	}
	b, err := sync.Submit(ctx, r, sync.Submission{
		Path: s.Leak, CaseID: s.CaseID, Author: s.Author,
		Progress: func(stage string, done, total int64) { report(engine.Progress{Stage: stage, Done: done, Total: total}) },
	})
	if err != nil {
		return "", inWords(r, err)
	}
	words := []string{b.Status}
	for _, x := range b.Extracted {
		words = append(words, x.Tag)
	}
	if b.ErrorMessage != "" {
		words = append(words, b.ErrorMessage)
	}
	return fmt.Sprintf("%s says: %s", r.Name, strings.Join(words, ", ")), nil
}

// Theirs is for the window.
func (team) Theirs(raw json.RawMessage) (desk.Side, error) {
	t, err := wire.ParseJSON(bytes.NewReader(raw))
	if err != nil {
		return desk.Side{}, err
	}
	b, err := wire.ReadBacktrace(t)
	if err != nil {
		return desk.Side{}, err
	}
	side := desk.Side{Status: b.Status, Version: b.Version, FinishedAt: keep.Time(b.FinishedAt)}
	for _, x := range b.Extracted {
		side.Tags = append(side.Tags, x.Tag)
	}
	if b.Findings != nil {
		side.Verdict = b.Findings.Verdict
	}
	return side, nil
}

// Settle is for the window.
func (t team) Settle(ctx context.Context, remoteID, backtraceID string, ours bool) error {
	r, err := t.link(ctx, remoteID)
	if err != nil {
		return err
	}
	_, err = sync.Resolve(ctx, r, backtraceID, ours)
	return inWords(r, err)
}

// stampTimeout is how long a time stamp service may take.
const stampTimeout = 15 * time.Second

// Stamp is for the window.
func (t team) Stamp(ctx context.Context, service string) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, stampTimeout)
	defer cancel()
	return t.engine.Stamp(ctx, service, func(ctx context.Context, head []byte) ([]byte, error) {
		return stamp.Ask(ctx, http.DefaultClient, service, head)
	})
}
