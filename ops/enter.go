package ops

import (
	"context"
	"errors"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/calendar"
	"github.com/andante-hq/andante/sequences"
	"github.com/andante-hq/andante/store"
	"github.com/andante-hq/andante/workspace"
)

// A yearlyEntry picks contacts whose occasion lies in [from, until], two dates of the
// company's calendar as midnight in UTC.
type yearlyEntry struct {
	occasion    sequences.Occasion
	from, until time.Time
}

func (y *yearlyEntry) today(e *enrolling, c andante.Contact, a andante.Account, v andante.Values) bool {
	f := e.p.w.Facts(c, a)
	f.Zones = []*time.Location{time.UTC} // a date is compared with dates
	for d := y.from; !d.After(y.until); d = d.AddDate(0, 0, 1) {
		if day, ok := e.p.w.Day(y.occasion, v, &f, d); ok && day.Equal(d) {
			over := calendar.StartOf(d.Year(), d.Month(), d.Day()+1, e.p.w.Config.Home())
			return c.Created.Before(over) // who came later has missed it
		}
	}
	return false
}

// enterRequest says whom the `enter:` of a sequence lets in today: by its condition, if it has
// one, or by its date, which may have been so many days ago. False if that can't be read.
func enterRequest(w *workspace.Workspace, q *sequences.Sequence, cause string, now time.Time, ago int) (EnrollRequest, bool) {
	r := EnrollRequest{Sequence: q.Name, Where: q.Enter.When, Cause: cause}
	if q.Enter.Each == "" {
		return r, true
	}
	occasion, err := sequences.ParseYearly(q.Enter.Each)
	y, m, d := now.In(w.Config.Home()).Date()
	today := time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
	r.Cause, r.each = andante.CauseDate, &yearlyEntry{occasion, today.AddDate(0, 0, -ago), today}
	return r, err == nil
}

// enterBy enters contacts into the sequences that pick says, within a transaction in which
// their accounts are locked. It adds how many entered each to a count.
func (o *Ops) enterBy(ctx context.Context, tx *store.Tx, contacts []andante.Contact, cause string, pick func(*sequences.Enter) bool, entered map[string]int) error {
	if len(contacts) == 0 {
		return nil
	}
	w, err := o.Workspace(ctx, tx)
	if errors.Is(err, ErrNothingPublished) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, name := range w.Names() {
		q := w.Sequences[name]
		if q.Enter == nil || q.Retired || !pick(q.Enter) {
			continue
		}
		r, ok := enterRequest(w, q, cause, o.now(), 0)
		if !ok {
			continue
		}
		rep, err := o.enterNow(ctx, tx, r, contacts)
		if err != nil {
			return err
		}
		if rep.Entered > 0 {
			entered[name] += rep.Entered
		}
	}
	return nil
}

// byRule tells of sequences that contacts enter when a condition comes true.
func byRule(e *sequences.Enter) bool { return e.When != "" }

// byDate tells of sequences that contacts enter on a date of theirs.
func byDate(e *sequences.Enter) bool { return e.Each != "" }

// enterOn enters the contact of an event into the sequences that wait for it, and asks the
// rules, for they may ask what happened.
func (o *Ops) enterOn(ctx context.Context, tx *store.Tx, e andante.Event) error {
	contacts, err := tx.Contacts(ctx, []andante.ContactID{e.Contact})
	if err != nil {
		return err
	}
	entered := map[string]int{}
	return errors.Join(
		o.enterBy(ctx, tx, contacts, andante.CauseEvent, func(x *sequences.Enter) bool { return x.Event == e.Name }, entered),
		o.enterBy(ctx, tx, contacts, andante.CauseRule, byRule, entered),
	)
}

// EnterPublished asks the rules of what is published about everybody who is there already.
func (o *Ops) EnterPublished(ctx context.Context, w *workspace.Workspace, names []string) (entered map[string]int, err error) {
	entered = map[string]int{}
	for _, name := range names {
		q := w.Sequences[name]
		if q == nil || q.Retired || q.Enter == nil || !byRule(q.Enter) && !byDate(q.Enter) {
			continue
		}
		r, ok := enterRequest(w, q, andante.CauseRule, o.now(), 0)
		if !ok {
			continue
		}
		rep, err := o.Enroll(ctx, r)
		if err != nil {
			return entered, err
		}
		if rep.Entered > 0 {
			entered[name] = rep.Entered
		}
	}
	return entered, nil
}
