package conditions

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/andante-hq/andante"
)

var schema = Schema{
	Fields: append([]andante.Field{
		{Noun: "account", Name: "renewal", Type: andante.DateField},
		{Noun: "account", Name: "score", Type: andante.NumberField},
		{Noun: "account", Name: "note"}, // without a type: text
	}, andante.BuiltinFields...),
	Steps: []string{"welcome", "a-benchmark-for-their-sector"},
}

// anna is a contact of whom something is known, hers is what happened to her.
func anna() andante.Values {
	return andante.NewForm(schema.Fields[:3], nil).Fill(
		andante.Contact{FirstName: "Anna", JobTitle: "Group CFO", Fields: map[string]string{"customer_since": "2023-06-01"}},
		andante.Account{Stage: "prospect", Revenue: 250_000, Tier: "a", Business: true, Fields: map[string]string{"renewal": "2026-12-01"}},
		andante.Person{})
}

// nobody is a contact of whom nothing is known.
func nobody() andante.Values {
	return andante.NewForm(schema.Fields[:3], nil).Fill(andante.Contact{}, andante.Account{}, andante.Person{})
}

func hers() History {
	now := time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)
	return History{
		Now:      now,
		Sent:     map[string]bool{"welcome": true},
		Skipped:  map[string]bool{"a-benchmark-for-their-sector": true},
		Opened:   map[string]bool{"welcome": true},
		Clicked:  map[string]bool{"welcome": true},
		Met:      true,
		Outcome:  map[string]string{"welcome": "connected"},
		Answered: map[string]string{"need": "a new boiler", "budget": ""},
		Events:   map[string]time.Time{"purchase": now.Add(-36 * time.Hour)},
	}
}

func TestEval(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		src           string
		known, nobody bool // with anna's values and her history; with neither
	}{
		{`account.stage == "prospect" and account.industry != ""`, false, false},
		{`account.stage == "prospect" and account.industry == ""`, true, false},
		{`clicked("welcome") and not replied()`, true, false},
		{`clicked("a-benchmark-for-their-sector") or opened("welcome")`, true, false},
		{`sent("welcome") && skipped("a-benchmark-for-their-sector")`, true, false},
		{`outcome("welcome") == "connected"`, true, false},
		{`outcome("a-benchmark-for-their-sector") == ""`, true, true},
		{`answered("need")`, true, false},
		{`answered("budget") or answered("time")`, false, false},
		{`met() and !qualified()`, true, false},
		{`did("purchase")`, true, false},
		{`did("webinar")`, false, false},
		{`days_since("purchase") == 1.5`, true, false},
		{`days_since("purchase") > 30`, false, true},
		{`account.revenue >= 100000`, true, false},
		{`account.revenue == 250000`, true, false},
		{`account.revenue == 0`, false, true},
		{`100000 < account.revenue <= 250000`, true, false},
		{`account.revenue / 2 + 1 > 125_000`, true, false},
		{`account.revenue / account.score > 1`, true, false}, // nothing to divide by is no failure
		{`-account.revenue < -1`, true, false},
		{`account.revenue in [1, 250000, 2.5]`, true, false},
		{`contact.job_title contains "CFO"`, true, false},
		{`lower(contact.job_title) startsWith "group"`, true, false},
		{`trim(upper(contact.first_name)) endsWith "NA"`, true, false},
		{`contact.job_title matches "^Group (CFO|COO)$"`, true, false},
		{`not (contact.job_title contains "CFO")`, false, true},
		{`contact.job_title not contains "CFO"`, false, true},
		{`account.tier in ["a", 'b']`, true, false},
		{`account.tier not in ["a", "b"]`, false, true},
		{`account.tier in []`, false, false},
		{`account.business`, true, false},
		{`account.business == false`, false, true},
		{`contact.customer_since < date("2024-01-01")`, true, false}, // nobody never became a customer
		{`date("2024-01-01") >= contact.customer_since`, true, false},
		{`contact.customer_since > date("2023-01-01")`, true, false},
		{`date("2023-01-01") < contact.customer_since < date("2024-01-01")`, true, false},
		{`contact.customer_since == date("2023-06-01")`, true, false},
		{`contact.customer_since in [date("2023-06-01"), date("2024-06-01")]`, true, false},
		{`contact.customer_since != "" and contact.customer_since < date("2024-01-01")`, true, false},
		{`"" == contact.birthday`, true, true},
		{`account.renewal > contact.customer_since`, true, false},
		{`account.note == ""`, true, true},
		{`contact["first_name"] == "Anna"`, true, false},
		{"account.stage == \"prospect\"\n  and account.tier == `a`", true, false},
		{`contact.first_name == "Ännchen" or true`, true, true},
	} {
		c, err := Compile(test.src, schema)
		if err != nil {
			t.Errorf("%s: %v", test.src, err)
			continue
		}
		if got, err := c.Eval(anna(), hers()); got != test.known || err != nil {
			t.Errorf("%s for anna: %v, %v", test.src, got, err)
		}
		if got, err := c.Eval(nobody(), History{}); got != test.nobody || err != nil {
			t.Errorf("%s for nobody: %v, %v", test.src, got, err)
		}
		if c.String() != test.src {
			t.Errorf("%s is now %s", test.src, c)
		}
	}
}

