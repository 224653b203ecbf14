// SPDX-License-Identifier: AGPL-3.0-or-later

package client

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"spoor/api/wire"
)

const (
	partSize   = 8 << 20
	tusVersion = "1.0.0"
	maxStalls  = 12 // parts that fail in a row before an upload is given up
)

// Upload is a file on its way. Location, once it is set, is what to keep in order
// to go on with it later, also by another program.
type Upload struct {
	Path      string
	Location  string
	ObjectKey string // the input_name of the whole file
}

// Send brings a file to the server, or what is missing of it there. saved is
// called once the server knows the upload, before any of the file is sent; progress
// may be nil. Sending what is there already costs one request.
func (c *Client) Send(ctx context.Context, u *Upload, saved func(*Upload) error, progress func(done, total int64)) error {
	file, err := os.Open(u.Path)
	if err != nil {
		return err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return err
	}
	offset := int64(-1)
	if u.Location != "" {
		if offset, err = c.offset(ctx, u); err != nil && StatusOf(err) != http.StatusNotFound && StatusOf(err) != http.StatusGone {
			return err
		}
	}
	if offset < 0 || offset > info.Size() {
		if err := c.begin(ctx, u, info.Size()); err != nil {
			return err
		}
		if err := saved(u); err != nil {
			return err
		}
		offset = 0
	}
	return c.parts(ctx, u, file, offset, info.Size(), progress)
}

func (c *Client) begin(ctx context.Context, u *Upload, size int64) error {
	a, err := c.send(ctx, request{method: http.MethodPost, path: "/v1/files/uploads/", headers: map[string]string{
		"Tus-Resumable": tusVersion, "Upload-Length": strconv.FormatInt(size, 10),
		"Upload-Metadata": "filename " + base64.StdEncoding.EncodeToString([]byte(filepath.Base(u.Path))),
	}})
	if err != nil {
		return err
	}
	if a.status != http.StatusCreated {
		return fmt.Errorf("the server takes no uploads: %w", a.refusal())
	}
	u.Location, u.ObjectKey = a.header.Get("Location"), a.header.Get("Object-Key")
	if _, err := c.here(u.Location); err != nil {
		return err
	}
	if u.ObjectKey == "" {
		return errors.New("the server does not say how the upload can be traced")
	}
	return nil
}

// here is the path of a location, which must be on the server itself: whatever host the answer names, nothing goes elsewhere.
func (c *Client) here(location string) (string, error) {
	u, err := url.Parse(location)
	if err != nil || !strings.HasPrefix(u.Path, "/") {
		return "", fmt.Errorf("the server names no place for the upload, but %q", location)
	}
	if base, err := url.Parse(c.base); err == nil {
		return strings.TrimPrefix(u.Path, base.Path), nil
	}
	return u.Path, nil
}

// offset asks how much the server has.
func (c *Client) offset(ctx context.Context, u *Upload) (int64, error) {
	path, err := c.here(u.Location)
	if err != nil {
		return -1, err
	}
	a, err := c.send(ctx, request{method: http.MethodHead, path: path, headers: map[string]string{"Tus-Resumable": tusVersion}})
	if err != nil {
		return -1, err
	}
	if a.status != http.StatusOK && a.status != http.StatusNoContent {
		return -1, a.refusal()
	}
	n, err := strconv.ParseInt(a.header.Get("Upload-Offset"), 10, 64)
	if err != nil || n < 0 {
		return -1, errors.New("the server does not say how much it has")
	}
	return n, nil
}

// parts sends the rest. After a part that failed the server is asked how much it has, and that is gone on with.
func (c *Client) parts(ctx context.Context, u *Upload, file io.ReaderAt, offset, size int64, progress func(done, total int64)) error {
	path, err := c.here(u.Location)
	if err != nil {
		return err
	}
	buffer := make([]byte, min(partSize, max(size, 1)))
	for stalls := 0; ; {
		if progress != nil {
			progress(offset, size)
		}
		if offset >= size {
			return nil
		}
		part := buffer[:min(int64(len(buffer)), size-offset)]
		if _, err := file.ReadAt(part, offset); err != nil {
			return fmt.Errorf("the file changed while it was sent: %w", err)
		}
		next, err := c.part(ctx, path, part, offset)
		if err == nil {
			offset, stalls = next, 0
			continue
		}
		if status := StatusOf(err); ctx.Err() != nil || (status >= 400 && status < 500 && status != http.StatusConflict &&
			status != http.StatusLocked && status != http.StatusTooManyRequests) {
			return err
		}
		if stalls++; stalls > maxStalls {
			return err
		}
		if err := pause(ctx, jittered(c.again.RetryWaitMin, c.again.RetryWaitMax, stalls-1, nil)); err != nil {
			return err
		}
		if have, err := c.offset(ctx, u); err == nil {
			offset = have
		} else if StatusOf(err) == http.StatusNotFound {
			return err
		}
	}
}

func (c *Client) part(ctx context.Context, path string, part []byte, offset int64) (int64, error) {
	a, err := c.send(ctx, request{
		method: http.MethodPatch, path: path, body: part, unsafe: true,
		headers: map[string]string{
			"Tus-Resumable": tusVersion, "Content-Type": "application/offset+octet-stream", "Upload-Offset": strconv.FormatInt(offset, 10),
		},
	})
	if err != nil {
		return 0, err
	}
	if a.status != http.StatusNoContent && a.status != http.StatusOK {
		return 0, a.refusal()
	}
	n, err := strconv.ParseInt(a.header.Get("Upload-Offset"), 10, 64)
	if err != nil || n <= offset {
		return 0, &wire.Error{Status: http.StatusBadGateway, Code: "0x0000502", Message: "the server does not say how much it has"}
	}
	return n, nil
}

func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
