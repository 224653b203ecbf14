// SPDX-License-Identifier: AGPL-3.0-or-later

package desk_test

import (
	"context"
	"errors"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"spoor/ui/desk"
)

func TestHistoryTakesBackTheLastStepFirst(t *testing.T) {
	changes := 0
	h := desk.NewHistory(func() { changes++ })
	require.Empty(t, h.Last())
	var back []string
	for _, name := range []string{"first", "second"} {
		h.Did(name, func(context.Context) error { back = append(back, name); return nil })
	}
	require.Equal(t, "second", h.Last())
	for _, want := range []string{"second", "first", ""} {
		name, err := h.Undo(t.Context())
		require.NoError(t, err)
		require.Equal(t, want, name)
	}
	require.Equal(t, []string{"second", "first"}, back)
	require.Equal(t, 4, changes)
}

func TestHistoryForgetsWhatCannotBeTakenBack(t *testing.T) {
	h := desk.NewHistory(func() {})
	gone := errors.New("gone")
	h.Did("a", func(context.Context) error { return gone })
	name, err := h.Undo(t.Context())
	require.ErrorIs(t, err, gone)
	require.Equal(t, "a", name)
	require.Empty(t, h.Last())
}

func TestHistoryIsBounded(t *testing.T) {
	h := desk.NewHistory(func() {})
	for i := range 150 {
		h.Did(strconv.Itoa(i), func(context.Context) error { return nil })
	}
	n, last := 0, ""
	for h.Last() != "" {
		last = h.Last()
		_, err := h.Undo(t.Context())
		require.NoError(t, err)
		n++
	}
	require.Equal(t, 100, n)
	require.Equal(t, "50", last, "the oldest are forgotten")
}
