// SPDX-License-Identifier: AGPL-3.0-or-later

package desk_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"spoor/storage"
	"spoor/ui/desk"
)

func TestARecipientReadsAsTheLatestCopy(t *testing.T) {
	at := time.Date(2026, 5, 3, 14, 5, 59, 0, time.UTC)
	row := func(r desk.Recipient) (out []string) {
		for c := range desk.RecipientColumns {
			out = append(out, r.Cell(c))
		}
		return out
	}
	tag := storage.Tag{Text: "alice", Name: "Alice A.", Company: "Press Ltd"}
	require.Equal(t, []string{"alice", "Alice A.", "Press Ltd", "", "", "", ""}, row(desk.Recipient{Tag: tag}))
	tag.IssuedAt = &at
	require.Equal(t, []string{"alice", "Alice A.", "Press Ltd", "2026-05-03 14:05 (2)", "/b.mp4", "strong", "44.1 dB"}, row(desk.Recipient{
		Tag: tag, Copies: []storage.Copy{{Path: "/a.mp4", PSNR: 49}, {Path: "/b.mp4", Strength: "strong", PSNR: 44.12}},
	}))
}
