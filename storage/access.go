// SPDX-License-Identifier: AGPL-3.0-or-later

package storage

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"iter"
	"time"
)

// LogState says how far the import of a log is.
type LogState string

// The states of a log.
const (
	LogPartial LogState = "partial" // its import was stopped, or goes on
	LogDone    LogState = "done"
	LogDamaged LogState = "damaged" // the file ended in a fault; what came before it is imported
)

// AccessLog is an access log that was imported.
type AccessLog struct {
	ID         string
	FileName   string
	Path       string // where it was taken from
	SHA256     string
	Size       int64 // bytes, as it lies there
	Format     string
	Rules      json.RawMessage // how requests were matched
	State      LogState
	Place      json.RawMessage // where the import stands
	Counts     json.RawMessage // what became of the lines
	Samples    json.RawMessage // lines that were not used; removed with the raw rows
	OnHold     bool            // not touched by retention
	Version    int64
	CreatedAt  time.Time
	FinishedAt *time.Time
	PurgedAt   *time.Time // when the raw rows and the file in the vault were removed
}

const logColumns = `id, file_name, path, sha256, size, format, rules, state, place, counts, samples, on_hold, version, created_at,
	finished_at, purged_at`

func scanLog(l *AccessLog, scan func(...any) error) error {
	var rules, place, counts, samples string
	var hold, created int64
	var finished, purged sql.NullInt64
	err := scan(&l.ID, &l.FileName, &l.Path, &l.SHA256, &l.Size, &l.Format, &rules, &l.State, &place, &counts, &samples, &hold,
		&l.Version, &created, &finished, &purged)
	l.Rules, l.Place, l.Counts, l.Samples = rawJSON(rules), rawJSON(place), rawJSON(counts), rawJSON(samples)
	l.OnHold, l.CreatedAt = hold != 0, fromMillis(created)
	l.FinishedAt, l.PurgedAt = fromMillisOrNil(finished), fromMillisOrNil(purged)
	return err
}

// AccessPart is what one client fetched of one thing, as one log tells.
type AccessPart struct {
	LogID    string // "" where the log was removed
	Key      string // hash of the six that follow, in hex
	Tag      string
	Session  string
	File     string
	Address  string
	Agent    string
	Language string
	First    int64 // milliseconds since 1970 UTC
	Last     int64
	State    json.RawMessage
}

const partColumns = `log_id, key, tag, session, file, address, agent, language, first_ms, last_ms, state`

func scanPart(p *AccessPart, scan func(...any) error) error {
	var state string
	err := scan(&p.LogID, &p.Key, &p.Tag, &p.Session, &p.File, &p.Address, &p.Agent, &p.Language, &p.First, &p.Last, &state)
	p.State = rawJSON(state)
	return err
}

// AccessLink says that a session belongs to a tag.
type AccessLink struct{ Session, Tag string }

// MergeParts makes one part of two of the same key.
type MergeParts func(a, b AccessPart) (AccessPart, error)

// AddAccessLog begins the import of a log. It sets l.ID, l.State, l.Version and the time. Error: Exists where that content was
// imported already, wholly or in part.
func (s *Store) AddAccessLog(ctx context.Context, l *AccessLog) error {
	added := *l
	added.State, added.Version, added.CreatedAt = LogPartial, 1, now()
	for _, err := range []error{
		checkText("name of the log", l.FileName, maxPath), checkText("path of the log", l.Path, maxPath), checkJSON("rules", l.Rules),
	} {
		if err != nil {
			return err
		}
	}
	err := s.change(ctx, "recording a log", func(tx *sql.Tx) (err error) {
		if added.ID, err = s.nextID(ctx, tx, "access_logs"); err != nil {
			return err
		}
		result, err := tx.ExecContext(ctx, insertInto("access_logs", logColumns)+` on conflict (sha256) do nothing`,
			added.ID, added.FileName, added.Path, added.SHA256, added.Size, added.Format, string(added.Rules), string(added.State),
			"", "", "", 0, added.Version, added.CreatedAt.UnixMilli(), nil, nil)
		if err != nil {
			return err
		}
		if n, err := result.RowsAffected(); err != nil || n > 0 {
			return err
		}
		return errorf(Exists, "the log %s was imported already", l.FileName)
	})
	if err == nil {
		*l = added
	}
	return err
}

