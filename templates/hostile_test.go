package templates

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"

	"github.com/andante-hq/andante"
)

// hostile values that a stranger can type into a form.
var hostile = []string{
	`<script>alert(1)</script>`,
	`</p></td></table><script>alert(1)</script>`,
	`"><img src=x onerror=alert(1)>`,
	`' onmouseover='alert(1)`,
	"` onfocus=alert(1) autofocus",
	`--><script>alert(1)</script><!--`,
	`]]><svg/onload=alert(1)>`,
	`{{ contact.email }}`,
	`{{ "x" | append: company.name }}`,
	`{% include "../../etc/passwd" %}`,
	`{% raw %}`,
	`{% endif %}{% endfor %}`,
	`lqx0z lqx1z lqlqx2z`,
	`[click](javascript:alert(1))`,
	`[click](https://evil.example)`,
	`![x](https://evil.example/t.png)`,
	`<https://evil.example>`,
	"# heading\n\n- item\n\n> quote\n\n```\ncode",
	`| a | b |`,
	`**bold** _em_ ~~del~~ \*`,
	`javascript:alert(1)`,
	`JaVaScRiPt:alert(1)`,
	" \tjavascript:alert(1)",
	"java\nscript:alert(1)",
	"java\x00script:alert(1)",
	`&#106;avascript:alert(1)`,
	`&lt;script&gt;`,
	`data:text/html;base64,PHNjcmlwdD4=`,
	`vbscript:msgbox(1)`,
	`//evil.example/x`,
	`\\evil.example`,
	`https:evil.example`,
	`%0d%0aBcc: evil@example.com`,
	"x\r\nBcc: evil@example.com",
	"x\nBcc: evil@example.com\n\nbody",
	"x\rBcc: evil@example.com",
	"a\x00b\x07c\x1bd\x7fe",
	"\x01\x02\x03\x04\x05\x06\x07\x08\x0e\x0f\x1f",
	"a\u202eb\u2066c\u2069d",
	"a\u2028b\u2029c\u0085d",
	"\xff\xfe\xc3",
	"\ufeffx",
	`x@y.example?bcc=evil@example.com&subject=s`,
	`a/../../b?c=d&e=f#g`,
	`a b+c%20d;e=f`,
	`" | append: contact.email | append: "`,
	strings.Repeat("A", 900),
	strings.Repeat("<", 300),
}

// everywhere has a value in every place that there is.
var everywhere = Source{
	File: "everywhere", Kind: andante.Email, Layout: "newsletter",
	Subject: `S {{ contact.job_title }}`,
	Preview: `P {{ contact.job_title | default: "x" }}`,
	Body: `Text {{ contact.job_title }} and **{{ contact.job_title }}** and {{ contact.job_title | append: contact.job_title }}.

[x {{ contact.job_title }}](https://acme.example/{{ contact.job_title }}?q={{ contact.job_title }}#{{ contact.job_title }} "t {{ contact.job_title }}")

[m](mailto:{{ contact.job_title }}?subject={{ contact.job_title }}) <https://acme.example/{{ contact.job_title }}>

![alt {{ contact.job_title }}](https://acme.example/{{ contact.job_title }}.png "{{ contact.job_title }}")

# Heading {{ contact.job_title }}

- {{ contact.job_title }}
{% if contact.job_title %}
- {{ contact.job_title | upcase | truncate: 500 }}
{% endif %}

> {{ contact.job_title }}

| {{ contact.job_title }} | b |
|---|---|
| c | {{ contact.job_title }} |

` + "Code `{{ contact.job_title }}`\n\n```\n{{ contact.job_title }}\n```\n" + `
<span title="{{ contact.job_title }}">{{ contact.job_title }}</span> <a href="https://acme.example/?x={{ contact.job_title }}">x</a>

{% assign v = contact.job_title | replace: "x", contact.job_title %}
{{ v }} {% render "p", v: contact.job_title %} {% for w in (1..2) %}{{ v }}{% endfor %}
`,
}

// shape lists elements, attributes' names and the fixed part of addresses.
func shape(t *testing.T, doc string) []string {
	t.Helper()
	var list []string
	z := html.NewTokenizer(strings.NewReader(doc))
	for {
		switch z.Next() {
		case html.ErrorToken:
			return list
		case html.StartTagToken, html.SelfClosingTagToken, html.EndTagToken, html.CommentToken, html.DoctypeToken:
			tok := z.Token()
			s := tok.Type.String() + " " + tok.Data
			for _, a := range tok.Attr {
				s += " " + a.Key
				if a.Key == "href" || a.Key == "src" {
					u, err := url.Parse(a.Val)
					if err != nil {
						t.Errorf("address %q: %v", a.Val, err)
						continue
					}
					s += "=" + u.Scheme + "://" + u.Host
					if strings.Count(u.RawQuery, "&") > 0 && u.Host != "acme.example" {
						t.Errorf("address %q has another parameter", a.Val)
					}
				}
			}
			list = append(list, s)
		}
	}
}

