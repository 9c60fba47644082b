package engine

import (
	"context"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/calendar"
	"github.com/andante-hq/andante/ops"
	"github.com/andante-hq/andante/store"
)

// aWorkingDay is how long the owners of a demo leave a task.
var aWorkingDay = calendar.Offset{BusinessDays: 1, Written: "1 business day"}

// onVoicemail is how the tasks of a demo end: calls reach somebody and begin no conversation.
func onVoicemail(andante.Kind, andante.TouchID) andante.Result { return andante.Voicemail }

// doTasks lets the owners of a demo do what has waited for a working day by now. It returns
// how many it did, after which there may be more to send, and when the next one will be
// done; the zero time if there is none.
func (e *Engine) doTasks(ctx context.Context, now time.Time, outcome func(andante.Kind, andante.TouchID) andante.Result) (did int, next time.Time, err error) {
	var open []store.Task
	kinds, review := map[andante.TouchID]andante.Kind{}, map[andante.TouchID]bool{}
	err = e.Store.Read(ctx, func(tx *store.Tx) (err error) {
		if open, err = tx.OpenTasks(ctx, "", tasksAtOnce); err != nil {
			return err
		}
		ids := make([]andante.TouchID, len(open))
		for i, t := range open {
			ids[i] = t.Touch
		}
		touches, err := tx.Touches(ctx, ids)
		for _, t := range touches {
			kinds[t.ID], review[t.ID] = t.Kind, t.State == andante.Review
		}
		return err
	})
	if err != nil {
		return 0, next, err
	}
	zone := e.Config.Home()
	off := calendar.HolidaysOf(e.Config.Company.Country)
	for _, t := range open {
		done := aWorkingDay.From(t.Opened, zone, off)
		if done.After(now) {
			return did, done, nil
		}
		if review[t.Touch] {
			if _, err := e.Ops.AddLine(ctx, t.Touch, "", t.Owner); err != nil {
				return did, next, err
			}
			did++
			continue
		}
		if _, err := e.Ops.DoneTask(ctx, t.Touch, ops.TaskDone{Result: outcome(kinds[t.Touch], t.Touch), By: t.Owner, At: done}); err != nil {
			return did, next, err
		}
		did++
	}
	return did, next, nil
}

// tasksAtOnce is how many tasks are looked at in one go: those that come first first.
const tasksAtOnce = 1000

// inDemo is how the tasks of a demo end: calls end on voicemail, people are met where they are
// visited or seen.
func inDemo(k andante.Kind, _ andante.TouchID) andante.Result {
	switch k {
	case andante.Call:
		return andante.Voicemail
	case andante.Visit, andante.Video:
		return andante.MetThem
	}
	return ""
}

// postCards has what has waited for a working day printed and posted, and returns how many
// pieces that were and when the next will be; the zero time if nothing waits.
func (e *Engine) postCards(ctx context.Context, now time.Time) (posted int, next time.Time, err error) {
	var waiting []store.Card
	err = e.Store.Read(ctx, func(tx *store.Tx) (err error) {
		waiting, err = tx.WaitingCards(ctx, 1)
		return err
	})
	if err != nil || len(waiting) == 0 {
		return 0, next, err
	}
	if due := aWorkingDay.From(waiting[0].Opened, e.Config.Home(), calendar.HolidaysOf(e.Config.Company.Country)); due.After(now) {
		return 0, due, nil
	}
	if posted, err = e.postAll(ctx, now); posted == 0 { // what waits is on hold
		next = aWorkingDay.From(now, e.Config.Home(), calendar.HolidaysOf(e.Config.Company.Country))
	}
	return posted, next, err
}

// postAll prints what waits and posts it, and returns how many pieces that were.
func (e *Engine) postAll(ctx context.Context, now time.Time) (n int, err error) {
	batches, _, err := e.Ops.CloseBatches(ctx, "")
	for _, b := range batches {
		p, err := e.Ops.PostBatch(ctx, b.Name, now)
		if err != nil {
			return n, err
		}
		n += p.Sent
	}
	return n, err
}
