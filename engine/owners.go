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

// doTasks lets the owners of a demo do what has waited for a working day by now. Calls end
// on voicemail: they reach somebody and begin no conversation. It returns how many it did,
// after which there may be more to send, and when the next one will be done; the zero time
// if there is none.
func (e *Engine) doTasks(ctx context.Context, now time.Time) (did int, next time.Time, err error) {
	var open []store.Task
	err = e.Store.Read(ctx, func(tx *store.Tx) (err error) {
		open, err = tx.OpenTasks(ctx, "", tasksAtOnce)
		return err
	})
	if err != nil {
		return 0, next, err
	}
	zone, err := calendar.LoadZone(e.Config.Company.Zone)
	if err != nil {
		zone = time.UTC
	}
	off := calendar.HolidaysOf(e.Config.Company.Country)
	for _, t := range open {
		done := aWorkingDay.From(t.Opened, zone, off)
		if done.After(now) {
			return did, done, nil
		}
		if _, err := e.Ops.DoneTask(ctx, t.Touch, ops.TaskDone{Result: andante.Voicemail, By: t.Owner, At: done}); err != nil {
			return did, next, err
		}
		did++
	}
	return did, next, nil
}

// tasksAtOnce is how many tasks are looked at in one go: those that come first first.
const tasksAtOnce = 1000
