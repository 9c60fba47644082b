package ops

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/store"
)

// ofKinds is a sequence with a step of each kind, whose words are of no interest.
func ofKinds(name, keys string, kinds ...andante.Kind) []byte {
	s := "---\nsequence: " + name + "\ntitle: " + name + "\nsender: news\n" + keys + "\n---\n"
	for i, k := range kinds {
		subject := "subject: About it\n"
		if k == andante.Call {
			subject = ""
		}
		s += "\n## step " + string(rune('a'+i)) + "\n\n```yaml step\nkind: " + string(k) + "\nafter: 0d\n" + subject + "value: insight - it\n```\n\nHello.\n"
	}
	return []byte(s)
}

// atHome are the fields of somebody to whom post can go.
var atHome = []string{"contact.street=1 Mill Road", "contact.city=Austin", "contact.region=TX", "contact.postal_code=78701", "contact.country=US", "contact.phone=+12125550123"}

// newOffice is a world with people who carry things out, and sequences of post and of calls.
func newOffice(t *testing.T) *world {
	t.Helper()
	w := newWorld(t)
	w.files["andante.yaml"] = []byte(strings.Replace(config, "personas:", "people: {ana: {name: Ana, email: ana@x.example}}\npersonas:", 1))
	w.files["sequences/post.md"] = ofKinds("post", "purpose: marketing", andante.Postcard, andante.Email)
	w.files["sequences/ring.md"] = ofKinds("ring", "purpose: marketing", andante.Call, andante.Email)
	w.files["sequences/again.md"] = ofKinds("again", "purpose: marketing", andante.Call, andante.Email)
	w.publish()
	return w
}

// hand brings the first touch of a sequence into people's hands, as a worker does.
func (w *world) hand(id andante.ContactID, sequence string) (touch andante.TouchID) {
	w.t.Helper()
	ctx := w.t.Context()
	w.write(func(tx *store.Tx) error {
		list, err := tx.TouchesOfContact(ctx, id)
		if err != nil {
			return err
		}
		people, err := tx.Contacts(ctx, []andante.ContactID{id})
		if err != nil {
			return err
		}
		for _, t := range list {
			if t.Sequence != sequence || t.State != andante.Planned {
				continue
			}
			touch, t.Address = t.ID, w.Keys.Hash(people[0].AddressFor(t.Kind))
			lease, err := w.lead(tx, t, andante.Attempted)
			if err != nil {
				return err
			}
			t.State, t.Attempts, t.Counted = andante.Open, 1, w.clock.Now()
			if _, err := tx.Change(ctx, []store.Change{{Touch: t, Was: andante.Attempted, Lease: lease}}); err != nil {
				return err
			}
			if err := tx.EndLease(ctx, lease); err != nil {
				return err
			}
			if t.Kind.Mailed() {
				return tx.PutCards(ctx, []store.Card{{Touch: t.ID, Kind: t.Kind, Format: "a6", Opened: w.clock.Now(), Body: "{}"}})
			}
			return tx.PutTasks(ctx, []store.Task{{Touch: t.ID, Owner: "ana", Opened: w.clock.Now(), Mind: w.clock.Now()}})
		}
		return nil
	})
	if touch == "" {
		w.t.Fatal("nothing to hand over", w.touches(id))
	}
	return touch
}

// printed closes the batches and returns how many pieces are printed, and how many wait on.
func (w *world) printed() (pieces, held int) {
	w.t.Helper()
	closed, held, err := w.CloseBatches(w.t.Context(), "")
	if err != nil {
		w.t.Fatal(err)
	}
	for _, b := range closed {
		pieces += b.Pieces
	}
	return pieces, held
}

// TestNoMorePostToAHousehold: who wants no more post speaks for the address, so a piece to
// whoever lives there as well is not printed.
func TestNoMorePostToAHousehold(t *testing.T) {
	t.Parallel()
	w := newOffice(t)
	ann, bob := w.contact("ann", atHome...), w.contact("bob", atHome...)
	w.enroll("post")
	card := w.hand(ann, "post")
	w.hand(bob, "post")
	token := Token{Contact: ann, Touch: card, Kind: andante.Postcard, Address: w.Keys.Hash(w.find("ann").AddressFor(andante.Postcard))}
	if err := w.Unsubscribe(t.Context(), token, "typed"); err != nil {
		t.Fatal(err)
	}
	w.same("bob's", []string{"post/step-a skipped suppressed", "post/step-b planned"}, slices.Sorted(slices.Values(w.touches(bob))))
	if n, _ := w.printed(); n > 0 {
		t.Errorf("%d pieces are printed", n)
	}
}

