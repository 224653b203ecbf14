// SPDX-License-Identifier: AGPL-3.0-or-later

package report_test

import (
	"archive/zip"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"spoor/engine/code"
	"spoor/report"
)

// memory holds the hashes of a tree.
type memory []tlog.Hash

func (m memory) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		out[i] = m[index]
	}
	return out, nil
}

// committed is a case with evidence of bob among so many tags.
func committed(t *testing.T, tags int64) *report.Report {
	t.Helper()
	r := rich()
	key := code.Key{1, 2, 3}
	name := func(n int64) string {
		if n == 7 {
			return "bob@press.example"
		}
		return "recipient-" + string(rune('a'+n%26)) + "-" + strings.Repeat("x", int(n/26))
	}
	var hashes memory
	salts := map[int64][]byte{}
	for n := int64(1); n <= tags; n++ {
		salts[n] = bytes.Repeat([]byte{byte(n)}, 32)
		word := key.Word(name(n))
		leaf := code.Leaf(n, salts[n], code.TagHash(salts[n], name(n)), &word)
		more, err := tlog.StoredHashes(n-1, leaf, hashes)
		require.NoError(t, err)
		hashes = append(hashes, more...)
	}
	root, err := tlog.TreeHash(tags, hashes)
	require.NoError(t, err)

	bob := key.Word("bob@press.example")
	random := rand.New(rand.NewPCG(3, 4))
	var v code.Vector
	for i := range v {
		v[i] = random.NormFloat64() + 0.5*bob.Chip(i)
	}
	show := func(n int64, role string) report.Exposed {
		word := key.Word(name(n))
		proof, err := tlog.ProveRecord(tags, n-1, hashes)
		require.NoError(t, err)
		e := report.Exposed{Role: role, Ordinal: n, Bound: tags, Word: word.Bytes(), Salt: salts[n]}
		e.TagHash = code.TagHash(salts[n], name(n))
		if role == "named" {
			e.Tag = name(n)
		}
		for _, h := range proof {
			e.Proof = append(e.Proof, h.String())
		}
		e.Score = code.Score(&word, &v)
		e.Log10P = code.Log10P(e.Score, int(tags), code.Spend(2))
		return e
	}
	tr := &r.Exhibits[0].Traces[1]
	tr.Vectors = []report.Vector{{
		ID: "look 2", Method: "informed", Title: tr.TitleID, Chips: v[:], Spent: code.Spend(2), Tags: tags,
		Words: []report.Exposed{show(7, "named"), show(3, "runner-up")},
	}}
	r.Registries = []report.Registry{{TitleID: tr.TitleID, KeyID: "9f3c2e1ab8d04417", Tags: tags, Root: root.String()}}
	return r
}

// logged is a log of three entries, of which the second names the root of the case's registry.
func logged(t *testing.T, r *report.Report) {
	t.Helper()
	g := &r.Registries[0]
	root, err := base64.StdEncoding.DecodeString(g.Root)
	require.NoError(t, err)
	entry := fmt.Sprintf(`{"at":%d,"actor":"jane","rows":[{"table":"commitments","key":"%d/'%s'","sha256":"%x"}]}`,
		day(1, 9).UnixMilli(), g.Tags, g.TitleID, root)
	var hashes memory
	for n, text := range []string{"first", entry, "third"} {
		more, err := tlog.StoredHashes(int64(n), []byte(text), hashes)
		require.NoError(t, err)
		hashes = append(hashes, more...)
	}
	top, err := tlog.TreeHash(3, hashes)
	require.NoError(t, err)
	secret, public, err := note.GenerateKey(nil, "office")
	require.NoError(t, err)
	signer, err := note.NewSigner(secret)
	require.NoError(t, err)
	head, err := note.Sign(&note.Note{Text: string(tlog.FormatTree(tlog.Tree{N: 3, Hash: top}))}, signer)
	require.NoError(t, err)
	proof, err := tlog.ProveRecord(3, 1, hashes)
	require.NoError(t, err)
	g.Log = &report.LogProof{Number: 1, Entry: entry, Head: string(head), Key: public}
	for _, h := range proof {
		g.Log.Proof = append(g.Log.Proof, h.String())
	}
}

