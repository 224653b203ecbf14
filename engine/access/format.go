// SPDX-License-Identifier: AGPL-3.0-or-later

package access

import "net/netip"

// Format is one way in which logs are written.
type Format struct {
	Name  string // as it is given on the command line
	Title string // for people
	// header says that the file names its fields in lines that begin with #.
	header bool
	// parser makes a parser; each goroutine has its own. fields are those of the last #Fields line, nil before one.
	parser func(fields []string) parser
	note   string // what such logs cannot tell
}

// Note says what logs of this format cannot tell, "" where nothing is missing.
func (f Format) Note() string { return f.note }

// parser cuts a line, without its end, into a request. Its error is a [Reason].
type parser interface {
	parse(line []byte, r *Request) error
}

// Formats is the table of all formats that are known by themselves, in the order in which they are tried.
func Formats() []Format {
	return []Format{
		cloudFrontFormat(),
		w3cFormat(),
		cloudFrontRealTimeFormat(),
		cloudflareFormat(),
		akamaiJSONFormat(),
		fastlyFormat(),
		combinedFormat(),
		combinedForwardedFormat(),
		combinedLanguageFormat(),
		combinedIOFormat(),
		vhostCombinedFormat(),
		commonFormat(),
	}
}

// FormatByName finds a format.
func FormatByName(name string) (Format, bool) {
	for _, f := range Formats() {
		if f.Name == name {
			return f, true
		}
	}
	return Format{}, false
}

// addresses reads IP addresses and remembers those it saw: the same ones come again and again.
type addresses struct {
	seen map[string]netip.Addr
}

const maxAddresses = 1 << 16

// read reads an address; one of IPv4 in IPv6 clothes becomes what it is, a zone is dropped.
func (a *addresses) read(b []byte) (netip.Addr, error) {
	if known, ok := a.seen[string(b)]; ok {
		return known, nil
	}
	addr, err := netip.ParseAddr(string(b))
	if err != nil {
		return netip.Addr{}, BadAddress
	}
	addr = addr.Unmap().WithZone("")
	if a.seen == nil || len(a.seen) >= maxAddresses {
		a.seen = make(map[string]netip.Addr)
	}
	a.seen[string(b)] = addr
	return addr, nil
}

// readPort reads a port; what is none is 0.
func readPort(b []byte) uint16 {
	n, err := number(b)
	if err != nil || n > 65535 {
		return 0
	}
	return uint16(n)
}

// readStatus reads a status; 000 and - say that the client left before an answer.
func readStatus(b []byte) (int, error) {
	if none(b) {
		return 0, nil
	}
	n, err := number(b)
	if err != nil || n > 999 {
		return 0, BadStatus
	}
	return int(n), nil
}

// splitTarget cuts the target of a request into path and query, and drops scheme and host, which a proxy's has.
func splitTarget(target []byte, r *Request) {
	for i, c := range target {
		if c == ':' && i > 2 && i+2 < len(target) && target[i+1] == '/' && target[i+2] == '/' {
			rest := target[i+3:]
			target = nil
			for j, c := range rest {
				if c == '/' {
					target = rest[j:]
					break
				}
			}
			break
		}
		if c == '/' || c == '?' {
			break
		}
	}
	r.Path = target
	for i, c := range target {
		if c == '?' {
			r.Path, r.Query = target[:i], target[i+1:]
			return
		}
	}
}

// leaves says whether the client left before it had everything.
func (r *Request) left() bool { return r.Status == 0 || r.Status == 499 }
