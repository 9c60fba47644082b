package workspace

import (
	"crypto/sha256"
	"encoding/hex"
	"maps"
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
	Who    whoEntry                        `yaml:"who"`
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

// parsePolicy reads governor.yaml. personas are those that `who:` may name.
func parsePolicy(file string, src []byte, personas []string) (*governor.Policy, []*andante.Finding) {
	var raw policyFile
	doc, found := yamldoc.Parse(file, 1, src)
	found = append(found, doc.Decode(&raw, yamldoc.With(calendar.ParseOffset), yamldoc.With(calendar.ParseWindow), yamldoc.With(governor.ParsePeriod))...)
	c := policyChecker{file: file, doc: doc, personas: personas, found: found}
	c.empty()
	p := c.build(&raw)
	sum := sha256.Sum256(src)
	p.Hash = hex.EncodeToString(sum[:])
	return p, c.found
}

// empty refuses a policy that says nothing, or nothing of limits, by what looks like an
// accident: mail would come as often as the sequences have it.
func (c *policyChecker) empty() {
	limits := c.doc.At("limits")
	switch {
	case len(c.found) > 0:
	case c.doc.Root == nil || len(c.doc.Root.Entries) == 0:
		c.errorf(nil, "the policy is empty, so nothing would hold mail back").Suggestion = "remove the file for the policy that is shipped, or write limits: [] for none"
	case limits != nil && limits.Kind == yamldoc.NullNode:
		c.errorf(place{"limits"}, "there is no limit under limits:").Suggestion = "write limits: [] if you want none"
	}
}

func (c *policyChecker) build(raw *policyFile) *governor.Policy {
	p := &governor.Policy{
		Points: raw.Points, Holidays: raw.Holidays == "by country", LookAhead: raw.LookAhead, Landing: raw.Landing,
	}
	if raw.Holidays != "" && raw.Holidays != "by country" {
		c.errorf(place{"holidays"}, "holidays are by country, not %q", raw.Holidays).Suggestion = "write holidays: by country, or leave it out"
	}
	for _, k := range slices.Sorted(maps.Keys(raw.Points)) {
		c.kind(place{"points", string(k)}, k)
		if raw.Points[k] <= 0 {
			c.errorf(place{"points", string(k)}, "a touch weighs more than nothing")
		}
	}
	for _, k := range slices.Sorted(maps.Keys(raw.Landing)) {
		at := place{"landing", string(k)}
		if c.kind(at, k); k.Valid() && !k.Mailed() {
			c.errorf(at, "only what goes by post lands later: postcard, card and letter")
		}
		if o := raw.Landing[k]; o.Exact > 0 || o.Days+31*o.Months+2*o.BusinessDays > 60 {
			c.errorf(at, "post travels for whole days, and two months at most").Suggestion = "write 4 business days"
		}
	}
	if o := raw.LookAhead; o.Days+31*o.Months+2*o.BusinessDays > 60 || o.Exact > 60*24*time.Hour {
		c.errorf(place{"look_ahead"}, "a look ahead of two months or more would keep back what hinders nobody").Suggestion = "write 3d"
	}
	names := map[string]bool{}
	for i, l := range raw.Limits {
		p.Limits = append(p.Limits, c.limit(place{"limits", strconv.Itoa(i)}, l, names))
	}
	for i, g := range raw.Gap {
		p.Gaps = append(p.Gaps, c.gap(place{"gap", strconv.Itoa(i)}, g))
	}
	for i, w := range raw.Windows {
		p.Windows = append(p.Windows, c.window(place{"windows", strconv.Itoa(i)}, w))
	}
	for i, d := range raw.CoolDown {
		p.CoolDowns = append(p.CoolDowns, c.coolDown(place{"cool_down", strconv.Itoa(i)}, d))
	}
	for i, e := range raw.Ease {
		p.Ease = append(p.Ease, c.ease(place{"ease", strconv.Itoa(i)}, e))
	}
	return p
}

func (c *policyChecker) limit(at place, l limitEntry, names map[string]bool) governor.Limit {
	switch {
	case l.Name == "":
		c.errorf(at, "the limit has no name: it is what `why` will call it")
	case names[l.Name]:
		c.errorf(at.key("name"), "a limit named %s stands above", l.Name)
	}
	names[l.Name] = true
	l.Scope = c.scope(at.key("scope"), l.Scope)
	byNumber, byPoints := c.written(at.key("max")), c.written(at.key("max_points"))
	switch {
	case byNumber == byPoints:
		c.errorf(at, "a limit has either max or max_points")
	case byNumber && l.Max <= 0 && c.sound(at.key("max")), byPoints && l.MaxPoints <= 0 && c.sound(at.key("max_points")):
		c.errorf(at, "the limit lets nothing go: its maximum must be above 0")
	}
	if !c.written(at.key("per")) {
		c.errorf(at, "the limit has no period").Suggestion = "write per: 7d"
	}
	count := at.key("count")
	c.kinds(count.key("kinds"), l.Count.Kinds)
	words(c, count.key("purposes"), "purpose", []andante.Purpose(l.Count.Purposes), andante.Purposes)
	reserve := governor.Reserve{Slots: l.Reserve.Slots, For: andante.High}
	if l.Reserve.For != "" {
		words(c, at.key("reserve").key("for"), "priority", []string{l.Reserve.For}, andante.Priorities)
		reserve.For = andante.Priority(max(slices.Index(andante.Priorities, l.Reserve.For), 0))
	}
	switch most := max(float64(l.Max), l.MaxPoints); {
	case l.Reserve.Slots < 0:
		c.errorf(at.key("reserve").key("slots"), "a limit keeps no fewer than 0 places")
	case l.Reserve.Slots > 0 && float64(l.Reserve.Slots) >= most && most > 0:
		c.errorf(at.key("reserve").key("slots"), "the limit keeps all of its places, so nothing of lower priority ever goes")
	case reserve.For == andante.Low && l.Reserve.Slots > 0:
		c.errorf(at.key("reserve").key("for"), "what is kept for low priority is kept for all").Suggestion = "write high or normal"
	}
	return governor.Limit{
		Name: l.Name, Scope: l.Scope, Max: l.Max, MaxPoints: l.MaxPoints, Per: l.Per, Who: c.who(at.key("who"), l.Who),
		Count:   governor.Count{Kinds: l.Count.Kinds, Purposes: l.Count.Purposes, Requested: l.Count.Requested, Unanswered: l.Count.Unanswered},
		Reserve: reserve,
	}
}

func (c *policyChecker) gap(at place, g gapEntry) governor.Gap {
	out := governor.Gap{Min: g.Min, Who: c.who(at.key("who"), g.Who)}
	c.kinds(at.key("between"), g.Between)
	switch len(g.Between) {
	case 0:
	case 2:
		out.Between = [2]andante.Kind(g.Between)
	default:
		c.errorf(at.key("between"), "a gap is between two kinds, such as [email, call]")
	}
	c.length(at, "min", g.Min, "48h")
	return out
}

func (c *policyChecker) window(at place, w windowEntry) governor.WindowRule {
	c.kinds(at.key("kinds"), w.Kinds)
	if !c.written(at.key("window")) {
		c.errorf(at, "the rule has no hours").Suggestion = `write window: "Mon-Fri 08:00-17:30"`
	}
	return governor.WindowRule{Kinds: w.Kinds, Who: c.who(at.key("who"), w.Who), Window: w.Window}
}

// silences are what a cool-down may follow.
var silences = []string{governor.AfterIntroduction, governor.AfterReply, governor.AfterStageChange}

// What a cool-down may say of its end and of its exceptions.
const (
	untilAnswered = "answered"
	exceptBegun   = "sequences entered by it"
)

func (c *policyChecker) coolDown(at place, d coolDownEntry) governor.CoolDown {
	if !c.written(at.key("after")) {
		c.errorf(at, "the cool-down follows nothing").Suggestion = "write after: introduction, reply or stage_change"
	} else {
		words(c, at.key("after"), "occasion", []string{d.After}, silences)
	}
	c.kinds(at.key("by"), d.By)
	if len(d.By) > 0 && slices.Contains(silences, d.After) && d.After != governor.AfterIntroduction {
		c.errorf(at.key("by"), "by: picks introductions, and this cool-down follows something else")
	}
	if d.Scope == governor.ScopeAddress {
		c.errorf(at.key("scope"), "a cool-down is for a contact or an account")
	}
	if !c.written(at.key("lasts")) {
		c.errorf(at, "the cool-down has no length").Suggestion = "write lasts: 5d"
	}
	only := func(key, value, word, after string) bool {
		switch {
		case value == "":
		case value != word:
			c.errorf(at.key(key), "%s says %q, not %q", key, word, value)
		case d.After != after:
			c.errorf(at.key(key), "%s: %s is for a cool-down after %s", key, word, after)
		}
		return value != ""
	}
	return governor.CoolDown{
		After: d.After, By: d.By, Scope: c.scope(at.key("scope"), d.Scope), Who: c.who(at.key("who"), d.Who), Lasts: d.Lasts,
		UntilAnswered: only("until", d.Until, untilAnswered, governor.AfterReply),
		ExceptBegun:   only("except", d.Except, exceptBegun, governor.AfterStageChange),
	}
}

func (c *policyChecker) ease(at place, e easeEntry) governor.Ease {
	if e.Ignored <= 0 && (c.sound(at.key("ignored")) || !c.written(at.key("ignored"))) {
		c.errorf(at, "easing begins after some touches").Suggestion = "write ignored: 5"
	}
	switch {
	case c.written(at.key("gap")) == c.written(at.key("hold")):
		c.errorf(at, "easing has either a gap or a hold")
	case c.written(at.key("gap")):
		c.length(at, "gap", e.Gap, "7d")
	default:
		c.length(at, "hold", e.Hold, "90d")
	}
	return governor.Ease{Ignored: e.Ignored, Gap: e.Gap, Hold: e.Hold}
}

// length checks a period that must roll. What could not be read has its finding.
func (c *policyChecker) length(at place, key string, p governor.Period, example string) {
	switch {
	case !c.written(at.key(key)):
		c.errorf(at, "%s is missing", key).Suggestion = "write " + key + ": " + example
	case p.Unit != "":
		c.errorf(at.key(key), "%s is a length and no calendar %s", key, p.Unit).Suggestion = "write " + key + ": " + example
	}
}
