// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync"
)

// ledger is a file to which results are appended as they come, one line of JSON each, so that a measurement that was
// stopped goes on. It may be used by several goroutines.
type ledger struct {
	mu    sync.Mutex
	file  *os.File
	known map[string]json.RawMessage // by all that a result depends on
}

type entry struct {
	Key    string          `json:"key"`
	Result json.RawMessage `json:"result"`
}

func openLedger(path string) (*ledger, error) {
	l := &ledger{known: map[string]json.RawMessage{}}
	text, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("results so far: %w", err)
	}
	for lines := bufio.NewScanner(bytes.NewReader(text)); lines.Scan(); {
		var e entry
		if json.Unmarshal(lines.Bytes(), &e) == nil { // a line that was cut off is measured again
			l.known[e.Key] = e.Result
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
