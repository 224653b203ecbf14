// SPDX-License-Identifier: AGPL-3.0-or-later

package media

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// SegmentFolder is a plan to put the segments of an HLS or DASH stream in a folder together into one file. ffmpeg never
// sees a playlist: the files are named by our own reading of it, or by their numbers, must lie in the folder, and are
// simply written one behind the other.
type SegmentFolder struct {
	Dir      string
	Method   string   // "hls", "dash" or "numbers"
	Playlist []string // files that say which segments there are, below Dir
	Missing  []string // segments that are named but not there
	Notes    []string // what was left out, in words

	init   piece
	pieces []piece
	bytes  int64
}

// SegmentFile is a file that an exhibit was put together from.
type SegmentFile struct {
	Name   string // below the folder
	SHA256 string // of the whole file
	Size   int64  // bytes
}

const (
	maxPlaylist = 16 << 20
	// Without a playlist, at least so many numbered files of at most that size are taken for segments.
	fewestSegments = 3
	largestSegment = 64 << 20
	givenUpAfter   = 500 // segments missing one behind the other
)

// FindSegments looks for segments in a folder. It returns nil, and no error, where the folder holds none. Segments that
// are encrypted are an [Error].
func FindSegments(dir string) (*SegmentFolder, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, openError(dir, err)
	}
	defer root.Close()
	list, err := fs.ReadDir(root.FS(), ".")
	if err != nil {
		return nil, openError(dir, err)
	}
	f := &finder{root: root, dir: dir}
	for _, e := range list {
		if e.Type().IsRegular() && !strings.HasPrefix(e.Name(), ".") {
			f.look(e.Name())
		}
	}
	if f.encrypted {
		return nil, &Error{
			Kind: Encrypted, File: dir, What: "the segments in this folder are encrypted", Do: "give a decrypted copy",
			Err: errEncryptedSegments,
		}
	}
	if best := f.best(); best != nil {
		return best, nil
	}
	f.byNumbers(list)
	return f.best(), nil
}

// finder collects the plans that a folder allows.
type finder struct {
	root      *os.Root
	dir       string
	plans     []*SegmentFolder
	notes     []string
	encrypted bool
}

// best is the plan with the most bytes: the best rendition that is there.
func (f *finder) best() *SegmentFolder {
	slices.SortStableFunc(f.plans, func(a, b *SegmentFolder) int { return cmp.Compare(b.bytes, a.bytes) })
	if len(f.plans) == 0 {
		return nil
	}
	best := f.plans[0]
	best.Notes = append(best.Notes, f.notes...)
	if n := len(f.plans) - 1; n > 0 {
		best.Notes = append(best.Notes, fmt.Sprintf("the largest of %d renditions was taken", n+1))
	}
	return best
}

// look reads a file if it is a playlist or manifest. What is wrong with it is a note: the files may tell by themselves.
func (f *finder) look(name string) {
	var err error
	switch strings.ToLower(path.Ext(name)) {
	case ".m3u8", ".m3u":
		err = f.hls(name, nil)
	case ".mpd":
		err = f.dash(name)
	}
	if errors.Is(err, errEncryptedSegments) {
		f.encrypted = true
	} else if err != nil {
		f.notes = append(f.notes, fmt.Sprintf("%s was not followed: %v", name, err))
	}
}

func (f *finder) text(name string) (string, error) {
	file, err := f.root.Open(name)
	if err != nil {
		return "", errors.New("it cannot be read")
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, maxPlaylist+1))
	if err == nil && len(text) > maxPlaylist {
		err = errors.New("it is longer than 16 MiB")
	}
	return string(text), err
}

// hls follows a playlist, and from a master the variants.
func (f *finder) hls(name string, masters []string) error {
	text, err := f.text(name)
	if err != nil {
		return err
	}
	p, err := parsePlaylist(text, path.Dir(name))
	if err != nil {
		return err
	}
	if len(p.variants) > 0 && len(masters) == 0 {
		for _, v := range p.variants {
			if verr := f.hls(v.name, []string{name}); verr != nil {
				err = errors.Join(err, verr)
			}
		}
		return err
	}
	return f.plan("hls", append(masters, name), p.runs, false)
}

func (f *finder) dash(name string) error {
	text, err := f.text(name)
	if err != nil {
		return err
	}
	choices, err := parseManifest(text, path.Dir(name))
	if err != nil {
		return err
	}
	for _, c := range choices {
		if cerr := f.plan("dash", []string{name}, c.runs, c.open); cerr != nil {
			err = errors.Join(err, cerr)
		}
	}
	return err
}

