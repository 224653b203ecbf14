// SPDX-License-Identifier: AGPL-3.0-or-later

package engine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"spoor/assets"
	"spoor/engine/access/geoip"
	"spoor/storage"
)

// geoIP opens all databases at the first call, and again after one was added or removed, by another program too. One that
// is damaged is passed over with a warning.
func (e *Engine) geoIP() (*geoip.Set, error) {
	e.geoLock.Lock()
	defer e.geoLock.Unlock()
	dir, err := e.store.GeoIPDir()
	if err != nil {
		return nil, err
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.mmdb"))
	if err != nil {
		return nil, err
	}
	state := stateOf(files)
	if e.geo != nil && e.geoState == state {
		return e.geo, nil
	}
	e.geoState = state
	var list []*geoip.Database
	for _, file := range files {
		d, err := geoip.Open(file)
		if err != nil {
			e.log.Warn("a database of addresses cannot be used; remove it with spoor geoip remove", "error", err.Error())
			continue
		}
		list = append(list, d)
	}
	slices.SortFunc(list, func(a, b *geoip.Database) int { return b.Built.Compare(a.Built) }) // the newest is believed first
	own, err := geoip.Bundled(assets.CountryDatabase(), assets.CountryDatabaseLicence)
	if err != nil {
		return nil, err
	}
	e.geo = geoip.NewSet(append(list, own)...)
	return e.geo, nil
}

// stateOf tells files apart from what they were before.
func stateOf(files []string) string {
	var state strings.Builder
	for _, file := range files {
		if st, err := os.Stat(file); err == nil {
			fmt.Fprintf(&state, "%s %d %d\n", file, st.Size(), st.ModTime().UnixNano())
		}
	}
	return state.String()
}

// GeoIPDatabases lists the databases of addresses, in the order in which they are believed.
func (e *Engine) GeoIPDatabases() ([]geoip.Info, error) {
	set, err := e.geoIP()
	if err != nil {
		return nil, err
	}
	return set.Databases(), nil
}

// AddGeoIP verifies a database of addresses, wholly, and copies it into the home.
func (e *Engine) AddGeoIP(path string) (geoip.Info, error) {
	d, err := geoip.Verify(path)
	if err != nil {
		return geoip.Info{}, refuse(storage.Invalid, err.Error())
	}
	dir, err := e.store.GeoIPDir()
	if err != nil {
		return geoip.Info{}, err
	}
	name := strings.TrimSuffix(printable(filepath.Base(path)), ".mmdb") + ".mmdb"
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return geoip.Info{}, err
	}
	if err := copyFile(path, filepath.Join(dir, name)); err != nil {
		return geoip.Info{}, fmt.Errorf("keeping the database %s: %w", name, err)
	}
	d.File = name
	return d.Info, e.forgetGeoIP()
}

// RemoveGeoIP removes a database that was added, by the name of its file.
func (e *Engine) RemoveGeoIP(name string) error {
	dir, err := e.store.GeoIPDir()
	if err != nil {
		return err
	}
	if name != filepath.Base(name) || filepath.Ext(name) != ".mmdb" {
		return refuse(storage.NotFound, fmt.Sprintf("there is no database %q; the one that comes with the program stays", name))
	}
	err = os.Remove(filepath.Join(dir, name))
	if errors.Is(err, os.ErrNotExist) {
		return refuse(storage.NotFound, fmt.Sprintf("there is no database %q; the one that comes with the program stays", name))
	}
	if err != nil {
		return err
	}
	return e.forgetGeoIP()
}

// forgetGeoIP has the databases opened anew, and what was told by them looked up again.
func (e *Engine) forgetGeoIP() error {
	e.geoLock.Lock()
	e.geo = nil
	e.geoLock.Unlock()
	return e.store.NoteAccessChanges(context.Background()) // one small write behind the change of a file: not to be left out
}

// copyFile copies a file under another name, which appears only when it is complete.
func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.CreateTemp(filepath.Dir(to), ".new-*")
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	if err = errors.Join(err, out.Sync(), out.Close()); err == nil {
		err = os.Rename(out.Name(), to)
	}
	if err != nil {
		_ = os.Remove(out.Name())
	}
	return err
}