func TestThePackageProvesSinceWhenARegistryIsBound(t *testing.T) {
	packed := func(alter func(l *report.LogProof)) report.Bound {
		r := committed(t, 20)
		logged(t, r)
		alter(r.Registries[0].Log)
		return checked(t, written(t, report.WritePackage, r, report.Options{})).Registries[0]
	}
	good := packed(func(*report.LogProof) {})
	require.Empty(t, good.Problem)
	require.Equal(t, day(1, 9), good.At)
	require.Equal(t, "jane", good.Actor)
	require.Equal(t, "office", good.Signer)
	require.Nil(t, good.Stamp)
	for name, alter := range map[string]func(l *report.LogProof){
		"another time":  func(l *report.LogProof) { l.Entry = strings.Replace(l.Entry, `"at":1`, `"at":0`, 1) },
		"another root":  func(l *report.LogProof) { l.Entry = strings.Replace(l.Entry, `"sha256":"`, `"sha256":"0`, 1) },
		"another place": func(l *report.LogProof) { l.Number = 2 },
		"no place":      func(l *report.LogProof) { l.Number = 3 },
		"another head":  func(l *report.LogProof) { l.Head = strings.Replace(l.Head, "\n3\n", "\n4\n", 1) },
		"another key":   func(l *report.LogProof) { l.Key = "office+00000000+AAAA" },
		"bad proof":     func(l *report.LogProof) { l.Proof[0] = "x" },
		"bad stamp":     func(l *report.LogProof) { l.Token = []byte("no token") },
	} {
		require.NotEmpty(t, packed(alter).Problem, name)
	}
	silent := checked(t, written(t, report.WritePackage, committed(t, 20), report.Options{}))
	require.EqualValues(t, -1, silent.Registries[0].Entry, "where nothing is proved nothing is claimed")
}

func recompute(t *testing.T, content []byte) []report.Recomputed {
	t.Helper()
	return checked(t, content).Scores
}

func checked(t *testing.T, content []byte) *report.Checked {
	t.Helper()
	c, err := report.ReadPackage(bytes.NewReader(content), int64(len(content)))
	require.NoError(t, err)
	return c
}

func TestTheOtherSideRecomputesEveryScore(t *testing.T) {
	content := written(t, report.WritePackage, committed(t, 100), report.Options{})
	require.Equal(t, content, written(t, report.WritePackage, committed(t, 100), report.Options{}))
	list := recompute(t, content)
	require.Len(t, list, 2)
	require.Equal(t, "bob@press.example", list[0].Tag)
	require.Greater(t, list[0].Score, 12.0)
	require.InDelta(t, list[0].Score, list[0].Formula, 0.2)
	require.Empty(t, list[1].Tag, "the runner-up is nobody's business")
	for _, one := range list {
		require.Empty(t, one.Problem)
		require.True(t, one.Committed)
	}
}

func TestAlteredPackagesAreFound(t *testing.T) {
	for name, alter := range map[string]func(p map[string]any){
		"score":  func(p map[string]any) { word(p)["score"] = 14.25 },
		"chance": func(p map[string]any) { word(p)["log10_p"] = -90.5 },
		"word":   func(p map[string]any) { word(p)["word"] = strings.Repeat("00", 128) },
		"tag":    func(p map[string]any) { word(p)["tag"] = "carol@dubbing.example" },
		"place":  func(p map[string]any) { word(p)["ordinal"] = 8.0 },
		"vector": func(p map[string]any) {
			look := p["looks"].([]any)[0].(map[string]any)
			chips := look["chips"].(string)
			look["chips"] = chips[:8] + "QEBA" + chips[12:]
		},
		"root": func(p map[string]any) {
			p["registries"].([]any)[0].(map[string]any)["root"] = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
		},
		"no registry": func(p map[string]any) { p["registries"] = []any{} },
		"garbage":     func(p map[string]any) { word(p)["word"] = "zz" },
	} {
		t.Run(name, func(t *testing.T) {
			archive, err := zip.NewReader(sized(written(t, report.WritePackage, committed(t, 20), report.Options{})))
			require.NoError(t, err)
			f, err := archive.Open("package.json")
			require.NoError(t, err)
			var p map[string]any
			require.NoError(t, json.NewDecoder(f).Decode(&p))
			alter(p)
			var b bytes.Buffer
			z := zip.NewWriter(&b)
			w, err := z.Create("package.json")
			require.NoError(t, err)
			require.NoError(t, json.NewEncoder(w).Encode(p))
			require.NoError(t, z.Close())
			require.NotEmpty(t, recompute(t, b.Bytes())[0].Problem)
		})
	}
}

