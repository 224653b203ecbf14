-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Jobs are in River's tables (river_*), which its own migrations make and change. The program runs them before the last
-- file of this folder: a new version of River that changes its tables needs a new file here, such as this one.
-- +goose Up
select 1;
