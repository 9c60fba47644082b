package storetest

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/store"
)

var contactTests = []test{
	{"accounts round trip", accountsRoundTrip},
	{"an account replaced raises its version", accountReplaced},
	{"contacts round trip", contactsRoundTrip},
	{"a contact replaced keeps its creation", contactReplaced},
	{"signals and choice", contactSigns},
	{"contacts are found by what they are known by", contactsFound},
	{"contacts of an account, the oldest first", contactsOf},
	{"contacts in pages", contactsInPages},
	{"contacts who are not on a sequence", contactsOutside},
	{"accounts in pages", accountsInPages},
	{"a contact moves with its rows", contactMoves},
	{"a contact becomes one with another", contactJoined},
	{"an account becomes one with another", accountJoined},
	{"a contact is forgotten", contactErased},
}

func account(n int) andante.Account {
	a := andante.Account{
		ID: id[andante.AccountID](n), Key: "account " + id[string](n), Name: text(n), Domain: text(n + 1), Stage: "customer", Owner: text(n + 2),
		Tier: "key", TierByRule: n%3 == 0, Industry: text(n + 3), Revenue: sometimes(n, 1234567.89+float64(n)), Business: n%2 == 0, Country: "DE", Zone: "Europe/Berlin",
		Version: int64(n) << 33, Created: day,
	}
	if n%2 == 0 {
		a.Signals = signals(n)
	}
	if n%3 != 0 {
		a.Fields = map[string]string{"buildings": "12", text(n): text(n + 1)}
	}
	return a
}

// signals has something in every field.
func signals(n int) andante.Signals {
	return andante.Signals{Responded: at(n), Replied: at(n + 1), Answered: at(n + 2), Met: at(n + 3), Requested: at(n + 4), Staged: at(n + 5)}
}

func accountID(a andante.Account) andante.AccountID { return a.ID }

// contact returns the n-th contact, of the account with the same number.
func contact(n int) store.HashedContact {
	c := andante.Contact{
		ID: id[andante.ContactID](n), Account: id[andante.AccountID](n), ExternalID: sometimes(n, "ext "+id[string](n)), FirstName: text(n),
		LastName: text(n + 1), JobTitle: text(n + 2), Email: sometimes(n, id[string](n)+"@berg.example"), Phone: sometimes(n+1, "+49 30 "+id[string](n)),
		Persona: "cfo", PersonaByRule: n%2 == 0, Stage: sometimes(n, "former"), Language: "de-AT", Country: "AT", Street: text(n) + "gasse 1", Street2: "Stiege 2", City: "Wien", Region: "W", PostalCode: "01067", Zone: "Europe/Vienna", Import: "fair", ByHand: n%3 == 0, Created: at(n),
	}
	if n%2 == 0 {
		c.Signals = signals(n + 1)
		c.Choice = andante.Choice{Max: n, Per: "30d", Pause: at(n), Only: []andante.Kind{andante.Letter}, Not: []string{text(n)}, At: at(n), Source: text(n)}
	}
	if n%3 != 0 {
		c.Fields = map[string]string{"birthday": "1980-02-29", text(n): text(n + 1)}
	}
	h := store.HashedContact{Contact: c}
	if c.Email != "" {
		h.EmailHash = andante.AddressHash("hash of " + c.Email)
	}
	if c.Phone != "" {
		h.PhoneHash = andante.AddressHash("hash of " + c.Phone)
	}
	return h
}

func contactID(c andante.Contact) andante.ContactID { return c.ID }

func plain(h store.HashedContact) andante.Contact { return h.Contact }

// people adds n contacts, each with an account.
func (s db) people(n int) (accounts []andante.Account, contacts []store.HashedContact) {
	s.t.Helper()
	accounts, contacts = list(n, account), list(n, contact)
	s.write(func(ctx context.Context, tx *store.Tx) error {
		if err := tx.PutAccounts(ctx, day, accounts); err != nil {
			return err
		}
		return tx.PutContacts(ctx, contacts)
	})
	return accounts, contacts
}

