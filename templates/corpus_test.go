package templates

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/andante-hq/andante"
)

var update = flag.Bool("update", false, "rewrite the expected parts of testdata")

// bareLayout keeps the goldens to the text itself.
const bareLayout = `<main>
{{ content }}</main>
<p>{{ company.name }} {{ company.postal_address }} {% if unsubscribe_url %}<a href="{{ unsubscribe_url }}">out</a>{% endif %}</p>
`

const bareText = `{{ content }}
END OF TEXT {{ company.name }} {{ company.postal_address }} {{ unsubscribe_url }}
`

// TestCorpus compiles and renders testdata/*.txtar. A file has a part "step":
// lines of "key: value" (subject, preview, kind, layout, contact, language, needs,
// quote), an empty line, the body; and parts below templates/ for the workspace.
// The parts findings, uses, subject, preview, html, text and error are expected
// and rewritten by -update.
func TestCorpus(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("no corpus:", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			t.Parallel()
			corpusFile(t, file)
		})
	}
}

func corpusFile(t *testing.T, file string) {
	before, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	archive := txtar.Parse(before)
	input := &txtar.Archive{Comment: archive.Comment}
	workspace := fstest.MapFS{
		"letter.html": {Data: []byte(bareLayout)},
		"letter.txt":  {Data: []byte(bareText)},
	}
	var step string
	for _, f := range archive.Files {
		name, isTemplate := strings.CutPrefix(f.Name, "templates/")
		switch {
		case isTemplate:
			workspace[name] = &fstest.MapFile{Data: f.Data}
		case f.Name == "step":
			step = string(f.Data)
		default:
			continue
		}
		input.Files = append(input.Files, f)
	}
	input.Files = append(input.Files, runStep(t, step, workspace)...)
	after := txtar.Format(input)
	if *update {
		if err := os.WriteFile(file, after, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(string(before), string(after)); diff != "" {
		t.Errorf("%s differs (-want +got), run with -update:\n%s", file, diff)
	}
}

// runStep returns what is expected of a step.
func runStep(t *testing.T, step string, workspace fstest.MapFS) []txtar.File {
	src, keys := readStep(step)
	templates, findings := New(workspace, testFields)
	tpl, more := templates.Compile(src)
	var out []txtar.File
	add := func(name string, data string) {
		if data != "" {
			out = append(out, txtar.File{Name: name, Data: []byte(strings.TrimRight(data, "\n") + "\n")})
		}
	}
	var list bytes.Buffer
	for _, f := range append(findings, more...) {
		fmt.Fprintln(&list, f)
	}
	add("findings", list.String())
	if tpl == nil {
		return out
	}
	var uses bytes.Buffer
	for _, u := range tpl.Uses() {
		fmt.Fprintf(&uses, "%s %d:%d guarded=%t\n", u.Path, u.Line, u.Column, u.Guarded)
	}
	add("uses", uses.String())
	in := Input{Values: testValues(keys["contact"]), Unsubscribe: "https://acme.example/u/1?a=b&c=d"}
	if keys["quote"] != "" {
		in.Quote = &Quote{
			From: "Alex <alex@example.com>", Date: time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC),
			Text: strings.ReplaceAll(keys["quote"], `\n`, "\n"),
		}
	}
	r, err := tpl.Render(context.Background(), in)
	if err != nil {
		add("error", err.Error())
		return out
	}
	add("subject", r.Subject)
	add("preview", r.Preview)
	html, _, _ := strings.Cut(r.HTML, "</main>")
	add("html", strings.TrimPrefix(html, "<main>\n"))
	text, _, _ := strings.Cut(r.Text, "\nEND OF TEXT")
	add("text", text)
	var images []string
	for _, p := range r.Images {
		images = append(images, p.ContentID+" "+p.MediaType+" "+p.Name)
	}
	add("images", strings.Join(images, "\n"))
	return out
}

// readStep reads the part "step" as a file of its own would be read.
func readStep(step string) (Source, map[string]string) {
	head, body, _ := strings.Cut(step, "\n\n")
	keys := map[string]string{}
	src := Source{File: "step", Kind: andante.Email, Layout: "letter", Body: body}
	for i, line := range strings.Split(head, "\n") {
		key, value, _ := strings.Cut(line, ":")
		keys[key] = strings.TrimSpace(value)
		switch key {
		case "subject":
			src.Subject, src.SubjectLine = keys[key], i+1
		case "preview":
			src.Preview, src.PreviewLine = keys[key], i+1
		case "kind":
			src.Kind = andante.Kind(keys[key])
		case "layout":
			src.Layout = keys[key]
		case "language":
			src.Language = keys[key]
		case "needs":
			src.Needs = strings.Fields(keys[key])
		}
	}
	src.Lines = []int{strings.Count(head, "\n") + 3}
	return src, keys
}

var testFields = []andante.Field{
	{Noun: "contact", Name: "floors", Type: andante.NumberField},
	{Noun: "contact", Name: "topics", Type: andante.TextField},
	{Noun: "account", Name: "website", Type: andante.TextField},
}

// testValues returns a contact: full (also for ""), empty or german.
func testValues(name string) andante.Values {
	c := andante.Contact{ID: "c-1"}
	a := andante.Account{ID: "a-1", Name: "Northwind & Sons", Stage: "prospect"}
	if name != "empty" {
		c.FirstName, c.LastName, c.Email, c.Phone = "Alex", "O'Neil", "alex@example.com", "+15125550100"
		c.Fields = map[string]string{"floors": "12", "topics": "heat,light,air", "birthday": "1980-02-29"}
		a.Industry, a.Fields = "hotels", map[string]string{"website": "https://northwind.example/"}
	}
	if name == "german" {
		c.Language = "de-AT"
	}
	v := andante.NewForm(testFields, nil).Fill(c, a, andante.Person{Name: "Kim Ray", Email: "kim@acme.example"})
	v.PutPerson("sender", andante.Person{Name: "Kim Ray", Email: "kim@acme.example"})
	v["company"] = map[string]any{
		"name": "Acme Energy", "postal_address": "1 Main Street\nAustin TX 78701",
		"legal_line": "Registered in Austin, no. 42", "url": "https://acme.example", "phone": nil,
	}
	return v
}
