package templates

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/png"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/andante-hq/andante"
)

func mapFS(files map[string]string) fstest.MapFS {
	fs := fstest.MapFS{}
	for name, data := range files {
		fs[name] = &fstest.MapFile{Data: []byte(data)}
	}
	return fs
}

func compile(t testing.TB, src Source) *Template {
	t.Helper()
	templates, _ := New(nil, testFields)
	tpl, findings := templates.Compile(src)
	for _, f := range findings {
		t.Error(f)
	}
	if tpl == nil {
		t.FailNow()
	}
	return tpl
}

// TestWidthOfImages: Outlook on Windows shows an image as wide as it is, whatever its style says.
func TestWidthOfImages(t *testing.T) {
	t.Parallel()
	picture := func(w int) string {
		var b bytes.Buffer
		if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, w, 10))); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	templates, _ := New(mapFS(map[string]string{"images/wide.png": picture(2400), "images/small.png": picture(120)}), testFields)
	tpl, findings := templates.Compile(Source{File: "sequences/x.md", Kind: andante.Email, Subject: "Pictures", Body: "![Wide](../templates/images/wide.png) ![Small](../templates/images/small.png)"})
	if len(findings) > 0 {
		t.Fatal(findings)
	}
	r, err := tpl.Render(context.Background(), Input{Values: testValues("")})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`alt="Wide" style="max-width:100%;height:auto;border:0" width="600"`, `alt="Small" style="max-width:100%;height:auto;border:0" width="120"`} {
		if !strings.Contains(r.HTML, want) {
			t.Errorf("there is no %s in %s", want, r.HTML)
		}
	}
}

var hiddenPreview = regexp.MustCompile(`<div style="display:none;[^"]*">look &lt;inside&gt;`)

func TestShippedLayouts(t *testing.T) {
	t.Parallel()
	for _, layout := range layoutNames {
		for _, tt := range []struct{ contact, language, want string }{
			{"", "", "Unsubscribe"}, {"german", "", "Abmelden"}, {"", "de", "Abmelden"}, {"german", "en", "Unsubscribe"},
		} {
			tpl := compile(t, Source{
				File: "x", Kind: andante.Email, Layout: layout, Language: tt.language,
				Subject: "A <b> & c", Preview: "look <inside>", Body: "Hello",
			})
			r, err := tpl.Render(context.Background(), Input{Values: testValues(tt.contact), Unsubscribe: "https://acme.example/u?a=1&b=2"})
			if err != nil {
				t.Fatal(err)
			}
			for _, part := range []string{
				`<a href="https://acme.example/u?a=1&amp;b=2"`, ">" + tt.want + "</a>", "Acme Energy, 1 Main Street, Austin TX 78701",
				"Registered in Austin, no. 42", "<title>A &lt;b&gt; &amp; c</title>", `name="color-scheme"`,
			} {
				if !strings.Contains(r.HTML, part) {
					t.Errorf("%s: the HTML lacks %q", layout, part)
				}
			}
			for _, part := range []string{"Hello\n", tt.want + ": https://acme.example/u?a=1&b=2\n", "Acme Energy, 1 Main Street, Austin TX 78701\n"} {
				if !strings.Contains(r.Text, part) {
					t.Errorf("%s: the text lacks %q:\n%s", layout, part, r.Text)
				}
			}
			if body := r.HTML[strings.Index(r.HTML, "<body"):strings.Index(r.HTML, "Hello")]; !hiddenPreview.MatchString(body) {
				t.Errorf("%s: no hidden preview before the text:\n%s", layout, body)
			}
			if !strings.Contains(r.HTML, "overflow-wrap:anywhere;word-break:break-word") {
				t.Errorf("%s: a long word makes the page wider", layout)
			}
		}
	}
}

func TestNoWayOut(t *testing.T) {
	t.Parallel()
	tpl := compile(t, Source{File: "x", Kind: andante.Email, Subject: "s", Body: "Hello"})
	r, err := tpl.Render(context.Background(), Input{Values: testValues("")})
	if err != nil || strings.Contains(r.HTML, "Unsubscribe") || strings.Contains(r.Text, "Unsubscribe") {
		t.Errorf("got %v, %s", err, r.Text)
	}
	if _, err = tpl.Render(context.Background(), Input{Values: testValues(""), Unsubscribe: "javascript:x"}); !errors.Is(err, errScheme) {
		t.Errorf("a way out through javascript: %v", err)
	}
}

// TestMissingFields shows that values need not be complete.
func TestMissingFields(t *testing.T) {
	t.Parallel()
	tpl := compile(t, Source{File: "x", Kind: andante.SMS, Body: `[{{ contact.name | default: "there" }}{{ owner.name }}]`})
	r, err := tpl.Render(context.Background(), Input{})
	if err != nil || r.Text != "[there]" {
		t.Errorf("got %q, %v", r.Text, err)
	}
}

