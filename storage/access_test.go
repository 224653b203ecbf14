// SPDX-License-Identifier: AGPL-3.0-or-later

package storage_test

import (
	"encoding/json"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"spoor/storage"
)

// joined merges parts by keeping the earliest and the latest time.
func joined(a, b storage.AccessPart) (storage.AccessPart, error) {
	a.First, a.Last = min(a.First, b.First), max(a.Last, b.Last)
	a.State = json.RawMessage(fmt.Sprintf(`{"first":%d,"last":%d}`, a.First, a.Last))
	return a, nil
}

func accessParts(list ...storage.AccessPart) iter.Seq2[storage.AccessPart, error] {
	return func(yield func(storage.AccessPart, error) bool) {
		for _, p := range list {
			p.Key = hashOf(p.Tag + "|" + p.Session + "|" + p.File + "|" + p.Address)[:32]
			p.State = json.RawMessage(fmt.Sprintf(`{"first":%d,"last":%d}`, p.First, p.Last))
			if !yield(p, nil) {
				return
			}
		}
	}
}

func addLog(tb testing.TB, s *storage.Store, name string, links []storage.AccessLink, parts ...storage.AccessPart) storage.AccessLog {
	tb.Helper()
	l := storage.AccessLog{
		FileName: name, Path: "/in/" + name, SHA256: hashOf(name), Size: 10, Format: "combined",
		Rules: json.RawMessage(`{}`),
	}
	require.NoError(tb, s.AddAccessLog(tb.Context(), &l))
	require.Equal(tb, storage.LogPartial, l.State)
	for i := range parts {
		parts[i].LogID = l.ID
	}
	l.State, l.Place = storage.LogDone, json.RawMessage(`{"offset":10}`)
	require.NoError(tb, s.SaveAccessParts(tb.Context(), &l, accessParts(parts...), slices.Values(links), joined))
	require.NotNil(tb, l.FinishedAt)
	return l
}

func seen(tag, session, address string, first, last int64) storage.AccessPart {
	return storage.AccessPart{Tag: tag, Session: session, Address: address, File: "film.mp4", Agent: "Player", First: first, Last: last}
}

func TestAContentIsImportedOnce(t *testing.T) {
	s := openNew(t)
	l := addLog(t, s, "a.log", nil, seen("alice", "", "1.2.3.4", 5, 9))
	again := storage.AccessLog{FileName: "other name.log", SHA256: l.SHA256}
	requireCode(t, storage.Exists, s.AddAccessLog(t.Context(), &again))
	for _, which := range []string{l.ID, l.SHA256, "a.log"} {
		got, err := s.AccessLog(t.Context(), which)
		require.NoError(t, err)
		require.Equal(t, l, got)
	}
	_, err := s.AccessLog(t.Context(), "b.log")
	requireCode(t, storage.NotFound, err)
	list, err := s.AccessLogs(t.Context(), storage.Page{})
	require.NoError(t, err)
	require.Equal(t, []storage.AccessLog{l}, list)

	stale := l
	require.NoError(t, s.SaveAccessParts(t.Context(), &l, accessParts(), slices.Values([]storage.AccessLink(nil)), joined))
	requireCode(t, storage.Conflict, s.SaveAccessParts(t.Context(), &stale, accessParts(), slices.Values([]storage.AccessLink(nil)),
		joined))
}

func TestPartsOfOneKeyAreMerged(t *testing.T) {
	s := openNew(t)
	l := addLog(t, s, "a.log", nil, seen("alice", "", "1.2.3.4", 5, 9), seen("alice", "", "1.2.3.5", 5, 9))
	more := seen("alice", "", "1.2.3.4", 3, 7)
	more.LogID = l.ID
	require.NoError(t, s.SaveAccessParts(t.Context(), &l, accessParts(more), slices.Values([]storage.AccessLink(nil)), joined))
	got, err := s.AccessParts(t.Context(), "alice")
	require.NoError(t, err)
	require.Len(t, got, 2)
	i := slices.IndexFunc(got, func(p storage.AccessPart) bool { return p.Address == "1.2.3.4" })
	require.Equal(t, int64(3), got[i].First)
	require.Equal(t, int64(9), got[i].Last)
	require.JSONEq(t, `{"first":3,"last":9}`, string(got[i].State))
}

