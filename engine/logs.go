// SPDX-License-Identifier: AGPL-3.0-or-later

package engine

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"spoor/engine/access"
	"spoor/engine/access/etsi"
	"spoor/engine/media"
	"spoor/storage"
)

// LogImport says which log to import and how.
type LogImport struct {
	Path    string     // a file, plain or compressed with gzip, zstd or bzip2
	Name    string     // for people, where the path is not; "" its last part
	Mapping LogMapping //
	Tokens  []etsi.Key // that watermarking tokens are verified with; without, they are only decoded
	Again   bool       // forget what the same log told before, and read it with this mapping
	InPlace bool       // leave the file where it lies instead of copying it into the vault
	// Preview is shown what the beginning looks like before anything is kept; an error ends the import.
	Preview func(access.Preview) error
	Report  func(Progress)
}

// ImportedLog is what came of an import.
type ImportedLog struct {
	storage.AccessLog
	Counts  access.Counts
	Samples []access.Sample
	Known   bool // it was imported before, and nothing changed
	Resumed bool // it went on where an import had stopped
	Damage  string
}

// FindLogs replaces folders by the files in them, in order, without hidden ones and links.
func FindLogs(paths []string) ([]string, error) {
	var list []string
	for _, path := range paths {
		st, err := os.Stat(path)
		if err != nil || !st.IsDir() {
			list = append(list, path) // what is wrong with it is told when it is opened
			continue
		}
		before := len(list)
		err = filepath.WalkDir(path, func(name string, d fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return openError(name, err)
			case name != path && strings.HasPrefix(d.Name(), "."):
				if d.IsDir() {
					return fs.SkipDir
				}
			case d.Type().IsRegular():
				list = append(list, name)
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
		if len(list) == before {
			return nil, refuse(storage.NotFound, fmt.Sprintf("the folder %q has no files", path))
		}
	}
	return list, nil
}

// SpoolLog writes a stream into a file of the home, for a log that comes through a pipe. The caller calls done.
func (e *Engine) SpoolLog(ctx context.Context, r io.Reader) (path string, done func(), err error) {
	dir, err := e.store.WorkDir("log-" + storage.NewID())
	if err != nil {
		return "", nil, err
	}
	done = func() { _ = os.RemoveAll(dir) }
	path = filepath.Join(dir, "log")
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_EXCL, 0o600)
	if err == nil {
		_, err = io.Copy(f, contextReader{ctx, r})
		err = errors.Join(err, f.Close())
	}
	if err != nil {
		done()
		return "", nil, ended(ctx, fmt.Errorf("reading the log: %w", err))
	}
	return path, done, nil
}

// contextReader ends with its context.
type contextReader struct {
	ctx context.Context //nolint:containedctx // it lives for one copy
	r   io.Reader
}

func (c contextReader) Read(p []byte) (int, error) {
	if c.ctx.Err() != nil {
		return 0, context.Cause(c.ctx)
	}
	return c.r.Read(p)
}

// ImportLog reads an access log and keeps what it tells of tags. The file comes into the vault first. A log that was
// imported already, under any name, changes nothing; an import that was stopped goes on where it stopped.
func (e *Engine) ImportLog(ctx context.Context, o LogImport) (ImportedLog, error) {
	rules, err := o.Mapping.rules(o.Tokens)
	if err != nil {
		return ImportedLog{}, err
	}
	format, err := e.lookAtLog(&o, rules)
	if err != nil {
		return ImportedLog{}, err
	}
	meter := newMeter(o.Report, "taking "+filepath.Base(o.Path)+" into the vault", 0)
	ahead := &logAhead{ctx: ctx, format: format, rules: rules}
	v, err := e.store.TakeIn(ctx, storage.TakeIn{Path: o.Path, InPlace: o.InPlace, Also: ahead, Progress: func(done, total int64) {
		meter.total = total
		meter.at(done)
	}})
	ahead.end(err)
	if err != nil {
		return ImportedLog{}, ended(ctx, err)
	}
	in := &logImport{engine: e, options: o, rules: rules, format: format, file: v, ahead: ahead}
	if done, err := in.begin(ctx); err != nil || done {
		return in.result, err
	}
	return in.result, in.read(ctx)
}

// lookAtLog finds the format and shows the beginning.
func (e *Engine) lookAtLog(o *LogImport, rules *access.Rules) (access.Format, error) {
	format, known, err := o.Mapping.format()
	if err != nil {
		return format, err
	}
	f, err := openRegular(o.Path)
	if err != nil {
		return format, err
	}
	defer f.Close()
	stream, _, _, err := access.Open(f)
	if err != nil {
		return format, logFault(o.Path, err)
	}
	defer stream.Close()
	var p access.Preview
	if known {
		p, err = access.Look(stream, format, rules)
	} else {
		p, err = access.Detect(stream, rules)
	}
	if err != nil {
		return format, logFault(o.Path, err)
	}
	if o.Preview != nil {
		if err := o.Preview(p); err != nil {
			return format, err
		}
	}
	return p.Format, nil
}

func openRegular(path string) (*os.File, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, openError(path, err)
	}
	if st, err := f.Stat(); err != nil || !st.Mode().IsRegular() {
		_ = f.Close()
		return nil, &media.Error{Kind: media.NotRegular, File: path, What: "is not a file", Do: "give a log file"}
	}
	return f, nil
}

