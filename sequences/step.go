package sequences

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/andante-hq/andante/internal/yamldoc"
)

// stepKeys are the keys of a step: those that a Step reads by itself, and those
// that take more than one form.
type stepKeys struct {
	*Step
	Needs    yamldoc.OneOrMany[string] `yaml:"needs"`
	Quote    *bool                     `yaml:"quote"`
	Cc       yamldoc.OneOrMany[string] `yaml:"cc"`
	Attach   yamldoc.OneOrMany[string] `yaml:"attach"`
	NoAnswer *NoAnswer                 `yaml:"no_answer"`
	Then     []*yamldoc.Node           `yaml:"then"`
}

// parseStep reads one section and appends its step.
func (d *draft) parseStep(sec section) {
	st := Step{Title: sec.title, At0: Position{sec.heading, 1}, BodyAt: sec.bodyAt}
	if sec.shut == 0 {
		d.report("step", Position{sec.open, 1}, "this fence isn't closed: a line ``` must end it")
	}
	d.yaml = append(d.yaml, [2]int{sec.open + 1, sec.open + len(sec.yaml)})
	doc, found := yamldoc.Parse(d.File, sec.open+1, []byte(strings.Join(sec.yaml, "\n")), textKeys...)
	torn := sec.shut == 0 || len(found) > 0 && len(doc.Root.Entries) == 0
	keys := stepKeys{Step: &st}
	found = append(found, doc.Decode(&keys, scalars...)...)
	d.found = append(d.found, found...)
	st.Lines = positions(doc.Root)
	st.Needs, st.Cc, st.Attach, st.NoAnswer = keys.Needs, keys.Cc, keys.Attach, keys.NoAnswer
	st.NoQuote = keys.Quote != nil && !*keys.Quote
	d.tidy(&st)
	d.fillStep(&st, doc)
	always := false
	for _, n := range keys.Then {
		if always {
			d.report("decide", place(n), "no branch comes to pass after one without a condition")
			break
		}
		always = d.fillThen(&st, n)
	}
	st.Body = d.parseBody(sec.body, sec.bodyAt)
	st.Topics = topicsOf(st.Body)
	d.Steps = append(d.Steps, st)
	d.torn = append(d.torn, torn)
}

// NuggetTag matches a line that takes up a nugget of a topic, its first group.
var NuggetTag = regexp.MustCompile(`^\s*\{%-?\s*nugget\s+topic:\s*"([a-z0-9][a-z0-9-]*)"\s*-?%\}\s*$`)

// topicsOf returns the topics of the nuggets that a body takes up, each once.
func topicsOf(body []Block) (list []string) {
	for _, b := range body {
		for line := range strings.SplitSeq(b.Text, "\n") {
			if m := NuggetTag.FindStringSubmatch(line); m != nil && !slices.Contains(list, m[1]) {
				list = append(list, m[1])
			}
		}
	}
	return list
}

// tidy trims the raw texts: a | block ends in a line feed.
func (d *draft) tidy(st *Step) {
	for _, text := range []*string{&st.WaitFor, &st.When, &st.Subject, &st.Preview, &st.On} {
		*text = strings.TrimSpace(*text)
	}
}

func (d *draft) fillStep(st *Step, doc *yamldoc.Doc) {
	if st.ID == "" {
		st.ID = Slug(st.Title)
	} else if !idForm.MatchString(st.ID) {
		d.report("name", st.where("id"), "%q is no id: lower case letters, digits, dashes and underscores", st.ID)
	}
	for _, key := range []string{"when", "wait_for"} {
		if n := doc.At(key); n != nil && n.Kind != yamldoc.ListNode && n.Kind != yamldoc.MapNode && strings.TrimSpace(n.Text) == "" {
			f := d.report("empty-condition", place(doc.Root.Key(key)), "%s is empty", key)
			f.Suggestion = "write a condition, or leave the key out"
		}
	}
	if st.On != "" {
		if _, err := ParseOccasion(st.On); err != nil {
			d.problem(st.where("on"), err)
		}
	}
	if st.Review != "" && st.Review != "owner" {
		d.unknown("bad-value", st.where("review"), "reviewer", st.Review, []string{"owner"})
	}
	if st.Sender != "" && !slugForm.MatchString(st.Sender) {
		d.report("name", st.where("sender"), "%q is no name: lower case letters, digits, dashes and underscores", st.Sender)
	}
	if st.Layout != "" && st.Layout != "letter" && st.Layout != "newsletter" {
		d.unknown("bad-value", st.where("layout"), "layout", st.Layout, []string{"letter", "newsletter"})
		st.Layout = "" // so that nobody looks for it
	}
	if st.NoAnswer != nil && st.NoAnswer.Again < 1 {
		d.report("bad-value", st.where("no_answer"), "no_answer needs again: how often to call once more, at least 1")
	}
	for i, path := range st.Needs {
		if !fieldPath.MatchString(path) {
			at := place(doc.At("needs"))
			if n := doc.At("needs", strconv.Itoa(i)); n != nil {
				at = place(n)
			}
			d.report("bad-value", at, "%q is no field", path).Suggestion = "write noun and name, as in account.industry"
		}
	}
}

// fillThen reads one branch of a decide step, and tells whether it is taken
// whatever is true.
func (d *draft) fillThen(st *Step, n *yamldoc.Node) (always bool) {
	var k struct {
		When *yamldoc.Node `yaml:"when"`
		Do   *yamldoc.Node `yaml:"do"`
	}
	d.found = append(d.found, n.Decode(&k)...)
	t := Then{At: place(n)}
	if k.When != nil {
		t.When, t.At = d.condition(k.When), place(k.When)
	}
	if k.Do == nil {
		if n.Kind == yamldoc.MapNode {
			d.report("decide", place(n), "a branch needs do: next, end, handover or enroll SEQUENCE")
		}
		return false
	}
	var known bool
	if t.Do, known = parseAction(k.Do.Text); !known {
		f := d.report("decide", place(k.Do), "unknown action %q", k.Do.Text)
		if f.Suggestion = yamldoc.Suggest(string(t.Do), []string{string(Next), string(End), string(Handover)}); f.Suggestion == "" {
			f.Suggestion = "one of next, end, handover, enroll SEQUENCE"
		}
	}
	st.Then = append(st.Then, t)
	return k.When == nil
}

// Slug makes an id of a heading, as GitHub makes its anchors: lower case, spaces
// to dashes, everything else but letters, digits, dashes and underscores dropped.
func Slug(heading string) string {
	slug := strings.Map(func(r rune) rune {
		switch {
		case r == ' ':
			return '-'
		case r == '-', r == '_', unicode.IsLetter(r), unicode.IsDigit(r):
			return unicode.ToLower(r)
		}
		return -1
	}, strings.TrimSpace(heading))
	return strings.Trim(slug, "-_")
}
