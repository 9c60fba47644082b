package worker_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/channels"
	"github.com/andante-hq/andante/internal/memfs"
	"github.com/andante-hq/andante/internal/testclock"
	"github.com/andante-hq/andante/internal/testdb"
	"github.com/andante-hq/andante/ops"
	"github.com/andante-hq/andante/queue"
	"github.com/andante-hq/andante/scheduler"
	"github.com/andante-hq/andante/store"
	"github.com/andante-hq/andante/worker"
	"github.com/andante-hq/andante/workspace"
)

// A fence is a store with one account, and workers that stop where the test says.
type fence struct {
	t      *testing.T
	policy string
	sender string // of the sequences
	clock  *testclock.Clock
	store  *store.Store
	ops    *ops.Ops
	queue  *queue.Inline
	sched  *scheduler.Scheduler
	link   func() // called while a message is rendered
	breaks worker.Breakage

	mu    sync.Mutex
	mails map[andante.TouchID]int // messages on the wire
}

// newFence enrolls contacts in sequences of so many mails, all due now.
func newFence(t *testing.T, contacts, steps int, sequences ...string) *fence {
	t.Helper()
	f := &fence{
		t: t, mails: map[andante.TouchID]int{}, queue: queue.NewInline(1000), link: func() {},
		policy: "limits: []\n", sender: "news",
		clock: testclock.New(time.Date(2026, 3, 3, 12, 0, 0, 0, time.UTC), time.Date(2026, 7, 1, 8, 0, 0, 0, time.UTC)),
	}
	ctx := t.Context()
	var err error
	if f.store, err = store.Open(ctx, filepath.Join(t.TempDir(), "andante.db"), store.Options{Clock: f.clock, Volatile: true}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.store.Close() })
	if _, err := f.store.Migrate(ctx); err != nil {
		t.Fatal(err)
	}
	keys, err := ops.ParseKeyring(ops.SeededKeyring("fence"))
	if err != nil {
		t.Fatal(err)
	}
	f.ops = ops.New(f.store, f.clock, keys)
	f.sched = scheduler.New(f.ops, f.queue, scheduler.Options{Shares: 1}, slog.New(slog.DiscardHandler))
	w := f.publish(steps, sequences)
	for i := range contacts {
		if _, err := f.ops.TakeIn(ctx, w, []ops.Row{{ExternalID: fmt.Sprint("c", i), Email: fmt.Sprintf("c%d@x.example", i), Account: "firm"}}); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range sequences {
		rep, err := f.ops.Enroll(ctx, ops.EnrollRequest{Sequence: name})
		if err != nil || rep.Entered != contacts {
			t.Fatal(rep, err)
		}
		if wait := rep.Last.Sub(f.clock.Now()); wait > 0 {
			f.clock.Tick(wait)
		}
	}
	return f
}

func (f *fence) publish(steps int, names []string) *workspace.Workspace {
	f.t.Helper()
	sequences := map[string]string{}
	for _, name := range names {
		text := "---\nsequence: " + name + "\ntitle: Brief\npurpose: marketing\nsender: " + f.sender + "\n---\n"
		for i := range steps {
			text += fmt.Sprintf("\n## Step %d\n\n```yaml step\nkind: email\nafter: %dd\nsubject: One\nvalue: insight - one\n```\n\nHello.\n", i+1, 3*i)
		}
		sequences[name] = text
	}
	return f.publishAll([]string{"nora: {name: Nora, email: nora@acme.example}", "max: {name: Max, email: max@acme.example}"}, sequences)
}

// publishAll publishes people and the texts of sequences.
func (f *fence) publishAll(people []string, sequences map[string]string) *workspace.Workspace {
	f.t.Helper()
	files := memfs.FS{
		"andante.yaml": []byte("company: {name: Acme, postal_address: Here, country: US, zone: UTC}\npublic_url: https://mail.acme.example\n" +
			"senders: {news: {name: Acme, address: news@acme.example}}\npeople: {" + strings.Join(people, ", ") + "}\n"),
		"governor.yaml": []byte(f.policy),
		"consent.yaml":  []byte("- {need: []}\n"),
	}
	for name, text := range sequences {
		files["sequences/"+name+".md"] = []byte(text)
	}
	w, found := workspace.Load(files)
	if bad := workspace.Errors(found); len(bad) > 0 {
		f.t.Fatal(bad[0])
	}
	if _, err := f.ops.Publish(f.t.Context(), w, nil, false); err != nil {
		f.t.Fatal(err)
	}
	return w
}

