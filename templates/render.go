package templates

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/osteele/liquid/expressions"

	"github.com/andante-hq/andante"
)

const (
	maxBody    = 1 << 20 // bytes of HTML or text
	maxLine    = 2000    // bytes of subject or preview
	renderTime = 2 * time.Second
)

// Reasons for which a text can't be rendered.
var (
	errTooLong      = errors.New("the message becomes too long")
	errEmptySubject = errors.New("the subject is empty for this contact")
	errEmptyText    = errors.New("the text is empty for this contact")
	errTwoLinks     = errors.New("what goes by post shows one link, as a code: leave the others out")
)

// Render fills the text in. It is safe for concurrent use and gives the same
// result for the same input. The error is a [*RenderError]; after two seconds, or
// when ctx ends, it wraps the context's.
func (t *Template) Render(ctx context.Context, in Input) (Rendered, error) {
	ctx, cancel := context.WithTimeout(ctx, renderTime)
	defer cancel()
	return t.render(ctx, in, false)
}

func (t *Template) render(ctx context.Context, in Input, lenient bool) (out Rendered, err error) {
	r := &run{ctx: ctx, lenient: lenient}
	r.vars = t.templates.bind(in.Values, r)
	defer func() {
		if p := recover(); p != nil {
			out, err = Rendered{}, t.failure(fmt.Errorf("%w: %T", errEvaluate, p))
		}
	}()
	if out.Subject = in.Subject; out.Subject == "" {
		if out.Subject, err = t.line(t.subject, r); err != nil {
			return Rendered{}, err
		}
	}
	if t.text == nil {
		return out, nil // a line alone
	}
	if out.Preview, err = t.line(t.preview, r); err != nil {
		return Rendered{}, err
	}
	if t.source.Kind == andante.Email && out.Subject == "" {
		return Rendered{}, &RenderError{t.source.File, t.source.SubjectLine, 1, errEmptySubject}
	}
	if err = t.bodies(r, in, &out); err != nil {
		return Rendered{}, t.failure(err)
	}
	return out, nil
}

// buffers are kept from message to message.
var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// A sink stops a text that grows without end.
type sink struct {
	*bytes.Buffer
	max int
}

// Write implements io.Writer.
func (s sink) Write(p []byte) (int, error) {
	if s.Len()+len(p) > s.max {
		return 0, errTooLong
	}
	return s.Buffer.Write(p)
}

// line renders a subject or a preview: one line, whatever is filled in.
func (t *Template) line(u *unit, r *run) (string, error) {
	if len(u.parts) == 0 {
		return "", nil
	}
	b := buffers.Get().(*bytes.Buffer)
	defer buffers.Put(b)
	b.Reset()
	if err := u.execute(sink{b, cmp.Or(t.room, maxLine)}, r.vars); err != nil {
		return "", t.failure(err)
	}
	return strings.TrimSpace(keepControls(b.String(), "")), nil
}

// bodies renders plain text and HTML.
func (t *Template) bodies(r *run, in Input, out *Rendered) error {
	b := buffers.Get().(*bytes.Buffer)
	defer buffers.Put(b)
	b.Reset()
	if err := t.text.execute(sink{b, maxBody}, r.vars); err != nil {
		return err
	}
	mail := t.source.Kind == andante.Email
	width := 0
	if mail {
		width = textWidth
	}
	text := layOut(make([]byte, 0, b.Len()+b.Len()/8), b.Bytes(), width)
	if len(text) == 0 {
		return errEmptyText
	}
	text = addLine(text, in.Line, width)
	if !mail {
		out.Text, out.Words = string(text), string(text)
		return t.endWritten(in, out)
	}
	b.Reset()
	if err := t.html.execute(sink{b, maxBody}, r.vars); err != nil {
		return err
	}
	html := b.Bytes()
	if t.hollow {
		html = dropHollow(html)
	}
	html = addHTMLLine(html, in.Line)
	return t.layOutMail(r, in, out, text, html)
}

// endWritten ends what is no mail: a text with its way out, and a piece for the post with the
// way out and the link taken apart.
func (t *Template) endWritten(in Input, out *Rendered) (err error) {
	end := in.WayOut.Words(t.language(in.Values))
	switch {
	case t.source.Kind == andante.SMS && end != "":
		out.Text = strings.TrimRight(out.Text, "\n") + "\n" + end
	case t.source.Kind.Mailed():
		out.WayOut = end
		out.Text, out.Link, err = takeLink(out.Text)
		out.Words = out.Text
	}
	return err
}

// written matches how plain text says the address of a link: " (https://...)" behind its words,
// and ": https://..." behind a call.
var written = regexp.MustCompile(`(?m) \((https?://[^\s()]+)\)|: (https?://\S+)$`)