// plan keeps what can be put together of some runs: those with the initialisation segment that most bytes belong to.
func (f *finder) plan(method string, playlists []string, runs []run, open bool) error {
	byInit := map[piece]*SegmentFolder{}
	var order []*SegmentFolder
	for _, r := range runs {
		s := byInit[r.init]
		if s == nil {
			s = &SegmentFolder{Dir: f.dir, Method: method, Playlist: playlists, init: r.init}
			byInit[r.init], order = s, append(order, s)
		}
		f.pieces(s, r.pieces, open)
	}
	best := slices.MaxFunc(order, func(a, b *SegmentFolder) int { return cmp.Compare(a.bytes, b.bytes) })
	if len(best.pieces) == 0 {
		return errors.New("none of its segments is in the folder")
	}
	if best.init.name != "" && f.size(best.init) == 0 {
		return fmt.Errorf("its initialisation segment %s is not in the folder", best.init.name)
	}
	if len(order) > 1 {
		best.Notes = append(best.Notes, fmt.Sprintf("%d further stretches have another format and were left out", len(order)-1))
	}
	f.plans = append(f.plans, best)
	return nil
}

// pieces adds those that are there. Where the number of segments is not known, the list ends with the files.
func (f *finder) pieces(s *SegmentFolder, list []piece, open bool) {
	missing := 0
	for _, p := range list {
		size := f.size(p)
		if size == 0 {
			if missing++; open || missing > givenUpAfter {
				return
			}
			s.Missing = append(s.Missing, p.name)
			continue
		}
		missing = 0
		s.pieces, s.bytes = append(s.pieces, p), s.bytes+size
	}
}

// size is the length of a piece that is there, else 0.
func (f *finder) size(p piece) int64 {
	st, err := f.root.Stat(p.name)
	if err != nil || !st.Mode().IsRegular() || p.offset >= st.Size() {
		return 0
	}
	if rest := st.Size() - p.offset; p.length == 0 || p.length > rest {
		return rest
	}
	return p.length
}

// numbered is a file with a number in its name.
type numbered struct {
	piece
	number int
}

// byNumbers groups files that differ in a number only.
func (f *finder) byNumbers(list []fs.DirEntry) {
	form := regexp.MustCompile(`^(.*?)(\d{1,9})(\D*)$`)
	groups := map[string][]numbered{}
	var names []string
	var inits []piece
	for _, e := range list {
		ext := strings.ToLower(path.Ext(e.Name()))
		if !e.Type().IsRegular() || !slices.Contains([]string{".ts", ".m4s", ".mp4", ".m4v", ".cmfv", ".m4f"}, ext) {
			continue
		}
		kind := f.kind(e.Name())
		if kind == "init" {
			inits = append(inits, piece{name: e.Name()})
		}
		m := form.FindStringSubmatch(strings.TrimSuffix(e.Name(), path.Ext(e.Name())))
		if m == nil || (kind != "ts" && kind != "fragment") || f.size(piece{name: e.Name()}) > largestSegment {
			continue
		}
		number, _ := strconv.Atoi(m[2])
		key := kind + "\x00" + m[1] + "\x00" + m[3] + ext
		if groups[key] == nil {
			names = append(names, key)
		}
		groups[key] = append(groups[key], numbered{piece{name: e.Name()}, number})
	}
	for _, key := range names {
		f.planGroup(key, groups[key], inits)
	}
}

// planGroup keeps the plan of files that differ in a number only.
func (f *finder) planGroup(key string, group []numbered, inits []piece) {
	slices.SortFunc(group, func(a, b numbered) int {
		return cmp.Or(cmp.Compare(a.number, b.number), cmp.Compare(a.name, b.name))
	})
	if len(group) < fewestSegments {
		return
	}
	r := run{}
	if strings.HasPrefix(key, "fragment") {
		if r.init = nearest(inits, strings.Split(key, "\x00")[1]); r.init.name == "" {
			f.notes = append(f.notes, "there are fragments without their initialisation segment")
			return
		}
	}
	gaps := 0
	for i, n := range group {
		if i > 0 && n.number > group[i-1].number+1 {
			gaps += n.number - group[i-1].number - 1
		}
		r.pieces = append(r.pieces, n.piece)
	}
	if gaps > 0 {
		f.notes = append(f.notes, fmt.Sprintf("by their numbers, %d segments are missing", gaps))
	}
	if err := f.plan("numbers", nil, []run{r}, false); err != nil {
		f.notes = append(f.notes, err.Error())
	}
}

// nearest is the initialisation segment whose name has most in common with that of the segments.
func nearest(inits []piece, prefix string) piece {
	best, score := piece{}, -1
	for _, p := range inits {
		n := 0
		for n < min(len(p.name), len(prefix)) && p.name[n] == prefix[n] {
			n++
		}
		if n > score {
			best, score = p, n
		}
	}
	return best
}

