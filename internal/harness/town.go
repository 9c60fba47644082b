package harness

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/ops"
	"github.com/andante-hq/andante/store"
	"github.com/andante-hq/andante/workspace"
)

// A Town is who lives in a store: contacts in accounts, and who is enrolled where.
type Town struct {
	Accounts []andante.Account
	Contacts []andante.Contact
	runs     []Run
}

// A Run is what was planned for a contact, whatever a store says of it later.
type Run struct {
	Enrollment andante.EnrollmentID
	Steps      []string
}

var seed = andante.Seed("town")

// NewTown builds accounts of so many contacts each. Every contact has an address
// of its own and lives where mail needs no consent.
func NewTown(accounts, each int) *Town {
	town := &Town{}
	for i := range accounts {
		a := andante.Account{
			ID:  andante.DeriveID[andante.AccountID](seed, time.UnixMilli(int64(i)), "account", fmt.Sprint(i)),
			Key: fmt.Sprintf("account-%d", i), Name: fmt.Sprintf("Account %d", i), Stage: "prospect", Business: true, Country: "US",
		}
		town.Accounts = append(town.Accounts, a)
		for j := range each {
			n := i*each + j
			town.Contacts = append(town.Contacts, andante.Contact{
				ID:      andante.DeriveID[andante.ContactID](seed, time.UnixMilli(int64(n)), "contact", fmt.Sprint(n)),
				Account: a.ID, ExternalID: fmt.Sprintf("c%d", n), FirstName: "Ann", LastName: fmt.Sprintf("Number%d", n),
				Email: fmt.Sprintf("c%d@town.example", n), Persona: "buyer", Country: "US", Zone: "UTC", Created: time.UnixMilli(int64(n)).UTC(),
			})
		}
	}
	return town
}

// page is how many rows go into a transaction.
const page = 2000

// Settle writes the town's accounts and contacts.
func (town *Town) Settle(ctx context.Context, t testing.TB, o *ops.Ops) {
	t.Helper()
	write(ctx, t, o.Store, town.Accounts, func(tx *store.Tx, list []andante.Account) error {
		return tx.PutAccounts(ctx, o.Clock.Now(), list)
	})
	write(ctx, t, o.Store, town.Contacts, func(tx *store.Tx, list []andante.Contact) error {
		hashed := make([]store.HashedContact, len(list))
		for i, c := range list {
			hashed[i] = store.HashedContact{Contact: c, EmailHash: o.Keys.Hash(c.Email)}
		}
		return tx.PutContacts(ctx, hashed)
	})
}

// Enroll writes an enrollment and its first touch, due now, for every contact.
func (town *Town) Enroll(ctx context.Context, t testing.TB, o *ops.Ops, w *workspace.Workspace, sequences ...string) {
	t.Helper()
	now := o.Clock.Now().Truncate(time.Second)
	var touches []andante.Touch
	var entered []andante.Enrollment
	for _, name := range sequences {
		q := w.Sequences[name]
		for _, c := range town.Contacts {
			e := andante.Enrollment{
				ID:      andante.DeriveID[andante.EnrollmentID](seed, now, name, string(c.ID)),
				Contact: c.ID, Account: c.Account, Sequence: name, Plan: q.Hash, State: andante.EnrollmentActive, Step: q.Steps[0].ID, Entered: now,
			}
			at := now.Add(time.Duration(len(touches)) * time.Millisecond) // orders the ids; it is due all the same
			entered = append(entered, e)
			town.runs = append(town.runs, Run{Enrollment: e.ID, Steps: q.StepIDs()})
			touches = append(touches, andante.Touch{
				ID:         andante.DeriveID[andante.TouchID](seed, at, "touch", string(e.ID), q.Steps[0].ID, "0"),
				Enrollment: e.ID, Contact: c.ID, Account: c.Account, Sequence: name, Step: q.Steps[0].ID, Kind: andante.Email,
				Purpose: q.Purpose, Priority: q.Priority, Sender: "news", State: andante.Planned, Due: now, FirstDue: now, Introduction: q.Steps[0].Introduction,
			})
		}
	}
	write(ctx, t, o.Store, entered, func(tx *store.Tx, list []andante.Enrollment) error { return tx.AddEnrollments(ctx, list) })
	write(ctx, t, o.Store, touches, func(tx *store.Tx, list []andante.Touch) error { return tx.AddTouches(ctx, list) })
}

// Books reads everything that became of the town's people. What was planned comes from the
// town, not from the store.
func (town *Town) Books(ctx context.Context, t testing.TB, s *store.Store) Books {
	t.Helper()
	people := make([]andante.ContactID, len(town.Contacts))
	for i, c := range town.Contacts {
		people[i] = c.ID
	}
	b := Books{Runs: town.runs}
	err := s.Read(ctx, func(tx *store.Tx) (err error) {
		if b.Enrollments, err = tx.EnrollmentsOf(ctx, people); err != nil {
			return err
		}
		ids := make([]andante.EnrollmentID, len(b.Enrollments))
		for i, e := range b.Enrollments {
			ids[i] = e.ID
		}
		if b.Touches, err = tx.TouchesOf(ctx, ids); err != nil {
			return err
		}
		touches := make([]andante.TouchID, len(b.Touches))
		for i, t := range b.Touches {
			touches[i] = t.ID
		}
		if b.Attempts, err = tx.AttemptsOf(ctx, touches); err != nil {
			return err
		}
		b.Verdicts, err = tx.VerdictsOf(ctx, touches)
		return err
	})
	if err == nil {
		b.Miscounted, err = Miscounted(ctx, s)
	}
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// Miscounted returns the contacts of whom the store counts other touches than they had.
func Miscounted(ctx context.Context, s *store.Store) (all []andante.ContactID, err error) {
	for last := andante.ContactID(""); ; {
		var wrong []andante.ContactID
		err := s.Read(ctx, func(tx *store.Tx) (err error) {
			wrong, last, err = tx.Miscounted(ctx, last, page)
			return err
		})
		all = append(all, wrong...)
		if err != nil || last == "" {
			return all, err
		}
	}
}

func write[T any](ctx context.Context, t testing.TB, s *store.Store, list []T, f func(*store.Tx, []T) error) {
	t.Helper()
	for part := range slices.Chunk(list, page) {
		if err := s.Write(ctx, func(tx *store.Tx) error { return f(tx, part) }); err != nil {
			t.Fatal(err)
		}
	}
}
