package governor_test

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/governor"
)

// disagreement compares a verdict with the oracle; empty if they agree.
func disagreement(w world, v andante.Verdict) string {
	o := newOracle(w)
	first, found := o.first()
	switch {
	case v.Action == andante.Go && !(found && first == 0):
		return fmt.Sprintf("it goes, but the oracle says minute %d (%t)", first, found)
	case v.Action == andante.Go && !v.NotAfter.Equal(o.at(o.notAfter(0))):
		return fmt.Sprintf("not after %s, but the oracle says %s", v.NotAfter, o.at(o.notAfter(0)))
	case v.Action == andante.Defer && found && !v.Until.Equal(o.at(first)):
		return fmt.Sprintf("deferred for %s, but the oracle says minute %d", v.Until.Sub(w.now), first)
	case v.Action == andante.Defer && !found && v.Until.Before(o.at(ahead)):
		return fmt.Sprintf("deferred for %s, but the oracle sees nothing free", v.Until.Sub(w.now))
	case v.Action == andante.Skip && found:
		return fmt.Sprintf("skipped, but minute %d is free", first)
	}
	return ""
}

func decide(w world) andante.Verdict { return w.policy.Decide(w.facts, w.candidate, w.now) }

// TestOracle holds every verdict against one that looks at every minute: it goes
// exactly when the definition admits it, and Until is the first minute that does.
func TestOracle(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		w := worlds.Draw(t, "world")
		if wrong := disagreement(w, decide(w)); wrong != "" {
			t.Fatal(wrong)
		}
	})
}

// TestOracleNoticesSabotage breaks the question in ways in which the rules could
// be broken. A break that the oracle doesn't notice would make TestOracle void.
func TestOracleNoticesSabotage(t *testing.T) {
	t.Parallel()
	limits := func(change func(*governor.Limit)) func(*world) {
		return func(w *world) {
			changed := make([]governor.Limit, len(w.policy.Limits))
			for i, l := range w.policy.Limits {
				change(&l)
				changed[i] = l
			}
			w.policy.Limits = changed
		}
	}
	touches := func(change func(*world, *governor.Touch)) func(*world) {
		return func(w *world) {
			changed := make([]governor.Touch, len(w.facts.Touches))
			for i, x := range w.facts.Touches {
				change(w, &x)
				changed[i] = x
			}
			w.facts.Touches = changed
		}
	}
	for name, sabotage := range map[string]func(*world){
		"periods closed at both ends": limits(func(l *governor.Limit) {
			if l.Per.Unit == "" {
				l.Per.Length++
			}
		}),
		"periods a moment short": limits(func(l *governor.Limit) {
			if l.Per.Unit == "" {
				l.Per.Length--
			}
		}),
		"calendar periods that roll": limits(func(l *governor.Limit) {
			if l.Per.Unit == "day" {
				l.Per = rolling(day)
			}
		}),
		"one more than the maximum":                limits(func(l *governor.Limit) { l.Max++ }),
		"everybody":                                limits(func(l *governor.Limit) { l.Who = governor.Who{} }),
		"every kind":                               limits(func(l *governor.Limit) { l.Count.Kinds = nil }),
		"every purpose":                            limits(func(l *governor.Limit) { l.Count.Purposes = nil }),
		"requested ones count":                     limits(func(l *governor.Limit) { l.Count.Requested = true }),
		"by contact only":                          limits(func(l *governor.Limit) { l.Scope = governor.ScopeContact }),
		"days of UTC":                              func(w *world) { w.facts.Zones = []*time.Location{time.UTC} },
		"not_after forgotten":                      func(w *world) { w.candidate.Holds = 0 },
		"gaps forgotten":                           func(w *world) { w.policy.Gaps = nil },
		"hours forgotten":                          func(w *world) { w.policy.Windows = nil },
		"reserves forgotten":                       limits(func(l *governor.Limit) { l.Reserve.Slots = 0 }),
		"own limits forgotten":                     func(w *world) { w.facts.Own = nil },
		"the pause forgotten":                      func(w *world) { w.facts.Choice.Pause = time.Time{} },
		"ease forgotten":                           func(w *world) { w.policy.Ease = nil },
		"cool-downs forgotten":                     func(w *world) { w.policy.CoolDowns = nil },
		"the silence that it begins forgotten":     func(w *world) { w.candidate.Introduction = false },
		"cards count when posted":                  func(w *world) { w.policy.Landing = nil },
		"responses overlooked":                     func(w *world) { w.facts.Signals.Responded = time.Time{} },
		"replies overlooked":                       func(w *world) { w.facts.Signals.Replied, w.facts.Together.Replied = time.Time{}, time.Time{} },
		"answers overlooked":                       func(w *world) { w.facts.Signals.Answered, w.facts.Together.Answered = time.Time{}, time.Time{} },
		"a colleague's word is the contact's":      func(w *world) { w.facts.Signals = w.facts.Together },
		"unanswered calls count":                   touches(func(_ *world, x *governor.Touch) { x.Unanswered = false }),
		"introductions are touches like others":    touches(func(_ *world, x *governor.Touch) { x.Introduction = false }),
		"what is in flight is taken to be certain": touches(func(_ *world, x *governor.Touch) { x.From = time.Time{} }),
		"what comes is overlooked": touches(func(w *world, x *governor.Touch) {
			if x.At.After(w.now) {
				x.Contact, x.Account, x.Address, x.From = "c9", "a9", "d9", time.Time{}
			}
		}),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			const tries = 3000
			for seed := range tries {
				w := worlds.Example(seed)
				broken := w
				sabotage(&broken)
				if disagreement(w, decide(broken)) != "" {
					return
				}
			}
			t.Errorf("unnoticed in %d worlds", tries)
		})
	}
}