func accountsRoundTrip(_ *testing.T, s db) {
	want, _ := s.people(many)
	ids, keys := pick(want, accountID), pick(want, func(a andante.Account) string { return a.Key })
	for _, n := range []int{0, 1, 2, 50, 51, 500, 501, many} {
		got := read(s, func(ctx context.Context, tx *store.Tx) ([]andante.Account, error) { return tx.Accounts(ctx, ids[:n]) })
		s.same("accounts", want[:n], sorted(got, accountID))
		got = read(s, func(ctx context.Context, tx *store.Tx) ([]andante.Account, error) {
			return tx.AccountsByKey(ctx, keys[:n])
		})
		s.same("accounts by key", want[:n], sorted(got, accountID))
	}
	got := read(s, func(ctx context.Context, tx *store.Tx) ([]andante.Account, error) {
		return tx.Accounts(ctx, []andante.AccountID{id[andante.AccountID](many)})
	})
	s.same("an account that is not there", []andante.Account(nil), got)
}

func accountReplaced(_ *testing.T, s db) {
	accounts, _ := s.people(3)
	next := account(7)
	next.ID, next.Version = accounts[1].ID, 99
	s.write(func(ctx context.Context, tx *store.Tx) error {
		return tx.PutAccounts(ctx, at(1), []andante.Account{next})
	})
	next.Version = accounts[1].Version + 1
	accounts[1] = next
	s.write(func(ctx context.Context, tx *store.Tx) error {
		return tx.RaiseVersion(ctx, []andante.AccountID{accounts[0].ID, accounts[2].ID})
	})
	accounts[0].Version++
	accounts[2].Version++
	got := read(s, func(ctx context.Context, tx *store.Tx) ([]andante.Account, error) {
		return tx.Accounts(ctx, pick(accounts, accountID))
	})
	s.same("accounts", accounts, sorted(got, accountID))
	versions := map[andante.AccountID]int64{accounts[0].ID: accounts[0].Version, accounts[1].ID: accounts[1].Version}
	s.same("versions", versions, read(s, func(ctx context.Context, tx *store.Tx) (map[andante.AccountID]int64, error) {
		return tx.Versions(ctx, []andante.AccountID{accounts[0].ID, accounts[1].ID, id[andante.AccountID](7777)})
	}))
}

func contactsRoundTrip(_ *testing.T, s db) {
	_, people := s.people(many)
	want := pick(people, plain)
	ids := pick(want, contactID)
	for _, n := range []int{0, 1, 2, 50, 51, 500, 501, many} {
		got := read(s, func(ctx context.Context, tx *store.Tx) ([]andante.Contact, error) { return tx.Contacts(ctx, ids[:n]) })
		s.same("contacts", want[:n], sorted(got, contactID))
	}
	type count struct{ Contacts, Accounts int }
	got := read(s, func(ctx context.Context, tx *store.Tx) (n count, err error) {
		n.Contacts, n.Accounts, err = tx.CountContacts(ctx)
		return n, err
	})
	s.same("count", count{many, many}, got)
}

func contactReplaced(_ *testing.T, s db) {
	_, people := s.people(3)
	next := contact(7)
	next.ID, next.Account = people[1].ID, people[2].Account
	s.write(func(ctx context.Context, tx *store.Tx) error { return tx.PutContacts(ctx, []store.HashedContact{next}) })
	next.Created, next.Signals, next.Choice = people[1].Created, people[1].Signals, people[1].Choice
	people[1] = next
	got := read(s, func(ctx context.Context, tx *store.Tx) ([]andante.Contact, error) {
		return tx.Contacts(ctx, pick(pick(people, plain), contactID))
	})
	s.same("contacts", pick(people, plain), sorted(got, contactID))
	got = read(s, func(ctx context.Context, tx *store.Tx) ([]andante.Contact, error) {
		return tx.ContactsByAddress(ctx, []andante.AddressHash{contact(1).EmailHash, next.EmailHash})
	})
	s.same("by the new address alone", []andante.Contact{next.Contact}, got)
}