func TestRenderLimits(t *testing.T) {
	t.Parallel()
	values := func(name string) andante.Values {
		v := testValues("")
		v["contact"]["job_title"] = name
		return v
	}
	canceled, cancel := context.WithCancel(context.Background())
	cancel()
	loop := Source{File: "x", Kind: andante.Email, Subject: "s", Body: "{% for i in (1..500) %}\n\n{{ contact.job_title }}\n\n{% endfor %}\n!"}
	tests := []struct {
		name  string
		ctx   context.Context
		src   Source
		value string
		want  error
	}{
		{"long subject", context.Background(), Source{File: "x", Kind: andante.Email, Subject: "{{ contact.job_title }}!", Body: "b"}, strings.Repeat("a", 3000), errTooLong},
		{"long text", context.Background(), loop, strings.Repeat("a", 3000), errTooLong},
		{"escaped too long", context.Background(), loop, strings.Repeat("<", 1500), errTooLong},
		{"canceled", canceled, loop, "x", context.Canceled},
		{"fits", context.Background(), loop, strings.Repeat("a", 1000), nil},
		{"empty subject", context.Background(), Source{File: "x", Kind: andante.Email, Subject: "{{ contact.job_title }}", Needs: []string{"contact.job_title"}, Body: "b"}, " \x00", errEmptySubject},
		{"empty text", context.Background(), Source{File: "x", Kind: andante.SMS, Needs: []string{"contact.job_title"}, Body: "{{ contact.job_title }}"}, " \r\n", errEmptyText},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := compile(t, tt.src).Render(tt.ctx, Input{Values: values(tt.value)})
			var failed *RenderError
			if !errors.Is(err, tt.want) || tt.want != nil && !errors.As(err, &failed) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
		})
	}
}

func TestDeepPartials(t *testing.T) {
	t.Parallel()
	files := map[string]string{"partials/p9.md": "end"}
	for i := 1; i < 9; i++ {
		files["partials/p"+string(rune('0'+i))+".md"] = `{% render "p` + string(rune('1'+i)) + `" %}`
	}
	_, findings := New(mapFS(files), nil)
	if len(findings) == 0 || !strings.Contains(findings[0].Message, "deep") {
		t.Errorf("nine partials in each other: %v", findings)
	}
	delete(files, "partials/p1.md")
	if _, findings = New(mapFS(files), nil); len(findings) > 0 {
		t.Errorf("eight partials in each other: %v", findings)
	}
}

// TestLines shows that findings carry the lines of the file.
func TestLines(t *testing.T) {
	t.Parallel()
	templates, _ := New(nil, nil)
	_, findings := templates.Compile(Source{
		File: "f.md", Kind: andante.Email, SubjectLine: 4, SubjectColumn: 3, PreviewLine: 9,
		Subject: "{{ a.b }}", Preview: "{{ a.c }}",
		Body: "one\r\n{{ a.d }}\n\nx {{ a.e }}\n[x](/y)", Lines: []int{20, 22},
	})
	var got []string
	for _, f := range findings {
		got = append(got, strings.Join(strings.SplitN(f.Error(), ":", 4)[:3], ":"))
	}
	want := []string{"f.md:4:6", "f.md:9:13", "f.md:22:4", "f.md:24:6", "f.md:25:1"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("positions (-want +got):\n%s", diff)
	}
}

// TestConcurrent renders and compiles at once; run it with -race.
func TestConcurrent(t *testing.T) {
	t.Parallel()
	templates, _ := New(mapFS(map[string]string{"partials/p.md": "*{{ v }}*"}), testFields)
	src := everywhere
	first, _ := templates.Compile(src)
	want, err := first.Render(context.Background(), Input{Values: testValues("")})
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			tpl, _ := templates.Compile(src)
			for range 20 {
				for _, each := range []*Template{tpl, first} {
					got, err := each.Render(context.Background(), Input{Values: testValues("")})
					if err != nil || !reflect.DeepEqual(got, want) {
						t.Errorf("another result: %v", err)
					}
				}
			}
		})
	}
	wg.Wait()
}

func TestFilterNames(t *testing.T) {
	t.Parallel()
	if !slices.IsSorted(FilterNames) {
		t.Error("FilterNames is out of order")
	}
	for _, name := range FilterNames {
		if allFilters[name] == nil {
			t.Errorf("there is no filter %s", name)
		}
	}
	for _, name := range []string{"safe", "json", "inspect", "type", "newline_to_br", "strip_html", "url_decode"} {
		templates, _ := New(nil, nil)
		if _, findings := templates.Compile(Source{Kind: andante.SMS, Body: "{{ account.name | " + name + " }}"}); len(findings) != 1 || findings[0].Rule != "unknown-filter" {
			t.Errorf("filter %s: %v", name, findings)
		}
	}
}

func BenchmarkRender(b *testing.B) {
	paragraph := "We measured forty buildings like **yours** last winter and found three changes that pay for themselves within a year. "
	src := Source{
		File: "bench", Kind: andante.Email, Layout: "letter",
		Subject: "How {{ account.name }} compares in {{ account.industry | default: \"your sector\" }}",
		Body: "Hello {{ contact.first_name | default: \"there\" }},\n\n" + strings.Repeat(paragraph, 9) +
			"\n\n{% if account.industry %}\nOthers in {{ account.industry }} did it already.\n{% endif %}\n\n" + strings.Repeat(paragraph, 9) +
			"\n\n- {{ account.name }}\n- {{ contact.name }}\n\n[See where you stand](https://acme.example/benchmark?b={{ account.id }}&c={{ contact.id }})\n\nBest,\n{{ sender.first_name }}\n",
	}
	tpl := compile(b, src)
	in := Input{Values: testValues(""), Unsubscribe: "https://acme.example/u/abcdefgh"}
	b.ReportAllocs()
	b.SetBytes(int64(len(src.Body)))
	for b.Loop() {
		if _, err := tpl.Render(context.Background(), in); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkCompile(b *testing.B) {
	templates, _ := New(nil, testFields)
	src := Source{File: "bench", Kind: andante.Email, Subject: "s", Body: strings.ReplaceAll(everywhere.Body, `{% render "p", v: contact.job_title %}`, "")}
	for b.Loop() {
		if tpl, _ := templates.Compile(src); tpl == nil {
			b.Fatal("it doesn't compile")
		}
	}
}