// TestMoreTouchesNeverFreeEarlier adds a touch to a world: the candidate can't
// come any sooner for it.
func TestMoreTouchesNeverFreeEarlier(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		w := worlds.Draw(t, "world")
		before := comes(w)
		w.facts.Touches = append(w.facts.Touches, someTouch(t, "another", w))
		if after := comes(w); after.Before(before) {
			t.Fatalf("free at %s, and at %s with one touch more", before, after)
		}
	})
}

// comes returns when the candidate goes; far in the future if never.
func comes(w world) time.Time {
	switch v := decide(w); v.Action {
	case andante.Go:
		return w.now
	case andante.Defer:
		return v.Until
	default:
		return w.now.AddDate(10, 0, 0)
	}
}

// TestUntilIsTrue asks again at the instant that a verdict named: it goes then,
// to the nanosecond, and a nanosecond earlier it doesn't.
func TestUntilIsTrue(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		w := worlds.Draw(t, "world")
		for i := range w.facts.Touches {
			x := &w.facts.Touches[i]
			x.At = x.At.Add(time.Duration(rapid.Int64Range(0, int64(time.Minute)).Draw(t, "moment")))
		}
		v := decide(w)
		if v.Action != andante.Defer {
			return
		}
		w.now = v.Until
		if again := decide(w); again.Action != andante.Go {
			t.Fatalf("%s until %s, then %s", v.Reason, v.Until, told(again))
		}
		w.now = v.Until.Add(-1)
		if early := decide(w); early.Action != andante.Defer || !early.Until.Equal(v.Until) {
			t.Fatalf("%s until %s, but a moment before that: %s", v.Reason, v.Until, told(early))
		}
	})
}

// TestFoldNeverExceeds sends greedily for months, each touch as soon as it may
// go, several at a time on their way. Receipts come late, and a touch counts at
// the instant that its receipt names. No period ever holds more than its limit.
func TestFoldNeverExceeds(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		w := worlds.Draw(t, "world")
		for i := range w.policy.Limits {
			w.policy.Limits[i].Count.Requested = false // they fill limits without asking
			w.policy.Limits[i].Who = governor.Who{}
		}
		w.policy.Windows, w.candidate.Stale = nil, time.Time{}
		sent := fold(t, w, func(now time.Time, f governor.Facts, c governor.Candidate) andante.Verdict {
			return w.policy.Decide(f, c, now)
		})
		if wrong := exceeds(w, sent); wrong != "" {
			t.Fatal(wrong)
		}
	})
}

// TestFoldNoticesSabotage folds with a governor that believes what is on its way
// to count at its not_after.
func TestFoldNoticesSabotage(t *testing.T) {
	t.Parallel()
	noticed := false
	for seed := 0; seed < 2000 && !noticed; seed++ {
		rapid.Custom(func(t *rapid.T) bool {
			w := worlds.Draw(t, "world")
			w.policy.Limits = []governor.Limit{{Name: "two", Scope: governor.ScopeAccount, Max: 2, Per: rolling(minutes(rapid.IntRange(3, 20).Draw(t, "per")))}}
			w.policy.Gaps, w.policy.Windows, w.candidate.Stale, w.facts.Touches = nil, nil, time.Time{}, nil
			sent := fold(t, w, func(now time.Time, f governor.Facts, c governor.Candidate) andante.Verdict {
				for i := range f.Touches {
					f.Touches[i].From = time.Time{}
				}
				return w.policy.Decide(f, c, now)
			})
			noticed = noticed || exceeds(w, sent) != ""
			return true
		}).Example(seed)
	}
	if !noticed {
		t.Error("unnoticed")
	}
}

