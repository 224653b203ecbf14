// SPDX-License-Identifier: AGPL-3.0-or-later

package access

import "bytes"

// Kind says what a request is for.
type Kind byte

// The kinds of request.
const (
	Other    Kind = iota // neither video nor playlist
	Playlist             // HLS or DASH manifest
	Init                 // initialization segment, which shows nothing by itself
	Sound                // a segment without pictures: sound, subtitles, keys
	Segment              // a segment with pictures
	Streamed             // part of a file that a player reads in ranges
	Download             // progressive download
)

// object is what a path says about what lies there.
type object struct {
	kind    Kind
	file    []byte // what belongs together: the folder above the renditions, or the file itself
	height  int32  // lines of the picture; 0 unknown
	number  int64  // of the segment; -1
	numbers []byte // its digits
}

// kindOfExtension knows the files of video delivery.
func kindOfExtension(ext []byte) Kind {
	switch string(ext) {
	case "m3u8", "mpd", "m3u", "ism", "isml", "f4m":
		return Playlist
	case "ts", "m4s", "m4v", "cmfv", "m2ts", "mts", "hls", "dash":
		return Segment
	case "m4a", "cmfa", "aac", "ac3", "ec3", "vtt", "webvtt", "cmft", "ttml", "key", "mp3", "opus":
		return Sound
	case "mp4", "mov", "mkv", "webm", "avi", "mxf", "m2v", "mpg", "mpeg", "wmv", "flv", "ogv", "3gp":
		return Download
	}
	return Other
}

// look reads a path, percent-decoded, by what is usual: the extension says the kind, a part like 720p or 1280x720 the
// rendition, the last digits of the name the segment.
func look(path []byte) object {
	o := object{number: -1}
	slash := bytes.LastIndexByte(path, '/')
	name := path[slash+1:]
	dot := bytes.LastIndexByte(name, '.')
	if dot <= 0 || len(name)-dot > 8 {
		return o
	}
	var lower [8]byte
	ext := lower[:copy(lower[:], name[dot+1:])]
	for i, c := range ext {
		if c >= 'A' && c <= 'Z' {
			ext[i] = c | 0x20
		}
	}
	stem := name[:dot]
	o.kind = kindOfExtension(ext)
	o.number, o.numbers = lastNumber(stem)
	switch {
	case o.kind == Other:
		return o
	case o.kind == Download && (startsWith(stem, "init") || endsWith(stem, "init")), o.kind == Segment && startsWith(stem, "init"):
		o.kind = Init
	case o.kind == Download && o.number >= 0 && segmentName(stem):
		o.kind = Segment
	}
	if o.kind == Download {
		o.file = path
		o.height = heightIn(path)
		return o
	}
	o.folder(path[:max(slash, 0)])
	if o.height == 0 {
		o.height = heightIn(name)
	}
	if o.kind == Segment && o.height == 0 && bytes.Contains(path, []byte("audio")) {
		o.kind = Sound
	}
	return o
}

// folder finds the rendition among the folders, and what lies above it.
func (o *object) folder(folders []byte) {
	o.file = folders
	for at := 0; at < len(folders); {
		end := bytes.IndexByte(folders[at+1:], '/')
		if end < 0 {
			end = len(folders)
		} else {
			end += at + 1
		}
		if h := height(folders[at+1 : end]); h > 0 {
			o.height = h
			o.file = folders[:at]
			return
		}
		at = end
	}
}

func startsWith(name []byte, lower string) bool {
	return len(name) >= len(lower) && equalFold(name[:len(lower)], lower)
}

func endsWith(name []byte, lower string) bool {
	return len(name) >= len(lower) && equalFold(name[len(name)-len(lower):], lower)
}

// segmentName says whether a file is named like a segment.
func segmentName(stem []byte) bool {
	for _, word := range []string{"seg", "chunk", "frag", "part", "media"} {
		if startsWith(stem, word) {
			return true
		}
	}
	return false
}

// lastNumber reads the last digits of a name, -1 where there are none.
func lastNumber(stem []byte) (int64, []byte) {
	end := len(stem)
	for end > 0 && stem[end-1]-'0' > 9 {
		end--
	}
	start := end
	for start > 0 && stem[start-1]-'0' <= 9 {
		start--
	}
	n, err := number(stem[start:end])
	if err != nil {
		return -1, nil
	}
	return n, stem[start:end]
}

// height reads the name of a rendition: 720p, 1280x720, 720, v720p60; 0 where it is none.
func height(name []byte) int32 {
	if h := heightIn(name); h > 0 {
		return h
	}
	if n, err := number(name); err == nil && len(name) >= 3 && len(name) <= 4 && standardHeight(n) {
		return int32(n)
	}
	return 0
}

// heightIn finds digits before a p or after an x in a name.
func heightIn(name []byte) int32 {
	for i := 0; i < len(name); {
		if name[i]-'0' > 9 {
			i++
			continue
		}
		end := i
		for end < len(name) && name[end]-'0' <= 9 {
			end++
		}
		n, err := number(name[i:end])
		if err == nil && end-i >= 3 && end-i <= 4 {
			afterP := end < len(name) && name[end]|0x20 == 'p' && (end+1 == len(name) || !letter(name[end+1]))
			afterX := i >= 4 && name[i-1]|0x20 == 'x' && name[i-2]-'0' <= 9 && (end == len(name) || !letter(name[end]))
			if (afterP || afterX) && n >= 100 && n <= 8640 {
				return int32(n)
			}
		}
		i = end
	}
	return 0
}

func letter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

func standardHeight(n int64) bool {
	switch n {
	case 144, 180, 216, 234, 240, 270, 288, 360, 404, 432, 480, 540, 576, 720, 1080, 1440, 2160, 4320:
		return true
	}
	return false
}

// refine corrects what a path says by what the player said in CMCD.
func (o *object) refine(r *Request) {
	switch r.Object {
	case 'm':
		o.kind = Playlist
	case 'i':
		o.kind = Init
	case 'a', 'c', 't', 'k':
		o.kind = Sound
	case 'v', 'b':
		if o.kind == Download {
			o.kind = Streamed
		} else if o.kind == Other && o.number >= 0 {
			o.kind = Segment
		}
	}
	if o.kind == Download && (r.Stream == 'd' || r.Stream == 'h') {
		o.kind = Streamed
	}
}
