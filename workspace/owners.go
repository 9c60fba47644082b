package workspace

import (
	"cmp"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/calendar"
	"github.com/andante-hq/andante/internal/yamldoc"
	"github.com/andante-hq/andante/sequences"
)

// Absence is when an owner is away, and who stands in.
type Absence struct {
	Away   *Days  `yaml:"away" doc:"first and last day, such as 2026-12-20..2027-01-06"`
	Deputy string `yaml:"deputy" doc:"key of the person who then gets their tasks and writes their mails"`
}

// Days are the days from one date to another, both included, on the calendar of whoever
// they are about.
type Days struct{ First, Last string } // 2026-12-20

// UnmarshalText reads 2026-12-20..2027-01-06.
func (d *Days) UnmarshalText(b []byte) error {
	first, last, ok := strings.Cut(string(b), "..")
	d.First, d.Last = strings.TrimSpace(first), strings.TrimSpace(last)
	from, err := time.Parse(time.DateOnly, d.First)
	to, err2 := time.Parse(time.DateOnly, d.Last)
	switch {
	case !ok || err != nil || err2 != nil:
		return fmt.Errorf("write the first and the last day, such as 2026-12-20..2027-01-06, not %q", b)
	case to.Before(from):
		return fmt.Errorf("the days %q run backward", b)
	}
	return nil
}

// String writes it as it is read.
func (d Days) String() string { return d.First + ".." + d.Last }

// StandIn returns who acts for an owner at an instant: the owner, or while they are away
// their deputy, or the deputy's. Where all are away it is the owner.
func (c *Config) StandIn(owner string, at time.Time) string {
	seen := map[string]bool{}
	for key := owner; !seen[key]; key = c.Owners[key].Deputy {
		seen[key] = true
		if _, ok := c.People[key]; !ok {
			break
		}
		if !c.away(key, at) {
			return key
		}
	}
	return owner
}

// DoerOf returns who has to do what a touch asks of people: the account's owner or who stands
// in, else the colleague as whom it goes, else who gets what is nobody's. Where none of them is
// a person it is whatever key there is, and nobody is told.
func (c *Config) DoerOf(a andante.Account, sender string, at time.Time) string {
	for _, key := range []string{a.Owner, sender, c.Tasks.Unowned} {
		if _, ok := c.Person(key); ok {
			return c.StandIn(key, at)
		}
	}
	return cmp.Or(a.Owner, sender)
}

func (c *Config) away(key string, at time.Time) bool {
	days := c.Owners[key].Away
	if days == nil {
		return false
	}
	p, _ := c.Person(key)
	zones, _ := calendar.Zones(andante.Contact{}, andante.Account{}, p, c.Company.Zone, c.Company.Country)
	today := at.In(zones[0]).Format(time.DateOnly)
	return days.First <= today && today <= days.Last
}

// alone returns a day on which an owner is away, and with them everybody who stands in.
func (c *Config) alone(key string) (day string, alone bool) {
	_, known := c.People[key]
	for _, other := range c.Owners { // an absence begins on such a day
		if !known || c.Owners[key].Away == nil || other.Away == nil {
			continue
		}
		first := max(other.Away.First, c.Owners[key].Away.First)
		noon, err := time.Parse(time.DateOnly+" 15", first+" 12")
		if err != nil || !c.away(key, noon) || c.StandIn(key, noon) != key {
			continue
		}
		if day == "" || first < day {
			day = first
		}
	}
	return day, day != ""
}

// checkTasks wants managers who are people, and links that can be followed.
func checkTasks(w *Workspace) (found []*andante.Finding) {
	for _, key := range slices.Sorted(maps.Keys(w.Config.People)) {
		p := w.Config.People[key]
		switch _, ok := w.Config.People[p.Manager]; {
		case p.Manager == key:
			found = append(found, w.at("tasks", []string{"people", key, "manager"}, "nobody is their own manager"))
		case p.Manager != "" && !ok:
			f := w.at("tasks", []string{"people", key, "manager"}, "there is no person %s under people", p.Manager)
			f.Suggestion = yamldoc.Suggest(p.Manager, slices.Sorted(maps.Keys(w.Config.People)))
			found = append(found, f)
		}
		if u, err := url.Parse(p.Meeting); p.Meeting != "" && (err != nil || u.Scheme != "https" || u.Host == "") {
			found = append(found, w.at("tasks", []string{"people", key, "meeting"}, "%q is no link: it begins with https://", p.Meeting))
		}
	}
	if key := w.Config.Tasks.Unowned; key != "" {
		if _, ok := w.Config.People[key]; !ok {
			f := w.at("tasks", []string{"tasks", "unowned"}, "there is no person %s under people", key)
			f.Suggestion = yamldoc.Suggest(key, slices.Sorted(maps.Keys(w.Config.People)))
			found = append(found, f)
		}
	}
	if d := w.Config.Inbound.Domain; d != "" && (strings.ContainsAny(d, "@ /:") || !strings.Contains(d, ".")) {
		found = append(found, w.at("tasks", []string{"inbound", "domain"}, "%q is no domain: write one such as in.acme.example", d))
	}
	return found
}

// checkUnowned wants somebody who does what a sequence asks of people, where the account has no
// owner.
func checkUnowned(w *Workspace) []*andante.Finding {
	if w.Config.Tasks.Unowned != "" {
		return nil
	}
	return w.each(func(q *sequences.Sequence) []*andante.Finding {
		for i := range q.Steps {
			s := &q.Steps[i]
			if !w.mayBeNobodys(q, s) {
				continue
			}
			f := in(q, "unowned-task", s.At0, "what %s asks of people is nobody's where an account has no owner", s.ID)
			f.Suggestion = "name in andante.yaml who gets it: tasks: {unowned: nora}"
			return []*andante.Finding{f}
		}
		return nil
	})
}

// mayBeNobodys tells whether a step asks something of people, and whoever it goes as is none.
// What the owner sends is passed over where there is none.
func (w *Workspace) mayBeNobodys(q *sequences.Sequence, s *sequences.Step) bool {
	if slices.ContainsFunc(s.Then, func(t sequences.Then) bool { return t.Do == sequences.Handover }) {
		return true
	}
	key := cmp.Or(s.Sender, q.Sender)
	if key == "owner" {
		key = q.IfNoOwner
	}
	_, person := w.Config.Person(key)
	return (s.Kind.ByHuman() || s.Review != "") && key != "" && key != "skip" && !person
}

// checkOwners wants people, and a deputy who is one, for who is away.
func checkOwners(w *Workspace) (found []*andante.Finding) {
	for _, key := range slices.Sorted(maps.Keys(w.Config.Owners)) {
		o, at := w.Config.Owners[key], []string{"owners", key}
		if _, ok := w.Config.People[key]; !ok {
			found = append(found, w.at("owner", at, "there is no person %s under people", key))
		}
		switch _, ok := w.Config.People[o.Deputy]; {
		case o.Deputy == "" && o.Away != nil:
			found = append(found, w.at("owner", at, "%s is away and has no deputy: their tasks would wait for them", key))
		case o.Deputy != "" && !ok:
			found = append(found, w.at("owner", append(at, "deputy"), "there is no person %s under people", o.Deputy))
		case o.Deputy == key:
			found = append(found, w.at("owner", append(at, "deputy"), "nobody stands in for themselves"))
		default:
			if day, alone := w.Config.alone(key); alone {
				found = append(found, w.at("owner", append(at, "deputy"), "on %s everybody who stands in for %s is away too: their tasks would wait for them", day, key))
			}
		}
	}
	return found
}
