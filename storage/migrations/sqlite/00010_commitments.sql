-- SPDX-License-Identifier: AGPL-3.0-or-later
-- +goose Up
-- What binds the codewords of a title's first so many tags: sha256 is the root of the Merkle tree over them, frontier the
-- hashes of it that further tags are added to. They are made when tags are issued, so that the audit log, which names the
-- root, proves since when.
create table commitments (
    title_id   text    not null references titles (id),
    tags       integer not null,
    sha256     text    not null,
    frontier   text    not null,
    created_at integer not null,
    primary key (title_id, tags)
) strict, without rowid;
