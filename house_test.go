// SPDX-License-Identifier: AGPL-3.0-or-later

// Package house_test holds the rules of the house: which room may import which, and what every file must and must not
// have. It reads the whole repository and runs nothing of it. The rooms are explained in README.md.
package house_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const module = "spoor"

// rooms says for each room which others it may rest on, directly or through others. A room is a folder with everything
// below it, except that a longer name wins. A room that is not here is a mistake: say where it belongs first.
func rooms() map[string][]string {
	leaves := []string{
		"engine/access", "engine/code", "engine/media", "engine/reference", "engine/variant", "engine/watermark", "storage", "assets",
	}
	middle := append([]string{"engine", "report"}, leaves...)
	all := append([]string{"ui", "api"}, middle...)
	may := map[string][]string{
		"cmd":    all,
		"ui":     middle,
		"api":    middle,
		"engine": leaves,
		"report": append([]string{"engine"}, leaves...),
	}
	for _, leaf := range leaves {
		may[leaf] = nil
	}
	// Plain mathematics that the rooms of the engine share, which knows none of them.
	may["engine/internal"] = nil
	for room := range may {
		// Whoever rests on engine rests on it too; importing it is open to engine only, which Go itself sees to.
		if room != "engine/internal" && room != "storage" && room != "assets" {
			may[room] = append(slices.Clone(may[room]), "engine/internal")
		}
	}
	return may
}

// room returns the longest name in may that the package lies in.
func room(may map[string][]string, importPath string) (string, bool) {
	for dir := strings.TrimPrefix(importPath, module+"/"); dir != "."; dir = path.Dir(dir) {
		if _, ok := may[dir]; ok {
			return dir, true
		}
	}
	return "", false
}

type goPackage struct {
	ImportPath string
	Name       string
	Deps       []string
}

// packages lists the module's packages with all they rest on, tests left out, as `go list` sees them.
func packages(t *testing.T) []goPackage {
	t.Helper()
	decoder := json.NewDecoder(bytes.NewReader(output(t, "go", "list", "-tags", tags(t), "-json=ImportPath,Name,Deps", "./...")))
	var list []goPackage
	for {
		var p goPackage
		err := decoder.Decode(&p)
		if errors.Is(err, io.EOF) {
			return list
		}
		require.NoError(t, err)
		if p.ImportPath != module { // the root has this test only
			list = append(list, p)
		}
	}
}

// tags returns the build tags, which are written down in the Makefile and nowhere else.
func tags(t *testing.T) string {
	t.Helper()
	found := regexp.MustCompile(`(?m)^TAGS\s*:=\s*(\S+)$`).FindStringSubmatch(read(t, "Makefile"))
	require.NotNil(t, found, "no TAGS in the Makefile")
	return found[1]
}

// files lists what is in the repository or would be with the next `git add`.
func files(t *testing.T) []string {
	t.Helper()
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("git is not installed: cannot tell which files belong to the repository")
	}
	if _, err := os.Stat(".git"); err != nil {
		t.Skip("not a clone: cannot tell which files belong to the repository")
	}
	// The user who tests may be another than the one who cloned, which git would refuse.
	out := output(t, "git", "-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
	var list []string
	for name := range strings.SplitSeq(strings.TrimRight(string(out), "\x00"), "\x00") {
		if _, err := os.Stat(name); err == nil { // not one that is just being deleted
			list = append(list, name)
		}
	}
	require.NotEmpty(t, list)
	return list
}

func output(t *testing.T, name string, args ...string) []byte {
	t.Helper()
	var stderr bytes.Buffer
	command := exec.Command(name, args...)
	command.Stderr = &stderr
	out, err := command.Output()
	require.NoError(t, err, "%s %s: %s", name, strings.Join(args, " "), stderr.String())
	return out
}

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	require.NoError(t, err)
	return string(text)
}