// fold sends up to forty touches of the contact and a colleague. Touches of the
// world's past and future stay as they are.
func fold(t *rapid.T, w world, decide func(time.Time, governor.Facts, governor.Candidate) andante.Verdict) []governor.Touch {
	type flight struct {
		touch   int
		receipt time.Time // when it counts
		told    time.Time // when we hear of it
	}
	var flights []flight
	sent := append([]governor.Touch(nil), w.facts.Touches...)
	land := func(now time.Time) {
		for i := 0; i < len(flights); i++ {
			if x := flights[i]; !x.told.After(now) {
				sent[x.touch].At, sent[x.touch].From = x.receipt, time.Time{}
				flights = append(flights[:i], flights[i+1:]...)
				i--
			}
		}
	}
	now := w.now
	for n := 0; n < 40 && now.Before(w.now.AddDate(0, 18, 0)); n++ {
		f, c := w.facts, w.candidate
		f.Contact = rapid.SampledFrom([]andante.ContactID{"c1", "c2"}).Draw(t, "who")
		c.ID, c.Kind = andante.TouchID(fmt.Sprint("n", n)), someKind.Draw(t, "what")
		c.Purpose = rapid.SampledFrom([]andante.Purpose{andante.Marketing, andante.Relationship}).Draw(t, "why")
		for {
			land(now)
			f.Touches = append([]governor.Touch(nil), sent...)
			v := decide(now, f, c)
			if v.Action == andante.Go {
				holds := v.NotAfter.Sub(now)
				receipt := now.Add(time.Duration(rapid.Int64Range(0, int64(holds)).Draw(t, "receipt")))
				lands := w.policy.Lands(&f, c.Kind, now)
				sent = append(sent, governor.Touch{ID: c.ID, Contact: f.Contact, Account: f.Account, Address: f.Address, Kind: c.Kind, Purpose: c.Purpose, At: v.Counts, From: lands})
				flights = append(flights, flight{len(sent) - 1, w.policy.Lands(&f, c.Kind, receipt), receipt.Add(minutes(rapid.IntRange(0, 6).Draw(t, "told")))})
			}
			if v.Action != andante.Defer {
				break
			}
			now = v.Until
		}
		now = now.Add(time.Duration(rapid.Int64Range(0, int64(90*time.Second)).Draw(t, "pause")))
	}
	land(now.AddDate(1, 0, 0))
	return sent
}

// exceeds looks for a period over its limit that holds a touch of the fold.
func exceeds(w world, sent []governor.Touch) string {
	for _, l := range w.policy.Limits {
		for _, last := range sent {
			for _, whose := range [][3]string{{"c1", "a1", string(w.facts.Address)}, {"c2", "a1", string(w.facts.Address)}} {
				o := oracle{w: w}
				o.w.facts.Contact = andante.ContactID(whose[0])
				sum, ours := 0.0, false
				for _, x := range sent {
					in := x.At.After(last.At.Add(-l.Per.Length)) && !x.At.After(last.At)
					if l.Per.Unit != "" {
						in = o.unitOf(l.Per.Unit, floorMinute(x.At, w.now)) == o.unitOf(l.Per.Unit, floorMinute(last.At, w.now))
					}
					if !in || !o.inScope(l.Scope, x) || !counts(l.Count, x.Kind, x.Purpose) || x.Unanswered && !l.Count.Unanswered {
						continue
					}
					ours = ours || x.ID[0] == 'n'
					if l.MaxPoints > 0 {
						sum += w.policy.Points[x.Kind]
					} else {
						sum++
					}
				}
				if most := float64(l.Max) + l.MaxPoints; ours && sum > most {
					return fmt.Sprintf("%g in the period that ends at %s, of %g by %+v", sum, last.At, most, l)
				}
			}
		}
	}
	return ""
}

func floorMinute(t, base time.Time) int {
	d := t.Sub(base)
	m := int(d / time.Minute)
	if d < 0 && d%time.Minute != 0 {
		m--
	}
	return m
}
