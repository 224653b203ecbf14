// SPDX-License-Identifier: AGPL-3.0-or-later

package desk

import (
	"context"
	"errors"
	"fmt"
	"image"
	_ "image/png" // pages are PNG
	"os"
	"sync"

	"golang.org/x/image/draw"
)

// Page is a page of a document, as it will print.
type Page struct {
	File  string      // PNG
	Small image.Image // for the list of pages
}

// Pages is a document that is made in the background, page by page. The pages of the one before stay until the new ones
// are there.
type Pages struct {
	changed func()

	mu     sync.Mutex
	turn   int // counts documents, so that one that comes too late is told from a fresh one
	cancel context.CancelFunc
	dir    string // of pages
	pages  []Page
	err    error
	busy   bool
	closed bool
	idle   sync.WaitGroup
}

// NewPages makes an empty document. changed is called whenever there is something new to show.
func NewPages(changed func()) *Pages { return &Pages{changed: changed} }

// Make makes the document anew: render writes its pages into a folder and returns their names. What was being made is
// given up.
func (p *Pages) Make(render func(ctx context.Context, dir string) ([]string, error)) {
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		return
	}
	p.stop()
	ctx, cancel := context.WithCancel(context.Background())
	p.cancel, p.busy, p.err = cancel, true, nil
	turn := p.turn
	p.idle.Go(func() {
		defer cancel()
		dir, pages, err := renderPages(ctx, render)
		p.finish(turn, dir, pages, err)
	})
	p.mu.Unlock()
	p.changed()
}

// stop gives up what is being made. The lock is held.
func (p *Pages) stop() {
	if p.cancel != nil {
		p.cancel()
	}
	p.turn++
	p.busy = false
}

func renderPages(ctx context.Context, render func(context.Context, string) ([]string, error)) (dir string, pages []Page, err error) {
	dir, err = os.MkdirTemp("", "spoor-pages-")
	if err != nil {
		return "", nil, fmt.Errorf("showing pages needs a temporary folder: %w", err)
	}
	files, err := render(ctx, dir)
	for i := 0; i < len(files) && err == nil; i++ {
		var img image.Image
		if img, err = readPage(ctx, files[i]); err == nil {
			pages = append(pages, Page{files[i], smaller(img)})
		}
	}
	return dir, pages, err
}

// finish takes what was made, unless it is no longer wanted, and removes the pages that nobody looks at any more.
func (p *Pages) finish(turn int, dir string, pages []Page, err error) {
	p.mu.Lock()
	fresh := turn == p.turn && !p.closed
	old := dir
	if fresh {
		p.busy, p.err = false, err
		if err == nil {
			old, p.dir, p.pages = p.dir, dir, pages
		}
	}
	p.mu.Unlock()
	if old != "" {
		err = os.RemoveAll(old)
	}
	if !fresh {
		return
	}
	p.mu.Lock()
	p.err = errors.Join(p.err, err)
	p.mu.Unlock()
	p.changed()
}

// Stop gives up what is being made; the pages from before stay.
func (p *Pages) Stop() {
	p.mu.Lock()
	p.stop()
	p.mu.Unlock()
	p.changed()
}

// Clear shows no document.
func (p *Pages) Clear() error {
	p.mu.Lock()
	p.stop()
	dir := p.dir
	p.dir, p.pages, p.err = "", nil, nil
	p.mu.Unlock()
	if dir == "" {
		return nil
	}
	return os.RemoveAll(dir)
}

// Status returns the pages, whether others are being made, and why that failed the last time.
func (p *Pages) Status() (pages []Page, busy bool, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.pages, p.busy, p.err
}

// Close gives up what is being made, waits for its end, and removes all pages.
func (p *Pages) Close() error {
	p.mu.Lock()
	p.stop()
	p.closed = true
	p.mu.Unlock()
	p.idle.Wait()
	return p.Clear()
}

// Picture reads a page in its full size.
func (p *Page) Picture(ctx context.Context) (image.Image, error) { return readPage(ctx, p.File) }

func readPage(ctx context.Context, file string) (image.Image, error) {
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	img, _, err := image.Decode(f)
	if err != nil {
		return nil, fmt.Errorf("a page of the report: %w", err)
	}
	return img, nil
}

// smallWidth is the width of pages in the list, in pixels: enough for a screen at 200 %.
const smallWidth = 160

func smaller(img image.Image) image.Image {
	size := img.Bounds().Size()
	out := image.NewRGBA(image.Rect(0, 0, smallWidth, max(smallWidth*size.Y/max(size.X, 1), 1)))
	draw.ApproxBiLinear.Scale(out, out.Bounds(), img, img.Bounds(), draw.Src, nil)
	return out
}
