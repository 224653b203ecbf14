// SPDX-License-Identifier: AGPL-3.0-or-later

package report

import (
	"archive/zip"
	"context"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	spoorcode "spoor/engine/code"
)

// packageFormat names the format of what the other side gets.
const packageFormat = "spoor-package-1"

// packageName is the file in the package that holds the data.
const packageName = "package.json"

// parcel is what the other side gets: enough to recompute every score without a key.
type parcel struct {
	Format     string           `json:"format"`
	MadeAt     int64            `json:"made_at"` // milliseconds since 1970
	Program    string           `json:"program"`
	Case       string           `json:"case"`
	Exhibits   []parcelExhibit  `json:"exhibits"`
	Registries []parcelRegistry `json:"registries"`
	Looks      []parcelLook     `json:"looks"`
}

type parcelExhibit struct {
	Number   int    `json:"number"`
	FileName string `json:"file_name"`
	SHA256   string `json:"sha256"`
	SHA512   string `json:"sha512,omitempty"`
	Size     int64  `json:"size"`
}

type parcelRegistry struct {
	Title string       `json:"title"`
	KeyID string       `json:"key_id"`
	Tags  int64        `json:"tags"`
	Root  string       `json:"root"` // base64
	Log   *parcelProof `json:"log,omitempty"`
}

// parcelProof shows the entry of the audit log that names a root.
type parcelProof struct {
	Number int64    `json:"number"`
	Entry  string   `json:"entry"`
	Proof  []string `json:"proof"`           // base64
	Head   string   `json:"head"`            // signed note
	Key    string   `json:"key"`             // public
	Token  []byte   `json:"token,omitempty"` // RFC 3161, base64
}

// parcelLook is the evidence of an exhibit and the codewords that it is compared with.
type parcelLook struct {
	Exhibit   int          `json:"exhibit"`
	Backtrace string       `json:"backtrace"`
	Look      string       `json:"look"`
	Method    string       `json:"method"`
	Title     string       `json:"title"`
	Chips     string       `json:"chips"` // base64 of 1024 little-endian float64
	Tags      int64        `json:"tags"`
	Spent     float64      `json:"spent"`
	Words     []parcelWord `json:"words"`
}

type parcelWord struct {
	Role    string   `json:"role"` // named or runner-up
	Tag     string   `json:"tag,omitempty"`
	Ordinal int64    `json:"ordinal"`
	Word    string   `json:"word"` // hex
	Salt    string   `json:"salt"` // hex
	TagHash string   `json:"tag_hash"`
	Bound   int64    `json:"bound_tags"` // of the registry that the proof is for
	Proof   []string `json:"proof"`      // base64
	Score   float64  `json:"score"`
	Log10P  float64  `json:"log10_p"`
}

// WritePackage writes a zip archive from which an expert of the other side recomputes every score without our key: the
// hashes of the exhibits, the evidence vectors, the codewords that matter, and proofs that these belong to the registry.
// README.txt in it says how; VerifyPackage does it.
func WritePackage(ctx context.Context, w io.Writer, r *Report, o Options) error {
	if err := o.Check(); err != nil {
		return err
	}
	if o.Kind != Expert && o.Kind != Memo {
		return fmt.Errorf("a package belongs to an expert report, not to a %s", o.Kind)
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	out := zip.NewWriter(w)
	content, err := json.MarshalIndent(pack(r), "", " ")
	if err != nil {
		return fmt.Errorf("packing: %w", err)
	}
	for _, file := range []struct {
		name    string
		content []byte
	}{{"README.txt", []byte(packageReadme)}, {packageName, append(content, '\n')}} {
		header := &zip.FileHeader{Name: file.name, Method: zip.Deflate, Modified: time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)}
		f, err := out.CreateHeader(header)
		if err != nil {
			return fmt.Errorf("packing: %w", err)
		}
		if _, err := f.Write(file.content); err != nil {
			return fmt.Errorf("packing: %w", err)
		}
	}
	if err := out.Close(); err != nil {
		return fmt.Errorf("packing: %w", err)
	}
	return nil
}

func pack(r *Report) parcel {
	p := parcel{
		Format: packageFormat, MadeAt: r.Made.UnixMilli(), Program: r.Program, Case: r.Case.ID,
		Exhibits: []parcelExhibit{}, Registries: []parcelRegistry{}, Looks: []parcelLook{},
	}
	for _, g := range r.Registries {
		p.Registries = append(p.Registries, parcelRegistry{
			Title: g.TitleID, KeyID: g.KeyID, Tags: g.Tags, Root: g.Root,
			Log: (*parcelProof)(g.Log),
		})
	}
	for i := range r.Exhibits {
		x := &r.Exhibits[i]
		p.Exhibits = append(p.Exhibits, parcelExhibit{x.Number, x.FileName, x.SHA256, x.SHA512, x.Size})
		for _, t := range x.Told() {
			for _, v := range t.Vectors {
				p.Looks = append(p.Looks, packLook(x.Number, t.ID, v))
			}
		}
	}
	return p
}