func TestImportsPointDownwards(t *testing.T) {
	may := rooms()
	for _, p := range packages(t) {
		own, ok := room(may, p.ImportPath)
		if !ok {
			t.Errorf("%s lies in no room of architecture: add it to rooms, README.md and .golangci.yml", p.ImportPath)
			continue
		}
		for _, dep := range p.Deps {
			if !strings.HasPrefix(dep, module+"/") {
				continue
			}
			if other, _ := room(may, dep); other != own && !slices.Contains(may[own], other) {
				t.Errorf("%s rests on %s: %s may rest on %v only", p.ImportPath, dep, own, may[own])
			}
		}
	}
}

func TestRoomsStayFreeOfWhatIsNeverThere(t *testing.T) {
	never := map[string][]string{
		"cmd/spoor": {"fyne.io/"}, // headless
		"engine":    {"fyne.io/"},
		"storage":   {"fyne.io/", "net/http"},
		"report":    {"fyne.io/"},
		"api":       {"fyne.io/"},
	}
	for _, p := range packages(t) {
		for dir, banned := range never {
			if p.ImportPath != module+"/"+dir && !strings.HasPrefix(p.ImportPath, module+"/"+dir+"/") {
				continue
			}
			for _, dep := range p.Deps {
				if slices.ContainsFunc(banned, func(b string) bool { return strings.HasPrefix(dep, b) }) {
					t.Errorf("%s rests on %s, which is never in %s", p.ImportPath, dep, dir)
				}
			}
		}
	}
}

func TestPackagesAreNamedAfterWhatTheyKnow(t *testing.T) {
	empty := regexp.MustCompile(`^(util|utils|common|helper|helpers|model|models|misc|base|shared|types)$`)
	for _, p := range packages(t) {
		require.NotRegexp(t, empty, p.Name, p.ImportPath)
		require.NotRegexp(t, empty, path.Base(p.ImportPath), p.ImportPath)
	}
}

func TestGoFilesNameTheirLicence(t *testing.T) {
	for _, name := range files(t) {
		if path.Ext(name) == ".go" && !strings.HasPrefix(read(t, name), "// SPDX-License-Identifier: AGPL-3.0-or-later\n") {
			t.Errorf("%s: the first line must be // SPDX-License-Identifier: AGPL-3.0-or-later", name)
		}
	}
}

func TestLinksResolve(t *testing.T) {
	link := regexp.MustCompile(`\]\(([^()\s]+)\)`)
	for _, name := range files(t) {
		if path.Ext(name) != ".md" {
			continue
		}
		for _, found := range link.FindAllStringSubmatch(withoutCode(read(t, name)), -1) {
			target, err := url.Parse(found[1])
			if err != nil {
				t.Errorf("%s: bad link %q: %v", name, found[1], err)
				continue
			}
			if target.Scheme != "" {
				continue // the network is not ours to test
			}
			file := name
			if target.Path != "" {
				file = path.Join(path.Dir(name), target.Path)
			}
			if _, err := os.Stat(file); err != nil {
				t.Errorf("%s: the link %q leads nowhere", name, found[1])
			} else if target.Fragment != "" && !slices.Contains(anchors(read(t, file)), target.Fragment) {
				t.Errorf("%s: %s has no heading for the link %q", name, file, found[1])
			}
		}
	}
}

// withoutCode blanks fenced blocks and code spans, in which brackets mean something else.
func withoutCode(markdown string) string {
	markdown = regexp.MustCompile("(?ms)^```.*?^```").ReplaceAllString(markdown, "")
	return regexp.MustCompile("`[^`\n]*`").ReplaceAllString(markdown, "")
}

// anchors lists the names by which a page's headings can be linked to.
func anchors(markdown string) []string {
	drop := regexp.MustCompile(`[^\p{L}\p{N}\- _]`)
	var list []string
	for _, heading := range regexp.MustCompile(`(?m)^#{1,6} +(.+?) *$`).FindAllStringSubmatch(markdown, -1) {
		list = append(list, strings.ReplaceAll(drop.ReplaceAllString(strings.ToLower(heading[1]), ""), " ", "-"))
	}
	return list
}

