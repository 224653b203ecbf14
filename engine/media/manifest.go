// SPDX-License-Identifier: AGPL-3.0-or-later

package media

import (
	"encoding/xml"
	"errors"
	"fmt"
	"math"
	"path"
	"regexp"
	"strconv"
	"strings"
)

// mpd is the part of a DASH manifest (ISO/IEC 23009-1) that says which files make up a representation.
type mpd struct {
	XMLName  xml.Name    `xml:"MPD"`
	Duration string      `xml:"mediaPresentationDuration,attr"`
	BaseURL  string      `xml:"BaseURL"`
	Periods  []mpdPeriod `xml:"Period"`
}

type mpdPeriod struct {
	Duration string   `xml:"duration,attr"`
	BaseURL  string   `xml:"BaseURL"`
	Sets     []mpdSet `xml:"AdaptationSet"`
	mpdSegments
}

type mpdSet struct {
	ContentType string     `xml:"contentType,attr"`
	MimeType    string     `xml:"mimeType,attr"`
	BaseURL     string     `xml:"BaseURL"`
	Protection  []struct{} `xml:"ContentProtection"`
	Choices     []mpdRep   `xml:"Representation"`
	mpdSegments
}

type mpdRep struct {
	ID         string     `xml:"id,attr"`
	Bandwidth  int64      `xml:"bandwidth,attr"`
	MimeType   string     `xml:"mimeType,attr"`
	BaseURL    string     `xml:"BaseURL"`
	Protection []struct{} `xml:"ContentProtection"`
	mpdSegments
}

// mpdSegments is one of the ways to name segments; inner levels go before outer ones.
type mpdSegments struct {
	Template *mpdTemplate `xml:"SegmentTemplate"`
	List     *mpdList     `xml:"SegmentList"`
}

type mpdTemplate struct {
	Init      string  `xml:"initialization,attr"`
	Media     string  `xml:"media,attr"`
	Start     *int64  `xml:"startNumber,attr"`
	Duration  float64 `xml:"duration,attr"`
	Timescale float64 `xml:"timescale,attr"`
	Timeline  []struct {
		T *int64 `xml:"t,attr"`
		D int64  `xml:"d,attr"`
		R int64  `xml:"r,attr"`
	} `xml:"SegmentTimeline>S"`
}

type mpdList struct {
	Init struct {
		URL   string `xml:"sourceURL,attr"`
		Range string `xml:"range,attr"`
	} `xml:"Initialization"`
	URLs []struct {
		Media string `xml:"media,attr"`
		Range string `xml:"mediaRange,attr"`
	} `xml:"SegmentURL"`
}

// choice is a representation of a manifest: what it would be put together from.
type choice struct {
	name      string
	bandwidth int64
	runs      []run
	open      bool // the list goes on as far as there are files
}

// parseManifest lists the video representations of a manifest, those of all periods with one id together.
func parseManifest(text, dir string) ([]choice, error) {
	var m mpd
	d := xml.NewDecoder(strings.NewReader(text))
	d.Entity = map[string]string{}
	if err := d.Decode(&m); err != nil {
		return nil, fmt.Errorf("not a DASH manifest: %w", err)
	}
	var out []choice
	byID := map[string]int{}
	for i := range m.Periods {
		p := &m.Periods[i]
		for j := range p.Sets {
			set := &p.Sets[j]
			for k := range set.Choices {
				rep := &set.Choices[k]
				if !isVideo(set, rep) {
					continue
				}
				if len(set.Protection)+len(rep.Protection) > 0 {
					return nil, errEncryptedSegments
				}
				r, open, err := rep.run(&m, p, set, dir)
				if err != nil {
					return nil, err
				}
				at, ok := byID[rep.ID]
				if !ok {
					at, byID[rep.ID] = len(out), len(out)
					out = append(out, choice{name: "representation " + shorten(rep.ID), bandwidth: rep.Bandwidth})
				}
				out[at].runs, out[at].open = append(out[at].runs, r), out[at].open || open
			}
		}
	}
	if len(out) == 0 {
		return nil, errors.New("the manifest has no video")
	}
	return out, nil
}

func isVideo(set *mpdSet, rep *mpdRep) bool {
	for _, kind := range []string{rep.MimeType, set.MimeType, set.ContentType} {
		if kind != "" {
			return strings.HasPrefix(kind, "video")
		}
	}
	return true
}

