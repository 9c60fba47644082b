package sequences

import (
	"regexp"
	"slices"
	"strings"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/internal/yamldoc"
)

var (
	marker     = regexp.MustCompile(`^ {0,3}:{3,}[ \t]*(.*?)[ \t]*$`)
	blockText  = regexp.MustCompile(`^(subject|preview):([ \t]*)(.*?)[ \t]*$`)
	almostText = regexp.MustCompile(`(?i)^\s*(subject|preview)\s*:`)
)

// selectorKeys are what a block may choose its readers by.
var selectorKeys = []string{"persona", "variant", "lang", "kind"}

// A bodyReader cuts a body into blocks. Plain text between them is a block for
// everybody; blank lines alone are none.
type bodyReader struct {
	*draft
	done  []Block
	open  bool // a ::: block is open
	block Block
	text  []string
}

// parseBody reads the body whose first line is line first of the file.
func (d *draft) parseBody(lines []string, first int) []Block {
	r := &bodyReader{draft: d}
	r.begin(Block{At: Position{first, 1}, Line: first})
	var code verbatim
	for i, line := range lines {
		m := marker.FindStringSubmatch(line)
		if code.holds(line) || m == nil {
			r.line(line, first+i)
			continue
		}
		r.mark(m[1], Position{first + i, strings.Index(line, ":") + 1})
	}
	if r.open {
		r.report("block", r.block.At, "this block isn't closed: a line ::: must end it")
	}
	r.end()
	if len(r.done) > maxBlocks {
		r.report("size", r.done[maxBlocks].At, "more than %d blocks in one step", maxBlocks)
		r.done = r.done[:maxBlocks]
	}
	r.choices()
	return r.done
}

func (r *bodyReader) begin(b Block) { r.block, r.text = b, nil }

// line adds a line to the current block. The first lines of a ::: block may give
// a subject and a preview; blank ones and remarks may stand around them.
func (r *bodyReader) line(line string, at int) {
	if !r.open || len(r.text) > 0 || !r.head(line, at) {
		r.text = append(r.text, line)
		return
	}
	r.block.Line = at + 1
}

// head reads a line before the text of a ::: block, and tells whether it was one.
func (r *bodyReader) head(line string, at int) bool {
	if strings.TrimSpace(remark.ReplaceAllString(line, "")) == "" {
		return true
	}
	if m := blockText.FindStringSubmatch(line); m != nil {
		r.give(m[1], m[3], Position{at, len(m[1]) + 1 + len(m[2]) + 1})
		return true
	}
	m := almostText.FindStringSubmatch(line)
	if m == nil {
		return false
	}
	key, where := strings.ToLower(m[1]), Position{at, 1 + len(line) - len(strings.TrimLeft(line, " \t"))}
	f := r.report("block", where, "%q at the beginning of a block is no key", strings.TrimSpace(m[0]))
	f.Suggestion = "write " + key + ": in small letters, at the beginning of the line"
	r.give(key, strings.TrimSpace(line[len(m[0]):]), where) // what was meant has no further mistake
	return true
}

// give sets the block's subject or preview.
func (r *bodyReader) give(key, value string, where Position) {
	if text, stripped := yamldoc.Unquote(value); stripped {
		value = text
		where.Column++
	}
	if key == "subject" {
		r.block.Subject, r.block.SubjectAt = value, where
	} else {
		r.block.Preview, r.block.PreviewAt = value, where
	}
}

// mark handles a ::: line.
func (r *bodyReader) mark(words string, at Position) {
	if words == "" {
		if !r.open {
			r.report("block", at, "this ::: closes no block")
		}
		r.end()
		r.begin(Block{At: Position{at.Line + 1, 1}, Line: at.Line + 1})
		return
	}
	if r.open {
		f := r.report("block", at, "blocks don't nest: the one opened on line %d is still open", r.block.At.Line)
		f.Suggestion = "close it with ::: first"
	}
	r.end()
	b := Block{At: at, Line: at.Line + 1}
	b.For, b.Otherwise = r.selection(words, at)
	r.begin(b)
	r.open = true
}

// end puts the current block to the others.
func (r *bodyReader) end() {
	r.block.Text = strings.Join(r.text, "\n")
	if r.open || strings.TrimSpace(r.block.Text) != "" {
		r.done = append(r.done, r.block)
	}
	r.open = false
}

// selection reads "persona x, variant b" or "otherwise".
func (r *bodyReader) selection(words string, at Position) (sel Selection, otherwise bool) {
	if words == "otherwise" {
		return sel, true
	}
	var kind string
	fields := map[string]*string{"persona": &sel.Persona, "variant": &sel.Variant, "lang": &sel.Lang, "kind": &kind}
	for part := range strings.SplitSeq(words, ",") {
		key, value, _ := strings.Cut(strings.TrimSpace(part), " ")
		value = strings.TrimSpace(value)
		field := fields[key]
		switch {
		case key == "otherwise":
			r.report("block", at, "otherwise stands alone: it is for whom no other block is for")
			continue
		case field == nil:
			r.unknown("block", at, "selection", key, append(slices.Clone(selectorKeys), "otherwise"))
			continue
		case value == "":
			r.report("block", at, "%s needs a name after it", key)
			continue
		case *field != "":
			r.report("block", at, "%s is chosen twice", key)
			continue
		}
		if r.selectable(key, value, at) {
			*field = value
		}
	}
	sel.Kind = andante.Kind(kind)
	return sel, false
}

// selectable tells whether the value is well formed. That a persona or variant
// exists is a question for the rules.
func (r *bodyReader) selectable(key, value string, at Position) bool {
	switch {
	case key == "kind" && (!andante.Kind(value).Valid() || andante.Kind(value) == andante.Decide):
		r.unknown("block", at, "kind", value, kindNames())
	case key == "lang" && !languageForm.MatchString(value):
		r.report("block", at, "%q is no language", value).Suggestion = "write a code such as en or de-AT"
	case key != "lang" && !slugForm.MatchString(value):
		r.report("name", at, "%q is no name: lower case letters, digits, dashes and underscores", value)
	default:
		return true
	}
	return false
}

// choices numbers the choices. A choice is a run of blocks of which each shares a
// key with the one before it, and the `::: otherwise` that may end it: a reader gets
// one of them. Blocks that share no key choose by different things.
func (r *bodyReader) choices() {
	choice := 0
	for i := range r.done {
		b, before := &r.done[i], Block{}
		if i > 0 {
			before = r.done[i-1]
		}
		switch {
		case b.Otherwise && (before.Choice == 0 || before.Otherwise):
			r.report("block", b.At, "otherwise must follow a block that chooses its readers").Suggestion = "begin with one such as ::: persona cfo"
		case b.Otherwise:
			b.Choice = before.Choice
			// A choice within one kind stays within it: "otherwise" after
			// "kind sms, persona cfo" is the text message for the others.
			if len(before.For.keys()) > 1 {
				b.For.Kind = before.For.Kind
			}
		case b.For == Selection{}:
		case !before.Otherwise && b.For.shares(before.For):
			b.Choice = before.Choice
		default:
			choice++
			b.Choice = choice
		}
	}
}
