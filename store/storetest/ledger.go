package storetest

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/store"
)

var ledgerTests = []test{
	{"attempts round trip", attemptsRoundTrip},
	{"an attempt ends once", attemptsEnd},
	{"how often an address answered so", answers},
	{"verdicts round trip", verdictsRoundTrip},
	{"quotes go with their enrollment", quotes},
	{"events round trip", eventsRoundTrip},
	{"last events", lastEvents},
}

func attempt(n int) andante.Attempt {
	return andante.Attempt{
		Touch: id[andante.TouchID](n), Contact: id[andante.ContactID](n), Account: id[andante.AccountID](n), Number: 1 + n,
		Sender: text(n), Policy: "00ff", Started: at(n), Ended: sometimes(n, at(n+1)), Outcome: andante.OutcomeTemporary, Code: sometimes(n, 451),
		Response: text(n + 1),
	}
}

func (s db) attempts(ids ...andante.TouchID) []andante.Attempt {
	s.t.Helper()
	return read(s, func(ctx context.Context, tx *store.Tx) ([]andante.Attempt, error) { return tx.AttemptsOf(ctx, ids) })
}

func attemptsRoundTrip(_ *testing.T, s db) {
	all := list(many, attempt)
	s.write(func(ctx context.Context, tx *store.Tx) error { return tx.AddAttempts(ctx, all) })
	touches := pick(all, func(a andante.Attempt) andante.TouchID { return a.Touch })
	s.same("attempts", all, sorted(s.attempts(touches...), func(a andante.Attempt) andante.TouchID { return a.Touch }))
	dirty, twin := attempt(many), attempt(many+1)
	dirty.Response = "550 \x00\xff" + strings.Repeat("x", 3000)
	twin.Touch, twin.Number, twin.Started = dirty.Touch, dirty.Number+1, dirty.Started
	earlier := attempt(many + 2)
	earlier.Touch, earlier.Started = dirty.Touch, at(0)
	s.write(func(ctx context.Context, tx *store.Tx) error {
		return tx.AddAttempts(ctx, []andante.Attempt{twin, dirty, earlier})
	})
	dirty.Response = andante.CleanText(dirty.Response)
	s.same("attempts of one touch, in order", []andante.Attempt{earlier, dirty, twin}, s.attempts(dirty.Touch))
	s.refused(func(ctx context.Context, tx *store.Tx) error {
		again := attempt(many + 3)
		again.Touch, again.Number = dirty.Touch, dirty.Number
		return tx.AddAttempts(ctx, []andante.Attempt{again})
	})
}

// answers: those of one contact at one address, whatever came of the touch.
func answers(_ *testing.T, s db) {
	touches, tries := list(5, touch), list(5, attempt)
	for n := range touches {
		touches[n].Contact, touches[n].Address, touches[n].Enrollment = id[andante.ContactID](1), "a1", id[andante.EnrollmentID](50+n)
		tries[n].Touch, tries[n].Code = touches[n].ID, 30005
	}
	touches[2].Address, touches[3].Contact, tries[4].Code = "a2", id[andante.ContactID](2), 30003
	s.add(touches...)
	s.write(func(ctx context.Context, tx *store.Tx) error { return tx.AddAttempts(ctx, tries) })
	for want, codes := range map[int][]int{2: {30005}, 3: {30003, 30005}, 0: {30006}} {
		s.same("answers", want, read(s, func(ctx context.Context, tx *store.Tx) (int, error) {
			return tx.CountAnswers(ctx, id[andante.ContactID](1), "a1", codes...)
		}))
	}
}

