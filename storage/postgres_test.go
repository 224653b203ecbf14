// SPDX-License-Identifier: AGPL-3.0-or-later

package storage_test

import (
	"database/sql"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"spoor/storage"
	"spoor/storage/postgrestest"
)

// TestOnPostgreSQL runs the tests of what a store does on PostgreSQL too. A test belongs here unless it looks into files of
// SQLite.
func TestOnPostgreSQL(t *testing.T) {
	server := postgrestest.Start(t)
	for name, test := range map[string]func(*testing.T){
		"Titles": TestTitles, "TitleIsChecked": TestTitleIsChecked, "AddTags": TestAddTags, "AddTagsKeepsWhatIsKnown": TestAddTagsKeepsWhatIsKnown,
		"AddTagsIsDense": TestAddTagsIsDense, "AddTagsStopsAtABadOne": TestAddTagsStopsAtABadOne, "EachTag": TestEachTagStopsAndResumes,
		"Cases": TestCases, "Evidence": TestEvidence, "BacktraceLife": TestBacktraceLife, "BacktraceIsChecked": TestBacktraceIsChecked,
		"Paging": TestPaging, "TitleKey": TestTitleKey, "TwoStores": TestTwoStoresOnOneHome, "OneResult": TestOneResultHoweverManyWork,
		"Applications": TestApplicationsAndTokens, "PipelinesAndFiles": TestPipelinesAndFiles, "TeamLife": TestTeamBacktracesGrowByOneVersionAChange,
		"TeamList": TestTeamBacktracesAreListedSortedAndFiltered, "TeamHold": TestEraseLeavesWhatIsUnderHold,
		"Remotes": TestRemotes, "Mirrored": TestMirroredIsIdempotentAndNeverGoesBack,
		"TakeIn": TestTakeInCopies, "InPlace": TestTakeInReferencesInPlace, "Casework": TestCaseFieldsAndReview, "Acquisition": TestAcquisition,
		"Commitments": TestCommitments, "Bookmarks": TestBookmarks, "Sources": TestSources, "Merge": TestMergeCases,
		"Search": TestSearch, "SearchKeepsUp": TestSearchKeepsUp, "Audit": TestAuditOfWhatHappens, "Tampering": TestTamperingIsFound, "TamperingWithTheLog": TestTamperingWithTheLogIsFound,
		"LogOnce": TestAContentIsImportedOnce, "LogParts": TestPartsOfOneKeyAreMerged, "LogSessions": TestSessionsBelongToTheirOnlyTag,
		"LogRetention": TestRetentionRemovesRawRowsAndKeepsWhatTheyAddUpTo, "Pings": TestPingsAreStoredWithTheirChange,
		"LogChanges":  TestChangedAccessesOfFoundTagsAreNoted,
		"LogAgain":    TestALogCanBeForgottenAndReadAnew,
		"LogSettings": TestWhatIsSaidOfLogsIsKept,
		"JobLife":     TestJobLife, "JobPriority": TestJobsComeByPriority, "JobPause": TestJobsPauseCancelAndRetry,
		"JobCancel": TestACancelledJobCancelsItsBacktrace, "JobsOfTheDead": TestJobsOfTheDeadAreFreed, "JobsOfACase": TestJobsOfACaseAreForgottenWithIt, "JobsOfAMergedCase": TestJobsOfACaseThatIsMergedGoWithIt,
		"Delete": TestDeleteCase, "CaseFile": TestCaseFileComesBack,
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv(testServer, server.NewDatabase(t))
			test(t)
		})
	}
	t.Run("Migration", func(t *testing.T) { testMigrationOnPostgres(t, server) })
	t.Run("Open", func(t *testing.T) { testOpenPostgres(t, server.NewDatabase(t)) })
}

// testServer is the environment variable that tells the helpers of the tests to use PostgreSQL.
const testServer = "SPOOR_TEST_POSTGRES"

// behind opens the database of a store behind its back, with nothing that stands in the way of altering it.
func behind(tb testing.TB, s *storage.Store) *sql.DB {
	tb.Helper()
	address := os.Getenv(testServer)
	if address == "" {
		return rawDB(tb, s.Home())
	}
	db := rawPostgres(tb, address)
	db.SetMaxOpenConns(1)
	_, err := db.ExecContext(tb.Context(), `set session_replication_role = replica`)
	require.NoError(tb, err)
	return db
}

// onServer is the option for the database that a test is to use.
func onServer() storage.Option { return storage.WithDatabase(os.Getenv(testServer)) }

func testOpenPostgres(t *testing.T, address string) {
	t.Helper()
	home := filepath.Join(t.TempDir(), "home")
	s := openAt(t, home, storage.WithDatabase(address))
	title := addTitle(t, s, "t")
	require.NoError(t, s.Check(t.Context()))
	require.NoFileExists(t, filepath.Join(home, "spoor.db"))
	again := openAt(t, home, storage.WithDatabase(address))
	got, err := again.Title(t.Context(), "t")
	require.NoError(t, err)
	require.Equal(t, title, got)

	_, err = storage.Open(t.Context(), home, storage.WithDatabase("mysql://x"))
	requireCode(t, storage.Invalid, err, "postgres://")
	_, err = storage.Open(t.Context(), home, storage.WithDatabase("postgres://u:hunter2@%zz/x"))
	requireCode(t, storage.Invalid, err)
	require.NotContains(t, err.Error(), "hunter2")
	_, err = storage.Open(t.Context(), home, storage.WithDatabase(strings.Replace(address, "spoor-pg-", "nowhere-", 1)))
	requireCode(t, storage.Denied, err)

	db := rawPostgres(t, address)
	_, err = db.ExecContext(t.Context(), `insert into goose_db_version (version_id, is_applied) values (999, true)`)
	require.NoError(t, err)
	_, err = storage.Open(t.Context(), home, storage.WithDatabase(address))
	requireCode(t, storage.Newer, err, "newer version of the program")
	_, err = db.ExecContext(t.Context(), `drop table goose_db_version`)
	require.NoError(t, err)
	_, err = storage.Open(t.Context(), home, storage.WithDatabase(address))
	requireCode(t, storage.Invalid, err, "another program")
}

// Every change of the schema is there for both databases.
func TestMigrationsOfBothDatabases(t *testing.T) {
	names := func(dialect string) (list []string) {
		entries, err := os.ReadDir(filepath.Join("migrations", dialect))
		require.NoError(t, err)
		for _, e := range entries {
			list = append(list, e.Name())
		}
		return list
	}
	require.Equal(t, names("sqlite"), names("postgres"), "scripts/postgres-migrations writes those that are missing")
}
