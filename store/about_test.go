package store_test

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/store"
)

// TestEveryTableIsToldOf: no table comes that nobody has thought about.
func TestEveryTableIsToldOf(t *testing.T) {
	eachDatabase(t, func(t *testing.T, dsn string) {
		s := migrated(t, dsn)
		var all, telling, others []string
		if err := s.Read(t.Context(), func(tx *store.Tx) (err error) {
			all, telling, others, err = store.Tables(t.Context(), tx)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		for _, table := range all {
			if table != "goose_db_version" && !slices.Contains(telling, table) && !slices.Contains(others, table) {
				t.Errorf("store/about.go does not say what the table %s tells of a contact", table)
			}
		}
		if len(all) < len(telling) {
			t.Errorf("%d tables, fewer than the %d that are told of", len(all), len(telling))
		}
	})
}

// keptWords are the columns in which words stay when a contact is forgotten: how the program calls
// things, and the keyed hash of the address.
var keptWords = []string{
	"arrivals.class", "arrivals.sender", "arrivals.verdict",
	"attempts.outcome", "attempts.policy", "attempts.sender",
	"conversations.kind", "conversations.owner", "counted.packed",
	"enrollments.cause", "enrollments.exclusive", "enrollments.plan", "enrollments.reason", "enrollments.sequence", "enrollments.state", "enrollments.step", "enrollments.variant",
	"events.name",
	"suppressions.address", "suppressions.kind", "suppressions.purpose", "suppressions.reason",
	"touches.kind", "touches.message_hash", "touches.message_id", "touches.purpose", "touches.reason", "touches.result", "touches.sender", "touches.sequence", "touches.state", "touches.step", "touches.variant",
}

func TestErase(t *testing.T) {
	eachDatabase(t, func(t *testing.T, dsn string) {
		ctx, s := t.Context(), migrated(t, dsn)
		now := andante.SystemClock{}.Now()
		c := andante.Contact{ID: andante.NewID[andante.ContactID](now), Account: andante.NewID[andante.AccountID](now), Email: "anna@Xylophone.example"}
		write := func(f func(*store.Tx) error) {
			t.Helper()
			if err := s.Write(ctx, f); err != nil {
				t.Fatal(err)
			}
		}
		write(func(tx *store.Tx) error { return store.FillAbout(ctx, tx, c, "Xylophone") })
		words := []string{"xylophone"}
		found, columns, _, err := s.Search(ctx, words)
		if err != nil || len(found) < 60 || columns <= len(found) {
			t.Fatalf("%d of %d columns hold the word, error %v", len(found), columns, err)
		}
		var known map[string][]store.Row
		if err := s.Read(ctx, func(tx *store.Tx) (err error) { known, err = tx.About(ctx, c); return err }); err != nil {
			t.Fatal(err)
		}
		if len(known) != 23 || known["contacts"][0]["first_name"] != "Xylophone" || known["accounts"][0]["name"] != "Xylophone" || known["cards"][0]["body"] != "Xylophone" {
			t.Errorf("%d tables tell of the contact; contact %v", len(known), known["contacts"])
		}
		write(func(tx *store.Tx) error { return tx.Erase(ctx, c) })
		found, _, _, err = s.Search(ctx, words)
		if err != nil {
			t.Fatal(err)
		}
		var places []string
		for _, p := range found {
			places = append(places, p.Table+"."+p.Column)
		}
		if diff := gocmp.Diff(keptWords, places); diff != "" {
			t.Errorf("words that stay (-want +got):\n%s", diff)
		}
	})
}

// TestWipe: what was erased is in the store's files no more, and who reads meanwhile is told of.
func TestWipe(t *testing.T) {
	t.Parallel()
	ctx, path := t.Context(), sqlite(t)
	s := migrated(t, path)
	now := andante.SystemClock{}.Now()
	var account andante.Account
	var anna andante.Contact
	write := func(f func(*store.Tx) error) {
		t.Helper()
		if err := s.Write(ctx, f); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 200 {
		name := fmt.Sprintf("clarinet-%d", i)
		if i == 100 {
			name = "xylophone"
		}
		a := andante.Account{ID: andante.NewID[andante.AccountID](now), Key: name, Name: name}
		c := andante.Contact{ID: andante.NewID[andante.ContactID](now), Account: a.ID, Email: name + "@x.example", LastName: name, Street: name, Created: now}
		write(func(tx *store.Tx) error {
			return errors.Join(tx.PutAccounts(ctx, now, []andante.Account{a}), tx.PutContacts(ctx, []store.HashedContact{{Contact: c}}))
		})
		if i == 100 {
			account, anna = a, c
		}
	}
	look := func(want int) {
		t.Helper()
		found, looked, err := s.SearchFiles([]string{"Xylophone"})
		if err != nil || len(found) != want || len(looked) != 2 {
			t.Errorf("found in %v of %v, want in %d; error %v", found, looked, want, err)
		}
	}
	look(1) // in the write-ahead log
	if err := s.Wipe(ctx); err != nil {
		t.Fatal(err)
	}
	look(1) // in the file
	write(func(tx *store.Tx) error { return tx.Erase(ctx, anna) })
	look(1)
	reader := open(t, path)
	err := reader.Read(ctx, func(tx *store.Tx) error {
		if _, _, err := tx.CountContacts(ctx); err != nil {
			return err
		}
		return s.Wipe(ctx)
	})
	if !errors.Is(err, store.ErrBusy) {
		t.Errorf("beside a reader: error %v", err)
	}
	if err := s.Wipe(ctx); err != nil {
		t.Fatal(err)
	}
	look(0)
	if err := s.Read(ctx, func(tx *store.Tx) error {
		list, err := tx.Accounts(ctx, []andante.AccountID{account.ID})
		if len(list) > 0 {
			t.Errorf("an account without people stays: %v", list)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
}

// TestJoin: no row of any table stays behind, and what both had once is there once.
func TestJoin(t *testing.T) {
	eachDatabase(t, func(t *testing.T, dsn string) {
		ctx, s := t.Context(), migrated(t, dsn)
		now := andante.SystemClock{}.Now()
		newContact := func() andante.Contact {
			return andante.Contact{ID: andante.NewID[andante.ContactID](now), Account: andante.NewID[andante.AccountID](now)}
		}
		keep, drop := newContact(), newContact()
		var before, kept, dropped map[string]int
		var now1 map[string]andante.ContactID
		var accounts []andante.Account
		if err := s.Write(ctx, func(tx *store.Tx) (err error) {
			if err = errors.Join(store.FillAbout(ctx, tx, keep, "oboe"), store.FillAbout(ctx, tx, drop, "viola")); err != nil {
				return err
			}
			if before, err = store.OfContact(ctx, tx, drop.ID); err != nil {
				return err
			}
			if err = tx.Join(ctx, keep, drop, []string{string(drop.ID), "external:viola"}); err != nil {
				return err
			}
			if kept, err = store.OfContact(ctx, tx, keep.ID); err != nil {
				return err
			}
			if now1, err = tx.Former(ctx, []string{string(drop.ID), "external:viola", "nobody"}); err != nil {
				return err
			}
			if accounts, err = tx.Accounts(ctx, []andante.AccountID{keep.Account, drop.Account}); err != nil {
				return err
			}
			dropped, err = store.OfContact(ctx, tx, drop.ID)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		once := map[string]int{"trials": 1, "counted": 1, "former": 4}
		delete(before, "addressed") // what stands here for an address is none
		for table, n := range before {
			if want := cmp.Or(once[table], 2*n); n == 0 || kept[table] != want || dropped[table] != 0 {
				t.Errorf("%s: %d rows before, %d of who stays (want %d), %d left behind", table, n, kept[table], want, dropped[table])
			}
		}
		if len(now1) != 2 || now1["external:viola"] != keep.ID || len(accounts) != 1 {
			t.Errorf("former %v, accounts %v", now1, accounts)
		}
	})
}
