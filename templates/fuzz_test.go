package templates

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/andante-hq/andante"
)

// FuzzCompile shows that no text makes the compiler panic, and that whatever
// compiles gives a mail that does nothing, filled with hostile values.
func FuzzCompile(f *testing.F) {
	f.Add(everywhere.Subject, everywhere.Body)
	for _, body := range []string{
		"{{ }}", "{{", "{%", "{% if", `{{ "}}`, "{% raw %}", "{% comment %}{{", "{% for i in (1..2) %}{% break %}{% endfor %}",
		"- {% if contact.name %}a{% endif %}", "<b {{ x }}>", "<!-- {{ x }}", "{{ 99999999999999999999 }}", "{{ \u00b7 }}",
		"{% assign x = contact.name %}{{ x.size }}", "`{{ contact.name }}`", "[a]({{ contact.name }})", "| {{ a.b }} |\n|--|",
		"<a href='https://x.example/{{ account.name }}'>x</a>", "<b title=\"{{ account.name }}\">x</b>", "<a\nhref=https://x.example>x</a>",
		"{% if account.name %}<b>{% endif %}x</b>", "<table><tr><td>{{ account.name }}</td></tr></table>", "&#123;{ account.name }}",
		"{\\{ account.name }}", "lqx0z {{ account.name }}", "{% unless contact.zone %}a\n\nb{% endunless %}", "<p>{% if account.name %}</p>{% endif %}",
	} {
		f.Add("s", body)
	}
	templates, _ := New(mapFS(map[string]string{"partials/p.md": "*{{ v }}*"}), testFields)
	values := testValues("")
	for _, noun := range []string{"contact", "account", "sender"} {
		for name, v := range values[noun] {
			if _, isText := v.(string); isText {
				values[noun][name] = `"'><script>alert(1)</script><a href=javascript:x onclick=y>{{ x }}` + "\r\n\x01"
			}
		}
	}
	f.Fuzz(func(t *testing.T, subject, body string) {
		tpl, findings := templates.Compile(Source{File: "f", Kind: andante.Email, Subject: subject, Body: body})
		if tpl == nil {
			if len(findings) == 0 {
				t.Error("neither a template nor a finding")
			}
			return
		}
		r, err := tpl.Render(context.Background(), Input{Values: values})
		var failed *RenderError
		if err != nil && !errors.As(err, &failed) {
			t.Errorf("%T %v", err, err)
		}
		inert(t, r.HTML)
		if strings.ContainsAny(r.Subject, "\r\n\x00") {
			t.Errorf("the subject is %q", r.Subject)
		}
	})
}

// inert checks that HTML does nothing and that its elements nest.
func inert(t *testing.T, doc string) {
	t.Helper()
	var open []string
	z := html.NewTokenizer(strings.NewReader(doc))
	for {
		kind := z.Next()
		if kind == html.ErrorToken {
			break
		}
		tok := z.Token()
		switch kind {
		case html.StartTagToken:
			if activeElements[tok.Data] {
				t.Errorf("the HTML has <%s>", tok.Data)
			}
			if !voidElements[tok.Data] {
				open = append(open, tok.Data)
			}
		case html.EndTagToken:
			if n := len(open); n == 0 || open[n-1] != tok.Data {
				t.Fatalf("</%s> closes %v", tok.Data, open)
			}
			open = open[:len(open)-1]
		}
		for _, a := range tok.Attr {
			if strings.HasPrefix(a.Key, "on") {
				t.Errorf("<%s> has %s", tok.Data, a.Key)
			}
			if u, err := url.Parse(strings.TrimSpace(a.Val)); a.Key == "href" && (err != nil || !slices.Contains([]string{"https", "http", "mailto", "tel"}, u.Scheme)) {
				t.Errorf("<%s> leads to %q", tok.Data, a.Val)
			}
		}
	}
	if len(open) > 0 {
		t.Errorf("%v stay open", open)
	}
}