// contactSigns: what they did and chose is written by itself, and an import leaves it alone.
func contactSigns(_ *testing.T, s db) {
	accounts, people := s.people(3)
	accounts[0].Signals, people[1].Signals = signals(7), andante.Signals{Met: at(9)}
	people[2].Choice = andante.Choice{Max: 1, Per: "month", At: at(4), Source: "by phone"}
	s.write(func(ctx context.Context, tx *store.Tx) error {
		if err := tx.PutSignals(ctx, []andante.Contact{people[1].Contact}, accounts[:1]); err != nil {
			return err
		}
		return tx.PutChoice(ctx, people[2].ID, people[2].Choice)
	})
	same := func() {
		s.t.Helper()
		got := read(s, func(ctx context.Context, tx *store.Tx) ([]andante.Contact, error) {
			return tx.Contacts(ctx, pick(pick(people, plain), contactID))
		})
		s.same("contacts", pick(people, plain), sorted(got, contactID))
		of := read(s, func(ctx context.Context, tx *store.Tx) ([]andante.Account, error) {
			return tx.Accounts(ctx, pick(accounts, accountID))
		})
		for i := range of {
			of[i].Version = 0
		}
		for i := range accounts {
			accounts[i].Version = 0
		}
		s.same("accounts", accounts, sorted(of, accountID))
	}
	same()
	s.write(func(ctx context.Context, tx *store.Tx) error {
		bare, without := people[1], accounts[0]
		bare.Signals, bare.Choice, without.Signals = andante.Signals{}, andante.Choice{}, andante.Signals{}
		if err := tx.PutAccounts(ctx, day, []andante.Account{without}); err != nil {
			return err
		}
		return tx.PutContacts(ctx, []store.HashedContact{bare})
	})
	same()
}

func contactsFound(_ *testing.T, s db) {
	accounts, people := s.people(12)
	shared := contact(20)
	shared.Account, shared.Email, shared.EmailHash = accounts[0].ID, people[1].Email, people[1].EmailHash
	s.write(func(ctx context.Context, tx *store.Tx) error {
		return tx.PutContacts(ctx, []store.HashedContact{shared})
	})
	s.same("mailboxes that several have", 1, read(s, func(ctx context.Context, tx *store.Tx) (int, error) { return tx.SharedMailboxes(ctx) }))
	find := func(f func(ctx context.Context, tx *store.Tx) ([]andante.Contact, error)) []andante.Contact {
		return sorted(read(s, f), contactID)
	}
	// Contacts 0 and 3 have neither, and nobody is found by nothing.
	s.same("by external id", []andante.Contact{people[1].Contact, people[5].Contact},
		find(func(ctx context.Context, tx *store.Tx) ([]andante.Contact, error) {
			return tx.ContactsByExternalID(ctx, []string{"", people[1].ExternalID, people[5].ExternalID, "nobody"})
		}))
	s.same("by e-mail", []andante.Contact{people[1].Contact, people[2].Contact, shared.Contact},
		find(func(ctx context.Context, tx *store.Tx) ([]andante.Contact, error) {
			return tx.ContactsByEmail(ctx, []string{"", people[1].Email, people[2].Email})
		}))
	s.same("by phone", []andante.Contact{people[3].Contact, people[4].Contact},
		find(func(ctx context.Context, tx *store.Tx) ([]andante.Contact, error) {
			return tx.ContactsByPhone(ctx, []string{"", people[3].Phone, people[4].Phone})
		}))
	s.same("by address", []andante.Contact{people[1].Contact, people[4].Contact, shared.Contact},
		find(func(ctx context.Context, tx *store.Tx) ([]andante.Contact, error) {
			return tx.ContactsByAddress(ctx, []andante.AddressHash{"", people[1].EmailHash, people[4].PhoneHash})
		}))
}

func contactsOf(_ *testing.T, s db) {
	accounts, people := s.people(3)
	add := func(n, account, created int) andante.Contact {
		c := contact(n)
		c.Account, c.Created = accounts[account].ID, at(created)
		s.write(func(ctx context.Context, tx *store.Tx) error { return tx.PutContacts(ctx, []store.HashedContact{c}) })
		return c.Contact
	}
	last := add(11, 1, 9)
	first := add(13, 1, -5)
	twin := add(10, 1, -5)
	got := read(s, func(ctx context.Context, tx *store.Tx) ([]andante.Contact, error) {
		return tx.ContactsOf(ctx, []andante.AccountID{accounts[2].ID, accounts[1].ID})
	})
	s.same("contacts", []andante.Contact{twin, first, people[1].Contact, last, people[2].Contact}, got)
}

