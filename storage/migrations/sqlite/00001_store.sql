-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Times are milliseconds since 1970 UTC, durations nanoseconds, JSON is text.
-- +goose Up
-- "SPOR": tells this file from other programs' databases.
PRAGMA application_id = 1397772114;

-- What the store keeps about itself.
create table meta (
    key   text primary key,
    value text not null
) strict;

create table titles (
    id          text primary key,
    name        text    not null,
    file_name   text    not null,
    sha256      text    not null,
    size        integer not null,
    duration_ns integer not null,
    width       integer not null,
    height      integer not null,
    frame_rate  text    not null,
    container   text    not null,
    key_id      text    not null,
    capacity    text    not null,
    created_at  integer not null
) strict;
create index titles_name on titles (name, id);
create index titles_sha256 on titles (sha256, id);

-- The registry. Ordinals are dense from 1 within a title and never reused: the
-- codeword of ordinal n is number n-1 in the registry's memory.
create table tags (
    title_id   text    not null references titles (id),
    ordinal    integer not null,
    text       text    not null,
    name       text    not null,
    company    text    not null,
    email      text    not null,
    note       text    not null,
    created_at integer not null,
    issued_at  integer,
    primary key (title_id, ordinal)
) strict, without rowid;
create unique index tags_text on tags (title_id, text);
create index tags_issued on tags (title_id, ordinal) where issued_at is not null;

create table copies (
    id          text primary key,
    title_id    text    not null,
    tag_ordinal integer not null,
    path        text    not null,
    sha256      text    not null,
    size        integer not null,
    strength    text    not null,
    psnr_db     real    not null,
    ssim        real    not null,
    created_at  integer not null,
    foreign key (title_id, tag_ordinal) references tags (title_id, ordinal)
) strict;
create index copies_tag on copies (title_id, tag_ordinal, id);
create index copies_sha256 on copies (sha256, id);

create table cases (
    id         text primary key,
    name       text    not null unique,
    examiner   text    not null,
    state      text    not null,
    is_inbox   integer not null,
    created_at integer not null,
    updated_at integer not null
) strict;
create unique index cases_inbox on cases (is_inbox) where is_inbox = 1;

create table notes (
    id         text primary key,
    case_id    text    not null references cases (id),
    author     text    not null,
    text       text    not null,
    created_at integer not null
) strict;
create index notes_case on notes (case_id, id);

create table evidence (
    id          text primary key,
    case_id     text    not null references cases (id),
    path        text    not null,
    file_name   text    not null,
    sha256      text    not null,
    size        integer not null,
    mod_time_ns integer,
    container   text    not null,
    created_at  integer not null
) strict;
create unique index evidence_case_sha256 on evidence (case_id, sha256);
create index evidence_case on evidence (case_id, id);
create index evidence_sha256 on evidence (sha256, id);

-- title_id points at titles without a constraint, here and in findings: a
-- result outlives a title that was removed by force.
create table backtraces (
    id           text primary key,
    evidence_id  text    not null references evidence (id),
    title_id     text    not null,
    method       text    not null,
    status       text    not null,
    verdict      text    not null,
    percentage   integer not null,
    error_msg    text    not null,
    error_code   text    not null,
    params       text    not null,
    params_hash  text    not null,
    versions     text    not null,
    best_score   real    not null,
    frames_used  integer not null,
    video_ms     integer not null,
    elapsed_ms   integer not null,
    threshold    real    not null,
    created_at   integer not null,
    updated_at   integer not null,
    finished_at  integer,
    version      integer not null
) strict;
create index backtraces_evidence on backtraces (evidence_id, id);
create index backtraces_title on backtraces (title_id, id);
create index backtraces_status on backtraces (status, id);
create index backtraces_created on backtraces (created_at, id);

create table checkpoints (
    backtrace_id text primary key references backtraces (id),
    state        blob    not null,
    saved_at     integer not null
) strict;

create table findings (
    backtrace_id text    not null references backtraces (id),
    position     integer not null,
    title_id     text    not null,
    tag_ordinal  integer not null,
    tag_text     text    not null,
    log10_p      real    not null,
    score        real    not null,
    weight       real    not null,
    method       text    not null,
    spans        text    not null,
    primary key (backtrace_id, position)
) strict, without rowid;
create index findings_title on findings (title_id, tag_ordinal);
create index findings_text on findings (tag_text, backtrace_id);