// AccessLog returns a log by its id, its SHA-256 or its unique file name. Errors: NotFound, Ambiguous.
func (s *Store) AccessLog(ctx context.Context, which string) (AccessLog, error) {
	list, err := collect(ctx, s.read, scanLog, `select `+logColumns+` from access_logs where id = $1 or sha256 = $2 or file_name = $3
		order by id limit 2`, which, which, which)
	switch {
	case err != nil:
		return AccessLog{}, s.classify("looking for a log", err)
	case len(list) == 0:
		return AccessLog{}, errorf(NotFound, "there is no log %q", which)
	case len(list) > 1:
		return AccessLog{}, errorf(Ambiguous, "several logs are called %q: give the id", which)
	}
	return list[0], nil
}

// AccessLogs lists logs.
func (s *Store) AccessLogs(ctx context.Context, p Page) ([]AccessLog, error) {
	list, err := collect(ctx, s.read, scanLog, `select `+logColumns+` from access_logs where id > $1 order by id limit $2`, p.After,
		p.limit())
	return list, s.classify("listing logs", err)
}

// SaveAccessParts adds what was read of a log since the last call, and where the import stands now: l.State, l.Place,
// l.Counts and l.Samples are stored. All of it is one transaction. Conflict where another program went on with the import.
func (s *Store) SaveAccessParts(ctx context.Context, l *AccessLog, parts iter.Seq2[AccessPart, error], links iter.Seq[AccessLink],
	merge MergeParts,
) error {
	saved := *l
	saved.Version++
	if saved.State != LogPartial && saved.FinishedAt == nil {
		at := now()
		saved.FinishedAt = &at
	}
	err := s.change(ctx, "saving what a log tells", func(tx *sql.Tx) error {
		result, err := tx.ExecContext(ctx, `update access_logs set state = $1, place = $2, counts = $3, samples = $4, version = $5,
			finished_at = $6 where id = $7 and version = $8`, string(saved.State), string(saved.Place), string(saved.Counts),
			string(saved.Samples), saved.Version, millisOrNull(saved.FinishedAt), saved.ID, l.Version)
		if err := exactlyOne(result, err, "another program goes on with the import of %s", l.FileName); err != nil {
			return err
		}
		changed := newChanges()
		for link := range links {
			changed.sessions[link.Session] = struct{}{}
			if _, err := tx.ExecContext(ctx, insertInto("access_links", "session, tag, log_id")+` on conflict do nothing`,
				link.Session, link.Tag, l.ID); err != nil {
				return err
			}
		}
		err = putParts(ctx, tx, func(yield func(AccessPart, error) bool) {
			for p, err := range parts {
				changed.part(&p)
				if !yield(p, err) {
					return
				}
			}
		}, merge)
		if err != nil {
			return err
		}
		return changed.note(ctx, tx)
	})
	if err == nil {
		*l = saved
	}
	return err
}

// putParts adds parts, merging each with what is there under its key.
func putParts(ctx context.Context, tx *sql.Tx, parts iter.Seq2[AccessPart, error], merge MergeParts) (err error) {
	put, err := prepareParts(ctx, tx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, put.close()) }()
	for p, err := range parts {
		if err != nil {
			return err
		}
		if err := put.part(ctx, p, merge); err != nil {
			return err
		}
	}
	return nil
}

// partWriter holds the statements that parts are written with: there are many parts.
type partWriter struct{ insert, find, replace *sql.Stmt }

