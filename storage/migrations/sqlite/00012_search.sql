-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Full text: search_rows numbers everything that can be found, and search_words holds its words. Triggers keep both up,
-- whoever writes. They are computed from the other tables, no matter of record, and not in the audit log.
-- +goose Up
create table search_rows (
    id   integer primary key,
    kind text not null,
    key  text not null, -- of the thing in its own table
    unique (kind, key)
) strict;
create virtual table search_words using fts5 (kind, body, content = '', contentless_delete = 1, detail = full, tokenize = 'unicode61');

insert into search_rows (kind, key) select 'title', t.id from titles t;
insert into search_words (rowid, kind, body) select r.id, r.kind, t.id || ' ' || t.name || ' ' || t.file_name || ' ' || t.sha256
    from titles t join search_rows r on r.kind = 'title' and r.key = t.id;
-- +goose StatementBegin
create trigger search_insert_titles after insert on titles begin
    insert into search_rows (kind, key) values ('title', new.id);
    insert into search_words (rowid, kind, body) select id, kind, new.id || ' ' || new.name || ' ' || new.file_name || ' ' || new.sha256
        from search_rows where kind = 'title' and key = new.id;
end;
-- +goose StatementEnd
-- +goose StatementBegin
create trigger search_update_titles after update of id, name, file_name, sha256 on titles begin
    delete from search_words where rowid = (select id from search_rows where kind = 'title' and key = old.id);
    update search_rows set key = new.id where kind = 'title' and key = old.id;
    insert into search_words (rowid, kind, body) select id, kind, new.id || ' ' || new.name || ' ' || new.file_name || ' ' || new.sha256
        from search_rows where kind = 'title' and key = new.id;
end;
-- +goose StatementEnd
-- +goose StatementBegin
create trigger search_delete_titles after delete on titles begin
    delete from search_words where rowid = (select id from search_rows where kind = 'title' and key = old.id);
    delete from search_rows where kind = 'title' and key = old.id;
end;
-- +goose StatementEnd

insert into search_rows (kind, key) select 'case', t.id from cases t;
insert into search_words (rowid, kind, body) select r.id, r.kind, t.id || ' ' || t.name || ' ' || t.number || ' ' || t.examiner || ' ' || t.reviewer
    from cases t join search_rows r on r.kind = 'case' and r.key = t.id;
-- +goose StatementBegin
create trigger search_insert_cases after insert on cases begin
    insert into search_rows (kind, key) values ('case', new.id);
    insert into search_words (rowid, kind, body) select id, kind, new.id || ' ' || new.name || ' ' || new.number || ' ' || new.examiner || ' ' || new.reviewer
        from search_rows where kind = 'case' and key = new.id;
end;
-- +goose StatementEnd
-- +goose StatementBegin
create trigger search_update_cases after update of id, name, number, examiner, reviewer on cases begin
    delete from search_words where rowid = (select id from search_rows where kind = 'case' and key = old.id);
    update search_rows set key = new.id where kind = 'case' and key = old.id;
    insert into search_words (rowid, kind, body) select id, kind, new.id || ' ' || new.name || ' ' || new.number || ' ' || new.examiner || ' ' || new.reviewer
        from search_rows where kind = 'case' and key = new.id;
end;
-- +goose StatementEnd
-- +goose StatementBegin
create trigger search_delete_cases after delete on cases begin
    delete from search_words where rowid = (select id from search_rows where kind = 'case' and key = old.id);
    delete from search_rows where kind = 'case' and key = old.id;
end;
-- +goose StatementEnd

insert into search_rows (kind, key) select 'exhibit', t.id from evidence t;
insert into search_words (rowid, kind, body) select r.id, r.kind, t.id || ' ' || t.file_name || ' ' || t.path || ' ' || t.sha256
    from evidence t join search_rows r on r.kind = 'exhibit' and r.key = t.id;
-- +goose StatementBegin
create trigger search_insert_evidence after insert on evidence begin
    insert into search_rows (kind, key) values ('exhibit', new.id);
    insert into search_words (rowid, kind, body) select id, kind, new.id || ' ' || new.file_name || ' ' || new.path || ' ' || new.sha256
        from search_rows where kind = 'exhibit' and key = new.id;
end;
-- +goose StatementEnd
-- +goose StatementBegin
create trigger search_update_evidence after update of id, file_name, path, sha256 on evidence begin
    delete from search_words where rowid = (select id from search_rows where kind = 'exhibit' and key = old.id);
    update search_rows set key = new.id where kind = 'exhibit' and key = old.id;
    insert into search_words (rowid, kind, body) select id, kind, new.id || ' ' || new.file_name || ' ' || new.path || ' ' || new.sha256
        from search_rows where kind = 'exhibit' and key = new.id;
