// SPDX-License-Identifier: AGPL-3.0-or-later

package desk_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"spoor/storage"
	"spoor/ui/desk"
)

func TestAmendKeepsWhereTheRestIsFrom(t *testing.T) {
	posted := time.Date(2026, 5, 3, 14, 5, 6, 789e6, time.UTC)
	before := storage.Acquisition{
		Address: "https://forum.example/t/77", Uploader: "x", PostedAt: &posted, PageName: "page.png",
		FilledFrom: map[string]string{"address": "a.info.json", "uploader": "a.info.json", "posted_at": "a.info.json"},
	}
	shown := posted.Truncate(time.Second) // as the field has it
	after := desk.Amend(before, storage.Acquisition{
		Address: "https://forum.example/t/77", Uploader: " y ", PostedAt: &shown, Tool: "curl 8",
	})
	require.Equal(t, storage.Acquisition{
		Address: "https://forum.example/t/77", Uploader: "y", PostedAt: &posted, PageName: "page.png", Tool: "curl 8",
		FilledFrom: map[string]string{"address": "a.info.json", "posted_at": "a.info.json"},
	}, after)
	require.Len(t, before.FilledFrom, 3, "what was there is not changed")

	after = desk.Amend(before, storage.Acquisition{})
	require.Empty(t, after.Address, "what was erased is erased")
	require.Nil(t, after.PostedAt)
	require.Empty(t, after.FilledFrom)
}
