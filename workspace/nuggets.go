package workspace

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/internal/yamldoc"
	"github.com/andante-hq/andante/sequences"
	"github.com/andante-hq/andante/templates"
)

// A Nugget is a short piece of value that texts of a topic take up, once for each contact.
type Nugget struct {
	ID       string                    // the file's name
	Title    string                    `yaml:"title" doc:"what it is, for the team"`
	Topics   yamldoc.OneOrMany[string] `yaml:"topics" doc:"what it is about"`
	Personas yamldoc.OneOrMany[string] `yaml:"personas" doc:"for whom; none: everybody"`
	Expires  string                    `yaml:"expires" doc:"last day on which it is worth something, such as 2026-12-31"`

	file string
	body string
	at   int // line on which the text begins
}

// stale tells whether a nugget is worth nothing any more on a day.
func (n *Nugget) stale(day string) bool { return n.Expires != "" && n.Expires < day }

// about tells whether a nugget is about a topic.
func (n *Nugget) about(topic string) bool { return slices.Contains(n.Topics, topic) }

const nuggetFolder = "nuggets"

// addNuggets reads every nugget.
func (w *Workspace) addNuggets() (found []*andante.Finding) {
	for _, name := range slices.Sorted(maps.Keys(w.Files)) {
		if dir, base := path.Split(name); dir == nuggetFolder+"/" && path.Ext(base) == ".md" {
			n, f := parseNugget(name, w.Files[name])
			w.nuggets, found = append(w.nuggets, n), append(found, f...)
		}
	}
	return found
}

func parseNugget(file string, src []byte) (*Nugget, []*andante.Finding) {
	n := &Nugget{ID: strings.TrimSuffix(path.Base(file), ".md"), file: file}
	wrong := func(line int, format string, args ...any) *andante.Finding {
		return &andante.Finding{File: file, Line: line, Column: 1, Severity: andante.SeverityError, Rule: "nugget", Message: fmt.Sprintf(format, args...)}
	}
	front, rest, closed := bytes.Cut(bytes.TrimPrefix(src, []byte("---\n")), []byte("\n---\n"))
	if !bytes.HasPrefix(src, []byte("---\n")) || !closed {
		f := wrong(1, "a nugget begins with its front matter")
		f.Suggestion = "write ---, then title: and topics:, then ---"
		return n, []*andante.Finding{f}
	}
	doc, found := yamldoc.Parse(file, 2, front, "title")
	found = append(found, doc.Decode(n)...)
	n.at = 3 + bytes.Count(front, []byte("\n")) + 1
	n.body = strings.Trim(string(rest), "\n")
	n.at += len(rest) - len(bytes.TrimLeft(rest, "\n"))
	switch _, err := time.Parse(time.DateOnly, n.Expires); {
	case len(n.Topics) == 0:
		found = append(found, wrong(1, "a nugget without topics is never taken"))
	case n.Expires != "" && err != nil:
		found = append(found, wrong(1, "expires: %q is no day: write one such as 2026-12-31", n.Expires))
	case strings.TrimSpace(n.body) == "":
		found = append(found, wrong(1, "a nugget without a text is worth nothing"))
	}
	for _, topic := range n.Topics {
		if !topicForm.MatchString(topic) {
			found = append(found, wrong(1, "%q is no topic: lower case letters, digits and dashes", topic))
		}
	}
	return n, found
}

var topicForm = regexp.MustCompile(`^[a-z0-9][a-z0-9-]*$`)

// mostTags is how many tags of one topic a text has that bring a nugget each; further ones bring
// what the last of them does.
const mostTags = 5

// fieldOf is the name by which the n-th tag of a topic in a text, from 1, asks which nugget it
// brings.
func fieldOf(topic string, n int) string {
	name := strings.ReplaceAll(topic, "-", "_")
	if n = min(n, mostTags); n > 1 {
		name += fmt.Sprintf("_N%d", n) // no topic has capitals
	}
	return name
}

// nuggetFields are the fields by which texts ask so.
func (w *Workspace) nuggetFields() (list []andante.Field) {
	var all []string
	for _, n := range w.nuggets {
		all = append(all, n.Topics...)
	}
	for _, q := range w.Sequences {
		for i := range q.Steps {
			all = append(all, q.Steps[i].Topics...)
		}
	}
	slices.Sort(all)
	for _, topic := range slices.Compact(all) {
		for n := 1; n <= mostTags && topicForm.MatchString(topic); n++ {
			list = append(list, andante.Field{Noun: "nugget", Name: fieldOf(topic, n), Type: andante.TextField})
		}
	}
	return list
}

