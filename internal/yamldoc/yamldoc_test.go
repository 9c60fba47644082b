package yamldoc_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/internal/yamldoc"
)

type limit struct {
	Name string                    `yaml:"name"`
	Max  int                       `yaml:"max"`
	Per  time.Duration             `yaml:"per"`
	For  yamldoc.OneOrMany[string] `yaml:"for"`
}

type contact struct {
	Zip    string            `yaml:"zip"`
	Phone  string            `yaml:"phone"`
	Answer string            `yaml:"answer"`
	Fields map[string]string `yaml:"fields"`
}

type policy struct {
	Limits  []limit       `yaml:"limits"`
	Gap     *limit        `yaml:"gap"`
	On      bool          `yaml:"on"`
	Share   float64       `yaml:"share"`
	When    string        `yaml:"when"`
	Contact contact       `yaml:"contact"`
	Any     *yamldoc.Node `yaml:"any"`
	Hidden  string
}

func wait(s string) (time.Duration, error) {
	if s == "soon" {
		return 0, &yamldoc.Problem{Message: "soon is no time", Suggestion: "write 1h"}
	}
	d, err := time.ParseDuration(s)
	if err != nil {
		return 0, errors.New("no duration")
	}
	return d, nil
}

func decode(src string, v any) []string {
	doc, found := yamldoc.Parse("f.yaml", 1, []byte(src), "when", "title")
	found = append(found, doc.Decode(v, yamldoc.With(wait))...)
	return words(found)
}

func words(found []*andante.Finding) []string {
	var out []string
	for _, f := range found {
		out = append(out, strings.TrimPrefix(f.Error(), "f.yaml:"))
	}
	return out
}

