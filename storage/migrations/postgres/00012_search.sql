-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Full text: search_rows numbers everything that can be found, and its column words holds its words. Triggers keep both up,
-- whoever writes. They are computed from the other tables, no matter of record, and not in the audit log.
-- +goose Up
create table search_rows (
    kind  text collate "C" not null,
    key   text collate "C" not null, -- of the thing in its own table
    words tsvector not null,
    primary key (kind, key)
);
create index search_rows_words on search_rows using gin (words);

-- What is a word is said here and not by a dictionary: letters and digits, whatever is not ASCII being one. No more is kept
-- of a text than the index takes.
-- +goose StatementBegin
create function search_words(body text) returns tsvector language sql immutable as $$
    select coalesce(array_to_tsvector(array_agg(distinct left(w, 200))), ''::tsvector)
    from regexp_split_to_table(lower(left(body, 100000)), '[^a-z0-9\u0080-\U0010FFFF]+') w where w <> ''
$$;
-- +goose StatementEnd

insert into search_rows (kind, key, words) select 'title', t.id, search_words(t.id || ' ' || t.name || ' ' || t.file_name || ' ' || t.sha256) from titles t;
-- +goose StatementBegin
create function search_titles() returns trigger language plpgsql as $$ begin
    if tg_op <> 'INSERT' then delete from search_rows where kind = 'title' and key = old.id; end if;
    if tg_op <> 'DELETE' then insert into search_rows (kind, key, words) values ('title', new.id, search_words(new.id || ' ' || new.name || ' ' || new.file_name || ' ' || new.sha256)); end if;
    return null;
end $$;
-- +goose StatementEnd
create trigger search_change after insert or delete or update of id, name, file_name, sha256 on titles for each row execute function search_titles();

insert into search_rows (kind, key, words) select 'case', t.id, search_words(t.id || ' ' || t.name || ' ' || t.number || ' ' || t.examiner || ' ' || t.reviewer) from cases t;
-- +goose StatementBegin
create function search_cases() returns trigger language plpgsql as $$ begin
    if tg_op <> 'INSERT' then delete from search_rows where kind = 'case' and key = old.id; end if;
    if tg_op <> 'DELETE' then insert into search_rows (kind, key, words) values ('case', new.id, search_words(new.id || ' ' || new.name || ' ' || new.number || ' ' || new.examiner || ' ' || new.reviewer)); end if;
    return null;
end $$;
-- +goose StatementEnd
create trigger search_change after insert or delete or update of id, name, number, examiner, reviewer on cases for each row execute function search_cases();

insert into search_rows (kind, key, words) select 'exhibit', t.id, search_words(t.id || ' ' || t.file_name || ' ' || t.path || ' ' || t.sha256) from evidence t;
-- +goose StatementBegin
create function search_evidence() returns trigger language plpgsql as $$ begin
    if tg_op <> 'INSERT' then delete from search_rows where kind = 'exhibit' and key = old.id; end if;
    if tg_op <> 'DELETE' then insert into search_rows (kind, key, words) values ('exhibit', new.id, search_words(new.id || ' ' || new.file_name || ' ' || new.path || ' ' || new.sha256)); end if;
    return null;
end $$;
-- +goose StatementEnd
create trigger search_change after insert or delete or update of id, file_name, path, sha256 on evidence for each row execute function search_evidence();

insert into search_rows (kind, key, words) select 'note', t.id, search_words(t.author || ' ' || t.text) from notes t;
-- +goose StatementBegin
create function search_notes() returns trigger language plpgsql as $$ begin
    if tg_op <> 'INSERT' then delete from search_rows where kind = 'note' and key = old.id; end if;
    if tg_op <> 'DELETE' then insert into search_rows (kind, key, words) values ('note', new.id, search_words(new.author || ' ' || new.text)); end if;
    return null;
end $$;
-- +goose StatementEnd
create trigger search_change after insert or delete or update of author, text, id on notes for each row execute function search_notes();

