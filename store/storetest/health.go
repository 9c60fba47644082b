package storetest

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/store"
)

var healthTests = []test{
	{"no damage", noDamage},
	{"when a scheduler looked last", lastSeen},
	{"leases that are over", expiredLeases},
	{"the oldest that is due", oldestDue},
}

func noDamage(_ *testing.T, s db) {
	s.same("damage", []string(nil), read(s, func(ctx context.Context, tx *store.Tx) ([]string, error) { return tx.Damage(ctx) }))
}

func lastSeen(_ *testing.T, s db) {
	look := func() time.Time {
		return read(s, func(ctx context.Context, tx *store.Tx) (time.Time, error) { return tx.LastSeen(ctx) })
	}
	s.same("before the first look", time.Time{}, look())
	s.write(func(ctx context.Context, tx *store.Tx) error { return tx.Seen(ctx, at(5), time.Hour) })
	s.same("after it", at(5), look())
}

func expiredLeases(_ *testing.T, s db) {
	type expired struct {
		N     int
		First time.Time
	}
	look := func(before time.Time) expired {
		return read(s, func(ctx context.Context, tx *store.Tx) (e expired, err error) {
			e.N, e.First, err = tx.ExpiredLeases(ctx, before)
			return e, err
		})
	}
	s.same("without a lease", expired{}, look(at(9)))
	s.addLeases(lease(3), lease(1), lease(2)) // over at 4, 2 and 3
	s.same("at the end of the first", expired{}, look(at(2)))
	s.same("later", expired{2, at(2)}, look(at(4)))
}

func oldestDue(_ *testing.T, s db) {
	type due struct {
		ID andante.TouchID
		At time.Time
	}
	now := at(100)
	look := func(what string, want due) {
		s.t.Helper()
		var got due
		err := s.Read(s.t.Context(), func(tx *store.Tx) (err error) {
			got.ID, got.At, err = tx.OldestDue(s.t.Context(), now)
			return err
		})
		if want.ID == "" != errors.Is(err, andante.ErrNotFound) || want.ID != "" && err != nil {
			s.t.Errorf("%s: error %v", what, err)
		}
		s.same(what, want, got)
	}
	look("in an empty store", due{})
	later, sent := touch(101), touch(1)
	sent.State = andante.Sent
	s.add(later, sent)
	look("when nothing is due", due{})
	// The n-th touch is due n minutes after the beginning; all but the last are kept back.
	free, throttled := touch(9), touch(2)
	throttled.Sender = "slow"
	full := touch(7)
	full.Sender = "full" // it has sent what it may today
	held := map[andante.HoldScope]andante.Touch{
		andante.HoldContact: touch(3), andante.HoldAccount: touch(4), andante.HoldSequence: touch(5), andante.HoldSender: touch(6),
	}
	sequence, sender := held[andante.HoldSequence], held[andante.HoldSender]
	sequence.Sequence, sender.Sender = "stopped", "refused"
	s.add(free, throttled, full, held[andante.HoldContact], held[andante.HoldAccount], sequence, sender)
	s.write(func(ctx context.Context, tx *store.Tx) error {
		if err := tx.PutThrottle(ctx, store.Throttle{Lane: mail("slow"), Next: now.Add(time.Second)}); err != nil {
			return err
		}
		if err := tx.PutThrottle(ctx, store.Throttle{Lane: mail("full"), Domain: store.FullLane, Next: now.Add(time.Hour)}); err != nil {
			return err
		}
		return tx.PutThrottle(ctx, store.Throttle{Lane: mail(free.Sender), Next: now})
	})
	holds := []andante.Hold{
		{Scope: andante.HoldContact, Key: string(touch(3).Contact), From: at(0)},
		{Scope: andante.HoldAccount, Key: string(touch(4).Account), From: at(0), Until: now.Add(time.Second)},
		{Scope: andante.HoldSequence, Key: "stopped", From: now},
		{Scope: andante.HoldSender, Key: "refused", From: at(0)},
		{Scope: andante.HoldEverything, From: at(0), Until: now},        // over
		{Scope: andante.HoldEverything, From: at(0), Released: at(1)},   // released
		{Scope: andante.HoldEverything, From: now.Add(time.Second)},     // to come
		{Scope: andante.HoldSender, Key: string(free.ID), From: at(0)},  // of nothing
		{Scope: andante.HoldContact, Key: free.Sequence, From: at(0)},   // of nothing
		{Scope: andante.HoldSequence, Key: free.Sender, From: at(0)},    // of nothing
		{Scope: andante.HoldAccount, Key: string(free.ID), From: at(0)}, // of nothing
	}
	s.write(func(ctx context.Context, tx *store.Tx) error {
		for n, h := range holds {
			h.ID = id[andante.HoldID](n)
			if err := tx.AddHold(ctx, h); err != nil {
				return err
			}
		}
		return nil
	})
	look("past what is kept back", due{free.ID, at(9)})
	s.write(func(ctx context.Context, tx *store.Tx) error {
		return tx.AddHold(ctx, andante.Hold{ID: id[andante.HoldID](50), Scope: andante.HoldEverything, From: at(0)})
	})
	look("with everything on hold", due{})
}
