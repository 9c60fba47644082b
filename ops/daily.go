package ops

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/calendar"
	"github.com/andante-hq/andante/sequences"
	"github.com/andante-hq/andante/store"
	"github.com/andante-hq/andante/workspace"
)

// A Look asks of everybody, sequence by sequence and page by page, whom a rule or a date lets
// in on a day. It reads all contacts, so others work between its pages.
type Look struct {
	o       *Ops
	waiting []EnrollRequest
	now     *enroller
	tries   int // of the page that is next
}

// Daily begins the look of a day. last is the day on which everybody was asked before, as
// midnight in UTC; the zero time: never. With rules not set only dates are asked, and
// conditions that change as time goes by.
func (o *Ops) Daily(ctx context.Context, last, today time.Time, rules bool) (*Look, error) {
	var w *workspace.Workspace
	err := o.Store.Read(ctx, func(tx *store.Tx) (err error) {
		w, err = o.Workspace(ctx, tx)
		return err
	})
	if errors.Is(err, ErrNothingPublished) {
		return &Look{}, nil
	}
	if err != nil {
		return nil, err
	}
	// A machine that was off for long does not make up for all of it.
	after := today.AddDate(0, 0, -1)
	if !last.IsZero() && last.Before(after) {
		after = calendar.Later(last, today.AddDate(0, 0, -3))
	}
	l := &Look{o: o}
	for _, name := range w.Names() {
		if r, ok := dailyRequest(w, w.Sequences[name], after, today, rules); ok {
			l.waiting = append(l.waiting, r)
		}
	}
	return l, nil
}

// dailyRequest says who enters a sequence on a day; false if nobody is to be asked.
func dailyRequest(w *workspace.Workspace, q *sequences.Sequence, after, today time.Time, rules bool) (r EnrollRequest, ok bool) {
	if q.Enter == nil || q.Retired {
		return r, false
	}
	r = EnrollRequest{Sequence: q.Name, Cause: andante.CauseRule, outside: true}
	if q.Enter.Each != "" {
		occasion, err := sequences.ParseYearly(q.Enter.Each)
		r.Cause, r.each = andante.CauseDate, &yearlyEntry{occasion, after, today}
		return r, err == nil
	}
	r.Where, r.ever = q.Enter.When, q.Reenter == nil
	if r.Where == "" || rules {
		return r, r.Where != ""
	}
	c, err := w.Condition(r.Where)
	return r, err == nil && c.Calls("days_since")
}

// mostTries is how often a page is tried; then its sequence is left to the next day.
const mostTries = 3

// Page asks one page of contacts and tells whether there are more. One that failed is asked
// again by the next call.
func (l *Look) Page(ctx context.Context) (more bool, err error) {
	if l.now == nil && len(l.waiting) > 0 {
		if l.now, err = l.o.enroller(ctx, l.waiting[0]); err != nil {
			return true, err
		}
		l.waiting = l.waiting[1:]
	}
	if l.now == nil {
		return false, nil
	}
	last, err := l.now.page(ctx)
	if err != nil {
		err = fmt.Errorf("ask who enters %s today: %w", l.now.r.Sequence, err)
		l.tries++
	} else {
		l.tries = 0
	}
	if last || l.tries == mostTries {
		l.now, l.tries = nil, 0
	}
	return l.now != nil || len(l.waiting) > 0, err
}