func TestCompileRefuses(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		src    string
		column int
		says   string // part of message and suggestion, as they are shown
	}{
		// Names.
		{`account.stge == "x"`, 1, "no field account.stge; did you mean account.stage?"},
		{`"üü" == account.stge`, 9, "did you mean account.stage?"},
		{`acount.stage == "x"`, 1, "did you mean account.stage?"},
		{`contact.revenue > 1`, 1, "did you mean account.revenue?"},
		{`acount.stge == "x"`, 1, "did you mean account.stage?"},
		{`account.colour == "red"`, 1, "declare it under fields in andante.yaml"},
		{`replied() and clickd("welcome")`, 15, `no function clickd; did you mean clicked("step-id")?`},
		{`len(contact.name) > 3`, 1, "the functions are answered, clicked"},
		{`clicked("welcom")`, 9, `no step "welcom"; did you mean "welcome"?`},
		{`sent("nowhere")`, 6, "write the id of a step"},
		{`clicked(welcome)`, 9, `write clicked("welcome")`},
		{`clicked(a-b)`, 9, `takes a name in quotes`},
		{`did("")`, 5, `write did("webinar")`},
		{`replied`, 1, "write replied()"},
		{`replyed`, 1, "did you mean replied()?"},
		{`stage == "x"`, 1, "did you mean account.stage?"},
		{`contact`, 1, "as in contact.id"},
		{`account.stage == prospect`, 18, `put it in quotes: "prospect"`},
		{`account.business == yes`, 21, "write true, or the field alone"},
		{`account.owner.name == "x"`, 1, "this is no field"},
		{`contact.first_name()`, 1, "leave the brackets out"},
		{`sent()`, 1, `write sent("step-id")`},
		{`replied("x")`, 1, "takes nothing"},
		{`date("2024-13-01") < contact.birthday`, 6, "is no date"},
		{`date(contact.name) < contact.birthday`, 6, "date takes a day in quotes"},
		// Types.
		{`account.stage`, 1, "must be true or false, but account.stage is text"},
		{`account.revenue`, 1, "as in account.revenue > 0"},
		{`contact.birthday`, 1, `as in contact.birthday < date(`},
		{`["a"]`, 1, "the list is a list"},
		{`replied() and account.stage`, 15, `as in account.stage != ""`},
		{`account.revenue > "100"`, 19, "write 100 without quotes"},
		{`account.business == "yes"`, 21, "write account.business or not account.business"},
		{`account.business > false`, 1, "neither more nor less"},
		{`contact.birthday < "2024-01-01"`, 20, `write date("2024-01-01")`},
		{`contact.birthday < "soon"`, 20, `write date("2024-01-31")`},
		{`account.tier == 3`, 17, `put it in quotes: "3"`},
		{`3 == account.tier`, 6, `put it in quotes: "3"`},
		{`contact.birthday < ""`, 20, "contact.birthday is a date"},
		{`account.tier == ["a"]`, 17, "write in, as in"},
		{`"CFO" in contact.job_title`, 10, `write contact.job_title contains "CFO"`},
		{`account.tier in [1, 2]`, 17, "the list holds numbers"},
		{`account.revenue in 5`, 20, "in needs a list"},
		{`account.tier in ["a", 1]`, 23, "values of one sort"},
		{`account.tier in [["a"]]`, 18, "a list cannot stand in a list"},
		{`["a"] in ["a"]`, 1, "a list cannot stand in a list"},
		{`contact.birthday - 7 < 3`, 1, "contact.birthday is a date"},
		{`not account.stage`, 5, "not needs yes or no"},
		{`contact.name contains 3`, 23, "contains needs text"},
		{`contact.name matches "("`, 22, "not a regular expression"},
		{`contact.name matches contact.email`, 22, "needs a pattern in quotes"},
		{`lower(3) == "3"`, 7, "lower() needs text"},
		// Writing.
		{``, 1, "the condition is empty"},
		{" \n", 1, "the condition is empty"},
		{`account.stage = "x"`, 15, "write == to compare"},
		{`account.stage is "x"`, 15, "write == to compare"},
		{`account.stage <> "x"`, 16, "write !="},
		{`replied() AND met()`, 11, "write and in small letters"},
		{`NOT replied()`, 5, "write not in small letters"},
		{`replied() & met()`, 11, "write and"},
		{`replied() met()`, 11, `join two parts with "and" or "or"`},
		{`account.revenue > 100,000`, 22, "write numbers without commas"},
		{`"üü" == “x”`, 9, `write straight ones: "text"`},
		{`account.stage ~ "x"`, 15, `the character '~' is not used`},
		{`account.stage == "x`, 20, "a quote is opened and not closed"},
		{`(replied()`, 11, "ends too early; close each bracket"},
		{`replied() and`, 14, "ends too early"},
		{`replied())`, 10, "close each bracket"},
		{`account. == "x"`, 13, "a name is missing after the dot"},
		{`1abc == 2`, 2, "this is no number"},
		{`"a\qb" == contact.name`, 4, "backslash"},
		{`/* x`, 5, "a comment is opened"},
		// What the library can do and authors can't.
		{`account?.stage == "x"`, 1, "write a plain dot"},
		{`account.stage ?? "x" == ""`, 22, "?? is not used"},
		{`1..1000000 == 1`, 2, `".." is not used`},
		{`2 ** 3 > 1`, 3, "calculate with + - * / only"},
		{`nil == contact.name`, 1, `an empty field equals ""`},
		{`replied() ? met() : met()`, 1, "without if or ?"},
		{`let x = 1; x == 1`, 5, "not used in conditions"},
		{`replied(); met()`, 1, "not used in conditions"},
		{`all([1], true)`, 1, "there is no function all"},
		{`filter(contact.name)`, 20, "there is no such function"},
		{`$env["x"] == 1`, 1, "there is no field $env.x"},
		{`{"a": 1}`, 1, "not used in conditions"},
		{`account.name[1:2] == "a"`, 1, "not used in conditions"},
		{`b"x" == contact.name`, 1, "not used in conditions"},
		{strings.Repeat("(", maxLength+1), 1, "too long"},
		{"true" + strings.Repeat(" or true", maxNodes/2), 0, "too long"},
	} {
		c, err := Compile(test.src, schema)
		var wrong *Error
		if !errors.As(err, &wrong) {
			t.Errorf("%s: compiled to %v, error %v", test.src, c, err)
			continue
		}
		if test.column != 0 && wrong.Column != test.column {
			t.Errorf("%s: column %d, want %d (%v)", test.src, wrong.Column, test.column, wrong)
		}
		if !strings.Contains(wrong.Error(), test.says) {
			t.Errorf("%s: %v; want it to say %s", test.src, wrong, test.says)
		}
	}
}

