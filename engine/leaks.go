// SPDX-License-Identifier: AGPL-3.0-or-later

package engine

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"spoor/engine/media"
)

// Leak is one thing to trace: a file, or a folder whose segments make up one video.
type Leak struct {
	Path   string
	Inside bool // it was found in a folder, not named
}

// Unread is a file or folder that could not be looked into.
type Unread struct {
	Path string
	Err  error
}

// FindLeaks replaces folders by the leaks in them, in order: files, and folders of HLS or DASH segments as one leak
// each. Hidden files, links and what goes with a leak (descriptions, playlists, archives) are passed over. A folder
// that cannot be read costs itself only.
func FindLeaks(paths []string) ([]Leak, []Unread) {
	var f leakFinder
	for _, path := range paths {
		st, err := os.Stat(path)
		if err != nil || !st.IsDir() {
			f.leaks = append(f.leaks, Leak{Path: path}) // what is wrong with it is told when it is traced
			continue
		}
		before := len(f.leaks) + len(f.unread)
		_ = filepath.WalkDir(path, f.visit) // it never stops
		if len(f.leaks)+len(f.unread) == before {
			f.unread = append(f.unread, Unread{path, fault(media.Missing, path, "the folder has no files to trace", "", nil)})
		}
	}
	return f.leaks, f.unread
}

type leakFinder struct {
	leaks   []Leak
	unread  []Unread
	streams []stream
}

// stream is a folder of segments that was found.
type stream struct {
	dir      string
	segments *media.SegmentFolder
}

func (f *leakFinder) visit(path string, d fs.DirEntry, err error) error {
	hidden := strings.HasPrefix(d.Name(), ".") && d.Name() != "." && d.Name() != ".."
	switch {
	case err != nil:
		f.unread = append(f.unread, Unread{path, openError(path, err)})
		if d.IsDir() {
			return fs.SkipDir
		}
	case d.IsDir() && hidden:
		return fs.SkipDir
	case d.IsDir():
		f.folder(path)
	case d.Type().IsRegular() && !hidden && !isSidecar(path) && !f.used(path):
		f.leaks = append(f.leaks, Leak{path, true})
	}
	return nil
}

// folder looks for segments in a folder that is no part of a stream already.
func (f *leakFinder) folder(path string) {
	for _, s := range f.streams {
		if rel, err := filepath.Rel(s.dir, path); err == nil && filepath.IsLocal(rel) && s.segments.UsesFolder(filepath.ToSlash(rel)) {
			return
		}
	}
	s, err := media.FindSegments(path)
	if err != nil {
		f.unread = append(f.unread, Unread{path, err})
	} else if s != nil {
		f.streams = append(f.streams, stream{path, s})
		f.leaks = append(f.leaks, Leak{path, true})
	}
}

// used tells whether a file belongs to a stream: as a segment of it, or of another rendition.
func (f *leakFinder) used(path string) bool {
	for _, s := range f.streams {
		rel, err := filepath.Rel(s.dir, path)
		if err != nil || !filepath.IsLocal(rel) {
			continue
		}
		if s.segments.Uses(filepath.ToSlash(rel)) || slices.Contains([]string{".ts", ".m4s", ".m4f", ".cmfv", ".cmfa", ".aac"}, ext(path)) {
			return true
		}
	}
	return false
}

func ext(path string) string { return strings.ToLower(filepath.Ext(path)) }

// isSidecar tells a file that goes with a leak and shows nothing itself, by its name.
func isSidecar(path string) bool {
	name := strings.ToLower(filepath.Base(path))
	for _, end := range []string{
		".info.json", ".warc", ".warc.gz", ".m3u8", ".m3u", ".mpd", ".description", ".vtt", ".srt", ".ass", ".part", ".ytdl",
	} {
		if strings.HasSuffix(name, end) {
			return true
		}
	}
	return false
}

// Foreign tells whether a leak that could not be traced is no leak at all but a file that only lay in the same folder:
// neither its content nor its name speaks of pictures.
func (l Leak) Foreign(err error) bool {
	kind := media.KindOf(err)
	return l.Inside && (kind == media.NotVideo || kind == media.NoVideo || kind == media.Empty) && !slices.Contains(strings.Fields(
		".mp4 .m4v .mov .mkv .webm .avi .wmv .asf .flv .mpg .mpeg .ts .m2ts .mts .vob .ogv .3gp .mxf .rm .rmvb .pdf "+
			".png .jpg .jpeg .webp .tif .tiff .bmp .gif .heic .heif .avif .jxl"), ext(l.Path))
}
