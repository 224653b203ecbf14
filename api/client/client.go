// SPDX-License-Identifier: AGPL-3.0-or-later

package client

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/go-retryablehttp"

	"spoor/api/wire"
)

// Config says whom to speak to, and as whom.
type Config struct {
	URL     string // of the server, such as https://team.example; with /v1 at its end or without
	ID      string // client_id
	Secret  string // client_secret
	Scope   string // "" for all that the client has
	Retries int    // times that something is tried again; below 0: never, 0: 6
	// WaitMin and WaitMax bound the pause between two tries; 0: half a second and a minute.
	WaitMin, WaitMax time.Duration
}

const (
	defaultRetries = 6
	shortestWait   = 500 * time.Millisecond
	longestWait    = time.Minute
	requestTime    = 2 * time.Minute
	earlier        = 30 * time.Second // a token is renewed that long before it ends
)

// Client speaks to one server. It is safe for concurrent use.
type Client struct {
	config Config
	base   string // without /v1
	again  *retryablehttp.Client
	once   *http.Client

	mu      sync.Mutex
	token   string
	expires time.Time
	prefix  string // of backtraces, as the server serves them
}

// The two paths under which backtraces are served.
const (
	shortPath = "/v1/backtraces"
	longPath  = "/v1/titles/backtraces"
)

// New makes a client. Error: for an address that is none.
func New(config Config) (*Client, error) {
	u, err := url.Parse(config.URL)
	if err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http") || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return nil, fmt.Errorf("%q is no address of a server: it looks like https://team.example", config.URL)
	}
	base := strings.TrimSuffix(strings.TrimSuffix(config.URL, "/"), "/v1")
	once := &http.Client{Timeout: requestTime, Transport: &http.Transport{
		Proxy: http.ProxyFromEnvironment, MaxIdleConnsPerHost: 8, IdleConnTimeout: time.Minute, ResponseHeaderTimeout: time.Minute,
		TLSHandshakeTimeout: 15 * time.Second, ForceAttemptHTTP2: true,
	}, CheckRedirect: stayThere}
	again := retryablehttp.NewClient()
	again.Logger, again.HTTPClient = nil, once
	again.RetryMax = max(orDefault(config.Retries, defaultRetries), 0)
	again.RetryWaitMin, again.RetryWaitMax = orDefault(config.WaitMin, shortestWait), orDefault(config.WaitMax, longestWait)
	again.Backoff = jittered
	again.ErrorHandler = retryablehttp.PassthroughErrorHandler
	return &Client{config: config, base: base, again: again, once: once, prefix: shortPath}, nil
}

func orDefault[T comparable](value, otherwise T) T {
	var zero T
	if value == zero {
		return otherwise
	}
	return value
}

// stayThere follows redirects within the server only: a token must not go elsewhere.
func stayThere(next *http.Request, via []*http.Request) error {
	if len(via) > 5 || next.URL.Host != via[0].URL.Host || next.URL.Scheme != via[0].URL.Scheme {
		return errors.New("the server points to another one")
	}
	return nil
}

// jittered is the pause before the next try: twice as long each time, and never the same for two clients.
func jittered(least, most time.Duration, attempt int, answer *http.Response) time.Duration {
	pause := retryablehttp.DefaultBackoff(least, most, attempt, answer)
	return min(pause/2+rand.N(pause/2+1), most) //nolint:gosec // not a secret
}

// request is one request that can be sent again.
type request struct {
	method, path string
	query        url.Values
	body         []byte
	headers      map[string]string
	unsafe       bool // must not be sent twice
}

// answer is what came back, read whole.
type answer struct {
	status int
	header http.Header
	tree   *wire.Tree // nil where it is not JSON
}

// send sends with a token, and with a new one where the server does not take it.
func (c *Client) send(ctx context.Context, r request) (answer, error) {
	for try := 0; ; try++ {
		token, err := c.bearer(ctx)
		if err != nil {
			return answer{}, err
		}
		a, err := c.exchange(ctx, r, "Bearer "+token)
		if err != nil {
			return answer{}, err
		}
		if (a.status == http.StatusUnauthorized || a.status == http.StatusForbidden) && try == 0 {
			c.forget(token)
			continue
		}
		return a, nil
	}
}

