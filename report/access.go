// SPDX-License-Identifier: AGPL-3.0-or-later

package report

import (
	"context"
	"iter"
	"time"
)

// TagAccesses are the clients that fetched the copy of a tag.
type TagAccesses struct {
	TitleID  string
	Tag      string
	Rows     Rows      // nil: none known
	Patterns []Pattern // what stands out
}

// Rows yields accesses by the time of the first one. It may be called several times and gives the same each time;
// after an error it ends.
type Rows func(ctx context.Context) iter.Seq2[Access, error]

// Access is one client: address, user agent and language.
type Access struct {
	Address       string // "" where it was taken out
	Country       string // English name, "N/A" unknown
	CountryCode   string // two letters, "" unknown
	Type          string // such as ISP, DCH, MOB; "N/A" unknown
	TypeSource    string // what says so
	Network       string // owner, "" unknown
	ASN           int64  // 0 unknown
	UserAgent     string
	Language      string // Accept-Language
	First         time.Time
	Last          time.Time
	Ports         []int
	Percentage    string   // "100%", "N/A"
	Resolution    string   // "720p", "N/A"
	StreamingOnly string   // "yes", "no", "N/A"
	Anonymizers   []string // such as VPN, Tor exit
	Note          string
}

// Hosted tells whether the address belongs to a data centre, a VPN or an anonymiser: not where a viewer sits.
func (a *Access) Hosted() bool {
	if len(a.Anonymizers) > 0 {
		return true
	}
	switch a.Type {
	case "DCH", "VPN", "TOR", "PUB", "WEB", "CPN", "EPN", "RES", "CDN":
		return true
	}
	return false
}

// Pattern is something about the accesses of a tag that an analyst should know.
type Pattern struct {
	Name string
	Text string
	Args []string // names and figures in the text, for the report's own words
}

// Delivery is where accesses come from.
type Delivery struct {
	Logs      []LogFile
	Unmatched int64  // requests without a tag
	Database  string // that gave countries and networks, with its date
	Proxies   string // that were trusted to name the client
	Note      string // what is not known, such as sampling
}

// LogFile is one imported log.
type LogFile struct {
	Name   string
	SHA256 string
	Format string
	Lines  int64
}
