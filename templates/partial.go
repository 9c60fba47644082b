package templates

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/andante-hq/andante/internal/nearest"
)

// maxDepth bounds how deep partials stand in each other.
const maxDepth = 8

// A partial is a piece of text that others put in by name.
type partial struct {
	name   string
	script *script
	keys   []string // bare names that it reads: who puts it in must give them
	locals []string
	uses   []Use
	depth  int // 1 without further partials
	state  checkState
	broken bool // it has mistakes, reported where it stands
}

type checkState int

const (
	unchecked checkState = iota
	checking
	checked
)

// A param is a key and its value in a render tag.
type param struct {
	name   string
	source string
}

func (p *partial) key(name string) {
	if !slices.Contains(p.keys, name) {
		p.keys = append(p.keys, name)
	}
}

// readPartials reads partials/*.md of the workspace's templates folder.
func (t *Templates) readPartials(workspace fs.FS, report *reporter) {
	t.partials = map[string]*partial{}
	files, err := fs.Glob(workspace, "partials/*.md")
	if err != nil {
		files = nil
	}
	for _, name := range files {
		where := locator{file: path.Join("templates", name)}
		body, err := fs.ReadFile(workspace, name)
		if err != nil {
			report.at(position{file: where.file}, "render", "the partial can't be read: "+err.Error(), "")
			continue
		}
		before := report.errors()
		s := scan(normalize(string(body)), where, report)
		refuseControls(s.source, where, report, "\n\t")
		key := strings.TrimSuffix(path.Base(name), ".md")
		t.partials[key] = &partial{name: key, script: s, broken: report.errors() > before}
	}
	for _, key := range slices.Sorted(maps.Keys(t.partials)) {
		t.checkPartial(t.partials[key], report)
	}
}

var errCircle = errors.New("it puts itself in again")

// checkPartial checks a partial before whoever puts it in needs to know its keys.
func (t *Templates) checkPartial(p *partial, report *reporter) error {
	switch p.state {
	case checking:
		return errCircle
	case checked:
		return nil
	}
	p.state = checking
	before := report.errors()
	c := checker{script: p.script, t: t, report: report, partial: p}
	c.check()
	if report.errors() == before {
		t.provePartial(p, report)
	}
	p.state, p.depth, p.uses = checked, c.depth+1, c.uses
	p.broken = p.broken || report.errors() > before
	p.locals = slices.Collect(maps.Keys(c.locals))
	return nil
}

// provePartial compiles a partial once, for its findings.
func (t *Templates) provePartial(p *partial, report *reporter) {
	report.begin = position{p.script.where.file, 1, 1}
	c := compilation{t: t, report: report, layout: "letter", mail: true, partials: map[partialUse]*unit{}}
	h, x := c.markdown(p.script, partialUse{}, report, true)
	if !report.failed() {
		h.finish(nil)
		x.finish(nil)
	}
}

// render checks {% render "name", key: value %}.
func (c *checker) render(t *tag) {
	list := lex(t.args)
	if len(list) == 0 || list[0].kind != lexString {
		c.syntax(t, "{% "+t.name+" %} needs a name in quotes", `write {% render "name" %}`)
		return
	}
	p := c.t.partials[list[0].text]
	if p == nil {
		c.unknownPartial(t, list[0])
		return
	}
	if err := c.t.checkPartial(p, c.report); err != nil {
		c.syntax(t, fmt.Sprintf("the partial %q can't be put in: %v", p.name, err), "")
		return
	}
	if p.broken {
		c.report.at(c.inArgs(t, list[0].at), "unknown-partial",
			fmt.Sprintf("the partial %q has mistakes", p.name), "mend "+p.script.where.file)
		return
	}
	if c.depth = max(c.depth, p.depth); c.depth >= maxDepth {
		c.syntax(t, fmt.Sprintf("partials stand in each other more than %d deep", maxDepth), "")
		return
	}
	t.partial = p
	c.params(t, list[1:])
	for _, u := range p.uses {
		c.uses = append(c.uses, Use{u.Path, t.line, t.column, u.Guarded || c.guarded(u.Path)})
	}
	for _, key := range p.keys {
		if !slices.ContainsFunc(t.params, func(given param) bool { return given.name == key }) {
			c.report.at(t.position, "unknown-field",
				fmt.Sprintf("the partial %q reads %s", p.name, key), "give it: "+key+": value")
		}
	}
}

func (c *checker) unknownPartial(t *tag, l lexeme) {
	suggestion := "write it to templates/partials/" + path.Base(l.text) + ".md"
	if near := nearest.Name(l.text, slices.Sorted(maps.Keys(c.t.partials))); near != "" {
		suggestion = "did you mean " + near + "?"
	}
	c.report.at(c.inArgs(t, l.at), "unknown-partial", fmt.Sprintf("there is no partial %q", l.text), suggestion)
}

// params reads the keys and values behind a partial's name.
func (c *checker) params(t *tag, list []lexeme) {
	for len(list) > 0 {
		if list[0].isComma() && len(list) > 1 {
			list = list[1:]
		}
		if list[0].kind != lexKey {
			c.report.at(c.inArgs(t, list[0].at), "liquid-syntax", "a key and its value are written key: value", "")
			return
		}
		key := list[0]
		end := 1
		for end < len(list) && (!list[end].isComma() || end+1 < len(list) && list[end+1].kind != lexKey) {
			end++
		}
		from, to := key.at+len(key.text)+1, len(t.args)
		if end < len(list) {
			to = list[end].at
		}
		value := strings.TrimSpace(t.args[from:to])
		if value == "" || parse(value) != nil {
			c.report.at(c.inArgs(t, key.at), "liquid-syntax", "the value of "+key.text+" can't be read", "")
			return
		}
		c.expression(t, list[1:end])
		t.params = append(t.params, param{key.text, value})
		list = list[end:]
	}
}
