package sequences

import (
	"regexp"
	"slices"
	"strings"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/calendar"
	"github.com/andante-hq/andante/internal/yamldoc"
)

// frontKeys are the keys of the front matter: those that a Sequence reads by
// itself, and those that take more than one form.
type frontKeys struct {
	*Sequence
	Personas yamldoc.OneOrMany[string] `yaml:"personas"`
	Stages   yamldoc.OneOrMany[string] `yaml:"stages"`
	Enter    *enterKeys                `yaml:"enter"`
	Reenter  *yamldoc.Node             `yaml:"reenter"`
	Account  accountKeys               `yaml:"account"`
	Exit     *yamldoc.Node             `yaml:"exit"`
	KeepOn   yamldoc.OneOrMany[string] `yaml:"keep_on"`
	Test     *testKeys                 `yaml:"test"`
	Pin      *yamldoc.Node             `yaml:"pin"`
	Fields   *yamldoc.Node             `yaml:"fields"`
}

type enterKeys struct {
	Event *yamldoc.Node `yaml:"event"`
	When  *yamldoc.Node `yaml:"when"`
	Each  *yamldoc.Node `yaml:"each"`
}

type accountKeys struct {
	AtOnce *int             `yaml:"at_once"`
	Apart  *calendar.Offset `yaml:"apart"`
	Exit   string           `yaml:"exit"`
}

type testKeys struct {
	Variants *yamldoc.Node `yaml:"variants"`
	HoldOut  share         `yaml:"hold_out"`
}

// parseFront reads the front matter and returns the line after it.
func (d *draft) parseFront() (next int) {
	if strings.TrimRight(d.lines[0], " \t") != "---" {
		f := d.report("front-matter", Position{1, 1}, "the file has no front matter")
		f.Suggestion = "begin with a line ---, then keys such as sequence: and title:, then a line ---"
		d.broken = true
		return 1
	}
	end := 1
	for end < len(d.lines) && strings.TrimRight(d.lines[end], " \t") != "---" {
		end++
	}
	next = end + 2
	if end == len(d.lines) {
		d.report("front-matter", Position{1, 1}, "the front matter isn't closed: a line --- must end it")
		// Where it was meant to end is a guess, good enough to read on.
		for end = 1; end < len(d.lines) && strings.TrimSpace(d.lines[end]) != ""; {
			end++
		}
		next = end + 1
	}
	if next > len(d.lines) {
		d.lines = append(d.lines, "") // there is always a line after it
		next = len(d.lines)
	}
	d.yaml = append(d.yaml, [2]int{2, end})
	src := strings.Join(d.lines[1:end], "\n")
	doc, found := yamldoc.Parse(d.File, 2, []byte(src), textKeys...)
	d.broken = len(found) > 0 && len(doc.Root.Entries) == 0
	keys := frontKeys{Sequence: d.Sequence}
	found = append(found, doc.Decode(&keys, scalars...)...)
	d.found = append(d.found, found...)
	d.Lines = positions(doc.Root)
	d.fillFront(doc, &keys)
	return next
}

// positions returns where each key's value stands. A key with nothing after it
// counts as not written.
func positions(root *yamldoc.Node) map[string]Position {
	lines := map[string]Position{}
	for _, e := range root.Entries {
		if _, ok := lines[e.Key.Text]; !ok && e.Value.Kind != yamldoc.NullNode {
			lines[e.Key.Text] = place(e.Value)
		}
	}
	return lines
}

func (d *draft) fillFront(doc *yamldoc.Doc, k *frontKeys) {
	s := d.Sequence
	s.Title = strings.TrimSpace(s.Title)
	s.Personas, s.Stages, s.KeepOn = k.Personas, k.Stages, k.KeepOn
	d.fillEnter(k.Enter, doc)
	d.fillReenter(k.Reenter)
	d.fillAccount(k.Account)
	d.fillExit(k.Exit)
	d.fillTest(k.Test)
	if k.Pin != nil && k.Pin.Text != "words" {
		d.report("bad-value", place(k.Pin), "unknown pin %q", k.Pin.Text).Suggestion = "write words"
	}
	if s.Purpose == andante.Requested && !s.Has("priority") {
		s.Priority = andante.High // somebody waits for it
	}
	s.PinWords = k.Pin != nil && k.Pin.Text == "words"
	d.fillFields(k.Fields)
	d.each(s.Personas, doc, "personas", "persona", nil)
	d.each(s.Stages, doc, "stages", "stage", andante.Stages)
	if s.Language != "" && !languageForm.MatchString(s.Language) {
		d.report("bad-value", s.where("language"), "%q is no language", s.Language).Suggestion = "write a code such as en or de-AT"
	}
	switch s.Layout {
	case "letter", "newsletter":
	case "":
		if s.Layout = "newsletter"; s.Sender == "owner" {
			s.Layout = "letter"
		}
	default:
		d.unknown("bad-value", s.where("layout"), "layout", s.Layout, []string{"letter", "newsletter"})
		s.Layout = ""
	}
	for _, key := range []struct{ name, value string }{
		{"sequence", s.Name}, {"sender", s.Sender}, {"if_no_owner", s.IfNoOwner}, {"exclusive", s.Exclusive},
	} {
		if key.value != "" && !slugForm.MatchString(key.value) {
			d.report("name", s.where(key.name), "%q is no name: lower case letters, digits, dashes and underscores", key.value)
		}
	}
}

var languageForm = regexp.MustCompile(`^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$`)

// each checks the names of a list; known is nil where other files know them.
func (d *draft) each(names []string, doc *yamldoc.Doc, key, noun string, known []string) {
	list := doc.At(key)
	seen := map[string]bool{}
	for i, name := range names {
		at := place(list)
		if i < len(list.Items) {
			at = place(list.Items[i])
		}
		switch {
		case known != nil && !slices.Contains(known, name):
			d.unknown("bad-value", at, noun, name, known)
		case !slugForm.MatchString(name):
			d.report("name", at, "%q is no %s: lower case letters, digits, dashes and underscores", name, noun)
		case seen[name]:
			d.report("bad-value", at, "%s %q is named twice", noun, name)
		}
		seen[name] = true
	}
}
