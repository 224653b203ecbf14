// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"compress/gzip"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/pressly/goose/v3"
	"github.com/stretchr/testify/require"

	"spoor/engine"
	"spoor/engine/job"
	"spoor/storage"
)

// TestTorture kills the program (SIGKILL) at random moments of its work. Afterwards the database is whole, the audit log verifies,
// nothing that was there is lost, and the same command ends as it does undisturbed. `make torture` kills 200 times; a test
// run a few times.
func TestTorture(t *testing.T) {
	if _, err := exec.LookPath("ffmpeg"); err != nil {
		t.Skip("ffmpeg is not installed")
	}
	kills := 3
	if text := os.Getenv("SPOOR_TORTURE"); text != "" {
		n, err := strconv.Atoi(text)
		require.NoError(t, err)
		kills = n
	}
	o := newTorture(t)
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	o.random = rand.New(rand.NewPCG(seed, 1))
	jobs := o.jobs(t)
	if kills >= len(tortureMix()) {
		jobs = append(jobs, &tortureJob{name: "sync", base: o.team(t), args: []string{"sync"}, result: synced})
	}
	killed := map[string]int{}
	for i := range kills {
		mix := tortureMix()
		if kills < len(mix) {
			mix = []int{5, 0, 1, 2, 3}
		}
		j := jobs[mix[i%len(mix)]]
		if o.round(t, j) {
			killed[j.name]++
		}
	}
	t.Logf("killed in the midst of it: %v; the rest was done before", killed)
}

// tortureMix says which job each kill is for: what takes long is killed less often.
func tortureMix() []int { return []int{0, 1, 5, 6, 2, 0, 6, 1, 5, 3, 4} }

// torture is a home and the program that works on it.
type torture struct {
	dir, spoor string
	random     *rand.Rand
}

// tortureJob is a command and what it leaves when nothing disturbs it.
type tortureJob struct {
	name   string
	args   []string
	base   string                                      // home that it begins with
	took   time.Duration                               // undisturbed
	result func(t *testing.T, home, out string) string // what must be the same
	want   string
}

func newTorture(t *testing.T) *torture {
	t.Helper()
	dir := t.TempDir()
	self, err := os.Executable()
	require.NoError(t, err)
	o := &torture{dir: dir, spoor: filepath.Join(dir, "spoor")}
	require.NoError(t, os.Symlink(self, o.spoor)) // the test binary is the program where that is its name
	film := filepath.Join(dir, "film.mp4")
	out, err := exec.CommandContext(t.Context(), "ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc2=size=320x180:rate=12:duration=6",
		"-vf", "noise=alls=12:allf=t", "-c:v", "libx264", "-preset", "ultrafast", "-g", "12", "-pix_fmt", "yuv420p", film).CombinedOutput()
	require.NoError(t, err, "%s", out)
	base := filepath.Join(dir, "base")
	o.run(t, base, "title", "add", film)
	o.run(t, base, "mark", "film", "--tag", "alice", "-o", filepath.Join(dir, "alice.mp4"))
	o.run(t, base, "case", "note", "inbox", "a note that must not be lost")
	var csv strings.Builder
	csv.WriteString("tag\n")
	for i := range tortureTags {
		fmt.Fprintf(&csv, "user-%d\n", i)
	}
	require.NoError(t, os.WriteFile(filepath.Join(dir, "tags.csv"), []byte(csv.String()), 0o600))
	o.log(t)
	o.oldHome(t)
	return o
}

const tortureTags = 60_000

// tortureClients is how many clients the log tells of: so many that what they fetched is stored in several steps.
const tortureClients = 25_000

// log writes a log of which each client has two lines, far from each other.
func (o *torture) log(t *testing.T) {
	t.Helper()
	f, err := os.Create(filepath.Join(o.dir, "access.log.gz"))
	require.NoError(t, err)
	z := gzip.NewWriter(f)
	agent := strings.Repeat("Mozilla/5.0 (an agent much longer than usual) ", 20)
	for i := range 2 * tortureClients {
		n := i % tortureClients
		_, err := fmt.Fprintf(z, "%d.%d.%d.1 - - [01/Mar/2026:18:%02d:%02d +0000] \"GET /vod/film/720p/seg_%d.ts?autograph_tag=user-%d HTTP/1.1\""+
			" 200 1000 \"-\" \"%s\"\n", 11+n>>16, n>>8&255, n&255, i/60%60, i%60, i/tortureClients, n%7, agent)
		require.NoError(t, err)
	}
	require.NoError(t, errors.Join(z.Close(), f.Close()))
}

