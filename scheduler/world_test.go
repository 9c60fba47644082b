package scheduler_test

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/internal/testclock"
	"github.com/andante-hq/andante/ops"
	"github.com/andante-hq/andante/queue"
	"github.com/andante-hq/andante/scheduler"
	"github.com/andante-hq/andante/store"
	"github.com/andante-hq/andante/store/storetest"
	"github.com/andante-hq/andante/workspace"
)

// files are a workspace of two senders, one of them throttled.
var files = fstest.MapFS{
	"andante.yaml": {Data: []byte(`company:
  name: Berg GmbH
  postal_address: Quay Street 41, Portland
  url: https://berg.example
  country: US
  zone: UTC
public_url: https://mail.berg.example
senders:
  free: {name: Free, address: free@berg.example, reply_to: nora@berg.example}
  slow: {name: Slow, address: slow@berg.example, reply_to: nora@berg.example, throttle: 6 per minute}
`)},
	"sequences/brief.md": {Data: []byte(`---
sequence: brief
title: The brief
purpose: marketing
sender: free
---

## Hello

` + "```yaml step\nkind: email\nafter: 0d\nsubject: Hello\nvalue: insight - one\n```" + `

Hello.

## Again

` + "```yaml step\nkind: email\nafter: 2d\nsubject: Again\nvalue: insight - two\n```" + `

Hello again.
`)},
}

var slowMail = store.Lane{Kind: andante.Email, Sender: "slow"}

var (
	noon = time.Date(2026, 3, 3, 12, 0, 0, 0, time.UTC) // a Tuesday
	boot = time.Date(2026, 7, 1, 8, 0, 0, 0, time.UTC)  // by the machine
)

type world struct {
	t     *testing.T
	clock *testclock.Clock
	store *store.Store
	ops   *ops.Ops
	queue *queue.Inline
	*scheduler.Scheduler
}

func newWorld(t *testing.T, o scheduler.Options) *world {
	t.Helper()
	w := openWorld(t, filepath.Join(t.TempDir(), "andante.db"), o)
	w.publish()
	return w
}

func openWorld(t *testing.T, dsn string, o scheduler.Options) *world {
	t.Helper()
	w := &world{t: t, clock: testclock.New(noon, boot), queue: queue.NewInline(1000)}
	w.store = storetest.Migrated(t, dsn, w.clock)
	keys, err := ops.ParseKeyring(ops.SeededKeyring("scheduler"))
	if err != nil {
		t.Fatal(err)
	}
	w.ops = ops.New(w.store, w.clock, keys)
	w.Scheduler = scheduler.New(w.ops, w.queue, o, slog.New(slog.DiscardHandler))
	return w
}

func (w *world) publish() *workspace.Workspace { return w.publishWith() }

// publishWith publishes the workspace with texts of andante.yaml replaced: an old one and a new
// one in turn.
func (w *world) publishWith(pairs ...string) *workspace.Workspace {
	w.t.Helper()
	changed := maps.Clone(files)
	changed["andante.yaml"] = &fstest.MapFile{Data: []byte(strings.NewReplacer(pairs...).Replace(string(files["andante.yaml"].Data)))}
	ws, found := workspace.Load(changed)
	if bad := workspace.Errors(found); len(bad) > 0 {
		w.t.Fatal(bad[0])
	}
	if _, err := w.ops.Publish(w.t.Context(), ws, nil, false); err != nil {
		w.t.Fatal(err)
	}
	return ws
}

