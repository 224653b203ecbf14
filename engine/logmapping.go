// SPDX-License-Identifier: AGPL-3.0-or-later

package engine

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"

	"spoor/engine/access"
	"spoor/engine/access/etsi"
	"spoor/storage"
)

// FormatAuto lets the format of a log be found.
const FormatAuto = "auto"

// LogMapping says how a log is read: its format, and how the tag of a request is found. It is what is kept by name.
type LogMapping struct {
	Format    string         `json:"format"`              // a name out of access.Formats, or FormatAuto; "" auto
	Custom    *access.Custom `json:"custom,omitempty"`    // a format that is in no table, instead
	Arguments []string       `json:"arguments,omitempty"` // of the query that hold the tag; none: autograph_tag
	Patterns  []string       `json:"patterns,omitempty"`  // of paths, with groups tag, file, rendition, segment
	Proxies   []string       `json:"proxies,omitempty"`   // whose X-Forwarded-For is believed
	Sampled   bool           `json:"sampled,omitempty"`   // the log leaves requests out
}

// AddPattern takes a pattern of either kind, told apart by its groups: one with tag, file, rendition or segment is for
// paths, one with ip, time and so on for whole lines.
func (m *LogMapping) AddPattern(text string) error {
	re, err := regexp.Compile(text)
	if err != nil {
		return refuse(storage.Invalid, fmt.Sprintf("the pattern is no regular expression: %v", err))
	}
	ofLines := slices.ContainsFunc(re.SubexpNames(), func(name string) bool {
		return slices.Contains([]string{"ip", "c-ip", "client_ip", "remote_addr", "time", "timestamp", "time_local"}, name)
	})
	if ofLines {
		m.Custom = &access.Custom{Pattern: text}
		return nil
	}
	m.Patterns = append(m.Patterns, text)
	return nil
}

// rules makes the rules of a mapping, or says what is wrong with it.
func (m *LogMapping) rules(tokens []etsi.Key) (*access.Rules, error) {
	r := &access.Rules{Arguments: m.Arguments, Sampled: m.Sampled, Tokens: tokens}
	if len(r.Arguments) == 0 {
		r.Arguments = []string{access.DefaultArgument}
	}
	for _, text := range m.Patterns {
		re, err := access.ParsePattern(text)
		if err != nil {
			return nil, refuse(storage.Invalid, err.Error())
		}
		r.Patterns = append(r.Patterns, re)
	}
	var err error
	if r.Proxies, err = access.ParseProxies(m.Proxies); err != nil {
		return nil, refuse(storage.Invalid, err.Error())
	}
	return r, nil
}

// format returns the format of a mapping; ok is false where it is to be found.
func (m *LogMapping) format() (f access.Format, ok bool, err error) {
	switch {
	case m.Custom != nil:
		f, err := m.Custom.Format("custom")
		if err != nil {
			return f, false, refuse(storage.Invalid, err.Error())
		}
		return f, true, nil
	case m.Format == "" || m.Format == FormatAuto:
		return f, false, nil
	}
	if f, ok = access.FormatByName(m.Format); !ok {
		return f, false, refuse(storage.NotFound, fmt.Sprintf("there is no log format %q", m.Format))
	}
	return f, true, nil
}

// SaveLogMapping keeps a mapping by name.
func (e *Engine) SaveLogMapping(ctx context.Context, name string, m LogMapping) error {
	if _, err := m.rules(nil); err != nil {
		return err
	}
	if _, _, err := m.format(); err != nil {
		return err
	}
	if _, taken := access.FormatByName(name); taken || name == FormatAuto {
		return refuse(storage.Exists, fmt.Sprintf("%q is the name of a format", name))
	}
	text, err := json.Marshal(m)
	if err != nil {
		return err
	}
	return e.store.SetLogMapping(ctx, storage.LogMapping{Name: name, Mapping: text})
}

// LogMappings lists the mappings that are kept, by name.
func (e *Engine) LogMappings(ctx context.Context) (map[string]LogMapping, error) {
	list, err := e.store.LogMappings(ctx)
	if err != nil {
		return nil, err
	}
	out := make(map[string]LogMapping, len(list))
	for _, kept := range list {
		var m LogMapping
		if err := json.Unmarshal(kept.Mapping, &m); err != nil {
			return nil, fmt.Errorf("the mapping %s is damaged: %w", kept.Name, err)
		}
		out[kept.Name] = m
	}
	return out, nil
}