func TestCompileDoesNotCheckStepsWithoutAny(t *testing.T) {
	t.Parallel()
	s := schema
	s.Steps = nil
	if _, err := Compile(`sent("anything")`, s); err != nil {
		t.Error(err)
	}
	s.Steps = []string{}
	if _, err := Compile(`sent("anything")`, s); err == nil {
		t.Error("a sequence without steps has a step")
	}
}

func TestConditionTellsWhatItUses(t *testing.T) {
	t.Parallel()
	c, err := Compile(`contact.name != "" and account.stage == "x" and contact.name != "y" and opened("welcome")`, schema)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"account.stage", "contact.name"}, c.Fields()); diff != "" {
		t.Errorf("fields (-want +got):\n%s", diff)
	}
	if !c.Calls("opened") || c.Calls("clicked") {
		t.Error("Calls is wrong")
	}
}

func TestEvalRefusesOtherDeclarations(t *testing.T) {
	t.Parallel()
	c, err := Compile(`account.score > 3`, schema)
	if err != nil {
		t.Fatal(err)
	}
	for name, v := range map[string]andante.Values{
		"missing":      {"account": {}},
		"missing noun": {},
		"nothing":      nil,
		"another type": {"account": {"score": "high"}},
	} {
		if holds, err := c.Eval(v, History{}); err == nil || holds {
			t.Errorf("%s: %v, %v", name, holds, err)
		}
	}
}

