-- SPDX-License-Identifier: AGPL-3.0-or-later
-- +goose Up
-- What a server has still to tell the addresses of a pipeline. due_at is when it is tried next; whoever tries first puts it off, so that
-- two servers do not tell the same.
create table pings (
    id           text primary key,
    backtrace_id text    not null,
    pipeline_id  text    not null,
    url          text    not null,
    body         text    not null,
    tries        integer not null,
    due_at       integer not null
) strict;
create index pings_due on pings (due_at, id);
