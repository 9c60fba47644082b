package ops

import (
	"fmt"
	"maps"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/internal/memfs"
	"github.com/andante-hq/andante/store"
	"github.com/andante-hq/andante/store/storetest"
	"github.com/andante-hq/andante/workspace"
)

// world is ops on a store of its own, with a workspace in which everything may
// be sent at any hour.
type world struct {
	*Ops
	t     *testing.T
	clock *andante.JumpClock
	files map[string][]byte
	w     *workspace.Workspace
}

const config = `company: {name: Acme, postal_address: "1 Main Street", country: US, zone: UTC}
public_url: https://mail.acme.example
senders: {news: {name: Acme, address: news@acme.example}}
personas: {cfo: {title: CFO}, engineer: {title: Engineer}}
fields: {contact.topic: text}
`

func newWorld(t *testing.T) *world {
	t.Helper()
	return newWorldOn(t, filepath.Join(t.TempDir(), "andante.db"))
}

// newWorldOn makes it on a database that is empty yet.
func newWorldOn(t *testing.T, dsn string) *world {
	t.Helper()
	clock := andante.NewJumpClock(time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC))
	st := storetest.Migrated(t, dsn, clock)
	keys, err := ParseKeyring(SeededKeyring("x"))
	if err != nil {
		t.Fatal(err)
	}
	w := &world{Ops: New(st, clock, keys), t: t, clock: clock, files: map[string][]byte{
		"andante.yaml": []byte(config), "governor.yaml": []byte("limits: []\n"), "consent.yaml": []byte("- {need: []}\n"),
	}}
	return w
}

// sequence writes a sequence of two mails, one and two, into the workspace's
// files. Keys are added to the front matter.
func (w *world) sequence(name, keys string) {
	w.files["sequences/"+name+".md"] = []byte(markdown(name, keys))
}

func markdown(name, keys string) string {
	if !strings.Contains(keys, "purpose:") {
		keys = "purpose: marketing\n" + keys
	}
	step := func(id, after string) string {
		return fmt.Sprintf("\n## %s\n\n```yaml step\nkind: email\nafter: %s\nsubject: About %[1]s\nvalue: insight - %[1]s\n```\n\nHello.\n", id, after)
	}
	return "---\nsequence: " + name + "\ntitle: " + name + "\nsender: news\n" + strings.TrimSpace(keys) + "\n---\n" + step("one", "0d") + step("two", "3d")
}

// load reads the files; a workspace with errors is a fault of the test.
func (w *world) load() *workspace.Workspace {
	w.t.Helper()
	loaded, found := workspace.Load(memfs.FS(maps.Clone(w.files)))
	if bad := workspace.Errors(found); len(bad) > 0 {
		w.t.Fatal(bad[0])
	}
	return loaded
}

func (w *world) publish() {
	w.t.Helper()
	w.w = w.load()
	if _, err := w.Publish(w.t.Context(), w.w, nil, false); err != nil {
		w.t.Fatal(err)
	}
}

// contact takes a contact in; fields are key=value.
func (w *world) contact(name string, fields ...string) andante.ContactID {
	w.t.Helper()
	r := Row{ExternalID: name, Email: name + "@x.example", Fields: map[string]string{"contact.first_name": name, "account.stage": "customer"}}
	for _, f := range fields {
		key, value, _ := strings.Cut(f, "=")
		switch key {
		case "email":
			r.Email = value
		case "account":
			r.Account = value
		default:
			r.Fields[key] = value
		}
	}
	taken, err := w.TakeIn(w.t.Context(), w.w, []Row{r})
	if err != nil || len(taken.Refused) > 0 {
		w.t.Fatal(taken.Refused, err)
	}
	return w.find(name).ID
}

func (w *world) find(name string) (c andante.Contact) {
	w.t.Helper()
	w.read(func(tx *store.Tx) error {
		list, err := tx.ContactsByExternalID(w.t.Context(), []string{name})
		if err == nil {
			c = list[0]
		}
		return err
	})
	return c
}

func (w *world) read(f func(*store.Tx) error) {
	w.t.Helper()
	if err := w.Store.Read(w.t.Context(), f); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) write(f func(*store.Tx) error) {
	w.t.Helper()
	if err := w.Store.Write(w.t.Context(), f); err != nil {
		w.t.Fatal(err)
	}
}

// enroll enrolls contacts by name; without names, everybody.
func (w *world) enroll(sequence string, names ...string) *EnrollReport {
	w.t.Helper()
	r := EnrollRequest{Sequence: sequence}
	if len(names) > 0 {
		r.Where = `contact.first_name in ["` + strings.Join(names, `", "`) + `"]`
	}
	rep, err := w.Enroll(w.t.Context(), r)
	if err != nil {
		w.t.Fatal(err)
	}
	return rep
}

// enrollments tells how a contact's enrollments stand, as "sequence state reason".
func (w *world) enrollments(id andante.ContactID) (list []string) {
	w.t.Helper()
	w.read(func(tx *store.Tx) error {
		all, err := tx.EnrollmentsOf(w.t.Context(), []andante.ContactID{id})
		for _, e := range all {
			list = append(list, strings.TrimSpace(fmt.Sprintf("%s %s %s", e.Sequence, e.State, e.Reason)))
		}
		return err
	})
	return list
}

// touches tells how a contact's touches stand, as "sequence/step state reason".
func (w *world) touches(id andante.ContactID) (list []string) {
	w.t.Helper()
	w.read(func(tx *store.Tx) error {
		all, err := tx.TouchesOfContact(w.t.Context(), id)
		for _, t := range all {
			list = append(list, strings.TrimSpace(fmt.Sprintf("%s/%s %s %s", t.Sequence, t.Step, t.State, t.Reason)))
		}
		return err
	})
	return list
}

func (w *world) version(id andante.ContactID) (v int64) {
	w.t.Helper()
	w.read(func(tx *store.Tx) error {
		people, err := tx.Contacts(w.t.Context(), []andante.ContactID{id})
		if err != nil {
			return err
		}
		list, err := tx.Accounts(w.t.Context(), []andante.AccountID{people[0].Account})
		if err == nil {
			v = list[0].Version
		}
		return err
	})
	return v
}
