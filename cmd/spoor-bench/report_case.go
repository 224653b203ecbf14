// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"iter"
	"math"
	"time"

	"spoor/report"
)

// largeCase makes up a case of a size: each exhibit was traced and names one of the tags, in turn.
func largeCase(exhibits, tags, accesses int) *report.Report {
	begun := time.Date(2026, time.January, 5, 9, 0, 0, 0, time.UTC)
	r := &report.Report{
		Made: begun.AddDate(0, 6, 0), Program: "bench",
		Case: report.Case{
			ID: "64f0c0ffee00000000000abc", Number: "2026/17", Name: "A case of some size", Examiner: "Jane Doe", State: "draft",
			Created: begun,
			Updated: begun.AddDate(0, 1, 0),
		},
		Delivery: &report.Delivery{Logs: []report.LogFile{{
			Name: "access.log", SHA256: digits(7), Format: "combined", Lines: int64(accesses),
		}}},
	}
	leak, original := gradient(480, 270, 40), gradient(480, 270, 90)
	tag := func(n int) string { return fmt.Sprintf("recipient-%02d@press.example", n) }
	for i := range exhibits {
		x := report.Exhibit{
			ID: fmt.Sprintf("64f0c0ffee%014x", i), Number: i + 1, FileName: fmt.Sprintf("leak-%03d.mp4", i+1), SHA256: digits(i),
			Size:    7_340_032,
			TakenIn: begun.AddDate(0, 1, 0), Group: tag(i % tags), Thumbnail: leak,
			Container: &report.Container{
				Format: "QuickTime / MOV", VideoCodec: "h264", Width: 1280, Height: 720,
				Duration: 90 * time.Second,
			},
		}
		x.Traces = []report.Trace{tracedFor(i, tag(i%tags), begun, leak, original)}
		r.Exhibits = append(r.Exhibits, x)
	}
	for i := range tags {
		r.Accesses = append(r.Accesses, report.TagAccesses{TitleID: titleOfCase, Tag: tag(i), Rows: accessRows(i, accesses/tags, begun)})
	}
	return r
}

const titleOfCase = "0660f4d8b04eeb56ced5f7c7"

func tracedFor(n int, tag string, begun time.Time, leak, original []byte) report.Trace {
	const ids = 1_000_000
	t := report.Trace{
		ID: fmt.Sprintf("64f0c0ffef%014x", n), Status: "SUCCESS", Verdict: report.Found, Percent: 100, Version: 1, Method: "informed",
		TitleID: titleOfCase, Created: begun, Updated: begun, Finished: begun.Add(time.Minute), BestScore: 17.2, Threshold: -9,
		TagsCompared: ids, Looks: 2, FramesUsed: 240, Video: 90 * time.Second, Elapsed: 4 * time.Second,
		Tried: []report.Remark{{Code: "tried-informed", Args: []string{"9", "9", "10"}}},
		Title: &report.TitleMatch{ID: titleOfCase, Name: "The Long Winter", SHA256: digits(3), Leak: leak, Original: original},
		Findings: []report.Finding{{
			TitleID: titleOfCase, Tag: tag, Log10P: -58, Score: 17.2, Weight: 1, Method: "informed", Issued: begun, Copied: begun,
			Spans: []report.Span{{From: 0, To: 90 * time.Second}},
		}},
		LineUp: &report.LineUp{
			IDs: ids, From: -6, Width: 0.25, TailAt: 4, TailSeen: 33, TailMeant: 31.7,
			Controls: []report.Control{
				{Kind: report.WrongKey, Score: 4.6, Count: 4},
				{Kind: report.KnownPositive, Score: 24, Log10P: -110, Named: true},
			},
		},
		Timeline: &report.Timeline{Length: 90 * time.Second},
	}
	for i := range 48 {
		from := -6 + 0.25*float64(i)
		t.LineUp.Counts = append(t.LineUp.Counts, int64(ids*(math.Erfc(from/math.Sqrt2)-math.Erfc((from+0.25)/math.Sqrt2))/2))
	}
	lane := report.Lane{Tag: tag}
	for i := range 45 {
		at := time.Duration(i) * 2 * time.Second
		lane.Points = append(lane.Points, report.Strength{From: at, To: at + 2*time.Second, Score: float64(i % 11)})
	}
	t.Timeline.Lanes = []report.Lane{lane}
	return t
}

// accessRows makes accesses that are the same at each call.
func accessRows(seed, n int, begun time.Time) report.Rows {
	countries := [][3]string{{"DE", "Germany", "Telekom"}, {"US", "United States", "Comcast"}, {"BR", "Brazil", "Claro"}, {"", "N/A", ""}}
	return func(context.Context) iter.Seq2[report.Access, error] {
		return func(yield func(report.Access, error) bool) {
			for i := range n {
				c := countries[(i+seed)%len(countries)]
				at := begun.Add(time.Duration(i) * 97 * time.Second)
				a := report.Access{
					Address: fmt.Sprintf("198.%d.%d.%d", 18+seed%2, i/250%256, i%250), Country: c[1], CountryCode: c[0],
					Type: "ISP", Network: c[2],
					UserAgent: "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36", Language: "de", First: at, Last: at.Add(time.Hour),
					Ports: []int{40000 + i%20000}, Percentage: "100%", Resolution: "720p", StreamingOnly: "yes",
				}
				if !yield(a, nil) {
					return
				}
			}
		}
	}
}

// digits is a hash value that is none, another one for each number.
func digits(n int) string { return fmt.Sprintf("%064x", n) }

func gradient(w, h int, hue uint8) []byte {
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			m.Set(x, y, color.RGBA{uint8(255 * x / w), hue, uint8(255 * y / h), 255})
		}
	}
	var b bytes.Buffer
	_ = jpeg.Encode(&b, m, nil) // a buffer takes everything
	return b.Bytes()
}
