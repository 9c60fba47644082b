package workspace

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/calendar"
	"github.com/andante-hq/andante/internal/yamldoc"
)

// ConsentPolicy is consent.yaml: which basis a kind needs where. The first rule
// that matches holds.
type ConsentPolicy []ConsentRule

// A ConsentRule names the bases of which one is needed; none: it needs none.
type ConsentRule struct {
	Kinds     []andante.Kind
	Countries []string
	Tiers     []string
	Need      []Need
}

// A Need is a basis, and for how long it lasts.
type Need struct {
	Basis andante.Basis
	For   *calendar.Offset // nil: for good
}

type consentEntry struct {
	Kinds     yamldoc.OneOrMany[andante.Kind] `yaml:"kinds"`
	Countries yamldoc.OneOrMany[string]       `yaml:"countries"`
	Who       whoEntry                        `yaml:"who"`
	Need      yamldoc.OneOrMany[Need]         `yaml:"need"`
}

// union lists the members of the European Union and of the EEA, where the same
// rules hold.
var union = strings.Fields("AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK IS LI NO")

func parseNeed(s string) (Need, error) {
	basis, length, timed := strings.Cut(s, " ")
	n := Need{Basis: andante.Basis(basis)}
	if !slices.Contains(andante.Bases, n.Basis) || n.Basis == andante.NoBasis {
		return n, fmt.Errorf("a basis is opt_in, customer, inquiry or business, not %q", basis)
	}
	if timed {
		o, err := calendar.ParseOffset(length)
		if err != nil {
			return n, err
		}
		n.For = &o
	}
	return n, nil
}

// parseConsent reads consent.yaml.
func parseConsent(file string, src []byte) (ConsentPolicy, []*andante.Finding) {
	var raw []consentEntry
	doc, found := yamldoc.Parse(file, 1, src)
	found = append(found, doc.Decode(&raw, yamldoc.With(parseNeed))...)
	c := policyChecker{file: file, doc: doc, found: found}
	var p ConsentPolicy
	for i, r := range raw {
		at := place{strconv.Itoa(i)}
		if len(r.Who.Stages)+len(r.Who.Personas)+len(r.Who.Countries) > 0 {
			c.errorf(at.key("who"), "`who:` in a consent rule knows tiers only").Suggestion = "write countries: beside who:"
		}
		c.kinds(at.key("kinds"), r.Kinds)
		c.countries(at.key("countries"), r.Countries, "EU")
		words(&c, at.key("who").key("tiers"), "tier", []string(r.Who.Tiers), andante.Tiers)
		if !c.written(at.key("need")) {
			c.errorf(at, "the rule doesn't say which basis it needs").Suggestion = "write need: [opt_in], or need: [] if it needs none"
		}
		p = append(p, ConsentRule{Kinds: r.Kinds, Countries: r.Countries, Tiers: r.Who.Tiers, Need: r.Need})
	}
	return p, c.found
}

func (r ConsentRule) matches(k andante.Kind, country, tier string) bool {
	if len(r.Kinds) > 0 && !slices.Contains(r.Kinds, k) {
		return false
	}
	if len(r.Tiers) > 0 && !slices.Contains(r.Tiers, tier) {
		return false
	}
	if len(r.Countries) == 0 || slices.Contains(r.Countries, country) {
		return true
	}
	return slices.Contains(r.Countries, "EU") && slices.Contains(union, country)
}

// Allows tells whether the consents on record are enough for a touch of kind k
// and purpose p, and if not, which basis was needed. What a contact asked for is
// its own consent. Where no rule matches, an opt-in is needed.
func (c ConsentPolicy) Allows(k andante.Kind, p andante.Purpose, country, tier string, records []andante.Consent, now time.Time) (ok bool, needed []Need) {
	if p == andante.Requested {
		return true, nil
	}
	needed = []Need{{Basis: andante.OptIn}}
	if i := slices.IndexFunc(c, func(r ConsentRule) bool { return r.matches(k, country, tier) }); i >= 0 {
		needed = c[i].Need
	}
	if len(needed) == 0 || slices.ContainsFunc(needed, func(n Need) bool { return n.met(k, p, records, now) }) {
		return true, nil
	}
	return false, needed
}

func (n Need) met(k andante.Kind, p andante.Purpose, records []andante.Consent, now time.Time) bool {
	return slices.ContainsFunc(records, func(c andante.Consent) bool {
		if c.Basis != n.Basis || c.Kind != "" && c.Kind != k || c.Purpose != "" && c.Purpose != p {
			return false
		}
		return n.For == nil || now.Before(n.For.From(c.At, time.UTC, nil))
	})
}

// String returns the need as it is written.
func (n Need) String() string {
	if n.For == nil {
		return string(n.Basis)
	}
	return string(n.Basis) + " " + n.For.String()
}
