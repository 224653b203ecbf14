// SPDX-License-Identifier: AGPL-3.0-or-later

package server

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"time"

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
	pingTries     = 12 // over about five hours
	pingWaitLeast = time.Second
	pingWaitMost  = time.Hour
	pingTime      = 30 * time.Second // for one try
	pingLease     = 2 * pingTime     // after that a server that took a ping and ended is not waited for
	pingSenders   = 4
	pingsEvery    = 30 * time.Second // another server on the same store may have stopped with pings that wait
	longestReply  = 1 << 20
)

// pings tell the addresses of a pipeline about its backtraces. Those that wait are in the store, each put there with the change that
// it is about: they outlive the server. One may be told twice, where the server ends between telling and noting it.
type pings struct {
	*Server
	client *http.Client
	more   chan struct{}
	wait   func(tries int) time.Duration
}

func newPings(s *Server, wait func(tries int) time.Duration) *pings {
	client := outsideClient(s.local)
	client.Timeout = pingTime
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	if wait == nil {
		wait = pingWait
	}
	return &pings{Server: s, client: client, more: make(chan struct{}, pingSenders), wait: wait}
}

// pingWait is the pause after so many tries: three times as long each time, and never the same for two pings.
func pingWait(tries int) time.Duration {
	pause := pingWaitLeast
	for range tries - 1 {
		pause = min(3*pause, pingWaitMost)
	}
	return pause + rand.N(pause/2+1) //nolint:gosec // not a secret
}

// of are the pings about a backtrace as it is now.
func (p *pings) of(b *storage.TeamBacktrace, kinds ...pingKind) []storage.Ping {
	line, err := p.store.Pipeline(context.Background(), b.PipelineID)
	if err != nil || !line.Pings {
		return nil
	}
	var list []storage.Ping
	for _, kind := range kinds {
		address := [...]string{line.PingStarted, line.PingFinished, line.PingWarning, line.PingError}[kind]
		if address == "" {
			continue
		}
		body, err := p.body(b)
		if err != nil {
			p.log.Error("a ping cannot be written", "backtrace", b.ID, "error", err)
			return nil
		}
		list = append(list, storage.Ping{BacktraceID: b.ID, PipelineID: line.ID, URL: address, Body: string(body)})
	}
	return list
}

// ofEnd are the pings about a backtrace that has ended.
func (p *pings) ofEnd(b *storage.TeamBacktrace, outcome *Outcome) []storage.Ping {
	switch {
	case b.Status == storage.Failure:
		return p.of(b, pingError)
	case outcome.Warning != "":
		return p.of(b, pingWarning, pingFinished)
	}
	return p.of(b, pingFinished)
}

// wake says that there may be something to send.
func (p *pings) wake() {
	select {
	case p.more <- struct{}{}:
	default:
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
		all.Go(func() { p.sender(ctx) })
	}
	all.Wait()
}

func (p *pings) sender(ctx context.Context) {
	for ctx.Err() == nil {
		next, err := p.store.NextPing(ctx)
		if err == nil && !next.IsZero() && !next.After(time.Now()) {
			err = p.one(ctx)
			if err == nil {
				continue
			}
		}
		if err != nil && ctx.Err() == nil {
			p.log.Error("pings cannot be read", "error", err)
		}
		p.pause(ctx, next)
	}
}

// pause waits until there may be something to do.
func (p *pings) pause(ctx context.Context, next time.Time) {
	pause := pingsEvery
	if !next.IsZero() {
		pause = min(max(time.Until(next), 10*time.Millisecond), pause)
	}
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-p.more:
	case <-timer.C:
	}
}

// one sends the ping that is due, if nobody else does.
func (p *pings) one(ctx context.Context) error {
	one, ok, err := p.store.TakePing(ctx, pingLease)
	if err != nil || !ok {
		return err
	}
	p.wake() // another sender: more may be due
	taken, why := p.send(ctx, one)
	if ctx.Err() != nil { // the next start, or another server, tries again
		return p.store.PutOffPing(context.WithoutCancel(ctx), one.ID, 0)
	}
	switch log := p.log.With("backtrace", one.BacktraceID, "try", one.Tries); {
	case taken:
		log.Info("ping")
	case one.Tries < pingTries && why != errPingRefused: //nolint:errorlint // it is that very value
		log.Info("a ping was not taken and will be tried again", "error", why)
		return p.store.PutOffPing(ctx, one.ID, p.wait(one.Tries))
	default:
		log.Warn("a ping was not taken and is given up", "error", why)
	}
	return p.store.DropPing(ctx, one.ID)
}

// errPingRefused is the fault of a ping that nobody takes, however often it is tried.
var errPingRefused = errors.New("the other server refuses it")

// send tells an address, and says whether it took it.
func (p *pings) send(ctx context.Context, one storage.Ping) (taken bool, why error) {
	line, err := p.store.Pipeline(ctx, one.PipelineID)
	if err != nil {
		return false, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, one.URL, strings.NewReader(one.Body))
	if err != nil {
		return false, errPingRefused
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set(PingSignature, "sha256="+SignPing(line.PingKey, []byte(one.Body)))
	answer, err := p.client.Do(request)
	if err != nil {
		return false, withoutAddress(err)
	}
	_, _ = io.Copy(io.Discard, io.LimitReader(answer.Body, longestReply)) // so that the connection can be used again
	_ = answer.Body.Close()
	switch {
	case answer.StatusCode < http.StatusMultipleChoices:
		return true, nil
	case answer.StatusCode >= http.StatusInternalServerError, answer.StatusCode == http.StatusTooManyRequests,
		answer.StatusCode == http.StatusRequestTimeout:
		return false, fmt.Errorf("the other server says %q", answer.Status)
	}
	return false, errPingRefused
}

// SignPing is the signature of a ping's body under a pipeline's key, in hex.
func SignPing(key string, body []byte) string {
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write(body)
	return hex.EncodeToString(mac.Sum(nil))
}
