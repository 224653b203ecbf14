// SPDX-License-Identifier: AGPL-3.0-or-later

package casereport_test

import (
	"encoding/json"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"spoor/engine"
	"spoor/engine/media"
)

// A code without words would be shown in the engine's English, in the midst of a German report.
func TestEveryCodeOfTheEngineHasWordsInReports(t *testing.T) {
	for _, lang := range []string{"en", "de"} {
		content, err := os.ReadFile("../texts/" + lang + ".json")
		require.NoError(t, err)
		var texts struct {
			Remarks, Failures, UnusableWhys, Methods, Controls map[string]string
			Patterns                                           map[string][2]string
		}
		require.NoError(t, json.Unmarshal(content, &texts))
		for _, code := range []string{
			engine.TriedInformed, engine.TriedWhole, engine.TriedTurned, engine.TriedFilmed, engine.NeededBetterCopy, engine.NeededFootage,
			engine.ControlsNotRun, engine.ControlNamed, engine.ReferenceUnusable, engine.PicturesTooSmall, engine.PicturesOfDocument,
			engine.SegmentsMissing, engine.StreamNote, engine.OriginalUnreadable, engine.TriedExact,
			engine.TriedTitles, engine.TriedNearest,
		} {
			require.NotEmpty(t, texts.Remarks[code], code)
		}
		require.Len(t, texts.Remarks, 17+4) // four are also said of the whole of a file
		for _, why := range []string{engine.NotExamined, engine.NotRead} {
			require.NotEmpty(t, texts.UnusableWhys[why], why)
		}
		for _, kind := range []media.Kind{
			media.Missing, media.Denied, media.NotRegular, media.Empty, media.NotVideo, media.NoVideo, media.Encrypted, media.Damaged,
			media.TooLarge, media.Unsupported, media.TimedOut, media.DiskFull, media.Tool,
		} {
			require.NotEmpty(t, texts.Failures[string(kind)], kind)
		}
	}
}
