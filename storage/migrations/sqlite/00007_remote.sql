-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Servers that a desktop works with. synced_until and sweep_start say how far copying from there has come: the latest
-- updated_at seen, and the place in the list of all. Secrets are in keys/.
-- +goose Up
create table remotes (
    id           text primary key,
    name         text    not null unique,
    url          text    not null,
    client_id    text    not null,
    synced_until integer not null,
    sweep_start  integer not null,
    swept_at     integer not null,
    created_at   integer not null
) strict;

-- What was sent to a remote, one row for each backtrace: a hash of what it has from us, its version there, and where
-- both differ what it has.
create table outbox (
    remote_id    text    not null references remotes (id),
    backtrace_id text    not null,
    state        text    not null,
    pushed       text    not null,
    version      integer not null,
    theirs       text    not null,
    error        text    not null,
    updated_at   integer not null,
    primary key (remote_id, backtrace_id)
) strict, without rowid;

-- Leaks that a remote traces for us.
create table submissions (
    id           text primary key,
    remote_id    text    not null references remotes (id),
    case_id      text    not null references cases (id),
    path         text    not null,
    sha256       text    not null,
    pipeline_id  text    not null,
    job_id       text    not null,
    location     text    not null,
    object_key   text    not null,
    backtrace_id text    not null,
    done         integer not null,
    created_at   integer not null
) strict;
create index submissions_open on submissions (remote_id, done, sha256);