func TestSessionsBelongToTheirOnlyTag(t *testing.T) {
	s := openNew(t)
	addLog(t, s, "late.log", nil, seen("", "s1", "1.2.3.4", 1, 2), seen("", "s2", "1.2.3.4", 1, 2))
	got, err := s.AccessParts(t.Context(), "alice")
	require.NoError(t, err)
	require.Empty(t, got)
	links := []storage.AccessLink{{Session: "s1", Tag: "alice"}, {Session: "s2", Tag: "alice"}, {Session: "s2", Tag: "bob"}}
	addLog(t, s, "early.log", links, seen("alice", "", "1.2.3.4", 3, 4), seen("bob", "", "1.2.3.4", 3, 4))
	got, err = s.AccessParts(t.Context(), "alice")
	require.NoError(t, err)
	require.Len(t, got, 2, "its own, and that of s1; s2 has two tags")
	got, err = s.AccessParts(t.Context(), "bob")
	require.NoError(t, err)
	require.Len(t, got, 1)

	tags, err := s.AccessTags(t.Context(), "", 0)
	require.NoError(t, err)
	require.Equal(t, []storage.AccessTag{{Tag: "alice", Clients: 1, First: 3, Last: 4}, {Tag: "bob", Clients: 1, First: 3, Last: 4}}, tags)
	around, err := s.TagsAround(t.Context(), "alice")
	require.NoError(t, err)
	require.Equal(t, []storage.ClientTag{{"1.2.3.4", "Player", "", "alice"}, {"1.2.3.4", "Player", "", "bob"}}, around)
}

func TestRetentionRemovesRawRowsAndKeepsWhatTheyAddUpTo(t *testing.T) {
	s := openNew(t)
	file := filepath.Join(t.TempDir(), "a.log")
	require.NoError(t, os.WriteFile(file, []byte("a log"), 0o600))
	v, err := s.TakeIn(t.Context(), storage.TakeIn{Path: file})
	require.NoError(t, err)
	vaulted := s.VaultPath(v)

	l := storage.AccessLog{FileName: "a.log", SHA256: v.SHA256, Size: v.Size, Rules: json.RawMessage(`{}`)}
	require.NoError(t, s.AddAccessLog(t.Context(), &l))
	l.State, l.Samples = storage.LogDone, json.RawMessage(`[1]`)
	one := seen("alice", "", "1.2.3.4", 5, 9)
	one.LogID = l.ID
	require.NoError(t, s.SaveAccessParts(t.Context(), &l, accessParts(one), slices.Values([]storage.AccessLink{{
		Session: "s",
		Tag:     "alice",
	}}), joined))
	b := addLog(t, s, "b.log", nil, seen("alice", "", "1.2.3.4", 2, 6), seen("", "s", "1.2.3.9", 2, 6))

	list, err := s.PurgeableLogs(t.Context(), time.Now().Add(-time.Hour))
	require.NoError(t, err)
	require.Empty(t, list, "too young")
	later := time.Now().Add(time.Hour)
	require.NoError(t, s.SetLogHold(t.Context(), b.ID, true))
	list, err = s.PurgeableLogs(t.Context(), later)
	require.NoError(t, err)
	require.Len(t, list, 1, "b is held")
	requireCode(t, storage.Conflict, s.PurgeLog(t.Context(), b, later, joined), "held")
	require.NoError(t, s.PurgeLog(t.Context(), l, later, joined))
	require.NoFileExists(t, vaulted)
	_, err = s.VaultFile(t.Context(), v.SHA256)
	requireCode(t, storage.NotFound, err)
	requireCode(t, storage.Conflict, s.PurgeLog(t.Context(), l, later, joined), "removed already")

	require.NoError(t, s.SetLogHold(t.Context(), b.ID, false))
	require.NoError(t, s.PurgeLog(t.Context(), b, later, joined))
	got, err := s.AccessParts(t.Context(), "alice")
	require.NoError(t, err)
	require.Len(t, got, 2)
	i := slices.IndexFunc(got, func(p storage.AccessPart) bool { return p.Tag == "alice" })
	require.Equal(t, int64(2), got[i].First)
	require.Equal(t, int64(9), got[i].Last)
	require.Empty(t, got[i].LogID)
	after, err := s.AccessLog(t.Context(), l.ID)
	require.NoError(t, err)
	require.NotNil(t, after.PurgedAt)
	require.Empty(t, after.Samples)
	requireCode(t, storage.Exists, s.AddAccessLog(t.Context(), &storage.AccessLog{SHA256: v.SHA256, FileName: "a.log"}))
	requireCode(t, storage.Conflict, s.DropAccessLog(t.Context(), after), "cannot be taken back")
}

