// SPDX-License-Identifier: AGPL-3.0-or-later

package server

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/tus/tusd/v2/pkg/filestore"
	"github.com/tus/tusd/v2/pkg/handler"
	expslog "golang.org/x/exp/slog"

	"spoor/api/wire"
	"spoor/storage"
)

const (
	uploadsPath        = "/v1/files/uploads/"
	uploadsPrefix      = "uploads/" // of object keys
	defaultUploadLimit = 1 << 40    // bytes
	maxUploading       = 64         // requests at the same time
	maxFileName        = 200        // bytes

	// How long a request waits for another one at the same upload, in this server or another; then the client tries again.
	uploadLockTimeout = 5 * time.Second

	// ObjectKeyHeader says under which input_name an upload can be traced.
	ObjectKeyHeader = "Object-Key"
	// FileIDHeader is the id of an upload that is complete.
	FileIDHeader = "File-Id"

	metaUser        = "spoor-user"
	metaApplication = "spoor-application"
)

// uploads takes files by the tus protocol into a folder: RANDOM/NAME, and beside it what is known of it.
type uploads struct {
	server *Server
	dir    string
	limit  int64
	tus    *handler.UnroutedHandler
	store  filestore.FileStore
	busy   chan struct{}
}

func newUploads(s *Server, dir string, limit int64) (*uploads, error) {
	if limit < 1 {
		limit = defaultUploadLimit
	}
	u := &uploads{server: s, dir: dir, limit: limit, busy: make(chan struct{}, maxUploading)}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("making the folder for uploads: %w", err)
	}
	u.store = filestore.New(dir)
	u.store.DirModePerm, u.store.FileModePerm = 0o700, 0o600
	composer := handler.NewStoreComposer()
	composer.UseCore(u.store)
	composer.UseTerminater(u.store)
	composer.UseLengthDeferrer(u.store)
	composer.UseLocker(newUploadLocker(s.store))
	var err error
	u.tus, err = handler.NewUnroutedHandler(handler.Config{
		StoreComposer: composer, BasePath: s.base + uploadsPath, MaxSize: limit, DisableDownload: true, DisableConcatenation: true,
		AcquireLockTimeout: uploadLockTimeout,
		Cors:               &handler.CorsConfig{Disable: true}, Logger: expslog.New(expslog.NewTextHandler(io.Discard, nil)),
		PreUploadCreateCallback: u.create, PreFinishResponseCallback: u.finish,
	})
	if err != nil {
		return nil, fmt.Errorf("setting uploads up: %w", err)
	}
	return u, nil
}

// path is where an upload lies.
func (u *uploads) path(key string) string {
	return filepath.Join(u.dir, filepath.FromSlash(strings.TrimPrefix(key, uploadsPrefix)))
}

func (u *uploads) routes(mux *http.ServeMux) {
	collection := u.protocol(map[string]http.HandlerFunc{http.MethodPost: u.tus.PostFile, http.MethodOptions: nothing})
	mux.Handle(strings.TrimSuffix(uploadsPath, "/"), collection)
	mux.Handle(uploadsPath+"{$}", collection)
	mux.Handle(uploadsPath+"{upload}", u.protocol(map[string]http.HandlerFunc{
		http.MethodHead: u.tus.HeadFile, http.MethodPatch: u.tus.PatchFile, http.MethodDelete: u.tus.DelFile, http.MethodOptions: nothing,
	}))
}

func nothing(http.ResponseWriter, *http.Request) {}

// caller carries who uploads to where tus asks for it.
type caller struct{}

// protocol lets those through to tus who may upload, and to their own uploads only.
func (u *uploads) protocol(methods map[string]http.HandlerFunc) http.Handler {
	return u.server.called(func(c *call) error {
		c.r.Header.Del("X-Http-Method-Override") // the method is what was allowed
		do, ok := methods[c.r.Method]
		if !ok {
			return wire.StatusError(http.StatusMethodNotAllowed)
		}
		if c.r.Method != http.MethodOptions {
			if err := c.authorize(submitting()); err != nil {
				return err
			}
			if err := u.check(c); err != nil {
				return err
			}
		}
		select {
		case u.busy <- struct{}{}:
		default:
			return wire.StatusError(http.StatusTooManyRequests)
		}
		u.server.metrics.uploads.Inc()
		defer func() {
			<-u.busy
			u.server.metrics.uploads.Dec()
		}()
		r := c.r.WithContext(context.WithValue(c.ctx(), caller{}, c.app))
		http.StripPrefix(strings.TrimSuffix(uploadsPath, "/"), u.tus.Middleware(do)).ServeHTTP(c.w, r)
		return nil
	})
}