// A Picker chooses nuggets for one contact while a text is rendered: each tag that the text
// comes to brings the best one that they have not had and that no other tag of it brings. Not
// safe for concurrent use.
type Picker struct {
	from    []*Nugget
	persona string
	day     string
	had     []string
	fields  map[string]string // what each tag brings, once it was asked; empty: nothing
	taken   []string
}

// NewPicker returns what chooses for somebody of a persona who has had nuggets, by their ids.
func (w *Workspace) NewPicker(persona string, had []string, now time.Time) *Picker {
	return &Picker{from: w.nuggets, persona: persona, day: now.In(w.Config.Home()).Format(time.DateOnly), had: had, fields: map[string]string{}}
}

// Values are what the tags of topics ask, for a text to be rendered.
func (p *Picker) Values(topics []string) map[string]any {
	values := map[string]any{}
	for _, topic := range topics {
		for n := 1; n <= mostTags; n++ {
			values[fieldOf(topic, n)] = ask{p, topic, fieldOf(topic, n)}
		}
	}
	return values
}

// Taken returns the ids of the nuggets that the rendered text brings.
func (p *Picker) Taken() []string { return p.taken }

// ask is one tag's question. Liquid asks it when it comes to the tag.
type ask struct {
	p            *Picker
	topic, field string
}

// ToLiquid answers with the id of the nugget; empty: there is none.
func (a ask) ToLiquid() any {
	id, known := a.p.fields[a.field]
	if !known {
		id = a.p.best(a.topic)
		a.p.fields[a.field] = id
	}
	return id
}

// best takes the best nugget about a topic: one for the persona before one for everybody, and of
// these the one that expires first.
func (p *Picker) best(topic string) string {
	var best *Nugget
	for _, n := range p.from {
		mine := slices.Contains(n.Personas, p.persona)
		if !n.about(topic) || n.stale(p.day) || slices.Contains(p.had, n.ID) || slices.Contains(p.taken, n.ID) || len(n.Personas) > 0 && !mine {
			continue
		}
		if best == nil || better(n, best, p.persona) {
			best = n
		}
	}
	if best == nil {
		return ""
	}
	p.taken = append(p.taken, best.ID)
	return best.ID
}

// better tells whether a is taken before b, which comes first by name.
func better(a, b *Nugget, persona string) bool {
	const never = "9999"
	mineA, mineB := slices.Contains(a.Personas, persona), slices.Contains(b.Personas, persona)
	if mineA != mineB {
		return mineA
	}
	return cmp.Or(a.Expires, never) < cmp.Or(b.Expires, never)
}

// checkNuggets looks for topics of which there is nothing, for nuggets that nobody takes up,
// and for personas that are none.
func checkNuggets(w *Workspace) (found []*andante.Finding) {
	asked := map[string]bool{}
	found = w.each(func(q *sequences.Sequence) (found []*andante.Finding) {
		for i := range q.Steps {
			for _, b := range q.Steps[i].Body {
				found = append(found, w.checkTags(q, b, asked)...)
			}
		}
		return found
	})
	for _, n := range w.nuggets {
		found = append(found, w.checkNugget(n)...)
		for _, p := range n.Personas {
			if _, ok := w.Config.Personas[p]; !ok {
				found = append(found, n.say(andante.SeverityError, "nugget", "unknown persona %q", p))
			}
		}
		if len(n.Topics) > 0 && !slices.ContainsFunc(n.Topics, func(t string) bool { return asked[t] }) {
			found = append(found, n.say(andante.SeverityWarning, "unused-nugget", "no step takes up nuggets about %s", strings.Join(n.Topics, " or ")))
		}
	}
	return found
}

// checkNugget compiles the text of a nugget by itself.
func (w *Workspace) checkNugget(n *Nugget) (found []*andante.Finding) {
	var lines []int
	for i := range strings.Count(n.body, "\n") + 1 {
		lines = append(lines, n.at+i)
	}
	uses, f := w.templates.Check(templates.Source{File: n.file, Lines: lines, Subject: "-", Body: n.body, Kind: andante.Email, Language: w.Config.Company.Language})
	for _, f := range f {
		if n.body != "" {
			found = append(found, f)
		}
	}
	for _, u := range uses {
		if w.bare(u) {
			f := n.say(andante.SeverityError, "bare-field", "%s may be empty", u.Path)
			f.Line, f.Column, f.Suggestion = u.Line, u.Column, "write {{ "+u.Path+` | default: "..." }} or an {% if %} around it`
			found = append(found, f)
		}
	}
	return found
}

