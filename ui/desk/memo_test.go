// SPDX-License-Identifier: AGPL-3.0-or-later

package desk_test

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"spoor/ui/desk"
)

func TestMemoAsksOnce(t *testing.T) {
	asked := 0
	var fail error
	m := desk.NewMemo(func(_ context.Context, n int) (int, error) {
		asked++
		return n * n, fail
	})
	get := func(n int) int {
		got, err := m.Get(t.Context(), n)
		require.NoError(t, err)
		return got
	}
	require.Equal(t, 9, get(3))
	require.Equal(t, 9, get(3))
	require.Equal(t, 16, get(4))
	require.Equal(t, 2, asked)
	m.Forget()
	require.Equal(t, 9, get(3))
	require.Equal(t, 3, asked)
	fail = errors.New("broken")
	_, err := m.Get(t.Context(), 5)
	require.ErrorIs(t, err, fail)
	fail = nil
	require.Equal(t, 25, get(5), "an error is not kept")
}

func TestMemoDoesNotKeepWhatWasAskedBeforeItForgot(t *testing.T) {
	asked := 0
	var m *desk.Memo[string, int]
	m = desk.NewMemo(func(context.Context, string) (int, error) {
		asked++
		if asked == 1 {
			m.Forget() // while the question is being answered
		}
		return asked, nil
	})
	first, err := m.Get(t.Context(), "who")
	require.NoError(t, err)
	second, err := m.Get(t.Context(), "who")
	require.NoError(t, err)
	require.Equal(t, []int{1, 2}, []int{first, second})
}
