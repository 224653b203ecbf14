-- SPDX-License-Identifier: AGPL-3.0-or-later
-- +goose Up
-- Tags that were found and whose accesses have become others since: a server brings what it shows up to date and takes the tag out
-- again, unless times has grown meanwhile.
create table access_changes (
    tag   text primary key,
    times integer not null
) strict, without rowid;
create index team_backtraces_engine on team_backtraces (engine_id, id) where engine_id <> '';
