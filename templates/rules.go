package templates

import (
	"slices"

	"github.com/andante-hq/andante"
)

// A Rule is one thing that is checked inside a text or a layout.
type Rule struct {
	Name     string
	Severity andante.Severity
	Doc      string // one line, for docs/rules.md
}

// Rules returns every rule that Compile and New keep, for docs/rules.md.
func Rules() []Rule { return slices.Clone(ruleList) }

var ruleList = []Rule{
	{"control-character", andante.SeverityError, "A text holds no control characters."},
	{"empty-subject", andante.SeverityError, "A mail's subject is empty for no contact."},
	{"image", andante.SeverityError, "An image of the workspace is there, is the PNG, JPEG or GIF that its name says, and has at most 1 MB."},
	{"image-alt", andante.SeverityWarning, "An image has a text for those who do not see it."},
	{"layout", andante.SeverityError, "A layout exists, and prints the content and the way out."},
	{"link-host", andante.SeverityError, "No value chooses the host of a link that the author has begun."},
	{"link-scheme", andante.SeverityError, "A link begins with https, http, mailto or tel."},
	{"liquid-syntax", andante.SeverityError, "Liquid's tags and objects are closed, nested and well formed."},
	{"no-text", andante.SeverityError, "No reader gets an empty text."},
	{"render", andante.SeverityError, "A text renders for a contact about whom everything is known, and for one about whom nothing is."},
	{"unknown-field", andante.SeverityError, "A text names fields that exist."},
	{"unknown-filter", andante.SeverityError, "A text uses filters that exist."},
	{"unknown-partial", andante.SeverityError, "A text puts in partials that exist, where they can stand."},
	{"unsafe-html", andante.SeverityError, "HTML of your own keeps to the tags and attributes that mail programs take."},
}