// kind tells by its first bytes what a file is: a transport stream, an initialisation segment, a fragment, or "".
func (f *finder) kind(name string) string {
	file, err := f.root.Open(name)
	if err != nil {
		return ""
	}
	defer file.Close()
	head := make([]byte, 377)
	n, _ := io.ReadFull(file, head)
	if n == len(head) && head[0] == 0x47 && head[188] == 0x47 && head[376] == 0x47 {
		return "ts"
	}
	kind := ""
	for at := int64(0); ; {
		var box [8]byte
		if _, err := file.ReadAt(box[:], at); err != nil {
			return kind
		}
		size := int64(binary.BigEndian.Uint32(box[:4]))
		switch string(box[4:]) {
		case "moof":
			if kind == "init" {
				return "" // whole by itself
			}
			return "fragment"
		case "moov":
			kind = "init"
		case "mdat":
			return ""
		}
		if size < 8 {
			return kind
		}
		at += size
	}
}

// Uses tells whether a file below the folder is part of the plan, as a segment or as a list of them.
func (s *SegmentFolder) Uses(name string) bool {
	return name == s.init.name || slices.Contains(s.Playlist, name) ||
		slices.ContainsFunc(s.pieces, func(p piece) bool { return p.name == name })
}

// UsesFolder tells whether a folder below has files of the plan in it.
func (s *SegmentFolder) UsesFolder(name string) bool {
	inside := func(file string) bool { return strings.HasPrefix(file, name+"/") }
	return inside(s.init.name) || slices.ContainsFunc(s.Playlist, inside) ||
		slices.ContainsFunc(s.pieces, func(p piece) bool { return inside(p.name) })
}

// Size is how long the file will be, in bytes, without its initialisation segment.
func (s *SegmentFolder) Size() int64 { return s.bytes }

// Assemble writes the file and returns what it was put together from, every file hashed whole, playlists first. report,
// which may be nil, is told how many bytes are done.
func (s *SegmentFolder) Assemble(ctx context.Context, to io.Writer, report func(done int64)) ([]SegmentFile, error) {
	root, err := os.OpenRoot(s.Dir)
	if err != nil {
		return nil, openError(s.Dir, err)
	}
	defer root.Close()
	a := assembler{ctx: ctx, root: root, to: to, report: report, seen: map[string]bool{}}
	for _, name := range s.Playlist {
		if err := a.hash(name); err != nil {
			return nil, err
		}
	}
	for _, p := range append([]piece{s.init}, s.pieces...) {
		if p.name == "" {
			continue
		}
		if err := a.add(p); err != nil {
			return nil, err
		}
	}
	return a.files, nil
}

type assembler struct {
	ctx    context.Context //nolint:containedctx // one running operation
	root   *os.Root
	to     io.Writer
	report func(done int64)
	done   int64
	seen   map[string]bool
	files  []SegmentFile
}

func (a *assembler) add(p piece) error {
	if err := context.Cause(a.ctx); err != nil {
		return err
	}
	f, err := a.root.Open(p.name)
	if err != nil {
		return openError(p.name, err)
	}
	defer f.Close()
	if p.offset == 0 && p.length == 0 && !a.seen[p.name] { // read once
		sum := sha256.New()
		n, err := io.Copy(io.MultiWriter(a.to, sum), f)
		if err != nil {
			return writeError(p.name, err)
		}
		a.note(p.name, sum.Sum(nil), n)
		return a.told(n)
	}
	length := p.length
	if length == 0 {
		length = 1 << 62
	}
	n, err := io.Copy(a.to, io.NewSectionReader(f, p.offset, length))
	if err != nil {
		return writeError(p.name, err)
	}
	return errors.Join(a.told(n), a.hash(p.name))
}

func (a *assembler) told(n int64) error {
	a.done += n
	if a.report != nil {
		a.report(a.done)
	}
	return nil
}

func (a *assembler) note(name string, sum []byte, size int64) {
	a.seen[name] = true
	a.files = append(a.files, SegmentFile{Name: name, SHA256: hex.EncodeToString(sum), Size: size})
}

// hash takes in a file that is not written as a whole.
func (a *assembler) hash(name string) error {
	if a.seen[name] {
		return nil
	}
	f, err := a.root.Open(name)
	if err != nil {
		return openError(name, err)
	}
	defer f.Close()
	sum := sha256.New()
	n, err := io.Copy(sum, f)
	if err != nil {
		return openError(name, err)
	}
	a.note(name, sum.Sum(nil), n)
	return nil
}