// run lists the files of a representation in a period. open means that the manifest does not say how many there are.
func (rep *mpdRep) run(m *mpd, p *mpdPeriod, set *mpdSet, dir string) (r run, open bool, err error) {
	base := dir
	for _, step := range []string{m.BaseURL, p.BaseURL, set.BaseURL} {
		if step = strings.TrimSpace(step); step != "" && step != "./" {
			if base, err = localName(base, strings.TrimSuffix(step, "/")); err != nil {
				return r, false, err
			}
		}
	}
	own := strings.TrimSpace(rep.BaseURL)
	for _, s := range []mpdSegments{rep.mpdSegments, set.mpdSegments, p.mpdSegments} {
		if s.Template == nil && s.List == nil {
			continue
		}
		if own != "" && own != "./" {
			if base, err = localName(base, strings.TrimSuffix(own, "/")); err != nil {
				return r, false, err
			}
		}
		if s.List != nil {
			r, err = s.List.run(base)
			return r, false, err
		}
		return s.Template.run(rep, base, max(isoSeconds(p.Duration), isoSeconds(m.Duration)))
	}
	if own == "" {
		return r, false, errors.New("the manifest names no segments")
	}
	name, err := localName(base, own) // one file
	return run{pieces: []piece{{name: name}}}, false, err
}

func (l *mpdList) run(base string) (run, error) {
	var r run
	if l.Init.URL != "" {
		name, err := localName(base, l.Init.URL)
		if err != nil {
			return r, err
		}
		r.init = piece{name: name}
	}
	if l.Init.Range != "" || len(l.URLs) > maxPieces {
		return r, errors.New("segments as stretches of one file are not put together")
	}
	for _, u := range l.URLs {
		name, err := localName(base, u.Media)
		if err != nil || u.Range != "" {
			return r, errors.Join(err, errors.New("a segment is not named as a file"))
		}
		r.pieces = append(r.pieces, piece{name: name})
	}
	return r, nil
}

func (t *mpdTemplate) run(rep *mpdRep, base string, length float64) (r run, open bool, err error) {
	number := int64(1)
	if t.Start != nil {
		number = *t.Start
	}
	add := func(at int64) error {
		name, err := rep.expand(t.Media, base, number, at)
		if err != nil {
			return err
		}
		if len(r.pieces) >= maxPieces {
			return fmt.Errorf("there are more than %d segments", maxPieces)
		}
		r.pieces = append(r.pieces, piece{name: name})
		number++
		return nil
	}
	if t.Init != "" {
		if r.init.name, err = rep.expand(t.Init, base, 0, 0); err != nil {
			return r, false, err
		}
	}
	if len(t.Timeline) > 0 {
		open, err = t.timeline(add)
		return r, open, err
	}
	// So many segments of one length, or as many as there are files: a manifest that was captured live does not say.
	count := int64(maxPieces / 10)
	open = true
	if scale := max(t.Timescale, 1); t.Duration > 0 && length > 0 && length*scale/t.Duration < float64(count) {
		count, open = int64(math.Ceil(length*scale/t.Duration-1e-6)), false
	}
	for i := range count {
		if err := add(int64(min(float64(i)*t.Duration, math.MaxInt32*1e6))); err != nil {
			return r, false, err
		}
		if !strings.Contains(t.Media, "$") {
			break
		}
	}
	return r, open, nil
}

// timeline adds the segments that are listed with their times.
func (t *mpdTemplate) timeline(add func(at int64) error) (open bool, err error) {
	at := int64(0)
	for _, s := range t.Timeline {
		if s.T != nil {
			at = *s.T
		}
		n := s.R
		if n < 0 {
			n, open = maxPieces/10, true
		}
		if n >= maxPieces {
			return false, fmt.Errorf("there are more than %d segments", maxPieces)
		}
		for range n + 1 {
			if err := add(at); err != nil {
				return false, err
			}
			at += s.D
		}
	}
	return open, nil
}

// expand fills in a template, such as chunk-$RepresentationID$-$Number%05d$.m4s.
func (rep *mpdRep) expand(template, base string, number, at int64) (string, error) {
	if template == "" {
		return "", errors.New("the manifest does not say how segments are named")
	}
	bad := false
	form := regexp.MustCompile(`\$(RepresentationID|Number|Time|Bandwidth|)(?:%0(\d{1,2})d)?\$`)
	name := form.ReplaceAllStringFunc(template, func(found string) string {
		m := form.FindStringSubmatch(found)
		width, _ := strconv.Atoi(m[2])
		switch m[1] {
		case "Number":
			return fmt.Sprintf("%0*d", width, number)
		case "Time":
			return fmt.Sprintf("%0*d", width, at)
		case "Bandwidth":
			return fmt.Sprintf("%0*d", width, rep.Bandwidth)
		case "RepresentationID":
			bad = bad || strings.Contains(rep.ID, "..") || path.IsAbs(rep.ID)
			return rep.ID
		}
		return "$"
	})
	if bad {
		return "", fmt.Errorf("%q leads out of the folder", shorten(rep.ID))
	}
	return localName(base, name)
}

// isoSeconds reads a duration such as PT1H2M3.5S; what is none is 0.
func isoSeconds(text string) float64 {
	m := regexp.MustCompile(`^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$`).FindStringSubmatch(text)
	if m == nil {
		return 0
	}
	total := 0.0
	for i, unit := range []float64{86400, 3600, 60, 1} {
		x, _ := strconv.ParseFloat(m[i+1], 64)
		total += x * unit
	}
	return total
}
