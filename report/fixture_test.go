// SPDX-License-Identifier: AGPL-3.0-or-later

package report_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"iter"
	"math"
	"math/rand/v2"
	"strings"
	"time"

	"spoor/report"
)

func day(d, h int) time.Time { return time.Date(2026, time.November, d, h, 20, 0, 0, time.UTC) }

// picture is a JPEG with something in it.
func picture(hue uint8, w, h int) []byte {
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			v := uint8(128 + 60*math.Sin(float64(x)/17)*math.Cos(float64(y)/11))
			m.Set(x, y, color.RGBA{v, hue, uint8(255 * y / h), 255})
		}
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, nil); err != nil {
		panic(err)
	}
	return b.Bytes()
}

func bell(n int64, low, width float64, bins int) []int64 {
	out := make([]int64, bins)
	for i := range out {
		a := low + float64(i)*width
		out[i] = int64(math.Round(float64(n) * (math.Erfc(a/math.Sqrt2) - math.Erfc((a+width)/math.Sqrt2)) / 2))
	}
	return out
}

// rows makes accesses that are the same at each call.
func rows(n int, seed uint64) report.Rows {
	countries := [][3]string{
		{"DE", "Germany", "Deutsche Telekom AG"},
		{"US", "United States", "Comcast Cable"},
		{"BR", "Brazil", "Claro S.A."},
		{"IN", "India", "Reliance Jio"},
		{"NL", "Netherlands", "Hosting BV"},
		{"RU", "Russia", "Rostelecom"},
		{"", "N/A", ""},
	}
	types := []string{"ISP", "ISP", "MOB", "MOB", "DCH", "ISP", "N/A"}
	return func(context.Context) iter.Seq2[report.Access, error] {
		return func(yield func(report.Access, error) bool) {
			random := rand.New(rand.NewPCG(seed, 7))
			at := day(3, 8)
			for i := range n {
				k := int(math.Abs(random.NormFloat64()) * 2)
				if k >= len(countries) {
					k = len(countries) - 1
				}
				at = at.Add(time.Duration(random.IntN(int(200*time.Hour)) / max(n, 1)))
				a := report.Access{
					Address: fmt.Sprintf("198.51.%d.%d", i/250%256, i%250), Country: countries[k][1], CountryCode: countries[k][0],
					Type: types[k], TypeSource: "derived", Network: countries[k][2], ASN: int64(64500 + k),
					UserAgent: "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/120.0.0.0 Safari/537.36",
					Language:  "de-DE,de;q=0.9",
					First:     at, Last: at.Add(17 * time.Minute), Ports: []int{40000 + i%20000, 40001 + i%20000},
					Percentage: "100%", Resolution: "720p", StreamingOnly: "yes",
				}
				if i%5 == 4 {
					a.Percentage, a.StreamingOnly, a.Address = "37%", "no", fmt.Sprintf("2001:db8::%x", i)
				}
				if !yield(a, nil) {
					return
				}
			}
		}
	}
}

