// SPDX-License-Identifier: AGPL-3.0-or-later

package storage

import (
	"context"
	"strconv"
	"strings"
)

// Hit is something that a search found.
type Hit struct {
	Kind string // title, tag, copy, case, note, exhibit, bookmark, acquisition, finding, access, remote (copied from a server)
	ID   string // of the thing; of a tag and an access, the title's id and the log's
	Case string // id of the case that it is in; "" where it is in none
	Name string // what it is called
	Text string // the text that the words were found in
}

// searched says where to look: for each kind of thing a query whose columns are those of Hit, the last one being what is
// searched in. t is the alias of what is looked through.
func searched() []string {
	return []string{
		`select 'title', id, '', name, id || ' ' || name || ' ' || file_name || ' ' || sha256 from titles t`,
		`select 'case', id, id, name, id || ' ' || name || ' ' || number || ' ' || examiner || ' ' || reviewer from cases t`,
		`select 'exhibit', id, case_id, file_name, id || ' ' || file_name || ' ' || path || ' ' || sha256 from evidence t`,
		`select 'note', id, case_id, author, text from notes t`,
		`select 'bookmark', t.id, e.case_id, e.file_name, t.text || ' ' || t.author from bookmarks t
			join evidence e on e.id = t.evidence_id`,
		`select 'acquisition', e.id, e.case_id, e.file_name, t.address || ' ' || t.platform || ' ' || t.uploader || ' ' ||
			t.caption || ' ' || t.captured_by || ' ' || t.tool from acquisitions t join evidence e on e.id = t.evidence_id`,
		`select 'finding', b.id, e.case_id, t.tag_text, t.tag_text || ' ' || b.id from findings t join backtraces b on b.id = t.backtrace_id
			join evidence e on e.id = b.evidence_id`,
		`select 'copy', id, '', path, id || ' ' || path || ' ' || sha256 from copies t`,
		`select 'tag', title_id, '', text, text || ' ' || name || ' ' || company || ' ' || email || ' ' || note from tags t`,
		`select 'remote', t.id, '', r.name || ': ' || t.input_name, t.id || ' ' || t.input_name || ' ' || t.lower_tags || ' ' || t.error_msg
			from team_backtraces t join remotes r on r.id = t.origin`,
		`select 'access', log_id, '', tag, tag || ' ' || session || ' ' || address || ' ' || agent from access_parts t`,
	}
}

// Search looks for things in whose names, texts, hashes or addresses all words occur, in whatever case (of A to Z) and as parts of longer
// words. It returns at most so many of each kind.
func (s *Store) Search(ctx context.Context, words []string, each int) ([]Hit, error) {
	var patterns []any
	for _, w := range words {
		if err := checkText("word", w, maxName); err != nil {
			return nil, err
		}
		if w != "" {
			patterns = append(patterns, "%"+escapeLike(asciiLower(w))+"%")
		}
	}
	if len(patterns) == 0 {
		return nil, errorf(Invalid, "there is no word to search for")
	}
	var where []string
	for i := range patterns {
		where = append(where, `lower(x.body) like $`+strconv.Itoa(i+1)+` escape '\'`)
	}
	limit := "$" + strconv.Itoa(len(patterns)+1)
	args := append(patterns, Page{Limit: each}.limit())
	var hits []Hit
	for _, query := range searched() {
		found, err := collect(ctx, s.read, func(h *Hit, scan func(...any) error) error {
			return scan(&h.Kind, &h.ID, &h.Case, &h.Name, &h.Text)
		}, named(query)+` where `+strings.Join(where, " and ")+` limit `+limit, args...)
		if err != nil {
			return nil, s.classify("searching", err)
		}
		hits = append(hits, found...)
	}
	return hits, nil
}

// named wraps a query of searched, whose columns have no names of their own.
func named(query string) string {
	return `with x (kind, id, in_case, name, body) as (` + query + `) select kind, id, in_case, name, body from x`
}

// asciiLower is what both databases do in lower().
func asciiLower(text string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, text)
}
