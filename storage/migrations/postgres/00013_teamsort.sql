-- SPDX-License-Identifier: AGPL-3.0-or-later
-- +goose Up
-- Lists of the API sorted by what people sort by, beside the times that have an index already.
create index team_backtraces_finished on team_backtraces (origin, user_id, finished_at, id);
create index team_backtraces_input on team_backtraces (origin, user_id, input_name, id);
create index team_backtraces_status_updated on team_backtraces (origin, user_id, status, updated_at, id);