// A wire is a channel that tells where it is and waits there.
type wire struct {
	f       *fence
	away    bool // no connection can be had
	slow    bool // over the commands: what is begun may be finished
	dials   int
	refused error         // of the login; nil: it is let in
	answer  error         // of each message; nil: it is taken
	from    []string      // whom the prepared messages are from
	claimed chan struct{} // if set: told when a batch is claimed, before its permit
	writing chan struct{} // if set: told when a message is on the wire, before its receipt
	goOn    chan struct{}
}

func (w *wire) Features() channels.Features {
	return channels.Features{Kinds: []andante.Kind{andante.Email}}
}

func (w *wire) Prepare(m andante.Message) (channels.Sealed, error) {
	w.from = append(w.from, m.From.Address)
	return channels.Sealed{Touch: m.Touch, Kind: m.Kind, To: m.To.Address, MessageID: m.MessageID, Bytes: []byte("x"), Hash: "h"}, nil
}

func (w *wire) Deliver(ctx context.Context, batch []channels.Sealed, g channels.Gate) error {
	if w.dials++; w.away {
		return &channels.SendError{Kind: channels.Temporary, Err: errors.New("connect: i/o timeout")}
	}
	if w.refused != nil {
		return w.refused
	}
	if w.claimed != nil {
		w.claimed <- struct{}{}
		<-w.goOn
	}
	flights := channels.Flights{Clock: w.f.clock, Send: func(_ context.Context, s channels.Sealed, open func() bool, _ channels.Ahead) (channels.Receipt, error) {
		if !open() {
			return channels.Receipt{}, &channels.SendError{Kind: channels.Untried}
		}
		w.f.mu.Lock()
		w.f.mails[s.Touch]++
		w.f.mu.Unlock()
		if w.writing != nil {
			w.writing <- struct{}{}
			<-w.goOn
		}
		if w.slow && !open() { // asked again before the body
			return channels.Receipt{}, &channels.SendError{Kind: channels.Untried}
		}
		return channels.Receipt{Code: 250}, w.answer
	}}
	return flights.Run(ctx, batch, g)
}

// start has a worker take the next lease. The channel that it returns closes when the
// worker is done with it.
func (f *fence) start(name string, w *wire) (over chan struct{}) {
	f.t.Helper()
	w.f = f
	log := slog.New(slog.DiscardHandler)
	k := worker.New(worker.Config{
		Ops: f.ops, Channels: map[andante.Kind]channels.Channel{andante.Email: w}, Log: log, Journal: worker.NewJournal(log, prometheus.NewRegistry()),
		Link:    func(ops.Token) string { f.link(); return "https://mail.acme.example/u/x" },
		Follow:  func(ops.Link) string { return "https://mail.acme.example/a/x" },
		Options: worker.Options{Name: name, Claim: time.Minute, Breakage: f.breaks},
	})
	ctx, cancel := context.WithCancel(f.t.Context())
	var it queue.Item
	if err := f.queue.Run(ctx, 1, func(_ context.Context, i queue.Item) { it = i; cancel() }); err != nil {
		f.t.Fatal(err)
	}
	over = make(chan struct{})
	go func() { k.Handle(f.t.Context(), it); close(over) }()
	return over
}

// onWire has a worker take the next lease, up to its first message on the wire.
func (f *fence) onWire(name string, slow bool) (w *wire, over chan struct{}) {
	f.t.Helper()
	w = &wire{slow: slow, writing: make(chan struct{}), goOn: make(chan struct{})}
	over = f.start(name, w)
	<-w.writing
	return w, over
}

func (f *fence) round() scheduler.Round {
	f.t.Helper()
	r, err := f.sched.Round(f.t.Context())
	if err != nil {
		f.t.Fatal(err)
	}
	return r
}

// states counts the touches by state.
func (f *fence) states() map[andante.State]int {
	f.t.Helper()
	n := map[andante.State]int{}
	err := f.store.Read(f.t.Context(), func(tx *store.Tx) error {
		counts, err := tx.CountTouches(f.t.Context())
		for _, c := range counts {
			n[c.State] += c.N
		}
		return err
	})
	if err != nil {
		f.t.Fatal(err)
	}
	return n
}

