// SPDX-License-Identifier: AGPL-3.0-or-later

package geoip_test

import (
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/maxmind/mmdbwriter"
	"github.com/maxmind/mmdbwriter/mmdbtype"
	"github.com/stretchr/testify/require"

	"spoor/assets"
	"spoor/engine/access/geoip"
)

const shared = "../../../../shared/data/maxmind/"

func bundled(t *testing.T) *geoip.Database {
	t.Helper()
	d, err := geoip.Bundled(assets.CountryDatabase(), assets.CountryDatabaseLicence)
	require.NoError(t, err)
	return d
}

// made writes a small database of a type.
func made(t *testing.T, databaseType string, networks map[string]mmdbtype.Map) string {
	t.Helper()
	tree, err := mmdbwriter.New(mmdbwriter.Options{
		DatabaseType: databaseType, RecordSize: 24, BuildEpoch: 1700000000, IncludeReservedNetworks: true,
		Description: map[string]string{"en": "made by a test"},
	})
	require.NoError(t, err)
	for network, record := range networks {
		_, n, err := net.ParseCIDR(network)
		require.NoError(t, err)
		require.NoError(t, tree.Insert(n, record))
	}
	path := filepath.Join(t.TempDir(), strings.ReplaceAll(databaseType, " ", "-")+".mmdb")
	f, err := os.Create(path)
	require.NoError(t, err)
	_, err = tree.WriteTo(f)
	require.NoError(t, err)
	require.NoError(t, f.Close())
	return path
}

func lookup(s *geoip.Set, address string) geoip.Facts { return s.Lookup(netip.MustParseAddr(address)) }

func TestTheBundledDatabaseKnowsCountriesInEnglish(t *testing.T) {
	d := bundled(t)
	require.Equal(t, "PDDL-1.0", d.Licence)
	require.Equal(t, assets.CountryDatabaseName, d.Name())
	s := geoip.NewSet(d)
	for address, want := range map[string]string{
		"8.8.8.8": "United States", "81.2.69.142": "United Kingdom", "2001:4860:4860::8888": "United States",
		"::ffff:8.8.8.8": "United States", "193.0.6.139": "Netherlands",
	} {
		f := lookup(s, address)
		require.Equal(t, want, f.Country, address)
		require.Equal(t, assets.CountryDatabaseName, f.CountrySource)
		require.Equal(t, geoip.Unknown, f.Type, "it does not tell the kind of network")
	}
}

func TestReservedAddressesAreLookedUpNowhere(t *testing.T) {
	s := geoip.NewSet(bundled(t))
	for _, address := range []string{
		"10.20.30.40", "192.168.1.1", "172.31.0.1", "127.0.0.1", "100.64.0.1", "169.254.1.1", "192.0.2.44", "198.51.100.7", "203.0.113.9",
		"198.18.0.1", "224.0.0.1", "255.255.255.255", "0.0.0.0", "::1", "fe80::1", "fd00::1", "2001:db8::1", "ff02::1", "::",
		"::ffff:10.0.0.1", "4000::1",
	} {
		f := lookup(s, address)
		require.Equal(t, geoip.Reserved, f.Type, address)
		require.Equal(t, geoip.Unknown, f.Country, address)
	}
	for _, address := range []string{"8.8.8.8", "100.63.255.255", "172.32.0.1", "2606:4700::1", "192.0.1.1"} {
		require.False(t, geoip.IsReserved(netip.MustParseAddr(address)), address)
	}
	require.True(t, geoip.IsReserved(netip.Addr{}))
}

func TestTheBestSourceTellsTheKindOfNetwork(t *testing.T) {
	asn := made(t, "GeoLite2-ASN", map[string]mmdbtype.Map{
		"81.2.69.0/24": {
			"autonomous_system_number":       mmdbtype.Uint32(7),
			"autonomous_system_organization": mmdbtype.String("Example Mobile Ltd"),
		},
		"81.2.70.0/24": {
			"autonomous_system_number":       mmdbtype.Uint32(8),
			"autonomous_system_organization": mmdbtype.String("Great \x1b[2JHosting"),
		},
	})
	anonymous := made(t, "GeoIP2-Anonymous-IP", map[string]mmdbtype.Map{
		"81.2.69.0/25": {
			"is_hosting_provider": mmdbtype.Bool(true), "is_anonymous_vpn": mmdbtype.Bool(true),
			"is_anonymous": mmdbtype.Bool(true),
		},
	})
	enterprise := made(t, "GeoIP2-Enterprise", map[string]mmdbtype.Map{
		"81.2.69.0/26": {
			"country": mmdbtype.Map{"iso_code": mmdbtype.String("SE"), "names": mmdbtype.Map{"en": mmdbtype.String("Sweden")}},
			"city":    mmdbtype.Map{"names": mmdbtype.Map{"en": mmdbtype.String("Lund")}},
			"traits":  mmdbtype.Map{"user_type": mmdbtype.String("college"), "isp": mmdbtype.String("Univ")},
		},
	})
	var list []*geoip.Database
	for _, path := range []string{asn, anonymous, enterprise} {
		d, err := geoip.Verify(path)
		require.NoError(t, err)
		list = append(list, d)
	}
	s := geoip.NewSet(append(list, bundled(t))...)

	best := lookup(s, "81.2.69.1")
	require.Equal(t, geoip.Education, best.Type)
	require.Equal(t, "GeoIP2-Enterprise 2023-11-14", best.TypeSource)
	require.Equal(t, "Sweden", best.Country)
	require.Equal(t, "Lund", best.City)
	require.Equal(t, "AS7 Example Mobile Ltd", best.Owner)
	require.Equal(t, []string{"VPN"}, best.Anonymizers)

	require.Equal(t, geoip.Hosting, lookup(s, "81.2.69.100").Type)
	byName := lookup(s, "81.2.69.200")
	require.Equal(t, geoip.Mobile, byName.Type)
	require.Contains(t, byName.TypeSource, "name of the network owner")
	require.Equal(t, "United Kingdom", byName.Country)
	hostile := lookup(s, "81.2.70.1")
	require.Equal(t, "AS8 Great [2JHosting", hostile.Owner)
	require.Equal(t, geoip.Hosting, hostile.Type)
}

