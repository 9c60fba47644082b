package workspace

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/calendar"
	"github.com/andante-hq/andante/governor"
	"github.com/andante-hq/andante/internal/yamldoc"
)

// policyFile is governor.yaml as it is written.
type policyFile struct {
	Limits    []limitEntry                     `yaml:"limits"`
	Points    map[andante.Kind]float64         `yaml:"points"`
	Gap       []gapEntry                       `yaml:"gap"`
	CoolDown  []coolDownEntry                  `yaml:"cool_down"`
	Ease      []easeEntry                      `yaml:"ease"`
	LookAhead calendar.Offset                  `yaml:"look_ahead"`
	Landing   map[andante.Kind]calendar.Offset `yaml:"landing"`
	Windows   []windowEntry                    `yaml:"windows"`
	Holidays  string                           `yaml:"holidays"`
}

type whoEntry struct {
	Stages    yamldoc.OneOrMany[string] `yaml:"stages"`
	Tiers     yamldoc.OneOrMany[string] `yaml:"tiers"`
	Personas  yamldoc.OneOrMany[string] `yaml:"personas"`
	Countries yamldoc.OneOrMany[string] `yaml:"countries"`
}

type limitEntry struct {
	Name      string          `yaml:"name"`
	Scope     governor.Scope  `yaml:"scope"`
	Max       int             `yaml:"max"`
	MaxPoints float64         `yaml:"max_points"`
	Per       governor.Period `yaml:"per"`
	Who       whoEntry        `yaml:"who"`
	Count     countEntry      `yaml:"count"`
	Reserve   struct {
		Slots int    `yaml:"slots"`
		For   string `yaml:"for"`
	} `yaml:"reserve"`
}

type countEntry struct {
	Kinds      yamldoc.OneOrMany[andante.Kind]    `yaml:"kinds"`
	Purposes   yamldoc.OneOrMany[andante.Purpose] `yaml:"purposes"`
	Requested  bool                               `yaml:"requested"`
	Unanswered bool                               `yaml:"unanswered"`
}

type gapEntry struct {
	Between []andante.Kind  `yaml:"between"`
	Who     whoEntry        `yaml:"who"`
	Min     governor.Period `yaml:"min"`
}

type coolDownEntry struct {
	After  string                          `yaml:"after"`
	By     yamldoc.OneOrMany[andante.Kind] `yaml:"by"`
	Scope  governor.Scope                  `yaml:"scope"`
	Lasts  calendar.Offset                 `yaml:"lasts"`
	Until  string                          `yaml:"until"`
	Except string                          `yaml:"except"`
}

type easeEntry struct {
	Ignored int             `yaml:"ignored"`
	Gap     governor.Period `yaml:"gap"`
	Hold    governor.Period `yaml:"hold"`
}

type windowEntry struct {
	Kinds  yamldoc.OneOrMany[andante.Kind] `yaml:"kinds"`
	Who    whoEntry                        `yaml:"who"`
	Window calendar.Window                 `yaml:"window"`
}

var rollingPeriod = regexp.MustCompile(`^(\d{1,5})(min|h|d|w)$`)

// parsePeriod reads 24h, 7d, 2w, or a calendar unit such as week.
func parsePeriod(s string) (governor.Period, error) {
	if slices.Contains(governor.PeriodUnits, s) {
		return governor.Period{Written: s, Unit: s}, nil
	}
	m := rollingPeriod.FindStringSubmatch(s)
	if m == nil {
		return governor.Period{}, fmt.Errorf("write a period such as 24h, 7d or 2w, or a calendar day, week, month or year, not %q", s)
	}
	n, _ := strconv.Atoi(m[1])
	unit := map[string]time.Duration{"min": time.Minute, "h": time.Hour, "d": 24 * time.Hour, "w": 7 * 24 * time.Hour}[m[2]]
	p := governor.Period{Written: s, Length: time.Duration(n) * unit}
	if p.Length <= 0 || p.Length > 3*366*24*time.Hour {
		return p, fmt.Errorf("a period lies between a minute and three years, not %q", s)
	}
	return p, nil
}

// parsePolicy reads governor.yaml.
func parsePolicy(file string, src []byte) (*governor.Policy, []*andante.Finding) {
	var raw policyFile
	doc, found := yamldoc.Parse(file, 1, src)
	found = append(found, doc.Decode(&raw, yamldoc.With(calendar.ParseOffset), yamldoc.With(calendar.ParseWindow), yamldoc.With(parsePeriod))...)
	c := policyChecker{file: file, doc: doc, found: found}
	p := c.build(&raw)
	sum := sha256.Sum256(src)
	p.Hash = hex.EncodeToString(sum[:])
	return p, c.found
}

// policyChecker turns what is written into a policy and notes what is wrong.
type policyChecker struct {
	file  string
	doc   *yamldoc.Doc
	found []*andante.Finding
}

func (c *policyChecker) errorf(rule string, path []string, format string, args ...any) {
	line, column := c.doc.Position(path...)
	c.found = append(c.found, &andante.Finding{
		File: c.file, Line: line, Column: column, Severity: andante.SeverityError, Rule: rule, Message: fmt.Sprintf(format, args...),
	})
}