// oldHome is a home of the first version of the schema, with a case in it.
func (o *torture) oldHome(t *testing.T) {
	t.Helper()
	home := filepath.Join(o.dir, "old")
	require.NoError(t, os.Mkdir(home, 0o700))
	db, err := sql.Open("sqlite3", filepath.Join(home, "spoor.db"))
	require.NoError(t, err)
	provider, err := goose.NewProvider(goose.DialectSQLite3, db, os.DirFS("../../storage/migrations/sqlite"))
	require.NoError(t, err)
	_, err = provider.UpTo(t.Context(), 1)
	require.NoError(t, err)
	_, err = db.ExecContext(t.Context(), `insert into cases (id, name, examiner, state, is_inbox, created_at, updated_at)
		values ('0660f4d8b04eeb56ced5f7c7', 'old case', 'me', 'closed', 0, 1, 1)`)
	require.NoError(t, err)
	require.NoError(t, db.Close())
}

// command is the program on a home.
func (o *torture) command(ctx context.Context, home string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, o.spoor, append([]string{"--home", home, "--json", "-q"}, args...)...)
	cmd.Env = append(os.Environ(), "SPOOR_KEYRING=off")
	return cmd
}

func (o *torture) run(t *testing.T, home string, args ...string) string {
	t.Helper()
	cmd := o.command(t.Context(), home, args...)
	var said strings.Builder
	cmd.Stderr = &said
	out, err := cmd.Output()
	require.NoError(t, err, "%v: %s", args, said.String())
	return string(out)
}

func (o *torture) jobs(t *testing.T) []*tortureJob {
	t.Helper()
	base := filepath.Join(o.dir, "base")
	copied := filepath.Join(o.dir, "out", "bob.mp4")
	return []*tortureJob{
		{name: "tags", base: base, args: []string{"tag", "add", "film", "--tags", filepath.Join(o.dir, "tags.csv")}, result: registered},
		{name: "migration", base: filepath.Join(o.dir, "old"), args: []string{"case", "show", "old case"}, result: caseKept},
		{name: "mark", base: base, args: []string{"mark", "film", "--tag", "bob", "-o", copied}, result: func(t *testing.T, home, _ string) string {
			t.Helper()
			return o.copyRecorded(t, home, copied)
		}},
		{name: "intake and trace", base: base, args: []string{"trace", filepath.Join(o.dir, "alice.mp4")}, result: traced},
		{name: restoring, base: o.backedUp(t, base), args: []string{"backup", "restore"}, result: restored},
		{name: "log import", base: base, args: []string{"logs", "import", filepath.Join(o.dir, "access.log.gz")}, result: o.imported},
	}
}

const restoring = "putting back a backup"

// backedUp is a home like another, of which there is a backup, and with a note that is not in it.
func (o *torture) backedUp(t *testing.T, base string) string {
	t.Helper()
	home := filepath.Join(o.dir, "backed-up")
	require.NoError(t, os.CopyFS(home, os.DirFS(base)))
	o.run(t, home, "backup", "create")
	o.run(t, home, "case", "note", "inbox", "a note that is not in the backup")
	return home
}

// restored is what a home has whose backup was put back, and that what was there before is kept.
func restored(t *testing.T, home, _ string) string {
	t.Helper()
	s := opened(t, home)
	defer s.Close()
	title, err := s.Title(t.Context(), "film")
	require.NoError(t, err)
	kept, err := filepath.Glob(filepath.Join(home, "replaced", "*", "spoor.db"))
	require.NoError(t, err)
	require.NotEmpty(t, kept)
	return title.ID
}

// imported is what the log tells of each tag, and what became of its lines.
func (o *torture) imported(t *testing.T, home, _ string) string {
	t.Helper()
	e, err := engine.Open(t.Context(), home)
	require.NoError(t, err)
	defer e.Close()
	logs, err := e.Logs(t.Context(), storage.Page{})
	require.NoError(t, err)
	require.Len(t, logs, 1)
	require.Equal(t, storage.LogDone, logs[0].State)
	sum := sha256.New()
	for i := range 7 {
		got, err := e.Accesses(t.Context(), fmt.Sprintf("user-%d", i), "")
		require.NoError(t, err)
		for _, s := range got.AccessStats {
			s.Logs = nil // the id of the log is another one each time
			require.NoError(t, json.NewEncoder(sum).Encode(s))
		}
	}
	return fmt.Sprintf("%+v %x", logs[0].Counts, sum.Sum(nil))
}

// opened opens a home behind the program's back; the caller closes it.
func opened(t *testing.T, home string) *storage.Store {
	t.Helper()
	s, err := storage.Open(t.Context(), home)
	require.NoError(t, err)
	return s
}

func registered(t *testing.T, home, _ string) string {
	t.Helper()
	s := opened(t, home)
	defer s.Close()
	title, err := s.Title(t.Context(), "film")
	require.NoError(t, err)
	n, err := s.TagCount(t.Context(), title.ID)
	require.NoError(t, err)
	last, err := s.TagByOrdinal(t.Context(), title.ID, n)
	require.NoError(t, err)
	return fmt.Sprint(n, " ", last.Text)
}

