package engine

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/channels"
	"github.com/andante-hq/andante/internal/harness"
	"github.com/andante-hq/andante/internal/inbox"
	"github.com/andante-hq/andante/ops"
	"github.com/andante-hq/andante/store"
	"github.com/andante-hq/andante/worker"
)

// rush is the speed: an hour of the calendar for each second.
const rush = 3600

// A rushHour is a random world that six processes play at once, hours in seconds: small,
// so that everybody decides about the same few accounts all the time.
type rushHour struct {
	*world
	barred []int // who was suppressed before, and is enrolled all the same
	leaver int
	leaves time.Duration // after the beginning, of the calendar
}

func drawRushHour(t *rapid.T) *rushHour {
	h := &rushHour{world: &world{purposes: map[string]string{}, left: map[andante.ContactID]time.Time{}}}
	for i := range rapid.IntRange(1, 3).Draw(t, "limits") {
		h.rules = append(h.rules, harness.Rule{
			Name: fmt.Sprint("limit-", i), Scope: rapid.SampledFrom([]string{"contact", "account", "address"}).Draw(t, "scope"),
			Max: rapid.IntRange(1, 4).Draw(t, "max"), Per: time.Duration(rapid.IntRange(1, 6).Draw(t, "hours")) * time.Hour,
		})
	}
	if rapid.Bool().Draw(t, "gap") {
		h.rules = append(h.rules, harness.Rule{Name: "gap", Scope: "contact", Per: time.Hour})
	}
	if rapid.IntRange(0, 3).Draw(t, "cools down") == 0 {
		h.rules = append(h.rules, harness.Rule{Name: "cool-down", Scope: rapid.SampledFrom([]string{"contact", "account"}).Draw(t, "silent"), After: true, Per: 2 * time.Hour})
	}
	if rapid.IntRange(0, 3).Draw(t, "eases") == 0 {
		h.rules = append(h.rules, harness.Rule{Name: "ease", Scope: "contact", Ignored: rapid.IntRange(1, 3).Draw(t, "ignored"), Per: 3 * time.Hour})
	}
	if rapid.Bool().Draw(t, "looks ahead") {
		h.rules = append(h.rules, harness.Rule{Name: "look-ahead", Ahead: true, Per: 2 * time.Hour})
	}
	h.workspace = harness.Workspace{Policy: harness.Policy("", h.rules...), Sequences: map[string]string{}}
	for i := range rapid.IntRange(2, 4).Draw(t, "sequences") {
		name := fmt.Sprint("walk-", i)
		front := "priority: " + rapid.SampledFrom([]string{"high", "normal", "low"}).Draw(t, "priority") + "\n"
		var mails []harness.Mail
		for range rapid.IntRange(1, 3).Draw(t, "steps") {
			m := harness.Mail{After: rapid.SampledFrom([]string{"0d", "1h", "2h"}).Draw(t, "after")}
			if rapid.IntRange(0, 2).Draw(t, "introduces") == 0 {
				m.Subject, m.Keys = harness.Introducing, "introduction: true\n"
			}
			mails = append(mails, m)
		}
		h.workspace.Sequences[name] = harness.Sequence(name, front, mails...)
	}
	h.town = harness.NewTown(rapid.IntRange(2, 4).Draw(t, "accounts"), rapid.IntRange(2, 5).Draw(t, "contacts"))
	people := h.town.Contacts
	for i := 1; i < len(people); i++ {
		if rapid.IntRange(0, 3).Draw(t, "shares") == 0 {
			people[i].Email = people[i-1].Email
		}
	}
	h.barred = rapid.SliceOfNDistinct(rapid.IntRange(0, len(people)-1), 1, 2, rapid.ID[int]).Draw(t, "barred")
	h.leaver = rapid.IntRange(0, len(people)-1).Draw(t, "leaver")
	h.leaves = time.Duration(rapid.IntRange(0, 240).Draw(t, "minutes")) * time.Minute
	return h
}

// servers are where worlds are played, one after the other.
type servers struct {
	database func() string
	redis    string
}