// exchange sends one request, with more tries where that is safe.
func (c *Client) exchange(ctx context.Context, r request, authorization string) (answer, error) {
	full := c.base + r.path
	if len(r.query) > 0 {
		full += "?" + r.query.Encode()
	}
	plain, err := http.NewRequestWithContext(ctx, r.method, full, bytes.NewReader(r.body))
	if err != nil {
		return answer{}, err
	}
	plain.Header.Set("Accept", "application/json")
	if authorization != "" {
		plain.Header.Set("Authorization", authorization)
	}
	for key, value := range r.headers {
		plain.Header.Set(key, value)
	}
	var got *http.Response
	if r.unsafe {
		plain.GetBody = nil // so that nobody sends it again
		got, err = c.once.Do(plain)
	} else if wrapped, wrapErr := retryablehttp.FromRequest(plain); wrapErr != nil {
		err = wrapErr
	} else {
		got, err = c.again.Do(wrapped)
	}
	if got == nil && err == nil {
		err = errors.New("there is no answer")
	}
	if err != nil {
		if ctx.Err() != nil {
			return answer{}, ctx.Err()
		}
		return answer{}, fmt.Errorf("the server %s cannot be reached: %w", c.base, withoutAddress(err))
	}
	defer got.Body.Close()
	return c.read(got)
}

func (c *Client) read(got *http.Response) (answer, error) {
	a := answer{status: got.StatusCode, header: got.Header}
	if got.ContentLength == 0 || got.Request.Method == http.MethodHead {
		_, _ = io.Copy(io.Discard, io.LimitReader(got.Body, 1<<16)) // so that the connection can be used again
		return a, nil
	}
	tree, err := wire.ParseJSON(got.Body)
	if err == nil {
		a.tree = tree
		return a, nil
	}
	if _, malformed := errors.AsType[*wire.Error](err); !malformed {
		return a, fmt.Errorf("the answer of %s did not come whole: %w", c.base, withoutAddress(err))
	}
	if got.StatusCode < http.StatusBadRequest {
		return a, fmt.Errorf("the server %s does not answer as the API does: %w", c.base, err)
	}
	return a, nil
}

// withoutAddress takes the address out of an error: the words around say who it was.
func withoutAddress(err error) error {
	if e, ok := errors.AsType[*url.Error](err); ok {
		return e.Err
	}
	return err
}

// refusal is the error of an answer that is not what was wanted.
func (a answer) refusal() error {
	e := wire.StatusError(a.status)
	if a.tree != nil {
		if code, message := wire.ReadError(a.tree); code != "" || message != "" {
			e.Code, e.Message = code, message
		}
	}
	return e
}

// StatusOf returns the HTTP status that an error stands for, 0 for one that the server did not answer.
func StatusOf(err error) int {
	if e, ok := errors.AsType[*wire.Error](err); ok {
		return e.Status
	}
	return 0
}

// bearer returns a token that is still good.
func (c *Client) bearer(ctx context.Context) (string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.token != "" && time.Now().Before(c.expires) {
		return c.token, nil
	}
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {c.config.ID}, "client_secret": {c.config.Secret}}
	if c.config.Scope != "" {
		form.Set("scope", c.config.Scope)
	}
	ask := func() (answer, error) {
		return c.exchange(ctx, request{
			method: http.MethodPost, path: "/v1/oauth2/token/", body: []byte(form.Encode()),
			headers: map[string]string{"Content-Type": "application/x-www-form-urlencoded"},
		}, "")
	}
	a, err := ask()
	if err == nil && a.status == http.StatusBadRequest { // the documented name of the same thing
		form.Set("grant_type", "client_credential")
		a, err = ask()
	}
	if err != nil {
		return "", err
	}
	if a.status != http.StatusOK && a.status != http.StatusCreated || a.tree == nil {
		return "", fmt.Errorf("the server %s gives no token: %w", c.base, a.refusal())
	}
	token, err := wire.ReadToken(a.tree)
	if err != nil {
		return "", fmt.Errorf("the token of %s cannot be read: %w", c.base, err)
	}
	c.token = token.Access
	life := time.Duration(min(max(token.ExpiresIn, 0), 1<<30)) * time.Second
	if c.expires = time.Now().Add(life - earlier); life == 0 {
		c.expires = time.Now().Add(time.Minute)
	}
	return c.token, nil
}

// forget drops a token that the server did not take.
func (c *Client) forget(token string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.token == token {
		c.token = ""
	}
}