// logFault is what is wrong with a log file.
func logFault(path string, err error) error {
	return &media.Error{Kind: media.Damaged, File: path, What: "cannot be read as a log: " + err.Error(), Err: err}
}

// logImport is one import at work.
type logImport struct {
	engine  *Engine
	options LogImport
	rules   *access.Rules
	format  access.Format
	file    storage.VaultFile
	ahead   *logAhead
	log     storage.AccessLog
	place   access.Place
	result  ImportedLog
}

// begin records the log, or finds what is on record of it. done says that there is nothing left to do.
func (in *logImport) begin(ctx context.Context) (done bool, err error) {
	store := in.engine.store
	in.log, err = store.AccessLog(ctx, in.file.SHA256)
	if err == nil && in.log.PurgedAt != nil { // it came into the vault again
		if err := store.DropLogFile(ctx, in.log.SHA256); err != nil {
			return false, err
		}
	}
	switch {
	case storage.CodeOf(err) == storage.NotFound:
	case err != nil:
		return false, err
	case in.options.Again:
		if err := store.DropAccessLog(ctx, in.log); err != nil {
			return false, err
		}
	case in.log.State == storage.LogPartial:
		return false, in.resume()
	default:
		in.result.AccessLog, in.result.Known = in.log, true
		return true, in.recall()
	}
	mapping := in.options.Mapping
	mapping.Format = in.format.Name
	rules, err := json.Marshal(mapping)
	if err != nil {
		return false, err
	}
	name := in.options.Name
	if name == "" {
		name = filepath.Base(in.options.Path)
	}
	in.log = storage.AccessLog{
		FileName: printable(name), Path: printable(in.options.Path), SHA256: in.file.SHA256, Size: in.file.Size, Format: in.format.Name,
		Rules: rules,
	}
	return false, store.AddAccessLog(ctx, &in.log)
}

// resume goes on with the rules that the import began with.
func (in *logImport) resume() error {
	in.result.Resumed = true
	var mapping LogMapping
	if err := json.Unmarshal(in.log.Rules, &mapping); err != nil {
		return fmt.Errorf("the record of the log is damaged: %w", err)
	}
	var err error
	if in.rules, err = mapping.rules(in.options.Tokens); err != nil {
		return err
	}
	if in.format, _, err = mapping.format(); err != nil {
		return err
	}
	if len(in.log.Place) > 0 {
		if err := json.Unmarshal(in.log.Place, &in.place); err != nil {
			return fmt.Errorf("the record of the log is damaged: %w", err)
		}
	}
	return in.recall()
}

