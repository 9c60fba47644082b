package scheduler

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/andante-hq/andante/calendar"
	"github.com/andante-hq/andante/ops"
	"github.com/andante-hq/andante/store"
)

// daily is the look at everybody, once on each day of the company's calendar, at whom a rule
// or a date lets in.
type daily struct {
	asked    time.Time // the last day whose look is over, as midnight in UTC
	checked  time.Time // when it was last asked whether there is another day
	midnight time.Time // when everybody is to be asked again; the zero time: nobody enters so

	look  *ops.Look // the one that goes on; nil: none
	day   time.Time // its day
	after time.Time // it failed, and goes on then
}

// goesOn tells whether there is more to ask at once.
func (d *daily) goesOn(now time.Time) bool { return d.look != nil && !now.Before(d.after) }

// askEverybody does some of the day's look. Who enters is decided contact by contact, so two
// schedulers that ask at once do no harm.
func (s *Scheduler) askEverybody(ctx context.Context) error {
	if s.daily.look == nil {
		if err := s.beginLook(ctx); err != nil {
			return err
		}
	}
	for range s.o.Pages {
		if !s.daily.goesOn(s.clock.Now()) {
			return nil
		}
		more, err := s.daily.look.Page(ctx)
		if err == nil && !more {
			err = s.endLook(ctx)
		}
		if err != nil {
			s.daily.after = s.clock.Now().Add(resumeEvery)
			return err
		}
	}
	return nil
}

// beginLook begins the look of a new day. Whether there is one is asked now and then only.
func (s *Scheduler) beginLook(ctx context.Context) error {
	now, d := s.clock.Now(), &s.daily
	if since := now.Sub(d.checked); since >= 0 && since < resumeEvery && (d.midnight.IsZero() || now.Before(d.midnight)) {
		return nil
	}
	d.checked = now
	var last, today time.Time
	err := s.store.Read(ctx, func(tx *store.Tx) error {
		w, err := s.ops.Workspace(ctx, tx)
		if errors.Is(err, ops.ErrNothingPublished) {
			return nil
		}
		if err != nil {
			return err
		}
		zone := w.Config.Home()
		year, month, date := now.In(zone).Date()
		d.midnight = time.Time{}
		if slices.ContainsFunc(w.Names(), func(name string) bool {
			e := w.Sequences[name].Enter
			return e != nil && (e.Each != "" || e.When != "")
		}) {
			d.midnight = calendar.StartOf(year, month, date+1, zone)
		}
		if today = time.Date(year, month, date, 0, 0, 0, 0, time.UTC); !today.After(d.asked) {
			return nil
		}
		last, err = tx.Daily(ctx)
		return err
	})
	if err != nil || !today.After(d.asked) {
		return err
	}
	if !last.Before(today) { // another scheduler has asked
		d.asked = today
		return nil
	}
	d.day = today
	d.look, err = s.ops.Daily(ctx, int(today.Unix()/(24*60*60))%s.o.RuleDays == 0)
	return err
}

// endLook notes that everybody has been asked.
func (s *Scheduler) endLook(ctx context.Context) error {
	err := s.store.Write(ctx, func(tx *store.Tx) error { return tx.SetDaily(ctx, s.daily.day) })
	if err == nil {
		s.daily.asked, s.daily.look = s.daily.day, nil
	}
	return err
}
