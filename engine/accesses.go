// SPDX-License-Identifier: AGPL-3.0-or-later

package engine

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/netip"
	"path/filepath"
	"slices"
	"time"

	"spoor/engine/access"
	"spoor/storage"
)

// AccessStat is what one client fetched of copies with one tag: the nine fields of access_stats, and what else is known.
type AccessStat struct {
	IPAddress          string `json:"ip_address"` // or its network, where addresses are to be shown cut
	IPCountry          string `json:"ip_country"`
	IPType             string `json:"ip_type"`
	UserAgent          string `json:"user_agent"`
	AcceptLanguage     string `json:"accept_language"`
	FirstAccessedAt    int64  `json:"first_accessed_at"` // milliseconds since 1970 UTC
	PercentageObtained string `json:"percentage_obtained"`
	HighestResolution  string `json:"highest_resolution"`
	StreamingOnly      string `json:"streaming_only"`

	CountryCode    string            `json:"ip_country_code"` // two letters, "" unknown
	ASN            uint              `json:"asn"`             // of the network; 0 unknown
	LastAccessedAt int64             `json:"last_accessed_at"`
	ClientPorts    []access.PortSeen `json:"client_ports"` // the first 16, and the last
	NetworkOwner   string            `json:"network_owner"`
	City           string            `json:"city"`
	Anonymizers    []string          `json:"anonymizers"` // VPN, Tor exit, proxies
	CountrySource  string            `json:"ip_country_source"`
	TypeSource     string            `json:"ip_type_source"`
	Requests       int64             `json:"requests"`
	RequestsExact  bool              `json:"requests_exact"`
	Files          []string          `json:"files"`
	Notes          []string          `json:"notes"` // why something cannot be told
	Logs           []LogLines        `json:"logs"`  // where it is from; empty where retention removed the log
}

// LogLines says where in a log the requests of a client stand.
type LogLines struct {
	Log       string `json:"log"` // id
	FirstLine int64  `json:"first_line"`
	LastLine  int64  `json:"last_line"`
}

// TagAccesses are the accesses of a tag.
type TagAccesses struct {
	Tag          string               `json:"tag"`
	AccessStats  []AccessStat         `json:"access_stats"`
	Observations []access.Observation `json:"observations"` // what stands out, in words; no verdicts
}

// Accesses tells who fetched copies with a tag, as far as the imported logs tell. titleID narrows it to one title where
// the analyst said which file belongs to which; "" takes all.
func (e *Engine) Accesses(ctx context.Context, tag, titleID string) (TagAccesses, error) {
	out := TagAccesses{Tag: tag, AccessStats: []AccessStat{}, Observations: []access.Observation{}}
	stored, err := e.store.AccessParts(ctx, tag)
	if err != nil || len(stored) == 0 {
		return out, err
	}
	facts, err := e.logFacts(ctx, tag, titleID)
	if err != nil {
		return out, err
	}
	var parts []access.Keyed
	logs := map[access.Client][]LogLines{}
	for _, p := range stored {
		k, err := keyedPart(p)
		if err != nil {
			return out, err
		}
		if !facts.belongs(k.Key.File) {
			continue
		}
		parts = append(parts, k)
		if p.LogID != "" {
			logs[k.Key.Client] = addLines(logs[k.Key.Client], LogLines{p.LogID, k.Part.FirstLine, k.Part.LastLine})
		}
	}
	return out, e.describeAccesses(ctx, &out, access.Accesses(parts, facts.of), logs)
}

// addLines puts the lines of one log together.
func addLines(list []LogLines, add LogLines) []LogLines {
	for i, l := range list {
		if l.Log == add.Log {
			list[i].FirstLine, list[i].LastLine = min(l.FirstLine, add.FirstLine), max(l.LastLine, add.LastLine)
			return list
		}
	}
	list = append(list, add)
	slices.SortFunc(list, func(a, b LogLines) int { return cmp.Compare(a.Log, b.Log) })
	return list
}

