package templates

import (
	"io/fs"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// clientsKnow are the properties that Gmail, Outlook (on Windows, on the web and on phones),
// Apple Mail and Yahoo Mail all take in a style attribute, or that change nothing where they
// don't: max-width, max-height, overflow and the breaking of words are for those that do.
var clientsKnow = []string{
	"background-color", "border", "border-bottom", "border-collapse", "border-left", "border-top", "color", "display", "font-family", "font-size",
	"font-weight", "height", "line-height", "margin", "margin-top", "max-height", "max-width", "mso-hide", "overflow", "overflow-wrap", "padding", "padding-left",
	"table-layout", "text-align", "vertical-align", "white-space", "width", "word-break",
}

var (
	styleAttribute = regexp.MustCompile(`style="([^"]*)"`)
	element        = regexp.MustCompile(`<([a-z][a-z0-9]*)`)
)

// TestClientsKnowOurHTML holds what we write ourselves to what major mail programs know: no
// flex box, no grid, no positions, no pictures in the background, no units but px, em and %.
func TestClientsKnowOurHTML(t *testing.T) {
	t.Parallel()
	var written []string
	files, err := fs.Glob(shipped, "layouts/*.html")
	if err != nil || len(files) != 2 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		b, err := shipped.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range styleAttribute.FindAllSubmatch(b, -1) {
			written = append(written, string(m[1]))
		}
		for _, m := range element.FindAllStringSubmatch(string(b), -1) {
			if !slices.Contains([]string{"html", "head", "meta", "title", "style", "body", "div", "br", "a", "table", "tr", "td"}, m[1]) {
				t.Errorf("%s: not every mail program knows <%s>", file, m[1])
			}
		}
	}
	for _, list := range styles {
		for _, style := range list {
			written = append(written, style)
		}
	}
	for _, style := range written {
		for declaration := range strings.SplitSeq(style, ";") {
			property, value, _ := strings.Cut(declaration, ":")
			if !slices.Contains(clientsKnow, strings.TrimSpace(property)) {
				t.Errorf("not every mail program knows %q", declaration)
			}
			if strings.Contains(value, "rem") || strings.Contains(value, "calc(") || strings.Contains(value, "var(") || strings.Contains(value, "url(") {
				t.Errorf("not every mail program knows the value of %q", declaration)
			}
		}
	}
}
