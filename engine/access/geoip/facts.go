// SPDX-License-Identifier: AGPL-3.0-or-later

package geoip

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/oschwald/geoip2-golang/v2"
	"golang.org/x/text/language"
	"golang.org/x/text/language/display"
)

// Unknown is what cannot be told.
const Unknown = "N/A"

// Facts are what is known of an address. Texts are "" where nothing is known.
type Facts struct {
	Country       string   `json:"country"` // English name
	CountryCode   string   `json:"country_code"`
	CountrySource string   `json:"country_source"` // database and date
	City          string   `json:"city,omitempty"`
	CitySource    string   `json:"city_source,omitempty"`
	Owner         string   `json:"network_owner,omitempty"` // such as "AS1221 Telstra"
	ASN           uint     `json:"asn,omitempty"`
	OwnerSource   string   `json:"network_owner_source,omitempty"`
	Type          string   `json:"type"` // see Reserved and the others; combined as ISP/MOB
	TypeSource    string   `json:"type_source,omitempty"`
	Anonymizers   []string `json:"anonymizers,omitempty"` // VPN, Tor exit, public proxy, residential proxy

	rank rank // of Type
}

// The kinds of network, as the usage types of IP2Location are written.
const (
	Commercial = "COM"
	Government = "GOV"
	Military   = "MIL"
	Education  = "EDU"
	Library    = "LIB"
	Content    = "CDN"
	Fixed      = "ISP"
	Mobile     = "MOB"
	Hosting    = "DCH"
	Spider     = "SES"
	Reserved   = "RSV"
)

// rank says how good a source is; a better one replaces a worse one.
type rank byte

const (
	byNothing rank = iota
	byOwnerName
	byConnection
	byHostingFlag
	byUserType
	byReservation
)

func (f *Facts) kind(code string, r rank, source string) {
	if code != "" && r > f.rank {
		f.Type, f.rank, f.TypeSource = code, r, source
	}
}

// country takes a country; the first database that knows one is believed.
func (f *Facts) country(code, name string, d *Database) {
	if f.CountryCode != "" || len(code) != 2 {
		return
	}
	code = strings.ToUpper(plain(code))
	if name == "" {
		name = countryName(code)
	}
	if name != "" {
		f.Country, f.CountryCode, f.CountrySource = plain(name), code, d.Name()
	}
}

// countryName is the English name of a country, "" of what is none.
func countryName(code string) string {
	region, err := language.ParseRegion(code)
	if err != nil || !region.IsCountry() {
		return ""
	}
	return display.English.Regions().Name(region)
}

func (f *Facts) city(name string, d *Database) {
	if f.City == "" && name != "" {
		f.City, f.CitySource = plain(name), d.Name()
	}
}

func (f *Facts) owner(number uint, name string, d *Database) {
	if f.Owner != "" || (number == 0 && name == "") {
		return
	}
	name = plain(name)
	f.OwnerSource, f.ASN = d.Name(), number
	if f.Owner = name; number != 0 {
		f.Owner = strings.TrimSpace("AS" + strconv.FormatUint(uint64(number), 10) + " " + name)
	}
	f.kind(typeOfOwner(name), byOwnerName, "the name of the network owner ("+d.Name()+")")
}

func (f *Facts) userType(user string, d *Database) {
	f.kind(typeOfUser(user), byUserType, d.Name())
}

func (f *Facts) connection(connection string, d *Database) {
	switch connection {
	case "Cellular":
		f.kind(Mobile, byConnection, d.Name())
	case "Cable/DSL", "Dialup", "Satellite":
		f.kind(Fixed, byConnection, d.Name())
	case "Corporate":
		f.kind(Commercial, byConnection, d.Name())
	}
}

