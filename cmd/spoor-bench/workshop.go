// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"spoor/engine/media"
)

// keeping says where copies, leaks and results stay.
type keeping struct {
	Keep string `help:"Folder for copies, leaks and results, to go on with. Default: one that is removed at the end." placeholder:"DIR"`
}

// workshop is where a measurement is made: its folder, its results so far, and the tools.
type workshop struct {
	dir    string
	remove bool
	ledger *ledger
	tools  *media.Tools
	ffmpeg string // version
	mark   string // print of the embedder, see markPrint
	engine string // print of the engine
}

// workshop opens the workshop that the flags ask for. anyEngine: results of other versions of the engine will do.
func (k *keeping) workshop(ctx context.Context, anyEngine bool) (*workshop, error) {
	w := &workshop{dir: k.Keep}
	var err error
	if w.tools, err = media.Find(); err != nil {
		return nil, err
	}
	w.ffmpeg = w.tools.Versions().FFmpeg
	if w.mark, err = markPrint(); err != nil {
		return nil, err
	}
	if w.engine, err = sourcePrint(); err != nil {
		return nil, err
	}
	if w.dir == "" {
		if w.dir, err = os.MkdirTemp("", "spoor-bench-"); err != nil {
			return nil, fmt.Errorf("working folder: %w", err)
		}
		w.remove = true
	}
	if w.dir, err = filepath.Abs(w.dir); err != nil {
		return nil, fmt.Errorf("working folder: %w", err)
	}
	if err := os.MkdirAll(w.dir, 0o700); err != nil {
		return nil, fmt.Errorf("working folder: %w", err)
	}
	if w.ledger, err = openLedger(filepath.Join(w.dir, "results.jsonl"), w.engine, anyEngine); err != nil {
		return nil, err
	}
	return w, ctx.Err()
}

func (w *workshop) close() error {
	err := w.ledger.close()
	if w.remove {
		err = errors.Join(err, os.RemoveAll(w.dir))
	}
	return err
}

// folder makes a folder of the workshop and returns its path.
func (w *workshop) folder(elements ...string) (string, error) {
	path := filepath.Join(append([]string{w.dir}, elements...)...)
	if err := os.MkdirAll(path, 0o700); err != nil {
		return "", fmt.Errorf("working folder: %w", err)
	}
	return path, nil
}

// made makes a file unless it is there. how is given a name beside it, with the same extension, to write to.
func made(path string, how func(to string) error) error {
	if _, err := os.Stat(path); err == nil {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("working folder: %w", err)
	}
	temp := filepath.Join(filepath.Dir(path), ".making-"+filepath.Base(path))
	if err := how(temp); err != nil {
		return errors.Join(err, removeIfThere(temp))
	}
	if err := os.Rename(temp, path); err != nil {
		return fmt.Errorf("working folder: %w", err)
	}
	return nil
}

func removeIfThere(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("working folder: %w", err)
	}
	return nil
}