func (f *fence) expect(when string, want map[andante.State]int) {
	f.t.Helper()
	if diff := cmp.Diff(want, f.states()); diff != "" {
		f.t.Errorf("%s (-want +got):\n%s", when, diff)
	}
}

// twoWorkers begins the same story twice: a sleeps between claim and permit, its lease
// ends, and b has the touch on the wire.
func (f *fence) twoWorkers() (a, b *wire, aOver, bOver chan struct{}) {
	f.round()
	a = &wire{claimed: make(chan struct{}), goOn: make(chan struct{})}
	aOver = f.start("a", a)
	<-a.claimed
	f.clock.Tick(61 * time.Second)
	f.round()
	b, bOver = f.onWire("b", false)
	return a, b, aOver, bOver
}

// A worker that sleeps between claim and permit wakes when another one has the touch
// on the wire. Its refused permit says nothing about that attempt.
func TestARefusedPermitIsNoEvidence(t *testing.T) {
	t.Parallel()
	f := newFence(t, 1, 1, "brief")
	a, b, aOver, bOver := f.twoWorkers()
	close(a.goOn)
	<-aOver
	f.expect("while b writes", map[andante.State]int{andante.Attempted: 1})
	close(b.goOn)
	<-bOver
	f.expect("in the end", map[andante.State]int{andante.Sent: 1})
	if r := f.round(); r.Leased > 0 {
		t.Errorf("leased again: %+v", r)
	}
}

// The same when the other worker was killed: the touch is unknown, and stays so.
func TestARefusedPermitLeavesUnknownAlone(t *testing.T) {
	t.Parallel()
	f := newFence(t, 1, 1, "brief")
	a, _, aOver, _ := f.twoWorkers()
	f.clock.Tick(61 * time.Second) // b never comes back
	f.round()
	close(a.goOn)
	<-aOver
	f.expect("in the end", map[andante.State]int{andante.Unknown: 1})
}

// A machine that slept with a flight on the wire: what was written is sent, what was
// not goes again, though the scheduler had to call all of it unknown meanwhile.
func TestALateUntriedGoesAgain(t *testing.T) {
	t.Parallel()
	for _, steps := range []int{1, 2} {
		f := newFence(t, 5, steps, "brief")
		f.round()
		a, over := f.onWire("a", false)
		f.clock.Tick(61 * time.Second)
		f.round()
		close(a.goOn)
		<-over
		want := map[andante.State]int{andante.Sent: 1, andante.Planned: 4}
		if steps == 2 {
			want[andante.Planned] = 4 + 5 // and everybody's second step
		}
		f.expect("after the sleep", want)
		f.round()
		<-f.start("b", &wire{})
		want[andante.Sent], want[andante.Planned] = 5, want[andante.Planned]-4
		if want[andante.Planned] == 0 {
			delete(want, andante.Planned)
		}
		f.expect("in the end", want)
		for id, n := range f.mails {
			if n != 1 {
				t.Errorf("touch %s was written %d times", id, n)
			}
		}
	}
}

// A hold that is released between load and claim holds nothing any more.
func TestAReleaseBeforeTheClaim(t *testing.T) {
	t.Parallel()
	f := newFence(t, 1, 1, "held", "other")
	hold := andante.Hold{Scope: andante.HoldSequence, Key: "held", Author: "me", Reason: "wait", Until: f.clock.Now().Add(60 * 24 * time.Hour)}
	if _, err := f.ops.Hold(t.Context(), hold); err != nil {
		t.Fatal(err)
	}
	f.link = func() {
		if _, err := f.ops.Release(t.Context(), andante.HoldSequence, "held"); err != nil {
			t.Error(err)
		}
	}
	f.round()
	<-f.start("a", &wire{})
	f.expect("in the end", map[andante.State]int{andante.Sent: 2})
}

// refuse makes the store refuse every new touch of one contact.
func (f *fence) refuse() {
	f.t.Helper()
	testdb.SQLite(f.t, f.store.Path(), fmt.Sprintf(
		"CREATE TRIGGER refuse BEFORE INSERT ON touches WHEN NEW.contact_id='%s' BEGIN SELECT RAISE(ABORT, 'refused by a test'); END", f.first().ID))
}

