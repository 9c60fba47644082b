package templates

import (
	"embed"
	"errors"
	"io/fs"
	"path"
	"slices"
	"strings"
)

//go:embed layouts
var shipped embed.FS

// A layout is what goes around a mail's text.
type layout struct{ html, text *unit }

// layoutNames lists the layouts that a text may choose.
var layoutNames = []string{"letter", "newsletter"}

// layoutWords are the names that a layout sees besides the fields.
var layoutWords = []string{"content", "subject", "preview", "unsubscribe_url", "language"}

// Reads tells whether a file of the workspace's templates/ is read.
func Reads(name string) bool {
	base, ext := strings.TrimSuffix(name, path.Ext(name)), path.Ext(name)
	if strings.HasPrefix(name, imageFolder+"/") {
		return true
	}
	return slices.Contains(layoutNames, base) && (ext == ".html" || ext == ".txt") || path.Dir(name) == "partials" && ext == ".md"
}

// readLayouts compiles the shipped layouts and the workspace's.
func (t *Templates) readLayouts(workspace fs.FS, report *reporter) {
	t.layouts = map[string]layout{}
	for _, name := range layoutNames {
		t.layouts[name] = layout{
			html: t.readLayout(workspace, name+".html", report),
			text: t.readLayout(workspace, name+".txt", report),
		}
	}
}

// readLayout compiles the workspace's layout file; the shipped one where there
// is none or it has mistakes.
func (t *Templates) readLayout(workspace fs.FS, file string, report *reporter) *unit {
	if workspace != nil {
		source, err := fs.ReadFile(workspace, file)
		if err == nil {
			if u := t.compileLayout(string(source), path.Join("templates", file), report); u != nil {
				return u
			}
		} else if !errors.Is(err, fs.ErrNotExist) {
			report.at(position{path.Join("templates", file), 1, 1}, "layout", "the layout can't be read: "+err.Error(), "")
		}
	}
	source, err := shipped.ReadFile("layouts/" + file)
	if err != nil {
		panic(err) // it is in the binary
	}
	own := &reporter{}
	u := t.compileLayout(string(source), file, own)
	if u == nil {
		panic(own.findings[0])
	}
	return u
}

// compileLayout compiles a layout; nil if it has mistakes.
func (t *Templates) compileLayout(source, file string, report *reporter) *unit {
	where := locator{file: file}
	own := &reporter{begin: position{file, 1, 1}}
	source = normalize(source)
	refuseControls(source, where, own, "\n\t")
	s := scan(source, where, own)
	chk := checker{script: s, t: t, report: own, extra: layoutWords}
	chk.check()
	wayOut(s, own)
	s.standAlone()
	c := compilation{t: t, report: own, layout: strings.TrimSuffix(path.Base(file), path.Ext(file)), mail: true, partials: map[partialUse]*unit{}}
	isHTML := path.Ext(file) == ".html"
	b := newBuilder(s, own, t.images, func(t *tag) *unit { return c.partialUnit(t, partialUse{t.partial.name, isHTML, false}) })
	b.layout = true
	if isHTML {
		b.lintLayout()
		b.placeHTML(s.cooked, true)
	} else {
		b.write(s.cooked, place{})
	}
	u := c.finish(b, chk.locals)
	report.findings = append(report.findings, own.findings...)
	if own.failed() {
		return nil
	}
	return u
}

// wayOut reports what every mail must have and the layout lacks.
func wayOut(s *script, report *reporter) {
	for _, must := range []struct{ name, why string }{
		{"content", "the text would be missing"},
		{"unsubscribe_url", "a mail needs a way out"},
		{"company.postal_address", "a mail needs the sender's postal address"},
		{"company.name", "a mail needs the sender's name"},
	} {
		has := slices.ContainsFunc(s.tags, func(t *tag) bool {
			return t.object && (t.args == must.name || strings.HasPrefix(t.args, must.name+" |"))
		})
		if !has {
			report.at(report.begin, "layout", "the layout lacks {{ "+must.name+" }}: "+must.why, "put it in")
		}
	}
}

// standAlone takes the line feed away from lines with nothing but {% %} tags, so
// that conditions leave no empty lines.
func (s *script) standAlone() {
	var out strings.Builder
	var pieces []piece
	keep := func(from, to int) {
		pieces = append(pieces, piece{out.Len(), s.sourceOffset(from)})
		for _, p := range s.pieces {
			if p.cooked > from && p.cooked < to {
				pieces = append(pieces, piece{out.Len() + p.cooked - from, p.source})
			}
		}
		out.WriteString(s.cooked[from:to])
	}
	for from := 0; from < len(s.cooked); {
		to := len(s.cooked)
		if i := strings.IndexByte(s.cooked[from:], '\n'); i >= 0 {
			to = from + i + 1
		}
		line := s.cooked[from:to]
		if trimmed := strings.TrimSpace(line); s.onlyControls(trimmed) {
			at := from + strings.Index(line, trimmed)
			keep(at, at+len(trimmed))
		} else {
			keep(from, to)
		}
		from = to
	}
	s.cooked, s.pieces = out.String(), pieces
}

// onlyControls tells whether text is {% %} tags and nothing else.
func (s *script) onlyControls(text string) bool {
	some := false
	for text != "" {
		before, t, after := s.split(text)
		if t == nil || t.object || t.partial != nil || strings.TrimSpace(before) != "" {
			return false
		}
		some, text = true, after
	}
	return some
}

// forLayout adds to the variables what only a layout sees.
func forLayout(vars map[string]any, subject, preview, unsubscribe, language string) {
	optional := func(s string) any {
		if s == "" {
			return nil
		}
		return s
	}
	vars["subject"], vars["preview"] = optional(subject), optional(preview)
	vars["unsubscribe_url"], vars["language"] = optional(unsubscribe), language
}
