package sequences

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/calendar"
	"github.com/andante-hq/andante/internal/yamldoc"
)

var eventForm = regexp.MustCompile(`^[a-z][a-z0-9_]*([.-][a-z0-9_]+)*$`)

// fillEnter reads what enrolls a contact: one of event, when and each.
func (d *draft) fillEnter(k *enterKeys, doc *yamldoc.Doc) {
	if k == nil {
		return
	}
	e, written := Enter{}, 0
	for _, part := range []struct {
		n  *yamldoc.Node
		to *string
	}{{k.Event, &e.Event}, {k.When, &e.When}, {k.Each, &e.Each}} {
		if part.n == nil {
			continue
		}
		written++
		if part.n == k.When {
			e.When = d.condition(k.When)
		} else {
			*part.to = d.word(part.n)
		}
		e.At = place(part.n)
	}
	if written != 1 {
		d.report("enter", place(doc.At("enter")), "enter takes exactly one of event, when and each")
	}
	if e.Event != "" && !eventForm.MatchString(e.Event) {
		d.report("bad-value", e.At, "%q is no name of an event", e.Event).Suggestion = "write it as in form.benchmark"
	}
	if e.Each != "" {
		if _, err := ParseYearly(e.Each); err != nil {
			d.problem(e.At, err)
		}
	}
	if written > 0 {
		d.Enter = &e
	}
}

func (d *draft) fillReenter(n *yamldoc.Node) {
	if n == nil || n.Text == "never" {
		return
	}
	text, ok := strings.CutPrefix(strings.TrimSpace(d.word(n)), "after ")
	if !ok {
		d.report("bad-value", place(n), "%q is no way to come back", n.Text).Suggestion = "write never, or after 180d"
		return
	}
	offset, err := calendar.ParseOffset(text)
	if err != nil {
		d.problem(Position{n.TextLine, n.TextColumn + len("after ")}, err)
		return
	}
	d.Reenter = &offset
}

func (d *draft) fillAccount(k accountKeys) {
	at := d.where("account")
	d.Account.Apart = k.Apart
	if k.AtOnce != nil {
		if d.Account.AtOnce = *k.AtOnce; *k.AtOnce < 1 {
			d.report("bad-value", at, "account.at_once must be at least 1")
		}
	}
	switch k.Exit {
	case "all":
		d.Account.ExitAll = true
	case "":
		d.Account.ExitByStage = true
	case "contact":
	default:
		d.unknown("bad-value", at, "account.exit", k.Exit, []string{"all", "contact"})
	}
}

// fillExit reads names of events and conditions, one or several.
func (d *draft) fillExit(n *yamldoc.Node) {
	var list yamldoc.OneOrMany[*yamldoc.Node]
	if n != nil {
		d.found = append(d.found, n.Decode(&list)...)
	}
	for _, item := range list {
		if item.Kind == yamldoc.MapNode {
			var k struct {
				When *yamldoc.Node `yaml:"when"`
			}
			d.found = append(d.found, item.Decode(&k)...)
			if k.When != nil {
				d.Exit = append(d.Exit, Exit{When: d.condition(k.When), At: place(k.When)})
			}
			continue
		}
		event := d.word(item)
		if event != "" && !eventForm.MatchString(event) {
			f := d.report("bad-value", place(item), "%q is no name of an event", event)
			f.Suggestion = "write a condition as {when: ...}"
			continue
		}
		d.Exit = append(d.Exit, Exit{Event: event, At: place(item)})
	}
}

const maxWeight = 1000

// fillTest reads the variants in the order in which they are written.
func (d *draft) fillTest(k *testKeys) {
	if k == nil {
		return
	}
	d.Test = &Test{HoldOut: float64(k.HoldOut)}
	if k.Variants == nil {
		if k.HoldOut == 0 {
			d.report("test", d.where("test"), "a test needs variants or a hold_out")
		}
		return
	}
	var weights map[string]*yamldoc.Node
	d.found = append(d.found, k.Variants.Decode(&weights)...)
	for _, e := range k.Variants.Entries {
		name := e.Key.Text
		if weights[name] != e.Value {
			continue // written twice, which is reported
		}
		weight, err := strconv.Atoi(e.Value.Text)
		if err != nil || weight < 1 || weight > maxWeight {
			d.report("test", place(e.Value), "a weight is a whole number from 1 to %d, not %q", maxWeight, e.Value.Text)
			weight = 1
		}
		if !slugForm.MatchString(name) {
			d.report("name", place(e.Key), "%q is no name: lower case letters, digits, dashes and underscores", name)
		}
		d.Test.Variants = append(d.Test.Variants, Variant{Name: name, Weight: weight})
	}
	if len(d.Test.Variants) < 2 {
		d.report("test", place(k.Variants), "a test needs two variants or more")
	}
}

// fillFields reads fields of this file alone: a map from noun.name to its type,
// or a list of names of text fields.
func (d *draft) fillFields(n *yamldoc.Node) {
	if n == nil {
		return
	}
	add := func(path *yamldoc.Node, t andante.FieldType) {
		noun, name, _ := strings.Cut(path.Text, ".")
		if !fieldPath.MatchString(path.Text) || noun != "contact" && noun != "account" {
			d.report("name", place(path), "%q is no field: write contact.name or account.name in lower case", path.Text)
			return
		}
		d.Fields = append(d.Fields, andante.Field{Noun: noun, Name: name, Type: t})
	}
	for _, item := range n.Items {
		add(item, andante.TextField)
	}
	for _, e := range n.Entries {
		t := andante.FieldType(e.Value.Text)
		if !slices.Contains(andante.FieldTypes, t) {
			d.unknown("bad-value", place(e.Value), "type", e.Value.Text, []string{"text", "number", "yes/no", "date"})
			continue
		}
		add(e.Key, t)
	}
}

// word reads a single value; nothing at all is a mistake.
func (d *draft) word(n *yamldoc.Node) string {
	var s string
	found := n.Decode(&s)
	d.found = append(d.found, found...)
	if s = strings.TrimSpace(s); s == "" && len(found) == 0 {
		d.report("bad-value", place(n), "nothing is written here")
	}
	return s
}

// condition reads the text of a condition.
func (d *draft) condition(n *yamldoc.Node) string {
	var s string
	found := n.Decode(&s)
	d.found = append(d.found, found...)
	if s = strings.TrimSpace(s); s == "" && len(found) == 0 {
		d.report("empty-condition", place(n), "the condition is empty").Suggestion = "write a condition, or leave when out"
	}
	return s
}

// problem reports a parser's error.
func (d *draft) problem(at Position, err error) {
	f := d.report("bad-value", at, "%s", err)
	if p, ok := err.(*yamldoc.Problem); ok {
		f.Suggestion = p.Suggestion
	}
}
