package workspace

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/cadence"
	"github.com/andante-hq/andante/calendar"
	"github.com/andante-hq/andante/conditions"
	"github.com/andante-hq/andante/governor"
	"github.com/andante-hq/andante/internal/yamldoc"
)

// cadenceFile is cadence.yaml as it is written.
type cadenceFile struct {
	For    string `yaml:"for"` // a condition
	Counts struct {
		Inbound    bool `yaml:"inbound"`
		Unanswered bool `yaml:"unanswered"`
		Requested  bool `yaml:"requested"`
	} `yaml:"counts"`
	Tiers          []cadenceTier                      `yaml:"tiers"`
	NeglectedAfter map[cadence.Spread]calendar.Offset `yaml:"neglected_after"`
}

type cadenceTier struct {
	Tier     string         `yaml:"tier"`
	When     string         `yaml:"when"`
	Touches  string         `yaml:"touches"` // a year: 12, or 8-12
	By       string         `yaml:"by"`      // what chooses within the span
	Spread   cadence.Spread `yaml:"spread"`
	ByPeople int            `yaml:"by_people"`
	FillWith string         `yaml:"fill_with"`
}

var (
	touchSpan = regexp.MustCompile(`^([1-9]\d{0,2})(?:-([1-9]\d{0,2}))?$`)
	bySpan    = regexp.MustCompile(`^([a-z]+\.[a-z][a-z0-9_]*) (\d+)-(\d+)$`)
)

// parseCadence reads cadence.yaml. What its conditions name is asked by [checkCadence].
func parseCadence(file string, src []byte) (*cadence.Plan, *policyChecker) {
	var raw cadenceFile
	doc, found := yamldoc.Parse(file, 1, src)
	found = append(found, doc.Decode(&raw, yamldoc.With(calendar.ParseOffset))...)
	c := &policyChecker{file: file, doc: doc, found: found}
	p := &cadence.Plan{
		For: raw.For, Neglected: raw.NeglectedAfter,
		Counts: cadence.Counts{Inbound: raw.Counts.Inbound, Unanswered: raw.Counts.Unanswered, Requested: raw.Counts.Requested},
	}
	for i, t := range raw.Tiers {
		at := place{"tiers", strconv.Itoa(i)}
		words(c, at.key("tier"), "tier", []string{t.Tier}, andante.Tiers)
		tier := cadence.Tier{Name: t.Tier, When: t.When, Spread: cmp.Or(t.Spread, cadence.Even), ByPeople: t.ByPeople, FillWith: t.FillWith}
		c.touches(&tier, t, at)
		c.spread(tier.Spread, at.key("spread"))
		switch {
		case t.ByPeople < 0:
			c.errorf(at.key("by_people"), "a number of touches is not negative")
		case tier.Least > 0 && t.ByPeople > tier.Least:
			c.errorf(at.key("by_people"), "%d touches by people are more than the %d that the tier gets", t.ByPeople, tier.Least)
		}
		if slices.ContainsFunc(p.Tiers, func(other cadence.Tier) bool { return other.Name == t.Tier && other.When == t.When }) {
			c.errorf(at.key("tier"), "%s is there already: the first one holds", t.Tier)
		}
		p.Tiers = append(p.Tiers, tier)
	}
	for spread := range raw.NeglectedAfter {
		c.spread(spread, place{"neglected_after", string(spread)})
	}
	return p, c
}

func (c *policyChecker) spread(s cadence.Spread, at place) {
	if !slices.Contains(cadence.Spreads, s) {
		c.errorf(at, "touches are spread monthly, even or quarterly, not %q", s)
	}
}

// touches reads how many touches a year a tier gets.
func (c *policyChecker) touches(tier *cadence.Tier, t cadenceTier, at place) {
	m := touchSpan.FindStringSubmatch(t.Touches)
	if m == nil {
		c.errorf(at.key("touches"), "touches a year are a number such as 12, or a span such as 8-12, not %q", t.Touches)
		return
	}
	tier.Least, _ = strconv.Atoi(m[1])
	tier.Most = tier.Least
	if m[2] == "" {
		return
	}
	if tier.Most, _ = strconv.Atoi(m[2]); tier.Most < tier.Least {
		c.errorf(at.key("touches"), "the span %s runs backward", t.Touches)
	}
	by := bySpan.FindStringSubmatch(t.By)
	if by == nil {
		c.errorf(at.key("by"), "a span needs what chooses within it").Suggestion = "write by: account.revenue 10000-100000"
		return
	}
	tier.By.Field = by[1]
	tier.By.From, _ = strconv.ParseFloat(by[2], 64)
	tier.By.To, _ = strconv.ParseFloat(by[3], 64)
}

