package templates

import (
	"fmt"
	"slices"
	"time"

	"github.com/andante-hq/andante"
)

// Source is the text that one group of readers gets of a step: already composed
// for persona, variant, language and kind.
type Source struct {
	File string
	// Lines[i] is the line of the file in which line i of Body stands. It may be
	// nil or shorter than the body; the lines then count on.
	Lines                    []int
	SubjectLine, PreviewLine int
	// SubjectColumn and PreviewColumn say where the words begin in their line.
	// 0 means right after "subject: " and "preview: ".
	SubjectColumn, PreviewColumn int

	Subject, Preview string // one line of text with Liquid
	Body             string // Markdown with Liquid
	Layout           string // letter or newsletter; empty: letter
	Kind             andante.Kind
	Language         string   // of the words; empty: the contact's
	Needs            []string // paths that the step's needs: guarantees to be filled
}

// Input is what one message is rendered from.
type Input struct {
	Values      andante.Values // the company's fields, once given, must not change
	Subject     string         // of the mail that is answered, with its Re:; empty: the text's own
	Unsubscribe string         // https address of the way out; empty for none
	WayOut      WayOut         // that ends a text message, and a piece that goes by post
	Quote       *Quote         // the earlier mail that this one answers; nil for none
	Line        string         // that somebody adds of their own, after the greeting; plain text
}

// Quote is an earlier mail, quoted below the text. All of it may be dirty.
type Quote struct {
	From string
	Date time.Time
	Text string
}

// Rendered is a finished message. HTML is empty for every kind but email.
type Rendered struct {
	Subject, Preview, HTML, Text string
	// Images are the workspace's own that the HTML shows, by their Content-ID.
	Images []andante.Part
	// Words are what a later mail quotes: the text without what the layout puts
	// around it.
	Words string
	// Link is the address of the one link of what goes by post: its words stand in the text,
	// and it is printed as a code.
	Link string
	// WayOut is how who gets it by post says that they want no more.
	WayOut string
}

// Use is a field that a text uses, at its place in the file.
type Use struct {
	Path         string
	Line, Column int
	Guarded      bool // with a default, or inside an {% if %} on it
}

// A Template is the compiled text of a step for one group of readers. It is
// immutable and safe for concurrent use.
type Template struct {
	source    Source
	templates *Templates
	layout    layout
	subject   *unit
	preview   *unit
	html      *unit // nil for kinds other than email
	text      *unit
	uses      []Use
	room      int  // most bytes of the subject; 0: maxLine
	hollow    bool // the HTML may have lists, headings or links with nothing in them
}

// Uses lists the fields that subject, preview and body use, in their order, once
// for each place. A field that a partial uses stands where the partial is put in.
func (t *Template) Uses() []Use { return slices.Clone(t.uses) }

// A RenderError tells why a text could not be rendered for this contact. It
// carries the place in the file and no contact data.
type RenderError struct {
	File         string
	Line, Column int
	Err          error
}

// Error formats the error as file:line:column: problem.
func (e *RenderError) Error() string {
	return fmt.Sprintf("%s:%d:%d: %s", e.File, e.Line, e.Column, problem(e.Err))
}

// Unwrap returns the cause: a context's error when the time was up.
func (e *RenderError) Unwrap() error { return e.Err }
