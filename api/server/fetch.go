// SPDX-License-Identifier: AGPL-3.0-or-later

package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"spoor/engine/access/geoip"
)

const (
	fetchTime    = 6 * time.Hour
	maxRedirects = 5
)

// fetch copies a remote input into a folder and returns the file.
func (s *Server) fetch(ctx context.Context, in input, dir string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, fetchTime)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, in.address, nil)
	if err != nil {
		return "", errors.New("the address of the input cannot be read")
	}
	within, err := url.Parse(in.within)
	if err != nil {
		return "", errors.New("the pipeline's input cannot be read")
	}
	client := outsideClient(s.local)
	client.CheckRedirect = func(next *http.Request, via []*http.Request) error {
		u := next.URL
		there := u.Scheme == within.Scheme && u.Host == within.Host && strings.HasPrefix(path.Clean(u.Path), within.Path)
		if len(via) > maxRedirects || !there {
			return errors.New("a redirect leads out of the pipeline's input")
		}
		return nil
	}
	answer, err := client.Do(request)
	if err != nil {
		return "", fmt.Errorf("the input cannot be fetched: %w", withoutAddress(err))
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return "", fmt.Errorf("the input cannot be fetched: the other server says %q", answer.Status)
	}
	if answer.ContentLength > s.uploads.limit {
		return "", fmt.Errorf("the input is larger than %d bytes", s.uploads.limit)
	}
	name := filepath.Join(dir, safeName(path.Base(request.URL.Path)))
	file, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return "", err
	}
	n, err := io.Copy(file, io.LimitReader(answer.Body, s.uploads.limit+1))
	if err = errors.Join(err, file.Close()); err != nil {
		return "", fmt.Errorf("the input cannot be fetched: %w", withoutAddress(err))
	}
	if n > s.uploads.limit {
		return "", fmt.Errorf("the input is larger than %d bytes", s.uploads.limit)
	}
	return name, nil
}

// withoutAddress takes the address, which may hold a secret, out of an error, and what the name resolved to.
func withoutAddress(err error) error {
	if e, ok := errors.AsType[*net.OpError](err); ok {
		return e.Err
	}
	if e, ok := errors.AsType[*url.Error](err); ok {
		return e.Err
	}
	return err
}

// outsideClient speaks to the world only: not to this machine, not to private networks and not to what clouds keep at
// link-local addresses, whatever a name resolves to, and however often that changes: it is the address that is connected to
// that counts. It uses no proxy, which would do the resolving. With local it speaks to this machine and private networks too.
func outsideClient(local bool) *http.Client {
	dialer := &net.Dialer{Timeout: 10 * time.Second, Control: func(_, address string, _ syscall.RawConn) error {
		host, err := netip.ParseAddrPort(address)
		if err != nil || !mayConnect(host.Addr(), local) {
			return errNotPublic
		}
		return nil
	}}
	return &http.Client{Transport: &http.Transport{
		DialContext: dialer.DialContext, TLSHandshakeTimeout: 10 * time.Second, ResponseHeaderTimeout: 30 * time.Second,
		MaxIdleConnsPerHost: 2, IdleConnTimeout: time.Minute,
	}}
}

var errNotPublic = errors.New("the address is not a public one")

// mayConnect says whether an address may be connected to. An address of IPv4 inside one of IPv6 counts as what it is.
func mayConnect(a netip.Addr, local bool) bool {
	a = inner(a.Unmap().WithZone(""))
	if local && (a.IsLoopback() || a.IsPrivate()) {
		return true
	}
	return a.IsGlobalUnicast() && !geoip.IsReserved(a)
}

// inner is the address of IPv4 that gateways take an address of IPv6 for: NAT64 (RFC 6052) and 6to4 (RFC 3056).
func inner(a netip.Addr) netip.Addr {
	b := a.As16()
	switch {
	case netip.PrefixFrom(netip.AddrFrom16([16]byte{0, 0x64, 0xff, 0x9b}), 96).Contains(a):
		return netip.AddrFrom4([4]byte(b[12:16]))
	case a.Is6() && b[0] == 0x20 && b[1] == 0x02:
		return netip.AddrFrom4([4]byte(b[2:6]))
	}
	return a
}
