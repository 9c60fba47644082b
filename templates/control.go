package templates

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/andante-hq/andante/internal/nearest"
)

// A block is a tag that is still open, and the fields that are filled inside.
type block struct {
	*tag
	here  map[string]bool // filled in this branch
	later map[string]bool // filled when all branches so far did not hold
}

// clauses of each tag that opens a block.
var clauses = map[string][]string{
	"if":     {"elsif", "else"},
	"unless": {"else"},
	"case":   {"when", "else"},
	"for":    {"else"},
}

// tagNames lists every tag that a text may use.
var tagNames = []string{
	"assign", "if", "unless", "elsif", "else", "endif", "endunless", "case", "when", "endcase",
	"for", "endfor", "break", "continue", "render", "include", "comment", "raw",
}

// opens tells whether the tag begins a block.
func (t *tag) opens() bool { return !t.object && clauses[t.name] != nil }

// closes tells whether the tag ends a block.
func (t *tag) closes() bool {
	return !t.object && strings.HasPrefix(t.name, "end") && clauses[t.name[3:]] != nil
}

// continues tells whether the tag is a clause of a block.
func (t *tag) continues() bool {
	return !t.object && (t.name == "elsif" || t.name == "else" || t.name == "when")
}

// control checks a {% %} tag.
func (c *checker) control(t *tag) {
	if strings.Contains(t.args, "%}") {
		c.syntax(t, "a string in {% %} can't contain %}", "")
		return
	}
	switch {
	case t.opens():
		c.opener(t)
	case t.closes():
		c.closer(t)
	case t.continues():
		c.clause(t)
	case t.name == "assign":
		c.assign(t)
	case t.name == "render" || t.name == "include":
		c.render(t)
	case t.name == "break" || t.name == "continue":
		if !slices.ContainsFunc(c.open, func(b block) bool { return b.name == "for" }) {
			c.syntax(t, "{% "+t.name+" %} stands outside {% for %}", "")
		}
	case t.name == "comment":
	default:
		c.unknownTag(t)
	}
}

func (c *checker) unknownTag(t *tag) {
	suggestion := "there are assign, if, unless, case, for, render, comment and raw"
	if near := nearest.Name(t.name, tagNames); near != "" {
		suggestion = "did you mean {% " + near + " %}?"
	} else if t.name == "capture" {
		suggestion = "use {% assign %} and the filter append"
	}
	c.syntax(t, fmt.Sprintf("there is no tag %q", t.name), suggestion)
}

func (c *checker) opener(t *tag) {
	if len(c.open) == maxNested {
		c.syntax(t, fmt.Sprintf("tags stand in each other more than %d deep", maxNested), "put a part into a partial")
	}
	b := block{tag: t}
	switch t.name {
	case "if", "unless":
		c.condition(t)
		g := guardsOf(t.args)
		b.here, b.later = g.holds, g.fails
		if t.name == "unless" {
			b.here, b.later = g.fails, g.holds
		}
	case "case":
		c.condition(t)
	case "for":
		c.loop(t)
	}
	c.open = append(c.open, b)
}

// condition checks the arguments of if, elsif, unless and case. What a condition
// tests may be empty: that is what it is for.
func (c *checker) condition(t *tag) {
	if err := parse(t.args); t.args == "" || err != nil {
		c.syntax(t, "the condition of {% "+t.name+" %} can't be read", "")
		return
	}
	n := len(c.uses)
	c.expression(t, lex(t.args))
	for i := n; i < len(c.uses); i++ {
		c.uses[i].Guarded = true
	}
}

func (c *checker) clause(t *tag) {
	if len(c.open) == 0 || !slices.Contains(clauses[c.open[len(c.open)-1].name], t.name) {
		c.syntax(t, "{% "+t.name+" %} stands outside the tag it belongs to", "")
		return
	}
	b := &c.open[len(c.open)-1]
	b.here = b.later
	switch t.name {
	case "elsif":
		c.condition(t)
		g := guardsOf(t.args)
		b.here = union(b.later, g.holds)
		b.later = union(b.later, g.fails)
	case "when":
		if err := parseStatement(whenStatement, t.args); err != nil {
			c.syntax(t, "{% when %} can't be read", "")
			return
		}
		list := lex(t.args)
		c.expression(t, list)
		if !meansEmpty(list) {
			b.here = guardsOf(b.args).holds
		}
	case "else":
		c.bare(t)
	}
}

// bare checks that a tag has no arguments; Liquid would ignore them.
func (c *checker) bare(t *tag) {
	if t.args != "" {
		c.syntax(t, "{% "+t.name+" %} takes nothing behind its name", "")
	}
}

func (c *checker) closer(t *tag) {
	c.bare(t)
	n := len(c.open)
	if n == 0 || c.open[n-1].name != t.name[3:] {
		c.syntax(t, "{% "+t.name+" %} closes nothing", "")
		return
	}
	c.open = c.open[:n-1]
}

func (c *checker) assign(t *tag) {
	list := lex(t.args)
	if err := parseStatement(assignStatement, t.args); err != nil || len(list) < 2 || list[1].text != "=" {
		c.syntax(t, "{% assign %} can't be read", "write {% assign name = value %}")
		return
	}
	c.expression(t, list[2:])
	c.local(t, list[0])
}

// local notes a name that the text gives itself.
func (c *checker) local(t *tag, l lexeme) {
	reserved := []string{"content", "subject", "preview", "unsubscribe_url", "language", "blank", "empty"}
	if c.t.nouns[l.text] != nil || slices.Contains(reserved, l.text) {
		c.report.at(c.inArgs(t, l.at), "liquid-syntax", fmt.Sprintf("the name %q is taken", l.text), "choose another")
		return
	}
	c.locals[l.text] = true
}

// maxTurns bounds the turns of all loops of one rendering together.
const maxTurns = 1000

func (c *checker) loop(t *tag) {
	list := lex(t.args)
	if err := parseStatement(loopStatement, t.args); err != nil || len(list) < 3 {
		c.syntax(t, "{% for %} can't be read", "write {% for name in list %}")
		return
	}
	rest := slices.DeleteFunc(slices.Clone(list[2:]), func(l lexeme) bool {
		return l.kind == lexName && l.text == "reversed"
	})
	c.expression(t, rest)
	c.boundedRange(t, rest)
	c.local(t, list[0])
	c.locals["forloop"] = true
}

// boundedRange refuses ranges whose length isn't plain to see.
func (c *checker) boundedRange(t *tag, list []lexeme) {
	e := read(list)
	if len(e.ranges) == 0 {
		return
	}
	if len(e.ranges) > 1 || e.piped || len(list) < 5 || list[2].kind != lexRange {
		c.syntax(t, "a range must be written out", "write (1..10)")
		return
	}
	from, err1 := strconv.Atoi(list[1].text)
	to, err2 := strconv.Atoi(list[3].text)
	if err1 != nil || err2 != nil {
		c.syntax(t, "the ends of a range must be whole numbers", "write (1..10)")
	} else if to-from >= maxTurns {
		c.syntax(t, fmt.Sprintf("a loop turns at most %d times", maxTurns), "")
	}
}
