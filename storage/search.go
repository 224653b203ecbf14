// SPDX-License-Identifier: AGPL-3.0-or-later

package storage

import (
	"context"
	"strconv"
	"strings"
	"unicode"
)

// Hit is something that a search found.
type Hit struct {
	Kind string // title, tag, copy, case, note, exhibit, bookmark, acquisition, finding, access, remote (copied from a server)
	ID   string // of the thing; of a tag and an access, the title's id and the log's
	Case string // id of the case that it is in; "" where it is in none
	Name string // what it is called
	Text string // the text that the words were found in
}

// searchedKind says where things of a kind are: SQL in which t is the table.
type searchedKind struct {
	kind, table, joins string
	id, inCase, name   string // see Hit
	body               string // what is searched in
	row                string // which row of t is the one that the row r of search_rows is about; "" where there are none
}

// searched lists all kinds. What of them is in search_rows is said in the migration that makes it.
func searched() []searchedKind {
	const exhibit = ` join evidence e on e.id = t.evidence_id`
	const row = `t.id = r.key`
	return []searchedKind{
		{"title", "titles", "", `t.id`, `''`, `t.name`, words("t.id", "t.name", "t.file_name", "t.sha256"), row},
		{"case", "cases", "", `t.id`, `t.id`, `t.name`, words("t.id", "t.name", "t.number", "t.examiner", "t.reviewer"), row},
		{"exhibit", "evidence", "", `t.id`, `t.case_id`, `t.file_name`, words("t.id", "t.file_name", "t.path", "t.sha256"), row},
		{"note", "notes", "", `t.id`, `t.case_id`, `t.author`, words("t.author", "t.text"), row},
		{"bookmark", "bookmarks", exhibit, `t.id`, `e.case_id`, `e.file_name`, words("t.text", "t.author"), row},
		{
			"acquisition", "acquisitions", exhibit, `e.id`, `e.case_id`, `e.file_name`,
			words("t.address", "t.platform", "t.uploader", "t.caption", "t.captured_by", "t.tool"), `t.evidence_id = r.key`,
		},
		{
			"finding", "findings", ` join backtraces b on b.id = t.backtrace_id join evidence e on e.id = b.evidence_id`,
			`b.id`, `e.case_id`, `t.tag_text`, words("t.tag_text", "b.id"),
			`t.backtrace_id = substr(r.key, 1, 24) and t.position = cast(substr(r.key, 26) as bigint)`,
		},
		{"copy", "copies", "", `t.id`, `''`, `t.path`, words("t.id", "t.path", "t.sha256"), row},
		{
			"tag", "tags", "", `t.title_id`, `''`, `t.text`, words("t.text", "t.name", "t.company", "t.email", "t.note"),
			`t.title_id = substr(r.key, 1, 24) and t.ordinal = cast(substr(r.key, 26) as bigint)`,
		},
		{ // || '': from the remotes to what is theirs, else SQLite reads all that is served here
			"remote", "remotes m join team_backtraces", ` on t.origin = (m.id || '')`, `t.id`, `''`, `m.name || ': ' || t.input_name`,
			words("t.id", "t.input_name", "t.lower_tags", "t.error_msg"), ``,
		},
		{"access", "access_parts", "", `t.log_id`, `''`, `t.tag`, words("t.tag", "t.session", "t.address", "t.agent"), ``},
	}
}

func words(columns ...string) string { return strings.Join(columns, " || ' ' || ") }

// Search looks for things in whose names, texts, hashes or addresses all words occur, in whatever case. A word finds those
// that begin with it; where nothing does, longer ones that have it as a part. It returns at most so many of each kind.
func (s *Store) Search(ctx context.Context, words []string, each int) ([]Hit, error) {
	var asked []string
	indexed := true
	for _, w := range words {
		if err := checkText("word", w, maxName); err != nil {
			return nil, err
		}
		if w != "" {
			asked = append(asked, w)
			indexed = indexed && strings.ContainsFunc(w, inWord)
		}
	}
	if len(asked) == 0 {
		return nil, errorf(Invalid, "there is no word to search for")
	}
	if indexed {
		if hits, err := s.search(ctx, asked, each, true); err != nil || len(hits) > 0 {
			return hits, err
		}
	}
	return s.search(ctx, asked, each, false)
}

// inWord says whether a letter is one that words are made of.
func inWord(r rune) bool { return unicode.IsLetter(r) || unicode.IsNumber(r) }

// search looks through all kinds, with full text or by reading everything.
func (s *Store) search(ctx context.Context, words []string, each int, indexed bool) (hits []Hit, err error) {
	for _, k := range searched() {
		from, where, args := ` from `+k.table+` t`, []string{}, []any{}
		whole := indexed && k.row != ""
		if whole {
			rows, match, arg := s.db.fullText(k.kind, words)
			from, where, args = ` from `+rows+` join `+k.table+` t on `+k.row, append(where, match), append(args, arg)
		}
		for _, w := range words {
			if whole && !strings.ContainsFunc(w, notInWord) {
				continue // the full text says it all
			}
			args = append(args, "%"+escapeLike(asciiLower(w))+"%")
			where = append(where, `lower(`+k.body+`) like $`+strconv.Itoa(len(args))+` escape '\'`)
		}
		args = append(args, Page{Limit: each}.limit())
		found, err := collect(ctx, s.read, func(h *Hit, scan func(...any) error) error {
			return scan(&h.Kind, &h.ID, &h.Case, &h.Name, &h.Text)
		}, `select '`+k.kind+`', `+k.id+`, `+k.inCase+`, `+k.name+`, `+k.body+from+k.joins+
			` where `+strings.Join(where, " and ")+` limit $`+strconv.Itoa(len(args)), args...)
		if err != nil {
			return nil, s.classify("searching", err)
		}
		hits = append(hits, found...)
	}
	return hits, nil
}

func notInWord(r rune) bool { return !inWord(r) }

// asciiLower is what both databases do in lower().
func asciiLower(text string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, text)
}

// fullText finds the rows of a kind that have words which begin with all of these.
func (sqlite) fullText(kind string, words []string) (rows, match string, arg any) {
	var b strings.Builder
	b.WriteString(`kind : "` + kind + `" AND body : (`)
	for i, w := range words {
		if i > 0 {
			b.WriteString(" AND ")
		}
		b.WriteString(`"` + strings.ReplaceAll(w, `"`, `""`) + `" *`)
	}
	return `search_words cross join search_rows r on r.id = search_words.rowid cross`, `search_words match $1`, b.String() + ")"
}

// fullText is the same on PostgreSQL; see search_words in its migration for what a word is.
func (postgres) fullText(kind string, words []string) (rows, match string, arg any) {
	var list []string
	for _, w := range words {
		for part := range strings.FieldsFuncSeq(strings.ToLower(w), func(r rune) bool {
			return r < 0x80 && (r < '0' || r > '9') && (r < 'a' || r > 'z')
		}) {
			if letters := []rune(part); len(letters) > longestWord {
				part = string(letters[:longestWord])
			}
			list = append(list, "'"+part+"':*")
		}
	}
	return `search_rows r`, `r.kind = '` + kind + `' and r.words @@ cast($1 as tsquery)`, strings.Join(list, " & ")
}

// longestWord is how many letters of a word PostgreSQL's index has.
const longestWord = 200
