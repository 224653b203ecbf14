// SPDX-License-Identifier: AGPL-3.0-or-later

package desk_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"spoor/ui/desk"
)

func TestAQuestionWaitsForItsAnswer(t *testing.T) {
	var q desk.Question
	require.Empty(t, q.Ask(), "nobody is there")
	q.Close()
	q.Serve(func(answer func(string)) {
		go func() {
			answer("yes")
			answer("no") // too late
		}()
	})
	require.Equal(t, "yes", q.Ask())

	put := make(chan struct{})
	q.Serve(func(func(string)) { close(put) })
	got := make(chan string)
	go func() { got <- q.Ask() }()
	<-put
	q.Close()
	require.Empty(t, <-got, "a desk that closes answers nothing")
	q.Close()
	require.Empty(t, q.Ask())
}