func found() report.Trace {
	second := time.Second
	var points []report.Strength
	for i := range 9 {
		points = append(points, report.Strength{
			From: time.Duration(i) * 2 * second, To: time.Duration(i+1) * 2 * second,
			Score: float64(i%5)*2.2 + 1,
		})
	}
	var weak []report.Strength
	for i := range 4 {
		weak = append(weak, report.Strength{From: time.Duration(10+2*i) * second, To: time.Duration(12+2*i) * second, Score: 4.2})
	}
	span := func(from, to, in int) report.Span {
		a, b := time.Duration(in)*second, time.Duration(in+to-from)*second
		return report.Span{From: time.Duration(from) * second, To: time.Duration(to) * second, TitleFrom: &a, TitleTo: &b}
	}
	return report.Trace{
		ID: "64f0c0ffee0123456789abcd", Input: "cam.mp4", Status: "SUCCESS", Verdict: report.Found, Percent: 100, Version: 4,
		Method: "informed", TitleID: "0660f4d8b04eeb56ced5f7c7", Created: day(20, 9), Updated: day(20, 10), Finished: day(20, 10),
		Title: &report.TitleMatch{
			ID: "0660f4d8b04eeb56ced5f7c7", Name: "The Long Winter, reel 3", SHA256: strings.Repeat("1f", 32), KeyID: "9f3c2e1ab8d04417",
			Reference: "64f0c0ffee00000000000001", Log10P: new(-40.2), How: report.ByPictures, Fit: new(0.91),
			Leak: picture(40, 96, 54), Original: picture(90, 96, 54), LeakAt: 4 * second, TitleAt: 65 * second,
			Outline: []report.Point{{X: 0.08, Y: 0.12}, {X: 0.93, Y: 0.05}, {X: 0.9, Y: 0.95}, {X: 0.1, Y: 0.88}},
		},
		Findings: []report.Finding{
			{
				TitleID: "0660f4d8b04eeb56ced5f7c7", Tag: "bob@press.example",
				Who: &report.Recipient{
					Name: "Bob Miller", Company: "Press & Co. KG", Email: "bob@press.example",
					Note: "screener, by courier",
				},
				Log10P: -63.1, Score: 17.7, Weight: 0.83, Method: "informed",
				Spans:  []report.Span{span(0, 10, 61), span(12, 18, 73)},
				Issued: day(1, 9), Copied: day(1, 10), CopyHash: strings.Repeat("c4", 32), LogEntry: new(int64(1203)),
			},
			{
				TitleID: "0660f4d8b04eeb56ced5f7c7", Tag: "studio-preview/αβγ/Ж-0042", Log10P: -10.4, Score: 8.6, Weight: 0.17,
				Method: "informed",
				Spans:  []report.Span{span(10, 18, 71)}, Issued: day(2, 9), Copied: day(2, 9),
			},
		},
		BestScore: 17.7, SyncClarity: 2.1, Threshold: -9, TagsCompared: 1_000_000, Looks: 3, FramesUsed: 24, Video: 18 * second,
		Elapsed: 840 * time.Millisecond, Remarks: []report.Remark{{Words: "a remark of the trace"}},
		Tried:   []report.Remark{{Code: "tried-informed", Args: []string{"2", "2", "10"}}},
		Partial: &report.Partial{Examined: 18 * second, Of: 5400 * second},
		Timeline: &report.Timeline{
			Length: 18 * second,
			Lanes:  []report.Lane{{Tag: "bob@press.example", Points: points}, {Tag: "studio-preview/αβγ/Ж-0042", Points: weak}},
			Title:  []report.Span{span(0, 10, 61), span(10, 18, 71)}, Unusable: []report.Stretch{{
				From: 10 * second,
				To:   12 * second, Why: "not-read",
			}},
		},
		LineUp: &report.LineUp{
			IDs: 1_000_000, From: -6, Width: 0.25, Counts: bell(1_000_000, -6, 0.25, 48), RunnerUp: new(4.9),
			TailAt: 4, TailSeen: 33, TailMeant: 31.7,
			Controls: []report.Control{
				{Kind: "wrong-key", What: "random keys", Score: 4.6, Log10P: -0.1, Count: 8},
				{Kind: "wrong-title", What: "Other Film", Score: 4.8, Log10P: 0},
				{Kind: "known-positive", What: "copy of control@office.example, same damage", Score: 27.2, Log10P: -150, Named: true},
			},
		},
		Versions: json.RawMessage(`{"program":"b01d78f","ffmpeg":"5.1.8","mark":1,"confinement":{"landlock":true}}`),
		Params:   json.RawMessage(`{"Mark":1,"Method":"informed","Full":false,"Tags":1000000}`),
	}
}

func exhibit(n int, t ...report.Trace) report.Exhibit {
	return report.Exhibit{
		ID: fmt.Sprintf("64f0c0ffee00000000000%03d", n), Number: n, FileName: fmt.Sprintf("cam-%d.mp4", n),
		Path: fmt.Sprintf("/evidence/usb/cam-%d.mp4", n), SHA256: strings.Repeat("ab", 32), SHA512: strings.Repeat("cd", 64),
		Size:     7_340_032,
		Modified: day(18, 3), TakenIn: day(20, 8), Thumbnail: picture(uint8(30*n), 64, 36),
		Container: &report.Container{
			Format: "QuickTime / MOV", VideoCodec: "h264", AudioCodec: "aac", Width: 1280, Height: 720, FrameRate: "24",
			Duration: 18 * time.Second, BitRate: 3_200_000,
		},
		Traces: t,
	}
}