// recall reads counts and samples that are on record.
func (in *logImport) recall() error {
	for _, stored := range []struct {
		text json.RawMessage
		to   any
	}{{in.log.Counts, &in.result.Counts}, {in.log.Samples, &in.result.Samples}} {
		if len(stored.text) > 0 {
			if err := json.Unmarshal(stored.text, stored.to); err != nil {
				return fmt.Errorf("the record of the log is damaged: %w", err)
			}
		}
	}
	return nil
}

// read goes on to the end of the log, and records how it ended.
func (in *logImport) read(ctx context.Context) error {
	fault, err := in.keepAhead(ctx)
	if errors.Is(fault, errFarAhead) && err == nil {
		fault, err = in.scan(ctx)
	}
	in.result.AccessLog = in.log
	if err != nil {
		return err
	}
	in.log.State = storage.LogDone
	if fault != nil { // the file is cut off or damaged: what came before that is worth having
		in.log.State = storage.LogDamaged
		in.result.Damage = fault.Error()
	}
	err = in.save(ctx, &access.Tally{}, in.place)
	in.result.AccessLog = in.log
	return err
}

// keepAhead keeps what was read while the log came into the vault. The fault is what ended that, errFarAhead where there
// is more to read.
func (in *logImport) keepAhead(ctx context.Context) (fault, err error) {
	switch {
	case !in.ahead.used() || in.result.Resumed:
		return errFarAhead, nil
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	}
	return in.ahead.fault, in.save(ctx, in.ahead.sum, in.ahead.place)
}

// scan reads the log in the vault from where the import stands. The fault is what is wrong with the log.
func (in *logImport) scan(ctx context.Context) (fault, err error) {
	f, err := os.Open(in.engine.store.VaultPath(in.file))
	if err != nil {
		return nil, openError(in.options.Path, err)
	}
	defer f.Close()
	stream, _, packed, err := access.Open(f)
	if err != nil {
		return nil, logFault(in.options.Path, err)
	}
	defer stream.Close()
	meter := newMeter(in.options.Report, "reading "+in.log.FileName, in.file.Size)
	if in.place.Offset > 0 {
		if _, err := io.CopyN(io.Discard, contextReader{ctx, stream}, in.place.Offset); err != nil {
			return nil, ended(ctx, logFault(in.options.Path, err))
		}
		meter.begin(packed())
	}
	var kept error
	fault = access.Scan(ctx, stream, in.format, in.rules, access.ScanOptions{
		From: in.place, Progress: func(int64) { meter.at(packed()) },
		Flush: func(t *access.Tally, now access.Place) error {
			kept = in.save(context.WithoutCancel(ctx), t, now)
			return kept
		},
	})
	switch {
	case kept != nil:
		return nil, kept
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	}
	return fault, nil
}

// save keeps what was added up and where the import stands.
func (in *logImport) save(ctx context.Context, t *access.Tally, now access.Place) error {
	counts, samples := in.result.Counts, access.MergeSamples(in.result.Samples, t.Samples)
	counts.Add(t.Counts)
	next := in.log
	var err error
	for _, part := range []struct {
		to    *json.RawMessage
		value any
	}{{&next.Place, now}, {&next.Counts, counts}, {&next.Samples, samples}} {
		if *part.to, err = json.Marshal(part.value); err != nil {
			return err
		}
	}
	links := func(yield func(storage.AccessLink) bool) {
		for link := range t.Links {
			if !yield(storage.AccessLink(link)) {
				return
			}
		}
	}
	if err := in.engine.store.SaveAccessParts(ctx, &next, storedParts(t, in.log.ID), links, mergeStored); err != nil {
		return err
	}
	in.log, in.place, in.result.Counts, in.result.Samples = next, now, counts, samples
	return nil
}

