// SPDX-License-Identifier: AGPL-3.0-or-later

package media

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
)

// hashes are those that a frame hash list can be made of.
func hashes() []string { return []string{"sha256", "sha512", "md5"} }

// FrameHashes writes one line for each decoded frame of the main video track, with times and a hash of its samples,
// exactly as
//
//	ffmpeg -i FILE -map 0:v:0 -fps_mode passthrough -f framehash -hash SHA256 -
//
// does, so that lists of other people can be compared. Lines with a # before them say which ffmpeg it was.
func (t *Tools) FrameHashes(ctx context.Context, path, algorithm string, to io.Writer) error {
	if !slices.Contains(hashes(), algorithm) {
		return &Error{
			Kind: Unsupported, File: path, What: fmt.Sprintf("there are no frame hashes of the kind %q", algorithm),
			Do: "use one of " + strings.Join(hashes(), ", "),
		}
	}
	f, id, err := openInput(path)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := t.probeFile(ctx, f, id)
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintf(to, "# frames as decoded by ffmpeg %s\n", t.Versions().FFmpeg); err != nil {
		return err
	}
	r, w, err := os.Pipe()
	if err != nil {
		return err
	}
	defer r.Close()
	args := append([]string{"-v", "error", "-hide_banner", "-nostdin"}, inputLimits()...)
	args = append(args, "-i", "{in0}", "-map", "0:"+strconv.Itoa(info.Index), "-an", "-sn", "-dn")
	args = append(args, t.passthrough()[:2]...)
	p, err := t.start(ctx, task{
		path: t.ffmpeg, args: append(args, "-f", "framehash", "-hash", algorithm, "pipe:1"), inputs: []*os.File{f}, stdout: w,
		limits: decodeLimits(info, defaultWall),
	})
	_ = w.Close()
	if err != nil {
		return err
	}
	defer p.kill()
	if _, err := io.Copy(to, r); err != nil {
		return err
	}
	if err := p.wait(); err != nil {
		if cause := context.Cause(ctx); cause != nil {
			return cause
		}
		detail := p.log.telling()
		if e := fault(detail); e.Kind != "" {
			return e.of(path, detail, err)
		}
		return &Error{
			Kind: Damaged, File: path, What: "decoding broke off: the list ends there", Do: "try another copy of the file", Detail: detail,
			Err: errors.Join(err),
		}
	}
	return nil
}