// check refuses uploads of others, which do not exist for this client, and the end of an upload that is complete.
func (u *uploads) check(c *call) error {
	id := c.r.PathValue("upload")
	if id == "" {
		return nil
	}
	if !isRandom(id) {
		return wire.NotFound(wire.KindFile)
	}
	upload, err := u.store.GetUpload(c.ctx(), id)
	if err != nil {
		return wire.NotFound(wire.KindFile)
	}
	info, err := upload.GetInfo(c.ctx())
	if err != nil {
		return err
	}
	if info.MetaData[metaUser] != c.app.UserID {
		return wire.NotFound(wire.KindFile)
	}
	if complete := !info.SizeIsDeferred && info.Offset == info.Size; complete {
		if c.r.Method == http.MethodDelete {
			return wire.StatusError(http.StatusConflict)
		}
		// The answer to the last part may have been lost, and the server killed before it noted the file.
		file, err := u.note(c.ctx(), info)
		if err != nil {
			return err
		}
		c.w.Header().Set(ObjectKeyHeader, file.ObjectKey)
		c.w.Header().Set(FileIDHeader, file.ID)
	}
	return nil
}

func isRandom(id string) bool {
	for _, r := range id {
		if (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') {
			return false
		}
	}
	return len(id) == len(randomText(24))
}

// create names an upload before it begins.
func (u *uploads) create(event handler.HookEvent) (handler.HTTPResponse, handler.FileInfoChanges, error) {
	app, ok := event.Context.Value(caller{}).(storage.Application)
	if !ok {
		return handler.HTTPResponse{}, handler.FileInfoChanges{}, handler.ErrUploadRejectedByServer
	}
	id, name := randomText(24), safeName(event.Upload.MetaData["filename"])
	changes := handler.FileInfoChanges{
		ID: id, MetaData: handler.MetaData{"filename": name, metaUser: app.UserID, metaApplication: app.ID},
		Storage: map[string]string{filestore.StorageKeyPath: filepath.Join(id, name)},
	}
	return handler.HTTPResponse{Header: handler.HTTPHeader{ObjectKeyHeader: uploadsPrefix + id + "/" + name}}, changes, nil
}

// finish notes an upload that came whole.
func (u *uploads) finish(event handler.HookEvent) (handler.HTTPResponse, error) {
	f, err := u.note(event.Context, event.Upload)
	if err != nil {
		u.server.log.Error("an upload cannot be noted", "error", err)
		return handler.HTTPResponse{}, handler.NewError("ERR_INTERNAL", "the upload cannot be noted", http.StatusInternalServerError)
	}
	return handler.HTTPResponse{Header: handler.HTTPHeader{ObjectKeyHeader: f.ObjectKey, FileIDHeader: f.ID}}, nil
}

// note records a complete upload, once.
func (u *uploads) note(ctx context.Context, info handler.FileInfo) (storage.File, error) {
	name := info.MetaData["filename"]
	key := uploadsPrefix + info.ID + "/" + name
	if f, err := u.server.store.File(ctx, key); err == nil || storage.CodeOf(err) != storage.NotFound {
		return f, err
	}
	sum, err := hashAndSync(u.path(key))
	if err != nil {
		return storage.File{}, err
	}
	f := storage.File{
		Name: name, ObjectKey: key, Size: info.Size, SHA256: sum,
		ApplicationID: info.MetaData[metaApplication], UserID: info.MetaData[metaUser],
	}
	if err := u.server.store.AddFile(ctx, &f); err != nil {
		return f, err
	}
	return u.server.store.File(ctx, key) // somebody may have been faster
}

// hashAndSync brings a file to the disk for good, and returns its SHA-256.
func hashAndSync(path string) (string, error) {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return "", err
	}
	defer f.Close()
	if err := f.Sync(); err != nil {
		return "", err
	}
	hash := sha256.New()
	if _, err := io.Copy(hash, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(hash.Sum(nil)), nil
}

// safeName makes a file name of what a client calls its file.
func safeName(name string) string {
	name = strings.ToValidUTF8(name, "_")
	if i := strings.LastIndexAny(name, `/\`); i >= 0 {
		name = name[i+1:]
	}
	name = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == '\u2028' || r == '\u2029' || strings.ContainsRune(`:*?"<>|%#`, r) {
			return '_'
		}
		return r
	}, name)
	for len(name) > maxFileName {
		_, n := utf8.DecodeRuneInString(name)
		name = name[n:]
	}
	name = strings.TrimLeft(strings.TrimSpace(name), ".")
	if name == "" || storage.IsID(name) {
		return "upload-" + name
	}
	return name
}
