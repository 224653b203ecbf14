// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"sync"
)

// ledger is a file to which results are appended as they come, one line of JSON each, so that a measurement that was
// stopped goes on. It may be used by several goroutines.
type ledger struct {
	mu    sync.Mutex
	file  *os.File
	known map[string]json.RawMessage // by all that a result depends on

	engine    string            // print of the engine
	anyEngine bool              // results of other engines will do
	newest    map[string]string // key of the newest result, by the key without the engine
}

// engineMark is between what is measured and the print of the engine it is measured with.
const engineMark = " @"

type entry struct {
	Key    string          `json:"key"`
	Result json.RawMessage `json:"result"`
}

// openLedger reads what the ledger at path holds. engine is the print of the engine that results of now depend on.
func openLedger(path, engine string, anyEngine bool) (*ledger, error) {
	l := &ledger{known: map[string]json.RawMessage{}, newest: map[string]string{}, engine: engine, anyEngine: anyEngine}
	text, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("results so far: %w", err)
	}
	for line := range bytes.Lines(text) {
		var e entry
		if json.Unmarshal(line, &e) == nil { // a line that was cut off is measured again
			l.known[e.Key] = e.Result
			base, _, _ := strings.Cut(e.Key, engineMark)
			l.newest[base] = e.Key
		}
	}
	if l.file, err = os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600); err != nil {
		return nil, fmt.Errorf("results: %w", err)
	}
	if len(text) > 0 && text[len(text)-1] != '\n' {
		if _, err := l.file.WriteString("\n"); err != nil {
			return nil, errors.Join(fmt.Errorf("results: %w", err), l.file.Close())
		}
	}
	return l, nil
}

// withEngine returns the key for something that depends on the engine.
func (l *ledger) withEngine(base string) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	key := base + engineMark + l.engine
	if older, ok := l.newest[base]; ok && l.anyEngine && l.known[key] == nil {
		return older
	}
	return key
}

func (l *ledger) close() error { return l.file.Close() }

func (l *ledger) has(key string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.known[key] != nil
}

func (l *ledger) get(key string, into any) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	raw, ok := l.known[key]
	return ok && json.Unmarshal(raw, into) == nil
}

func (l *ledger) put(key string, result any) error {
	raw, err := json.Marshal(result)
	if err != nil {
		return fmt.Errorf("result of %s: %w", key, err)
	}
	line, err := json.Marshal(entry{key, raw})
	if err != nil {
		return fmt.Errorf("result of %s: %w", key, err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.known[key] = raw
	if _, err := l.file.Write(append(line, '\n')); err != nil {
		return fmt.Errorf("results: %w", err)
	}
	return nil
}

// once measures what the ledger does not hold yet.
func once[T any](l *ledger, key string, measure func() (T, error)) (T, error) {
	var result T
	if l.get(key, &result) {
		return result, nil
	}
	result, err := measure()
	if err != nil {
		return result, err
	}
	return result, l.put(key, result)
}