func hostileTemplate(t testing.TB, src Source) *Template {
	t.Helper()
	workspace := mapFS(map[string]string{"partials/p.md": "*{{ v }}* [x](https://acme.example/{{ v }})"})
	templates, findings := New(workspace, testFields)
	tpl, more := templates.Compile(src)
	for _, f := range append(findings, more...) {
		t.Error(f)
	}
	if tpl == nil {
		t.FailNow()
	}
	return tpl
}

// checkHarmless renders a value everywhere and compares with a harmless one.
func checkHarmless(t *testing.T, tpl *Template, value string, want []string) {
	t.Helper()
	v := testValues("")
	v["contact"]["job_title"] = value
	r, err := tpl.Render(context.Background(), Input{
		Values: v, Unsubscribe: "https://acme.example/u",
		Quote: &Quote{From: value, Text: strings.ReplaceAll(value, "\n", " ")},
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, shape(t, r.HTML)); diff != "" {
		t.Errorf("the value changes the shape of the HTML (-want +got):\n%s", diff)
	}
	valid := utf8.ValidString(value) && !strings.ContainsRune(value, unicode.ReplacementChar)
	for name, s := range map[string]string{"subject": r.Subject, "preview": r.Preview, "html": r.HTML, "text": r.Text} {
		for i, c := range s {
			line := name == "subject" || name == "preview"
			if c == '\n' && !line {
				continue
			}
			if unicode.IsControl(c) || turnsDirection(c) || c == '\u2028' || c == '\u2029' || c == unicode.ReplacementChar && valid {
				t.Errorf("%s has U+%04X at %d", name, c, i)
			}
		}
	}
}

func TestHostileValues(t *testing.T) {
	t.Parallel()
	tpl := hostileTemplate(t, everywhere)
	v := testValues("")
	v["contact"]["job_title"] = "Harmless"
	r, err := tpl.Render(context.Background(), Input{
		Values: v, Unsubscribe: "https://acme.example/u", Quote: &Quote{From: "x", Text: "x"},
	})
	if err != nil {
		t.Fatal(err)
	}
	want := shape(t, r.HTML)
	for i, value := range hostile {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			t.Parallel()
			checkHarmless(t, tpl, value, want)
		})
	}
}

// TestValuesAreWords shows that a value arrives as it was typed.
func TestValuesAreWords(t *testing.T) {
	t.Parallel()
	tpl := hostileTemplate(t, Source{
		File: "words", Kind: andante.Email, Needs: []string{"contact.job_title"}, Subject: "{{ contact.job_title }}", Body: "A {{ contact.job_title }} B",
	})
	for _, value := range []string{
		"{{ contact.email }}", "{% include 'x' %}", "[a](javascript:b)", "<b>&amp;", "&#106;", "lqx0z", "**a** -- \"b\" 'c' ...", "https://x.example",
	} {
		v := testValues("")
		v["contact"]["job_title"] = value
		r, err := tpl.Render(context.Background(), Input{Values: v})
		if err != nil {
			t.Fatal(err)
		}
		doc := html.UnescapeString(r.HTML)
		if r.Subject != value || !strings.Contains(doc, ">A "+value+" B<") || !strings.HasPrefix(r.Text, "A "+value+" B\n") {
			t.Errorf("%q became %q, %q", value, r.Subject, r.Text)
		}
	}
}

func TestAddressOfAValue(t *testing.T) {
	t.Parallel()
	tpl := hostileTemplate(t, Source{
		File: "start", Kind: andante.Email, Subject: "s", Body: "{% if contact.job_title %}[x]({{ contact.job_title }}/a?b={{ contact.job_title }}){% endif %}!",
	})
	good := map[string]string{
		"https://x.example":                `href="https://x.example/a?b=https%3A%2F%2Fx.example"`,
		" https://x.example":               `href="https://x.example/a?b=`,
		"HTTP://x.example":                 `href="HTTP://x.example/a?b=`,
		"mailto:a@x.example":               `href="mailto:a@x.example/a?b=`,
		`https://x.example/"><script>'`:    `href="https://x.example/%22%3E%3Cscript%3E&#39;/a?b=`,
		"https://x.example/a b\x00c":       `href="https://x.example/a%20b%20c/a?b=`,
		"https://x.example/ü{{ x }}":       `href="https://x.example/%C3%BC%7B%7B%20x%20%7D%7D/a?b=`,
		"https://x.example/\u202egnp.exe":  `href="https://x.example/gnp.exe/a?b=`,
		"https://x.example/\r\nBcc: x@y.z": `href="https://x.example/%20%20Bcc:%20x@y.z/a?b=`,
	}
	bad := []string{
		"javascript:alert(1)", "JAVASCRIPT:x", " javascript:x", "java\nscript:x", "\x01javascript:x", "&#106;avascript:x", "data:text/html,x",
		"//x.example", "/x", "x.example", "https:x", "https://", "https:///x", "https://\\x", "file:///etc/passwd", "vbscript:x", "tel:", "\u202ehttps",
	}
	for value, want := range good {
		v := testValues("")
		v["contact"]["job_title"] = value
		r, err := tpl.Render(context.Background(), Input{Values: v})
		if err != nil || !strings.Contains(r.HTML, want) {
			t.Errorf("%q: %v %s", value, err, r.Text)
		}
	}
	for _, value := range bad {
		v := testValues("")
		v["contact"]["job_title"] = value
		_, err := tpl.Render(context.Background(), Input{Values: v})
		var failed *RenderError
		if !errors.As(err, &failed) || !errors.Is(err, errScheme) {
			t.Errorf("%q: got %v, want a refusal", value, err)
		} else if strings.Contains(err.Error(), strings.TrimSpace(value)) && len(value) > 8 {
			t.Errorf("the error quotes the value: %v", err)
		}
	}
}

