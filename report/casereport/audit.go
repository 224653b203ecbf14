// SPDX-License-Identifier: AGPL-3.0-or-later

package casereport

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"maps"
	"strings"
	"time"

	"spoor/report"
	"spoor/storage"
)

// mostEvents is how many entries of the log a report holds.
const mostEvents = 5000

// audit fills in the entries of the audit log that speak of the case, its exhibits and their examinations.
func (g *gathering) audit() error {
	about := maps.Clone(g.tagKeys)
	about[g.r.Case.ID] = g.r.Case.Name
	for i := range g.r.Exhibits {
		x := &g.r.Exhibits[i]
		about[x.ID], about[x.SHA256] = x.FileName, x.FileName
		for j := range x.Traces {
			about[x.Traces[j].ID] = x.FileName
		}
	}
	out := &report.Audit{}
	for from := int64(0); ; {
		list, err := g.e.AuditEntries(g.ctx, from, 1000)
		if err != nil {
			return err
		}
		for i := range list {
			g.bindings(&list[i], from+int64(i))
			if object, ok := speaksOf(&list[i], about); ok {
				out.Total++
				g.witness(&list[i], from+int64(i))
				if len(out.Events) < mostEvents {
					out.Events = append(out.Events, report.Event{
						Number: from + int64(i), At: time.UnixMilli(list[i].At).UTC(), Actor: list[i].Actor,
						Action: list[i].Action, Object: object,
					})
				}
			}
		}
		from += int64(len(list))
		if len(list) < 1000 {
			break
		}
	}
	head, _, err := g.e.Store().StampDue(g.ctx)
	if err != nil {
		return err
	}
	out.Head = strings.TrimSpace(string(head))
	if lines := strings.Split(out.Head, "\n"); len(lines) >= 3 {
		out.TreeSize, out.RootHash = count(lines[1]), lines[2]
	}
	g.r.Audit = out
	if err := g.proveBindings(); err != nil {
		return err
	}
	for i := range g.r.Exhibits {
		for j := range g.r.Exhibits[i].Traces {
			for k := range g.r.Exhibits[i].Traces[j].Findings {
				f := &g.r.Exhibits[i].Traces[j].Findings[k]
				if number, ok := g.witnesses[tagKey(f.TitleID, f.Ordinal)]; ok {
					f.LogEntry = &number
				}
			}
		}
	}
	return nil
}

// boundTable is the table of what binds registries.
const boundTable = "commitments"

// speaksOf tells whether an entry is about one of these ids, and what that is. The log writes the key of a row as its
// columns in SQL, parted by slashes.
func speaksOf(e *storage.AuditEntry, about map[string]string) (object string, ok bool) {
	for _, row := range e.Rows {
		if row.Table == boundTable { // its keys look like those of tags
			continue
		}
		if name, ok := about[unquoted(row.Key)]; ok { // a tag: its place and its title
			return name, true
		}
		first, _, _ := strings.Cut(row.Key, "/")
		if name, ok := about[strings.Trim(first, "'")]; ok {
			return name, true
		}
	}
	return "", false
}

// tagKey is how the log names a tag.
func tagKey(titleID string, ordinal int64) string { return fmt.Sprintf("%d/%s", ordinal, titleID) }

// unquoted takes out quotation marks: SQLite leaves them out around numbers, PostgreSQL does not.
func unquoted(key string) string { return strings.ReplaceAll(key, "'", "") }

// witness notes the first entry that speaks of a tag that was found.
func (g *gathering) witness(e *storage.AuditEntry, number int64) {
	for _, row := range e.Rows {
		if key := unquoted(row.Key); row.Table != boundTable && g.tagKeys[key] != "" && !has(g.witnesses, key) {
			g.witnesses[key] = number
		}
	}
}

func has(m map[string]int64, key string) bool {
	_, ok := m[key]
	return ok
}

// bindings notes the first entry that names the root of a registry.
func (g *gathering) bindings(e *storage.AuditEntry, number int64) {
	for _, row := range e.Rows {
		if row.Table != boundTable {
			continue
		}
		for i := range g.r.Registries {
			b := &g.r.Registries[i]
			if root, err := base64.StdEncoding.DecodeString(b.Root); err == nil && b.Log == nil && hex.EncodeToString(root) == row.File {
				b.Bound, b.Log = time.UnixMilli(e.At).UTC(), &report.LogProof{Number: number}
			}
		}
	}
}

// proveBindings fetches the proofs of those entries.
func (g *gathering) proveBindings() error {
	for i := range g.r.Registries {
		b := &g.r.Registries[i]
		if b.Log == nil {
			continue
		}
		p, err := g.e.Store().ProveEntry(g.ctx, b.Log.Number)
		if err != nil {
			return err
		}
		*b.Log = report.LogProof(p)
	}
	return nil
}

func count(text string) int64 {
	var n int64
	for _, r := range text {
		if r < '0' || r > '9' || n > 1<<50 {
			return 0
		}
		n = 10*n + int64(r-'0')
	}
	return n
}