end;
-- +goose StatementEnd
-- +goose StatementBegin
create trigger search_delete_evidence after delete on evidence begin
    delete from search_words where rowid = (select id from search_rows where kind = 'exhibit' and key = old.id);
    delete from search_rows where kind = 'exhibit' and key = old.id;
end;
-- +goose StatementEnd

insert into search_rows (kind, key) select 'note', t.id from notes t;
insert into search_words (rowid, kind, body) select r.id, r.kind, t.author || ' ' || t.text
    from notes t join search_rows r on r.kind = 'note' and r.key = t.id;
-- +goose StatementBegin
create trigger search_insert_notes after insert on notes begin
    insert into search_rows (kind, key) values ('note', new.id);
    insert into search_words (rowid, kind, body) select id, kind, new.author || ' ' || new.text
        from search_rows where kind = 'note' and key = new.id;
end;
-- +goose StatementEnd
-- +goose StatementBegin
create trigger search_update_notes after update of author, text, id on notes begin
    delete from search_words where rowid = (select id from search_rows where kind = 'note' and key = old.id);
    update search_rows set key = new.id where kind = 'note' and key = old.id;
    insert into search_words (rowid, kind, body) select id, kind, new.author || ' ' || new.text
        from search_rows where kind = 'note' and key = new.id;
end;
-- +goose StatementEnd
-- +goose StatementBegin
create trigger search_delete_notes after delete on notes begin
    delete from search_words where rowid = (select id from search_rows where kind = 'note' and key = old.id);
    delete from search_rows where kind = 'note' and key = old.id;
end;
-- +goose StatementEnd

insert into search_rows (kind, key) select 'bookmark', t.id from bookmarks t;
insert into search_words (rowid, kind, body) select r.id, r.kind, t.text || ' ' || t.author
    from bookmarks t join search_rows r on r.kind = 'bookmark' and r.key = t.id;
-- +goose StatementBegin
create trigger search_insert_bookmarks after insert on bookmarks begin
    insert into search_rows (kind, key) values ('bookmark', new.id);
    insert into search_words (rowid, kind, body) select id, kind, new.text || ' ' || new.author
        from search_rows where kind = 'bookmark' and key = new.id;
end;
-- +goose StatementEnd
-- +goose StatementBegin
create trigger search_update_bookmarks after update of text, author, id on bookmarks begin
    delete from search_words where rowid = (select id from search_rows where kind = 'bookmark' and key = old.id);
    update search_rows set key = new.id where kind = 'bookmark' and key = old.id;
    insert into search_words (rowid, kind, body) select id, kind, new.text || ' ' || new.author
        from search_rows where kind = 'bookmark' and key = new.id;
end;
-- +goose StatementEnd
-- +goose StatementBegin
create trigger search_delete_bookmarks after delete on bookmarks begin
    delete from search_words where rowid = (select id from search_rows where kind = 'bookmark' and key = old.id);
    delete from search_rows where kind = 'bookmark' and key = old.id;
end;
-- +goose StatementEnd

insert into search_rows (kind, key) select 'acquisition', t.evidence_id from acquisitions t;
insert into search_words (rowid, kind, body) select r.id, r.kind, t.address || ' ' || t.platform || ' ' || t.uploader || ' ' || t.caption || ' ' || t.captured_by || ' ' || t.tool
    from acquisitions t join search_rows r on r.kind = 'acquisition' and r.key = t.evidence_id;
-- +goose StatementBegin
create trigger search_insert_acquisitions after insert on acquisitions begin
    insert into search_rows (kind, key) values ('acquisition', new.evidence_id);
    insert into search_words (rowid, kind, body) select id, kind, new.address || ' ' || new.platform || ' ' || new.uploader || ' ' || new.caption || ' ' || new.captured_by || ' ' || new.tool
        from search_rows where kind = 'acquisition' and key = new.evidence_id;
end;
-- +goose StatementEnd
-- +goose StatementBegin
create trigger search_update_acquisitions after update of address, platform, uploader, caption, captured_by, tool, evidence_id on acquisitions begin
    delete from search_words where rowid = (select id from search_rows where kind = 'acquisition' and key = old.evidence_id);
    update search_rows set key = new.evidence_id where kind = 'acquisition' and key = old.evidence_id;
    insert into search_words (rowid, kind, body) select id, kind, new.address || ' ' || new.platform || ' ' || new.uploader || ' ' || new.caption || ' ' || new.captured_by || ' ' || new.tool
        from search_rows where kind = 'acquisition' and key = new.evidence_id;
end;
-- +goose StatementEnd
-- +goose StatementBegin
create trigger search_delete_acquisitions after delete on acquisitions begin
    delete from search_words where rowid = (select id from search_rows where kind = 'acquisition' and key = old.evidence_id);
    delete from search_rows where kind = 'acquisition' and key = old.evidence_id;
end;
-- +goose StatementEnd

