// SPDX-License-Identifier: AGPL-3.0-or-later

package casereport

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"spoor/engine"
	"spoor/report"
)

// Export says what of a case to write, and how.
type Export struct {
	Case    string // id or name
	Format  report.Format
	Options report.Options
	Made    time.Time // zero: now
}

// Report gathers what the export shows.
func (x *Export) Report(ctx context.Context, e *engine.Engine) (*report.Report, error) {
	if err := x.Options.Check(); err != nil {
		return nil, err
	}
	if x.Made.IsZero() {
		x.Made = time.Now()
	}
	return Gather(ctx, e, x.Case, Options{
		Made: x.Made, Program: e.Program(), Pictures: x.Format == report.PDF, Package: x.Format == report.Package,
	})
}

// Written is what was written.
type Written struct {
	Path      string
	Signature string // path; "" where it was not signed
	Signer    string // who signed it
	Key       string // public
}

// Save writes a gathered report into a file, and signs it with the office's key. The signature and the time stamp of a
// file that was there before are removed with it.
func (x *Export) Save(ctx context.Context, e *engine.Engine, r *report.Report, path string, replace, sign bool) (Written, error) {
	done := Written{Path: path}
	err := report.WriteFile(path, replace, func(w io.Writer) error { return report.Write(ctx, w, r, x.Format, x.Options) })
	if err != nil {
		return done, err
	}
	for _, suffix := range []string{report.SignatureSuffix, report.StampSuffix} {
		if err := os.Remove(path + suffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return done, err
		}
	}
	if !sign {
		return done, nil
	}
	signer, err := openSigner(e)
	if err != nil {
		return done, err
	}
	done.Signer = cmp.Or(r.Case.Examiner, Unnamed)
	if err := signer.SignFile(path, report.Statement{Signer: done.Signer, At: r.Made, Program: r.Program}); err != nil {
		return done, err
	}
	done.Signature, done.Key = path+report.SignatureSuffix, signer.Public()
	return done, nil
}

// Unnamed is who signs where neither the case nor the settings name an examiner.
const Unnamed = "an examiner who is not named"

// openSigner opens the office's key, and makes it at the first use.
func openSigner(e *engine.Engine) (*report.Signer, error) {
	create := func() ([]byte, error) {
		s, err := report.NewSigner()
		if err != nil {
			return nil, err
		}
		return s.Text()
	}
	public := func(key []byte) (string, error) {
		s, err := report.ParseSigner(key)
		if err != nil {
			return "", err
		}
		return s.Public(), nil
	}
	key, err := e.Store().ReportKey(create, public)
	if err != nil {
		return nil, err
	}
	return report.ParseSigner(key)
}

// Pages renders the pages of the PDF of a gathered report as they will print, into PNG files in a folder, and returns
// their names in order. The confined child of the program does it that takes any PDF apart.
func (x *Export) Pages(ctx context.Context, e *engine.Engine, r *report.Report, dir string, dpi float64) ([]string, error) {
	document := filepath.Join(dir, "report.pdf")
	err := report.WriteFile(document, true, func(w io.Writer) error { return report.WritePDF(ctx, w, r, x.Options) })
	if err != nil {
		return nil, err
	}
	pages, err := e.RenderPDF(ctx, document, dir, dpi)
	if err != nil {
		return nil, fmt.Errorf("showing the pages: %w", err)
	}
	if len(pages) == 0 {
		return nil, errors.New("no page of the report could be rendered")
	}
	return pages, nil
}
