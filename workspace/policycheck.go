package workspace

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/governor"
	"github.com/andante-hq/andante/internal/yamldoc"
)

// policyChecker notes what is wrong with governor.yaml or consent.yaml.
type policyChecker struct {
	file     string
	doc      *yamldoc.Doc
	personas []string
	found    []*andante.Finding
}

// A place is the path of a key in the file.
type place []string

func (p place) key(name string) place { return append(slices.Clip(p), name) }

// errorf reports a value that means nothing.
func (c *policyChecker) errorf(at place, format string, args ...any) *andante.Finding {
	return c.report("policy-value", at, format, args...)
}

func (c *policyChecker) report(rule string, at place, format string, args ...any) *andante.Finding {
	line, column := c.doc.Position(at...)
	f := &andante.Finding{
		File: c.file, Line: line, Column: column, Severity: andante.SeverityError, Rule: rule, Message: fmt.Sprintf(format, args...),
	}
	c.found = append(c.found, f)
	return f
}

// written tells whether there is a value at the place.
func (c *policyChecker) written(at place) bool {
	n := c.doc.At(at...)
	return n != nil && n.Kind != yamldoc.NullNode
}

// sound tells whether what is written there could be read: if not, that has been
// reported.
func (c *policyChecker) sound(at place) bool {
	n := c.doc.At(at...)
	return n != nil && !slices.ContainsFunc(c.found, func(f *andante.Finding) bool { return f.Line == n.TextLine && f.Column == n.TextColumn })
}

func (c *policyChecker) scope(at place, s governor.Scope) governor.Scope {
	if s == "" {
		return governor.ScopeContact
	}
	if !slices.Contains(governor.Scopes, s) {
		c.errorf(at, "a scope is contact, account or address, not %q", s)
	}
	return s
}

func (c *policyChecker) who(at place, w whoEntry) governor.Who {
	words(c, at.key("stages"), "stage", []string(w.Stages), andante.Stages)
	words(c, at.key("tiers"), "tier", []string(w.Tiers), andante.Tiers)
	words(c, at.key("personas"), "persona", []string(w.Personas), c.personas)
	c.countries(at.key("countries"), w.Countries)
	return governor.Who{Stages: w.Stages, Tiers: w.Tiers, Personas: w.Personas, Countries: w.Countries}
}

func (c *policyChecker) kinds(at place, kinds []andante.Kind) {
	for i, k := range kinds {
		c.kind(c.item(at, i), k)
	}
}

func (c *policyChecker) kind(at place, k andante.Kind) {
	if !k.Valid() || k == andante.Decide {
		c.unknown(at, "kind", string(k), names(andante.Kinds[:len(andante.Kinds)-1]))
	}
}

// countryCode is an ISO 3166-1 alpha-2 code, as contacts have it.
var countryCode = regexp.MustCompile(`^[A-Z]{2}$`)

func (c *policyChecker) countries(at place, list []string, groups ...string) {
	for i, country := range list {
		switch {
		case slices.Contains(groups, country):
		case country == "EU" || country == "UK":
			c.errorf(c.item(at, i), "%s is no country's code", country).Suggestion = map[string]string{"EU": "write the countries one by one", "UK": "write GB"}[country]
		case !countryCode.MatchString(country):
			c.errorf(c.item(at, i), "%q is no country: write a code such as US", country)
		}
	}
}

// words checks the words of a list against those that are known.
func words[T ~string](c *policyChecker, at place, noun string, list []T, known []T) {
	for i, word := range list {
		if !slices.Contains(known, word) {
			c.unknown(c.item(at, i), noun, string(word), names(known))
		}
	}
}

// ruled are the nouns of which a rule of their own speaks.
var ruled = []string{"kind", "stage", "tier"}

func (c *policyChecker) unknown(at place, noun, word string, known []string) {
	rule := "policy-value"
	if slices.Contains(ruled, noun) {
		rule = "unknown-" + noun
	}
	c.report(rule, at, "unknown %s %s", noun, word).Suggestion = yamldoc.Choose(word, known)
}

// item returns the place of an item of a list, which may be written without the
// list.
func (c *policyChecker) item(at place, i int) place {
	if item := at.key(strconv.Itoa(i)); c.doc.At(item...) != nil {
		return item
	}
	return at
}

func names[T ~string](list []T) []string {
	words := make([]string, len(list))
	for i, w := range list {
		words[i] = string(w)
	}
	return words
}
