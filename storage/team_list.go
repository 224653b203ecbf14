// SPDX-License-Identifier: AGPL-3.0-or-later

package storage

import (
	"context"
	"strings"
)

// TeamQuery selects backtraces as the API does.
type TeamQuery struct {
	Origin     string // "": served here
	UserID     string // whose; "" where Origin is another's
	Status     string // "" for all
	Tag        string // a part of a tag, in whatever case; "" for all
	Sort       string // one of TeamSorts; "" is id
	Descending bool
	Slice
}

// teamSorts maps what the API calls a key to where it is stored. What an object of the API has
// and is not sorted by itself goes by its id.
func teamSorts(key string) (string, bool) {
	switch key {
	case "", "id", "findings", "findings.href":
		return "id", true
	case "input", "input_name", "input.input_name":
		return "input_name", true
	case "pipeline", "pipeline.id":
		return "pipeline_id", true
	case "file", "file.id":
		return "file_id", true
	case "extracted_data", "extracted_data.autograph_tag":
		return "lower_tags", true
	case "application", "application.id":
		return "application_id", true
	case "user", "user.id":
		return "user_id", true
	case "job", "job.id":
		return "job_id", true
	case "percentage_completed":
		return "percentage", true
	case "status", "error_msg", "error_code", "finished_at", "version", "created_at", "updated_at":
		return key, true
	}
	return "", false
}

// IsTeamSort says whether backtraces can be sorted by a key.
func IsTeamSort(key string) bool {
	_, ok := teamSorts(key)
	return ok
}

// TeamBacktraces lists backtraces, and says how many there are. Equal ones stand
// in the order of their ids. Error: Invalid for a key that nothing can be sorted by.
func (s *Store) TeamBacktraces(ctx context.Context, q TeamQuery) ([]TeamBacktrace, int64, error) {
	column, ok := teamSorts(q.Sort)
	if !ok {
		return nil, 0, errorf(Invalid, "backtraces cannot be sorted by %q", q.Sort)
	}
	where, args := q.where()
	total, err := s.countTeamBacktraces(ctx, q, where, args)
	if err != nil {
		return nil, 0, s.classify("counting backtraces", err)
	}
	if q.Limit < 1 {
		q.Limit = total
	}
	direction := " asc"
	if q.Descending {
		direction = " desc"
	}
	order := column + direction
	if column != "id" {
		order += ", id" + direction
	}
	query := `select ` + teamColumns + ` from team_backtraces where ` + where + ` order by ` + order +
		` limit ` + placeholder(len(args)+1) + ` offset ` + placeholder(len(args)+2)
	list, err := collect(ctx, s.read, scanTeam, query, append(args, q.Limit, q.Start)...)
	return list, total, s.classify("listing backtraces", err)
}

func (q *TeamQuery) where() (string, []any) {
	where, args := `origin = $1 and user_id = $2`, []any{q.Origin, q.UserID}
	if q.Status != "" {
		args = append(args, q.Status)
		where += ` and status = ` + placeholder(len(args))
	}
	if q.Tag != "" {
		args = append(args, "%"+escapeLike(strings.ToLower(q.Tag))+"%")
		where += ` and lower_tags <> '' and lower_tags like ` + placeholder(len(args)) + ` escape '\'`
	}
	return where, args
}

func (s *Store) countTeamBacktraces(ctx context.Context, q TeamQuery, where string, args []any) (total int64, err error) {
	query := `select count(*) from team_backtraces where ` + where
	if q.Tag == "" {
		query = `select cast(coalesce(sum(n), 0) as bigint) from team_counts where ` + where
	}
	err = s.read.QueryRowContext(ctx, query, args...).Scan(&total)
	return total, err
}

// escapeLike makes a text mean itself in a pattern of LIKE.
func escapeLike(text string) string {
	return strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(text)
}

// OpenTeamBacktraces lists the ids of the backtraces served here that are not finished: at most so many that were begun, oldest
// first, then as many that were not.
func (s *Store) OpenTeamBacktraces(ctx context.Context, limit int) (ids []string, err error) {
	for _, status := range []Status{Processing, Queued} {
		list, err := collect(ctx, s.read, func(id *string, scan func(...any) error) error { return scan(id) },
			`select id from team_backtraces where status in ('QUEUED', 'PROCESSING') and status = $1 and origin = ''
			order by created_at, id limit $2`, string(status), limit)
		if err != nil {
			return nil, s.classify("listing open backtraces", err)
		}
		ids = append(ids, list...)
	}
	return ids, nil
}

// TitleSlice lists titles in the order they were registered, and says how many there are.
func (s *Store) TitleSlice(ctx context.Context, part Slice) ([]Title, int64, error) {
	return listSlice(ctx, s, scanTitle, titleColumns, `titles`, part)
}