func prepareParts(ctx context.Context, tx *sql.Tx) (w partWriter, err error) {
	if w.insert, err = tx.PrepareContext(ctx, insertInto("access_parts", partColumns)+` on conflict do nothing`); err != nil {
		return w, err
	}
	if w.find, err = tx.PrepareContext(ctx, `select `+partColumns+` from access_parts where log_id = $1 and key = $2`); err != nil {
		return w, errors.Join(err, w.close())
	}
	if w.replace, err = tx.PrepareContext(ctx, `update access_parts set first_ms = $1, last_ms = $2, state = $3
		where log_id = $4 and key = $5`); err != nil {
		return w, errors.Join(err, w.close())
	}
	return w, nil
}

func (w *partWriter) close() (err error) {
	for _, s := range []*sql.Stmt{w.insert, w.find, w.replace} {
		if s != nil {
			err = errors.Join(err, s.Close())
		}
	}
	return err
}

// part adds one part.
func (w *partWriter) part(ctx context.Context, p AccessPart, merge MergeParts) error {
	result, err := w.insert.ExecContext(ctx, p.LogID, p.Key, p.Tag, p.Session, p.File, p.Address, p.Agent, p.Language, p.First, p.Last,
		string(p.State))
	if err != nil {
		return err
	}
	if n, err := result.RowsAffected(); err != nil || n > 0 {
		return err
	}
	var old AccessPart
	if err := scanPart(&old, w.find.QueryRowContext(ctx, p.LogID, p.Key).Scan); err != nil {
		return err
	}
	both, err := merge(old, p)
	if err != nil {
		return err
	}
	_, err = w.replace.ExecContext(ctx, both.First, both.Last, string(both.State), p.LogID, p.Key)
	return err
}

// AccessParts returns all that logs tell of a tag: its own requests, and those of sessions that belong to it and to no
// other tag.
func (s *Store) AccessParts(ctx context.Context, tag string) ([]AccessPart, error) {
	list, err := collect(ctx, s.read, scanPart, `select `+partColumns+` from access_parts where tag = $1
		union all select `+partColumns+` from access_parts p where p.tag = '' and p.session in
		(select l.session from access_links l where l.tag = $2) and not exists
		(select 1 from access_links m where m.session = p.session and m.tag <> $3)`, tag, tag, tag)
	return list, s.classify("reading the accesses of a tag", err)
}

// AccessTag is a tag that was seen in logs.
type AccessTag struct {
	Tag     string
	Clients int64 // addresses
	First   int64 // milliseconds since 1970 UTC
	Last    int64
}

// AccessTags lists the tags that were seen, in the order of their texts; after is the last one already seen.
func (s *Store) AccessTags(ctx context.Context, after string, limit int) ([]AccessTag, error) {
	list, err := collect(ctx, s.read, func(t *AccessTag, scan func(...any) error) error {
		return scan(&t.Tag, &t.Clients, &t.First, &t.Last)
	},
		`select tag, count(distinct address), min(first_ms), max(last_ms) from access_parts where tag > $1
		group by tag order by tag limit $2`,
		after, Page{Limit: limit}.limit())
	return list, s.classify("listing the tags of logs", err)
}

// ClientTag says that a client fetched something with a tag.
type ClientTag struct{ Address, Agent, Language, Tag string }

// TagsAround lists all tags that were fetched from the addresses from which one tag was, at most 100,000.
func (s *Store) TagsAround(ctx context.Context, tag string) ([]ClientTag, error) {
	list, err := collect(ctx, s.read, func(c *ClientTag, scan func(...any) error) error {
		return scan(&c.Address, &c.Agent, &c.Language, &c.Tag)
	}, `select distinct address, agent, language, tag from access_parts where tag <> '' and address in (select address from access_parts
		where tag = $1 or session in (select session from access_links where tag = $2))
		order by address, agent, language, tag limit 100000`,
		tag, tag)
	return list, s.classify("looking for the clients of a tag", err)
}

