// SPDX-License-Identifier: AGPL-3.0-or-later

package access_test

import (
	"fmt"
	"testing"

	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/require"

	"spoor/engine/access"
	"spoor/engine/access/etsi"
)

func TestTagsInWatermarkingTokens(t *testing.T) {
	const secret = "a secret of sixteen and more bytes"
	token, err := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{"wmid": "alice", "wmver": 1}).SignedString([]byte(secret))
	require.NoError(t, err)
	line := func(target string) string {
		return fmt.Sprintf(`1.2.3.4 - - [01/Mar/2026:18:15:24 +0000] "GET %s HTTP/2" 200 1000 "-" "P"`+"\n", target)
	}
	log := line("/cdn/wmt:"+token+"/vod/film/720p/seg_1.m4s") + line("/cdn/vod/film/720p/seg_2.m4s?wmt="+token) +
		line("/cdn/wmt:nonsense/vod/film/720p/seg_3.m4s") + line("/cdn/wmt:x/vod/film/720p/seg_4.m4s?autograph_tag=bob")

	got := scan(t, []byte(log), "combined", access.DefaultRules())
	require.Equal(t, map[access.Reason]int64{access.BadToken: 1}, got.Counts.Unmatched)
	list := rows(got, access.Facts{Segments: 4})
	require.Len(t, list["alice"], 1)
	require.Equal(t, "50%", list["alice"][0].Percentage)
	require.Equal(t, []string{"/cdn/vod/film"}, list["alice"][0].Files, "the token is no part of the path")
	require.Contains(t, list["alice"][0].Notes[0], "not checked")
	require.Len(t, list["bob"], 1, "an argument goes before a token")

	key, err := etsi.ParseKey([]byte(secret))
	require.NoError(t, err)
	rules := access.DefaultRules()
	rules.Tokens = []etsi.Key{key}
	verified := rows(scan(t, []byte(log), "combined", rules), access.Facts{Segments: 4})
	require.Empty(t, verified["alice"][0].Notes)
	wrong, err := etsi.ParseKey([]byte("another secret, long enough"))
	require.NoError(t, err)
	rules.Tokens = []etsi.Key{wrong}
	got = scan(t, []byte(log), "combined", rules)
	require.Equal(t, map[access.Reason]int64{access.BadToken: 3}, got.Counts.Unmatched)
}
