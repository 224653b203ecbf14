-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Times are milliseconds since 1970 UTC, durations nanoseconds, JSON is text.
-- +goose Up

-- What the store keeps about itself.
create table meta (
    key   text collate "C" primary key,
    value text collate "C" not null
);

create table titles (
    id          text collate "C" primary key,
    name        text collate "C"    not null,
    file_name   text collate "C"    not null,
    sha256      text collate "C"    not null,
    size        bigint not null,
    duration_ns bigint not null,
    width       bigint not null,
    height      bigint not null,
    frame_rate  text collate "C"    not null,
    container   text collate "C"    not null,
    key_id      text collate "C"    not null,
    capacity    text collate "C"    not null,
    created_at  bigint not null
);
create index titles_name on titles (name, id);
create index titles_sha256 on titles (sha256, id);

-- The registry. Ordinals are dense from 1 within a title and never reused: the
-- codeword of ordinal n is number n-1 in the registry's memory.
create table tags (
    title_id   text collate "C"    not null references titles (id),
    ordinal    bigint not null,
    text       text collate "C"    not null,
    name       text collate "C"    not null,
    company    text collate "C"    not null,
    email      text collate "C"    not null,
    note       text collate "C"    not null,
    created_at bigint not null,
    issued_at  bigint,
    primary key (title_id, ordinal)
);
create unique index tags_text on tags (title_id, text);
create index tags_issued on tags (title_id, ordinal) where issued_at is not null;

create table copies (
    id          text collate "C" primary key,
    title_id    text collate "C"    not null,
    tag_ordinal bigint not null,
    path        text collate "C"    not null,
    sha256      text collate "C"    not null,
    size        bigint not null,
    strength    text collate "C"    not null,
    psnr_db     double precision    not null,
    ssim        double precision    not null,
    created_at  bigint not null,
    foreign key (title_id, tag_ordinal) references tags (title_id, ordinal)
);
create index copies_tag on copies (title_id, tag_ordinal, id);
create index copies_sha256 on copies (sha256, id);

create table cases (
    id         text collate "C" primary key,
    name       text collate "C"    not null unique,
    examiner   text collate "C"    not null,
    state      text collate "C"    not null,
    is_inbox   bigint not null,
    created_at bigint not null,
    updated_at bigint not null
);
create unique index cases_inbox on cases (is_inbox) where is_inbox = 1;

create table notes (
    id         text collate "C" primary key,
    case_id    text collate "C"    not null references cases (id),
    author     text collate "C"    not null,
    text       text collate "C"    not null,
    created_at bigint not null
);
create index notes_case on notes (case_id, id);

create table evidence (
    id          text collate "C" primary key,
    case_id     text collate "C"    not null references cases (id),
    path        text collate "C"    not null,
    file_name   text collate "C"    not null,
    sha256      text collate "C"    not null,
    size        bigint not null,
    mod_time_ns bigint,
    container   text collate "C"    not null,
    created_at  bigint not null
);
create unique index evidence_case_sha256 on evidence (case_id, sha256);
create index evidence_case on evidence (case_id, id);
create index evidence_sha256 on evidence (sha256, id);

-- title_id points at titles without a constraint, here and in findings: a
-- result outlives a title that was removed by force.
create table backtraces (
    id           text collate "C" primary key,
    evidence_id  text collate "C"    not null references evidence (id),
    title_id     text collate "C"    not null,
    method       text collate "C"    not null,
    status       text collate "C"    not null,
    verdict      text collate "C"    not null,
    percentage   bigint not null,
    error_msg    text collate "C"    not null,
    error_code   text collate "C"    not null,
    params       text collate "C"    not null,
    params_hash  text collate "C"    not null,
    versions     text collate "C"    not null,
    best_score   double precision    not null,
    frames_used  bigint not null,
    video_ms     bigint not null,
    elapsed_ms   bigint not null,
    threshold    double precision    not null,
    created_at   bigint not null,
    updated_at   bigint not null,
    finished_at  bigint,
    version      bigint not null
);
create index backtraces_evidence on backtraces (evidence_id, id);
create index backtraces_title on backtraces (title_id, id);
create index backtraces_status on backtraces (status, id);
create index backtraces_created on backtraces (created_at, id);

create table checkpoints (
    backtrace_id text collate "C" primary key references backtraces (id),
    state        bytea    not null,
    saved_at     bigint not null
);

create table findings (
    backtrace_id text collate "C"    not null references backtraces (id),
    position     bigint not null,
    title_id     text collate "C"    not null,
    tag_ordinal  bigint not null,
    tag_text     text collate "C"    not null,
    log10_p      double precision    not null,
    score        double precision    not null,
    weight       double precision    not null,
    method       text collate "C"    not null,
    spans        text collate "C"    not null,
    primary key (backtrace_id, position)
);
create index findings_title on findings (title_id, tag_ordinal);
create index findings_text on findings (tag_text, backtrace_id);
