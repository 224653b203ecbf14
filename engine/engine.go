// SPDX-License-Identifier: AGPL-3.0-or-later

package engine

import (
	"context"
	"log/slog"
	"sync"

	"spoor/engine/access/geoip"
	"spoor/engine/code"
	"spoor/engine/media"
	"spoor/engine/watermark"
	"spoor/storage"
)

// MarkVersion numbers the shape of the mark and of the codewords. Copies of one version can be read by every program
// that knows that version.
const MarkVersion = 1

// Engine works on one home. It is safe for concurrent use; close it after use.
type Engine struct {
	store   *storage.Store
	program string
	log     *slog.Logger
	address string                 // of the database; "" is the home's own
	ask     func() (string, error) // for the passphrase of the keys
	keyring storage.Keyring

	find     sync.Once
	found    *media.Tools
	foundErr error

	geoLock  sync.Mutex
	geo      *geoip.Set // nil until it is needed
	geoState string     // of the files that it was read from
}

// Option adjusts [Open].
type Option func(*Engine)

// WithProgram names the version of the program, which is recorded with every result.
func WithProgram(version string) Option { return func(e *Engine) { e.program = version } }

// WithLogger sends warnings to a logger. Without it they are lost.
func WithLogger(log *slog.Logger) Option { return func(e *Engine) { e.log = log } }

// WithDatabase keeps the tables on a PostgreSQL server, see [storage.WithDatabase].
func WithDatabase(address string) Option { return func(e *Engine) { e.address = address } }

// Open opens a home, making it where necessary. Errors are those of [storage.Open]. That ffmpeg is missing is told by
// what needs it.
func Open(ctx context.Context, home string, options ...Option) (*Engine, error) {
	e := &Engine{program: "unknown", log: slog.New(slog.DiscardHandler)}
	for _, option := range options {
		option(e)
	}
	store, err := storage.Open(ctx, home, storage.WithLogger(e.log), storage.WithDatabase(e.address),
		storage.WithProgram(e.program), storage.WithPassphrase(e.ask), storage.WithKeyring(e.keyring))
	if err != nil {
		return nil, err
	}
	e.store = store
	return e, nil
}

// Close ends the use of the home.
func (e *Engine) Close() error { return e.store.Close() }

// Program is the version of the program that the engine works for.
func (e *Engine) Program() string { return e.program }

// Home returns the absolute path of the home.
func (e *Engine) Home() string { return e.store.Home() }

// Store is the store of the home, for what the engine has nothing to add to. It is closed with the engine.
func (e *Engine) Store() *storage.Store { return e.store }

// tools finds ffmpeg at the first call.
func (e *Engine) tools() (*media.Tools, error) {
	e.find.Do(func() { e.found, e.foundErr = media.Find() })
	return e.found, e.foundErr
}

// titleKey is the key of a title in the two forms it is used in.
type titleKey struct {
	words code.Key              // draws codewords
	mark  func() *watermark.Key // makes and reads marks; drawn when it is needed, for a leak is compared with few of many titles
}

// key reads the key of a title.
func (e *Engine) key(titleID string) (titleKey, error) {
	k, err := e.store.TitleKey(titleID)
	if err != nil {
		return titleKey{}, err
	}
	return newTitleKey(k), nil
}

func newTitleKey(k storage.TitleKey) titleKey {
	return titleKey{
		words: code.Key(k.Message),
		mark: sync.OnceValue(func() *watermark.Key {
			return watermark.NewKey([32]byte(k.Message), watermark.NewSyncSet([32]byte(k.Sync)))
		}),
	}
}

// word is the codeword of a tag, for the watermark.
func (k titleKey) word(tag string) watermark.Word { return watermark.Word(k.words.Word(tag)) }

// refuse is an error about what the caller asked for.
func refuse(code storage.Code, message string) error {
	return &storage.Error{Code: code, Message: message}
}
