package andante_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/andante-hq/andante"
)

func TestFieldTypeParse(t *testing.T) {
	t.Parallel()
	date := time.Date(2024, 2, 29, 0, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		typ  andante.FieldType
		in   string
		want any
		bad  bool
	}{
		{andante.TextField, "", nil, false},
		{andante.TextField, " \t ", nil, false},
		{andante.TextField, " 02134 ", "02134", false},
		{andante.TextField, "yes", "yes", false},
		{andante.NumberField, "", nil, false},
		{andante.NumberField, " -12.50 ", -12.5, false},
		{andante.NumberField, "1e3", 1000.0, false},
		{andante.NumberField, "0", 0.0, false},
		{andante.NumberField, "1,5", nil, true},
		{andante.NumberField, "12 %", nil, true},
		{andante.NumberField, "NaN", nil, true},
		{andante.NumberField, "-Inf", nil, true},
		{andante.NumberField, "1e999", nil, true},
		{andante.FlagField, "", nil, false},
		{andante.FlagField, "YES", true, false},
		{andante.FlagField, "true", true, false},
		{andante.FlagField, "1", true, false},
		{andante.FlagField, "y", true, false},
		{andante.FlagField, " no ", false, false},
		{andante.FlagField, "False", false, false},
		{andante.FlagField, "0", false, false},
		{andante.FlagField, "n", false, false},
		{andante.FlagField, "maybe", nil, true},
		{andante.FlagField, "2", nil, true},
		{andante.DateField, "", nil, false},
		{andante.DateField, " 2024-02-29 ", date, false},
		{andante.DateField, "2023-02-29", nil, true},
		{andante.DateField, "29.02.2024", nil, true},
		{andante.DateField, "2024-2-29", nil, true},
		{andante.DateField, "2024-02-29T10:00:00Z", nil, true},
	} {
		got, err := c.typ.Parse(c.in)
		if c.bad {
			if err == nil {
				t.Errorf("%s %q: %v and no error", c.typ, c.in, got)
			}
			continue
		}
		if diff := cmp.Diff(c.want, got); err != nil || diff != "" {
			t.Errorf("%s %q: error %v (-want +got):\n%s", c.typ, c.in, err, diff)
		}
	}
}

func TestFill(t *testing.T) {
	t.Parallel()
	declared := []andante.Field{
		{Noun: "account", Name: "buildings", Type: andante.NumberField},
		{Noun: "account", Name: "heated", Type: andante.FlagField},
		{Noun: "contact", Name: "topic", Type: andante.TextField},
		{Noun: "contact", Name: "met", Type: andante.DateField},
	}
	c := andante.Contact{
		ID: "c1", FirstName: "Anna", LastName: "Berg", JobTitle: "CFO", Email: "anna@berg.example", Phone: "+493012345", Persona: "cfo", Stage: "former",
		Language: "de", Country: "DE", PostalCode: "01067", Zone: "Europe/Berlin",
		Fields: map[string]string{"birthday": "1980-02-29", "topic": "heat", "met": "yesterday", "email": "other@berg.example", "undeclared": "x"},
	}
	a := andante.Account{
		ID: "a1", Name: "Berg GmbH", Domain: "berg.example", Stage: "customer", Owner: "nora", Tier: "key", Industry: "property", Revenue: 1.5e6,
		Business: true, Country: "AT", Zone: "Europe/Vienna", Fields: map[string]string{"buildings": "12", "founded": "1969-07-20", "heated": "no"},
	}
	owner := andante.Person{Key: "nora", Name: "Nora Whitfield", Email: "nora@x.example", Phone: "+1", Title: "Engineer"}
	got := andante.NewForm(declared, nil).Fill(c, a, owner)
	want := andante.Values{
		"contact": {
			"id": "c1", "first_name": "Anna", "last_name": "Berg", "name": "Anna Berg", "job_title": "CFO", "email": "anna@berg.example",
			"phone": "+493012345", "persona": "cfo", "language": "de", "country": "DE", "street": nil, "street_2": nil, "city": nil, "region": nil, "shared": false, "postal_code": "01067", "zone": "Europe/Berlin",
			"birthday": time.Date(1980, 2, 29, 0, 0, 0, 0, time.UTC), "customer_since": nil, "topic": "heat", "met": nil,
		},
		"account": {
			"id": "a1", "name": "Berg GmbH", "domain": "berg.example", "stage": "former", "tier": "key", "owner": "nora", "industry": "property",
			"revenue": 1.5e6, "business": true, "country": "AT", "zone": "Europe/Vienna", "founded": time.Date(1969, 7, 20, 0, 0, 0, 0, time.UTC),
			"buildings": 12.0, "heated": false,
		},
		"owner":      {"name": "Nora Whitfield", "first_name": "Nora", "email": "nora@x.example", "phone": "+1", "title": "Engineer", "meeting": nil},
		"sender":     {"name": nil, "first_name": nil, "email": nil, "phone": nil, "title": nil, "meeting": nil},
		"company":    {"name": nil, "postal_address": nil, "legal_line": nil, "url": nil, "phone": nil},
		"enrollment": {"variant": nil, "entered": nil},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("values (-want +got):\n%s", diff)
	}

	got.PutPerson("sender", andante.Person{Name: "News", Email: "news@x.example"})
	got.PutPerson("owner", andante.Person{}) // nobody: nothing of the last one stays
	want["sender"] = map[string]any{"name": "News", "first_name": "News", "email": "news@x.example", "phone": nil, "title": nil, "meeting": nil}
	want["owner"] = map[string]any{"name": nil, "first_name": nil, "email": nil, "phone": nil, "title": nil, "meeting": nil}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("values after others have taken over (-want +got):\n%s", diff)
	}
}

func TestFillWithNothing(t *testing.T) {
	t.Parallel()
	v := andante.NewForm(nil, nil).Fill(andante.Contact{}, andante.Account{}, andante.Person{})
	for _, f := range andante.BuiltinFields {
		value, declared := v.Get(f.Path())
		if !declared {
			t.Errorf("%s is not declared", f.Path())
		}
		if f.Path() == "account.business" || f.Path() == "contact.shared" {
			if value != false || v.Empty(f.Path()) {
				t.Errorf("%s is %v", f.Path(), value)
			}
			continue
		}
		if value != nil || !v.Empty(f.Path()) {
			t.Errorf("%s is %v", f.Path(), value)
		}
	}
	for _, path := range []string{"contact.frist_name", "nobody.name", "contact", "", "contact.first_name.x"} {
		if value, declared := v.Get(path); declared || value != nil {
			t.Errorf("%q is declared, with %v", path, value)
		}
	}
}
