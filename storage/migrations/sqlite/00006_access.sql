-- SPDX-License-Identifier: AGPL-3.0-or-later
-- +goose Up
-- Access logs that were imported. A content is imported once. place says where an import stands that is not finished,
-- rules how requests were matched, counts and samples what became of the lines; all three are JSON.
create table access_logs (
    id          text primary key,
    file_name   text    not null,
    path        text    not null,
    sha256      text    not null unique,
    size        integer not null,
    format      text    not null,
    rules       text    not null,
    state       text    not null,
    place       text    not null,
    counts      text    not null,
    samples     text    not null,
    on_hold     integer not null,
    version     integer not null,
    created_at  integer not null,
    finished_at integer,
    purged_at   integer
) strict;

-- What one client fetched of one thing, as one log tells; log_id is empty where the log was removed and what it told was kept.
-- key is a hash of tag, session, file, address, agent and language. state is JSON of the engine's own.
create table access_parts (
    log_id   text    not null,
    key      text    not null,
    tag      text    not null,
    session  text    not null,
    file     text    not null,
    address  text    not null,
    agent    text    not null,
    language text    not null,
    first_ms integer not null,
    last_ms  integer not null,
    state    text    not null,
    primary key (log_id, key)
) strict, without rowid;
create index access_parts_tag on access_parts (tag, key, log_id);
create index access_parts_session on access_parts (session, key, log_id);
create index access_parts_address on access_parts (address, tag);

-- Which session belongs to which tag.
create table access_links (
    session text not null,
    tag     text not null,
    log_id  text not null,
    primary key (session, tag, log_id)
) strict, without rowid;
create index access_links_tag on access_links (tag, session);

-- What the analyst says of a file or stream in the logs; facts is JSON.
create table access_files (
    file     text primary key,
    title_id text not null,
    facts    text not null
) strict;

-- Ways of reading logs, kept by name; mapping is JSON.
create table access_mappings (
    name       text primary key,
    mapping    text    not null,
    created_at integer not null
) strict;