insert into search_rows (kind, key, words) select 'bookmark', t.id, search_words(t.text || ' ' || t.author) from bookmarks t;
-- +goose StatementBegin
create function search_bookmarks() returns trigger language plpgsql as $$ begin
    if tg_op <> 'INSERT' then delete from search_rows where kind = 'bookmark' and key = old.id; end if;
    if tg_op <> 'DELETE' then insert into search_rows (kind, key, words) values ('bookmark', new.id, search_words(new.text || ' ' || new.author)); end if;
    return null;
end $$;
-- +goose StatementEnd
create trigger search_change after insert or delete or update of text, author, id on bookmarks for each row execute function search_bookmarks();

insert into search_rows (kind, key, words) select 'acquisition', t.evidence_id, search_words(t.address || ' ' || t.platform || ' ' || t.uploader || ' ' || t.caption || ' ' || t.captured_by || ' ' || t.tool) from acquisitions t;
-- +goose StatementBegin
create function search_acquisitions() returns trigger language plpgsql as $$ begin
    if tg_op <> 'INSERT' then delete from search_rows where kind = 'acquisition' and key = old.evidence_id; end if;
    if tg_op <> 'DELETE' then insert into search_rows (kind, key, words) values ('acquisition', new.evidence_id, search_words(new.address || ' ' || new.platform || ' ' || new.uploader || ' ' || new.caption || ' ' || new.captured_by || ' ' || new.tool)); end if;
    return null;
end $$;
-- +goose StatementEnd
create trigger search_change after insert or delete or update of address, platform, uploader, caption, captured_by, tool, evidence_id on acquisitions for each row execute function search_acquisitions();

insert into search_rows (kind, key, words) select 'finding', t.backtrace_id || '/' || t.position, search_words(t.tag_text || ' ' || t.backtrace_id) from findings t;
-- +goose StatementBegin
create function search_findings() returns trigger language plpgsql as $$ begin
    if tg_op <> 'INSERT' then delete from search_rows where kind = 'finding' and key = old.backtrace_id || '/' || old.position; end if;
    if tg_op <> 'DELETE' then insert into search_rows (kind, key, words) values ('finding', new.backtrace_id || '/' || new.position, search_words(new.tag_text || ' ' || new.backtrace_id)); end if;
    return null;
end $$;
-- +goose StatementEnd
create trigger search_change after insert or delete or update of tag_text, backtrace_id, position on findings for each row execute function search_findings();

insert into search_rows (kind, key, words) select 'copy', t.id, search_words(t.id || ' ' || t.path || ' ' || t.sha256) from copies t;
-- +goose StatementBegin
create function search_copies() returns trigger language plpgsql as $$ begin
    if tg_op <> 'INSERT' then delete from search_rows where kind = 'copy' and key = old.id; end if;
    if tg_op <> 'DELETE' then insert into search_rows (kind, key, words) values ('copy', new.id, search_words(new.id || ' ' || new.path || ' ' || new.sha256)); end if;
    return null;
end $$;
-- +goose StatementEnd
create trigger search_change after insert or delete or update of id, path, sha256 on copies for each row execute function search_copies();

insert into search_rows (kind, key, words) select 'tag', t.title_id || '/' || t.ordinal, search_words(t.text || ' ' || t.name || ' ' || t.company || ' ' || t.email || ' ' || t.note) from tags t;
-- +goose StatementBegin
create function search_tags() returns trigger language plpgsql as $$ begin
    if tg_op <> 'INSERT' then delete from search_rows where kind = 'tag' and key = old.title_id || '/' || old.ordinal; end if;
    if tg_op <> 'DELETE' then insert into search_rows (kind, key, words) values ('tag', new.title_id || '/' || new.ordinal, search_words(new.text || ' ' || new.name || ' ' || new.company || ' ' || new.email || ' ' || new.note)); end if;
    return null;
end $$;
-- +goose StatementEnd
create trigger search_change after insert or delete or update of text, name, company, email, note, title_id, ordinal on tags for each row execute function search_tags();
