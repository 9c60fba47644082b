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

// policyFile is governor.yaml as it is written. The doc and enum tags make its schema.
type policyFile struct {
	Limits    []limitEntry                     `yaml:"limits" doc:"ceilings: at most so many touches, or points, in a period; all that match hold at once"`
	Points    map[andante.Kind]float64         `yaml:"points" doc:"what a touch of each kind weighs in limits by points; 1 if not written"`
	Gap       []gapEntry                       `yaml:"gap" doc:"least time between two touches of a contact; the first that matches holds"`
	CoolDown  []coolDownEntry                  `yaml:"cool_down" doc:"silence after an introduction, a reply or a change of stage; all that match hold at once"`
	Ease      []easeEntry                      `yaml:"ease" doc:"wider gaps, or a rest, for who ignored the last touches"`
	LookAhead calendar.Offset                  `yaml:"look_ahead" doc:"how far ahead a touch sees more important ones and yields to them, such as 3d"`
	Landing   map[andante.Kind]calendar.Offset `yaml:"landing" doc:"how long what goes by post travels; it counts on the day on which it arrives"`
	Windows   []windowEntry                    `yaml:"windows" doc:"hours by the contact's own clock; the first that matches holds"`
	Holidays  string                           `yaml:"holidays" enum:"by country" doc:"whether the holidays of the contact's country are closed"`
}

type whoEntry struct {
	Stages    yamldoc.OneOrMany[string] `yaml:"stages" enum:"prospect,evaluation,customer,former" doc:"stages of the relation with the account"`
	Tiers     yamldoc.OneOrMany[string] `yaml:"tiers" enum:"key,commercial,residential" doc:"tiers of the account"`
	Personas  yamldoc.OneOrMany[string] `yaml:"personas" doc:"personas of andante.yaml"`
	Countries yamldoc.OneOrMany[string] `yaml:"countries" doc:"ISO codes, such as US"`
}

type limitEntry struct {
	Name      string          `yaml:"name" doc:"what andante why calls it"`
	Scope     governor.Scope  `yaml:"scope" doc:"whose touches it counts; contact if not written"`
	Max       int             `yaml:"max" doc:"at most so many touches"`
	MaxPoints float64         `yaml:"max_points" doc:"or at most so many points"`
	Per       governor.Period `yaml:"per" doc:"a length that rolls, such as 7d, or a calendar day, week, month or year of the contact's zone"`
	Who       whoEntry        `yaml:"who" doc:"whom it is about, as they are now; everybody if not written"`
	Count     countEntry      `yaml:"count" doc:"which touches it is about; all but requested ones if not written"`
	Reserve   reserveEntry    `yaml:"reserve" doc:"keeps the last places for what is more important"`
}

type reserveEntry struct {
	Slots int    `yaml:"slots" doc:"how many places"`
	For   string `yaml:"for" enum:"high,normal" doc:"the least priority that may have them; high if not written"`
}

type countEntry struct {
	Kinds      yamldoc.OneOrMany[andante.Kind]    `yaml:"kinds" doc:"kinds of touch"`
	Purposes   yamldoc.OneOrMany[andante.Purpose] `yaml:"purposes" doc:"purposes of the sequence"`
	Requested  bool                               `yaml:"requested" doc:"what they asked for counts too"`
	Unanswered bool                               `yaml:"unanswered" doc:"calls that reached nobody count too"`
}

type gapEntry struct {
	Between []andante.Kind  `yaml:"between" doc:"two kinds, such as [email, call]; any two if not written"`
	Who     whoEntry        `yaml:"who" doc:"whom it is about"`
	Min     governor.Period `yaml:"min" doc:"least time between them, such as 48h"`
}

type coolDownEntry struct {
	After  string                          `yaml:"after" enum:"introduction,reply,stage_change" doc:"what it follows"`
	By     yamldoc.OneOrMany[andante.Kind] `yaml:"by" doc:"kinds of the introduction"`
	Scope  governor.Scope                  `yaml:"scope" enum:"contact,account" doc:"who is left alone"`
	Who    whoEntry                        `yaml:"who" doc:"whom it is about"`
	Lasts  calendar.Offset                 `yaml:"lasts" doc:"how long, such as 5d or 5 business days"`
	Until  string                          `yaml:"until" enum:"answered" doc:"after a reply: it ends when somebody has answered"`
	Except string                          `yaml:"except" enum:"sequences entered by it" doc:"after a change of stage: what it begins may go on"`
}

type easeEntry struct {
	Ignored int             `yaml:"ignored" doc:"after so many touches in a row without a response"`
	Gap     governor.Period `yaml:"gap" doc:"they lie so far apart"`
	Hold    governor.Period `yaml:"hold" doc:"or there is a rest of this length"`
}

type windowEntry struct {
	Kinds  yamldoc.OneOrMany[andante.Kind] `yaml:"kinds" doc:"of these kinds; all if not written"`
	Who    whoEntry                        `yaml:"who" doc:"whom it is about"`
	Window calendar.Window                 `yaml:"window" doc:"such as Mon-Fri 08:00-12:00, 13:30-17:30"`
}

// parsePolicy reads governor.yaml. personas are those that `who:` may name.
func parsePolicy(file string, src []byte, personas []string) (*governor.Policy, []*andante.Finding) {
	var raw policyFile
	doc, found := yamldoc.Parse(file, 1, src)
	found = append(found, doc.Decode(&raw, yamldoc.With(calendar.ParseOffset), yamldoc.With(calendar.ParseWindow), yamldoc.With(governor.ParsePeriod))...)
	c := policyChecker{file: file, doc: doc, personas: personas, found: found}
	c.empty()
	p := c.build(&raw)
	c.remarks(p)
	sum := sha256.Sum256(src)
	p.Hash = hex.EncodeToString(sum[:])
	return p, c.found
}

// remarks warns of rules that do nothing, or that keep everything away.
func (c *policyChecker) remarks(p *governor.Policy) {
	if slices.ContainsFunc(c.found, func(f *andante.Finding) bool { return f.Severity == andante.SeverityError }) {
		return
	}
	for _, r := range p.Remarks() {
		c.report("idle-rule", place{r.Part, strconv.Itoa(r.Index)}, "%s", r.Text).Severity = andante.SeverityWarning
	}
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