// TestNoMoreCalls: who wants no calls, at a task or a call of which somebody tells, is not
// called by another task either.
func TestNoMoreCalls(t *testing.T) {
	t.Parallel()
	for name, refuse := range map[string]func(w *world, id andante.ContactID, task andante.TouchID) error{
		"at a task": func(w *world, _ andante.ContactID, task andante.TouchID) error {
			_, err := w.DoneTask(w.t.Context(), task, TaskDone{Result: andante.Refused})
			return err
		},
		"at a call that was not planned": func(w *world, id andante.ContactID, _ andante.TouchID) error {
			return w.Log(w.t.Context(), Logged{Contact: id, Kind: andante.Call, TaskDone: TaskDone{Result: andante.Refused}})
		},
		"a list says so": func(w *world, _ andante.ContactID, _ andante.TouchID) error {
			_, err := w.Suppress(w.t.Context(), []string{"+12125550123"}, "list")
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newOffice(t)
			ann := w.contact("ann", atHome...)
			w.enroll("ring")
			w.enroll("again")
			task := w.hand(ann, "ring")
			w.hand(ann, "again")
			if err := refuse(w, ann, task); err != nil {
				t.Fatal(err)
			}
			w.read(func(tx *store.Tx) error {
				open, err := tx.OpenTasks(t.Context(), "", 9)
				if len(open) > 0 {
					t.Errorf("%d tasks are open: %v", len(open), w.touches(ann))
				}
				return err
			})
		})
	}
}

// TestPostOnHold: a piece that is on hold, or whose contact wants a pause, is not printed with
// the others; one whose contact chose to get none is taken back.
func TestPostOnHold(t *testing.T) {
	t.Parallel()
	w := newOffice(t)
	ann, bob, cid, dan := w.contact("ann", atHome...), w.contact("bob", atHome...), w.contact("cid", atHome...), w.contact("dan", atHome...)
	w.enroll("post")
	for _, id := range []andante.ContactID{ann, bob, cid, dan} {
		w.hand(id, "post")
	}
	ctx := t.Context()
	if _, err := w.Hold(ctx, andante.Hold{Scope: andante.HoldContact, Key: string(ann), Author: "eve", Reason: "bereaved"}); err != nil {
		t.Fatal(err)
	}
	choose := func(id andante.ContactID, c andante.Choice) {
		if err := w.Choose(ctx, id, c); err != nil {
			t.Fatal(err)
		}
	}
	choose(bob, andante.Choice{Pause: w.clock.Now().Add(48 * time.Hour)})
	choose(cid, andante.Choice{Only: []andante.Kind{andante.Email}})
	w.same("cid's", []string{"post/step-a skipped choice", "post/step-b planned"}, slices.Sorted(slices.Values(w.touches(cid))))
	printed, held := w.printed()
	w.same("dan's is printed, and two wait", [2]int{1, 2}, [2]int{printed, held})
	if _, err := w.Release(ctx, andante.HoldContact, string(ann)); err != nil {
		t.Fatal(err)
	}
	w.clock.Jump(w.clock.Now().Add(72 * time.Hour))
	printed, held = w.printed()
	w.same("both later", [2]int{2, 0}, [2]int{printed, held})
}

// TestACardIsNoTask: nobody can say of a piece that waits for the printer that it is done, nor
// of anything that it was done tomorrow.
func TestACardIsNoTask(t *testing.T) {
	t.Parallel()
	w := newOffice(t)
	ann := w.contact("ann", atHome...)
	w.enroll("post")
	w.enroll("ring")
	if _, err := w.DoneTask(t.Context(), w.hand(ann, "post"), TaskDone{Result: andante.MetThem}); !errors.Is(err, ErrNoTask) {
		t.Errorf("a card is done: %v", err)
	}
	tomorrow := w.clock.Now().Add(24 * time.Hour)
	if _, err := w.DoneTask(t.Context(), w.hand(ann, "ring"), TaskDone{Result: andante.Connected, At: tomorrow}); !errors.Is(err, ErrNotYet) {
		t.Errorf("done tomorrow: %v", err)
	}
	if err := w.Log(t.Context(), Logged{Contact: ann, Kind: andante.Call, TaskDone: TaskDone{At: tomorrow}}); !errors.Is(err, ErrNotYet) {
		t.Errorf("logged of tomorrow: %v", err)
	}
}

