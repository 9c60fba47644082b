package ops

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/store"
)

// rows takes rows in, each written as "id email account key=value ...", with - for
// nothing, and returns what became of them.
func (w *world) rows(list ...string) Taken {
	w.t.Helper()
	t, err := w.TakeIn(w.t.Context(), w.w, parseRows(list))
	if err != nil {
		w.t.Fatal(err)
	}
	return t
}

func parseRows(list []string) (rows []Row) {
	for i, line := range list {
		words := strings.Fields(strings.ReplaceAll(line, "-", ""))
		for len(words) < 3 || strings.Contains(words[2], "=") {
			words = append(words[:min(len(words), 2)], append([]string{""}, words[min(len(words), 2):]...)...)
		}
		r := Row{Line: i + 1, Fields: map[string]string{}}
		r.ExternalID, r.Email, r.Account = strings.TrimPrefix(words[0], "#"), strings.TrimPrefix(words[1], "@"), words[2]
		for _, w := range words[3:] {
			key, value, _ := strings.Cut(w, "=")
			r.Fields[key] = value
		}
		rows = append(rows, r)
	}
	return rows
}

// people lists every contact as "id email first-name persona tier".
func (w *world) people() (list []string) {
	w.t.Helper()
	w.read(func(tx *store.Tx) error {
		all, err := tx.ContactsAfter(w.t.Context(), "", 1000)
		for _, c := range all {
			accounts, err := tx.Accounts(w.t.Context(), []andante.AccountID{c.Account})
			if err != nil {
				return err
			}
			list = append(list, strings.Join(strings.Fields(fmt.Sprint(c.ExternalID, " ", c.Email, " ", c.FirstName, " ", c.Persona, " ", accounts[0].Tier)), " "))
		}
		return err
	})
	return list
}

