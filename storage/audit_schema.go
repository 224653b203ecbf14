// SPDX-License-Identifier: AGPL-3.0-or-later

package storage

import (
	"context"
	"slices"
	"strings"
)

// auditedTable is a table whose rows the log answers for.
type auditedTable struct {
	name    string
	columns []auditedColumn // by name
}

// auditedColumn is a column. What it holds when nobody says otherwise is no part of a row's content, so that a column that a
// later version adds leaves the rows that are there as they were.
type auditedColumn struct {
	name     string
	fallback string // SQL; "" where the column has none and is never null
	inKey    bool
}

// isAudited says whether the log answers for a table: not for what is computed again at any time, what a running
// job keeps for itself, and the log itself.
func isAudited(name string) bool {
	for _, prefix := range []string{"audit_", "goose_", "river_", "search_", "sqlite_"} {
		if strings.HasPrefix(name, prefix) {
			return false
		}
	}
	return !slices.Contains([]string{"meta", "checkpoints", "tokens", "team_counts", "access_changes", "pings"}, name)
}

// columnRow is a row of what both databases say about columns: table, column, default, nullable, part of the key.
const auditColumnsSQLite = `select t.name, c.name, coalesce(c.dflt_value, ''), c."notnull" = 0 and c.pk = 0, c.pk > 0
	from pragma_table_list t, pragma_table_info(t.name) c where t.schema = 'main' and t.type = 'table' order by t.name, c.name`

const auditColumnsPostgres = `select c.relname, a.attname, coalesce(pg_get_expr(d.adbin, d.adrelid), ''), not a.attnotnull,
		coalesce(a.attnum = any(i.indkey), false)
	from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
	left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum left join pg_index i on i.indrelid = c.oid and i.indisprimary
	where c.relkind = 'r' and c.relnamespace = current_schema()::regnamespace order by c.relname collate "C", a.attname collate "C"`

// auditedTables reads which tables there are.
func auditedTables(ctx context.Context, db querier, query string) ([]auditedTable, error) {
	type row struct {
		table, column, fallback string
		null, key               bool
	}
	rows, err := collect(ctx, db, func(r *row, scan func(...any) error) error {
		return scan(&r.table, &r.column, &r.fallback, &r.null, &r.key)
	}, query)
	if err != nil {
		return nil, err
	}
	var tables []auditedTable
	for _, r := range rows {
		if !isAudited(r.table) {
			continue
		}
		if n := len(tables); n == 0 || tables[n-1].name != r.table {
			tables = append(tables, auditedTable{name: r.table})
		}
		c := auditedColumn{name: r.column, fallback: r.fallback, inKey: r.key}
		if r.null && c.fallback == "" {
			c.fallback = "null"
		}
		t := &tables[len(tables)-1]
		t.columns = append(t.columns, c)
	}
	for _, t := range tables {
		if t.key("x", sqliteWords) == "" {
			return nil, errorf(Internal, "the table %s has no primary key: the audit log cannot name its rows", t.name)
		}
	}
	return tables, nil
}

// auditWords is how a database says what the log needs.
type auditWords struct {
	quote string // a function that writes a value so that it can be told from every other
	same  string // an operator that takes null for a value
}

var (
	sqliteWords   = auditWords{"quote(", " is "}                            //nolint:gochecknoglobals // constants
	postgresWords = auditWords{"quote_nullable(", " is not distinct from "} //nolint:gochecknoglobals // constants
)

// row is the expression for the content of a row: its columns by name, each with its value.
func (t auditedTable) row(of string, w auditWords) string {
	parts := make([]string, len(t.columns))
	for i, c := range t.columns {
		column := of + `."` + c.name + `"`
		parts[i] = "'" + c.name + "=' || " + w.quote + column + ") || ','"
		if c.fallback != "" {
			parts[i] = "case when " + column + w.same + c.fallback + " then '' else " + parts[i] + " end"
		}
	}
	return strings.Join(parts, " || ")
}

// key is the expression that names a row.
func (t auditedTable) key(of string, w auditWords) string {
	var parts []string
	for _, c := range t.columns {
		if c.inKey {
			parts = append(parts, w.quote+of+`."`+c.name+`")`)
		}
	}
	return strings.Join(parts, " || '/' || ")
}

// file is the expression for the hash of the file that a row is about.
func (t auditedTable) file(of string) string {
	for _, c := range t.columns {
		if c.name == "sha256" {
			return of + ".sha256"
		}
	}
	return "''"
}

const auditDirty = `create temp table if not exists audit_dirty (name text, row_key text, file text, old_row text, new_row text,
	primary key (name, row_key))`

// noted is the statement that a trigger notes a change with. The first content that a transaction saw stays, the last
// one counts.
func (t auditedTable) noted(into, row, before, after string, w auditWords) string {
	return "insert into " + into + " (name, row_key, file, old_row, new_row) values ('" + t.name + "', " +
		t.key(row, w) + ", " +
		t.file(row) + ", " + before + ", " + after + ") " +
		"on conflict (name, row_key) do update set new_row = excluded.new_row, file = excluded.file;"
}

// sqliteTriggers are the triggers of one connection.
func (t auditedTable) sqliteTriggers() []string {
	w := sqliteWords
	trigger := func(when, row, before, after string) string {
		return "create temp trigger audit_" + when + "_" + t.name + " after " + when + " on main." + t.name + " begin " +
			t.noted("audit_dirty", row, before, after, w) + " end"
	}
	return []string{
		trigger("insert", "new", "null", t.row("new", w)),
		trigger("update", "new", t.row("old", w), t.row("new", w)),
		trigger("delete", "old", t.row("old", w), "null"),
	}
}

// postgresTriggers are a function and a trigger that heed connections which say that they log.
func (t auditedTable) postgresTriggers() string {
	w := postgresWords
	note := func(row, before, after string) string { return t.noted("pg_temp.audit_dirty", row, before, after, w) }
	return "create or replace function audit_" + t.name + `() returns trigger language plpgsql as $audit$ begin
	if current_setting('spoor.audit', true) is distinct from 'on' then return null; end if;
	if tg_op = 'INSERT' then ` + note("new", "null", t.row("new", w)) + `
	elsif tg_op = 'UPDATE' then ` + note("new", t.row("old", w), t.row("new", w)) + `
	else ` + note("old", t.row("old", w), "null") + ` end if;
	return null; end $audit$;
	create or replace trigger audit after insert or update or delete on "` + t.name + `"
		for each row execute function audit_` + t.name + `();`
}
