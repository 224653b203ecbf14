// SPDX-License-Identifier: AGPL-3.0-or-later

package desk_test

import (
	"context"
	"errors"
	"fmt"
	"image"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"spoor/ui/desk"
)

func TestThumbsAreMadeWhenTheyAreLookedAt(t *testing.T) {
	picture := image.NewGray(image.Rect(0, 0, 64, 36))
	made, changes, begun := make(chan string), make(chan struct{}, 100), make(chan struct{}, 100)
	thumbs := desk.NewThumbs(func(ctx context.Context, id string, at time.Duration) (image.Image, error) {
		begun <- struct{}{}
		select {
		case made <- fmt.Sprint(id, " at ", at):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		if id == "broken" {
			return nil, errors.New("no picture in it")
		}
		return picture, nil
	}, func() { changes <- struct{}{} })
	defer thumbs.Close()

	require.Nil(t, thumbs.Get("a", time.Second))
	require.Nil(t, thumbs.Get("a", time.Second), "it is asked for once")
	require.Equal(t, "a at 1s", <-made)
	<-changes
	require.Equal(t, picture, thumbs.Get("a", time.Second))

	require.Nil(t, thumbs.Get("broken", 0))
	require.Equal(t, "broken at 0s", <-made)
	<-changes
	require.Nil(t, thumbs.Get("broken", 0), "it is not tried again")

	for range 2 {
		<-begun
	}
	thumbs.Get("first", 0)
	<-begun
	for i := range 100 {
		thumbs.Get(fmt.Sprint(i), 0)
	}
	seen := map[string]bool{<-made: true}
	for range 60 {
		seen[<-made] = true
	}
	require.True(t, seen["99 at 0s"])
	require.False(t, seen["1 at 0s"], "what was scrolled past is not made")
}

func TestThumbsEndInTheMiddle(t *testing.T) {
	begun := make(chan struct{})
	thumbs := desk.NewThumbs(func(ctx context.Context, _ string, _ time.Duration) (image.Image, error) {
		close(begun)
		<-ctx.Done()
		return nil, ctx.Err()
	}, func() {})
	thumbs.Get("a", 0)
	<-begun
	thumbs.Close()
	require.Nil(t, thumbs.Get("b", 0))
}