func attemptsEnd(_ *testing.T, s db) {
	all := list(many, func(n int) andante.Attempt {
		a := attempt(n)
		a.Ended, a.Outcome, a.Code, a.Response = time.Time{}, andante.OutcomePending, 0, ""
		return a
	})
	all[1].Outcome = andante.OutcomeUnknown
	all[2].Outcome, all[2].Response = andante.OutcomeSent, "250 ok"
	s.write(func(ctx context.Context, tx *store.Tx) error { return tx.AddAttempts(ctx, all) })
	var ends []andante.Attempt
	for n := range all {
		end := andante.Attempt{
			Touch: all[n].Touch, Number: all[n].Number, Ended: at(n + 5), Outcome: andante.OutcomePermanent, Code: 550, Response: "no " + text(n) + "\x00",
		}
		if n == 3 {
			end.Number++ // no such attempt
		}
		ends = append(ends, end)
		if n != 2 && n != 3 {
			all[n].Ended, all[n].Outcome, all[n].Code, all[n].Response = end.Ended, end.Outcome, end.Code, andante.CleanText(end.Response)
		}
	}
	s.write(func(ctx context.Context, tx *store.Tx) error { return tx.EndAttempts(ctx, ends) })
	touches := pick(all, func(a andante.Attempt) andante.TouchID { return a.Touch })
	s.same("attempts", all, sorted(s.attempts(touches...), func(a andante.Attempt) andante.TouchID { return a.Touch }))
}

func verdict(n int) store.StoredVerdict {
	v := store.StoredVerdict{ID: id[andante.VerdictID](n), Touch: id[andante.TouchID](n), At: at(n), Policy: text(n)}
	v.Action, v.Reason, v.Until = andante.Defer, andante.ReasonGap, sometimes(n, at(n+1))
	if n%3 != 0 {
		v.Evidence = fullTouch(n).Evidence
	}
	return v
}

func verdictsRoundTrip(_ *testing.T, s db) {
	all := list(many, verdict)
	second, first := verdict(many), verdict(many+1)
	second.Touch, first.Touch, second.At, first.At = all[1].Touch, all[1].Touch, at(0), at(0)
	s.write(func(ctx context.Context, tx *store.Tx) error {
		return firstError(tx.AddVerdicts(ctx, all), tx.AddVerdicts(ctx, []store.StoredVerdict{first, second}))
	})
	look := func(ids ...andante.TouchID) []store.StoredVerdict {
		return read(s, func(ctx context.Context, tx *store.Tx) ([]store.StoredVerdict, error) { return tx.VerdictsOf(ctx, ids) })
	}
	byID := func(v store.StoredVerdict) andante.VerdictID { return v.ID }
	touches := pick(all, func(v store.StoredVerdict) andante.TouchID { return v.Touch })
	s.same("verdicts", append(all, second, first), sorted(look(touches...), byID))
	s.same("verdicts on one touch, in order", []store.StoredVerdict{second, first, all[1]}, look(all[1].Touch))
	page := func(after andante.VerdictID, n int) []store.StoredVerdict {
		return read(s, func(ctx context.Context, tx *store.Tx) ([]store.StoredVerdict, error) {
			return tx.VerdictsAfter(ctx, after, n)
		})
	}
	s.same("the first", all[:3], page("", 3))
	s.same("the last", []store.StoredVerdict{second, first}, page(all[len(all)-1].ID, 9))
}

func quotes(_ *testing.T, s db) {
	all := list(many, func(n int) store.Quote {
		return store.Quote{Touch: id[andante.TouchID](n), Enrollment: id[andante.EnrollmentID](n), Text: strings.Repeat(text(n), 1+n%100)}
	})
	all[0].Enrollment = all[1].Enrollment
	put := func(list []store.Quote) {
		s.write(func(ctx context.Context, tx *store.Tx) error { return tx.PutQuotes(ctx, list) })
	}
	look := func() []store.Quote {
		of := pick(all, func(q store.Quote) andante.EnrollmentID { return q.Enrollment })
		return sorted(read(s, func(ctx context.Context, tx *store.Tx) ([]store.Quote, error) { return tx.QuotesOf(ctx, of[1:]) }),
			func(q store.Quote) andante.TouchID { return q.Touch })
	}
	put(all)
	s.same("quotes", all, look())
	all[7].Text = "sent again"
	put(all[7:8])
	s.same("quotes after a change", all, look())
	s.write(func(ctx context.Context, tx *store.Tx) error {
		return tx.DropQuotes(ctx, []andante.EnrollmentID{all[1].Enrollment, all[3].Enrollment})
	})
	s.same("quotes of the other enrollments", append([]store.Quote{all[2]}, all[4:]...), look())
}

