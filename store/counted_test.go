package store_test

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"testing"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/internal/testdb"
	"github.com/andante-hq/andante/store"
)

// one returns a store with one contact and one touch that counts.
func one(t *testing.T, dsn string) (*store.Store, andante.Touch) {
	ctx, s := t.Context(), migrated(t, dsn)
	now := time.Date(2026, 3, 29, 1, 30, 0, 0, time.UTC)
	account := andante.Account{ID: andante.NewID[andante.AccountID](now), Key: "a"}
	contact := andante.Contact{ID: andante.NewID[andante.ContactID](now), Account: account.ID, Created: now}
	touch := andante.Touch{
		ID: andante.NewID[andante.TouchID](now), Contact: contact.ID, Account: account.ID, Kind: andante.Email, Address: "aa",
		State: andante.Unknown, Due: now, FirstDue: now, Counted: now,
	}
	err := s.Write(ctx, func(tx *store.Tx) error {
		return errors.Join(tx.PutAccounts(ctx, now, []andante.Account{account}), tx.PutContacts(ctx, []store.HashedContact{{Contact: contact}}),
			tx.AddTouches(ctx, []andante.Touch{touch}))
	})
	if err != nil {
		t.Fatal(err)
	}
	return s, touch
}

// TestMiscounted: what is not counted as its touches say is noticed.
func TestMiscounted(t *testing.T) {
	for _, how := range []string{"none", "unreadable", "no such word", "no address"} {
		t.Run(how, func(t *testing.T) {
			eachDatabase(t, func(t *testing.T, dsn string) {
				ctx := t.Context()
				s, touch := one(t, dsn)
				var before, after []andante.ContactID
				err := s.Write(ctx, func(tx *store.Tx) (err error) {
					if before, _, err = tx.Miscounted(ctx, "", 10); err != nil {
						return err
					}
					if err := store.Miscount(ctx, tx, how, touch.Contact); err != nil {
						return err
					}
					after, _, err = tx.Miscounted(ctx, "", 10)
					return err
				})
				if err != nil || len(before) > 0 || !slices.Equal(after, []andante.ContactID{touch.Contact}) {
					t.Errorf("miscounted %v, then %v, error %v", before, after, err)
				}
			})
		})
	}
}

// TestUnreadableCount: a row that can't be read is made anew by whoever asks, and is right
// again once something is written to it.
func TestUnreadableCount(t *testing.T) {
	for _, how := range []string{"unreadable", "no such word"} {
		t.Run(how, func(t *testing.T) {
			eachDatabase(t, func(t *testing.T, dsn string) { unreadableCount(t, dsn, how) })
		})
	}
}

func unreadableCount(t *testing.T, dsn, how string) {
	ctx := t.Context()
	s, touch := one(t, dsn)
	var asked []store.Counted
	var wrong []andante.ContactID
	err := s.Write(ctx, func(tx *store.Tx) (err error) {
		if err := store.Miscount(ctx, tx, how, touch.Contact); err != nil {
			return err
		}
		if asked, err = tx.Counted(ctx, time.UnixMilli(0), []andante.AccountID{touch.Account}, nil); err != nil {
			return err
		}
		sent := touch
		sent.State = andante.Sent
		if _, err := tx.Change(ctx, []store.Change{{Touch: sent, Was: andante.Unknown, StateOnly: true}}); err != nil {
			return err
		}
		wrong, _, err = tx.Miscounted(ctx, "", 10)
		return err
	})
	if err != nil || len(asked) != 1 || asked[0].ID != touch.ID || len(wrong) > 0 {
		t.Errorf("counted %v, then miscounted %v, error %v", asked, wrong, err)
	}
}

// TestQueryModes: behind a pooler statements may not be prepared.
func TestQueryModes(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{"cache_statement", "cache_describe", "describe_exec", "exec", "simple_protocol"} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			dsn, err := url.Parse(testdb.Postgres(t))
			if err != nil {
				t.Fatal(err)
			}
			q := dsn.Query()
			q.Set("default_query_exec_mode", mode)
			dsn.RawQuery = q.Encode()
			s, touch := one(t, dsn.String())
			err = s.Write(t.Context(), func(tx *store.Tx) error {
				got, err := tx.Counted(t.Context(), time.UnixMilli(0), []andante.AccountID{touch.Account}, []andante.AddressHash{"aa"})
				if err == nil && len(got) != 1 {
					err = fmt.Errorf("counted %v", got)
				}
				return err
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
}

// TestNoID: what is no id is refused by its name alone, as a fault of the data.
func TestNoID(t *testing.T) {
	eachDatabase(t, func(t *testing.T, dsn string) {
		s, touch := one(t, dsn)
		touch.ID = "nonsense"
		err := s.Write(t.Context(), func(tx *store.Tx) error { return tx.AddTouches(t.Context(), []andante.Touch{touch}) })
		if s.Postgres() && (!errors.Is(err, andante.ErrNoID) || !store.DataFault(err) || len(err.Error()) > 100) {
			t.Errorf("error %v", err)
		}
	})
}
