package calendar

import (
	"fmt"
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
// come from: "contact", "account", "owner", "workspace", or "none" for UTC. The
// first that is a valid IANA name wins; workspace is the zone of andante.yaml.
func Zones(c andante.Contact, a andante.Account, owner andante.Person, workspace string) (zones []*time.Location, source string) {
	for _, from := range [...]struct{ source, name string }{
		{"contact", c.Zone}, {"account", a.Zone}, {"owner", owner.Zone}, {"workspace", workspace},
	} {
		if from.name == "" {
			continue
		}
		if zone, err := LoadZone(from.name); err == nil {
			return []*time.Location{zone}, from.source
		}
	}
	return []*time.Location{time.UTC}, "none"
}
