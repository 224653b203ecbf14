// SPDX-License-Identifier: AGPL-3.0-or-later

package report_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"spoor/report"
)

func TestEveryFormatIsWritten(t *testing.T) {
	for _, format := range report.Formats() {
		var b bytes.Buffer
		require.NoError(t, report.Write(t.Context(), &b, &report.Report{}, format, report.Options{Kind: report.Expert}), format)
		require.Positive(t, b.Len(), format)
	}
	require.ErrorContains(t, report.Write(t.Context(), io.Discard, &report.Report{}, "docx", report.Options{}), "package")
}

func TestFilesAreWrittenWholeOrNotAtAll(t *testing.T) {
	path := filepath.Join(t.TempDir(), "report.json")
	say := func(text string, err error) func(io.Writer) error {
		return func(w io.Writer) error {
			_, failed := io.WriteString(w, text)
			return errors.Join(failed, err)
		}
	}
	broken := errors.New("broken")
	require.ErrorIs(t, report.WriteFile(path, false, say("half", broken)), broken)
	require.NoFileExists(t, path)
	require.NoError(t, report.WriteFile(path, false, say("whole", nil)))
	require.ErrorIs(t, report.WriteFile(path, false, say("other", nil)), report.ErrExists)
	require.ErrorIs(t, report.WriteFile(path, true, say("half", broken)), broken)
	content, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, "whole", string(content))
	left, err := os.ReadDir(filepath.Dir(path))
	require.NoError(t, err)
	require.Len(t, left, 1, "nothing temporary stays")
	err = report.WriteFile(filepath.Join(path, "under a file"), false, say("", nil))
	require.ErrorContains(t, err, "cannot be written")
	require.NotContains(t, err.Error(), ".spoor-")
}