func word(p map[string]any) map[string]any {
	return p["looks"].([]any)[0].(map[string]any)["words"].([]any)[0].(map[string]any)
}

func sized(content []byte) (io.ReaderAt, int64) { return bytes.NewReader(content), int64(len(content)) }

func FuzzReadPackage(f *testing.F) {
	f.Add([]byte("PK"))
	f.Add([]byte(`{"format":"spoor-package-1","looks":[{"words":[{"word":"00"}]}]}`))
	f.Fuzz(func(_ *testing.T, content []byte) {
		_, _ = report.ReadPackage(bytes.NewReader(content), int64(len(content)))
		var b bytes.Buffer
		z := zip.NewWriter(&b)
		if w, err := z.Create("package.json"); err == nil {
			_, _ = w.Write(content)
		}
		_ = z.Close()
		_, _ = report.ReadPackage(bytes.NewReader(b.Bytes()), int64(b.Len()))
	})
}

func TestSignedReportsSayWhoAndWhen(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "report.json")
	require.NoError(t, os.WriteFile(path, written(t, report.WriteJSON, rich(), report.Options{}), 0o600))
	signer, err := report.NewSigner()
	require.NoError(t, err)
	kept, err := signer.Text()
	require.NoError(t, err)
	again, err := report.ParseSigner(kept)
	require.NoError(t, err)
	require.Equal(t, signer.Public(), again.Public())

	_, err = report.VerifyFile(path)
	require.ErrorIs(t, err, fs.ErrNotExist)
	require.NoError(t, signer.SignFile(path, report.Statement{Signer: "Jane Doe", At: day(24, 18), Program: "test"}))
	said, err := report.VerifyFile(path)
	require.NoError(t, err)
	require.Equal(t, report.Statement{
		File: "report.json", Signer: "Jane Doe", At: day(24, 18), Key: signer.Public(),
		Program: "test",
	}, said)

	for _, name := range []string{path, path + report.SignatureSuffix} {
		good, err := os.ReadFile(name)
		require.NoError(t, err)
		for at := 0; at < len(good); at += 1 + len(good)/199 {
			if name != path && at < len("untrusted comment: signature of a Spoor report") {
				continue // that line is not signed, and says so
			}
			bad := bytes.Clone(good)
			bad[at] ^= 4
			require.NoError(t, os.WriteFile(name, bad, 0o600))
			_, err = report.VerifyFile(path)
			require.Error(t, err, "byte %d of %s", at, name)
		}
		require.NoError(t, os.WriteFile(name, good, 0o600))
	}
	_, err = report.VerifyFile(path)
	require.NoError(t, err)
}

func TestDamagedKeyIsNotQuoted(t *testing.T) {
	_, err := report.ParseSigner([]byte("secret stuff"))
	require.ErrorContains(t, err, "damaged")
	hides(t, err.Error(), "secret stuff")
}

func FuzzVerify(f *testing.F) {
	f.Add([]byte("untrusted comment: x\nRWQ\ntrusted comment: {}\nAA=="))
	f.Fuzz(func(t *testing.T, signature []byte) {
		if _, err := report.Verify(strings.NewReader("report"), signature); err == nil {
			t.Fatal(errors.New("a signature out of nothing"))
		}
	})
}
