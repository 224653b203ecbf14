// SPDX-License-Identifier: AGPL-3.0-or-later

package storage

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"io"
	"time"
)

// keyExport is what another office needs to read marks: titles and their keys. It is encrypted with a passphrase (age), and so
// can be sent.
type keyExport struct {
	Format string          `json:"format"`
	Titles []exportedTitle `json:"titles"`
}

const (
	keyExportFormat = "spoor keys 1"
	maxKeyExport    = 64 << 20
)

type exportedTitle struct {
	ID        string          `json:"id"`
	Name      string          `json:"name"`
	FileName  string          `json:"file_name"`
	SHA256    string          `json:"sha256"`
	Size      int64           `json:"size"`
	Duration  time.Duration   `json:"duration_ns"`
	Width     int             `json:"width"`
	Height    int             `json:"height"`
	FrameRate string          `json:"frame_rate"`
	Container json.RawMessage `json:"container,omitempty"`
	Capacity  json.RawMessage `json:"capacity,omitempty"`
	Message   string          `json:"message"`
	Sync      string          `json:"sync"`
	SyncSet   int             `json:"sync_set"`
}

// ExportKeys writes titles with their keys, encrypted with a passphrase. Without titles, all.
func (s *Store) ExportKeys(ctx context.Context, to io.Writer, passphrase string, titles []string) (int, error) {
	var list []Title
	if len(titles) == 0 {
		all, err := collect(ctx, s.read, scanTitle, selectTitles+`1 = 1 order by id`)
		if err != nil {
			return 0, s.classify("listing titles", err)
		}
		list = all
	}
	for _, name := range titles {
		t, err := s.Title(ctx, name)
		if err != nil {
			return 0, err
		}
		list = append(list, t)
	}
	out := keyExport{Format: keyExportFormat}
	for _, t := range list {
		key, err := s.TitleKey(t.ID)
		if err != nil {
			return 0, err
		}
		out.Titles = append(out.Titles, exportedTitle{
			t.ID, t.Name, t.FileName, t.SHA256, t.Size, t.Duration, t.Width, t.Height, t.FrameRate, t.Container, t.Capacity,
			hex.EncodeToString(key.Message[:]), hex.EncodeToString(key.Sync[:]), key.SyncSet,
		})
	}
	text, err := json.Marshal(out)
	if err == nil {
		var sealed string
		if sealed, err = s.encryptWith(passphrase, text); err == nil {
			_, err = io.WriteString(to, sealed)
		}
	}
	return len(list), s.classify("exporting keys", err)
}

// ImportKeys takes over titles with their keys. What is there already is left as it is. It returns the titles that are
// new. Errors: Locked for a wrong passphrase, Damaged, Invalid for another file, Conflict for a title that has another key here.
func (s *Store) ImportKeys(ctx context.Context, from io.Reader, passphrase string) ([]Title, error) {
	content, err := decryptWith(passphrase, io.LimitReader(from, 2*maxKeyExport), maxKeyExport)
	if err != nil {
		return nil, err
	}
	var in keyExport
	if json.Unmarshal(content, &in) != nil || in.Format != keyExportFormat {
		return nil, errorf(Invalid, "that is no export of keys") // why would quote a secret
	}
	var added []Title
	for _, x := range in.Titles {
		t, isNew, err := s.importTitle(ctx, x)
		if err != nil {
			return added, err
		}
		if isNew {
			added = append(added, t)
		}
	}
	return added, nil
}

func (s *Store) importTitle(ctx context.Context, x exportedTitle) (t Title, isNew bool, err error) {
	t = Title{
		ID: x.ID, Name: x.Name, FileName: x.FileName, SHA256: x.SHA256, Size: x.Size,
		Duration: x.Duration, Width: x.Width, Height: x.Height,
		FrameRate: x.FrameRate, Container: x.Container, Capacity: x.Capacity,
	}
	k := TitleKey{SyncSet: x.SyncSet}
	if !IsID(x.ID) || !decodeSecret(&k.Message, x.Message) || !decodeSecret(&k.Sync, x.Sync) {
		return t, false, errorf(Invalid, "a title of the export has a key of the wrong form")
	}
	here, err := s.Title(ctx, t.ID)
	switch {
	case err == nil && here.KeyID != k.ID():
		return t, false, errorf(Conflict, "the title %q has another key here", here.Name)
	case err == nil:
		return here, false, s.writeTitleKey(t.ID, k) // its file may have been lost
	case CodeOf(err) != NotFound:
		return t, false, err
	}
	return t, true, s.AddTitle(ctx, &t, k)
}
