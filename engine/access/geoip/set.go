// SPDX-License-Identifier: AGPL-3.0-or-later

package geoip

import (
	"fmt"
	"net/netip"
	"sync"

	"github.com/klauspost/compress/zstd"
)

// Set is several databases. It is safe for concurrent use.
type Set struct {
	databases []*Database // those of the analyst first
	mu        sync.Mutex
	known     map[netip.Addr]Facts
}

// NewSet puts databases together; earlier ones are believed first.
func NewSet(databases ...*Database) *Set {
	return &Set{databases: databases, known: map[netip.Addr]Facts{}}
}

// Databases lists them.
func (s *Set) Databases() []Info {
	out := make([]Info, len(s.databases))
	for i, d := range s.databases {
		out[i] = d.Info
	}
	return out
}

const maxKnown = 1 << 16

// Lookup asks all databases about an address. One that fails is passed over: what it was added with was verified.
func (s *Set) Lookup(a netip.Addr) Facts {
	a = a.Unmap().WithZone("")
	s.mu.Lock()
	defer s.mu.Unlock()
	if f, ok := s.known[a]; ok {
		return f
	}
	var f Facts
	if IsReserved(a) {
		f.kind(Reserved, byReservation, "IANA special-purpose address registries")
	} else {
		for _, d := range s.databases {
			_ = d.ask(a, &f)
		}
	}
	if f.Type == "" {
		f.Type = Unknown
	}
	if f.Country == "" {
		f.Country = Unknown
	}
	if len(s.known) >= maxKnown {
		clear(s.known)
	}
	s.known[a] = f
	return f
}

// Bundled opens the database that comes with the program, of which packed is the zstd stream.
func Bundled(packed, licence string) (*Database, error) {
	z, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1))
	if err != nil {
		return nil, err
	}
	defer z.Close()
	data, err := z.DecodeAll([]byte(packed), nil)
	if err != nil {
		return nil, fmt.Errorf("the country database in the program is damaged: %w", err)
	}
	d, err := FromBytes(data)
	if err != nil {
		return nil, err
	}
	d.Licence, d.Type = licence, "IPtoASN country"
	return d, nil
}
