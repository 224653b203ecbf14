// SPDX-License-Identifier: AGPL-3.0-or-later

package access

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
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
	Name string   `json:"name"` // of its kind
	Text string   `json:"text"`
	Args []string `json:"args,omitempty"` // the names and figures in the text, for those who say it in another language
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
		out = append(out[:maxObserved], Observation{"more", fmt.Sprintf("and %d more of these kinds", more), []string{strconv.Itoa(more)}})
	}
	return append(out, observeCountries(list)...)
}

func observeOne(tag string, s Seen) []Observation {
	var out []Observation
	note := func(name, text string, args ...string) { out = append(out, Observation{name, text, args}) }
	who := s.Shown
	if s.Owner != "" {
		who += " (" + s.Owner + ")"
	}
	if s.Network == "DCH" {
		note("hosting network", who+" is in a hosting network: a server, a VPN or a gateway rather than a viewer's own line", who)
	}
	if len(s.Anonymizers) > 0 {
		by := strings.Join(s.Anonymizers, ", ")
		note("anonymizer", who+" hides where its user is: "+by, who, by)
	}
	switch {
	case len(s.TagsOfClient) > 1:
		many, others := countTags(tag, s.TagsOfClient)
		note("several tags, one client", fmt.Sprintf("the same client at %s fetched copies with %s tags (others: %s)", who, many, others),
			who, many, others)
	case len(s.TagsOfAddress) > 1:
		many, others := countTags(tag, s.TagsOfAddress)
		note("several tags, one address", fmt.Sprintf("from %s copies with %s tags (others: %s) were fetched, by different clients",
			who, many, others), who, many, others)
	}
	took := time.Duration(s.Last-s.First) * time.Millisecond
	got := time.Duration(s.Covered) * time.Millisecond
	if s.Percentage == "100%" && s.Requests > 1 && got > time.Minute && took < got*2/3 {
		note("faster than it plays", fmt.Sprintf("%s fetched the whole title, %s long, within %s: faster than it plays",
			who, got.Round(time.Second), took.Round(time.Second)), who, got.Round(time.Second).String(), took.Round(time.Second).String())
	}
	return out
}

// mostCounted is how many tags of a client or address are asked for.
const mostCounted = 100

// countTags counts tags and names the first others.
func countTags(tag string, tags []string) (many, others string) {
	const named = 5
	rest := slices.DeleteFunc(slices.Clone(tags), func(t string) bool { return t == tag })
	others = strings.Join(rest[:min(len(rest), named)], ", ")
	if len(rest) > named {
		others += ", ..."
	}
	many = strconv.Itoa(len(tags))
	if len(tags) >= mostCounted {
		many += "+"
	}
	return many, others
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
	from, names := time.UnixMilli(at).UTC().Format("2006-01-02 15:04 UTC"), strings.Join(best, ", ")
	return []Observation{{
		"several countries within an hour",
		fmt.Sprintf("within an hour from %s on it was fetched from %d countries: %s", from, len(best), names),
		[]string{from, strconv.Itoa(len(best)), names},
	}}
}