// TestTakeoverOfPostAndNotices: what waited to be printed may have been printed by the original,
// so it waits for somebody's word; a mail to a colleague that may have gone is not sent again.
func TestTakeoverOfPostAndNotices(t *testing.T) {
	t.Parallel()
	w := newOffice(t)
	ann := w.contact("ann", atHome...)
	w.enroll("post")
	w.hand(ann, "post")
	now, ctx := w.clock.Now(), t.Context()
	notice := func(n int, due time.Time) store.Notice {
		return store.Notice{ID: andante.NewID[andante.TouchID](now.Add(time.Duration(n))), Person: "ana", Subject: "To do", State: andante.Planned, Due: due}
	}
	leased, due, later := notice(1, now), notice(2, now), notice(3, now.Add(1000*time.Hour))
	w.write(func(tx *store.Tx) error {
		lease, wall := andante.NewID[andante.LeaseID](now), w.clock.Wall()
		if err := tx.AddNotices(ctx, []store.Notice{leased, due, later}); err != nil {
			return err
		}
		if err := tx.AddLease(ctx, store.Lease{ID: lease, Attempt: 1, Kind: store.NoticeLane, Sender: "ana", Size: 1, Created: wall, Queued: wall, Expires: wall.Add(time.Minute)}); err != nil {
			return err
		}
		return tx.LeaseNotices(ctx, []andante.TouchID{leased.ID}, lease)
	})
	w.clock.Jump(now.Add(24 * time.Hour))
	w.same("pieces in doubt", 1, w.takeOver(Takeover{}).Pieces)
	if n, _ := w.printed(); n > 0 {
		t.Errorf("%d pieces are printed once more", n)
	}
	w.read(func(tx *store.Tx) error {
		list, err := tx.Notices(ctx, []andante.TouchID{leased.ID, due.ID, later.ID})
		states := map[andante.TouchID]andante.State{}
		for _, n := range list {
			states[n.ID] = n.State
		}
		w.same("the notices", map[andante.TouchID]andante.State{leased.ID: andante.Unknown, due.ID: andante.Unknown, later.ID: andante.Planned}, states)
		batches, e := tx.Batches(ctx, 9)
		if len(batches) != 1 {
			t.Fatalf("the batches are %v", batches)
		}
		return errors.Join(err, e, nil)
	})
	if err := w.ReopenBatch(ctx, "postcard-taken-over-2026-01-06"); err != nil {
		t.Fatal(err)
	}
	if n, _ := w.printed(); n != 1 {
		t.Errorf("%d pieces are printed after all", n)
	}
}

// TestWrongNumber: whoever has the number is not called by another task either.
func TestWrongNumber(t *testing.T) {
	t.Parallel()
	w := newOffice(t)
	ann, bob := w.contact("ann", atHome...), w.contact("bob", atHome...)
	w.enroll("ring")
	task := w.hand(ann, "ring")
	w.hand(bob, "ring")
	if _, err := w.DoneTask(t.Context(), task, TaskDone{Result: andante.WrongNumber}); err != nil {
		t.Fatal(err)
	}
	w.same("bob's", []string{"ring/step-a skipped suppressed", "ring/step-b planned"}, slices.Sorted(slices.Values(w.touches(bob))))
}

// TestOwnWorkStays: a lead that is handed over is a colleague's work and reaches nobody, so what
// the contact chooses to get takes it from nobody's desk, nor does an opt-out.
func TestOwnWorkStays(t *testing.T) {
	t.Parallel()
	w := newOffice(t)
	ann := w.contact("ann", atHome...)
	w.write(func(tx *store.Tx) error {
		people, err := tx.Contacts(t.Context(), []andante.ContactID{ann})
		if err != nil {
			return err
		}
		return w.plainTask(t.Context(), tx, people[0], plain{of: andante.EventHandedOver, key: "x", title: "Ready for you", at: w.clock.Now()})
	})
	if err := w.Choose(t.Context(), ann, andante.Choice{Only: []andante.Kind{andante.Email}}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Suppress(t.Context(), []string{"ann@x.example", "+12125550123"}, "list"); err != nil {
		t.Fatal(err)
	}
	w.same("hers", []string{"handed_over/ open"}, w.touches(ann))
}

// TestTheNextTime: however it was agreed on, the task of the next time can be done.
func TestTheNextTime(t *testing.T) {
	t.Parallel()
	for _, kind := range []andante.Kind{andante.Call, andante.Visit, andante.Video, andante.Email, andante.Letter, andante.Other} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			w := newOffice(t)
			ann := w.contact("ann", append(atHome, "account.owner=ana")...)
			next := w.clock.Now().Add(48 * time.Hour)
			if err := w.Log(t.Context(), Logged{Contact: ann, Kind: kind, TaskDone: TaskDone{Note: "again on Wednesday", Next: next}}); err != nil {
				t.Fatal(err)
			}
			var tasks []store.Task
			w.read(func(tx *store.Tx) (err error) {
				tasks, err = tx.OpenTasks(t.Context(), "ana", 9)
				return err
			})
			if len(tasks) != 1 || !tasks[0].Snoozed.Equal(next) || tasks[0].Body != "again on Wednesday" {
				t.Fatalf("%+v", tasks)
			}
			w.clock.Jump(next)
			if _, err := w.DoneTask(t.Context(), tasks[0].Touch, TaskDone{Result: andante.Connected}); err != nil {
				t.Error(err)
			}
		})
	}
}