// A worker is lost with five mails on the wire, and the store refuses the next step of
// one of them: the other four go on, and that one too once the store takes it.
func TestALostLeaseWithAFaultInIt(t *testing.T) {
	t.Parallel()
	f := newFence(t, 5, 2, "brief")
	f.refuse()
	f.round()
	f.onWire("a", false) // and it never comes back
	f.clock.Tick(61 * time.Second)
	f.round()
	f.expect("with the fault", map[andante.State]int{andante.Unknown: 5, andante.Planned: 4})
	testdb.SQLite(t, f.store.Path(), "DROP TRIGGER refuse")
	f.clock.Tick(11 * time.Minute)
	f.round()
	f.expect("without it", map[andante.State]int{andante.Unknown: 5, andante.Planned: 5})
}

// What happens between claim and permit is seen by the permit, whatever it is; what
// happens between load and claim by the claim.
func TestTheFencesHold(t *testing.T) {
	t.Parallel()
	hold := func(f *fence, c andante.Contact) error {
		_, err := f.ops.Hold(t.Context(), andante.Hold{Scope: andante.HoldContact, Key: string(c.ID), Author: "me", Reason: "wait"})
		return err
	}
	happenings := map[string]func(*fence, andante.Contact) error{
		"hold": hold,
		"hold on everything": func(f *fence, _ andante.Contact) error {
			_, err := f.ops.Hold(t.Context(), andante.Hold{Scope: andante.HoldEverything, Author: "me", Reason: "wait"})
			return err
		},
		"stop": func(f *fence, c andante.Contact) error {
			_, err := f.ops.Stop(t.Context(), ops.StopRequest{Contact: c.ID})
			return err
		},
		// An address is barred that nobody had when the accounts were looked up: no account's version tells.
		"suppression of the address alone": func(f *fence, c andante.Contact) error {
			return f.store.Write(t.Context(), func(tx *store.Tx) error {
				return tx.AddSuppressions(t.Context(), []andante.Suppression{{
					ID: andante.NewID[andante.SuppressionID](f.clock.Now()), Address: f.ops.Keys.Hash(c.Email), Reason: andante.ReasonSuppressed, At: f.clock.Now(),
				}})
			})
		},
	}
	for name, happens := range happenings {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, when := range []string{"load", "claim"} {
				f := newFence(t, 1, 1, "brief")
				c := f.first()
				f.round()
				a := &wire{}
				if when == "load" {
					if name == "suppression of the address alone" {
						continue // the permit is the one to see it
					}
					f.link = sync.OnceFunc(func() {
						if err := happens(f, c); err != nil {
							t.Error(err)
						}
					})
				} else {
					a.claimed, a.goOn = make(chan struct{}), make(chan struct{})
				}
				over := f.start("a", a)
				if when == "claim" {
					<-a.claimed
					if err := happens(f, c); err != nil {
						t.Error(err)
					}
					close(a.goOn)
				}
				<-over
				if n := f.states()[andante.Sent]; n > 0 {
					t.Errorf("after the %s it is sent all the same", when)
				}
			}
		})
	}
}

// A worker whose lease is over, or about to be, or of an epoch that is over, claims and
// permits nothing more, even where nobody has taken its touches yet. Without the fence it
// does.
func TestALeaseThatIsOver(t *testing.T) {
	t.Parallel()
	troubles := map[string]func(*fence){
		"in its last seconds": func(f *fence) { f.clock.Tick(50 * time.Second) },
		"over": func(f *fence) {
			f.clock.Tick(61 * time.Second)
			f.clock.Calendar(-61 * time.Second) // the claim is not
		},
		"of an older epoch": func(f *fence) {
			err := f.store.Write(t.Context(), func(tx *store.Tx) error {
				_, err := tx.RaiseEpoch(t.Context())
				return err
			})
			if err != nil {
				t.Error(err)
			}
		},
	}
	for name, trouble := range troubles {
		for _, when := range []string{"before the claim", "before the permit"} {
			for _, broken := range []bool{false, true} {
				t.Run(fmt.Sprint(name, " ", when, " ", broken), func(t *testing.T) {
					t.Parallel()
					f := newFence(t, 1, 1, "brief")
					f.breaks.NoFence = broken
					f.round()
					a := &wire{}
					if when == "before the claim" {
						f.link = sync.OnceFunc(func() { trouble(f) })
					} else {
						a.claimed, a.goOn = make(chan struct{}), make(chan struct{})
					}
					over := f.start("a", a)
					if a.claimed != nil {
						<-a.claimed
						trouble(f)
						close(a.goOn)
					}
					<-over
					if went := f.attempts() > 0; went != broken {
						t.Errorf("it was tried: %v", went)
					}
				})
			}
		}
	}
}

