// SPDX-License-Identifier: AGPL-3.0-or-later

package geoip

import (
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/oschwald/geoip2-golang/v2"
	"github.com/oschwald/maxminddb-golang/v2"
)

// MaxSize is how large a database file may be, in bytes: it is read into memory.
const MaxSize = 2 << 30

// Database is an open database.
type Database struct {
	Info
	geo  *geoip2.Reader    // nil for one of a type that only flat can read
	flat *maxminddb.Reader // nil where geo reads it
	kind kind
}

// Info says which database it is.
type Info struct {
	File    string    `json:"file"`  // its name; "" for the one that comes with the program
	Type    string    `json:"type"`  // as it names itself, such as GeoLite2-City
	Built   time.Time `json:"built"` // as it says; zero where that cannot be
	Tells   string    `json:"tells"` // what, in words
	Licence string    `json:"licence,omitempty"`
}

// Name is type and date, as results record them.
func (i Info) Name() string {
	if i.Built.IsZero() {
		return i.Type + " (undated)"
	}
	return i.Type + " " + i.Built.Format(time.DateOnly)
}

type kind byte

const (
	kindCountry kind = iota
	kindCity
	kindEnterprise
	kindASN
	kindISP
	kindAnonymous
	kindConnection
	kindFlatCountry
	kindFlatASN
)

// kindOf knows databases by the type they name. geoip2 itself compares the same names.
func kindOf(name string) (k kind, tells string, ok bool) {
	for _, known := range []struct {
		part  string
		kind  kind
		tells string
	}{
		{"Anonymous-IP", kindAnonymous, "hosting, VPN, proxy, Tor"},
		{"Enterprise", kindEnterprise, "country, city, network owner, kind of network"},
		{"Connection-Type", kindConnection, "kind of connection"},
		{"-ASN", kindASN, "network owner"},
		{"-ISP", kindISP, "network owner"},
		{"-City", kindCity, "country, city"},
		{"DBIP-Location", kindCity, "country, city"},
		{"-Country", kindCountry, "country"},
		{"country ", kindFlatCountry, "country"},
		{"asn ", kindFlatASN, "network owner"},
	} {
		if strings.Contains(name, known.part) {
			return known.kind, known.tells, true
		}
	}
	return 0, "", false
}

// Open reads a database file without looking at all of it. Errors say in words what is wrong.
func Open(path string) (*Database, error) {
	data, err := readFile(path)
	if err != nil {
		return nil, err
	}
	d, err := FromBytes(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Base(path), err)
	}
	d.File = filepath.Base(path)
	return d, nil
}

func readFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("%s is no file", path)
	case info.Size() > MaxSize:
		return nil, fmt.Errorf("%s has %d bytes, %d are allowed", path, info.Size(), int64(MaxSize))
	}
	data := make([]byte, info.Size())
	_, err = io.ReadFull(f, data)
	return data, err
}

// FromBytes opens a database in memory.
func FromBytes(data []byte) (d *Database, err error) {
	defer recovered(&err)
	flat, err := maxminddb.OpenBytes(data)
	if err != nil {
		return nil, fmt.Errorf("this is not a MaxMind database, or it is damaged: %w", err)
	}
	m := flat.Metadata
	d = &Database{Info: Info{Type: plain(m.DatabaseType)}}
	if seconds := m.BuildEpoch; seconds > 0 && seconds < 4102444800 { // 2100
		d.Built = time.Unix(int64(seconds), 0).UTC()
	}
	var known bool
	if d.kind, d.Tells, known = kindOf(m.DatabaseType); !known {
		return nil, fmt.Errorf("a database of the type %q has nothing that can be used here: Country, City, Enterprise, ASN, ISP, "+
			"Connection-Type and Anonymous-IP can", d.Type)
	}
	if d.kind == kindFlatCountry || d.kind == kindFlatASN {
		d.flat = flat
		return d, nil
	}
	if d.geo, err = geoip2.OpenBytes(data); err != nil {
		return nil, fmt.Errorf("the database cannot be used: %w", err)
	}
	return d, nil
}