func TestDecode(t *testing.T) {
	t.Parallel()
	const src = `
limits:
  - {name: week, max: 2, per: 168h, for: email}
  - {name: 'month', max: 5, per: 720h, for: [email, sms]}
gap: {max: 1}
on: yes
share: 0.5
when: a == "b: c" # d
contact:
  zip: 02134
  phone: +15125550100
  answer: no
  fields: {null: Null, a: ~, 1: 0x10}
`
	want := policy{
		Limits: []limit{
			{Name: "week", Max: 2, Per: 168 * time.Hour, For: []string{"email"}},
			{Name: "month", Max: 5, Per: 720 * time.Hour, For: []string{"email", "sms"}},
		},
		Gap: &limit{Max: 1}, On: true, Share: 0.5, When: `a == "b: c" # d`,
		Contact: contact{
			Zip: "02134", Phone: "+15125550100", Answer: "no",
			Fields: map[string]string{"null": "Null", "a": "", "1": "0x10"},
		},
	}
	var got policy
	if found := decode(src, &got); found != nil {
		t.Fatal(found)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestFindings(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, src string
		want      []string
	}{
		{"empty", "", nil},
		{"only a comment", "# hello\n", nil},
		{"everything at once", "limit: 1\non: maybe\nshare: x\nlimits:\n  - {max: 2.5, per: soon, nmae: a}\n  - 7\non: no\n", []string{
			`7:1: error: "on" is written twice, first on line 2 (duplicate-key)`,
			`1:1: error: unknown key "limit"; did you mean limits? (unknown-key)`,
			`2:5: error: expected yes or no, not "maybe" (yaml)`,
			`3:8: error: expected a number, not "x" (yaml)`,
			`5:11: error: expected a whole number, not "2.5" (yaml)`,
			`5:21: error: soon is no time; write 1h (bad-value)`,
			`5:27: error: unknown key "nmae"; did you mean name? (unknown-key)`,
			`6:5: error: expected keys with values, not a single value (yaml)`,
		}},
		{"duplicates in a map", "contact: {fields: {a: 1, a: 2}}", []string{
			`1:26: error: "a" is written twice, first on line 1 (duplicate-key)`,
		}},
		{"list for text", "when:\n  - a\n", []string{`2:3: error: expected a single value, not a list (yaml)`}},
		{"text for list", "limits: a", []string{`1:9: error: expected a list, not a single value (yaml)`}},
		{"hidden field", "Hidden: a", []string{`1:1: error: unknown key "Hidden" (unknown-key)`}},
		{"unclosed", "a: [1\nb: 2\n", []string{`1:4: error: while parsing a flow sequence: did not find expected ',' or ']' (yaml)`}},
		{"tab", "limits:\n\t- a\n", []string{`2:1: error: while scanning for the next token: found character that cannot start any token; write spaces, not tabs (yaml)`}},
		{"colon", "gap: a: b\n", []string{`1:7: error: mapping values are not allowed in this context (yaml)`}},
		{"two documents", "on: yes\n---\non: no\n", []string{`2:1: error: only one YAML document may stand here (yaml)`}},
		{"control character", "on: yes\nwhen: a\x00b\n", []string{"2:8: error: control character U+0000 (yaml)"}},
		{"new line", "on: yes\nwhen: ä\u0085b\n", []string{"2:8: error: control character U+0085 (yaml)"}},
		{"line separator", "on: yes # ä\u2028\nwhen: b\n", []string{"1:12: error: control character U+2028 (yaml)"}},
		{"paragraph separator", "on: \u2029yes\n", []string{"1:5: error: control character U+2029 (yaml)"}},
		{"not UTF-8", "when: ä\xff\n", []string{"1:8: error: not valid UTF-8 (yaml)"}},
		{"unknown anchor", "when: a\non: *x\n", []string{`2:5: error: unknown anchor 'x' referenced (yaml)`}},
		{"key of a list", "? [a]\n: b\n", []string{`1:3: error: a key must be a single word, not a list (yaml)`}},
		{"text goes on", "when: a\n  and b\non: yes\n", []string{
			`2:3: error: the text above ends with its line; start it with | for several lines (yaml)`,
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var p policy
			if diff := cmp.Diff(test.want, decode(test.src, &p)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestBombs(t *testing.T) {
	t.Parallel()
	laughs := "a: &a [x,x,x,x,x,x,x,x,x,x]\n"
	for c := 'b'; c < 'j'; c++ {
		p := string(c - 1)
		laughs += string(c) + ": &" + string(c) + " [" + strings.TrimSuffix(strings.Repeat("*"+p+",", 10), ",") + "]\n"
	}
	for name, src := range map[string]string{
		"laughs": laughs,
		"self":   "a: &a [*a]\n",
		"deep":   strings.Repeat("[", 5000),
		"size":   "a: " + strings.Repeat("x", 1<<20),
	} {
		doc, found := yamldoc.Parse("f.yaml", 1, []byte(src))
		if len(found) == 0 || doc.Root.Kind != yamldoc.NullNode {
			t.Errorf("%s: no finding", name)
		}
	}
}

func TestRaw(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, value string
		want        string
		column      int // of the text, on the line of the key unless it is a block
	}{
		{"plain", `hello`, `hello`, 7},
		{"spaces", `   hello  `, `hello`, 10},
		{"signs", `a: b # c ! [ { it's`, `a: b # c ! [ { it's`, 7},
		{"bracket first", `[See] {x}`, `[See] {x}`, 7},
		{"liquid first", `{{ account.name }}: hi`, `{{ account.name }}: hi`, 7},
		{"double quotes", `"a: b"`, `a: b`, 8},
		{"single quotes", `'it''s'`, `it's`, 8},
		{"two quoted parts", `"a" == "b"`, `"a" == "b"`, 7},
		{"quotes within", `"say \"hi\""`, `say "hi"`, 8},
		{"one quote", `"`, `"`, 7},
		{"bar in text", `| a`, `| a`, 7},
		{"umlaut", `Grüße: ä`, `Grüße: ä`, 7},
		{"percent", `%a @b *c &d`, `%a @b *c &d`, 7},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			doc, found := yamldoc.Parse("f.yaml", 5, []byte("on: yes\nwhen: "+test.value+"\nb: {c: d}\n"), "when")
			if len(found) > 0 {
				t.Fatal(words(found))
			}
			n := doc.At("when")
			if n.Text != test.want || n.TextLine != 6 || n.TextColumn != test.column {
				t.Errorf("got %q at %d:%d", n.Text, n.TextLine, n.TextColumn)
			}
			if doc.At("b", "c").Text != "d" {
				t.Error("lost the key below")
			}
		})
	}
}

func TestRawBlocks(t *testing.T) {
	t.Parallel()
	const src = `other: |
  when: a: b
flow: {
  when: "a",
  b: 'c''d'
}
when: |
  one: two
    three # four

then:
  - when: a: b
    do: it's
  - {when: 'x', do: y}
`
	doc, found := yamldoc.Parse("f.yaml", 1, []byte(src), "when")
	if len(found) > 0 {
		t.Fatal(words(found))
	}
	got := map[string]string{}
	for _, path := range []string{"other", "flow/when", "flow/b", "when", "then/0/when", "then/0/do", "then/1/when"} {
		got[path] = doc.At(strings.Split(path, "/")...).Text
	}
	want := map[string]string{
		"other": "when: a: b\n", "flow/when": "a", "flow/b": "c'd", "when": "one: two\n  three # four\n",
		"then/0/when": "a: b", "then/0/do": "it's", "then/1/when": "x",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if line, column := doc.At("when").Place(12); line != 9 || column != 5 {
		t.Errorf("three stands at %d:%d", line, column)
	}
}

// TestRawEmptyBlock: a bar with nothing under it is an empty text, at its place.
func TestRawEmptyBlock(t *testing.T) {
	t.Parallel()
	for _, src := range []string{"when: |\non: yes\n", "when: >-\n\non: yes", "when: |"} {
		doc, found := yamldoc.Parse("f.yaml", 1, []byte(src), "when")
		n := doc.At("when")
		if len(found) > 0 || n.Text != "" || n.TextLine != 1 || n.TextColumn != 7 {
			t.Errorf("%q: %q at %d:%d, %v", src, n.Text, n.TextLine, n.TextColumn, words(found))
		}
	}
}

// TestEntryWithAMistake is there all the same, so that nobody misses its key.
func TestEntryWithAMistake(t *testing.T) {
	t.Parallel()
	var v struct {
		Senders map[string]limit `yaml:"senders"`
		Weights map[int]int      `yaml:"weights"`
	}
	found := decode("senders: {news: {name: News, per: soon}}\nweights: {a: 1, 2: b}\n", &v)
	if len(found) != 3 {
		t.Error(found)
	}
	if diff := cmp.Diff(map[string]limit{"news": {Name: "News"}}, v.Senders); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[int]int{2: 0}, v.Weights); diff != "" {
		t.Error(diff)
	}
}

func TestPosition(t *testing.T) {
	t.Parallel()
	const src = "limits:\n  - {name: week, max: 2}\n  - name: month\ngap: 1\n"
	doc, _ := yamldoc.Parse("f.yaml", 11, []byte(src))
	tests := []struct {
		path         string
		line, column int
	}{
		{"limits", 11, 1},
		{"limits/0", 12, 5},
		{"limits/0/max", 12, 18},
		{"limits/1/name", 13, 5},
		{"limits/2/name", 11, 1},
		{"gap", 14, 1},
		{"nothing", 11, 1},
	}
	for _, test := range tests {
		line, column := doc.Position(strings.Split(test.path, "/")...)
		if line != test.line || column != test.column {
			t.Errorf("%s: got %d:%d, want %d:%d", test.path, line, column, test.line, test.column)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("when: a: b\nlimits: [{name: &a x}, *a]\n")
	f.Add("when: |\n  x\n- b\n? c\n")
	f.Add("a: 'x\nwhen: \"")
	f.Add("a: x\u0085when: b\u2028c\u2029")
	f.Fuzz(func(t *testing.T, src string) {
		doc, _ := yamldoc.Parse("f.yaml", 1, []byte(src), "when")
		var p policy
		for _, finding := range doc.Decode(&p, yamldoc.With(wait)) {
			if finding.Line < 1 || finding.Column < 1 {
				t.Errorf("finding nowhere: %v", finding)
			}
		}
	})
}