// attempts counts what stands in the ledger.
func (f *fence) attempts() (n int) {
	f.t.Helper()
	f.read(func(tx *store.Tx) error {
		touches, err := tx.TouchesOfContact(f.t.Context(), f.first().ID)
		if err != nil {
			return err
		}
		for _, x := range touches {
			list, err := tx.AttemptsOf(f.t.Context(), []andante.TouchID{x.ID})
			if n += len(list); err != nil {
				return err
			}
		}
		return nil
	})
	return n
}

// A claim lasts a minute of the calendar: after that nothing of it is permitted, nor
// begun.
func TestAClaimHasAnEnd(t *testing.T) {
	t.Parallel()
	f := newFence(t, 2, 1, "brief")
	f.round()
	a := &wire{claimed: make(chan struct{}), goOn: make(chan struct{})}
	over := f.start("a", a)
	<-a.claimed
	f.clock.Calendar(61 * time.Second) // the lease, of the machine, lives
	close(a.goOn)
	<-over
	f.expect("not permitted", map[andante.State]int{andante.Planned: 2})

	f.round()
	b := &wire{writing: make(chan struct{}, 2), goOn: make(chan struct{})}
	over = f.start("b", b)
	<-b.writing
	f.clock.Calendar(61 * time.Second)
	close(b.goOn)
	<-over
	f.expect("permitted, and not begun in time", map[andante.State]int{andante.Sent: 1, andante.Planned: 1})
}

// Where no connection can be had a lease is given back after one try.
func TestARelayThatIsAway(t *testing.T) {
	t.Parallel()
	f := newFence(t, 250, 1, "brief")
	f.round()
	w := &wire{away: true}
	<-f.start("a", w)
	if w.dials != 1 {
		t.Errorf("dialled %d times", w.dials)
	}
	f.expect("given back", map[andante.State]int{andante.Planned: 250})
	if r := f.round(); r.Leased > 0 || r.Next.Sub(f.clock.Now()) != 5*time.Minute {
		t.Errorf("%+v at %s", r, f.clock.Now())
	}
}

