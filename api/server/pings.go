// SPDX-License-Identifier: AGPL-3.0-or-later

package server

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/hashicorp/go-retryablehttp"

	"spoor/api/keep"
	"spoor/api/wire"
	"spoor/storage"
)

// PingSignature is the header that carries "sha256=" and the HMAC-SHA256, in hex, of the body under the pipeline's key.
const PingSignature = "Spoor-Signature"

type pingKind int

const (
	pingStarted pingKind = iota
	pingFinished
	pingWarning
	pingError
)

const (
	pingTries     = 8
	pingPause     = time.Second
	pingPauseMost = 5 * time.Minute
	pingSenders   = 4
	maxPings      = 10_000 // that wait; those beyond are dropped, and the log says so
)

// pings tell the addresses of a pipeline about its backtraces. They are a
// courtesy: what matters is in the store, and those that wait when the server is
// stopped are not sent.
type pings struct {
	*Server
	client  *retryablehttp.Client
	waiting chan ping
}

type ping struct {
	url, key, id string
	body         []byte
}

func newPings(s *Server) *pings {
	client := retryablehttp.NewClient()
	client.Logger = nil
	client.RetryMax, client.RetryWaitMin, client.RetryWaitMax = pingTries, pingPause, pingPauseMost
	client.HTTPClient = outsideClient(s.local)
	client.HTTPClient.Timeout = 30 * time.Second
	client.HTTPClient.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &pings{Server: s, client: client, waiting: make(chan ping, maxPings)}
}

// tell has a backtrace sent to whom it concerns, as it is now.
func (p *pings) tell(b *storage.TeamBacktrace, kind pingKind) {
	line, err := p.store.Pipeline(context.Background(), b.PipelineID)
	if err != nil || !line.Pings {
		return
	}
	address := [...]string{line.PingStarted, line.PingFinished, line.PingWarning, line.PingError}[kind]
	if address == "" {
		return
	}
	body, err := p.body(b)
	if err != nil {
		p.log.Error("a ping cannot be written", "backtrace", b.ID, "error", err)
		return
	}
	select {
	case p.waiting <- ping{address, line.PingKey, b.ID, body}:
	default:
		p.log.Warn("a ping was dropped: too many wait", "backtrace", b.ID)
	}
}

func (p *pings) body(b *storage.TeamBacktrace) ([]byte, error) {
	out, err := keep.View(b)
	if err != nil {
		return nil, err
	}
	link := func(kind, id string) string { return p.base + pathOf(kind, id) }
	var body bytes.Buffer
	err = (wire.Format{}).Write(&body, wire.One(wire.KindBacktrace, out.Object(link)))
	return body.Bytes(), err
}

// work sends until the context ends.
func (p *pings) work(ctx context.Context) {
	var all sync.WaitGroup
	for range pingSenders {
		all.Go(func() {
			for {
				select {
				case <-ctx.Done():
					return
				case one := <-p.waiting:
					p.send(ctx, one)
				}
			}
		})
	}
	all.Wait()
}

func (p *pings) send(ctx context.Context, one ping) {
	request, err := retryablehttp.NewRequestWithContext(ctx, http.MethodPost, one.url, one.body)
	if err != nil {
		p.log.Warn("the address of a ping cannot be read", "backtrace", one.id)
		return
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set(PingSignature, "sha256="+SignPing(one.key, one.body))
	answer, err := p.client.Do(request)
	if err != nil {
		p.log.Warn("a ping was not taken", "backtrace", one.id, "error", withoutAddress(err))
		return
	}
	_, _ = io.Copy(io.Discard, io.LimitReader(answer.Body, 1<<20)) // so that the connection can be used again
	_ = answer.Body.Close()
	p.log.Info("ping", "backtrace", one.id, "status", answer.StatusCode)
}

// SignPing is the signature of a ping's body under a pipeline's key, in hex.
func SignPing(key string, body []byte) string {
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write(body)
	return hex.EncodeToString(mac.Sum(nil))
}
