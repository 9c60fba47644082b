// Package storetest is the suite that every database behind package store must
// pass: what goes in comes out, what must not happen is refused, and what two
// transactions want at once is given to one of them.
//
//	storetest.Run(t, func(t *testing.T) *store.Store { ... }) // an empty, migrated store
//
// It goes through the exported methods alone. Parts that only a database with
// several writers can show are left out on SQLite, where one writer at a time is
// the lock.
package storetest

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/store"
)

// Migrated opens an empty database for a test of another package, with its schema, and closes
// it with the test. A crash of the machine may cost what is in it.
func Migrated(t testing.TB, dsn string, clock andante.Clock) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), dsn, store.Options{Clock: clock, Volatile: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	if _, err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s
}

// Run runs the suite. open returns an empty store with its schema, and closes it
// with the test.
func Run(t *testing.T, open func(t *testing.T) *store.Store) {
	for _, part := range []struct {
		name  string
		tests []test
	}{
		{"contacts", contactTests},
		{"touches", touchTests},
		{"counted touches", countedTests},
		{"tasks", taskTests},
		{"cards", cardTests},
		{"answers", answerTests},
		{"api keys", apiKeyTests},
		{"arrivals", arrivalTests},
		{"mailboxes", mailboxTests},
		{"hooks", hookTests},
		{"clicks", clickTests},
		{"conversations", conversationTests},
		{"simulation", simulatedTests},
		{"rates", rateTests},
		{"imports", importTests},
		{"hosts", hostTests},
		{"leases", leaseTests},
		{"ledger", ledgerTests},
		{"consent", consentTests},
		{"enrollments", enrollmentTests},
		{"meta", metaTests},
		{"home", homeTests},
		{"counts", countTests},
		{"unknown touches", unknownTests},
		{"mails", mailTests},
		{"health", healthTests},
		{"transactions", transactionTests},
		{"locks", lockTests},
	} {
		t.Run(part.name, func(t *testing.T) {
			t.Parallel()
			for _, c := range part.tests {
				t.Run(c.name, func(t *testing.T) {
					t.Parallel()
					c.run(t, db{open(t), t})
				})
			}
		})
	}
}

type test struct {
	name string
	run  func(t *testing.T, s db)
}

// db is a store in a test.
type db struct {
	*store.Store
	t *testing.T
}

// write runs f in a transaction that must succeed.
func (s db) write(f func(ctx context.Context, tx *store.Tx) error) {
	s.t.Helper()
	ctx := s.t.Context()
	if err := s.Write(ctx, func(tx *store.Tx) error { return f(ctx, tx) }); err != nil {
		s.t.Fatal(err)
	}
}

// refused runs f in a transaction that must fail.
func (s db) refused(f func(ctx context.Context, tx *store.Tx) error) error {
	s.t.Helper()
	ctx := s.t.Context()
	err := s.Write(ctx, func(tx *store.Tx) error { return f(ctx, tx) })
	if err == nil {
		s.t.Error("no error")
	}
	return err
}

// read returns what f reads.
func read[T any](s db, f func(ctx context.Context, tx *store.Tx) (T, error)) (v T) {
	s.t.Helper()
	ctx := s.t.Context()
	err := s.Read(ctx, func(tx *store.Tx) (err error) {
		v, err = f(ctx, tx)
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return v
}

// same compares; nil and empty are the same.
func (s db) same(what string, want, got any) {
	s.t.Helper()
	if diff := gocmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		s.t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// many is a number of rows that takes a statement of each size: 500, 50 and 1.
const many = 500 + 2*50 + 2

// day is where the times of the suite begin, to the millisecond: what a store keeps.
var day = time.Date(2026, 3, 29, 1, 30, 0, 123_000_000, time.UTC) // the hour that CET leaves out

// at returns an instant n minutes after the beginning.
func at(n int) time.Time { return day.Add(time.Duration(n) * time.Minute) }

// id returns the n-th id of a noun; ids of a noun are ordered as their numbers.
func id[T ~string](n int) T {
	return andante.DeriveID[T]("storetest", day.Add(time.Duration(n)*time.Millisecond), fmt.Sprintf("%T", T("")), strconv.Itoa(n))
}

// texts holds what databases have stumbled over.
var texts = []string{
	"", "plain", "Größe für Łukasz", "日本語", "👩‍👩‍👧 \U0001F9EF", "o'Brien; DROP TABLE touches; --", `"quoted" \back`, "a\tb\nc", "$1 ? ?1 :x %s",
	" leading and trailing ", "\u200f\u2028",
}

func text(n int) string { return texts[n%len(texts)] }

// list makes n things.
func list[T any](n int, f func(i int) T) []T {
	all := make([]T, n)
	for i := range all {
		all[i] = f(i)
	}
	return all
}

// pick returns a property of each thing.
func pick[T, K any](all []T, f func(T) K) []K {
	keys := make([]K, len(all))
	for i, v := range all {
		keys[i] = f(v)
	}
	return keys
}

// sorted returns the things by key.
func sorted[T any, K cmp.Ordered](all []T, key func(T) K) []T {
	all = slices.Clone(all)
	slices.SortStableFunc(all, func(a, b T) int { return cmp.Compare(key(a), key(b)) })
	return all
}

// sometimes returns v for most n and the zero value for some.
func sometimes[T any](n int, v T) (zero T) {
	if n%3 == 0 {
		return zero
	}
	return v
}
