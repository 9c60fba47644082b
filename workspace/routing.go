package workspace

import (
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/internal/yamldoc"
	"github.com/andante-hq/andante/routing"
)

// routingFile is routing.yaml as it is written.
type routingFile struct {
	Rules []routingRule                  `yaml:"rules"`
	Sorts map[string]map[string][]string `yaml:"sorts"` // sort → language → words
}

type routingRule struct {
	To        string                    `yaml:"to"`
	From      yamldoc.OneOrMany[string] `yaml:"from"`
	Sequences yamldoc.OneOrMany[string] `yaml:"sequences"`
	Words     yamldoc.OneOrMany[string] `yaml:"words"`
	When      string                    `yaml:"when"`
}

// parseRouting reads routing.yaml. What it names is looked up by [checkRouting].
func parseRouting(file string, src []byte) (*routing.Policy, *policyChecker) {
	var raw routingFile
	doc, found := yamldoc.Parse(file, 1, src)
	found = append(found, doc.Decode(&raw)...)
	c := &policyChecker{file: file, doc: doc, found: found}
	p := &routing.Policy{}
	for i, r := range raw.Rules {
		at := place{"rules", strconv.Itoa(i)}
		if r.To == "" {
			c.errorf(at, "the rule does not say where to").Suggestion = "write to: with a department, one of the sorts, or owner"
		}
		if len(r.From)+len(r.Sequences)+len(r.Words) == 0 && r.When == "" {
			c.errorf(at, "the rule holds for every reply, so that nothing below it is looked at").Suggestion = "write from:, sequences:, words: or when: into it"
		}
		for _, pattern := range r.From {
			if _, err := path.Match(pattern, ""); err != nil || !strings.Contains(pattern, "@") {
				c.errorf(at.key("from"), "%q is no address, nor a pattern such as *@partner.example", pattern)
			}
		}
		p.Rules = append(p.Rules, routing.Rule{To: r.To, From: r.From, Sequences: r.Sequences, Words: c.phrases(at.key("words"), r.Words), When: r.When})
	}
	for _, name := range c.sortNames() {
		s := routing.Sort{Name: name}
		for _, language := range slices.Sorted(maps.Keys(raw.Sorts[name])) {
			s.Words = append(s.Words, c.phrases(place{"sorts", name, language}, raw.Sorts[name][language])...)
		}
		if len(s.Words) == 0 {
			c.errorf(place{"sorts", name}, "%s has no words, so that nothing is of this sort", name).Suggestion = "write some by language, such as en: [warranty, spare part]"
		}
		p.Sorts = append(p.Sorts, s)
	}
	return p, c
}

// sortNames are the sorts in the order of the file.
func (c *policyChecker) sortNames() (names []string) {
	sorts := c.doc.At("sorts")
	if sorts == nil {
		return nil
	}
	for _, e := range sorts.Entries {
		names = append(names, e.Key.Text)
	}
	return names
}

func (c *policyChecker) phrases(at place, words []string) (list []routing.Phrase) {
	for _, w := range words {
		p, err := routing.ParsePhrase(w)
		if err != nil {
			c.errorf(at, "%v", err)
			continue
		}
		list = append(list, p)
	}
	return list
}

// DepartmentFor returns which department takes what goes to a sort, or to a department by its own
// name; empty: the owner does.
func (w *Workspace) DepartmentFor(to string) string {
	if d, ok := w.Config.Departments[to]; ok && d.Email != "" {
		return to
	}
	for _, key := range slices.Sorted(maps.Keys(w.Config.Departments)) {
		if d := w.Config.Departments[key]; d.Email != "" && slices.Contains(d.Answers, to) {
			return key
		}
	}
	return ""
}

// checkRouting finds what routing.yaml and departments: name and there is not.
func checkRouting(w *Workspace) (found []*andante.Finding) {
	p := w.Routing
	known := []string{routing.Owner}
	for _, s := range p.Sorts {
		known = append(known, s.Name)
	}
	for _, key := range slices.Sorted(maps.Keys(w.Config.Departments)) {
		found = append(found, w.checkDepartment(key, known)...)
	}
	if _, ok := w.Files[RoutingFile]; !ok {
		return found
	}
	known = append(known, slices.Sorted(maps.Keys(w.Config.Departments))...)
	_, c := parseRouting(RoutingFile, w.Files[RoutingFile])
	c.found = nil // told already
	for i, r := range p.Rules {
		at := place{"rules", strconv.Itoa(i)}
		if r.To != "" {
			words(c, at.key("to"), "sort or department", []string{r.To}, known)
		}
		words(c, at.key("sequences"), "sequence", r.Sequences, w.Names())
		if r.When == "" {
			continue
		}
		if err := w.CheckCondition(r.When); err != nil {
			c.errorf(at.key("when"), "%v", err)
		}
	}
	return append(found, c.found...)
}

func (w *Workspace) checkDepartment(key string, sorts []string) (found []*andante.Finding) {
	d, at := w.Config.Departments[key], []string{"departments", key}
	for _, sort := range d.Answers {
		if !slices.Contains(sorts, sort) {
			f := w.at("routing", append(at, "answers"), "there is no sort %s of reply in routing.yaml", sort)
			f.Suggestion = yamldoc.Suggest(sort, sorts)
			found = append(found, f)
		}
	}
	for _, other := range slices.Sorted(maps.Keys(w.Config.Departments)) {
		if other >= key {
			break
		}
		for _, sort := range w.Config.Departments[other].Answers {
			if slices.Contains(d.Answers, sort) {
				found = append(found, w.at("routing", append(at, "answers"), "%s answers %s already", other, sort))
			}
		}
	}
	if len(d.Answers) > 0 && d.Email == "" {
		found = append(found, w.at("routing", at, "replies can't be handed to %s: it has no email", key))
	}
	if _, ok := w.Config.People[key]; ok || key == routing.Owner {
		found = append(found, w.at("routing", at, "%s is a person's key, or stands for the owner: a department needs one of its own", key))
	}
	if _, ok := w.Config.People[d.Manager]; d.Manager != "" && !ok {
		f := w.at("routing", append(at, "manager"), "there is no person %s under people", d.Manager)
		f.Suggestion = yamldoc.Suggest(d.Manager, slices.Sorted(maps.Keys(w.Config.People)))
		found = append(found, f)
	}
	if d.Minutes < 0 {
		found = append(found, w.at("routing", append(at, "minutes"), "minutes are not below zero"))
	}
	return found
}
