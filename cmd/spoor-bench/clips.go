// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"spoor/assets"
)

// selection says which clips are measured.
type selection struct {
	Media string   `help:"Folder of clips; without it the demo clip is used." default:"../shared/media/open"`
	Set   string   `help:"Half of the clips: measuring, developing or all." enum:"measuring,developing,all" default:"all"`
	Clips []string `help:"Only clips whose names contain one of these." placeholder:"NAME"`
}

// clip is an original that is measured.
type clip struct {
	name string // of the file, without its extension
	path string
	half string // measuring, developing, or demo
	sha  string // of the content, hex
}

const (
	measuring  = "measuring"
	developing = "developing"
)

// developingClips were looked at while the program was made; nothing that was chosen on them may be proved on them.
func developingClips() []string {
	return []string{"bbb_anim", "juggle_fast", "chaplin_film", "document_scroll", "cars_topview", "dog_outdoor"}
}

// leftOut are files of the open clips that hold the content of another one.
func leftOut() []string { return []string{"citynight_odd_height"} }

func videoSuffixes() []string { return []string{".mp4", ".mkv", ".mov", ".webm", ".mpg", ".avi"} }

// clips lists the clips of the selection, by half and name. The demo clip is written into dir where it is needed.
func (s *selection) clips(dir string) ([]clip, error) {
	entries, err := os.ReadDir(s.Media)
	if errors.Is(err, fs.ErrNotExist) {
		return demoClip(dir)
	}
	if err != nil {
		return nil, fmt.Errorf("clips: %w", err)
	}
	var list []clip
	for _, e := range entries {
		suffix := filepath.Ext(e.Name())
		name := strings.TrimSuffix(e.Name(), suffix)
		if !slices.Contains(videoSuffixes(), strings.ToLower(suffix)) || startsWithAny(name, leftOut()) {
			continue
		}
		c := clip{name: name, path: filepath.Join(s.Media, e.Name()), half: measuring}
		if startsWithAny(name, developingClips()) {
			c.half = developing
		}
		if (s.Set != "all" && s.Set != c.half) || !containsAny(name, s.Clips) {
			continue
		}
		if c.sha, err = hashOf(c.path); err != nil {
			return nil, err
		}
		list = append(list, c)
	}
	if len(list) == 0 {
		return nil, fmt.Errorf("no clip of %s fits the selection", s.Media)
	}
	slices.SortStableFunc(list, func(a, b clip) int {
		return cmp.Or(strings.Compare(b.half, a.half), strings.Compare(a.name, b.name)) // measuring before developing
	})
	return list, nil
}

func demoClip(dir string) ([]clip, error) {
	path := filepath.Join(dir, assets.DemoClipName)
	if err := os.WriteFile(path, []byte(assets.DemoClip()), 0o600); err != nil {
		return nil, fmt.Errorf("demo clip: %w", err)
	}
	sha, err := hashOf(path)
	return []clip{{name: "demo", path: path, half: "demo", sha: sha}}, err
}

func startsWithAny(name string, starts []string) bool {
	return slices.ContainsFunc(starts, func(s string) bool { return strings.HasPrefix(name, s) })
}

// containsAny is true for an empty list.
func containsAny(name string, parts []string) bool {
	return len(parts) == 0 || slices.ContainsFunc(parts, func(p string) bool { return strings.Contains(name, p) })
}

func hashOf(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", fmt.Errorf("clip: %w", err)
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", fmt.Errorf("clip %s: %w", path, err)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
