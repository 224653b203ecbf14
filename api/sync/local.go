// SPDX-License-Identifier: AGPL-3.0-or-later

package sync

import (
	"context"
	"encoding/json"
	"fmt"

	"spoor/api/wire"
	"spoor/storage"
)

// localObject is a result of this home as the API has it. It has no word about where the file lies here.
func (r *Remote) localObject(ctx context.Context, b *storage.Backtrace) (wire.Backtrace, error) {
	e, err := r.Store.Evidence(ctx, b.EvidenceID)
	if err != nil {
		return wire.Backtrace{}, err
	}
	out := wire.Backtrace{
		ID: b.ID, InputName: e.FileName, Status: string(b.Status), Percentage: int64(b.Percentage), ErrorCode: b.ErrorCode,
		CreatedAt: b.CreatedAt.UnixMilli(), Job: b.TitleID,
		Findings: &wire.Findings{Verdict: string(b.Verdict), Threshold: b.Threshold, BestScore: b.BestScore, Title: b.TitleID},
	}
	if b.ErrorMsg != "" {
		out.ErrorMessage = "the trace failed on the desktop that it was made on"
	}
	if b.FinishedAt != nil {
		out.FinishedAt = b.FinishedAt.UnixMilli()
	}
	list, err := r.Store.Findings(ctx, b.ID)
	if err != nil {
		return out, err
	}
	if b.Status == storage.Success {
		out.Extracted = []wire.Extracted{}
	}
	for i := range list {
		tag, err := findingTag(&list[i])
		if err != nil {
			return out, err
		}
		extracted := wire.Extracted{Tag: tag.Tag}
		if r.Accesses != nil {
			if extracted.Accesses, err = r.Accesses(ctx, tag.Tag, list[i].TitleID); err != nil {
				return out, err
			}
		}
		out.Extracted = append(out.Extracted, extracted)
		out.Findings.Tags = append(out.Findings.Tags, tag)
	}
	return out, nil
}

func findingTag(f *storage.Finding) (wire.FindingTag, error) {
	tag := wire.FindingTag{Tag: f.TagText, Log10P: f.Log10P, Score: f.Score, Weight: f.Weight, Method: f.Method}
	var spans []struct {
		FromMS      int64  `json:"from_ms"`
		ToMS        int64  `json:"to_ms"`
		TitleFromMS *int64 `json:"title_from_ms"`
		TitleToMS   *int64 `json:"title_to_ms"`
	}
	if len(f.Spans) > 0 {
		if err := json.Unmarshal(f.Spans, &spans); err != nil {
			return tag, fmt.Errorf("stored spans of %s: %w", f.TagText, err)
		}
	}
	for _, s := range spans {
		tag.Spans = append(tag.Spans, wire.Span{From: s.FromMS, To: s.ToMS, TitleFrom: s.TitleFromMS, TitleTo: s.TitleToMS})
	}
	return tag, nil
}