func TestACaseOnHoldKeepsItsLogs(t *testing.T) {
	if os.Getenv(testServer) != "" {
		t.Skip("reaches into the file of the database")
	}
	home := filepath.Join(t.TempDir(), "home")
	s, err := storage.Open(t.Context(), home)
	require.NoError(t, err)
	defer func() { require.NoError(t, s.Close()) }()
	title := addTitle(t, s, "film")
	addTags(t, s, title.ID, "alice")
	b := addBacktrace(t, s, addEvidence(t, s, storage.Inbox, "leak.mp4"))
	b.Status, b.Verdict, b.TitleID = storage.Success, storage.Found, title.ID
	require.NoError(t, s.FinishBacktrace(t.Context(), &b, []storage.Finding{{
		TitleID: title.ID, TagOrdinal: 1, TagText: "alice",
		Log10P: -20,
	}}))
	addLog(t, s, "a.log", []storage.AccessLink{{Session: "s", Tag: "alice"}}, seen("alice", "", "1.2.3.4", 5, 9))
	addLog(t, s, "sessions.log", nil, seen("", "s", "1.2.3.4", 5, 9))
	addLog(t, s, "links.log", []storage.AccessLink{{Session: "t", Tag: "alice"}})
	other := addLog(t, s, "other.log", []storage.AccessLink{{Session: "u", Tag: "bob"}}, seen("", "u", "1.2.3.4", 5, 9))
	later := time.Now().Add(time.Hour)
	_, err = rawDB(t, home).Exec(`update cases set on_hold = 1`)
	require.NoError(t, err)
	list, err := s.PurgeableLogs(t.Context(), later)
	require.NoError(t, err)
	require.Len(t, list, 1, "what tells nothing of the held tag, not by a session either")
	require.Equal(t, other.ID, list[0].ID)
	_, err = rawDB(t, home).Exec(`update cases set on_hold = 0`)
	require.NoError(t, err)
	list, err = s.PurgeableLogs(t.Context(), later)
	require.NoError(t, err)
	require.Len(t, list, 4)
}

// changed takes in what is noted, and returns its tags.
func changed(t *testing.T, s *storage.Store) []string {
	t.Helper()
	list, err := s.AccessChanges(t.Context(), 100)
	require.NoError(t, err)
	var tags []string
	for _, c := range list {
		tags = append(tags, c.Tag)
		require.NoError(t, s.ForgetAccessChange(t.Context(), c))
	}
	return tags
}