func packLook(exhibit int, backtrace string, v Vector) parcelLook {
	var chips []byte
	for _, chip := range v.Chips {
		chips = binary.LittleEndian.AppendUint64(chips, math.Float64bits(chip))
	}
	look := parcelLook{
		Exhibit: exhibit, Backtrace: backtrace, Look: v.ID, Method: v.Method, Title: v.Title,
		Chips: base64.StdEncoding.EncodeToString(chips), Tags: v.Tags, Spent: v.Spent, Words: []parcelWord{},
	}
	for _, w := range v.Words {
		look.Words = append(look.Words, parcelWord{
			Role: w.Role, Tag: w.Tag, Ordinal: w.Ordinal, Word: hex.EncodeToString(w.Word), Salt: hex.EncodeToString(w.Salt),
			TagHash: hex.EncodeToString(w.TagHash), Bound: w.Bound, Proof: w.Proof, Score: w.Score, Log10P: w.Log10P,
		})
	}
	return look
}

// Recomputed is one score of a package, computed again.
type Recomputed struct {
	Exhibit   int     `json:"exhibit"`
	Role      string  `json:"role"`
	Tag       string  `json:"tag"`
	Stated    float64 `json:"stated_score"`
	Score     float64 `json:"score"`   // by the program's own arithmetic
	Formula   float64 `json:"formula"` // sum of c_i r_i over the length of r, without rounding
	StatedP   float64 `json:"stated_log10_p"`
	Log10P    float64 `json:"log10_p"`
	Committed bool    `json:"committed"` // the word belongs to the registry that is bound
	Problem   string  `json:"problem"`   // "" where all is as stated
}

// Checked is what a package came to.
type Checked struct {
	Scores     []Recomputed `json:"scores"`
	Registries []Bound      `json:"registries"`
}

// ReadPackage reads a package, recomputes its scores and checks since when its registries were bound.
func ReadPackage(content io.ReaderAt, size int64) (*Checked, error) {
	archive, err := zip.NewReader(content, size)
	if err != nil {
		return nil, fmt.Errorf("that is no package: %w", err)
	}
	f, err := archive.Open(packageName)
	if err != nil {
		return nil, fmt.Errorf("that is no package: %w", err)
	}
	defer f.Close()
	const largest = 512 << 20
	var p parcel
	if err := json.NewDecoder(io.LimitReader(f, largest)).Decode(&p); err != nil {
		return nil, fmt.Errorf("the package cannot be read: %w", err)
	}
	if p.Format != packageFormat {
		return nil, fmt.Errorf("the package has the format %q, this program reads %q", plain(p.Format, 40), packageFormat)
	}
	out := &Checked{Scores: []Recomputed{}, Registries: []Bound{}}
	for i := range p.Looks {
		out.Scores = append(out.Scores, p.recompute(&p.Looks[i])...)
	}
	for i := range p.Registries {
		out.Registries = append(out.Registries, p.Registries[i].bound())
	}
	return out, nil
}

func (p *parcel) recompute(l *parcelLook) []Recomputed {
	var out []Recomputed
	vector, err := vectorOf(l.Chips)
	for i := range l.Words {
		w := &l.Words[i]
		r := Recomputed{Exhibit: l.Exhibit, Role: w.Role, Tag: w.Tag, Stated: w.Score, StatedP: w.Log10P}
		if err != nil {
			r.Problem = err.Error()
			out = append(out, r)
			continue
		}
		word, werr := parseWord(w.Word)
		switch {
		case werr != nil:
			r.Problem = werr.Error()
		default:
			r.Score, r.Formula = spoorcode.Score(&word, vector), plainScore(&word, vector)
			r.Log10P = spoorcode.Log10P(r.Score, int(l.Tags), l.Spent)
			r.Problem = p.committed(l, w)
			r.Committed = r.Problem == ""
		}
		switch {
		case r.Problem != "":
		case !(math.Abs(r.Score-w.Score) < 1e-6):
			r.Problem = fmt.Sprintf("the score is %.6f, not %.6f", r.Score, w.Score)
		case !(math.Abs(r.Log10P-w.Log10P) < 1e-6):
			r.Problem = fmt.Sprintf("log10 of the probability is %.6f, not %.6f", r.Log10P, w.Log10P)
		}
		out = append(out, r)
	}
	return out
}

