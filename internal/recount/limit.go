package recount

import (
	"cmp"
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/internal/yamldoc"
)

type limit struct {
	Name      string                               `yaml:"name"`
	Scope     string                               `yaml:"scope"`
	Max       float64                              `yaml:"max"`
	MaxPoints float64                              `yaml:"max_points"`
	Per       string                               `yaml:"per"`
	Who       map[string]yamldoc.OneOrMany[string] `yaml:"who"`
	Count     struct {
		Kinds      yamldoc.OneOrMany[string] `yaml:"kinds"`
		Unanswered bool                      `yaml:"unanswered"` // of calls
	} `yaml:"count"`

	weight float64 // of a mail
}

// ignored is a key of which nothing is read.
type ignored struct{}

// UnmarshalNode reads nothing.
func (*ignored) UnmarshalNode(*yamldoc.Node) []*andante.Finding { return nil }

// readLimits returns the limits that are about mail.
func readLimits(file string) ([]limit, error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var policy struct {
		Limits []limit            `yaml:"limits"`
		Points map[string]float64 `yaml:"points"`
		// The rest of a policy is no limit.
		Gap       ignored `yaml:"gap"`
		CoolDown  ignored `yaml:"cool_down"`
		Ease      ignored `yaml:"ease"`
		LookAhead ignored `yaml:"look_ahead"`
		Landing   ignored `yaml:"landing"`
		Windows   ignored `yaml:"windows"`
		Holidays  ignored `yaml:"holidays"`
	}
	doc, found := yamldoc.Parse(file, 1, b)
	if found = append(found, doc.Decode(&policy)...); len(found) > 0 {
		return nil, found[0]
	}
	var limits []limit
	for _, l := range policy.Limits {
		if len(l.Count.Kinds) > 0 && !slices.Contains(l.Count.Kinds, "email") {
			continue
		}
		l.weight = 1
		if l.MaxPoints > 0 {
			l.Max = l.MaxPoints
			l.weight = cmp.Or(policy.Points["email"], 1)
		}
		if _, err := l.since(time.Time{}, time.UTC); err != nil {
			return nil, fmt.Errorf("limit %s: %w", l.Name, err)
		}
		for fact := range maps.Keys(l.Who) {
			if !slices.Contains([]string{"stages", "tiers", "personas", "countries"}, fact) {
				return nil, fmt.Errorf("limit %s: who %s can't be counted here", l.Name, fact)
			}
		}
		limits = append(limits, l)
	}
	return limits, nil
}

// check looks back over the period at each mail to somebody whom the limit is about.
func (l limit) check(list []received) (broken []Broken) {
	earlier := map[string][]time.Time{}
	worst := map[string]Broken{}
	for _, r := range list {
		s := l.subject(r.who)
		earlier[s] = append(earlier[s], r.at)
		if !l.isAbout(r.who) {
			continue
		}
		from, _ := l.since(r.at, r.who.Zone)
		n := 0.0
		for _, t := range earlier[s] {
			if t.After(from) {
				n += l.weight
			}
		}
		if n > l.Max && n > worst[s].Count {
			worst[s] = Broken{l.Name, s, n, l.Max, r.at}
		}
	}
	for _, s := range slices.Sorted(maps.Keys(worst)) {
		broken = append(broken, worst[s])
	}
	return broken
}

func (l limit) subject(p *Person) string {
	switch l.Scope {
	case "account":
		return p.Account
	case "address":
		return p.Address
	}
	return p.ID
}

func (l limit) isAbout(p *Person) bool {
	for fact, values := range l.Who {
		if !slices.Contains(values, p.Facts[fact]) {
			return false
		}
	}
	return true
}

// since returns the instant after which a mail lies in the period that ends at t: a
// length of time, in which a day has 24 hours, or the calendar's own day, week, month
// or year in the zone.
func (l limit) since(t time.Time, zone *time.Location) (time.Time, error) {
	local := t.In(zone)
	midnight := func(y int, m time.Month, d int) (time.Time, error) {
		return time.Date(y, m, d, 0, 0, 0, 0, zone).Add(-time.Nanosecond), nil
	}
	y, m, d := local.Date()
	switch l.Per {
	case "day":
		return midnight(y, m, d)
	case "week":
		return midnight(y, m, d-(int(local.Weekday())+6)%7)
	case "month":
		return midnight(y, m, 1)
	case "year":
		return midnight(y, 1, 1)
	}
	for unit, length := range map[string]time.Duration{"min": time.Minute, "h": time.Hour, "d": 24 * time.Hour, "w": 7 * 24 * time.Hour} {
		if number, ok := strings.CutSuffix(l.Per, unit); ok {
			if n, err := strconv.Atoi(number); err == nil {
				return t.Add(-time.Duration(n) * length), nil
			}
		}
	}
	return t, fmt.Errorf("the period %q can't be counted here", l.Per)
}
