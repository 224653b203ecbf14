// SPDX-License-Identifier: AGPL-3.0-or-later

package media

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"path"
	"path/filepath"
	"strconv"
	"strings"
)

// piece is a file of a segment folder, or a stretch of it.
type piece struct {
	name   string // below the folder, with slashes
	offset int64  // bytes
	length int64  // bytes; 0: to the end
}

// run is a stretch of a presentation that has one initialisation segment.
type run struct {
	init   piece // without a name: there is none
	pieces []piece
}

// variant is a rendition that a master playlist offers.
type variant struct {
	name      string
	bandwidth int64
}

// playlist is an HLS playlist (RFC 8216): a master with variants, or a media playlist with runs.
type playlist struct {
	variants []variant
	runs     []run
}

const maxPieces = 200_000

var errEncryptedSegments = errors.New("the segments are encrypted")

// parsePlaylist reads an m3u8. Names are resolved against the folder that the playlist lies in, and must not lead out of
// the exhibit's folder.
func parsePlaylist(text, dir string) (playlist, error) {
	var p playlist
	p.runs = []run{{}}
	lines := bufio.NewScanner(strings.NewReader(strings.TrimPrefix(text, "\ufeff")))
	lines.Buffer(nil, 1<<20)
	if !lines.Scan() || strings.TrimSpace(lines.Text()) != "#EXTM3U" {
		return p, errors.New("the first line is not #EXTM3U")
	}
	r := playlistReader{playlist: &p, dir: dir}
	for lines.Scan() {
		if err := r.line(strings.TrimSpace(lines.Text())); err != nil {
			return p, err
		}
	}
	return p, lines.Err()
}

type playlistReader struct {
	*playlist
	dir       string
	bandwidth int64 // of the variant that the next line names
	variant   bool
	next      piece            // the stretch that the next line names
	ends      map[string]int64 // where the last stretch of a file ended
	count     int
}

func (r *playlistReader) line(line string) error {
	tag, value, _ := strings.Cut(line, ":")
	switch {
	case line == "":
	case tag == "#EXT-X-STREAM-INF":
		r.variant = true
		r.bandwidth, _ = strconv.ParseInt(attribute(value, "BANDWIDTH"), 10, 64)
	case tag == "#EXT-X-KEY" || tag == "#EXT-X-SESSION-KEY":
		if method := attribute(value, "METHOD"); method != "NONE" {
			return fmt.Errorf("%w (%s)", errEncryptedSegments, method)
		}
	case tag == "#EXT-X-MAP":
		return r.startRun(value)
	case tag == "#EXT-X-BYTERANGE":
		return r.stretch(value, &r.next)
	case strings.HasPrefix(line, "#"):
	default:
		return r.name(line)
	}
	return nil
}

// startRun begins what another initialisation segment is for.
func (r *playlistReader) startRun(value string) error {
	name, err := localName(r.dir, attribute(value, "URI"))
	if err != nil {
		return err
	}
	init := piece{name: name}
	if stretch := attribute(value, "BYTERANGE"); stretch != "" {
		if err := r.stretch(stretch, &init); err != nil {
			return err
		}
	}
	if last := &r.runs[len(r.runs)-1]; len(last.pieces) == 0 {
		last.init = init
	} else if last.init != init {
		r.runs = append(r.runs, run{init: init})
	}
	return nil
}

// stretch reads a byte range, such as 1000@200 or, behind the last one, 1000.
func (r *playlistReader) stretch(text string, p *piece) error {
	length, offset, at := strings.Cut(text, "@")
	var err1, err2 error
	p.offset = -1
	p.length, err1 = strconv.ParseInt(length, 10, 64)
	if at {
		p.offset, err2 = strconv.ParseInt(offset, 10, 64)
	}
	const most = 1 << 60
	if errors.Join(err1, err2) != nil || p.length <= 0 || p.length > most || (at && p.offset < 0) || p.offset > most {
		return fmt.Errorf("%q is no byte range", text)
	}
	return nil
}

func (r *playlistReader) name(line string) error {
	name, err := localName(r.dir, line)
	if err != nil {
		return err
	}
	if r.count++; r.count > maxPieces {
		return fmt.Errorf("there are more than %d segments", maxPieces)
	}
	if r.variant {
		r.variants, r.variant = append(r.variants, variant{name, r.bandwidth}), false
		return nil
	}
	p := r.next
	p.name, r.next = name, piece{}
	if p.length > 0 {
		if p.offset < 0 {
			p.offset = r.ends[name]
		}
		if r.ends == nil {
			r.ends = map[string]int64{}
		}
		r.ends[name] = p.offset + p.length
	}
	last := &r.runs[len(r.runs)-1]
	last.pieces = append(last.pieces, p)
	return nil
}

// attribute returns one of the attributes of a tag, without quotes; "" if it is not there.
func attribute(list, name string) string {
	for list != "" {
		key, rest, _ := strings.Cut(list, "=")
		var value string
		if quoted, ok := strings.CutPrefix(rest, `"`); ok {
			value, rest, _ = strings.Cut(quoted, `"`)
			_, rest, _ = strings.Cut(rest, ",")
		} else {
			value, rest, _ = strings.Cut(rest, ",")
		}
		if strings.TrimSpace(key) == name {
			return value
		}
		list = rest
	}
	return ""
}

// localName turns a reference into the name of a file below the exhibit's folder. Whatever could lead elsewhere is
// refused: addresses, absolute paths, steps upwards out of it.
func localName(dir, reference string) (string, error) {
	u, err := url.Parse(reference)
	if err != nil || u.Scheme != "" || u.Host != "" || u.Opaque != "" || u.User != nil || u.Path == "" || strings.HasPrefix(u.Path, "/") {
		return "", fmt.Errorf("%q does not name a file in the folder", shorten(reference))
	}
	name := path.Join(dir, u.Path)
	if !fs.ValidPath(name) || name == "." || !filepath.IsLocal(filepath.FromSlash(name)) || strings.ContainsAny(name, "\\\x00:") {
		return "", fmt.Errorf("%q leads out of the folder", shorten(reference))
	}
	return name, nil
}

func shorten(text string) string {
	const longest = 100
	if len(text) > longest {
		return text[:longest] + "..."
	}
	return text
}
