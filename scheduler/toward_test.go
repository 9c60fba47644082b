package scheduler_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/scheduler"
	"github.com/andante-hq/andante/store"
)

// person adds the contact of a touch, with an address.
func (w *world) person(n int, address string) {
	w.t.Helper()
	w.write(func(ctx context.Context, tx *store.Tx) error {
		a := andante.Account{ID: id[andante.AccountID](n), Key: address}
		if err := tx.PutAccounts(ctx, noon, []andante.Account{a}); err != nil {
			return err
		}
		return tx.PutContacts(ctx, []store.HashedContact{{Contact: andante.Contact{ID: id[andante.ContactID](n), Account: a.ID, Email: address, Created: noon}}})
	})
}

// dues are how many seconds after noon the touches are due.
func (w *world) dues(n int) (list []int) {
	for i := range n {
		list = append(list, int(w.touch(i).Due.Sub(noon).Seconds()))
	}
	return list
}

// TestTowardAHost spaces out what goes to one provider, and keeps nobody else's mail.
func TestTowardAHost(t *testing.T) {
	t.Parallel()
	w := sendsLike(t, "{toward: {google: 2 per minute}}", scheduler.Options{})
	for n, address := range []string{"a@gmail.com", "b@googlemail.com", "c@acme.example", "d@gmail.com", "e@web.de"} {
		w.add(touch(n, by("slow"), due(0)))
		w.person(n, address)
	}
	w.work()
	if n := w.leaseAndSend(); n != 3 {
		t.Errorf("%d leave at once, want the first of Google's and the two others", n)
	}
	// The ids are in order, so b and d wait for 30 and 60 seconds.
	if diff := cmp.Diff([]int{0, 30, 0, 60, 0}, w.dues(5)); diff != "" {
		t.Errorf("due (-want +got):\n%s", diff)
	}
	b := w.touch(1)
	if b.Reason != andante.ReasonThrottled || b.Evidence.Detail != "2 per minute toward google" {
		t.Errorf("it waits for %s, %+v", b.Reason, b.Evidence)
	}
	for _, want := range []int{1, 1, 0} {
		w.clock.Calendar(30 * time.Second)
		if n := w.leaseAndSend(); n != want {
			t.Errorf("%s: %d leave, want %d", w.clock.Now().Format(time.TimeOnly), n, want)
		}
	}
}

// TestSlotsThatWereMissed gives what could not leave in its slot another one: a backlog
// does not leave in one go.
func TestSlotsThatWereMissed(t *testing.T) {
	t.Parallel()
	w := sendsLike(t, "{toward: {others: 1 per minute}}", scheduler.Options{})
	for n := range 4 {
		w.add(touch(n, by("slow"), due(0)))
		w.person(n, string(rune('a'+n))+"@acme.example")
	}
	if n := w.leaseAndSend(); n != 1 {
		t.Errorf("%d leave at first", n)
	}
	w.clock.Calendar(time.Hour)
	if n := w.leaseAndSend(); n != 1 {
		t.Errorf("%d leave in one go after an hour, want one", n)
	}
}

// TestExchangersAreAsked finds out who runs a domain's mailboxes: the next mails to it share
// the provider's pace. A name that nobody knows is asked again the next day.
func TestExchangersAreAsked(t *testing.T) {
	t.Parallel()
	asked := map[string]int{}
	w := sendsLike(t, "{toward: {google: 1 per minute}}", scheduler.Options{Exchangers: func(_ context.Context, domain string) ([]string, error) {
		if asked[domain]++; domain == "acme.example" {
			return []string{"aspmx.l.google.com."}, nil
		}
		return nil, errors.New("no such host")
	}})
	send := func(from, to int) int {
		for n := from; n < to; n++ {
			w.add(touch(n, by("slow"), due(w.clock.Now().Sub(noon))))
			w.person(n, string(rune('a'+n))+[]string{"@acme.example", "@lone.example"}[n%2])
		}
		n := w.leaseAndSend()
		w.Asked()
		return n
	}
	if n := send(0, 4); n != 4 {
		t.Errorf("%d leave before anybody has answered, want all", n)
	}
	if n := send(4, 8); n != 3 {
		t.Errorf("%d leave when Google is known, want its first and those to nobody known", n)
	}
	w.clock.Calendar(25 * time.Hour)
	send(8, 10)
	if diff := cmp.Diff(map[string]int{"acme.example": 1, "lone.example": 2}, asked); diff != "" {
		t.Errorf("asked (-want +got):\n%s", diff)
	}
}