func TestFlatDatabasesAreReadToo(t *testing.T) {
	d, err := geoip.Verify(made(t, "country ipvAll", map[string]mmdbtype.Map{"9.9.0.0/16": {"country_code": mmdbtype.String("CH")}}))
	require.NoError(t, err)
	require.Equal(t, "Switzerland", lookup(geoip.NewSet(d), "9.9.9.9").Country)
}

func TestDamagedDatabasesAreRefused(t *testing.T) {
	good, err := os.ReadFile(made(t, "GeoLite2-Country", map[string]mmdbtype.Map{
		"9.0.0.0/8": {"country": mmdbtype.Map{
			"iso_code": mmdbtype.String("CH"),
			"names":    mmdbtype.Map{"en": mmdbtype.String("Switzerland")},
		}},
	}))
	require.NoError(t, err)
	dir := t.TempDir()
	for name, data := range map[string][]byte{
		"empty": {}, "text": []byte("not a database"), "half": good[:len(good)/2], "cut": good[:len(good)-10],
		"without its beginning": good[len(good)/2:],
	} {
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, data, 0o600))
		_, err := geoip.Verify(path)
		require.Error(t, err, name)
	}
	_, err = geoip.Verify(dir)
	require.Error(t, err)
	_, err = geoip.Verify(made(t, "GeoIP2-Domain", map[string]mmdbtype.Map{"9.0.0.0/8": {"domain": mmdbtype.String("x")}}))
	require.ErrorContains(t, err, "nothing that can be used here")
}

// TestMaxMindsBadData wants an error of every broken file that other readers stumbled over, and answers of the good ones.
func TestMaxMindsBadData(t *testing.T) {
	bad, err := filepath.Glob(shared + "bad-data/*/*.mmdb")
	require.NoError(t, err)
	if len(bad) == 0 {
		t.Skip("the databases of ../shared are not here")
	}
	for _, name := range []string{"GeoIP2-City-Test-Broken-Double-Format", "GeoIP2-City-Test-Invalid-Node-Count"} {
		bad = append(bad, shared+name+".mmdb")
	}
	for _, path := range bad {
		_, err := geoip.Verify(path)
		t.Logf("%s: %v", filepath.Base(path), err)
		require.Error(t, err, path)
	}
	var list []*geoip.Database
	for _, name := range []string{
		"GeoIP2-Enterprise-Test", "GeoIP2-Anonymous-IP-Test", "GeoIP2-City-Test", "GeoLite2-ASN-Test",
		"GeoIP2-ISP-Test", "GeoIP2-Country-Test", "GeoIP2-Connection-Type-Test", "GeoLite2-City-Test", "GeoLite2-Country-Test",
	} {
		d, err := geoip.Verify(shared + name + ".mmdb")
		require.NoError(t, err, name)
		list = append(list, d)
	}
	s := geoip.NewSet(list...)
	f := lookup(s, "81.2.69.142")
	require.Equal(t, "United Kingdom", f.Country)
	require.Equal(t, "London", f.City)
	require.Contains(t, f.Anonymizers, "VPN")
	require.Contains(t, lookup(s, "1.128.0.0").Owner, "AS1221")
	require.NotEqual(t, geoip.Unknown, lookup(s, "74.209.24.0").Type)
}

func FuzzDatabase(f *testing.F) {
	names := mmdbtype.Map{"iso_code": mmdbtype.String("CH"), "names": mmdbtype.Map{"en": mmdbtype.String("Switzerland")}}
	for kind, record := range map[string]mmdbtype.Map{
		"GeoLite2-ASN":           {"autonomous_system_number": mmdbtype.Uint32(7), "autonomous_system_organization": mmdbtype.String("x")},
		"GeoLite2-Country":       {"country": names},
		"GeoIP2-Enterprise":      {"country": names, "traits": mmdbtype.Map{"user_type": mmdbtype.String("hosting")}},
		"GeoIP2-Anonymous-IP":    {"is_hosting_provider": mmdbtype.Bool(true)},
		"GeoIP2-Connection-Type": {"connection_type": mmdbtype.String("Cellular")},
		"ipv4 country ":          {"country_code": mmdbtype.String("CH")},
	} {
		tree, err := mmdbwriter.New(mmdbwriter.Options{DatabaseType: kind, RecordSize: 24})
		require.NoError(f, err)
		_, n, _ := net.ParseCIDR("9.0.0.0/8")
		require.NoError(f, tree.Insert(n, record))
		var b strings.Builder
		_, err = tree.WriteTo(&b)
		require.NoError(f, err)
		f.Add([]byte(b.String()))
	}
	f.Fuzz(func(_ *testing.T, data []byte) {
		d, err := geoip.FromBytes(data)
		if err != nil {
			return
		}
		s := geoip.NewSet(d)
		_ = lookup(s, "9.9.9.9")
		_ = lookup(s, "2606:4700::1")
	})
}
