// SPDX-License-Identifier: AGPL-3.0-or-later

package storage

import (
	"context"
	"database/sql"
)

// AccessChange says that the accesses of a tag that was found have become others.
type AccessChange struct {
	Tag   string
	Times int64 // how often since it was noted first
}

// AccessChanges lists the changes that nobody has taken in yet, at most limit.
func (s *Store) AccessChanges(ctx context.Context, limit int) ([]AccessChange, error) {
	list, err := collect(ctx, s.read, func(c *AccessChange, scan func(...any) error) error { return scan(&c.Tag, &c.Times) },
		`select tag, times from access_changes order by tag limit $1`, limit)
	return list, s.classify("looking for changed accesses", err)
}

// ForgetAccessChange says that a change was taken in. Where the accesses changed again meanwhile, it stays.
func (s *Store) ForgetAccessChange(ctx context.Context, c AccessChange) error {
	return s.change(ctx, "noting that accesses are up to date", func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `delete from access_changes where tag = $1 and times = $2`, c.Tag, c.Times)
		return err
	})
}

// NoteAccessChanges notes that the accesses of tags may have changed; no tags: those of all that were found.
func (s *Store) NoteAccessChanges(ctx context.Context, tags ...string) error {
	return s.change(ctx, "noting that accesses have changed", func(tx *sql.Tx) error {
		if len(tags) == 0 {
			return noteAllChanged(ctx, tx)
		}
		c := newChanges()
		for _, tag := range tags {
			c.tags[tag] = struct{}{}
		}
		return c.note(ctx, tx)
	})
}

func noteAllChanged(ctx context.Context, tx *sql.Tx) error {
	return noteChanged(ctx, tx, `select tag_text from findings`)
}

// noteChanged notes the tags that a query returns.
func noteChanged(ctx context.Context, tx *sql.Tx, query string, args ...any) error {
	//nolint:gosec // the queries are constants of this file
	_, err := tx.ExecContext(ctx, `insert into access_changes (tag, times) select tag_text, 1 from (`+query+`) found
		where true group by tag_text on conflict (tag) do update set times = access_changes.times + 1`, args...)
	return err
}

// changes collects whose accesses a transaction changes.
type changes struct{ tags, sessions map[string]struct{} }

func newChanges() changes { return changes{map[string]struct{}{}, map[string]struct{}{}} }

// part takes in that a part is new or has changed.
func (c changes) part(p *AccessPart) {
	if p.Tag != "" {
		c.tags[p.Tag] = struct{}{}
	} else {
		c.sessions[p.Session] = struct{}{}
	}
}

// note notes those of them that were found.
func (c changes) note(ctx context.Context, tx *sql.Tx) error {
	for tag := range c.tags {
		if err := noteChanged(ctx, tx, `select tag_text from findings where tag_text = $1`, tag); err != nil {
			return err
		}
	}
	for session := range c.sessions {
		if err := noteChanged(ctx, tx, `select f.tag_text from findings f join access_links l on l.tag = f.tag_text
			where l.session = $1`, session); err != nil {
			return err
		}
	}
	return nil
}

// noteLogChanged notes the tags that a log tells of.
func noteLogChanged(ctx context.Context, tx *sql.Tx, logID string) error {
	return noteChanged(ctx, tx, `select f.tag_text from findings f where exists
		(select 1 from access_parts p where p.log_id = $1 and p.tag = f.tag_text)
		or exists (select 1 from access_links l join access_links m on m.session = l.session where l.tag = f.tag_text and m.log_id = $2)
		or exists (select 1 from access_links l join access_parts q on q.session = l.session and q.tag = ''
			where l.tag = f.tag_text and q.log_id = $3)`, logID, logID, logID)
}

// TeamFinding is a backtrace served here that names a tag.
type TeamFinding struct {
	BacktraceID string // of the API
	TitleID     string // that the tag is of; "" unknown
}

// TeamFindings lists the backtraces that were worked out here and name a tag.
func (s *Store) TeamFindings(ctx context.Context, tag string) ([]TeamFinding, error) {
	list, err := collect(ctx, s.read, func(f *TeamFinding, scan func(...any) error) error { return scan(&f.BacktraceID, &f.TitleID) },
		`select distinct t.id, f.title_id from findings f join team_backtraces t on t.engine_id = f.backtrace_id and t.engine_id <> ''
		where f.tag_text = $1 and t.origin = '' order by 1, 2`, tag)
	return list, s.classify("looking for what names a tag", err)
}