func contactsInPages(_ *testing.T, s db) {
	_, people := s.people(7)
	var pages [][]andante.Contact
	for after := andante.ContactID(""); ; {
		page := read(s, func(ctx context.Context, tx *store.Tx) ([]andante.Contact, error) {
			return tx.ContactsAfter(ctx, after, 3)
		})
		pages = append(pages, page)
		if len(page) == 0 {
			break
		}
		after = page[len(page)-1].ID
	}
	all := pick(people, plain)
	s.same("pages", [][]andante.Contact{all[:3], all[3:6], all[6:], nil}, pages)
}

func contactsOutside(_ *testing.T, s db) {
	_, people := s.people(5)
	runs := list(3, enrollment)
	for i := range runs {
		runs[i].Contact, runs[i].Sequence, runs[i].State = people[i].ID, "welcome", andante.EnrollmentActive
	}
	runs[1].State = andante.EnrollmentFinished
	runs[2].Sequence = "another"
	s.write(func(ctx context.Context, tx *store.Tx) error { return tx.AddEnrollments(ctx, runs) })
	outside := func(ever bool, after andante.ContactID) []andante.Contact {
		return read(s, func(ctx context.Context, tx *store.Tx) ([]andante.Contact, error) {
			return tx.ContactsOutside(ctx, "welcome", ever, after, 2)
		})
	}
	all := pick(people, plain)
	s.same("not on it", all[1:3], outside(false, ""))
	s.same("never on it", all[2:4], outside(true, ""))
	s.same("the next page", all[3:5], outside(false, all[2].ID))
}

func accountsInPages(_ *testing.T, s db) {
	all, _ := s.people(7)
	var pages [][]andante.Account
	for after := andante.AccountID(""); ; {
		page := read(s, func(ctx context.Context, tx *store.Tx) ([]andante.Account, error) {
			return tx.AccountsAfter(ctx, after, 4)
		})
		pages = append(pages, page)
		if len(page) == 0 {
			break
		}
		after = page[len(page)-1].ID
	}
	s.same("pages", [][]andante.Account{all[:4], all[4:], nil}, pages)
}

func contactMoves(_ *testing.T, s db) {
	accounts, people := s.people(3)
	mover, to := people[0].Contact, accounts[2].ID
	var touches []andante.Touch
	for n, c := range []andante.Contact{mover, people[1].Contact} {
		t := touch(n)
		t.Contact, t.Account = c.ID, c.Account
		touches = append(touches, t)
	}
	s.write(func(ctx context.Context, tx *store.Tx) error {
		for n, c := range []andante.Contact{mover, people[1].Contact} {
			a, e, v := attempt(n), enrollment(n), event(n)
			a.Contact, a.Account, a.Touch = c.ID, c.Account, touches[n].ID
			e.Contact, e.Account = c.ID, c.Account
			v.Contact, v.Account = c.ID, c.Account
			err := firstError(tx.AddTouches(ctx, touches[n:n+1]), tx.AddAttempts(ctx, []andante.Attempt{a}),
				tx.AddEnrollments(ctx, []andante.Enrollment{e}), tx.AddEvents(ctx, []andante.Event{v}))
			if err != nil {
				return err
			}
		}
		return tx.MoveRows(ctx, mover.ID, to)
	})
	for n, want := range []andante.AccountID{to, people[1].Account} {
		c := people[n].ID
		got := read(s, func(ctx context.Context, tx *store.Tx) (got []andante.AccountID, err error) {
			t, err1 := tx.TouchesOfContact(ctx, c)
			a, err2 := tx.AttemptsOf(ctx, []andante.TouchID{touches[n].ID})
			e, err3 := tx.EnrollmentsOf(ctx, []andante.ContactID{c})
			v, err4 := tx.EventsOf(ctx, c)
			if err := firstError(err1, err2, err3, err4); err != nil {
				return nil, err
			}
			return []andante.AccountID{t[0].Account, a[0].Account, e[0].Account, v[0].Account}, nil
		})
		s.same("accounts of touch, attempt, enrollment and event", []andante.AccountID{want, want, want, want}, got)
	}
}