func event(n int) andante.Event {
	return andante.Event{
		ID: id[andante.EventID](n), Contact: id[andante.ContactID](1), Account: id[andante.AccountID](1), Touch: sometimes(n, id[andante.TouchID](n)),
		Name: andante.EventReplied, At: at(n), Detail: text(n),
	}
}

func (s db) addEvents(events ...andante.Event) {
	s.t.Helper()
	s.write(func(ctx context.Context, tx *store.Tx) error { return tx.AddEvents(ctx, events) })
}

func eventsRoundTrip(_ *testing.T, s db) {
	all := list(many, event)
	s.addEvents(all...)
	again := all[1]
	again.Detail, again.Name = "twice", andante.EventBounced
	dirty := event(many)
	dirty.Detail = "\x00\xff" + strings.Repeat("é", 2000)
	for _, e := range []andante.Event{again, dirty} {
		var fresh bool
		s.write(func(ctx context.Context, tx *store.Tx) (err error) {
			fresh, err = tx.AddEvent(ctx, e)
			return err
		})
		s.same("a new event", e.ID == dirty.ID, fresh)
	}
	unknown := event(many + 1) // of nobody we know
	unknown.Contact, unknown.Account = "", ""
	s.addEvents(again, unknown)
	dirty.Detail = andante.CleanText(dirty.Detail)
	s.same("events", append(all, dirty), read(s, func(ctx context.Context, tx *store.Tx) ([]andante.Event, error) {
		return tx.EventsOf(ctx, id[andante.ContactID](1))
	}))
	counts := map[string]int{}
	for _, e := range append(all, dirty, unknown) {
		counts[e.Name]++
	}
	s.same("counted", counts, read(s, func(ctx context.Context, tx *store.Tx) (map[string]int, error) { return tx.CountEvents(ctx) }))
}

func lastEvents(_ *testing.T, s db) {
	one, two, mail := id[andante.ContactID](1), id[andante.ContactID](2), id[andante.TouchID](1)
	all := []andante.Event{event(0), event(1), event(2), event(3), event(4), event(5)}
	for n := range all {
		all[n].Touch = ""
	}
	all[1].Touch, all[2].Touch = mail, mail
	all[4].Name = andante.EventMet
	all[5].Contact = two
	nobody := event(6)
	nobody.Contact = ""
	s.addEvents(append(all, nobody)...)
	s.same("events since", []andante.Event{all[4], all[5]}, read(s, func(ctx context.Context, tx *store.Tx) ([]andante.Event, error) {
		return tx.EventsSince(ctx, []andante.ContactID{two, one}, at(4), []string{andante.EventMet, andante.EventReplied})
	}))
	s.same("meetings", []andante.Event{all[4]}, read(s, func(ctx context.Context, tx *store.Tx) ([]andante.Event, error) {
		return tx.EventsSince(ctx, []andante.ContactID{two, one}, at(0), []string{andante.EventMet})
	}))
	got := read(s, func(ctx context.Context, tx *store.Tx) ([]store.LastEvent, error) {
		return tx.LastEvents(ctx, []andante.ContactID{one, id[andante.ContactID](7)})
	})
	s.same("last events", []store.LastEvent{
		{Contact: one, Name: andante.EventReplied, Touch: mail, At: at(2)},
		{Contact: one, Name: andante.EventReplied, At: at(3)},
		{Contact: one, Name: andante.EventMet, At: at(4)},
	}, sorted(got, func(e store.LastEvent) int64 { return e.At.UnixMilli() }))
}
