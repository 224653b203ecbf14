-- SPDX-License-Identifier: AGPL-3.0-or-later
-- +goose Up
-- What the vault holds, one row for each content. in_place is empty for a file that was copied in, else where it lies
-- outside. doomed says that nothing needs it any more and that its file is about to be removed.
create table vault_files (
    sha256      text primary key,
    sha512      text    not null,
    size        integer not null,
    in_place    text    not null,
    mod_time_ns integer,
    doomed      integer not null,
    created_at  integer not null
) strict;
create index vault_files_size on vault_files (size);

-- The files that an exhibit was put together from, in their order.
create table evidence_sources (
    evidence_id text    not null references evidence (id),
    position    integer not null,
    name        text    not null,
    sha256      text    not null,
    size        integer not null,
    primary key (evidence_id, position)
) strict, without rowid;
create index evidence_sources_sha256 on evidence_sources (sha256, evidence_id);

-- How an exhibit was obtained. page_sha256 is a picture of the page it was found on, in the vault. filled_from tells
-- for each field that was not typed in which file it is from, as JSON.
create table acquisitions (
    evidence_id text primary key references evidence (id),
    address     text    not null,
    platform    text    not null,
    uploader    text    not null,
    caption     text    not null,
    posted_at   integer,
    captured_at integer,
    captured_by text    not null,
    tool        text    not null,
    page_sha256 text    not null,
    page_name   text    not null,
    filled_from text    not null,
    updated_at  integer not null
) strict;
create index acquisitions_page on acquisitions (page_sha256);

create table bookmarks (
    id          text primary key,
    evidence_id text    not null references evidence (id),
    at_ms       integer not null,
    author      text    not null,
    text        text    not null,
    created_at  integer not null
) strict;
create index bookmarks_evidence on bookmarks (evidence_id, at_ms, id);

alter table cases add column number text not null default '';
alter table cases add column reviewer text not null default '';
alter table cases add column reviewed_at integer;
alter table cases add column on_hold integer not null default 0;
update cases set state = 'draft' where state = 'open';