// TestNoMachineShowsThrough keeps out what is true on one machine only: its folders, and the hosts from which it takes
// its packages. The hosts are read from the machine, so that they need not be named here either.
func TestNoMachineShowsThrough(t *testing.T) {
	folder := regexp.MustCompile(`(?:^|[\s"'=(:` + "`" + `])/(?:work|root|home/\w+|Users/\w+)/`)
	hosts := packageHosts(t)
	here, err := os.Getwd()
	require.NoError(t, err)
	for _, name := range files(t) {
		content := read(t, name)
		if strings.Contains(content, "\x00") {
			continue // a clip or a picture
		}
		for number, line := range strings.Split(content, "\n") {
			if folder.MatchString(line) || (filepath.Dir(here) != "/" && strings.Contains(line, here+"/")) {
				t.Errorf("%s:%d names a folder of one machine: %s", name, number+1, strings.TrimSpace(line))
			}
			for _, host := range hosts {
				if strings.Contains(line, host) {
					t.Errorf("%s:%d names a package host (%s)", name, number+1, host)
				}
			}
		}
	}
}

// packageHosts lists the hosts that this machine's Go and apt are set up to fetch from.
func packageHosts(t *testing.T) []string {
	t.Helper()
	setup := string(output(t, "go", "env", "GOPROXY", "GOSUMDB"))
	for _, pattern := range []string{"/etc/apt/sources.list", "/etc/apt/sources.list.d/*"} {
		sources, err := filepath.Glob(pattern)
		require.NoError(t, err)
		for _, source := range sources {
			setup += read(t, source)
		}
	}
	var hosts []string
	for _, host := range regexp.MustCompile(`(?:[a-z0-9-]+\.)+[a-z]{2,}`).FindAllString(setup, -1) {
		// The registries' subdomains; a project's own site may be linked to.
		if strings.Count(host, ".") >= 2 && !slices.Contains(hosts, host) {
			hosts = append(hosts, host)
		}
	}
	return hosts
}

func TestDependenciesAreWrittenDown(t *testing.T) {
	// Licences whose code may be part of an AGPL-3.0-or-later program.
	compatible := []string{"MIT", "ISC", "BSD-2-Clause", "BSD-3-Clause", "Apache-2.0", "MPL-2.0", "AGPL-3.0"}
	row := regexp.MustCompile("(?m)^\\| `([^`]+)`[^|]*\\| (\\S+) \\| ([^|]+?) \\|")
	type written struct{ version, licence string }
	page := map[string]written{}
	for _, found := range row.FindAllStringSubmatch(read(t, "docs/dependencies.md"), -1) {
		page[found[1]] = written{found[2], found[3]}
	}

	var mod struct {
		Require []struct {
			Path, Version string
			Indirect      bool
		}
	}
	require.NoError(t, json.Unmarshal(output(t, "go", "mod", "edit", "-json"), &mod))
	for _, need := range mod.Require {
		if need.Indirect {
			continue
		}
		entry, ok := page[need.Path]
		if !ok {
			t.Errorf("docs/dependencies.md does not say why %s is needed", need.Path)
			continue
		}
		if entry.version != need.Version {
			t.Errorf("docs/dependencies.md has %s %s, go.mod has %s", need.Path, entry.version, need.Version)
		}
		if !slices.Contains(compatible, entry.licence) {
			t.Errorf("docs/dependencies.md: %s has licence %q: does it go together with AGPL-3.0-or-later?", need.Path, entry.licence)
		}
	}
}

func TestContinuousIntegrationCallsMakeTest(t *testing.T) {
	var commands []string
	for line := range strings.SplitSeq(read(t, ".ci/run"), "\n") {
		if line != "" && !strings.HasPrefix(line, "#") && !strings.HasPrefix(line, "set ") && !strings.HasPrefix(line, "cd ") {
			commands = append(commands, line)
		}
	}
	require.Equal(t, []string{"exec make test"}, commands, "a user must be able to run what CI runs")
}
