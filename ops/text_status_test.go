package ops

import (
	"slices"
	"testing"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/store"
)

// textWorld has a contact who got a text.
func textWorld(t *testing.T) (*world, andante.ContactID, andante.TouchID) {
	t.Helper()
	w := newWorld(t)
	w.sequence("brief", "")
	w.publish()
	id := w.contact("ana", "contact.phone=+15125550101")
	w.enroll("brief", "ana")
	return w, id, w.texted(id, "one")
}

// texted has a contact's planned touch go as a text.
func (w *world) texted(id andante.ContactID, step string) andante.TouchID {
	w.t.Helper()
	w.sendNext(id, step)
	t := w.touch(id, step)
	t.Kind, t.Address = andante.SMS, w.Keys.Hash("+15125550101")
	w.write(func(tx *store.Tx) error {
		_, err := tx.Change(w.t.Context(), []store.Change{{Touch: t, Was: andante.Sent}})
		return err
	})
	return t.ID
}

func (w *world) status(id andante.TouchID, status string, code int) {
	w.t.Helper()
	if err := w.TextStatus(w.t.Context(), TextStatus{Touch: id, Provider: "Twilio", Status: status, Code: code}); err != nil {
		w.t.Fatal(err)
	}
}

// TestStatusesNeverGoBackwards: they come late, twice and out of order.
func TestStatusesNeverGoBackwards(t *testing.T) {
	t.Parallel()
	w, ana, touch := textWorld(t)
	for _, s := range []string{"sent", "queued", "delivered", "sent", "delivered", "undelivered", "failed"} {
		w.status(touch, s, 0)
	}
	w.same("it was delivered, once", []string{andante.EventDelivered}, slices.DeleteFunc(w.events(ana), func(e string) bool { return e != andante.EventDelivered && e != andante.EventUndelivered }))
	w.status(andante.NewID[andante.TouchID](w.clock.Now()), "delivered", 0) // of somebody else's text
}

// TestDeadNumber: nobody is there at once, or at the second time, by what the network says; and the
// sender's mistakes cost the contact nothing.
func TestDeadNumber(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name  string
		codes []int
		want  int // bars
	}{
		{"no such number", []int{21211}, 1},
		{"not reached once", []int{30005}, 0},
		{"and twice", []int{30005, 30006}, 1},
		{"off, twice", []int{30004, 30004}, 1},
		{"a carrier filters us", []int{30007, 30007, 30034}, 0},
		{"for the moment", []int{30003, 30008, 30001}, 0},
		{"they said stop there", []int{21610}, 2},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w, ana, touch := textWorld(t)
			for n, code := range test.codes {
				if n == 1 {
					touch = w.texted(ana, "two")
				}
				w.status(touch, "undelivered", code)
				w.status(touch, "undelivered", code)
			}
			var bars []andante.Suppression
			w.read(func(tx *store.Tx) (err error) {
				bars, err = tx.Suppressions(t.Context(), nil, []andante.AddressHash{w.Keys.Hash("+15125550101")})
				return err
			})
			if len(bars) != test.want {
				t.Errorf("%d bars: %+v", len(bars), bars)
			}
		})
	}
}

// TestStatusSettlesTheUnknown: that there is one proves that the gateway has the text.
func TestStatusSettlesTheUnknown(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.sequence("brief", "")
	w.publish()
	ana := w.contact("ana")
	w.enroll("brief", "ana")
	touch := w.lost(ana, "one")
	touch.Kind = andante.SMS
	w.write(func(tx *store.Tx) error {
		_, err := tx.Change(t.Context(), []store.Change{{Touch: touch, Was: andante.Unknown}})
		return err
	})
	w.status(touch.ID, "failed", 30008)
	if got := w.touch(ana, "one").State; got != andante.Unknown {
		t.Errorf("what failed is %s", got)
	}
	w.status(touch.ID, "sent", 0)
	if got := w.touch(ana, "one").State; got != andante.Sent {
		t.Errorf("it is %s", got)
	}
}