func contactJoined(_ *testing.T, s db) {
	_, people := s.people(3)
	keep, drop := people[0].Contact, people[1].Contact
	t := touch(0)
	t.Contact, t.Account = drop.ID, drop.Account
	was := []string{string(drop.ID), string(people[1].PhoneHash) + "x"}
	s.write(func(ctx context.Context, tx *store.Tx) error {
		return firstError(tx.AddTouches(ctx, []andante.Touch{t}), tx.Join(ctx, keep, drop, was))
	})
	s.write(func(ctx context.Context, tx *store.Tx) error {
		hashes, names, err := tx.KnownBy(ctx, keep.ID)
		slices.Sort(names)
		slices.Sort(was)
		s.same("names", was, names) // these hashes are none
		s.same("hashes", 0, len(hashes))
		return firstError(err, tx.ScrubAccount(ctx, keep.Account, "nobody", "x"))
	})
	s.same("who it is now", map[string]andante.ContactID{was[0]: keep.ID, was[1]: keep.ID}, read(s, func(ctx context.Context, tx *store.Tx) (map[string]andante.ContactID, error) {
		return tx.Former(ctx, append(was, "nobody"))
	}))
	s.same("by its former address", []andante.Contact{keep}, read(s, func(ctx context.Context, tx *store.Tx) ([]andante.Contact, error) {
		return tx.ContactsByAddress(ctx, []andante.AddressHash{andante.AddressHash(string(people[1].PhoneHash) + "x")})
	}))
	t.Contact, t.Account = keep.ID, keep.Account
	s.same("its touches", []andante.Touch{t}, read(s, func(ctx context.Context, tx *store.Tx) ([]andante.Touch, error) {
		return tx.TouchesOfContact(ctx, keep.ID)
	}))
	s.same("who is gone", []andante.Contact{}, read(s, func(ctx context.Context, tx *store.Tx) ([]andante.Contact, error) {
		return tx.Contacts(ctx, []andante.ContactID{drop.ID})
	}))
}

func accountJoined(_ *testing.T, s db) {
	accounts, people := s.people(3)
	keep, drop := accounts[0].ID, accounts[1].ID
	gone := people[1].Contact
	t := touch(0)
	t.Contact, t.Account, t.State, t.Counted = gone.ID, drop, andante.Sent, at(1)
	h := andante.Hold{ID: id[andante.HoldID](1), Scope: andante.HoldAccount, Key: string(drop), Author: "nora", From: at(1)}
	s.write(func(ctx context.Context, tx *store.Tx) error {
		return firstError(tx.AddTouches(ctx, []andante.Touch{t}), tx.AddHold(ctx, h), tx.Erase(ctx, gone))
	})
	s.same("gone with its last", []andante.Account{}, read(s, func(ctx context.Context, tx *store.Tx) ([]andante.Account, error) {
		return tx.Accounts(ctx, []andante.AccountID{drop})
	}))
	s.write(func(ctx context.Context, tx *store.Tx) error {
		return firstError(tx.JoinAccount(ctx, keep, drop, "old"), tx.DropAccount(ctx, keep)) // somebody is in that one
	})
	s.same("who is in one", 1, len(read(s, func(ctx context.Context, tx *store.Tx) ([]andante.Contact, error) {
		return tx.ContactsOf(ctx, []andante.AccountID{keep})
	})))
	s.same("what counted there counts here", 1, len(read(s, func(ctx context.Context, tx *store.Tx) ([]store.Counted, error) {
		return tx.Counted(ctx, time.Time{}, []andante.AccountID{keep}, nil)
	})))
}

func contactErased(_ *testing.T, s db) {
	_, people := s.people(3)
	c := people[1].Contact
	about := func() map[string][]store.Row {
		return read(s, func(ctx context.Context, tx *store.Tx) (map[string][]store.Row, error) { return tx.About(ctx, c) })
	}
	s.same("known", 2, len(about()))
	s.write(func(ctx context.Context, tx *store.Tx) error { return tx.Erase(ctx, c) })
	s.same("known", map[string][]store.Row{}, about())
	s.same("the others", []andante.Contact{people[0].Contact, people[2].Contact}, read(s, func(ctx context.Context, tx *store.Tx) ([]andante.Contact, error) {
		return tx.ContactsAfter(ctx, "", 9)
	}))
}

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
