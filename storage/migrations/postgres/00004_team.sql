-- SPDX-License-Identifier: AGPL-3.0-or-later
-- What the API has beyond a desktop: who may speak to it, where inputs come from, and backtraces as it shows them.
-- +goose Up
create table users (
    id         text collate "C" primary key,
    name       text collate "C"    not null unique,
    created_at bigint not null
);

-- secret_hash and tokens.hash are SHA-256 in hex; the secrets themselves are kept nowhere.
create table applications (
    id          text collate "C" primary key,
    name        text collate "C"    not null,
    user_id     text collate "C"    not null references users (id),
    secret_hash text collate "C"    not null,
    scopes      text collate "C"    not null,
    created_at  bigint not null,
    revoked_at  bigint
);
create index applications_user on applications (user_id, id);

create table tokens (
    hash           text collate "C" primary key,
    application_id text collate "C"    not null references applications (id),
    scopes         text collate "C"    not null,
    created_at     bigint not null,
    expires_at     bigint not null
);
create index tokens_expiry on tokens (expires_at);
create index tokens_application on tokens (application_id);

create table pipelines (
    id            text collate "C" primary key,
    name          text collate "C"    not null unique,
    input         text collate "C"    not null,
    ping_error    text collate "C"    not null,
    ping_warning  text collate "C"    not null,
    ping_started  text collate "C"    not null,
    ping_finished text collate "C"    not null,
    pings         bigint not null,
    ping_key      text collate "C"    not null,
    created_at    bigint not null
);

create table files (
    id             text collate "C" primary key,
    name           text collate "C"    not null,
    object_key     text collate "C"    not null unique,
    size           bigint not null,
    sha256         text collate "C"    not null,
    application_id text collate "C"    not null,
    user_id        text collate "C"    not null,
    created_at     bigint not null
);
create index files_user on files (user_id, id);

-- Backtraces as the API shows them. origin is empty for those that are served here, else the remote that they are a
-- copy from. lower_tags are the tags in lower case, a line each, to be searched in. engine_id is the backtrace that the
-- result was worked out by, where that was here.
create table team_backtraces (
    origin         text collate "C"    not null,
    id             text collate "C"    not null,
    input_name     text collate "C"    not null,
    pipeline_id    text collate "C"    not null,
    file_id        text collate "C"    not null,
    application_id text collate "C"    not null,
    user_id        text collate "C"    not null,
    job_id         text collate "C"    not null,
    status         text collate "C"    not null,
    percentage     bigint not null,
    error_msg      text collate "C"    not null,
    error_code     text collate "C"    not null,
    extracted      text collate "C"    not null,
    findings       text collate "C"    not null,
    lower_tags     text collate "C"    not null,
    engine_id      text collate "C"    not null,
    created_at     bigint not null,
    updated_at     bigint not null,
    finished_at    bigint not null,
    version        bigint not null,
    primary key (origin, id)
);
create index team_backtraces_id on team_backtraces (origin, user_id, id);
create index team_backtraces_created on team_backtraces (origin, user_id, created_at, id);
create index team_backtraces_updated on team_backtraces (origin, user_id, updated_at, id);
create index team_backtraces_status on team_backtraces (origin, user_id, status, created_at, id);
create index team_backtraces_tagged on team_backtraces (origin, user_id, created_at, id, lower_tags) where lower_tags <> '';
create index team_backtraces_open on team_backtraces (status, created_at, id) where status in ('QUEUED', 'PROCESSING');

-- How many there are, so that a page can say so without counting.
create table team_counts (
    origin  text collate "C"    not null,
    user_id text collate "C"    not null,
    status  text collate "C"    not null,
    n       bigint not null,
    primary key (origin, user_id, status)
);