// committed says what is wrong with the proof that a word belongs to its registry; "" where it holds.
func (p *parcel) committed(l *parcelLook, w *parcelWord) string {
	for _, g := range p.Registries {
		if g.Title != l.Title || g.Tags != w.Bound {
			continue
		}
		salt, err1 := hex.DecodeString(w.Salt)
		tagHash, err2 := hex.DecodeString(w.TagHash)
		word, err3 := parseWord(w.Word)
		root, err4 := tlog.ParseHash(g.Root)
		if err1 != nil || err2 != nil || err3 != nil || err4 != nil {
			return "its proof cannot be read"
		}
		if w.Tag != "" && hex.EncodeToString(spoorcode.TagHash(salt, w.Tag)) != w.TagHash {
			return "the proof is that of another tag"
		}
		proof := make(tlog.RecordProof, len(w.Proof))
		for i, text := range w.Proof {
			if proof[i], err1 = tlog.ParseHash(text); err1 != nil {
				return "its proof cannot be read"
			}
		}
		if w.Ordinal < 1 || w.Ordinal > g.Tags {
			return "it has no place in the registry"
		}
		leaf := tlog.RecordHash(spoorcode.Leaf(w.Ordinal, salt, tagHash, &word))
		if err := tlog.CheckRecord(proof, g.Tags, root, w.Ordinal-1, leaf); err != nil {
			return "it does not belong to the registry that is bound"
		}
		return ""
	}
	return "no registry is bound for its title"
}

func parseWord(text string) (spoorcode.Word, error) {
	raw, err := hex.DecodeString(text)
	if err != nil {
		return spoorcode.Word{}, errors.New("the codeword is damaged")
	}
	return spoorcode.WordFrom(raw)
}

func vectorOf(text string) (*spoorcode.Vector, error) {
	raw, err := base64.StdEncoding.DecodeString(text)
	if err != nil || len(raw) != 8*spoorcode.Chips {
		return nil, errors.New("the evidence vector is damaged")
	}
	var v spoorcode.Vector
	for i := range v {
		v[i] = math.Float64frombits(binary.LittleEndian.Uint64(raw[8*i:]))
	}
	return &v, nil
}

// plainScore is the score as the report's reader may compute it by hand.
func plainScore(word *spoorcode.Word, v *spoorcode.Vector) float64 {
	var dot, length float64
	for i, r := range v {
		dot += word.Chip(i) * r
		length += r * r
	}
	if length == 0 {
		return 0
	}
	return dot / math.Sqrt(length)
}

const packageReadme = `What this is

package.json lets an expert recompute every score of the report without the secret key.

  exhibits    file names and hash values of the suspect files
  looks       for each comparison: the evidence vector r that was read from the exhibit (1024 numbers, base64 of
              little-endian 64-bit floats), and the codewords c it is compared with that are shown: those of the watermark
              IDs that were named, and that of the best other ID, without its name
  registries  for each title one hash (root) that binds the codewords of all its IDs

How to check

With Spoor:  spoor verify PACKAGE.zip      (no home, no key, no network needed)

By hand, for each word:
  1. word is 1024 bits in hex; bit i%8 of byte i/8 set means c_i = -1, clear means c_i = +1.
  2. score = sum(c_i * r_i) / sqrt(sum(r_i^2)). The program first rounds r to odd whole numbers from -15 to 15, which
     changes the score by about half a part in a hundred; the verifier prints both.
  3. p = 3.1787 * Q(score) * tags * spent, where Q is the upper tail of the normal distribution. spent is the price of
     looking more than once: pi^2 k^2 / 6 for the k-th look. log10_p is the decimal logarithm of p. The constant,
     1 / (4 Q(sqrt 2)), makes it a proven bound for sums of random signs, whatever their weights: Bentkus and Dzindzalieta,
     "A tight Gaussian bound for weighted sums of Rademacher random variables", Bernoulli 21 (2015), 1231-1237.
  4. leaf = SHA-256("spoor codeword 1\n" salt ordinal(8 bytes, big endian) tag_hash word), where
     tag_hash = SHA-256("spoor tag 1\n" salt tag). The proof shows that the leaf is number ordinal-1 of the tree with the
     given root of the registry with bound_tags tags, as in RFC 6962. So the word is that of this ID, and no other, from the
     time on at which the root was bound:
  5. log, where a registry has it: entry is the entry of the office's audit log that names the root (sha256, in hex) with its
     time, "at" in milliseconds since 1970. Its leaf hash SHA-256(0x00 entry) is number "number" of the log's tree, which the
     proof shows for the head: a signed note (golang.org/x/mod/sumdb/note) that key verifies. So the office cannot have
     exchanged the root after it gave the head away. token is a time stamp (RFC 3161) of the head by somebody else's clock,
     where there is one: the root is not younger than that.

Since c is a row of random signs that the exhibit cannot know, the score of an ID that has nothing to do with the exhibit
is a draw from a distribution that the bound in step 3 covers, whatever r is.
`