// describeAccesses adds what is known of the addresses, and what stands out.
func (e *Engine) describeAccesses(ctx context.Context, out *TagAccesses, rows []access.Access, logs map[access.Client][]LogLines) error {
	geo, err := e.geoIP()
	if err != nil {
		return err
	}
	shown, err := e.Setting(ctx, SettingAddresses)
	if err != nil {
		return err
	}
	around, err := e.around(ctx, out.Tag)
	if err != nil {
		return err
	}
	var seen []access.Seen
	for _, row := range rows {
		f := geo.Lookup(row.Address)
		stat := AccessStat{
			IPAddress: showAddress(row.Address, shown), IPCountry: f.Country, IPType: f.Type,
			UserAgent: cmp.Or(row.Agent, access.Unknown), AcceptLanguage: cmp.Or(row.Language, access.Unknown),
			FirstAccessedAt: row.First, PercentageObtained: row.Percentage, HighestResolution: row.Resolution,
			StreamingOnly: row.StreamingOnly,
			CountryCode:   f.CountryCode, ASN: f.ASN, LastAccessedAt: row.Last, ClientPorts: ports(row), NetworkOwner: cmp.Or(f.Owner,
				access.Unknown), City: cmp.Or(f.City, access.Unknown),
			Anonymizers: orEmpty(f.Anonymizers), CountrySource: f.CountrySource, TypeSource: f.TypeSource, Requests: row.Requests,
			RequestsExact: row.Exact, Files: orEmpty(row.Files), Notes: orEmpty(row.Notes), Logs: orEmpty(logs[row.Client]),
		}
		out.AccessStats = append(out.AccessStats, stat)
		s := access.Seen{
			Access: row, Shown: stat.IPAddress, Country: f.Country, Network: f.Type, Owner: f.Owner,
			Anonymizers: f.Anonymizers,
		}
		s.TagsOfAddress, s.TagsOfClient = around.addresses[row.Address.String()], around.clients[row.Client]
		seen = append(seen, s)
	}
	out.Observations = orEmpty(access.Observe(out.Tag, seen))
	return nil
}

// neighbours are the tags that were fetched from the same addresses, and by the same clients.
type neighbours struct {
	addresses map[string][]string
	clients   map[access.Client][]string
}

func (e *Engine) around(ctx context.Context, tag string) (neighbours, error) {
	n := neighbours{map[string][]string{}, map[access.Client][]string{}}
	list, err := e.store.TagsAround(ctx, tag)
	for _, c := range list {
		a, err := netip.ParseAddr(c.Address)
		if err != nil {
			return n, fmt.Errorf("a stored access is damaged: %w", err)
		}
		client := access.Client{Address: a, Agent: c.Agent, Language: c.Language}
		n.clients[client] = append(n.clients[client], c.Tag)
		if !slices.Contains(n.addresses[c.Address], c.Tag) && len(n.addresses[c.Address]) < 100 {
			n.addresses[c.Address] = append(n.addresses[c.Address], c.Tag)
		}
	}
	return n, err
}

func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

func ports(row access.Access) []access.PortSeen {
	list := slices.Clone(row.Ports)
	if row.LastPort.Port != 0 && !slices.Contains(list, row.LastPort) {
		list = append(list, row.LastPort)
	}
	return orEmpty(list)
}

// showAddress is an address as the setting wants it shown.
func showAddress(a netip.Addr, shown string) string {
	if shown != AddressesCut {
		return a.String()
	}
	bits := 48
	if a.Is4() {
		bits = 24
	}
	return netip.PrefixFrom(a, bits).Masked().String()
}

// logFacts is what is known of files in logs, for one tag.
type logFacts struct {
	said    map[string]storage.AccessFile
	facts   map[string]access.Facts
	lengths map[string]time.Duration // of titles
	only    *storage.Title           // the only title with that tag
	copies  []storage.Copy           // of the tag of that title
	titleID string
}