// takeLink takes the address of a link out of a text.
func takeLink(text string) (rest, link string, err error) {
	var last string
	rest = written.ReplaceAllStringFunc(text, func(s string) string {
		m := written.FindStringSubmatch(s)
		last = m[1] + m[2]
		if link != "" && link != last {
			err = errTwoLinks
		}
		link = last
		return ""
	})
	return rest, link, err
}

// layOutMail puts the layouts around plain text and HTML. These are rendered by now: what
// only a layout sees must not be there while they are.
func (t *Template) layOutMail(r *run, in Input, out *Rendered, text, html []byte) error {
	language := t.language(in.Values)
	forLayout(r.vars, out.Subject, out.Preview, in.Unsubscribe, language)
	b := buffers.Get().(*bytes.Buffer)
	defer buffers.Put(b)
	text = appendTextQuote(text, in.Quote, language)
	out.Words = string(text)
	if err := r.wrap(t.layout.text, text, b); err != nil {
		return err
	}
	b.Truncate(len(bytes.TrimRight(b.Bytes(), " \n")))
	b.WriteByte('\n')
	out.Text = b.String()
	err := r.wrap(t.layout.html, appendHTMLQuote(html, in.Quote, language), b)
	out.HTML, out.Images = b.String(), t.templates.images.in(b.Bytes())
	return err
}

// hollow matches a list without items, and a heading or link without words. A value
// can't look like one: it is escaped.
var hollow = regexp.MustCompile(`<(?:[uo]l|h[1-6]|a)\b[^<>]*>\s*</(?:[uo]l|h[1-6]|a)>`)

// dropHollow takes out what conditions and empty values left hollow; a link in a
// heading may leave that one so.
func dropHollow(doc []byte) []byte {
	for {
		shorter := hollow.ReplaceAll(doc, nil)
		if len(shorter) == len(doc) {
			return doc
		}
		doc = shorter
	}
}

// wrap renders a layout around content into b.
func (r *run) wrap(u *unit, content []byte, b *bytes.Buffer) error {
	r.content = content
	b.Reset()
	return u.execute(sink{b, maxBody}, r.vars)
}

// language returns the primary tag of the text's language or the contact's
// (RFC 5646 section 2.1), en when neither is known.
func (t *Template) language(v andante.Values) string {
	language := t.source.Language
	if s, ok := v["contact"]["language"].(string); ok && language == "" {
		language = s
	}
	language, _, _ = strings.Cut(strings.ToLower(language), "-")
	if language == "" {
		return "en"
	}
	return language
}

// bind returns the variables of all programs: every declared field, nil when it
// is empty.
func (t *Templates) bind(values andante.Values, r *run) map[string]any {
	vars := make(map[string]any, len(t.nouns)+3)
	for noun, names := range t.nouns {
		vars[noun] = complete(values[noun], names)
	}
	vars["blank"], vars["empty"], vars[runKey] = nil, nil, r
	return vars
}

// complete returns fields in which every name stands.
func complete(fields map[string]any, names []string) map[string]any {
	for _, name := range names {
		if _, ok := fields[name]; ok {
			continue
		}
		all := make(map[string]any, len(names))
		for _, n := range names {
			all[n] = fields[n]
		}
		return all
	}
	return fields
}

// failure makes an error one that tells where it came from.
func (t *Template) failure(err error) error {
	var f *fault
	if errors.As(err, &f) && f.tag != nil {
		return &RenderError{f.tag.file, f.tag.line, f.tag.column, f.err}
	}
	body := locator{lines: t.source.Lines}
	return &RenderError{t.source.File, body.line(0), 1, err}
}

// problem words an error for the person who wrote the text. Liquid's own words
// would quote the value, and contact data has no place in an error.
func problem(err error) string {
	var filter expressions.FilterError
	var interpreter expressions.InterpreterError
	for _, known := range []error{
		errScheme, errEmptyURL, errHost, errImage, errTooLong, errTurns, errLongString, errLongList, errDate, errDateFormat, errEmptySubject, errEmptyText, errTwoLinks, errEvaluate,
	} {
		if errors.Is(err, known) {
			return known.Error()
		}
	}
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return "rendering takes too long"
	case errors.Is(err, context.Canceled):
		return "rendering was broken off"
	case errors.As(err, &filter):
		if filter.Err != nil {
			for _, known := range []error{errDate, errDateFormat, errLongString, errLongList} {
				if errors.Is(filter.Err, known) {
					return known.Error()
				}
			}
		}
		return fmt.Sprintf("the filter %s can't work with this value", filter.FilterName)
	case errors.As(err, &interpreter):
		return "a name is not known here"
	}
	return "a value has the wrong type"
}
