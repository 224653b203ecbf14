-- SPDX-License-Identifier: AGPL-3.0-or-later
-- +goose Up
-- Access logs that were imported. A content is imported once. place says where an import stands that is not finished,
-- rules how requests were matched, counts and samples what became of the lines; all three are JSON.
create table access_logs (
    id          text collate "C" primary key,
    file_name   text collate "C" not null,
    path        text collate "C" not null,
    sha256      text collate "C" not null unique,
    size        bigint not null,
    format      text collate "C" not null,
    rules       text collate "C" not null,
    state       text collate "C" not null,
    place       text collate "C" not null,
    counts      text collate "C" not null,
    samples     text collate "C" not null,
    on_hold     bigint not null,
    version     bigint not null,
    created_at  bigint not null,
    finished_at bigint,
    purged_at   bigint
);

-- What one client fetched of one thing, as one log tells; log_id is empty where the log was removed and what it told was kept.
-- key is a hash of tag, session, file, address, agent and language. state is JSON of the engine's own.
create table access_parts (
    log_id   text collate "C" not null,
    key      text collate "C" not null,
    tag      text collate "C" not null,
    session  text collate "C" not null,
    file     text collate "C" not null,
    address  text collate "C" not null,
    agent    text collate "C" not null,
    language text collate "C" not null,
    first_ms bigint not null,
    last_ms  bigint not null,
    state    text collate "C" not null,
    primary key (log_id, key)
);
create index access_parts_tag on access_parts (tag, key, log_id);
create index access_parts_session on access_parts (session, key, log_id);
create index access_parts_address on access_parts (address, tag);

-- Which session belongs to which tag.
create table access_links (
    session text collate "C" not null,
    tag     text collate "C" not null,
    log_id  text collate "C" not null,
    primary key (session, tag, log_id)
);
create index access_links_tag on access_links (tag, session);

-- What the analyst says of a file or stream in the logs; facts is JSON.
create table access_files (
    file     text collate "C" primary key,
    title_id text collate "C" not null,
    facts    text collate "C" not null
);

-- Ways of reading logs, kept by name; mapping is JSON.
create table access_mappings (
    name       text collate "C" primary key,
    mapping    text collate "C" not null,
    created_at bigint not null
);