// play lets two schedulers and four workers run for some hours of the calendar and
// returns every broken promise. spoil breaks them first.
func (h *rushHour) play(t *testing.T, on servers, hours time.Duration, spoil func(*part)) (breaches []string) {
	clock := hurry{time.Now(), rush}
	s := newScene(t, h.workspace, h.town, inbox.Options{Now: clock.Now})
	defer s.inbox.Close()
	s.part.Store, s.part.Redis = on.database(), on.redis
	s.flush() // of what the world before has left
	s.part.Connections, s.part.Batch, s.part.Chunk, s.part.UntilIdle = 1, 3, 3, false
	s.part.Lease, s.part.Claim = 2*time.Second, time.Hour // a minute would be over before anything is sent
	spoil(&s.part)
	s.clock, s.part.Hurry = clock, clock
	s.enroll(slices.Sorted(maps.Keys(h.workspace.Sequences))...)
	w := s.watch()
	defer w.e.Close() // there may be many worlds in a test
	h.bar(w)
	began := clock.Now()
	passes := func(d time.Duration) {
		harness.Until(t, time.Minute, "the calendar", func() bool { return clock.Now().Sub(began) > d })
	}

	schedulers, workers := s.team()
	workers = append(workers, s.start(RoleWorker), s.start(RoleWorker))
	passes(h.leaves)
	h.unsubscribe(w)
	passes(hours)
	for _, c := range schedulers {
		c.terminate(s.part.Grace)
	}
	harness.Until(t, time.Minute, "the last lease", func() bool { return s.leases() == 0 || s.part.Breakage != worker.Breakage{} })
	for _, c := range workers {
		c.terminate(s.part.Grace)
	}
	return h.judge(t, s)
}

// bar suppresses some of those who are enrolled, as an import does that nobody waits for.
func (h *rushHour) bar(w *watch) {
	var list []andante.Suppression
	for _, i := range h.barred {
		c := h.town.Contacts[i]
		list = append(list, andante.Suppression{
			ID: andante.NewID[andante.SuppressionID](w.e.Clock.Wall()), Address: w.e.Ops.Keys.Hash(c.Email),
			Reason: andante.ReasonSuppressed, Source: "test", At: demoStart,
		})
		h.gone(c.Email, demoStart)
	}
	if err := w.e.Store.Write(w.t.Context(), func(tx *store.Tx) error { return tx.AddSuppressions(w.t.Context(), list) }); err != nil {
		w.t.Fatal(err)
	}
}

// unsubscribe has one more leave. A flight that was permitted before may still be on its
// way for its time, which is the machine's.
func (h *rushHour) unsubscribe(w *watch) {
	c := h.town.Contacts[h.leaver]
	err := w.e.Ops.Unsubscribe(w.t.Context(), ops.Token{Contact: c.ID, Kind: andante.Email, Address: w.e.Ops.Keys.Hash(c.Email)}, "link")
	if err != nil {
		w.t.Fatal(err)
	}
	h.gone(c.Email, w.e.Clock.Now().Add(channels.FlightTime*rush))
}

// gone notes that nothing may come to an address any more.
func (h *rushHour) gone(address string, at time.Time) {
	for _, c := range h.town.Contacts {
		if _, left := h.left[c.ID]; c.Email == address && !left {
			h.left[c.ID] = at
		}
	}
}

// judge counts what the mail server has.
func (h *rushHour) judge(t *testing.T, s *scene) (breaches []string) {
	books := s.books()
	receipts, err := h.town.Register(h.purposes).Read(books.Mails)
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range h.rules {
		breaches = append(breaches, l.Breaches(receipts)...)
	}
	audit := books.Audit()
	t.Log(audit)
	if audit.Unknown > 0 {
		breaches = append(breaches, fmt.Sprintf("%d touches are unknown, and nobody was killed", audit.Unknown))
	}
	return slices.Concat(breaches, h.afterLeaving(receipts), audit.Breaches, books.ReasonGiven())
}

// TestRushHour: however many processes decide at the same time about the same few
// accounts, nobody gets more than a limit says, in any period, nor anything after a
// suppression; no touch goes twice, and each that did not go has one reason.
func TestRushHour(t *testing.T) {
	worlds(t, atLength(20, 2))
	on := servers{databases(t), onSomeRedis(t)}
	rapid.Check(t, func(rt *rapid.T) {
		for _, b := range drawRushHour(rt).play(t, on, 6*time.Hour, func(*part) {}) {
			rt.Error(b)
		}
	})
}

// TestRushHourTwins: in hours like these the oracles find what is broken on purpose.
func TestRushHourTwins(t *testing.T) {
	hours := rapid.Custom(drawRushHour)
	for name, twin := range map[string]struct {
		spoil func(*part)
		find  string
	}{
		"governor off":        {func(p *part) { p.Ungoverned = true }, " mails where "},
		"locks off":           {func(p *part) { p.WithoutLocks, p.Connections = true, 4 }, " mails where "},
		"permit off":          {func(p *part) { p.Breakage.NoPermit = true }, "and was received "},
		"record dropped":      {func(p *part) { p.Breakage.NoRecord = true }, "are unknown"},
		"suppression ignored": {func(p *part) { p.Breakage.NoSuppression = true }, " left at "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			on := servers{databases(t), onSomeRedis(t)}
			for seed := range 10 {
				breaches := hours.Example(seed).play(t, on, 4*time.Hour, twin.spoil)
				if slices.ContainsFunc(breaches, func(b string) bool { return strings.Contains(b, twin.find) }) {
					t.Logf("%d breaches, such as %s", len(breaches), breaches[0])
					return
				}
			}
			t.Errorf("nothing was found in ten hours that %q", twin.find)
		})
	}
}
