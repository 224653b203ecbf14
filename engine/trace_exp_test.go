// SPDX-License-Identifier: AGPL-3.0-or-later

package engine

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"os"
	"spoor/storage"
	"strings"
	"testing"
)

func TestExpTrace(t *testing.T) {
	if os.Getenv("EXP_TITLE") == "" {
		t.Skip()
	}
	ctx := context.Background()
	home := os.Getenv("EXP_HOME")
	e, err := Open(ctx, home)
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	ti, err := e.Title(ctx, "exp")
	if err != nil {
		ti, err = e.AddTitle(ctx, TitleOptions{File: os.Getenv("EXP_TITLE"), Name: "exp"})
		if err != nil {
			t.Fatal(err)
		}
		fmt.Printf("%+v\n", ti.Expected)
		seq := func() iter.Seq2[storage.Tag, error] {
			return func(y func(storage.Tag, error) bool) {
				for i := 0; i < 1000000; i++ {
					if !y(storage.Tag{Text: fmt.Sprintf("tag-%d", i)}, nil) {
						return
					}
				}
			}
		}()
		if _, err := e.AddTags(ctx, ti.ID, seq); err != nil {
			t.Fatal(err)
		}
	}
	if out := os.Getenv("EXP_COPY"); out != "" {
		c, err := e.Mark(ctx, MarkOptions{Title: "exp", Orders: []Order{{Tag: storage.Tag{Text: "alice"}, Out: out}}, Force: true})
		fmt.Printf("%+v %v\n", c, err)
	}
	for _, f := range strings.Fields(os.Getenv("EXP_LEAKS")) {
		r, err := e.Trace(ctx, TraceOptions{Leak: f, Title: "exp", Full: os.Getenv("EXP_FULL") != ""})
		b, _ := json.Marshal(r)
		fmt.Println(string(b), err)
	}
}
