-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Servers that a desktop works with. synced_until and sweep_start say how far copying from there has come: the latest
-- updated_at seen, and the place in the list of all. Secrets are in keys/.
-- +goose Up
create table remotes (
    id           text collate "C" primary key,
    name         text collate "C"    not null unique,
    url          text collate "C"    not null,
    client_id    text collate "C"    not null,
    synced_until bigint not null,
    sweep_start  bigint not null,
    swept_at     bigint not null,
    created_at   bigint not null
);

-- What was sent to a remote, one row for each backtrace: a hash of what it has from us, its version there, and where
-- both differ what it has.
create table outbox (
    remote_id    text collate "C"    not null references remotes (id),
    backtrace_id text collate "C"    not null,
    state        text collate "C"    not null,
    pushed       text collate "C"    not null,
    version      bigint not null,
    theirs       text collate "C"    not null,
    error        text collate "C"    not null,
    updated_at   bigint not null,
    primary key (remote_id, backtrace_id)
);

-- Leaks that a remote traces for us.
create table submissions (
    id           text collate "C" primary key,
    remote_id    text collate "C"    not null references remotes (id),
    case_id      text collate "C"    not null references cases (id),
    path         text collate "C"    not null,
    sha256       text collate "C"    not null,
    pipeline_id  text collate "C"    not null,
    job_id       text collate "C"    not null,
    location     text collate "C"    not null,
    object_key   text collate "C"    not null,
    backtrace_id text collate "C"    not null,
    done         bigint not null,
    created_at   bigint not null
);
create index submissions_open on submissions (remote_id, done, sha256);
