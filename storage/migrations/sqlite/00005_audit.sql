-- SPDX-License-Identifier: AGPL-3.0-or-later
-- +goose Up
-- The audit log: entry n is a leaf of a Merkle tree, in the words of golang.org/x/mod/sumdb/tlog, whose hashes are in
-- audit_hashes. audit_head holds the newest tree head, signed. Nothing here is ever changed or removed, but for the head and the sums.
create table audit_entries (
    seq   integer primary key,
    entry text not null
) strict;
create table audit_hashes (
    position integer primary key,
    hash     blob not null
) strict;
create table audit_head (
    id   integer primary key,
    note text not null
) strict;

-- For each table the sum of the hashes of its rows, see audit_sum.go.
create table audit_sums (
    name  text primary key,
    rows  integer not null,
    state blob    not null
) strict;

-- Time stamps (RFC 3161) of tree heads, by somebody else's clock.
create table audit_stamps (
    size       integer primary key,
    note       text    not null,
    service    text    not null,
    token      blob    not null,
    created_at integer not null
) strict;
