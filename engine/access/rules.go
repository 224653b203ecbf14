// SPDX-License-Identifier: AGPL-3.0-or-later

package access

import (
	"bytes"
	"errors"
	"fmt"
	"net/netip"
	"regexp"
	"slices"

	"spoor/engine/access/etsi"
)

// Rules say how the tag of a request is found, and who the client is.
type Rules struct {
	Arguments []string         // arguments of the query that hold a tag
	Patterns  []*regexp.Regexp // of paths, with groups named tag, file, rendition, segment; all are optional
	Tokens    []etsi.Key       // that watermarking tokens are verified with; without, they are only decoded
	Proxies   []netip.Prefix   // whose X-Forwarded-For is believed
	Sampled   bool             // the log leaves requests out, so that what is missing proves nothing
}

// DefaultArgument is the argument of the query that holds the tag in links that Spoor hands out.
const DefaultArgument = "autograph_tag"

// DefaultRules find the tag where Spoor's own links have it.
func DefaultRules() *Rules { return &Rules{Arguments: []string{DefaultArgument}} }

// ParsePattern reads a pattern for paths and refuses one without any of the groups that are known.
func ParsePattern(text string) (*regexp.Regexp, error) {
	re, err := regexp.Compile(text)
	if err != nil {
		return nil, fmt.Errorf("the pattern is no regular expression: %w", err)
	}
	known := false
	for _, name := range re.SubexpNames() {
		switch name {
		case "tag", "file", "rendition", "segment":
			known = true
		case "":
		default:
			return nil, fmt.Errorf("the pattern has a group %q: tag, file, rendition and segment are known", name)
		}
	}
	if !known {
		return nil, errors.New("the pattern has no group such as (?P<tag>...)")
	}
	return re, nil
}

// finder applies rules; each goroutine has its own.
type finder struct {
	rules   *Rules
	tag     []byte
	path    []byte
	cmcd    []byte
	tokens  map[string]tokenTag // of tokens that were read already
	failing Reason
	// unverified says that the tag is from a token whose signature was not checked.
	unverified bool
}

// find says what a request is about. Of tag and session at most one is set; without both, why says the reason.
func (f *finder) find(r *Request) (tag, session []byte, o object, why Reason) {
	f.failing, f.unverified = NoTag, false
	tag = f.query(r)
	path := r.Path
	if bytes.IndexByte(path, '%') >= 0 {
		f.path = appendDecoded(f.path[:0], path, false)
		path = f.path
	}
	path, token := cutPathToken(path)
	o = look(path)
	if len(r.CMCD) > 0 {
		readCMCD(r.CMCD, r)
		o.refine(r)
	}
	for _, re := range f.rules.Patterns {
		if found := re.FindSubmatchIndex(path); found != nil {
			if t := apply(re, found, path, &o); t != nil && tag == nil {
				tag = t
			}
			break
		}
	}
	if tag == nil && token != nil {
		tag = f.token(token)
	}
	if tag != nil && !validTag(tag) {
		tag, f.failing = nil, BadTag
	}
	switch {
	case tag != nil:
		return tag, nil, o, ""
	case len(r.Session) > 0 && len(r.Session) <= maxTag:
		return nil, r.Session, o, ""
	}
	return nil, nil, o, f.failing
}

// query goes through the arguments once: tags, tokens and CMCD.
func (f *finder) query(r *Request) (tag []byte) {
	for query := r.Query; len(query) > 0; {
		argument := query
		if end := bytes.IndexByte(query, '&'); end >= 0 {
			argument, query = query[:end], query[end+1:]
		} else {
			query = nil
		}
		equals := bytes.IndexByte(argument, '=')
		if equals <= 0 {
			continue
		}
		name, value := argument[:equals], argument[equals+1:]
		switch {
		case tag == nil && slices.ContainsFunc(f.rules.Arguments, func(a string) bool { return a == string(name) }):
			f.tag = appendDecoded(f.tag[:0], value, true)
			tag = f.tag
		case string(name) == "CMCD":
			f.cmcd = appendDecoded(f.cmcd[:0], value, true)
			r.CMCD = f.cmcd
		case tag == nil && isTokenArgument(name):
			tag = f.token(value)
		}
	}
	return tag
}

// apply takes what a pattern found.
func apply(re *regexp.Regexp, found []int, path []byte, o *object) (tag []byte) {
	for i, name := range re.SubexpNames() {
		if name == "" || found[2*i] < 0 {
			continue
		}
		text := path[found[2*i]:found[2*i+1]]
		switch name {
		case "tag":
			tag = text
		case "file":
			o.file = text
		case "rendition":
			o.height = height(text)
		case "segment":
			o.number, _ = lastNumber(text)
			if o.kind == Download || o.kind == Other {
				o.kind = Segment
			}
		}
	}
	return tag
}

// address says who the client is: the one who connected, or, where that is a proxy that is believed, the last one in
// X-Forwarded-For that is not.
func (f *finder) address(r *Request, read func([]byte) (netip.Addr, error)) netip.Addr {
	client := r.Client
	rest := r.Forwarded
	for len(rest) > 0 && f.trusts(client) {
		hop := rest
		if comma := bytes.LastIndexByte(rest, ','); comma >= 0 {
			hop, rest = rest[comma+1:], rest[:comma]
		} else {
			rest = nil
		}
		before, err := read(bytes.TrimSpace(hop))
		if err != nil {
			break
		}
		client = before
	}
	return client
}

func (f *finder) trusts(a netip.Addr) bool {
	return slices.ContainsFunc(f.rules.Proxies, func(p netip.Prefix) bool { return p.Contains(a) })
}

// ParseProxies reads addresses and networks (10.0.0.0/8) of proxies.
func ParseProxies(list []string) ([]netip.Prefix, error) {
	var out []netip.Prefix
	for _, text := range list {
		prefix, err := netip.ParsePrefix(text)
		if err != nil {
			a, err := netip.ParseAddr(text)
			if err != nil {
				return nil, fmt.Errorf("%q is neither an address nor a network such as 10.0.0.0/8", text)
			}
			prefix = netip.PrefixFrom(a.Unmap(), a.Unmap().BitLen())
		}
		out = append(out, prefix.Masked())
	}
	return out, nil
}
