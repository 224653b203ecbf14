-- SPDX-License-Identifier: AGPL-3.0-or-later
-- +goose Up
-- What the vault holds, one row for each content. in_place is empty for a file that was copied in, else where it lies
-- outside. doomed says that nothing needs it any more and that its file is about to be removed.
create table vault_files (
    sha256      text collate "C" primary key,
    sha512      text collate "C"    not null,
    size        bigint not null,
    in_place    text collate "C"    not null,
    mod_time_ns bigint,
    doomed      bigint not null,
    created_at  bigint not null
);
create index vault_files_size on vault_files (size);

-- The files that an exhibit was put together from, in their order.
create table evidence_sources (
    evidence_id text collate "C"    not null references evidence (id),
    position    bigint not null,
    name        text collate "C"    not null,
    sha256      text collate "C"    not null,
    size        bigint not null,
    primary key (evidence_id, position)
);
create index evidence_sources_sha256 on evidence_sources (sha256, evidence_id);

-- How an exhibit was obtained. page_sha256 is a picture of the page it was found on, in the vault. filled_from tells
-- for each field that was not typed in which file it is from, as JSON.
create table acquisitions (
    evidence_id text collate "C" primary key references evidence (id),
    address     text collate "C"    not null,
    platform    text collate "C"    not null,
    uploader    text collate "C"    not null,
    caption     text collate "C"    not null,
    posted_at   bigint,
    captured_at bigint,
    captured_by text collate "C"    not null,
    tool        text collate "C"    not null,
    page_sha256 text collate "C"    not null,
    page_name   text collate "C"    not null,
    filled_from text collate "C"    not null,
    updated_at  bigint not null
);
create index acquisitions_page on acquisitions (page_sha256);

create table bookmarks (
    id          text collate "C" primary key,
    evidence_id text collate "C"    not null references evidence (id),
    at_ms       bigint not null,
    author      text collate "C"    not null,
    text        text collate "C"    not null,
    created_at  bigint not null
);
create index bookmarks_evidence on bookmarks (evidence_id, at_ms, id);

alter table cases add column number text collate "C" not null default '';
alter table cases add column reviewer text collate "C" not null default '';
alter table cases add column reviewed_at bigint;
alter table cases add column on_hold bigint not null default 0;
update cases set state = 'draft' where state = 'open';