// SetLogHold keeps a log from retention, or no longer.
func (s *Store) SetLogHold(ctx context.Context, id string, hold bool) error {
	return s.change(ctx, "holding a log", func(tx *sql.Tx) error {
		result, err := tx.ExecContext(ctx, `update access_logs set on_hold = $1 where id = $2`, bit(hold), id)
		return exactlyOne(result, err, "there is no log %q", id)
	})
}

func bit(b bool) int {
	if b {
		return 1
	}
	return 0
}

// DropAccessLog forgets what a log told and begins its import anew, with other rules.
func (s *Store) DropAccessLog(ctx context.Context, l AccessLog) error {
	return s.change(ctx, "forgetting a log", func(tx *sql.Tx) error {
		if l.PurgedAt != nil {
			return errorf(Conflict, "what the log %s told was kept when the log itself was removed, and cannot be taken back", l.FileName)
		}
		if err := noteLogChanged(ctx, tx, l.ID); err != nil {
			return err
		}
		for _, table := range []string{"access_parts", "access_links"} {
			if _, err := tx.ExecContext(ctx, `delete from `+table+` where log_id = $1`, l.ID); err != nil { //nolint:gosec // two constants
				return err
			}
		}
		result, err := tx.ExecContext(ctx, `delete from access_logs where id = $1 and version = $2`, l.ID, l.Version)
		return exactlyOne(result, err, "another program goes on with the import of %s", l.FileName)
	})
}

// AccessFile is what the analyst says of a file or stream in the logs.
type AccessFile struct {
	File    string
	TitleID string // "" unknown
	Facts   json.RawMessage
}

// SetAccessFile keeps what is said of a file.
func (s *Store) SetAccessFile(ctx context.Context, f AccessFile) error {
	if err := errors.Join(checkLine("file", f.File, maxPath), checkJSON("facts", f.Facts)); err != nil {
		return err
	}
	return s.change(ctx, "keeping what is known of a file", func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, insertInto("access_files", "file, title_id, facts")+` on conflict (file) do update
			set title_id = excluded.title_id, facts = excluded.facts`, f.File, f.TitleID, string(f.Facts))
		if err != nil {
			return err
		}
		return noteAllChanged(ctx, tx)
	})
}

// AccessFiles lists what is said of files.
func (s *Store) AccessFiles(ctx context.Context) ([]AccessFile, error) {
	list, err := collect(ctx, s.read, func(f *AccessFile, scan func(...any) error) error {
		var facts string
		err := scan(&f.File, &f.TitleID, &facts)
		f.Facts = rawJSON(facts)
		return err
	}, `select file, title_id, facts from access_files order by file limit 10000`)
	return list, s.classify("listing what is known of files", err)
}

// LogMapping is a way of reading logs, kept by name.
type LogMapping struct {
	Name      string
	Mapping   json.RawMessage
	CreatedAt time.Time
}

// SetLogMapping keeps a way of reading logs, in the place of one with the same name.
func (s *Store) SetLogMapping(ctx context.Context, m LogMapping) error {
	if err := errors.Join(checkName("mapping", m.Name), checkJSON("mapping", m.Mapping)); err != nil {
		return err
	}
	return s.change(ctx, "keeping a mapping", func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, insertInto("access_mappings", "name, mapping, created_at")+` on conflict (name) do update
			set mapping = excluded.mapping`, m.Name, string(m.Mapping), now().UnixMilli())
		return err
	})
}

// LogMappings lists the ways of reading logs that are kept.
func (s *Store) LogMappings(ctx context.Context) ([]LogMapping, error) {
	list, err := collect(ctx, s.read, func(m *LogMapping, scan func(...any) error) error {
		var mapping string
		var created int64
		err := scan(&m.Name, &mapping, &created)
		m.Mapping, m.CreatedAt = rawJSON(mapping), fromMillis(created)
		return err
	}, `select name, mapping, created_at from access_mappings order by name limit 10000`)
	return list, s.classify("listing mappings", err)
}
