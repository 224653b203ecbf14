// SPDX-License-Identifier: AGPL-3.0-or-later

package server

import (
	"net"
	"net/http"
	"sync"

	"golang.org/x/time/rate"
)

const (
	defaultRate   = 2000 // requests a second of one application: far above what clients that work need
	failedRate    = 20   // wrong tokens and secrets a second from one address
	failedBurst   = 100
	maxRemembered = 10_000
)

// limits keep one client from taking the server away from the others.
type limits struct {
	applications *limiters
	failures     *limiters
}

func newLimits(perSecond float64) *limits {
	if perSecond < 1 {
		perSecond = defaultRate
	}
	return &limits{
		applications: &limiters{rate: rate.Limit(perSecond), burst: int(2 * perSecond), of: map[string]*rate.Limiter{}},
		failures:     &limiters{rate: failedRate, burst: failedBurst, of: map[string]*rate.Limiter{}},
	}
}

// limiters count by a name.
type limiters struct {
	rate  rate.Limit
	burst int
	mu    sync.Mutex
	of    map[string]*rate.Limiter
}

// allow says whether one more is allowed now.
func (l *limiters) allow(name string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	one := l.of[name]
	if one == nil {
		if len(l.of) >= maxRemembered { // forgetting is harmless, growing is not
			clear(l.of)
		}
		one = rate.NewLimiter(l.rate, l.burst)
		l.of[name] = one
	}
	return one.Allow()
}

// remote is the address of the client's machine.
func remote(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}
