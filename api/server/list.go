// SPDX-License-Identifier: AGPL-3.0-or-later

package server

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"strconv"

	"spoor/api/wire"
	"spoor/storage"
)

const (
	defaultPage = 1000
	longestPage = 5000
)

// slice reads start and limit.
func slice(query url.Values) (storage.Slice, error) {
	s := storage.Slice{Limit: defaultPage}
	if text := query.Get("start"); text != "" {
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil || n < 0 {
			return s, wire.Invalid("start", "it must be a whole number from 0 on")
		}
		s.Start = n
	}
	if text := query.Get("limit"); text != "" {
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil || n < 1 || n > longestPage {
			return s, wire.Invalid("limit", fmt.Sprintf("it must be a whole number from 1 to %d", longestPage))
		}
		s.Limit = n
	}
	return s, nil
}

// page answers with a part of a list.
func (c *call) page(kind string, objects []wire.Object, total int64, part storage.Slice) error {
	e, err := c.expansion()
	if err != nil {
		return err
	}
	resolve := c.resolver()
	for i := range objects {
		id, _ := objects[i].Get("id").(string)
		if objects[i], err = e.Expand(kind, id, objects[i], resolve); err != nil {
			return err
		}
	}
	last := int64(0)
	if total > 0 {
		last = (total - 1) / part.Limit * part.Limit
	}
	return c.answer(http.StatusOK, wire.Document{Name: kind + "s", Page: &wire.Page{
		Item: kind, Objects: objects, Total: total, Start: part.Start, Limit: part.Limit, First: c.pageHref(0), Last: c.pageHref(last),
	}})
}

// pageHref is this list from another start.
func (c *call) pageHref(start int64) string {
	query := maps.Clone(c.query)
	query.Set("start", strconv.FormatInt(start, 10))
	return c.root() + c.r.URL.EscapedPath() + "?" + query.Encode()
}

// one answers with one object.
func (c *call) one(status int, kind, id string, o wire.Object) error {
	e, err := c.expansion()
	if err != nil {
		return err
	}
	if o, err = e.Expand(kind, id, o, c.resolver()); err != nil {
		return err
	}
	return c.answer(status, wire.One(kind, o))
}

func (c *call) expansion() (wire.Expansion, error) {
	return wire.ParseExpansion(c.query.Get("expand"), c.query.Get("expand_all"))
}