func TestChangedAccessesOfFoundTagsAreNoted(t *testing.T) {
	s, ctx := openNew(t), t.Context()
	title := addTitle(t, s, "film")
	addTags(t, s, title.ID, "alice", "bob", "carol")
	b := addBacktrace(t, s, addEvidence(t, s, storage.Inbox, "leak.mp4"))
	b.Status, b.Verdict, b.TitleID = storage.Success, storage.Found, title.ID
	require.NoError(t, s.FinishBacktrace(ctx, &b, []storage.Finding{
		{TitleID: title.ID, TagOrdinal: 1, TagText: "alice", Log10P: -20}, {TitleID: title.ID, TagOrdinal: 2, TagText: "bob", Log10P: -20},
	}))
	shown := addTeam(t, s, storage.TeamBacktrace{UserID: "u", Status: storage.Success, EngineID: b.ID, Tags: []string{"alice", "bob"}})
	found, err := s.TeamFindings(ctx, "alice")
	require.NoError(t, err)
	require.Equal(t, []storage.TeamFinding{{BacktraceID: shown.ID, TitleID: title.ID}}, found)
	require.Empty(t, changed(t, s))

	l := addLog(t, s, "a.log", []storage.AccessLink{{Session: "s", Tag: "alice"}}, seen("alice", "", "1.2.3.4", 1, 2),
		seen("carol", "", "1.2.3.4", 1, 2))
	require.Equal(t, []string{"alice"}, changed(t, s), "carol was found nowhere")
	addLog(t, s, "late.log", nil, seen("", "s", "1.2.3.4", 1, 2))
	require.Equal(t, []string{"alice"}, changed(t, s), "requests of its session")
	addLog(t, s, "two.log", []storage.AccessLink{{Session: "s", Tag: "bob"}})
	require.Equal(t, []string{"alice", "bob"}, changed(t, s), "a session of two tags is of neither")
	require.NoError(t, s.DropAccessLog(ctx, l))
	require.Equal(t, []string{"alice", "bob"}, changed(t, s))
	require.NoError(t, s.SetAccessFile(ctx, storage.AccessFile{File: "/a", Facts: json.RawMessage(`{}`)}))
	require.Equal(t, []string{"alice", "bob"}, changed(t, s))

	require.NoError(t, s.NoteAccessChanges(ctx, "bob", "carol"))
	list, err := s.AccessChanges(ctx, 100)
	require.NoError(t, err)
	require.NoError(t, s.NoteAccessChanges(ctx, "bob"))
	require.NoError(t, s.ForgetAccessChange(ctx, list[0]))
	require.Equal(t, []string{"bob"}, changed(t, s), "it changed again while it was taken in")
}

func TestALogCanBeForgottenAndReadAnew(t *testing.T) {
	s := openNew(t)
	l := addLog(t, s, "a.log", []storage.AccessLink{{Session: "s", Tag: "alice"}}, seen("alice", "", "1.2.3.4", 5, 9))
	require.NoError(t, s.DropAccessLog(t.Context(), l))
	got, err := s.AccessParts(t.Context(), "alice")
	require.NoError(t, err)
	require.Empty(t, got)
	addLog(t, s, "a.log", nil, seen("bob", "", "1.2.3.4", 5, 9))
}

func TestWhatIsSaidOfLogsIsKept(t *testing.T) {
	s := openNew(t)
	require.NoError(t, s.SetAccessFile(t.Context(), storage.AccessFile{File: "/a", TitleID: "t", Facts: json.RawMessage(`{"size":1}`)}))
	require.NoError(t, s.SetAccessFile(t.Context(), storage.AccessFile{File: "/a", Facts: json.RawMessage(`{"size":2}`)}))
	files, err := s.AccessFiles(t.Context())
	require.NoError(t, err)
	require.Equal(t, []storage.AccessFile{{File: "/a", Facts: json.RawMessage(`{"size":2}`)}}, files)
	require.NoError(t, s.SetLogMapping(t.Context(), storage.LogMapping{Name: "mine", Mapping: json.RawMessage(`{"format":"w3c"}`)}))
	mappings, err := s.LogMappings(t.Context())
	require.NoError(t, err)
	require.Len(t, mappings, 1)
	require.JSONEq(t, `{"format":"w3c"}`, string(mappings[0].Mapping))
	requireCode(t, storage.Invalid, s.SetLogMapping(t.Context(), storage.LogMapping{Name: "", Mapping: json.RawMessage(`{}`)}))
	requireCode(t, storage.Invalid, s.SetAccessFile(t.Context(), storage.AccessFile{File: "a", Facts: json.RawMessage(`{`)}))

	value, err := s.Setting(t.Context(), "x")
	require.NoError(t, err)
	require.Empty(t, value)
	require.NoError(t, s.SetSetting(t.Context(), "x", "1"))
	require.NoError(t, s.SetSetting(t.Context(), "x", "2"))
	value, err = s.Setting(t.Context(), "x")
	require.NoError(t, err)
	require.Equal(t, "2", value)
}