func TestConditionIsSafeForConcurrentUse(t *testing.T) {
	t.Parallel()
	c, err := Compile(`contact.job_title matches "CFO" and account.tier in ["a"] and clicked("welcome")`, schema)
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			known, unknown := anna(), nobody()
			for range 100 {
				if holds, err := c.Eval(known, hers()); !holds || err != nil {
					t.Errorf("anna: %v, %v", holds, err)
				}
				if holds, err := c.Eval(unknown, History{}); holds || err != nil {
					t.Errorf("nobody: %v, %v", holds, err)
				}
			}
		})
	}
	wg.Wait()
}

func FuzzCompile(f *testing.F) {
	for _, src := range []string{
		`account.stage == "prospect" and account.industry != ""`,
		`clicked("welcome") and not replied() or days_since("purchase") > 30`,
		`contact.customer_since < date("2024-01-01") and contact.birthday != ""`,
		`lower(contact.job_title) matches "c[fe]o" and account.revenue / 2 in [1, 2.5]`,
		`all([1, 2], # > 1) ?? {"a": 1}["a"] ? $env : nil`,
		`let x = 1..9; x[1:2] | filter(.a) == b"x"`,
		`"üü" == “x” ((([[[ -- not not !!`,
		"`a` == 'b\\u00e4' // x\n/* y */",
	} {
		f.Add(src)
	}
	f.Fuzz(func(t *testing.T, src string) {
		c, err := Compile(src, schema)
		if err != nil {
			wrong := (*Error)(nil)
			if !errors.As(err, &wrong) || wrong.Column < 1 || wrong.Column > len([]rune(src))+1 || wrong.Message == "" {
				t.Fatalf("%q: %#v", src, err)
			}
			return
		}
		// What compiled must also run, whatever is known.
		for _, v := range []andante.Values{anna(), nobody()} {
			if _, err := c.Eval(v, hers()); err != nil {
				t.Fatalf("%q: %v", src, err)
			}
		}
	})
}

func BenchmarkEval(b *testing.B) {
	c, err := Compile(`account.stage == "prospect" and clicked("welcome") and not replied()`, schema)
	if err != nil {
		b.Fatal(err)
	}
	v, h := anna(), hers()
	b.ReportAllocs()
	for b.Loop() {
		if holds, err := c.Eval(v, h); !holds || err != nil {
			b.Fatal(holds, err)
		}
	}
}
