// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"errors"
	"io/fs"
	"os"
	"time"

	"spoor/engine/access/etsi"
)

type logsWatermark struct {
	What     string   `arg:"" help:"A token as it stands in a log, or a file: sidecar (CBOR) or segment (MP4)."`
	TokenKey []string `placeholder:"FILE" sep:"none" help:"File with a key that tokens are verified with: a PEM public key, or a secret (hex: and base64: are understood)."` //nolint:lll // the text of a help
}

// Help is the example.
func (logsWatermark) Help() string {
	return "The pattern of a token is shown in both bit orders: copies that Akamai's edge made before 16 August 2023 need the\n" +
		"other one.\n\nExamples:\n  spoor logs watermark 0oRDoQEFoFi... --token-key edge.key\n  spoor logs watermark seg_00017.m4s"
}

// tokenJSON is a token as programs get it.
type tokenJSON struct {
	Form         string `json:"form"`
	Name         string `json:"name"` // what the session is known by: the tag
	ID           string `json:"wmid"`
	Version      int64  `json:"wmver"`
	Vendor       int64  `json:"wmvnd"`
	Operator     int64  `json:"wmopid"`
	KeyVersion   int64  `json:"wmkeyver"`
	Subject      string `json:"sub"`
	Length       int    `json:"wmpatlen"`
	BigEndian    string `json:"pattern"`               // a and b, in the order of the specification
	LittleEndian string `json:"pattern_little_endian"` // in the other order
	Encrypted    bool   `json:"pattern_encrypted"`
	Issued       int64  `json:"iat"`
	Expires      int64  `json:"exp"`
	Verified     bool   `json:"verified"`
}

// Run reads the artefact.
func (c *logsWatermark) Run(a *app) error {
	data, err := os.ReadFile(c.What)
	switch {
	case errors.Is(err, fs.ErrNotExist) || (err != nil && len(c.What) > 200): // no file of that name: a token
		return c.token(a)
	case err != nil:
		return err
	}
	if sidecar, err := etsi.ParseSidecar(data); err == nil {
		a.say("Sidecar, version %d, %d segments.", sidecar.Version, len(sidecar.Segments))
		for _, s := range sidecar.Segments {
			a.say("    position %d  from byte %d  %s", s.Position, s.StartRange, safe(s.SegmentRegex))
		}
		return a.print(sidecar)
	}
	return c.boxes(a)
}

func (c *logsWatermark) boxes(a *app) error {
	f, err := os.Open(c.What)
	if err != nil {
		return err
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		return err
	}
	list, err := etsi.ReadPaceInfo(f, st.Size())
	if err != nil {
		return errors.New(c.What + " is neither a sidecar nor an MP4 segment: " + err.Error())
	}
	if len(list) == 0 {
		a.say("No wmpi box: a chain that is set up right leaves none.")
		list = []etsi.PaceInfo{}
	}
	for _, p := range list {
		a.say("    at byte %d: variant %d, position %d", p.Offset, p.Variant, p.Position)
	}
	return a.print(list)
}

func (c *logsWatermark) token(a *app) error {
	keys, err := readTokenKeys(c.TokenKey)
	if err != nil {
		return err
	}
	t, err := etsi.ParseToken(c.What, keys)
	if err != nil {
		return err
	}
	out := tokenJSON{
		Form: t.Form, Name: t.Name(), ID: t.ID, Version: t.Version, Vendor: t.Vendor, Operator: t.Operator, KeyVersion: t.KeyVer,
		Subject: t.Subject, Length: t.Pattern.Length, BigEndian: t.Pattern.Variants(etsi.BigEndian),
		LittleEndian: t.Pattern.Variants(etsi.LittleEndian), Encrypted: t.Secret, Issued: t.Issued, Expires: t.Expires,
		Verified: t.Verified,
	}
	var rows table
	rows.add("form", out.Form)
	rows.add("tag", out.Name)
	if out.Length > 0 {
		rows.add("pattern", out.BigEndian)
		rows.add("other bit order", out.LittleEndian)
	}
	if out.Encrypted {
		rows.add("pattern", "encrypted")
	}
	if out.Issued > 0 {
		rows.add("issued", time.Unix(out.Issued, 0).UTC().Format(time.RFC3339))
	}
	rows.add("signature", map[bool]string{true: "verified", false: "not checked: no key was given"}[out.Verified])
	if !a.json {
		rows.write(a.term.out)
	}
	return a.print(out)
}