// The first of two steps turns out not to have gone when the second is sent already: it
// stays out, and the enrollment stays over.
func TestALateUntriedIsPassedBy(t *testing.T) {
	t.Parallel()
	f := newFence(t, 2, 2, "brief")
	f.round()
	a, over := f.onWire("a", false)
	f.clock.Tick(61 * time.Second)
	f.round()
	f.clock.Tick(3*24*time.Hour + 4*time.Hour)
	f.round()
	<-f.start("b", &wire{})
	close(a.goOn)
	<-over
	f.expect("in the end", map[andante.State]int{andante.Sent: 3, andante.Failed: 1})
	err := f.store.Read(t.Context(), func(tx *store.Tx) error {
		on, err := tx.ActiveOn(t.Context(), "brief", "", 10)
		if len(on) > 0 {
			t.Errorf("%d enrollments are active with nothing to come", len(on))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// first returns the contact that was taken in first.
func (f *fence) first() (c andante.Contact) {
	f.t.Helper()
	err := f.store.Read(f.t.Context(), func(tx *store.Tx) error {
		list, err := tx.ContactsAfter(f.t.Context(), "", 1)
		c = list[0]
		return err
	})
	if err != nil {
		f.t.Fatal(err)
	}
	return c
}

// oneAndTwo begins a story at an instant (zero: at once): a contact's two mails are due, and
// the second is held for a while.
func oneAndTwo(t *testing.T, policy string, from time.Time, held time.Duration) *fence {
	f := newFence(t, 1, 1, "one", "two")
	f.policy = policy
	f.publish(1, []string{"one", "two"})
	if !from.IsZero() {
		f.clock.Calendar(from.Sub(f.clock.Now()))
	}
	hold := andante.Hold{Scope: andante.HoldSequence, Key: "two", Author: "me", Reason: "later", Until: f.clock.Now().Add(held)}
	if _, err := f.ops.Hold(t.Context(), hold); err != nil {
		t.Fatal(err)
	}
	return f
}

// A slow relay has the first of two mails from before midnight until after it, when the
// second comes due: both would land on the same day, and the limit is one.
func TestASlowRelayOverADay(t *testing.T) {
	t.Parallel()
	midnight := time.Date(2026, 3, 4, 0, 0, 0, 0, time.UTC)
	f := oneAndTwo(t, "limits: [{name: daily, max: 1, per: day}]\n", midnight.Add(-2*time.Minute), 7*time.Minute)
	f.round()
	a, over := f.onWire("a", true)
	f.clock.Calendar(7 * time.Minute)
	f.round()
	<-f.start("b", &wire{})
	f.clock.Calendar(7 * time.Minute)
	close(a.goOn)
	<-over
	f.expect("in the end", map[andante.State]int{andante.Sent: 1, andante.Planned: 1})
}

// A relay that takes its time over a mail keeps a place in a limit that is shorter than
// that.
func TestASlowRelayOverAShortLimit(t *testing.T) {
	t.Parallel()
	f := oneAndTwo(t, "limits: [{name: short, max: 1, per: 5min}]\n", time.Time{}, 6*time.Minute)
	f.round()
	a, over := f.onWire("a", true)
	f.clock.Calendar(7 * time.Minute)
	f.round()
	<-f.start("b", &wire{})
	close(a.goOn)
	<-over
	f.expect("in the end", map[andante.State]int{andante.Sent: 1, andante.Planned: 1})
}

// A touch that was tried before is put off: whom the first try went to stays, for it may
// turn out to have gone.
func TestPutOffKeepsTheAddress(t *testing.T) {
	t.Parallel()
	f := newFence(t, 1, 1, "brief")
	testdb.SQLite(t, f.store.Path(), "UPDATE touches SET address='aa', attempts=1")
	hold := andante.Hold{Scope: andante.HoldSequence, Key: "brief", Author: "me", Reason: "wait"}
	f.round()
	f.link = func() {
		if _, err := f.ops.Hold(t.Context(), hold); err != nil {
			t.Error(err)
		}
	}
	<-f.start("a", &wire{})
	err := f.store.Read(t.Context(), func(tx *store.Tx) error {
		list, err := tx.TouchesOfContact(t.Context(), f.first().ID)
		if err == nil && (len(list) != 1 || list[0].Reason != andante.ReasonHeld || list[0].Address != "aa") {
			t.Errorf("%+v", list)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

// A mail that was begun before midnight and has no answer when its lease is lost counts on
// the day after, for it may have landed there.
func TestUnknownAfterMidnight(t *testing.T) {
	t.Parallel()
	midnight := time.Date(2026, 3, 4, 0, 0, 0, 0, time.UTC)
	f := oneAndTwo(t, "limits: [{name: daily, max: 1, per: day}]\n", midnight.Add(-2*time.Minute), 7*time.Minute)
	f.round()
	a, over := f.onWire("a", false)
	f.clock.Calendar(8 * time.Minute)
	f.clock.Tick(61 * time.Second)
	f.round()
	<-f.start("b", &wire{})
	close(a.goOn)
	<-over
	f.expect("in the end", map[andante.State]int{andante.Sent: 1, andante.Planned: 1})
}

// An account is given to another colleague while a touch waits that its owner sends: it
// goes as the new one, in a lease of its own.
func TestTheOwnerChanges(t *testing.T) {
	t.Parallel()
	f := newFence(t, 1, 1, "brief")
	f.sender = "owner"
	w := f.publish(1, []string{"brief", "own"})
	owner := func(who string) {
		t.Helper()
		if _, err := f.ops.TakeIn(t.Context(), w, []ops.Row{{ExternalID: "c0", Account: "firm", Fields: map[string]string{"account.owner": who}}}); err != nil {
			t.Fatal(err)
		}
	}
	f.round()
	<-f.start("a", &wire{}) // the brief, as news
	owner("nora")
	if rep, err := f.ops.Enroll(t.Context(), ops.EnrollRequest{Sequence: "own"}); err != nil || rep.Entered != 1 {
		t.Fatal(rep, err)
	}
	owner("max")
	f.clock.Tick(time.Minute)
	for range 2 { // the lease as Nora gives it back, that as Max sends it
		f.round()
		b := &wire{}
		<-f.start("b", b)
		if len(b.from) > 0 && b.from[0] != "max@acme.example" {
			t.Errorf("it goes as %v", b.from)
		}
	}
	f.expect("in the end", map[andante.State]int{andante.Sent: 2})
}
