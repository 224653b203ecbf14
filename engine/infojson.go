// SPDX-License-Identifier: AGPL-3.0-or-later

package engine

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"time"

	"spoor/storage"
)

const longestInfoJSON = 64 << 20 // bytes; those of live streams with all their fragments are large

// readInfoJSON reads the description that yt-dlp writes beside a video. A field of another kind than expected counts as
// missing.
func readInfoJSON(r io.Reader) (*storage.Acquisition, error) {
	text, err := io.ReadAll(io.LimitReader(r, longestInfoJSON+1))
	if err == nil && len(text) > longestInfoJSON {
		err = errors.New("it is longer than 64 MiB")
	}
	if err != nil {
		return nil, fmt.Errorf("the description cannot be read: %w", err)
	}
	var info map[string]json.RawMessage
	if err := json.Unmarshal(text, &info); err != nil {
		return nil, fmt.Errorf("the description is not JSON: %w", err)
	}
	first := func(names ...string) string {
		for _, name := range names {
			var value string
			if json.Unmarshal(info[name], &value) == nil && value != "" {
				return value
			}
		}
		return ""
	}
	a := &storage.Acquisition{
		Address:  first("webpage_url", "original_url", "url"),
		Platform: first("extractor_key", "extractor", "webpage_url_domain"),
		Uploader: first("uploader", "channel", "uploader_id", "channel_id", "creator"),
		Caption:  first("fulltitle", "title"),
		PostedAt: unixTime(info["timestamp"]), CapturedAt: unixTime(info["epoch"]),
	}
	if a.PostedAt == nil {
		if day, err := time.Parse("20060102", first("upload_date")); err == nil {
			a.PostedAt = &day
		}
	}
	var version struct {
		Version string `json:"version"`
	}
	if json.Unmarshal(info["_version"], &version) == nil && version.Version != "" {
		a.Tool = "yt-dlp " + version.Version
	}
	if !fill(&storage.Acquisition{}, a, "") {
		return nil, errors.New("the description says nothing of where a video is from")
	}
	return a, nil
}

// unixTime reads seconds since 1970; what cannot be is nil.
func unixTime(raw json.RawMessage) *time.Time {
	var seconds float64
	if json.Unmarshal(raw, &seconds) != nil || seconds <= 0 || seconds > 1e11 {
		return nil
	}
	whole, part := math.Modf(seconds)
	t := time.Unix(int64(whole), int64(part*1e3)*1e6).UTC()
	return &t
}