// Verify walks the whole of a database file, so that a damaged or truncated one is refused before it gives wrong answers.
func Verify(path string) (d *Database, err error) {
	defer recovered(&err)
	data, err := readFile(path)
	if err != nil {
		return nil, err
	}
	if d, err = FromBytes(data); err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Base(path), err)
	}
	r, err := maxminddb.OpenBytes(data)
	if err != nil {
		return nil, err
	}
	if err := r.Verify(); err != nil && !onlyEpoch(r, err) {
		return nil, fmt.Errorf("%s is damaged: %w", filepath.Base(path), err)
	}
	// The records must be what the type promises, too.
	for network := range r.Networks() {
		if err := network.Err(); err != nil {
			return nil, fmt.Errorf("%s is damaged: %w", filepath.Base(path), err)
		}
		var facts Facts
		if err := d.ask(network.Prefix().Addr(), &facts); err != nil {
			return nil, fmt.Errorf("%s is damaged at %s: %w", filepath.Base(path), network.Prefix(), err)
		}
	}
	d.File = filepath.Base(path)
	return d, nil
}

// onlyEpoch says whether nothing but the date is wrong, which is told as undated.
func onlyEpoch(r *maxminddb.Reader, err error) bool {
	return r.Metadata.BuildEpoch >= 4102444800 && strings.Contains(err.Error(), "build_epoch")
}

// recovered makes an error of a panic: the file comes from anywhere.
func recovered(err *error) {
	if r := recover(); r != nil {
		*err = errors.Join(errors.New("this is not a MaxMind database, or it is damaged"), fmt.Errorf("%v", r))
	}
}

// ask adds what the database says about an address.
func (d *Database) ask(a netip.Addr, f *Facts) (err error) {
	defer recovered(&err)
	switch d.kind {
	case kindCountry:
		var r *geoip2.Country
		if r, err = d.geo.Country(a); err == nil {
			f.country(r.Country.ISOCode, r.Country.Names.English, d)
		}
	case kindCity:
		var r *geoip2.City
		if r, err = d.geo.City(a); err == nil {
			f.country(r.Country.ISOCode, r.Country.Names.English, d)
			f.city(r.City.Names.English, d)
		}
	case kindEnterprise:
		var r *geoip2.Enterprise
		if r, err = d.geo.Enterprise(a); err == nil {
			f.country(r.Country.ISOCode, r.Country.Names.English, d)
			f.city(r.City.Names.English, d)
			f.owner(r.Traits.AutonomousSystemNumber, firstText(r.Traits.Organization, r.Traits.ISP,
				r.Traits.AutonomousSystemOrganization), d)
			f.userType(r.Traits.UserType, d)
			f.connection(r.Traits.ConnectionType, d)
		}
	case kindASN:
		var r *geoip2.ASN
		if r, err = d.geo.ASN(a); err == nil {
			f.owner(r.AutonomousSystemNumber, r.AutonomousSystemOrganization, d)
		}
	case kindISP:
		var r *geoip2.ISP
		if r, err = d.geo.ISP(a); err == nil {
			f.owner(r.AutonomousSystemNumber, firstText(r.Organization, r.ISP, r.AutonomousSystemOrganization), d)
		}
	case kindAnonymous:
		var r *geoip2.AnonymousIP
		if r, err = d.geo.AnonymousIP(a); err == nil {
			f.anonymous(r, d)
		}
	case kindConnection:
		var r *geoip2.ConnectionType
		if r, err = d.geo.ConnectionType(a); err == nil {
			f.connection(r.ConnectionType, d)
		}
	case kindFlatCountry:
		var r struct {
			Code string `maxminddb:"country_code"`
		}
		if err = d.flat.Lookup(a).Decode(&r); err == nil {
			f.country(r.Code, "", d)
		}
	case kindFlatASN:
		var r struct {
			Number uint   `maxminddb:"autonomous_system_number"`
			Name   string `maxminddb:"autonomous_system_organization"`
		}
		if err = d.flat.Lookup(a).Decode(&r); err == nil {
			f.owner(r.Number, r.Name, d)
		}
	}
	return err
}

func firstText(list ...string) string {
	for _, s := range list {
		if s != "" {
			return s
		}
	}
	return ""
}