func FuzzValue(f *testing.F) {
	for _, v := range hostile {
		f.Add(v)
	}
	tpl := hostileTemplate(f, everywhere)
	f.Fuzz(func(t *testing.T, value string) {
		if len(value) > 1000 || strings.TrimSpace(clean(value)) == "" {
			t.Skip() // CleanText cuts what is longer; an empty one leaves an item out
		}
		v := testValues("")
		v["contact"]["job_title"] = "Harmless"
		r, err := tpl.Render(context.Background(), Input{
			Values: v, Unsubscribe: "https://acme.example/u", Quote: &Quote{From: "x", Text: "x"},
		})
		if err != nil {
			t.Fatal(err)
		}
		checkHarmless(t, tpl, value, shape(t, r.HTML))
	})
}

func TestHostOfAValue(t *testing.T) {
	t.Parallel()
	tpl := hostileTemplate(t, Source{
		File: "host", Kind: andante.Email, Subject: "s", Needs: []string{"contact.job_title"},
		Body: "[x](https://{{ contact.job_title }}/a?{{ contact.job_title }})",
	})
	for value, want := range map[string]error{
		"x.example": nil, "a-b.c.example": nil, "bücher.example": nil, "": errEmptyURL,
		"x.example/evil": errHost, "a@evil.example": errHost, "x.example:80": errHost, "x?": errHost, "a b": errHost, "%2f": errHost, "\\x": errHost,
	} {
		v := testValues("")
		v["contact"]["job_title"] = value
		if _, err := tpl.Render(context.Background(), Input{Values: v}); !errors.Is(err, want) {
			t.Errorf("%q: got %v, want %v", value, err, want)
		}
	}
}

// TestDotsInPath shows that a value leads to no other page than the author's.
func TestDotsInPath(t *testing.T) {
	t.Parallel()
	tpl := hostileTemplate(t, Source{
		File: "dots", Kind: andante.Email, Subject: "s", Needs: []string{"contact.job_title"},
		Body: "[x](https://acme.example/a/{{ contact.job_title }}/b?c={{ contact.job_title }})",
	})
	for value, want := range map[string]string{
		"..": "/a//b?c=..", ".": "/a//b?c=.", "...": "/a/.../b?c=...", "../..": "/a/..%2F../b?c=..%2F..", "%2e%2e": "/a/%252e%252e/b?c=%252e%252e",
		"\u202e..": "/a//b?c=..", "..\n": "/a/..%20/b?c=..%20",
	} {
		v := testValues("")
		v["contact"]["job_title"] = value
		r, err := tpl.Render(context.Background(), Input{Values: v})
		if err != nil || !strings.Contains(r.HTML, `"https://acme.example`+want+`"`) || !strings.Contains(r.Text, "https://acme.example"+want) {
			t.Errorf("%q: %v\n%s", value, err, r.Text)
		}
	}
}

func TestImageOfAValue(t *testing.T) {
	t.Parallel()
	tpl := hostileTemplate(t, Source{
		File: "image", Kind: andante.Email, Subject: "s", Needs: []string{"contact.job_title"}, Body: "![x]({{ contact.job_title }})",
	})
	for value, want := range map[string]error{
		"https://x.example/a.png": nil, "HTTP://x.example": nil, "": errEmptyURL,
		"mailto:a@x.example": errImage, "tel:1": errImage, "cid:1": errImage, "data:image/png;base64,x": errImage, "javascript:x": errImage,
	} {
		v := testValues("")
		v["contact"]["job_title"] = value
		if _, err := tpl.Render(context.Background(), Input{Values: v}); !errors.Is(err, want) {
			t.Errorf("%q: got %v, want %v", value, err, want)
		}
	}
}