// checkCadence checks cadence.yaml: its conditions and fields against the workspace's.
func checkCadence(w *Workspace) []*andante.Finding {
	if _, ok := w.Files[CadenceFile]; !ok {
		return nil
	}
	p, c := parseCadence(CadenceFile, w.Files[CadenceFile])
	c.found = nil // told already
	condition := func(src string, at place) {
		if src == "" {
			return
		}
		var wrong *conditions.Error
		if _, err := conditions.Compile(src, w.Schema(nil)); errors.As(err, &wrong) {
			c.errorf(at, "%s", wrong.Message).Suggestion = wrong.Suggestion
		}
	}
	condition(p.For, place{"for"})
	known := slices.Concat(andante.BuiltinFields, w.Config.DeclaredFields())
	for i, t := range p.Tiers {
		at := place{"tiers", strconv.Itoa(i)}
		condition(t.When, at.key("when"))
		if _, ok := w.Sequences[t.FillWith]; t.FillWith != "" && !ok {
			f := c.report("unknown-sequence", at.key("fill_with"), "there is no sequence %s to fill with", t.FillWith)
			f.Severity, f.Suggestion = andante.SeverityWarning, yamldoc.Suggest(t.FillWith, w.Names())
		}
		if t.By.Field == "" {
			continue
		}
		if f, ok := fieldAt(t.By.Field, known); !ok || f.Type != andante.NumberField || f.Noun != "account" {
			c.errorf(at.key("by"), "%s is no number of an account", t.By.Field).Suggestion = "write by: account.revenue 10000-100000"
		}
	}
	return c.found
}

// TierFor returns the tier of the plan that an account belongs to, and how many touches a
// year it is to get; false if the plan is not for it. The account's own tier wins, else
// the first tier whose condition holds.
func (w *Workspace) TierFor(a andante.Account, now time.Time) (*cadence.Tier, int, bool) {
	v := w.Values(andante.Contact{}, a, andante.Enrollment{}, Identity{})
	if w.Cadence.For != "" && !w.Holds(w.Cadence.For, v, now) {
		return nil, 0, false
	}
	for i := range w.Cadence.Tiers {
		t := &w.Cadence.Tiers[i]
		ours := t.When == "" || w.Holds(t.When, v, now)
		if a.Tier != "" {
			ours = t.Name == a.Tier
		}
		if !ours {
			continue
		}
		value := 0.0
		if t.By.Field != "" {
			got, _ := v.Get(t.By.Field)
			value, _ = got.(float64)
		}
		return t, t.Touches(value), true
	}
	return nil, 0, false
}

// AccountsWhere returns the accounts for which a condition holds; all if it is empty.
func (w *Workspace) AccountsWhere(list []andante.Account, where string, now time.Time) (fit []andante.Account, err error) {
	if where == "" {
		return list, nil
	}
	c, err := w.Condition(where)
	if err != nil {
		return nil, fmt.Errorf("--where: %w", err)
	}
	for _, a := range list {
		ok, err := c.Eval(w.Values(andante.Contact{}, a, andante.Enrollment{}, Identity{}), conditions.History{Now: now})
		if err != nil {
			return nil, fmt.Errorf("--where for account %s: %w", a.Key, err)
		}
		if ok {
			fit = append(fit, a)
		}
	}
	return fit, nil
}

// checkFloor tells where the policy's ceilings lie below the cadence: a limit of accounts,
// or a gap, that lets fewer touches a year through than a tier is to get.
func checkFloor(w *Workspace) (found []*andante.Finding) {
	src, ok := w.Files[CadenceFile]
	if !ok {
		return nil
	}
	p, c := parseCadence(CadenceFile, src)
	for i, t := range p.Tiers {
		if name, per := w.ceiling(&t); per > 0 && per < float64(t.Most) {
			line, column := c.doc.Position("tiers", strconv.Itoa(i), "touches")
			found = append(found, &andante.Finding{
				File: CadenceFile, Line: line, Column: column, Severity: andante.SeverityWarning, Rule: "floor",
				Message:    fmt.Sprintf("%s is to get %d touches a year, and %s lets %s through", t.Name, t.Most, name, atMost(per)),
				Suggestion: "lower the touches, or let governor.yaml allow more for tiers: [" + t.Name + "]",
			})
		}
	}
	return found
}

func atMost(per float64) string { return strings.TrimSuffix(fmt.Sprintf("%.1f", per), ".0") }

// ceiling returns the limit or gap that lets least through to a customer's account of the
// tier that has one contact, in touches a year; 0: none. Those that are about some kinds
// or purposes alone leave others room.
func (w *Workspace) ceiling(t *cadence.Tier) (name string, least float64) {
	const year = 365 * 24 * time.Hour
	facts := governor.Facts{Tier: t.Name, Stage: "customer", Zones: []*time.Location{time.UTC}}
	lower := func(what string, per float64) {
		if least == 0 || per < least {
			name, least = what, per
		}
	}
	for _, l := range w.Policy.Limits {
		if l.Max == 0 || len(l.Count.Kinds)+len(l.Count.Purposes) > 0 || !l.Who.Matches(&facts) {
			continue
		}
		places := float64(l.Max)
		if l.Reserve.For < andante.Normal {
			places -= float64(l.Reserve.Slots)
		}
		lower(l.Name, places*float64(year)/float64(l.Per.Rough()))
	}
	for _, g := range w.Policy.Gaps {
		if g.Between == [2]andante.Kind{} && g.Who.Matches(&facts) {
			lower("the gap of "+g.Min.Written, float64(year)/float64(g.Min.Length))
			break
		}
	}
	return name, least
}
