-- SPDX-License-Identifier: AGPL-3.0-or-later
-- What the API has beyond a desktop: who may speak to it, where inputs come from, and backtraces as it shows them.
-- +goose Up
create table users (
    id         text primary key,
    name       text    not null unique,
    created_at integer not null
) strict;

-- secret_hash and tokens.hash are SHA-256 in hex; the secrets themselves are kept nowhere.
create table applications (
    id          text primary key,
    name        text    not null,
    user_id     text    not null references users (id),
    secret_hash text    not null,
    scopes      text    not null,
    created_at  integer not null,
    revoked_at  integer
) strict;
create index applications_user on applications (user_id, id);

create table tokens (
    hash           text primary key,
    application_id text    not null references applications (id),
    scopes         text    not null,
    created_at     integer not null,
    expires_at     integer not null
) strict, without rowid;
create index tokens_expiry on tokens (expires_at);
create index tokens_application on tokens (application_id);

create table pipelines (
    id            text primary key,
    name          text    not null unique,
    input         text    not null,
    ping_error    text    not null,
    ping_warning  text    not null,
    ping_started  text    not null,
    ping_finished text    not null,
    pings         integer not null,
    ping_key      text    not null,
    created_at    integer not null
) strict;

create table files (
    id             text primary key,
    name           text    not null,
    object_key     text    not null unique,
    size           integer not null,
    sha256         text    not null,
    application_id text    not null,
    user_id        text    not null,
    created_at     integer not null
) strict;
create index files_user on files (user_id, id);

-- Backtraces as the API shows them. origin is empty for those that are served here, else the remote that they are a
-- copy from. lower_tags are the tags in lower case, a line each, to be searched in. engine_id is the backtrace that the
-- result was worked out by, where that was here.
create table team_backtraces (
    origin         text    not null,
    id             text    not null,
    input_name     text    not null,
    pipeline_id    text    not null,
    file_id        text    not null,
    application_id text    not null,
    user_id        text    not null,
    job_id         text    not null,
    status         text    not null,
    percentage     integer not null,
    error_msg      text    not null,
    error_code     text    not null,
    extracted      text    not null,
    findings       text    not null,
    lower_tags     text    not null,
    engine_id      text    not null,
    created_at     integer not null,
    updated_at     integer not null,
    finished_at    integer not null,
    version        integer not null,
    primary key (origin, id)
) strict;
create index team_backtraces_id on team_backtraces (origin, user_id, id);
create index team_backtraces_created on team_backtraces (origin, user_id, created_at, id);
create index team_backtraces_updated on team_backtraces (origin, user_id, updated_at, id);
create index team_backtraces_status on team_backtraces (origin, user_id, status, created_at, id);
create index team_backtraces_tagged on team_backtraces (origin, user_id, created_at, id, lower_tags) where lower_tags <> '';
create index team_backtraces_open on team_backtraces (status, created_at, id) where status in ('QUEUED', 'PROCESSING');

-- How many there are, so that a page can say so without counting.
create table team_counts (
    origin  text    not null,
    user_id text    not null,
    status  text    not null,
    n       integer not null,
    primary key (origin, user_id, status)
) strict, without rowid;
