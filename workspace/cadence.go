package workspace

import (
	"errors"
	"regexp"
	"slices"
	"strconv"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/calendar"
	"github.com/andante-hq/andante/conditions"
	"github.com/andante-hq/andante/internal/yamldoc"
)

// cadenceFile is cadence.yaml as it is written. Nothing acts on it yet.
type cadenceFile struct {
	For    string `yaml:"for"` // a condition
	Counts struct {
		Inbound    bool `yaml:"inbound"`
		Unanswered bool `yaml:"unanswered"`
		Requested  bool `yaml:"requested"`
	} `yaml:"counts"`
	Tiers          []cadenceTier              `yaml:"tiers"`
	NeglectedAfter map[string]calendar.Offset `yaml:"neglected_after"`
}

type cadenceTier struct {
	Tier     string `yaml:"tier"`
	When     string `yaml:"when"`
	Touches  string `yaml:"touches"` // a year: 12, or 8-12
	By       string `yaml:"by"`      // what chooses within the span
	Spread   string `yaml:"spread"`
	ByPeople int    `yaml:"by_people"`
	FillWith string `yaml:"fill_with"`
}

// spreads are the ways in which touches lie in a year.
var spreads = []string{"monthly", "even", "quarterly"}

var (
	touchSpan = regexp.MustCompile(`^([1-9]\d{0,2})(?:-([1-9]\d{0,2}))?$`)
	bySpan    = regexp.MustCompile(`^[a-z]+\.[a-z][a-z0-9_]* \d+-\d+$`)
)

// checkCadence reads cadence.yaml and checks every key of it.
func checkCadence(w *Workspace) []*andante.Finding {
	src, ok := w.Files[CadenceFile]
	if !ok {
		return nil
	}
	var raw cadenceFile
	doc, found := yamldoc.Parse(CadenceFile, 1, src)
	found = append(found, doc.Decode(&raw, yamldoc.With(calendar.ParseOffset))...)
	c := policyChecker{file: CadenceFile, doc: doc, found: found}
	condition := func(src string, at place) {
		if src == "" {
			return
		}
		var wrong *conditions.Error
		if _, err := w.Condition(src); errors.As(err, &wrong) {
			c.errorf(at, "%s", wrong.Message).Suggestion = wrong.Suggestion
		}
	}
	condition(raw.For, place{"for"})
	for i, t := range raw.Tiers {
		at := place{"tiers", strconv.Itoa(i)}
		words(&c, at.key("tier"), "tier", []string{t.Tier}, andante.Tiers)
		condition(t.When, at.key("when"))
		c.touches(t, at)
		if t.Spread != "" && !slices.Contains(spreads, t.Spread) {
			c.errorf(at.key("spread"), "touches are spread monthly, even or quarterly, not %q", t.Spread)
		}
		if t.ByPeople < 0 {
			c.errorf(at.key("by_people"), "a number of touches is not negative")
		}
	}
	for spread := range raw.NeglectedAfter {
		if !slices.Contains(spreads, spread) {
			c.errorf(place{"neglected_after", spread}, "touches are spread monthly, even or quarterly, not %q", spread)
		}
	}
	return c.found
}

// touches checks how many touches a year a tier gets.
func (c *policyChecker) touches(t cadenceTier, at place) {
	m := touchSpan.FindStringSubmatch(t.Touches)
	switch {
	case m == nil:
		c.errorf(at.key("touches"), "touches a year are a number such as 12, or a span such as 8-12, not %q", t.Touches)
	case m[2] != "":
		least, _ := strconv.Atoi(m[1])
		most, _ := strconv.Atoi(m[2])
		if most < least {
			c.errorf(at.key("touches"), "the span %s runs backward", t.Touches)
		}
		if !bySpan.MatchString(t.By) {
			c.errorf(at.key("by"), "a span needs what chooses within it").Suggestion = "write by: account.revenue 10000-100000"
		}
	}
}