func (w *world) same(what string, want, got any) {
	w.t.Helper()
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		w.t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// An address that a contact has just given up finds it no more, whether the rows
// come in one batch or in two.
func TestAFreedAddressIsSomebodyElses(t *testing.T) {
	t.Parallel()
	for _, batches := range [][][]string{
		{{"#1 new@x.example contact.first_name=Ana", "# old@x.example contact.first_name=Bob"}},
		{{"#1 new@x.example contact.first_name=Ana"}, {"# old@x.example contact.first_name=Bob"}},
	} {
		w := newWorld(t)
		w.publish()
		w.rows("#1 old@x.example contact.first_name=Ana")
		w.clock.Jump(w.clock.Now().Add(time.Minute))
		var sum Taken
		for _, b := range batches {
			sum = sum.plus(w.rows(b...))
		}
		w.same("taken", Taken{Added: 1, Changed: 1}, sum)
		w.same("people", []string{"1 new@x.example Ana", "old@x.example Bob"}, w.people())
	}
}

func TestASharedAddressNamesNobody(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.publish()
	w.rows("#a fam@x.example contact.first_name=Ann", "#b fam@x.example contact.first_name=Ben")
	got := w.rows("# fam@x.example contact.first_name=Cid", "#b fam@x.example contact.first_name=Bea")
	w.same("taken", Taken{Changed: 1, Refused: []Refusal{{1, "several contacts share its address: name one by id"}}}, got)
	w.same("people", []string{"a fam@x.example Ann", "b fam@x.example Bea"}, w.people())
}

// The first row of an account is its primary contact, however many batches the file
// takes and though the calendar stands still.
func TestContactsKeepTheOrderOfTheFile(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.publish()
	var rows []string
	for i := range 40 {
		rows = append(rows, fmt.Sprintf("#c%02d c%02d@x.example firm", i, i))
	}
	w.rows(rows...)
	var got []string
	w.read(func(tx *store.Tx) error {
		list, err := tx.ContactsOf(w.t.Context(), []andante.AccountID{w.find("c00").Account})
		for _, c := range list {
			got = append(got, "#"+c.ExternalID+" "+c.Email+" firm")
		}
		return err
	})
	w.same("order", rows, got)
}

// What a file says of persona and tier wins; else the rules choose, by what is known
// now.
func TestPersonaAndTierByRule(t *testing.T) {
	t.Parallel()
	const personas = "personas: {cfo: {title: CFO}, engineer: {title: Engineer}}\n"
	w := newWorld(t)
	w.files["andante.yaml"] = []byte(strings.Replace(config, personas, `personas: {cfo: {when: 'contact.job_title == "CFO"'}, engineer: {when: 'contact.job_title == "Eng"'}}
tiers: [{tier: key, when: account.revenue >= 100}, {tier: commercial}]
`, 1))
	w.publish()
	w.rows("#1 a@x.example firm contact.job_title=CFO account.revenue=10", "#2 b@x.example firm contact.persona=engineer account.revenue=200", "#3 c@x.example home account.tier=residential account.revenue=500")
	w.same("at first", []string{"1 a@x.example cfo key", "2 b@x.example engineer key", "3 c@x.example residential"}, w.people())
	w.same("nothing new", Taken{Same: 1}, w.rows("#1 a@x.example firm contact.persona= contact.job_title=CFO"))
	w.rows("#1 a@x.example firm contact.job_title=Eng account.revenue=50", "#2 b@x.example firm contact.job_title=CFO")
	w.same("facts have changed", []string{"1 a@x.example engineer commercial", "2 b@x.example engineer commercial", "3 c@x.example residential"}, w.people())
	w.rows("#2 b@x.example firm contact.persona=")
	w.same("given up to the rules", "2 b@x.example cfo commercial", w.people()[1])

	w.files["andante.yaml"] = []byte(strings.NewReplacer("revenue >= 100", "revenue >= 20", `"Eng"`, `"CFO"`, `"CFO"`, `"Eng"`).Replace(string(w.files["andante.yaml"])))
	w.w = w.load()
	rep, err := w.Publish(t.Context(), w.w, nil, false)
	if err != nil || !rep.Classify || rep.Classified != 3 {
		t.Errorf("publish: %+v, %v", rep, err)
	}
	w.same("rules have changed", []string{"1 a@x.example cfo key", "2 b@x.example engineer key", "3 c@x.example residential"}, w.people())
	if rep, err = w.Publish(t.Context(), w.w, nil, true); err != nil || !rep.Same {
		t.Errorf("publish again: %+v, %v", rep, err)
	}
}

func TestConsentIsTakenOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.publish()
	give := func(source string) Taken {
		w.clock.Jump(w.clock.Now().Add(time.Minute))
		taken, err := w.TakeIn(t.Context(), w.w, []Row{{ExternalID: "1", Email: "a@x.example", Consent: &andante.Consent{Basis: andante.OptIn, Source: source}}})
		if err != nil {
			t.Fatal(err)
		}
		return taken
	}
	w.same("first", Taken{Added: 1}, give("fair"))
	w.same("again", Taken{Same: 1}, give("fair"))
	w.same("another", Taken{Changed: 1}, give("form"))
}

func TestWouldTake(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.publish()
	w.rows("#1 a@x.example contact.first_name=Ann", "#2 b@x.example")
	rows := parseRows([]string{"#1 a@x.example contact.first_name=Ana", "#2 b@x.example", "#3 c@x.example"})
	got, err := w.WouldTake(t.Context(), w.w, rows)
	if err != nil {
		t.Fatal(err)
	}
	w.same("would", Taken{Added: 1, Changed: 1, Same: 1}, got)
	w.same("people", []string{"1 a@x.example Ann", "2 b@x.example"}, w.people())
}

// A contact without an account has one of its own, which goes by its name as it is now.
func TestAnAccountOfOnesOwn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.sequence("brief", "")
	w.publish()
	w.contact("kim")
	for _, first := range []string{"Jürgen", "J"} {
		if _, err := w.TakeIn(t.Context(), w.w, []Row{{ExternalID: "kim", Fields: map[string]string{"contact.first_name": first}}}); err != nil {
			t.Fatal(err)
		}
		w.read(func(tx *store.Tx) error {
			list, err := tx.Accounts(t.Context(), []andante.AccountID{w.find("kim").Account})
			if err == nil && list[0].Name != first {
				t.Errorf("the account is called %q", list[0].Name)
			}
			return err
		})
	}
}