func (n *Nugget) say(severity andante.Severity, rule, format string, args ...any) *andante.Finding {
	return &andante.Finding{File: n.file, Line: 1, Column: 1, Severity: severity, Rule: rule, Message: fmt.Sprintf(format, args...)}
}

// checkTags looks at the tags of a text, and notes the topics that it asks for.
func (w *Workspace) checkTags(q *sequences.Sequence, b sequences.Block, asked map[string]bool) (found []*andante.Finding) {
	lines := strings.Split(b.Text, "\n")
	for i, line := range lines {
		at := sequences.Position{Line: b.Line + i, Column: 1}
		m := sequences.NuggetTag.FindStringSubmatch(line)
		if lost := spanOf(lines, i).lost; m != nil && lost > 0 {
			found = append(found, in(q, "nugget", sequences.Position{Line: b.Line + lost, Column: 1}, "nobody would get this: a nugget's text comes from its file, and the step's own stands after {%% else %%}"))
		}
		switch {
		case m != nil:
			asked[m[1]] = true
			if !slices.ContainsFunc(w.nuggets, func(n *Nugget) bool { return n.about(m[1]) }) {
				f := in(q, "no-nugget", at, "there is no nugget about %q: everybody gets what stands after else, if anything does", m[1])
				f.Severity, f.Suggestion = andante.SeverityWarning, "write one into nuggets/, with topics: "+m[1]
				found = append(found, f)
			}
		case strayTag.MatchString(line) && !endTag.MatchString(line):
			f := in(q, "nugget", at, "this tag is not understood")
			f.Suggestion = `write {% nugget topic: "energy" %}, then {% else %}, text and {% endnugget %}, each on a line of its own`
			found = append(found, f)
		case strayDirect.MatchString(line) && !directLine.MatchString(line):
			f := in(q, "direct-lines", at, "direct_lines stands on a line of its own")
			f.Severity = andante.SeverityError
			found = append(found, f)
		case directLine.MatchString(line) && w.directLines() == "":
			f := in(q, "direct-lines", at, "there is nobody to ask: no department has a title and an email or a phone")
			f.Severity, f.Suggestion = andante.SeverityError, "write departments: {orders: {title: Orders, email: orders@...}} into andante.yaml"
			found = append(found, f)
		}
	}
	return found
}

// StaleNuggets warns of nuggets that are worth nothing any more.
func (w *Workspace) StaleNuggets(now time.Time) (found []*andante.Finding) {
	day := now.In(w.Config.Home()).Format(time.DateOnly)
	for _, n := range w.nuggets {
		if n.stale(day) {
			f := n.say(andante.SeverityWarning, "stale-nugget", "it expired on %s, and nobody gets it any more", n.Expires)
			f.Suggestion = "remove it, or give it another date"
			found = append(found, f)
		}
	}
	return found
}

// checkDirectLines warns of sequences to customers that never say whom to ask directly: they
// would answer with what another one could settle at once.
func checkDirectLines(w *Workspace) (found []*andante.Finding) {
	for _, key := range slices.Sorted(maps.Keys(w.Config.Departments)) {
		if d := w.Config.Departments[key]; d.Title != "" && d.Email == "" && d.Phone == "" {
			found = append(found, w.at("direct-lines", []string{"departments", key}, "%s has neither email nor phone, so {%% direct_lines %%} leaves it out", key))
		}
	}
	if w.directLines() == "" {
		return found
	}
	return append(found, w.each(func(q *sequences.Sequence) []*andante.Finding {
		if q.Purpose != andante.Relationship && !slices.Equal(q.Stages, []string{"customer"}) {
			return nil
		}
		var mail *sequences.Step // the first
		for i := range q.Steps {
			s := &q.Steps[i]
			if mail == nil && (s.Kind == andante.Email || s.Kind == andante.Letter) {
				mail = s
			}
			for _, b := range s.Body {
				if strayDirect.MatchString(b.Text) {
					return nil
				}
			}
		}
		if mail == nil {
			return nil
		}
		f := in(q, "direct-lines", mail.Lines["kind"], "no step of this sequence to customers says whom to ask about orders, faults or prices")
		f.Severity, f.Suggestion = andante.SeverityWarning, "put {% direct_lines %} at the end of a mail"
		return []*andante.Finding{f}
	})...)
}
