// SPDX-License-Identifier: AGPL-3.0-or-later

package ui

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/widget"

	"spoor/engine/access"
)

// askForFile asks what a file or stream in the logs is, which they do not tell.
func (v *logsView) askForFile() {
	file, title, length, segment := newField(""), newField(""), newField(""), newField("")
	bytes, segments, renditions := newField(""), newField(""), newField("")
	file.Validator = needed(lang.L("a path as the logs have it is needed"))
	for _, f := range []*field{length, segment} {
		f.Validator = func(s string) error { _, err := duration(s); return err }
	}
	for _, f := range []*field{bytes, segments} {
		f.Validator = func(s string) error { _, err := number(s); return err }
	}
	renditions.Validator = func(s string) error { _, err := renditionsOf(s); return err }
	v.window.ask(lang.L("What a file in the logs is"), lang.L("Keep"), []*widget.FormItem{
		{Text: lang.L("File"), Widget: file, HintText: lang.L("a path, or the folder of a stream, such as /vod/film")},
		{Text: lang.L("Title"), Widget: title, HintText: lang.L("its name or id; empty: not known")},
		{Text: lang.L("Length"), Widget: length, HintText: lang.L("such as 1h52m; empty: that of the title")},
		{Text: lang.L("Size in bytes"), Widget: bytes},
		{Text: lang.L("Length of a segment"), Widget: segment, HintText: lang.L("such as 6s")},
		{Text: lang.L("Number of segments"), Widget: segments},
		{Text: lang.L("Renditions"), Widget: renditions, HintText: lang.L("bit rate and height of each, such as 1000=480, 3000=1080")},
	}, file, func(ok bool) {
		if !ok {
			return
		}
		facts, err := fileFacts(length.Text, segment.Text, bytes.Text, segments.Text, renditions.Text)
		if err != nil {
			v.window.fail(err)
			return
		}
		v.window.change(fmt.Sprintf(lang.L("Noted what %s is"), file.Text), func(ctx context.Context) error {
			return v.window.engine.SetLogFile(ctx, strings.TrimSpace(file.Text), strings.TrimSpace(title.Text), facts)
		}, nil)
	})
}

// fileFacts are what was typed of a file.
func fileFacts(length, segment, bytes, segments, renditions string) (f access.Facts, err error) {
	long, err := duration(length)
	if err != nil {
		return f, err
	}
	short, err := duration(segment)
	if err != nil {
		return f, err
	}
	f.Length, f.Segment = long.Milliseconds(), int32(min(short, time.Hour).Milliseconds())
	if f.Size, err = number(bytes); err != nil {
		return f, err
	}
	if f.Segments, err = number(segments); err != nil {
		return f, err
	}
	f.Renditions, err = renditionsOf(renditions)
	return f, err
}

// duration reads a length of time, such as 1h52m; nothing is none.
func duration(text string) (time.Duration, error) {
	text = strings.TrimSpace(text)
	if text == "" {
		return 0, nil
	}
	d, err := time.ParseDuration(text)
	if err != nil || d < 0 {
		return 0, errors.New(lang.L("a length such as 1h52m or 6s is needed"))
	}
	return d, nil
}

// number reads a number that is not negative; nothing is none.
func number(text string) (int64, error) {
	text = strings.TrimSpace(text)
	if text == "" {
		return 0, nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 {
		return 0, errors.New(lang.L("a number is needed"))
	}
	return n, nil
}

// renditionsOf reads bit rates and heights, such as 1000=480, 3000=1080.
func renditionsOf(text string) (list []access.Rendition, err error) {
	for _, word := range strings.FieldsFunc(text, func(c rune) bool { return c == ',' || c == ' ' }) {
		var r access.Rendition
		if n, err := fmt.Sscanf(word, "%d=%d", &r.Kilobits, &r.Height); n != 2 || err != nil || r.Kilobits < 1 || r.Height < 1 {
			return nil, errors.New(lang.L("a bit rate in kbit/s and a number of lines are needed, such as 3000=1080"))
		}
		list = append(list, r)
	}
	return list, nil
}
