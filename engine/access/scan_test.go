// SPDX-License-Identifier: AGPL-3.0-or-later

package access_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
	"github.com/stretchr/testify/require"

	"spoor/engine/access"
)

// made writes a log of n requests by many clients for segments of streams.
func made(n int) []byte {
	var b bytes.Buffer
	for i := range n {
		fmt.Fprintf(&b,
			"10.%d.%d.%d - - [01/Mar/2026:19:%02d:%02d +0100] \"GET /vod/film/720p/A/seg_%05d.ts?autograph_tag=t%d HTTP/1.1\" 200 %d \"-\" \"Player/%d\"\n",
			i%7, i%11, i%13, i/60%60, i%60, i%97, i%5, 1000+i, i%3)
	}
	return b.Bytes()
}

// zeros is a reader of one byte without end, but for its length.
type zeros struct{ left int64 }

func (z *zeros) Read(p []byte) (int, error) {
	if z.left <= 0 {
		return 0, io.EOF
	}
	n := min(int64(len(p)), z.left)
	for i := range p[:n] {
		p[i] = 'A'
	}
	z.left -= n
	return int(n), nil
}

func TestAGigabyteWithoutALineEndTakesNoMemory(t *testing.T) {
	const size = 1 << 30
	good := made(2)
	f, _ := access.FormatByName("combined")
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	var sum *access.Tally
	var end access.Place
	err := access.Scan(t.Context(), io.MultiReader(bytes.NewReader(good), &zeros{size}, strings.NewReader("\n"), bytes.NewReader(good)), f,
		access.DefaultRules(), access.ScanOptions{Every: 4 << 30, Flush: func(tally *access.Tally, now access.Place) error {
			if sum == nil {
				sum = tally
			} else { // a slow machine hands over more often
				sum.Merge(tally)
			}
			end = now
			return nil
		}})
	require.NoError(t, err)
	require.Equal(t, access.Place{Offset: size + 1 + 2*int64(len(good)), Line: 5}, end)
	runtime.ReadMemStats(&after)
	require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(64<<20))
	require.Equal(t, map[access.Reason]int64{access.TooLong: 1}, sum.Counts.Rejected)
	require.Equal(t, int64(3), sum.Samples[0].Line)
	require.Equal(t, int64(4), sum.Counts.Matched)
}

func TestCompressedLogs(t *testing.T) {
	log := made(5000)
	want := scan(t, log, "combined", access.DefaultRules())
	var gz, zs bytes.Buffer
	g := gzip.NewWriter(&gz)
	_, _ = g.Write(log[:len(log)/2])
	require.NoError(t, g.Close())
	g.Reset(&gz) // rotated files are put together so
	_, _ = g.Write(log[len(log)/2:])
	require.NoError(t, g.Close())
	z, err := zstd.NewWriter(&zs)
	require.NoError(t, err)
	_, _ = z.Write(log)
	require.NoError(t, z.Close())
	for kind, packed := range map[string][]byte{"gzip": gz.Bytes(), "zstd": zs.Bytes(), "none": log} {
		stream, compression, _, err := access.Open(bytes.NewReader(packed))
		require.NoError(t, err)
		require.Equal(t, kind, compression)
		plain, err := io.ReadAll(stream)
		require.NoError(t, err)
		require.NoError(t, stream.Close())
		require.Equal(t, want.Counts, scan(t, plain, "combined", access.DefaultRules()).Counts)
	}
	// bzip2 -c of "line\n".
	bz := []byte("BZh91AY&SY\xdc\xc4\x1a\x9e\x00\x00\x01\x51\x80\x00\x10\x40\x00\x04\x00\x24\xc4\x20\x20\x00\x22\x1a\x03\x41\x03\x03")
	_, compression, _, err := access.Open(bytes.NewReader(bz))
	require.NoError(t, err)
	require.Equal(t, "bzip2", compression)

	// Cut off: what could be read is used, and the rest is an error.
	stream, _, _, err := access.Open(bytes.NewReader(gz.Bytes()[:gz.Len()/2]))
	require.NoError(t, err)
	f, _ := access.FormatByName("combined")
	var sum *access.Tally
	err = access.Scan(t.Context(), stream, f, access.DefaultRules(), access.ScanOptions{
		Flush: func(tally *access.Tally, _ access.Place) error { sum = tally; return nil },
	})
	require.Error(t, err)
	require.Positive(t, sum.Counts.Matched)
	require.Zero(t, sum.Counts.RejectedLines())
}

func TestADecompressionBombIsRefused(t *testing.T) {
	var bomb bytes.Buffer
	g, err := gzip.NewWriterLevel(&bomb, gzip.BestCompression)
	require.NoError(t, err)
	_, err = io.Copy(g, &zeros{access.FreeBytes + (64 << 20)})
	require.NoError(t, err)
	require.NoError(t, g.Close())
	stream, _, _, err := access.Open(&bomb)
	require.NoError(t, err)
	_, err = io.Copy(io.Discard, stream)
	require.ErrorIs(t, err, access.ErrBomb)
}

func TestAStoppedScanGoesOnWhereItStopped(t *testing.T) {
	log := append([]byte(cfHead), bytes.Repeat([]byte(strings.TrimPrefix(samples()["cloudfront"], cfHead)+"\n"), 20_000)...)
	f, _ := access.FormatByName("cloudfront")
	want := scan(t, log, "cloudfront", access.DefaultRules())

	stop := errors.New("stopped by hand")
	ctx, cancel := context.WithCancelCause(t.Context())
	var sum *access.Tally
	var at access.Place
	options := access.ScanOptions{
		Progress: func(offset int64) {
			if offset > 2<<20 {
				cancel(stop)
			}
		},
		Flush: func(tally *access.Tally, now access.Place) error { sum, at = tally, now; return nil },
	}
	require.ErrorIs(t, access.Scan(ctx, bytes.NewReader(log), f, access.DefaultRules(), options), stop)
	require.Positive(t, at.Offset)
	require.Less(t, at.Offset, int64(len(log)))
	rest := scanWith(t, log[at.Offset:], f, access.DefaultRules(), access.ScanOptions{From: at})
	sum.Merge(rest)
	require.Equal(t, want.Counts, sum.Counts)
	require.Equal(t, rows(want, access.Facts{}), rows(sum, access.Facts{}))
}

func TestFlushingOftenChangesNothing(t *testing.T) {
	log := bytes.Repeat(made(20_000), 3)
	f, _ := access.FormatByName("combined")
	want := scan(t, log, "combined", access.DefaultRules())
	for workers := 1; workers <= 4; workers++ {
		got := scanWith(t, log, f, access.DefaultRules(), access.ScanOptions{Workers: workers, Every: 1})
		require.Equal(t, want.Counts, got.Counts)
		require.Equal(t, rows(want, access.Facts{Segments: 97}), rows(got, access.Facts{Segments: 97}))
	}
}

func BenchmarkCombined(b *testing.B) {
	log := made(200_000)
	f, _ := access.FormatByName("combined")
	b.SetBytes(int64(len(log)))
	b.ReportAllocs()
	for b.Loop() {
		if err := access.Scan(context.Background(), bytes.NewReader(log), f, access.DefaultRules(), access.ScanOptions{}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(200_000*float64(b.N)/b.Elapsed().Seconds(), "lines/s")
}