// rich is a case with everything in it.
func rich() *report.Report {
	first := exhibit(1, report.Trace{
		ID: "64f0c0ffee0123456789aaaa", Status: "SUCCESS", Verdict: report.Inconclusive, Method: "blind", Finished: day(19, 9),
		Threshold: -9,
	}, found())
	first.Acquisition = &report.Acquisition{
		Address: "https://video.example/watch?v=4711", Platform: "video.example", Uploader: "winter_fan_77", Posted: day(17, 22),
		Captured: day(18, 3), By: "Jane Doe", With: "yt-dlp 2026.10", Note: "seen by the press office", Page: picture(200, 128, 72),
	}
	first.Bookmarks = []report.Bookmark{{Offset: 4 * time.Second, Author: "Jane Doe", Text: "logo of the festival", At: day(20, 11)}}
	first.Group = "The Long Winter, 1:01 to 1:19"
	unsure := found()
	unsure.Verdict, unsure.Findings, unsure.Title, unsure.BestScore, unsure.Partial = report.Inconclusive, nil, nil, 6.1, nil
	unsure.ID = "64f0c0ffee0123456789abce"
	unsure.Needed = &report.Remark{Code: "needed-footage", Args: []string{"1.9", "6.1", "8.4"}}
	second := exhibit(2, unsure)
	second.Sources = []report.Source{
		{Name: "seg/0001.ts", SHA256: strings.Repeat("5e", 32), Size: 3_100_000},
		{Name: "seg/0002.ts", SHA256: strings.Repeat("6f", 32), Size: 4_240_032},
	}
	none := report.Trace{
		ID: "64f0c0ffee0123456789abcf", Status: "SUCCESS", Verdict: report.None, Percent: 100, Method: "blind", Finished: day(20, 12),
		BestScore: 4.7, Threshold: -9, TagsCompared: 1_000_000, Looks: 2, FramesUsed: 72, Video: 12 * time.Second,
		Tried: []report.Remark{
			{Code: "tried-whole", Args: []string{"2", "2", "10"}}, {Code: "tried-turned", Args: []string{"2", "2", "10"}},
		},
	}
	third := exhibit(3, none)
	third.Container, third.Thumbnail = nil, nil
	failed := report.Trace{
		ID: "64f0c0ffee0123456789abd0", Status: "FAILURE", Verdict: report.Failed, Error: "broken.mp4: no video stream; check the file",
		ErrorCode: "no-video", Finished: day(20, 13), Threshold: -9,
	}
	return &report.Report{
		Made: day(24, 18), Program: "b01d78f5f116",
		Case: report.Case{
			ID: "64f0c0ffee00000000000abc", Name: "Festival leak 2026/11", Examiner: "Jane Doe", State: "draft", LegalHold: true,
			Created: day(18, 2), Updated: day(24, 17),
		},
		Exhibits: []report.Exhibit{first, second, third, exhibit(4, failed), exhibit(5)},
		Accesses: []report.TagAccesses{{
			TitleID: "0660f4d8b04eeb56ced5f7c7", Tag: "bob@press.example", Rows: rows(40, 1),
			Patterns: []report.Pattern{{
				Name: "Two countries at once",
				Text: "clients in Germany and Brazil fetched the copy within the same minute (198.51.0.3, 198.51.0.9)",
			}},
		}},
		Delivery: &report.Delivery{
			Logs: []report.LogFile{{
				Name: "access.log.1.gz", SHA256: strings.Repeat("7e", 32), Format: "nginx combined",
				Lines: 1_204_331,
			}},
			Unmatched: 311, Database: "DB-IP country, 2026-06", Proxies: "203.0.113.7",
		},
		Notes: []report.Note{
			{Author: "Jane Doe", Text: "Called the platform; they confirmed the upload from 203.0.113.9.", At: day(19, 11)},
			{Author: "Jane Doe", Text: "Second file received from the distributor.", At: day(20, 7)},
		},
		Audit: &report.Audit{
			Events: []report.Event{
				{Number: 1203, At: day(1, 9), Actor: "Jane Doe", Action: "tag issued", Object: "bob@press.example"},
				{Number: 1377, At: day(20, 8), Actor: "Jane Doe", Action: "evidence taken in", Object: strings.Repeat("ab", 32)},
			},
			Total: 2, TreeSize: 1402, RootHash: "mZ3b0m0b0T0Zk4Yl0c4pXyqX3k0C5m0bQ5mZ3b0m0bA=",
			Head: "spoor\n1402\nmZ3b0m0b0T0Zk4Yl0c4pXyqX3k0C5m0bQ5mZ3b0m0bA=",
		},
	}
}