func (f *Facts) anonymous(r *geoip2.AnonymousIP, d *Database) {
	if r.IsHostingProvider {
		f.kind(Hosting, byHostingFlag, d.Name())
	}
	for _, flag := range []struct {
		set  bool
		name string
	}{
		{r.IsAnonymousVPN, "VPN"},
		{r.IsTorExitNode, "Tor exit"},
		{r.IsPublicProxy, "public proxy"},
		{r.IsResidentialProxy, "residential proxy"},
	} {
		if flag.set && !slices.Contains(f.Anonymizers, flag.name) {
			f.Anonymizers = append(f.Anonymizers, flag.name)
		}
	}
}

// typeOfUser translates MaxMind's user types; some have no twin.
func typeOfUser(user string) string {
	switch user {
	case "hosting":
		return Hosting
	case "residential":
		return Fixed
	case "cellular":
		return Mobile
	case "business":
		return Commercial
	case "government":
		return Government
	case "military":
		return Military
	case "college", "school":
		return Education
	case "library":
		return Library
	case "content_delivery_network":
		return Content
	case "search_engine_spider":
		return Spider
	}
	return ""
}

// typeOfOwner guesses by words in a network owner's name, "" where none says anything.
func typeOfOwner(name string) string {
	lower := " " + strings.ToLower(name) + " "
	for _, known := range []struct {
		code  string
		words []string
	}{
		{Content, []string{"akamai", "cloudflare", "fastly", "edgecast", "edgio", "limelight", "cdn77", "bunny", "content delivery"}},
		{Hosting, []string{
			"hosting", "hoster", "datacenter", "data center", "datacentre", " vps", "cloud", "colocation", "server", "amazon", "aws",
			"digitalocean", "hetzner", "ovh", "linode", "vultr", "choopa", "leaseweb", "contabo", "scaleway", "datacamp", "m247",
			"alibaba", "quadranet", "psychz", "rackspace", "softlayer",
		}},
		{Military, []string{"army", "navy", "air force", "military", "dod network"}},
		{Government, []string{"government", "ministry", "federal "}},
		{Education, []string{"university", "college", "universit", "school", "research network", "academic"}},
		{Library, []string{"library"}},
		{Mobile, []string{"mobile", "wireless", "cellular"}},
		{Fixed, []string{"telecom", "telekom", "broadband", "cable", "internet service", "communications", "telefonica", "comcast"}},
	} {
		for _, word := range known.words {
			if strings.Contains(lower, word) {
				return known.code
			}
		}
	}
	return ""
}

// plain drops what is not text on a line, and cuts what is too long: names in a database are foreign text.
func plain(text string) string {
	text = strings.ToValidUTF8(text, "")
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == '\u2028' || r == '\u2029' {
			return -1
		}
		return r
	}, text)
	if r := []rune(text); len(r) > 200 {
		text = string(r[:200])
	}
	return text
}

// IsReserved says whether an address belongs to nobody in public: private, shared, local, documentation, multicast and
// what is not given out (IANA's special-purpose registries).
func IsReserved(a netip.Addr) bool {
	a = a.Unmap()
	if !a.IsValid() || a.IsPrivate() || a.IsLoopback() || a.IsMulticast() || a.IsLinkLocalUnicast() || a.IsUnspecified() {
		return true
	}
	if a.Is6() && !netip.PrefixFrom(netip.AddrFrom16([16]byte{0x20}), 3).Contains(a) {
		// Outside 2000::/3 nothing is given out but 64:ff9b::/96, behind which an IPv4 address stands.
		return a.As16()[0] != 0 || a.As16()[1] != 0x64
	}
	return slices.ContainsFunc(reserved(), func(p netip.Prefix) bool { return p.Contains(a) })
}

func reserved() []netip.Prefix {
	var list []netip.Prefix
	for _, text := range []string{
		"0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.0.2.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
		"240.0.0.0/4", "2001:db8::/32", "2001:2::/48", "3fff::/20",
	} {
		list = append(list, netip.MustParsePrefix(text))
	}
	return list
}
