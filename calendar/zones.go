package calendar

import (
	"cmp"
	"fmt"
	"strings"
	"sync"
	"time"
	_ "time/tzdata" // so that zones are known on a bare machine

	"github.com/andante-hq/andante"
)

// loaded keeps zones by name: loading one parses its whole history. Names that
// don't exist are not kept, or a bad import could fill the memory.
var loaded sync.Map

// LoadZone returns the zone of an IANA name such as Europe/Berlin. The empty
// name and "Local" are refused: what a contact's clock shows must not depend on
// the machine. Safe for concurrent use.
func LoadZone(name string) (*time.Location, error) {
	if zone, ok := loaded.Load(name); ok {
		return zone.(*time.Location), nil
	}
	if name == "" || name == "Local" {
		return nil, fmt.Errorf("%q is no time zone: write an IANA name such as Europe/Berlin", name)
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return nil, fmt.Errorf("%q is no time zone: write an IANA name such as Europe/Berlin", name)
	}
	kept, _ := loaded.LoadOrStore(name, zone)
	return kept.(*time.Location), nil
}

// Zones returns the zones in which a contact's windows are read, and where they
// come from: "contact", "postal code", "account", "country", "owner", "workspace", or "none" for
// UTC. The first that is known wins. A postal code may lie in two zones: all must be open then.
// A country helps that has one zone. workspace is the zone of andante.yaml, home the country
// there, of which a postal code is where nobody says another.
func Zones(c andante.Contact, a andante.Account, owner andante.Person, workspace, home string) (zones []*time.Location, source string) {
	country := cmp.Or(c.Country, a.Country)
	for _, from := range [...]struct {
		source string
		names  func() []string
	}{
		{"contact", func() []string { return []string{c.Zone} }},
		{"postal code", func() []string { return zonesOfPostcode(cmp.Or(country, home), c.PostalCode) }},
		{"account", func() []string { return []string{a.Zone} }},
		{"country", func() []string { return []string{zoneOfCountry()[strings.ToUpper(country)]} }},
		{"owner", func() []string { return []string{owner.Zone} }},
		{"workspace", func() []string { return []string{workspace} }},
	} {
		for _, name := range from.names() {
			if name == "" {
				continue
			}
			if zone, err := LoadZone(name); err == nil {
				zones = append(zones, zone)
			}
		}
		if len(zones) > 0 {
			return zones, from.source
		}
	}
	return []*time.Location{time.UTC}, "none"
}
