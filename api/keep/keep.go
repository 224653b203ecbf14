// SPDX-License-Identifier: AGPL-3.0-or-later

// Package keep is between the objects of the API and the store: what a backtrace
// of the one is in the other.
package keep

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"

	"spoor/api/wire"
	"spoor/storage"
)

// View is a stored backtrace as the API shows it, without its findings.
func View(b *storage.TeamBacktrace) (wire.Backtrace, error) {
	out := wire.Backtrace{
		InputName: b.InputName, Pipeline: b.PipelineID, File: b.FileID, Application: b.ApplicationID, Status: string(b.Status),
		Percentage: int64(b.Percentage), ErrorMessage: b.ErrorMsg, ErrorCode: b.ErrorCode, FinishedAt: Millis(b.FinishedAt),
		Version: b.Version, User: b.UserID, CreatedAt: Millis(b.CreatedAt), UpdatedAt: Millis(b.UpdatedAt), ID: b.ID, Job: b.JobID,
	}
	if len(b.Extracted) > 0 {
		var result struct {
			Extracted []wire.Extracted `json:"extracted_data"`
		}
		if err := json.Unmarshal(b.Extracted, &result); err != nil {
			return out, fmt.Errorf("stored result of %s: %w", b.ID, err)
		}
		out.Extracted = result.Extracted
	}
	return out, nil
}

// Findings are what a stored backtrace rests on.
func Findings(b *storage.TeamBacktrace) (wire.Findings, error) {
	if len(b.Findings) == 0 {
		return wire.Findings{}, nil
	}
	t, err := wire.ParseJSON(bytes.NewReader(b.Findings))
	if err != nil {
		return wire.Findings{}, fmt.Errorf("stored findings of %s: %w", b.ID, inside(err))
	}
	return wire.ReadFindings(t)
}

// Result puts a result into a stored backtrace: tags and accesses, nil where there is none yet, and findings. Both are
// stored as the API writes them.
func Result(b *storage.TeamBacktrace, extracted []wire.Extracted, f *wire.Findings) error {
	b.Tags, b.Extracted, b.Findings = nil, nil, nil
	if extracted != nil {
		for _, e := range extracted {
			b.Tags = append(b.Tags, e.Tag)
		}
		only := wire.Backtrace{Extracted: extracted}
		object := wire.Object{{Key: "extracted_data", Value: only.Object(noLink).Get("extracted_data")}}
		var err error
		if b.Extracted, err = plain(object); err != nil {
			return err
		}
	}
	if f != nil {
		var err error
		if b.Findings, err = plain(f.Object(noLink)); err != nil {
			return err
		}
	}
	return nil
}

func plain(o wire.Object) ([]byte, error) {
	var out bytes.Buffer
	if err := (wire.Format{}).Write(&out, wire.Document{Bare: true, Body: o}); err != nil {
		return nil, err
	}
	return bytes.TrimSpace(out.Bytes()), nil
}

// inside keeps a fault of what is stored from looking like a fault of the client.
func inside(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s", err) //nolint:errorlint // its type must be lost
}

func noLink(string, string) string { return "" }

// Millis is a time as the API has it; none is 0.
func Millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

// From is a backtrace that a server or a desktop sent as the store has it. References to what only the other side has are kept as they are.
func From(b *wire.Backtrace) (storage.TeamBacktrace, error) {
	out := storage.TeamBacktrace{
		ID: b.ID, InputName: b.InputName, PipelineID: b.Pipeline, FileID: b.File, ApplicationID: b.Application, JobID: b.Job,
		Status: storage.Status(b.Status), Percentage: int(min(max(b.Percentage, 0), 100)), ErrorMsg: b.ErrorMessage, ErrorCode: b.ErrorCode,
		CreatedAt: Time(b.CreatedAt), UpdatedAt: Time(b.UpdatedAt), FinishedAt: Time(b.FinishedAt), Version: max(b.Version, 1),
	}
	return out, Result(&out, b.Extracted, b.Findings)
}

// Time is a time of the API; 0 is none.
func Time(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}
