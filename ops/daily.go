package ops

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/andante-hq/andante"
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

// Daily begins the look of a day. With rules not set only dates are asked, and conditions
// that change as time goes by.
func (o *Ops) Daily(ctx context.Context, rules bool) (*Look, error) {
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
	l := &Look{o: o}
	for _, name := range w.Names() {
		if r, ok := dailyRequest(w, w.Sequences[name], o.now(), rules); ok {
			l.waiting = append(l.waiting, r)
		}
	}
	return l, nil
}

// daysAgo is how long ago a date may be that lets somebody in: they could not enter until
// now, or the machine was off.
const daysAgo = 3

// dailyRequest says who enters a sequence today; false if nobody is to be asked.
func dailyRequest(w *workspace.Workspace, q *sequences.Sequence, now time.Time, rules bool) (r EnrollRequest, ok bool) {
	if q.Enter == nil || q.Retired || !byRule(q.Enter) && !byDate(q.Enter) {
		return r, false
	}
	r, ok = enterRequest(w, q, andante.CauseRule, now, daysAgo)
	r.outside, r.ever = true, q.Reenter == nil && r.each == nil
	if r.each != nil || rules {
		return r, ok
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
