-- SPDX-License-Identifier: AGPL-3.0-or-later
-- +goose Up
-- What a server has still to tell the addresses of a pipeline. due_at is when it is tried next; whoever tries first puts it off, so that
-- two servers do not tell the same.
create table pings (
    id           text collate "C" primary key,
    backtrace_id text collate "C"    not null,
    pipeline_id  text collate "C"    not null,
    url          text collate "C"    not null,
    body         text collate "C"    not null,
    tries        bigint not null,
    due_at       bigint not null
);
create index pings_due on pings (due_at, id);
