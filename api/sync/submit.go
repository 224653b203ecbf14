// SPDX-License-Identifier: AGPL-3.0-or-later

package sync

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"spoor/api/client"
	"spoor/api/keep"
	"spoor/api/wire"
	"spoor/storage"
)

const (
	pollFirst = 500 * time.Millisecond
	pollLast  = 10 * time.Second
)

// Submission says what a server is to trace, and where the answer goes.
type Submission struct {
	Path     string
	CaseID   string
	Job      string // title there; "": whichever it is
	Pipeline string // name or id there; "" is the one for uploads
	Author   string // of the note in the case
	// Since is when the same was asked for first, by a program that may have died after the answer came: that is the answer then.
	// Zero: it is asked for the first time.
	Since time.Time
	// Progress may be nil. stage is "sending" or "tracing".
	Progress func(stage string, done, total int64)
}

// Submit uploads a leak, has it traced there, waits for the answer, and writes it into the case: as a note, and as a copy of what
// the server has. Submitting the same again after it was stopped goes on where it was. This, and nothing else, sends evidence away.
func Submit(ctx context.Context, r *Remote, s Submission) (wire.Backtrace, error) {
	pipeline, err := r.pipeline(ctx, s.Pipeline)
	if err != nil {
		return wire.Backtrace{}, err
	}
	sum, err := hashFile(s.Path)
	if err != nil {
		return wire.Backtrace{}, err
	}
	u := storage.Submission{RemoteID: r.ID, CaseID: s.CaseID, Path: s.Path, SHA256: sum, PipelineID: pipeline, JobID: s.Job}
	if !s.Since.IsZero() {
		answered, ok, err := r.Store.AnsweredSubmission(ctx, &u, s.Since)
		if err != nil {
			return wire.Backtrace{}, err
		}
		if ok {
			return r.answer(ctx, answered.BacktraceID)
		}
	}
	if err := r.Store.OpenSubmission(ctx, &u); err != nil {
		return wire.Backtrace{}, err
	}
	if u.BacktraceID == "" {
		if err := r.hand(ctx, &u, s); err != nil {
			return wire.Backtrace{}, err
		}
	}
	b, err := r.await(ctx, u.BacktraceID, s)
	if err != nil {
		return b, err
	}
	return b, r.conclude(ctx, &u, &b, s)
}

// pipeline finds the id of a pipeline there.
func (r *Remote) pipeline(ctx context.Context, name string) (string, error) {
	if storage.IsID(name) {
		return name, nil
	}
	if name == "" {
		name = storage.DefaultPipeline
	}
	list, err := r.Client.Pipelines(ctx)
	if err != nil {
		return "", err
	}
	for _, p := range list {
		if p.Name == name {
			return p.ID, nil
		}
	}
	return "", fmt.Errorf("the server %s has no pipeline %q", r.Name, name)
}

func hashFile(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	hash := sha256.New()
	if _, err := io.Copy(hash, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(hash.Sum(nil)), nil
}

// hand brings the file there and asks for the trace.
func (r *Remote) hand(ctx context.Context, u *storage.Submission, s Submission) error {
	up := client.Upload{Path: s.Path, Location: u.Location, ObjectKey: u.ObjectKey}
	err := r.Client.Send(ctx, &up, func(up *client.Upload) error {
		u.Location, u.ObjectKey = up.Location, up.ObjectKey
		return r.Store.SaveSubmission(ctx, *u)
	}, func(done, total int64) {
		if s.Progress != nil {
			s.Progress("sending", done, total)
		}
	})
	if err != nil {
		return err
	}
	b, err := r.Client.Create(ctx, wire.Create{Pipeline: u.PipelineID, InputName: u.ObjectKey}, u.JobID, u.ID)
	if err != nil {
		return err
	}
	u.BacktraceID = b.ID
	return r.Store.SaveSubmission(ctx, *u)
}

// await waits until a backtrace is finished.
func (r *Remote) await(ctx context.Context, id string, s Submission) (wire.Backtrace, error) {
	for wait := pollFirst; ; wait = min(wait*3/2, pollLast) {
		b, err := r.Client.Get(ctx, id)
		if err != nil {
			return b, err
		}
		if s.Progress != nil {
			s.Progress("tracing", b.Percentage, 100)
		}
		if wire.Final(b.Status) {
			return b, nil
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return b, ctx.Err()
		case <-timer.C:
		}
	}
}

// answer fetches a backtrace that is finished.
func (r *Remote) answer(ctx context.Context, id string) (wire.Backtrace, error) {
	b, err := r.Client.Get(ctx, id)
	if err != nil {
		return b, err
	}
	return b, r.findings(ctx, &b)
}

// findings adds what was found, where the server says that.
func (r *Remote) findings(ctx context.Context, b *wire.Backtrace) error {
	f, err := r.Client.Findings(ctx, b.ID)
	if err == nil {
		b.Findings = &f
	} else if client.StatusOf(err) == 0 {
		return err
	}
	return nil
}

// conclude stores the answer.
func (r *Remote) conclude(ctx context.Context, u *storage.Submission, b *wire.Backtrace, s Submission) error {
	if err := r.findings(ctx, b); err != nil {
		return err
	}
	kept, err := keep.From(b)
	if err != nil {
		return err
	}
	if _, err := r.Store.SaveMirrored(ctx, r.ID, []storage.TeamBacktrace{kept}); err != nil {
		return err
	}
	if err := r.Store.EndSubmission(ctx, u.ID, s.Author, r.note(u, b)); err != nil {
		return fmt.Errorf("the answer could not be written into the case: %w", err)
	}
	return nil
}

// note is the answer in words.
func (r *Remote) note(u *storage.Submission, b *wire.Backtrace) string {
	var text strings.Builder
	fmt.Fprintf(&text, "%s (SHA-256 %s) was traced by the server %s, %s, as backtrace %s: %s.",
		filepath.Base(u.Path), u.SHA256, r.Name, r.URL,
		b.ID, b.Status)
	if b.ErrorMessage != "" {
		fmt.Fprintf(&text, " %s.", b.ErrorMessage)
	}
	if b.Status == wire.Success && len(b.Extracted) == 0 {
		text.WriteString(" No tag was named.")
	}
	if b.Findings == nil {
		for _, e := range b.Extracted {
			fmt.Fprintf(&text, " Tag %q.", e.Tag)
		}
		return text.String()
	}
	for _, f := range b.Findings.Tags {
		fmt.Fprintf(&text, " Tag %q, log10 of the probability of a coincidence %.1f, method %s.", f.Tag, max(f.Log10P, -12), f.Method)
	}
	return text.String()
}