func (c *policyChecker) build(raw *policyFile) *governor.Policy {
	p := &governor.Policy{
		Points: raw.Points, Holidays: raw.Holidays == "by country", LookAhead: raw.LookAhead, Landing: raw.Landing,
	}
	if raw.Holidays != "" && raw.Holidays != "by country" {
		c.errorf("policy-value", []string{"holidays"}, "holidays are by country, not %q", raw.Holidays)
	}
	names := map[string]bool{}
	for i, l := range raw.Limits {
		p.Limits = append(p.Limits, c.limit(strconv.Itoa(i), l, names))
	}
	for i, g := range raw.Gap {
		p.Gaps = append(p.Gaps, c.gap(strconv.Itoa(i), g))
	}
	for i, w := range raw.Windows {
		c.kinds([]string{"windows", strconv.Itoa(i), "kinds"}, w.Kinds)
		p.Windows = append(p.Windows, governor.WindowRule{Kinds: w.Kinds, Who: c.who([]string{"windows", strconv.Itoa(i), "who"}, w.Who), Window: w.Window})
	}
	for _, d := range raw.CoolDown {
		p.CoolDowns = append(p.CoolDowns, governor.CoolDown{After: d.After, By: d.By, Scope: d.Scope, Lasts: d.Lasts, Until: d.Until, Except: d.Except})
	}
	for _, e := range raw.Ease {
		p.Ease = append(p.Ease, governor.Ease{Ignored: e.Ignored, Gap: e.Gap, Hold: e.Hold})
	}
	return p
}

func (c *policyChecker) limit(i string, l limitEntry, names map[string]bool) governor.Limit {
	at := func(key string) []string { return []string{"limits", i, key} }
	if l.Name == "" {
		c.errorf("policy-value", []string{"limits", i}, "the limit has no name: it is what `why` will call it")
	}
	if names[l.Name] {
		c.errorf("policy-value", at("name"), "a limit named %s stands above", l.Name)
	}
	names[l.Name] = true
	if l.Scope == "" {
		l.Scope = governor.ScopeContact
	}
	if !slices.Contains(governor.Scopes, l.Scope) {
		c.errorf("policy-value", at("scope"), "a scope is contact, account or address, not %q", l.Scope)
	}
	if (l.Max > 0) == (l.MaxPoints > 0) {
		c.errorf("policy-value", []string{"limits", i}, "a limit has either max or max_points, above 0")
	}
	if l.Per == (governor.Period{}) {
		c.errorf("policy-value", []string{"limits", i}, "the limit has no period: write per: 7d")
	}
	c.kinds(at("count"), l.Count.Kinds)
	return governor.Limit{
		Name: l.Name, Scope: l.Scope, Max: l.Max, MaxPoints: l.MaxPoints, Per: l.Per, Who: c.who(at("who"), l.Who),
		Count:   governor.Count{Kinds: l.Count.Kinds, Purposes: l.Count.Purposes, Requested: l.Count.Requested, Unanswered: l.Count.Unanswered},
		Reserve: governor.Reserve{Slots: l.Reserve.Slots, For: andante.Priority(max(slices.Index(andante.Priorities, l.Reserve.For), 0))},
	}
}

func (c *policyChecker) gap(i string, g gapEntry) governor.Gap {
	out := governor.Gap{Min: g.Min, Who: c.who([]string{"gap", i, "who"}, g.Who)}
	c.kinds([]string{"gap", i, "between"}, g.Between)
	switch len(g.Between) {
	case 0:
	case 2:
		out.Between = [2]andante.Kind(g.Between)
	default:
		c.errorf("policy-value", []string{"gap", i, "between"}, "a gap is between two kinds, such as [email, call]")
	}
	if g.Min.Unit != "" || g.Min.Length == 0 {
		c.errorf("policy-value", []string{"gap", i}, "a gap has a length: write min: 48h")
	}
	return out
}

func (c *policyChecker) who(path []string, w whoEntry) governor.Who {
	for _, s := range w.Stages {
		c.oneOf(append(path, "stages"), "stage", s, andante.Stages)
	}
	for _, t := range w.Tiers {
		c.oneOf(append(path, "tiers"), "tier", t, andante.Tiers)
	}
	return governor.Who{Stages: w.Stages, Tiers: w.Tiers, Personas: w.Personas, Countries: w.Countries}
}

func (c *policyChecker) oneOf(path []string, noun, word string, known []string) {
	if slices.Contains(known, word) {
		return
	}
	c.errorf("unknown-"+noun, path, "unknown %s %s", noun, word)
	c.found[len(c.found)-1].Suggestion = yamldoc.Suggest(word, known)
}

func (c *policyChecker) kinds(path []string, kinds []andante.Kind) {
	for _, k := range kinds {
		if !k.Valid() || k == andante.Decide {
			c.errorf("unknown-kind", path, "unknown kind %s", k)
		}
	}
}
