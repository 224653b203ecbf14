// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"bufio"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"time"
)

// makeLog writes an access log in the combined format: half of the lines are segments of 40 films by 2000 viewers, with a
// tag of 1000, the others other traffic of a web site. The same number of lines gives the same file.
//
//nolint:lll,gosec // lines of a log; the same ones each time
func makeLog(path string, lines int) (err error) {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	w := bufio.NewWriterSize(f, 1<<20)
	defer func() { err = errors.Join(err, w.Flush(), f.Close()) }()
	agents := []string{
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/132.0.0.0 Safari/537.36",
		"Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
		"AppleCoreMedia/1.0.0.21G93 (iPhone; U; CPU OS 17_6_1 like Mac OS X; en_us)", "ExoPlayerLib/2.19.1 (Linux; Android 14)",
	}
	random := rand.New(rand.NewPCG(5, 1))
	start := time.Date(2026, 3, 1, 0, 0, 0, 0, time.FixedZone("", 3600))
	segments := make([]int, 2000)
	for i := range lines {
		viewer := random.IntN(len(segments))
		at := start.Add(time.Duration(i) * 100 * time.Millisecond).Format("02/Jan/2006:15:04:05 -0700")
		who := fmt.Sprintf("%d.%d.%d.%d", 11+viewer%180, viewer/7%250, viewer%250, 1+viewer/31%250)
		if i%2 == 0 {
			segments[viewer]++
			_, err = fmt.Fprintf(w,
				"%s - - [%s] \"GET /vod/film%02d/%dp/A/seg_%05d.ts?autograph_tag=viewer-%d HTTP/2.0\" 200 %d \"https://player.example.com/\" \"%s\"\n",
				who, at, viewer%40, []int{360, 720, 1080}[random.IntN(3)], segments[viewer]%1200, viewer/2,
				300_000+random.IntN(2_000_000), agents[viewer%len(agents)])
		} else {
			_, err = fmt.Fprintf(w, "%s - - [%s] \"GET /news/%d/page.html?ref=%d HTTP/1.1\" %d %d \"https://www.example.com/\" \"%s\"\n",
				who, at, random.IntN(9000), random.IntN(99), []int{200, 200, 200, 304, 404}[random.IntN(5)], random.IntN(90_000),
				agents[viewer%len(agents)])
		}
		if err != nil {
			return err
		}
	}
	return nil
}
