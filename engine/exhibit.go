// SPDX-License-Identifier: AGPL-3.0-or-later

package engine

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"

	"spoor/storage"
)

// takeIn brings the leak into the vault and on record as evidence of a case. From then on the trace reads what the
// vault has, not the leak. What is no video or picture stays out.
func (t *trace) takeIn(ctx context.Context, caseID string) (storage.Evidence, error) {
	if t.options.part != nil {
		return t.takePart(ctx)
	}
	leak, r := t.options.Leak, t.result
	var err error
	if t.info, err = t.tools.Probe(ctx, leak); err != nil {
		if facts, herr := hashFile(ctx, leak, "reading the leak", t.options.Progress); herr == nil {
			r.SHA256 = facts.SHA256 // what was refused is still told apart
		}
		return storage.Evidence{}, err
	}
	r.VideoMS = t.info.Duration.Milliseconds()
	file, path, err := t.engine.takeIn(ctx, leak, t.options.InPlace, t.options.Progress)
	if err != nil {
		return storage.Evidence{}, err
	}
	r.SHA256, r.SHA512, r.InPlace = file.SHA256, file.SHA512, file.InPlace != ""
	t.tools.SameContent(leak, path)
	t.options.Leak = path
	var facts any = t.info
	s := t.options.stitched
	if s != nil {
		leak, facts = s.dir, s.facts(t.info)
	}
	ev, err := t.engine.addEvidence(ctx, caseID, leak, file, facts)
	if err == nil && s != nil {
		err = t.engine.store.SetSources(ctx, ev.ID, s.sources())
	}
	if err == nil {
		r.KnownIn, err = t.engine.knownIn(ctx, &ev)
	}
	return ev, err
}

// TraceEvidence traces an exhibit again from what the vault has, whatever became of the leak that it came in as. o.Leak
// and o.Case are not used.
func (e *Engine) TraceEvidence(ctx context.Context, evidenceID string, o TraceOptions) (TraceResult, error) {
	ev, err := e.store.Evidence(ctx, evidenceID)
	if err != nil {
		return TraceResult{}, err
	}
	path, err := e.store.CheckedPath(ctx, ev.SHA256, bytesOf(o.Progress, "checking the evidence"))
	if err != nil {
		return TraceResult{}, err
	}
	o.Leak, o.Case, o.InPlace = path, ev.CaseID, false
	r, err := e.Trace(ctx, o)
	r.Leak = ev.Path
	if err != nil {
		err = &renamedError{err: err, from: path, to: ev.Path}
		words := err.Error()
		r.Error = &words
	}
	return r, err
}

// takeIn copies a file into the vault and returns where to read it from now on.
func (e *Engine) takeIn(ctx context.Context, leak string, inPlace bool, report func(Progress)) (storage.VaultFile, string, error) {
	var m *meter
	var before int64
	file, err := e.store.TakeIn(ctx, storage.TakeIn{Path: leak, InPlace: inPlace, Progress: func(done, total int64) {
		if m == nil || done < before { // it may be read twice
			m = newMeter(report, "taking in the leak", total)
		}
		m.at(done)
		before = done
	}})
	if err != nil {
		return storage.VaultFile{}, "", err
	}
	return file, e.store.VaultPath(file), nil
}

// addEvidence puts a file of the vault on record as an exhibit. facts are what is known about its content.
func (e *Engine) addEvidence(
	ctx context.Context, caseID, leak string, file storage.VaultFile, facts any,
) (storage.Evidence, error) {
	container, err := json.Marshal(facts)
	if err != nil {
		return storage.Evidence{}, fmt.Errorf("facts of %s: %w", leak, err)
	}
	path, err := filepath.Abs(leak)
	if err != nil {
		return storage.Evidence{}, fmt.Errorf("path of %s: %w", leak, err)
	}
	ev := storage.Evidence{
		CaseID: caseID, Path: storedPath(path), FileName: printable(filepath.Base(path)), SHA256: file.SHA256,
		Size: file.Size, ModTime: file.ModTime, Container: container,
	}
	if _, err := e.store.AddEvidence(ctx, &ev); err != nil {
		return ev, err
	}
	if _, err := e.store.VaultFile(ctx, ev.SHA256); err != nil { // somebody deleted the same content at this very moment
		return ev, err
	}
	return ev, e.fillFromBeside(ctx, &ev, leak)
}

// knownIn lists the other cases that have the content of an exhibit, or something it was put together from.
func (e *Engine) knownIn(ctx context.Context, ev *storage.Evidence) ([]string, error) {
	list, err := e.store.EvidenceByHash(ctx, ev.SHA256)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, other := range list {
		if other.CaseID == ev.CaseID {
			continue
		}
		c, err := e.store.Case(ctx, other.CaseID)
		if err != nil {
			return nil, err
		}
		names = append(names, c.Name)
	}
	return names, nil
}

// nameLeak makes an error about the vault's file one about the leak that people know.
func nameLeak(err error, t *trace, leak string) error {
	if err == nil || t == nil || t.options.Leak == leak {
		return err
	}
	return &renamedError{err: err, from: t.options.Leak, to: leak}
}

// renamedError is an error with another name in its words.
type renamedError struct {
	err      error
	from, to string
}

// Error returns the words.
func (e *renamedError) Error() string {
	words := strings.ReplaceAll(e.err.Error(), strconv.Quote(e.from), strconv.Quote(e.to))
	return strings.ReplaceAll(words, e.from, e.to)
}

// Unwrap returns the cause.
func (e *renamedError) Unwrap() error { return e.err }
