// SPDX-License-Identifier: AGPL-3.0-or-later

//go:build screen

package main_test

import (
	"net/url"
	"strings"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"
	"github.com/stretchr/testify/require"
)

// drop lets files fall onto the middle of the window, in the way that a file manager does it: version 5 of the XDND
// protocol (freedesktop.org/wiki/Specifications/XDND).
func (s *screen) drop(files ...string) {
	s.t.Helper()
	c, err := xgb.NewConnDisplay(s.display)
	require.NoError(s.t, err)
	defer c.Close()
	d := &dragger{screen: s, conn: c, target: xproto.Window(s.windowID()), files: files}
	d.begin()
	for !d.done {
		event, err := c.WaitForEvent()
		require.NoError(s.t, toError(err))
		d.answer(event)
	}
}

// toError keeps a nil of an interface type from becoming an error that is not nil.
func toError(e xgb.Error) error {
	if e == nil {
		return nil
	}
	return e
}

// dragger is the side of a drag that has the files.
type dragger struct {
	screen         *screen
	conn           *xgb.Conn
	source, target xproto.Window
	files          []string
	done           bool
}

const xdndVersion = 5

func (d *dragger) begin() {
	t := d.screen.t
	root := xproto.Setup(d.conn).DefaultScreen(d.conn).Root
	var err error
	d.source, err = xproto.NewWindowId(d.conn)
	require.NoError(t, err)
	made := xproto.CreateWindowChecked(d.conn, 0, d.source, root, 0, 0, 1, 1, 0, xproto.WindowClassInputOutput, 0, 0, nil)
	require.NoError(t, made.Check())
	require.NoError(t, xproto.SetSelectionOwnerChecked(d.conn, d.source, d.atom("XdndSelection"), xproto.TimeCurrentTime).Check())
	at, err := xproto.TranslateCoordinates(d.conn, d.target, root, 300, 300).Reply()
	require.NoError(t, err)
	d.send("XdndEnter", uint32(d.source), xdndVersion<<24, uint32(d.atom("text/uri-list")))
	d.send("XdndPosition", uint32(d.source), 0, uint32(at.DstX)<<16|uint32(at.DstY), 0, uint32(d.atom("XdndActionCopy")))
}

// answer does the next step when the window has taken the last one.
func (d *dragger) answer(event xgb.Event) {
	switch e := event.(type) {
	case xproto.ClientMessageEvent:
		switch e.Type {
		case d.atom("XdndStatus"):
			require.NotZero(d.screen.t, e.Data.Data32[1]&1, "the window does not take files")
			d.send("XdndDrop", uint32(d.source), 0, xproto.TimeCurrentTime)
		case d.atom("XdndFinished"):
			d.done = true
		}
	case xproto.SelectionRequestEvent:
		d.hand(e)
	}
}

// hand gives the list of files.
func (d *dragger) hand(e xproto.SelectionRequestEvent) {
	var list strings.Builder
	for _, f := range d.files {
		list.WriteString((&url.URL{Scheme: "file", Path: f}).String() + "\r\n")
	}
	xproto.ChangeProperty(d.conn, xproto.PropModeReplace, e.Requestor, e.Property, e.Target, 8, uint32(list.Len()), []byte(list.String()))
	n := xproto.SelectionNotifyEvent{Time: e.Time, Requestor: e.Requestor, Selection: e.Selection, Target: e.Target, Property: e.Property}
	xproto.SendEvent(d.conn, false, e.Requestor, 0, string(n.Bytes()))
}

func (d *dragger) send(name string, data ...uint32) {
	var all [5]uint32
	copy(all[:], data)
	event := xproto.ClientMessageEvent{
		Format: 32, Window: d.target, Type: d.atom(name), Data: xproto.ClientMessageDataUnionData32New(all[:]),
	}
	xproto.SendEvent(d.conn, false, d.target, 0, string(event.Bytes()))
}

func (d *dragger) atom(name string) xproto.Atom {
	reply, err := xproto.InternAtom(d.conn, false, uint16(len(name)), name).Reply()
	require.NoError(d.screen.t, err)
	return reply.Atom
}
