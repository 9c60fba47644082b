package ops

import (
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/store"
)

func (w *world) bars(id andante.ContactID, address string) (list []andante.Suppression) {
	w.t.Helper()
	w.read(func(tx *store.Tx) (err error) {
		list, err = tx.Suppressions(w.t.Context(), nonEmpty(id), nonEmpty(w.Keys.Hash(address)))
		return err
	})
	return list
}

func (w *world) events(id andante.ContactID) (names []string) {
	w.t.Helper()
	w.read(func(tx *store.Tx) error {
		list, err := tx.EventsOf(w.t.Context(), id)
		for _, e := range list {
			names = append(names, e.Name)
		}
		return err
	})
	return names
}

func TestUnsubscribe(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.sequence("brief", "")
	w.sequence("paper", "purpose: requested\nenter: {event: form.paper}")
	w.publish()
	ann := w.contact("ann")
	w.enroll("brief")
	w.enroll("paper")
	tok := Token{Contact: ann, Touch: andante.NewID[andante.TouchID](w.clock.Now()), Kind: andante.Email, Address: w.Keys.Hash("ann@x.example")}
	before := w.version(ann)
	for range 3 { // a second and a third time change nothing
		if err := w.Unsubscribe(t.Context(), tok, "one-click"); err != nil {
			t.Fatal(err)
		}
	}
	if w.version(ann) == before {
		t.Error("the account's version must rise, or a claim that is under way goes on")
	}
	if diff := cmp.Diff([]string{"brief finished opted_out", "paper active"}, sorted(w.enrollments(ann))); diff != "" {
		t.Errorf("enrollments (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"brief/one canceled opted_out", "paper/one planned"}, sorted(w.touches(ann))); diff != "" {
		t.Errorf("touches (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{andante.EventOptedOut, andante.EventRequested}, sorted(w.events(ann))); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
	unique := map[andante.SuppressionID]andante.Suppression{}
	for _, s := range w.bars(ann, "ann@x.example") {
		unique[s.ID] = s
	}
	if len(unique) != 2 {
		t.Errorf("%d suppressions, want one for each purpose of advertising", len(unique))
	}
	for _, s := range unique {
		if s.Covers(andante.Email, andante.Requested) || s.Covers(andante.SMS, andante.Marketing) || s.Source != "one-click" {
			t.Errorf("%+v bars more than was wished, or tells it wrong", s)
		}
	}
}

// A link works as long as somebody has the mail, the contact's row or not.
func TestUnsubscribeDeleted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.publish()
	gone := Token{
		Contact: andante.NewID[andante.ContactID](w.clock.Now()), Touch: andante.NewID[andante.TouchID](w.clock.Now()),
		Kind: andante.Email, Address: w.Keys.Hash("gone@x.example"),
	}
	for range 2 {
		if err := w.Unsubscribe(t.Context(), gone, "link"); err != nil {
			t.Fatal(err)
		}
	}
	if got := w.bars("", "Gone@x.example"); len(got) != 2 {
		t.Errorf("%d suppressions of the address", len(got))
	}
	w.sequence("brief", "")
	w.publish()
	w.contact("gone")
	if rep := w.enroll("brief"); rep.Entered != 0 || rep.Refused[andante.ReasonSuppressed] != 1 {
		t.Errorf("a contact who comes back with the address enters: %+v", rep)
	}
}

// One of two who share a mailbox unsubscribes: the mailbox is left alone.
func TestUnsubscribeShared(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.sequence("brief", "account: {exit: contact}")
	w.publish()
	ann := w.contact("ann", "account=harbor", "email=office@x.example")
	bob := w.contact("bob", "account=tower", "email=office@x.example")
	cid := w.contact("cid", "account=tower")
	w.enroll("brief")
	before := w.version(bob)
	tok := Token{Contact: ann, Kind: andante.Email, Address: w.Keys.Hash("office@x.example")}
	if err := w.Unsubscribe(t.Context(), tok, "link"); err != nil {
		t.Fatal(err)
	}
	for _, id := range []andante.ContactID{ann, bob} {
		if diff := cmp.Diff([]string{"brief finished opted_out"}, w.enrollments(id)); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
	if w.version(bob) == before {
		t.Error("the colleague's account must rise too")
	}
	if diff := cmp.Diff([]string{"brief active"}, w.enrollments(cid)); diff != "" {
		t.Errorf("who has another mailbox goes on (-want +got):\n%s", diff)
	}
}

func TestSuppress(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.sequence("brief", "")
	w.publish()
	ann := w.contact("ann")
	w.enroll("brief")
	for i, want := range []int{2, 0} {
		n, err := w.Suppress(t.Context(), []string{"Ann@X.example", "nobody@x.example"}, "old list")
		if err != nil || n != want {
			t.Errorf("time %d: %d added, %v", i+1, n, err)
		}
	}
	if diff := cmp.Diff([]string{"brief finished opted_out"}, w.enrollments(ann)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if bars := w.bars("", "ann@x.example"); len(bars) != 1 || !bars[0].Covers(andante.SMS, andante.Requested) {
		t.Errorf("bars: %+v", bars)
	}
}

// A refusal of the mailbox bars it for its kind, and every sequence ends for a
// contact who can't be reached otherwise.
func TestBounce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.sequence("brief", "")
	w.publish()
	ann := w.contact("ann")
	w.enroll("brief")
	touch := andante.Touch{ID: andante.NewID[andante.TouchID](w.clock.Now()), Contact: ann, Kind: andante.Email, Address: w.Keys.Hash("ann@x.example")}
	bounce := func(unreachable bool) {
		w.write(func(tx *store.Tx) error {
			return w.Bounce(t.Context(), tx, touch, "5.1.1 no such mailbox", unreachable)
		})
	}
	bounce(false)
	bars := w.bars("", "ann@x.example")
	if len(bars) != 1 || bars[0].Kind != andante.Email || bars[0].Reason != andante.ReasonAddress || !bars[0].Covers(andante.Email, andante.Requested) {
		t.Errorf("bars: %+v", bars)
	}
	if diff := cmp.Diff([]string{andante.EventBounced}, w.events(ann)); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
	bounce(true)
	if diff := cmp.Diff([]string{"brief finished unreachable"}, w.enrollments(ann)); diff != "" {
		t.Errorf("enrollments (-want +got):\n%s", diff)
	}
}

// What the store can't do leaves nothing behind.
func TestUnsubscribeFails(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.publish()
	ann := w.contact("ann")
	w.Store.Close()
	err := w.Unsubscribe(t.Context(), Token{Contact: ann, Kind: andante.Email}, "link")
	if err == nil || errors.Is(err, ErrBadToken) {
		t.Errorf("got %v: a wish that was not written down must not look done", err)
	}
}

// TestOptOutTold: what somebody is told bars the contact and all of its addresses, once,
// for every kind; a complaint does, and is known as such.
func TestOptOutTold(t *testing.T) {
	t.Parallel()
	for _, event := range []string{andante.EventOptedOut, andante.EventComplained} {
		t.Run(event, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.sequence("brief", "")
			w.publish()
			ann, bob := w.contact("ann", "contact.phone=+12125550101"), w.contact("bob", "contact.phone=+12125550101")
			w.enroll("brief")
			for range 2 {
				if err := w.Record(t.Context(), andante.Event{Contact: ann, Name: event, Detail: "by phone"}); err != nil {
					t.Fatal(err)
				}
			}
			for _, address := range []string{"ann@x.example", "+12125550101"} {
				bars := slices.DeleteFunc(w.bars("", address), func(s andante.Suppression) bool { return s.Kind != "" || s.Source != "by phone" })
				if len(bars) != len(advertising) {
					t.Errorf("%d suppressions of %s, want one for each purpose of advertising", len(bars), address)
				}
			}
			if n := len(slices.DeleteFunc(w.events(ann), func(e string) bool { return e != andante.EventOptedOut })); n != 1 {
				t.Errorf("%d opt-outs are noted", n)
			}
			if diff := cmp.Diff([]string{"brief finished opted_out"}, w.enrollments(bob)); diff != "" {
				t.Errorf("who shares the number (-want +got):\n%s", diff)
			}
		})
	}
}
