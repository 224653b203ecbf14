-- SPDX-License-Identifier: AGPL-3.0-or-later
-- +goose Up
-- All that came out of a backtrace, as JSON: what a report shows beside the findings.
create table backtrace_records (
    backtrace_id text collate "C" primary key references backtraces (id) on delete cascade,
    record       text collate "C" not null
);