func (w *world) write(f func(ctx context.Context, tx *store.Tx) error) {
	w.t.Helper()
	ctx := w.t.Context()
	if err := w.store.Write(ctx, func(tx *store.Tx) error { return f(ctx, tx) }); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) round() scheduler.Round {
	w.t.Helper()
	r, err := w.Round(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	return r
}

func id[T ~string](n int) T {
	return andante.DeriveID[T]("scheduler", noon.Add(time.Duration(n)*time.Millisecond), fmt.Sprintf("%T", T("")), strconv.Itoa(n))
}

// touch is due n seconds before noon.
func touch(n int, change ...func(*andante.Touch)) andante.Touch {
	t := andante.Touch{
		ID: id[andante.TouchID](n), Enrollment: id[andante.EnrollmentID](n), Contact: id[andante.ContactID](n), Account: id[andante.AccountID](n),
		Sequence: "brief", Step: "hello", Kind: andante.Email, Purpose: andante.Marketing, Priority: andante.Normal, Sender: "free",
		State: andante.Planned, Due: noon.Add(-time.Duration(n) * time.Second), FirstDue: noon,
	}
	for _, f := range change {
		f(&t)
	}
	return t
}

func by(sender string) func(*andante.Touch)        { return func(t *andante.Touch) { t.Sender = sender } }
func of(k andante.Kind) func(*andante.Touch)       { return func(t *andante.Touch) { t.Kind = k } }
func in(s andante.State) func(*andante.Touch)      { return func(t *andante.Touch) { t.State = s } }
func with(p andante.Priority) func(*andante.Touch) { return func(t *andante.Touch) { t.Priority = p } }

func due(after time.Duration) func(t *andante.Touch) {
	return func(t *andante.Touch) { t.Due = noon.Add(after) }
}

func (w *world) add(touches ...andante.Touch) {
	w.t.Helper()
	w.write(func(ctx context.Context, tx *store.Tx) error { return tx.AddTouches(ctx, touches) })
}

func (w *world) touch(n int) andante.Touch {
	w.t.Helper()
	var got []andante.Touch
	w.write(func(ctx context.Context, tx *store.Tx) (err error) {
		got, err = tx.Touches(ctx, []andante.TouchID{id[andante.TouchID](n)})
		return err
	})
	if len(got) != 1 {
		w.t.Fatalf("touch %d: %d rows", n, len(got))
	}
	return got[0]
}

// items takes what waits in the queue, what is urgent first.
func (w *world) items() (items []queue.Item) {
	w.t.Helper()
	n, err := w.queue.Depth(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	if n == 0 {
		return nil
	}
	ctx, cancel := context.WithCancel(w.t.Context())
	defer cancel()
	var mu sync.Mutex
	var bulk []queue.Item
	err = w.queue.Run(ctx, 1, func(_ context.Context, it queue.Item) {
		mu.Lock()
		defer mu.Unlock()
		if it.Urgent {
			items = append(items, it)
		} else {
			bulk = append(bulk, it)
		}
		if len(items)+len(bulk) == n {
			cancel()
		}
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return append(items, bulk...)
}

// work ends every lease as a worker does, and empties the queue.
func (w *world) work() {
	w.t.Helper()
	w.items()
	for _, l := range w.leases() {
		w.write(func(ctx context.Context, tx *store.Tx) error { return tx.EndLease(ctx, l.ID) })
	}
}

// batches returns the numbers of the touches of each lease in the queue.
func (w *world) batches() (all [][]int) {
	w.t.Helper()
	for _, it := range w.items() {
		var touches []andante.Touch
		w.write(func(ctx context.Context, tx *store.Tx) (err error) {
			touches, err = tx.TouchesIn(ctx, it.Lease)
			return err
		})
		var numbers []int
		for _, t := range touches {
			for n := range 1000 {
				if t.ID == id[andante.TouchID](n) {
					numbers = append(numbers, n)
				}
			}
		}
		all = append(all, numbers)
	}
	return all
}

func (w *world) leases() (all []store.Lease) {
	w.t.Helper()
	w.write(func(ctx context.Context, tx *store.Tx) (err error) {
		all, err = tx.Leases(ctx)
		return err
	})
	return all
}

// pick takes a lease as a worker does. It returns [andante.ErrLeaseLost] if it is
// not to be had.
func (w *world) pick(it queue.Item) (l store.Lease, err error) {
	w.t.Helper()
	err = w.store.Write(w.t.Context(), func(tx *store.Tx) (err error) {
		wall, err := tx.Wall(w.t.Context())
		if err != nil {
			return err
		}
		l, err = tx.PickLease(w.t.Context(), it.Lease, it.Attempt, "worker", wall.Add(time.Minute))
		return err
	})
	return l, err
}

func (w *world) same(what string, want, got any) {
	w.t.Helper()
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		w.t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}
