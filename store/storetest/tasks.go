package storetest

import (
	"context"
	"slices"
	"testing"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/store"
)

var taskTests = []test{
	{"round trip", tasks},
}

func tasks(_ *testing.T, s db) {
	touches := list(4, touch)
	for i := range touches {
		touches[i].State, touches[i].Kind = andante.Open, andante.Call
	}
	touches[3].State = andante.Canceled
	s.add(touches...)
	all := list(4, func(n int) store.Task {
		return store.Task{Touch: touches[n].ID, Owner: []string{"nora", "ben"}[n%2], Opened: at(9 - n), Title: text(n), Body: text(n + 1)}
	})
	s.write(func(ctx context.Context, tx *store.Tx) error { return tx.PutTasks(ctx, all) })
	open := func(owner string, n int) []store.Task {
		s.t.Helper()
		return read(s, func(ctx context.Context, tx *store.Tx) ([]store.Task, error) { return tx.OpenTasks(ctx, owner, n) })
	}
	s.same("open, the oldest first", []store.Task{all[2], all[1], all[0]}, open("", 9))
	s.same("of one", []store.Task{all[2], all[0]}, open("nora", 9))
	s.same("the first", []store.Task{all[2]}, open("", 1))
	theirs := []andante.AccountID{touches[1].Account}
	mine := len(slices.DeleteFunc(slices.Clone(touches[:3]), func(t andante.Touch) bool { return t.Account != theirs[0] }))
	s.same("of an account", mine, read(s, func(ctx context.Context, tx *store.Tx) (int, error) { return tx.CountTasksOf(ctx, theirs) }))
	given := 0
	s.write(func(ctx context.Context, tx *store.Tx) (err error) {
		given, err = tx.GiveTasks(ctx, theirs, "cem")
		return err
	})
	s.same("given to another", mine, given)
	s.same("and theirs now", mine, len(open("cem", 9)))
	s.write(func(ctx context.Context, tx *store.Tx) error { return tx.PutTasks(ctx, all) })
	again := all[1]
	again.Owner, again.Title, again.Body = "nora", text(7), text(8)
	s.write(func(ctx context.Context, tx *store.Tx) error {
		if err := tx.DropTasks(ctx, []andante.TouchID{all[0].Touch}); err != nil {
			return err
		}
		return tx.PutTasks(ctx, []store.Task{again})
	})
	s.same("handed over, and dropped", []store.Task{all[2], again}, open("nora", 9))
	s.write(func(ctx context.Context, tx *store.Tx) error { return tx.SnoozeTask(ctx, again.Touch, at(70)) })
	again.Snoozed = at(70)
	s.same("snoozed", []store.Task{all[2], again}, open("nora", 9))
	s.same("by id", []store.Task{all[3]}, read(s, func(ctx context.Context, tx *store.Tx) ([]store.Task, error) {
		return tx.Tasks(ctx, []andante.TouchID{all[0].Touch, all[3].Touch})
	}))
}
