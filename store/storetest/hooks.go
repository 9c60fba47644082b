package storetest

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/store"
)

var hookTests = []test{{"leased, tried and replayed", hooks}}

func hooks(_ *testing.T, s db) {
	delivery := func(n int, hook string) store.Delivery {
		return store.Delivery{ID: "msg " + text(n), Hook: hook, Event: id[andante.EventID](n), State: andante.Planned, Due: at(n)}
	}
	all := []store.Delivery{delivery(1, "crm"), delivery(2, "crm"), delivery(3, "crm"), delivery(1, "other")}
	all[3].ID = "another"
	s.write(func(ctx context.Context, tx *store.Tx) error { return tx.AddDeliveries(ctx, append(all, all[0])) })
	lease := func(now, wall time.Time) (ids []string) {
		s.write(func(ctx context.Context, tx *store.Tx) error {
			list, err := tx.LeaseDeliveries(ctx, "crm", now, wall, wall.Add(time.Minute), 9)
			ids = nil
			for _, d := range list {
				ids = append(ids, d.ID)
			}
			return err
		})
		return ids
	}
	s.same("due", []string{all[0].ID, all[1].ID}, lease(at(2), at(100)))
	s.same("in somebody's hands", 0, len(lease(at(2), at(100))))
	s.same("lost", []string{all[0].ID, all[1].ID}, lease(at(2), at(100).Add(2*time.Minute)))
	all[0].State, all[0].Settled, all[0].Attempts, all[0].Answer = andante.Sent, at(5), 1, "taken"
	all[1].State, all[1].Due, all[1].Attempts, all[1].Answer = andante.Planned, at(7), 1, "no"
	s.write(func(ctx context.Context, tx *store.Tx) error {
		if err := tx.EndDelivery(ctx, all[0]); err != nil {
			return err
		}
		return tx.EndDelivery(ctx, all[1])
	})
	s.same("as they are", []store.Delivery{all[1], all[2], all[0]}, read(s, func(ctx context.Context, tx *store.Tx) ([]store.Delivery, error) {
		return tx.Deliveries(ctx, "crm", at(0), 9)
	}))
	last := read(s, func(ctx context.Context, tx *store.Tx) (l [2]time.Time, err error) {
		l[0], l[1], err = tx.LastSent(ctx, "crm")
		return l, err
	})
	s.same("last sent, and nothing failed", [2]time.Time{at(5), {}}, last)
	replay := func(all bool) (n int) {
		s.write(func(ctx context.Context, tx *store.Tx) (err error) {
			n, err = tx.Replay(ctx, "crm", at(0), at(20), all)
			return err
		})
		return n
	}
	s.same("what failed or waits", 2, replay(false))
	s.same("everything", 3, replay(true))
	ids := []string{all[0].ID, all[1].ID, all[2].ID}
	slices.Sort(ids)
	s.same("again", ids, lease(at(30), at(200)))
	s.write(func(ctx context.Context, tx *store.Tx) error {
		d := all[2]
		d.State, d.Settled = andante.Failed, at(31)
		if err := tx.EndDelivery(ctx, d); err != nil {
			return err
		}
		if err := tx.VoidDeliveries(ctx, at(50), "taken over"); err != nil {
			return err
		}
		return tx.DropDeliveries(ctx, at(40))
	})
	s.same("what is over is forgotten", 2, len(read(s, func(ctx context.Context, tx *store.Tx) ([]store.Delivery, error) {
		return tx.Deliveries(ctx, "crm", at(0), 9)
	})))
	s.same("void", 2, len(slices.DeleteFunc(read(s, func(ctx context.Context, tx *store.Tx) ([]store.Delivery, error) {
		return tx.Deliveries(ctx, "crm", at(0), 9)
	}), func(d store.Delivery) bool { return d.State != andante.Failed || d.Answer != "taken over" })))
	e := andante.Event{ID: id[andante.EventID](77), Contact: id[andante.ContactID](7), Name: "replied", At: at(3), Detail: text(3)}
	s.write(func(ctx context.Context, tx *store.Tx) error { return tx.AddEvents(ctx, []andante.Event{e}) })
	s.same("it happened", []bool{true, false}, []bool{
		read(s, func(ctx context.Context, tx *store.Tx) (bool, error) { return tx.Happened(ctx, e.ID) }),
		read(s, func(ctx context.Context, tx *store.Tx) (bool, error) {
			return tx.Happened(ctx, id[andante.EventID](78))
		}),
	})
	s.same("an event by its id", e, read(s, func(ctx context.Context, tx *store.Tx) (andante.Event, error) { return tx.EventByID(ctx, e.ID) }))
}
