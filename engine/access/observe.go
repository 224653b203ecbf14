// SPDX-License-Identifier: AGPL-3.0-or-later

package access

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Seen is an access with what is known of its address and of what else was fetched from there.
type Seen struct {
	Access
	Shown         string // the address as it may be shown
	Country       string
	Network       string // kind, such as DCH
	Owner         string
	Anonymizers   []string
	TagsOfAddress []string
	TagsOfClient  []string
}

// Observation is something that stands out.
type Observation struct {
	Name string `json:"name"`
	Text string `json:"text"`
}

const maxObserved = 50 // single clients that are pointed out

// Observe points out what stands out among the accesses of a tag, in words. It judges nothing: each of these has
// harmless reasons, such as a company's gateway, a holiday or a cache.
func Observe(tag string, list []Seen) []Observation {
	var out []Observation
	for _, s := range list {
		out = append(out, observeOne(tag, s)...)
	}
	if more := len(out) - maxObserved; more > 0 {
		out = append(out[:maxObserved], Observation{"more", fmt.Sprintf("and %d more of these kinds", more)})
	}
	return append(out, observeCountries(list)...)
}

func observeOne(tag string, s Seen) []Observation {
	var out []Observation
	note := func(name, text string) { out = append(out, Observation{name, text}) }
	who := s.Shown
	if s.Owner != "" {
		who += " (" + s.Owner + ")"
	}
	if s.Network == "DCH" {
		note("hosting network", who+" is in a hosting network: a server, a VPN or a gateway rather than a viewer's own line")
	}
	if len(s.Anonymizers) > 0 {
		note("anonymizer", who+" hides where its user is: "+strings.Join(s.Anonymizers, ", "))
	}
	switch {
	case len(s.TagsOfClient) > 1:
		note("several tags, one client", fmt.Sprintf("the same client at %s fetched copies with %s", who, tagsInWords(tag, s.TagsOfClient)))
	case len(s.TagsOfAddress) > 1:
		note("several tags, one address", fmt.Sprintf("from %s copies with %s were fetched, by different clients", who, tagsInWords(tag,
			s.TagsOfAddress)))
	}
	took := time.Duration(s.Last-s.First) * time.Millisecond
	got := time.Duration(s.Covered) * time.Millisecond
	if s.Percentage == "100%" && s.Requests > 1 && got > time.Minute && took < got*2/3 {
		note("faster than it plays", fmt.Sprintf("%s fetched the whole title, %s long, within %s: faster than it plays",
			who, got.Round(time.Second), took.Round(time.Second)))
	}
	return out
}

// tagsInWords counts tags and names the first others.
func tagsInWords(tag string, tags []string) string {
	const named = 5
	others := slices.DeleteFunc(slices.Clone(tags), func(t string) bool { return t == tag })
	text := strings.Join(others[:min(len(others), named)], ", ")
	if len(others) > named {
		text += ", ..."
	}
	many := ""
	if len(tags) >= 100 {
		many = " or more"
	}
	return fmt.Sprintf("%d%s tags (others: %s)", len(tags), many, text)
}

// observeCountries looks for an hour in which a tag was fetched from several countries.
func observeCountries(list []Seen) []Observation {
	const several, window = 3, int64(time.Hour / time.Millisecond)
	type visit struct {
		time    int64
		country string
	}
	var visits []visit
	for _, s := range list {
		if s.Country != "" && s.Country != Unknown {
			visits = append(visits, visit{s.First, s.Country}, visit{s.Last, s.Country})
		}
	}
	slices.SortFunc(visits, func(a, b visit) int {
		return int(min(max(a.time-b.time, -1), 1))
	})
	var best []string
	var at int64
	within := map[string]int{}
	for end, begin := 0, 0; end < len(visits); end++ {
		within[visits[end].country]++
		for visits[end].time-visits[begin].time > window {
			if within[visits[begin].country]--; within[visits[begin].country] == 0 {
				delete(within, visits[begin].country)
			}
			begin++
		}
		if len(within) > len(best) {
			best, at = slices.Collect(maps.Keys(within)), visits[begin].time
		}
	}
	if len(best) < several {
		return nil
	}
	slices.Sort(best)
	return []Observation{{"several countries within an hour", fmt.Sprintf("within an hour from %s on it was fetched from %d countries: %s",
		time.UnixMilli(at).UTC().Format("2006-01-02 15:04 UTC"), len(best), strings.Join(best, ", "))}}
}