// logFacts collects what is known of the files that carry a tag.
func (e *Engine) logFacts(ctx context.Context, tag, titleID string) (*logFacts, error) {
	f := &logFacts{
		titleID: titleID, said: map[string]storage.AccessFile{}, facts: map[string]access.Facts{},
		lengths: map[string]time.Duration{},
	}
	said, err := e.store.AccessFiles(ctx)
	if err != nil {
		return nil, err
	}
	for _, file := range said {
		var facts access.Facts
		if len(file.Facts) > 0 {
			if err := json.Unmarshal(file.Facts, &facts); err != nil {
				return nil, fmt.Errorf("what is known of the file %q is damaged: %w", file.File, err)
			}
		}
		f.said[file.File], f.facts[file.File] = file, facts
	}
	var with []storage.Title
	for page := (storage.Page{Limit: 1000}); ; {
		titles, err := e.store.Titles(ctx, page)
		if err != nil {
			return nil, err
		}
		for _, t := range titles {
			f.lengths[t.ID] = t.Duration
			if titleID != "" && t.ID != titleID {
				continue
			}
			known, err := e.store.Tag(ctx, t.ID, tag)
			if storage.CodeOf(err) == storage.NotFound {
				continue
			}
			if err != nil {
				return nil, err
			}
			copies, err := e.store.Copies(ctx, t.ID, known.Ordinal)
			if err != nil {
				return nil, err
			}
			with, f.copies = append(with, t), copies
		}
		if len(titles) < page.Limit {
			break
		}
		page.After = titles[len(titles)-1].ID
	}
	if len(with) == 1 {
		f.only = &with[0]
	}
	return f, nil
}

// saidOf is what the analyst said of a file, by its whole name or its last part.
func (f *logFacts) saidOf(file string) (storage.AccessFile, access.Facts, bool) {
	for _, name := range []string{file, access.FileName(file)} {
		if said, ok := f.said[name]; ok {
			return said, f.facts[name], true
		}
	}
	return storage.AccessFile{}, access.Facts{}, false
}

// belongs says whether a file can be of the title that is asked for.
func (f *logFacts) belongs(file string) bool {
	said, _, ok := f.saidOf(file)
	return f.titleID == "" || !ok || said.TitleID == "" || said.TitleID == f.titleID
}

// of is what is known of a file: what the analyst said, what is on record of the title, and the size of the copy.
func (f *logFacts) of(file string) access.Facts {
	said, facts, _ := f.saidOf(file)
	if facts.Length == 0 && said.TitleID != "" {
		facts.Length = f.lengths[said.TitleID].Milliseconds()
	}
	if f.only == nil || (said.TitleID != "" && said.TitleID != f.only.ID) {
		return facts
	}
	if facts.Length == 0 {
		facts.Length = f.only.Duration.Milliseconds()
	}
	if facts.Height == 0 && len(facts.Renditions) == 0 {
		facts.Height = int32(f.only.Height)
	}
	for _, c := range f.copies {
		if facts.Likely == 0 && (len(f.copies) == 1 || filepath.Base(c.Path) == access.FileName(file)) {
			facts.Likely = c.Size
		}
	}
	return facts
}

// SetLogFile keeps what the analyst says of a file or stream in the logs: its title, by id or name ("" unknown), and facts.
func (e *Engine) SetLogFile(ctx context.Context, file, title string, facts access.Facts) error {
	said := storage.AccessFile{File: file}
	if title != "" {
		t, err := e.store.Title(ctx, title)
		if err != nil {
			return err
		}
		said.TitleID = t.ID
	}
	var err error
	if said.Facts, err = json.Marshal(facts); err != nil {
		return err
	}
	return e.store.SetAccessFile(ctx, said)
}

// AccessedTags lists the tags that logs tell of, in the order of their texts, after one.
func (e *Engine) AccessedTags(ctx context.Context, after string, limit int) ([]storage.AccessTag, error) {
	return e.store.AccessTags(ctx, after, limit)
}

// addAccesses adds to the findings of a trace who fetched copies with their tags, as far as the logs tell that were
// imported until now.
func (e *Engine) addAccesses(ctx context.Context, r *TraceResult) error {
	for i, f := range r.Findings {
		got, err := e.Accesses(ctx, f.Tag, f.title)
		if err != nil {
			return err
		}
		r.Findings[i].AccessStats = got.AccessStats
	}
	return nil
}
