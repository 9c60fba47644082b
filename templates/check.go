package templates

import (
	"fmt"
	"slices"
	"strings"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/internal/nearest"
)

// A checker walks over the tags of one script in the order of the file. It finds
// what is unknown, notes which fields are used, and tells the tags what they mean.
type checker struct {
	*script
	t       *Templates
	report  *reporter
	extra   []string        // names that a layout sees besides the fields
	locals  map[string]bool // assigned names and loop variables
	open    []block
	partial *partial // that is being checked: its unknown bare names are its keys
	uses    []Use
	depth   int // of partials below
	cursor  cursor
}

// check walks over the script's tags.
func (c *checker) check() {
	c.locals = map[string]bool{}
	c.cursor = cursor{where: c.where, text: c.source}
	for _, t := range c.tags {
		if t.object {
			c.object(t)
		} else {
			c.control(t)
		}
	}
	for _, b := range c.open {
		c.report.at(b.position, "liquid-syntax",
			"{% "+b.name+" %} is not closed", "add {% end"+b.name+" %}")
	}
}

// inArgs returns the position of a byte of the tag's arguments.
func (c *checker) inArgs(t *tag, at int) position {
	return c.cursor.at(t.argsAt + at)
}

func (c *checker) syntax(t *tag, message, suggestion string) {
	c.report.at(t.position, "liquid-syntax", message, suggestion)
}

func (c *checker) object(t *tag) {
	if t.args == "" {
		c.syntax(t, "{{ }} is empty", "name a field")
		return
	}
	if err := parse(t.args); err != nil {
		hint := ""
		if strings.ContainsAny(t.args, "“”‘’„") {
			hint = `write straight quotes: "`
		}
		c.syntax(t, "{{ "+t.args+" }} can't be read", hint)
		return
	}
	c.expression(t, lex(t.args))
}

// expression checks the names and filters of a list of lexemes of the tag.
func (c *checker) expression(t *tag, list []lexeme) {
	e := read(list)
	for _, f := range e.filters {
		c.filter(t, f)
	}
	for _, r := range e.references {
		c.reference(t, r)
	}
	for _, at := range e.ranges {
		if t.name != "for" {
			c.report.at(c.inArgs(t, at), "liquid-syntax", "a range stands only in {% for %}", "")
		}
	}
}

func (c *checker) filter(t *tag, f filterUse) {
	if slices.Contains(FilterNames, f.name) {
		return
	}
	suggestion := ""
	if near := nearest.Name(f.name, FilterNames); near != "" {
		suggestion = "did you mean " + near + "?"
	}
	c.report.at(c.inArgs(t, f.at), "unknown-filter", fmt.Sprintf("there is no filter %q", f.name), suggestion)
}

// properties that a value which is no field may have. Others would let a text
// call methods of Go values.
var properties = []string{"size", "first", "last", "index", "index0", "rindex", "rindex0", "length"}

// reference checks that what is read exists.
func (c *checker) reference(t *tag, r reference) {
	root, pos := r.names[0], c.inArgs(t, r.at)
	switch {
	case r.dynamic:
		c.report.at(pos, "liquid-syntax", "the name in brackets must be written out", "")
	case c.locals[root] || root == "blank" || root == "empty":
		c.property(pos, r.names[1:])
	case slices.Contains(c.extra, root) && len(r.names) == 1:
	case c.t.nouns[root] != nil && len(r.names) > 1:
		c.field(t, r, pos)
	case c.t.nouns[root] != nil:
		c.report.at(pos, "unknown-field", fmt.Sprintf("%s is not a field", root),
			"name one of its fields, such as "+root+"."+c.t.nouns[root][0])
	case c.partial != nil && len(r.names) == 1:
		c.partial.key(root)
	default:
		c.unknown(pos, strings.Join(r.names, "."))
	}
}

func (c *checker) property(pos position, names []string) {
	for _, n := range names {
		if !slices.Contains(properties, n) {
			c.report.at(pos, "unknown-field", fmt.Sprintf("there is nothing called %q here", n), "")
		}
	}
}

func (c *checker) field(t *tag, r reference, pos position) {
	path := r.names[0] + "." + r.names[1]
	f, known := c.t.fields[path]
	if !known {
		c.unknown(pos, path)
		return
	}
	if len(r.names) > 2 && (len(r.names) > 3 || r.names[2] != "size" || f.Type != andante.TextField) {
		c.report.at(pos, "unknown-field", fmt.Sprintf("%s has no parts", path), "name it alone")
		return
	}
	c.uses = append(c.uses, Use{
		Path: path, Line: t.line, Column: t.column,
		Guarded: r.guarded || c.guarded(path),
	})
}

// unknown reports a name that is nowhere declared.
func (c *checker) unknown(pos position, path string) {
	near := nearest.Name(path, c.t.paths)
	for _, known := range c.t.paths {
		if near == "" && strings.HasSuffix(known, "."+path) {
			near = known
		}
	}
	suggestion := "declare it under fields: in andante.yaml"
	switch noun, _, _ := strings.Cut(path, "."); {
	case near != "":
		suggestion = "did you mean " + near + "?"
	case slices.Contains(layoutWords, path):
		suggestion = "it belongs into a layout, not into a text"
	case noun != "contact" && noun != "account":
		suggestion = "write a field of the contact or the account, such as contact.first_name"
	}
	c.report.at(pos, "unknown-field", fmt.Sprintf("there is no field %q", path), suggestion)
}

// guarded tells whether the tag that is being checked stands where the field is
// certainly filled.
func (c *checker) guarded(path string) bool {
	return slices.ContainsFunc(c.open, func(b block) bool { return b.here[path] })
}
