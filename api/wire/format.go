// SPDX-License-Identifier: AGPL-3.0-or-later

package wire

import (
	"mime"
	"net/http"
	"strconv"
	"strings"
)

// Format is how an answer is written.
type Format struct {
	XML   bool
	Human bool // indented
	Nulls bool // keys without a value are written, as null
}

// ContentType is the media type of the format.
func (f Format) ContentType() string {
	if f.XML {
		return "application/xml; charset=utf-8"
	}
	return "application/json"
}

// Negotiate chooses the format of the answer: the parameter format decides, else
// the header Accept, else it is JSON. The error, an [*Error] of status 400 or
// 406, comes with a format in which it can be written.
func Negotiate(r *http.Request) (Format, error) {
	query := r.URL.Query()
	var f Format
	var err error
	if f.Human, err = boolParameter(query.Get("human"), "human"); err != nil {
		return f, err
	}
	if f.Nulls, err = boolParameter(query.Get("show_null"), "show_null"); err != nil {
		return f, err
	}
	switch query.Get("format") {
	case "json":
		return f, nil
	case "xml":
		f.XML = true
		return f, nil
	case "":
		if query.Has("format") {
			return f, Invalid("format", "it must be json or xml")
		}
	default:
		return f, Invalid("format", "it must be json or xml")
	}
	json, xml := accepts(r.Header.Values("Accept"))
	f.XML = xml > json
	if json == 0 && xml == 0 {
		return f, StatusError(http.StatusNotAcceptable)
	}
	return f, nil
}

// boolParameter reads true or false; empty is false.
func boolParameter(text, name string) (bool, error) {
	switch text {
	case "true":
		return true, nil
	case "", "false":
		return false, nil
	}
	return false, Invalid(name, "it must be true or false")
}

// accepts returns how much the client wants each format, 0 for not at all. The
// most specific range that matches a format decides about it.
func accepts(headers []string) (json, xml float64) {
	jsonRank, xmlRank := 0, 0
	asked := false
	for part := range strings.SplitSeq(strings.Join(headers, ","), ",") {
		media, params, err := mime.ParseMediaType(part)
		if err != nil {
			continue
		}
		asked = true
		q := quality(params)
		rank := 3
		switch media {
		case "*/*":
			rank = 1
		case "application/*", "text/*":
			rank = 2
		}
		if rank < 3 || media == "application/json" || media == "text/json" {
			prefer(&json, &jsonRank, q, rank)
		}
		if rank < 3 || media == "application/xml" || media == "text/xml" {
			prefer(&xml, &xmlRank, q, rank)
		}
	}
	if !asked { // none, or none that can be read
		return 1, 1
	}
	return json, xml
}

func prefer(best *float64, bestRank *int, q float64, rank int) {
	if rank > *bestRank || (rank == *bestRank && q > *best) {
		*best, *bestRank = q, rank
	}
}

func quality(params map[string]string) float64 {
	text, ok := params["q"]
	if !ok {
		return 1
	}
	q, err := strconv.ParseFloat(text, 64)
	if err != nil || !(q >= 0 && q <= 1) {
		return 1
	}
	return q
}