insert into search_rows (kind, key) select 'finding', t.backtrace_id || '/' || t.position from findings t;
insert into search_words (rowid, kind, body) select r.id, r.kind, t.tag_text || ' ' || t.backtrace_id
    from findings t join search_rows r on r.kind = 'finding' and r.key = t.backtrace_id || '/' || t.position;
-- +goose StatementBegin
create trigger search_insert_findings after insert on findings begin
    insert into search_rows (kind, key) values ('finding', new.backtrace_id || '/' || new.position);
    insert into search_words (rowid, kind, body) select id, kind, new.tag_text || ' ' || new.backtrace_id
        from search_rows where kind = 'finding' and key = new.backtrace_id || '/' || new.position;
end;
-- +goose StatementEnd
-- +goose StatementBegin
create trigger search_update_findings after update of tag_text, backtrace_id, position on findings begin
    delete from search_words where rowid = (select id from search_rows where kind = 'finding' and key = old.backtrace_id || '/' || old.position);
    update search_rows set key = new.backtrace_id || '/' || new.position where kind = 'finding' and key = old.backtrace_id || '/' || old.position;
    insert into search_words (rowid, kind, body) select id, kind, new.tag_text || ' ' || new.backtrace_id
        from search_rows where kind = 'finding' and key = new.backtrace_id || '/' || new.position;
end;
-- +goose StatementEnd
-- +goose StatementBegin
create trigger search_delete_findings after delete on findings begin
    delete from search_words where rowid = (select id from search_rows where kind = 'finding' and key = old.backtrace_id || '/' || old.position);
    delete from search_rows where kind = 'finding' and key = old.backtrace_id || '/' || old.position;
end;
-- +goose StatementEnd

insert into search_rows (kind, key) select 'copy', t.id from copies t;
insert into search_words (rowid, kind, body) select r.id, r.kind, t.id || ' ' || t.path || ' ' || t.sha256
    from copies t join search_rows r on r.kind = 'copy' and r.key = t.id;
-- +goose StatementBegin
create trigger search_insert_copies after insert on copies begin
    insert into search_rows (kind, key) values ('copy', new.id);
    insert into search_words (rowid, kind, body) select id, kind, new.id || ' ' || new.path || ' ' || new.sha256
        from search_rows where kind = 'copy' and key = new.id;
end;
-- +goose StatementEnd
-- +goose StatementBegin
create trigger search_update_copies after update of id, path, sha256 on copies begin
    delete from search_words where rowid = (select id from search_rows where kind = 'copy' and key = old.id);
    update search_rows set key = new.id where kind = 'copy' and key = old.id;
    insert into search_words (rowid, kind, body) select id, kind, new.id || ' ' || new.path || ' ' || new.sha256
        from search_rows where kind = 'copy' and key = new.id;
end;
-- +goose StatementEnd
-- +goose StatementBegin
create trigger search_delete_copies after delete on copies begin
    delete from search_words where rowid = (select id from search_rows where kind = 'copy' and key = old.id);
    delete from search_rows where kind = 'copy' and key = old.id;
end;
-- +goose StatementEnd

insert into search_rows (kind, key) select 'tag', t.title_id || '/' || t.ordinal from tags t;
insert into search_words (rowid, kind, body) select r.id, r.kind, t.text || ' ' || t.name || ' ' || t.company || ' ' || t.email || ' ' || t.note
    from tags t join search_rows r on r.kind = 'tag' and r.key = t.title_id || '/' || t.ordinal;
-- +goose StatementBegin
create trigger search_insert_tags after insert on tags begin
    insert into search_rows (kind, key) values ('tag', new.title_id || '/' || new.ordinal);
    insert into search_words (rowid, kind, body) select id, kind, new.text || ' ' || new.name || ' ' || new.company || ' ' || new.email || ' ' || new.note
        from search_rows where kind = 'tag' and key = new.title_id || '/' || new.ordinal;
end;
-- +goose StatementEnd
-- +goose StatementBegin
create trigger search_update_tags after update of text, name, company, email, note, title_id, ordinal on tags begin
    delete from search_words where rowid = (select id from search_rows where kind = 'tag' and key = old.title_id || '/' || old.ordinal);
    update search_rows set key = new.title_id || '/' || new.ordinal where kind = 'tag' and key = old.title_id || '/' || old.ordinal;
    insert into search_words (rowid, kind, body) select id, kind, new.text || ' ' || new.name || ' ' || new.company || ' ' || new.email || ' ' || new.note
        from search_rows where kind = 'tag' and key = new.title_id || '/' || new.ordinal;
end;
-- +goose StatementEnd
-- +goose StatementBegin
create trigger search_delete_tags after delete on tags begin
    delete from search_words where rowid = (select id from search_rows where kind = 'tag' and key = old.title_id || '/' || old.ordinal);
    delete from search_rows where kind = 'tag' and key = old.title_id || '/' || old.ordinal;
end;
-- +goose StatementEnd
