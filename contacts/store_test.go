package contacts

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/ops"
	"github.com/andante-hq/andante/store"
	"github.com/andante-hq/andante/store/storetest"
)

// world is an importer on a store of its own.
type world struct {
	*Importer
	clock *andante.JumpClock
}

func newWorld(t *testing.T) *world {
	t.Helper()
	clock := andante.NewJumpClock(time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC))
	st := storetest.Migrated(t, filepath.Join(t.TempDir(), "andante.db"), clock)
	keys, err := ops.ParseKeyring(ops.SeededKeyring("x"))
	if err != nil {
		t.Fatal(err)
	}
	return &world{&Importer{Ops: ops.New(st, clock, keys), Workspace: testWorkspace(t)}, clock}
}

// imports reads a file and returns the report and what was rejected.
func (w *world) imports(t *testing.T, file string, o Options) (*Report, string) {
	t.Helper()
	var out bytes.Buffer
	rep, err := w.Import(t.Context(), strings.NewReader(file), &out, o)
	if err != nil {
		t.Fatal(err)
	}
	return rep, out.String()
}

// people returns every contact with its account and its consents.
func (w *world) people(t *testing.T) (list []person) {
	t.Helper()
	err := w.Ops.Store.Read(t.Context(), func(tx *store.Tx) error {
		all, err := tx.ContactsAfter(t.Context(), "", 10_000)
		if err != nil {
			return err
		}
		for _, c := range all {
			accounts, err := tx.Accounts(t.Context(), []andante.AccountID{c.Account})
			if err != nil {
				return err
			}
			consents, err := tx.Consents(t.Context(), []andante.ContactID{c.ID})
			if err != nil {
				return err
			}
			list = append(list, person{c, accounts[0], consents})
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

type person struct {
	Contact  andante.Contact
	Account  andante.Account
	Consents []andante.Consent
}

func TestImport(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const file = "\ufeffE-Mail;Vorname;Company;account.buildings;Persona;Signed on;Notes\r\n" +
		"Anna@Berg.example;Anna;Berg GmbH;12;cfo;2026-10-01;\"x;\ny\"\r\n" +
		"\r\n" +
		"ben@berg.example;Ben;Berg GmbH;;;2026-10-02;\r\n" +
		"foo@;Foo;Foo AG;;;2026-10-02;=cmd()\r\n" +
		"carl@solo.example;Carl;;;;2026-10-03;\r\n"
	o := Options{Basis: andante.OptIn, Source: "Fair 2026", Wording: "Yes", AtColumn: "Signed on"}
	rep, rejects := w.imports(t, file, o)
	want := &Report{
		Rows: 4, Added: 3, Rejected: 1, Unmapped: []string{"Notes"}, Reasons: map[string]int{"contact.email is not valid": 1},
		Examples: []string{`line 6: contact.email is not valid: "foo@": nothing stands after the @`}, Entered: map[string]int{},
		Columns: []Column{{"E-Mail", "contact.email"}, {"Vorname", "contact.first_name"}, {"Company", "account"}, {"account.buildings", "account.buildings"}, {"Persona", "contact.persona"}},
	}
	if diff := cmp.Diff(want, rep); diff != "" {
		t.Errorf("report (-want +got):\n%s", diff)
	}
	const wantRejects = "E-Mail;Vorname;Company;account.buildings;Persona;Signed on;Notes;reason\n" +
		"foo@;Foo;Foo AG;;;2026-10-02;'=cmd();\"line 6: contact.email is not valid: \"\"foo@\"\": nothing stands after the @\"\n"
	if diff := cmp.Diff(wantRejects, rejects); diff != "" {
		t.Errorf("rejects (-want +got):\n%s", diff)
	}
	by := byEmail(w.people(t))
	anna, ben, carl := by["anna@berg.example"], by["ben@berg.example"], by["carl@solo.example"]
	if len(by) != 3 || anna.Account.ID != ben.Account.ID || anna.Account.ID == carl.Account.ID {
		t.Fatalf("people: %+v", by)
	}
	if a := anna.Account; a.Key != "Berg GmbH" || a.Name != "Berg GmbH" || a.Fields["buildings"] != "12" || !a.Business {
		t.Errorf("account: %+v", a)
	}
	const yes = "85a39ab345d672ff8ca9b9c6876f3adcacf45ee7c1e2dbd2408fd338bd55e07e"
	wantConsent := []andante.Consent{{Contact: anna.Contact.ID, Basis: andante.OptIn, Source: "Fair 2026", Wording: yes, At: time.Date(2026, 9, 30, 22, 0, 0, 0, time.UTC)}}
	if diff := cmp.Diff(wantConsent, anna.Consents, cmpopts.IgnoreFields(andante.Consent{}, "ID")); diff != "" {
		t.Errorf("consent (-want +got):\n%s", diff)
	}
	// The mended rejects go in by themselves, and all of it again changes nothing.
	rep, again := w.imports(t, strings.Replace(rejects, "foo@", "foo@foo.example", 1), o)
	if rep.Added != 1 || again != "" || strings.Join(rep.Unmapped, ",") != "Notes,reason" {
		t.Errorf("mended: %+v\n%s", rep, again)
	}
	if rep, _ = w.imports(t, file, o); rep.Same != 3 || rep.Added+rep.Changed != 0 {
		t.Errorf("again: %+v", rep)
	}
	for _, p := range w.people(t) {
		if len(p.Consents) != 1 {
			t.Errorf("%s has %d consents", p.Contact.FirstName, len(p.Consents))
		}
	}
}

func TestWordingByColumn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.imports(t, "id,email,consent.basis,consent.wording\n1,a@x.example,opt_in,Yes\n2,b@x.example,opt_in,\n", Options{Wording: "No"})
	by := byEmail(w.people(t))
	if a, b := by["a@x.example"].Consents[0].Wording, by["b@x.example"].Consents[0].Wording; a != hashOf("Yes") || b != hashOf("No") {
		t.Errorf("wordings %q and %q", a, b)
	}
}

func byEmail(list []person) map[string]person {
	m := map[string]person{}
	for _, p := range list {
		m[p.Contact.Email] = p
	}
	return m
}

func TestUpdate(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.imports(t, "id,email,first_name,phone,country\n1,a@x.example,Anna,512 236 0100,us\n", Options{})
	rep, _ := w.imports(t, "id,email,first_name,language\n1,new@x.example,,de\n2,b@x.example,Ben,\n", Options{})
	if rep.Changed != 1 || rep.Added != 1 {
		t.Errorf("report: %+v", rep)
	}
	by := byEmail(w.people(t))
	c := by["new@x.example"].Contact
	if len(by) != 2 || c.FirstName != "Anna" || c.Language != "de" || c.Phone != "+15122360100" || c.Country != "US" {
		t.Errorf("people: %+v", by)
	}
	// Twice in one file: the later row is the newer one.
	rep, _ = w.imports(t, "id,last_name\n1,Alt\n1,Neu\n", Options{})
	if got := byEmail(w.people(t))["new@x.example"].Contact.LastName; got != "Neu" || rep.Rejected != 0 {
		t.Errorf("last name %q, %+v", got, rep)
	}
}

func TestOptOutStands(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.imports(t, "email\na@x.example\n", Options{})
	list, rejected, err := Addresses(strings.NewReader("A@x.example\nnobody\n"), Options{})
	if err != nil || len(rejected) != 1 {
		t.Fatalf("%v, %v rejected, %v", list, rejected, err)
	}
	if _, err := w.Ops.Suppress(t.Context(), list, "old list"); err != nil {
		t.Fatal(err)
	}
	w.clock.Jump(w.clock.Now().Add(24 * time.Hour))
	w.imports(t, "email,first_name\na@x.example,Anna\n", Options{Basis: andante.OptIn, Source: "Fair", At: w.clock.Now()})
	err = w.Ops.Store.Read(t.Context(), func(tx *store.Tx) error {
		there, err := tx.Suppressions(t.Context(), nil, []andante.AddressHash{w.Ops.Keys.Hash("a@x.example")})
		if err == nil && len(there) != 1 {
			return fmt.Errorf("%d suppressions", len(there))
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

func TestDryRunWritesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	rep, rejects := w.imports(t, "email\na@x.example\nfoo\n", Options{DryRun: true})
	if rep.Rows != 2 || rep.Rejected != 1 || !rep.DryRun || rejects == "" || len(w.people(t)) != 0 {
		t.Errorf("report: %+v\n%s", rep, rejects)
	}
}

func TestBatches(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const n = 3*batchRows + 7
	var file strings.Builder
	file.WriteString("id,email\n")
	for i := range n {
		fmt.Fprintf(&file, "%d,p%d@x.example\n", i, i)
	}
	var seen []int
	var read int64
	rep, _ := w.imports(t, file.String(), Options{Progress: func(rows int, bytes int64) { seen, read = append(seen, rows), bytes }})
	if rep.Added != n || len(w.people(t)) != n {
		t.Errorf("report: %+v", rep)
	}
	if diff := cmp.Diff([]int{batchRows, 2 * batchRows, 3 * batchRows, n}, seen); diff != "" || read != int64(file.Len()) {
		t.Errorf("progress: %s, %d bytes", diff, read)
	}
}

// What was read before a fault is taken, and the report says so.
func TestFaultHalfWay(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	rep, err := w.Import(t.Context(), strings.NewReader("email\na@x.example\n\"b@x.example\n"), nil, Options{})
	if err == nil || rep.Added != 1 || len(w.people(t)) != 1 {
		t.Errorf("%+v, %v", rep, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if rep, err = w.Import(ctx, strings.NewReader("email\nc@x.example\n"), nil, Options{}); !errors.Is(err, context.Canceled) || rep.Added != 0 {
		t.Errorf("%+v, %v", rep, err)
	}
	full := errors.New("disk full")
	if _, err = w.Import(t.Context(), strings.NewReader("email\nfoo\n"), brokenWriter{full}, Options{}); !errors.Is(err, full) {
		t.Errorf("got %v", err)
	}
}

type brokenWriter struct{ err error }

func (b brokenWriter) Write([]byte) (int, error) { return 0, b.err }

func TestHistory(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.imports(t, "id,email\n1,a@x.example\n2,b@x.example\n", Options{})
	const file = "Contact,E-Mail,Date,Kind,Purpose,Subject\n" +
		"1,,2026-11-01,Email,,Hello\n" +
		",b@x.example,2026-11-02T10:00:00Z,call,relationship,\n" +
		"3,,2026-11-01,email,,Nobody\n" +
		",,2026-11-01,email,,\n" +
		"1,,,email,,\n" +
		"1,,2026-11-01,,,\n" +
		"1,,2026-11-01,fax,,\n" +
		"1,,2027-11-01,email,,\n" +
		"1,,1.11.2026,email,,\n"
	var out bytes.Buffer
	rep, err := w.History(t.Context(), strings.NewReader(file), &out, Options{})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]int{
		"no contact has this id or address": 1, "the row names nobody": 1, "the time is missing": 1, "the kind is missing": 1, "kind is not valid": 1, "at is not valid": 2,
	}
	if diff := cmp.Diff(want, rep.Reasons); diff != "" || rep.Rows != 9 || rep.Added != 2 {
		t.Errorf("%+v (-want +got):\n%s\n%s", rep, diff, out.String())
	}
	for _, test := range []struct{ file, err string }{
		{"email,kind\n", "no column says when it was"}, {"at,kind\n", "no column says who it was"}, {"email,at\n", "no column says what it was"},
	} {
		if _, err := w.History(t.Context(), strings.NewReader(test.file), io.Discard, Options{}); !strings.Contains(message(err), test.err) {
			t.Errorf("%q: %v", test.file, err)
		}
	}
}

func TestAddresses(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, file string
		o          Options
		want       []string
		rejected   int
		err        string
	}{
		{"plain", "A@x.example\n\nb@münchen.de\r\n030 1234567\nfoo\nc@x.example, note\n", Options{Country: "de"}, []string{"a@x.example", "b@xn--mnchen-3ya.de", "+49301234567", "c@x.example"}, 1, ""},
		{"column", "Name;E-Mail\nAnna;A@x.example\nBen;\n", Options{}, []string{"a@x.example"}, 1, ""},
		{"both", "email,phone,country\na@x.example,(512) 236-0100,us\nfoo,+49 30 1234567,??\n", Options{}, []string{"a@x.example", "+15122360100", "+49301234567"}, 1, ""},
		{"with a note", "a@x.example, Anna\nBen, b@x.example\n", Options{}, []string{"a@x.example", "b@x.example"}, 0, ""},
		{"by hand", "Who\na@x.example\n", Options{Map: map[string]string{"Who": "contact.email"}}, []string{"a@x.example"}, 0, ""},
		{"one column", "email\na@x.example\n", Options{}, []string{"a@x.example"}, 0, ""},
		{"neither", "foo,bar\n1,2\n", Options{}, nil, 0, "the first line holds no address, and no column says which address"},
		{"neither, and no flags", "foo,bar\n1,2\n", Options{Bare: true}, nil, 0, "names no column email or phone: name one so, or write one address a line; the columns are: foo, bar"},
		{"two columns, and no flags", "email,e-mail\na,b\n", Options{Bare: true}, nil, 0, "both mean contact.email: leave one out"},
		{"no text, and no flags", "Stra\xdfe,email\n", Options{Bare: true}, nil, 0, "save the file as UTF-8"},
		{"wrong country", "a@x.example\n", Options{Country: "??"}, nil, 0, "--country"},
		{"empty", "", Options{}, nil, 0, "the file is empty"},
		{"unclosed", "email\na@x.example\n\"b", Options{}, []string{"a@x.example"}, 0, "line 3"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, bad, err := Addresses(strings.NewReader(test.file), test.o)
			if diff := cmp.Diff(test.want, got); diff != "" || len(bad) != test.rejected || !strings.Contains(message(err), test.err) || (err == nil) != (test.err == "") {
				t.Errorf("rejected %v, %v (-want +got):\n%s", bad, err, diff)
			}
		})
	}
}