// storedParts are the parts of a tally as they are stored, in the order of their keys.
func storedParts(t *access.Tally, logID string) func(yield func(storage.AccessPart, error) bool) {
	return func(yield func(storage.AccessPart, error) bool) {
		type keyed struct {
			hash string
			key  access.Key
		}
		keys := make([]keyed, 0, len(t.Parts))
		for key := range t.Parts {
			keys = append(keys, keyed{keyHash(key), key})
		}
		slices.SortFunc(keys, func(a, b keyed) int { return strings.Compare(a.hash, b.hash) })
		for _, k := range keys {
			part := t.Parts[k.key]
			state, err := json.Marshal(part)
			if !yield(storage.AccessPart{
				LogID: logID, Key: k.hash, Tag: k.key.Tag, Session: k.key.Session, File: k.key.File, Address: k.key.Address.String(),
				Agent: k.key.Agent, Language: k.key.Language, First: part.First, Last: part.Last, State: state,
			}, err) {
				return
			}
		}
	}
}

func keyHash(k access.Key) string {
	sum := sha256.Sum256([]byte(strings.Join([]string{k.Tag, k.Session, k.File, k.Address.String(), k.Agent, k.Language}, "\x00")))
	return hex.EncodeToString(sum[:16])
}

// mergeStored merges two parts as they are stored.
func mergeStored(a, b storage.AccessPart) (storage.AccessPart, error) {
	x, err := keyedPart(a)
	if err != nil {
		return a, err
	}
	y, err := keyedPart(b)
	if err != nil {
		return a, err
	}
	x.Part.Merge(y.Part)
	a.First, a.Last = x.Part.First, x.Part.Last
	a.State, err = json.Marshal(x.Part)
	return a, err
}

// keyedPart reads a part as it is stored.
func keyedPart(p storage.AccessPart) (access.Keyed, error) {
	address, err := netip.ParseAddr(p.Address)
	if err != nil {
		return access.Keyed{}, fmt.Errorf("a stored access is damaged: %w", err)
	}
	k := access.Keyed{Key: access.Key{
		Tag: p.Tag, Session: p.Session, File: p.File, Client: access.Client{Address: address, Agent: p.Agent, Language: p.Language},
	}, Part: &access.Part{}}
	if err := json.Unmarshal(p.State, k.Part); err != nil {
		return access.Keyed{}, fmt.Errorf("a stored access is damaged: %w", err)
	}
	return k, nil
}

// Logs lists imported logs, oldest first.
func (e *Engine) Logs(ctx context.Context, p storage.Page) ([]ImportedLog, error) {
	list, err := e.store.AccessLogs(ctx, p)
	if err != nil {
		return nil, err
	}
	out := make([]ImportedLog, len(list))
	for i, l := range list {
		in := logImport{log: l}
		if err := in.recall(); err != nil {
			return nil, err
		}
		out[i] = in.result
		out[i].AccessLog = l
	}
	return out, nil
}

// Log returns an imported log by its id, SHA-256 or unique file name.
func (e *Engine) Log(ctx context.Context, which string) (ImportedLog, error) {
	l, err := e.store.AccessLog(ctx, which)
	if err != nil {
		return ImportedLog{}, err
	}
	in := logImport{log: l}
	err = in.recall()
	in.result.AccessLog = l
	return in.result, err
}

// HoldLog keeps a log from retention, or no longer.
func (e *Engine) HoldLog(ctx context.Context, which string, hold bool) (storage.AccessLog, error) {
	l, err := e.store.AccessLog(ctx, which)
	if err != nil {
		return l, err
	}
	l.OnHold = hold
	return l, e.store.SetLogHold(ctx, l.ID, hold)
}

// PurgeLogs removes the raw rows and the vaulted files of logs whose import ended more than so many days ago, and keeps
// what they add up to. Held logs, and those with a tag that was found in a held case, stay.
func (e *Engine) PurgeLogs(ctx context.Context, days int) (removed []storage.AccessLog, err error) {
	before := time.Now().AddDate(0, 0, -days)
	for {
		list, err := e.store.PurgeableLogs(ctx, before)
		if err != nil || len(list) == 0 {
			return removed, err
		}
		for _, l := range list {
			if err := e.store.PurgeLog(ctx, l, before, mergeStored); err != nil {
				return removed, err
			}
			removed = append(removed, l)
		}
	}
}