func caseKept(t *testing.T, _, out string) string {
	t.Helper()
	var c struct{ ID, Name, State string }
	require.NoError(t, json.Unmarshal([]byte(out), &c))
	return fmt.Sprint(c)
}

func (o *torture) copyRecorded(t *testing.T, home, path string) string {
	t.Helper()
	_, err := os.Stat(path)
	require.NoError(t, err)
	s := opened(t, home)
	defer s.Close()
	title, err := s.Title(t.Context(), "film")
	require.NoError(t, err)
	tag, err := s.Tag(t.Context(), title.ID, "bob")
	require.NoError(t, err)
	copies, err := s.Copies(t.Context(), title.ID, tag.Ordinal)
	require.NoError(t, err)
	return fmt.Sprint(len(copies), copies[0].Path, copies[0].SHA256)
}

func traced(t *testing.T, home, out string) string {
	t.Helper()
	var r []struct {
		SHA256, Verdict string
		BestScore       float64 `json:"best_score"`
		Findings        []struct {
			Tag    string
			Score  float64
			Log10P float64 `json:"log10_p"`
		}
	}
	require.NoError(t, json.Unmarshal([]byte(out), &r))
	s := opened(t, home)
	defer s.Close()
	list, err := s.Backtraces(t.Context(), storage.Page{})
	require.NoError(t, err)
	for _, b := range list {
		require.Equal(t, storage.Success, b.Status)
	}
	jobs, err := s.Jobs(t.Context(), storage.JobList{})
	require.NoError(t, err)
	asked := 0
	for _, j := range jobs {
		if j.Kind == job.KindTrace {
			require.Equal(t, storage.JobDone, j.State)
			asked++
		}
	}
	require.Len(t, list, asked, "one result for each job, however often it was begun")
	return fmt.Sprint(r)
}

// round kills a job once, looks at what is left, lets it finish, and looks at the result. It says whether the job was
// killed before its end.
func (o *torture) round(t *testing.T, j *tortureJob) bool {
	t.Helper()
	if j.want == "" {
		home := o.fresh(t, j.base)
		begun := time.Now()
		out := o.run(t, home, j.args...)
		j.took = time.Since(begun)
		j.want = j.result(t, home, out)
	}
	home := o.fresh(t, j.base)
	cmd := o.command(t.Context(), home, j.args...)
	require.NoError(t, cmd.Start())
	moment := time.Duration(o.random.Float64() * float64(j.took))
	timer := time.AfterFunc(moment, func() { _ = cmd.Process.Kill() })
	killed := cmd.Wait() != nil
	timer.Stop()
	o.whole(t, j, home, moment)
	var out string
	if !o.issued(t, home) { // asking again would be refused, and rightly
		out = o.run(t, home, j.args...)
	}
	require.Equal(t, j.want, j.result(t, home, out), "%s killed after %v", j.name, moment)
	o.whole(t, j, home, moment)
	return killed
}

// issued says whether a copy was made and its job has ended.
func (o *torture) issued(t *testing.T, home string) bool {
	t.Helper()
	if _, err := os.Stat(filepath.Join(o.dir, "out", "bob.mp4")); err != nil {
		return false
	}
	s := opened(t, home)
	defer s.Close()
	open, err := s.Jobs(t.Context(), storage.JobList{Open: true})
	require.NoError(t, err)
	return len(open) == 0
}

// whole checks what a kill has left.
func (o *torture) whole(t *testing.T, j *tortureJob, home string, moment time.Duration) {
	t.Helper()
	s, err := storage.Open(t.Context(), home)
	if j.name == restoring && storage.CodeOf(err) == storage.Conflict {
		return // it says that the command is to be given once more
	}
	require.NoError(t, err, "%s killed after %v", j.name, moment)
	defer s.Close()
	require.NoError(t, s.Check(t.Context()))
	v, err := s.Verify(t.Context(), storage.VerifyOptions{})
	require.NoError(t, err)
	require.Empty(t, v.Faults, "%s killed after %v", j.name, moment)
	if j.name == "migration" {
		_, err := s.Case(t.Context(), "old case")
		require.NoError(t, err)
		return
	}
	inbox, err := s.Case(t.Context(), storage.Inbox)
	require.NoError(t, err)
	notes, err := s.Notes(t.Context(), inbox.ID, storage.Page{})
	require.NoError(t, err)
	if j.name == restoring { // before it is put back there are two
		require.NotEmpty(t, notes)
		return
	}
	require.Len(t, notes, 1)
}

// fresh copies a home, and empties the folder of copies.
func (o *torture) fresh(t *testing.T, base string) string {
	t.Helper()
	out := filepath.Join(o.dir, "out")
	require.NoError(t, os.RemoveAll(out))
	require.NoError(t, os.Mkdir(out, 0o700))
	home := filepath.Join(o.dir, "home")
	require.NoError(t, os.RemoveAll(home))
	require.NoError(t, os.CopyFS(home, os.DirFS(base)))
	return home
}
