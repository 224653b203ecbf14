-- SPDX-License-Identifier: AGPL-3.0-or-later
-- +goose Up
-- The audit log: entry n is a leaf of a Merkle tree, in the words of golang.org/x/mod/sumdb/tlog, whose hashes are in
-- audit_hashes. audit_head holds the newest tree head, signed. Nothing here is ever changed or removed, but for the head and the sums.
create table audit_entries (
    seq   bigint primary key,
    entry text collate "C" not null
);
create table audit_hashes (
    position bigint primary key,
    hash     bytea not null
);
create table audit_head (
    id   bigint primary key,
    note text collate "C" not null
);

-- For each table the sum of the hashes of its rows, see audit_sum.go.
create table audit_sums (
    name  text collate "C" primary key,
    rows  bigint not null,
    state bytea    not null
);

-- Time stamps (RFC 3161) of tree heads, by somebody else's clock.
create table audit_stamps (
    size       bigint primary key,
    note       text collate "C"    not null,
    service    text collate "C"    not null,
    token      bytea    not null,
    created_at bigint not null
);
