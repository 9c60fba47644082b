package storetest

import (
	"context"
	"testing"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/store"
)

// touchesNotSent: what is over, and did not go, and what was put off; in pages.
func touchesNotSent(_ *testing.T, s db) {
	row := func(n int, state andante.State, reason andante.Reason, settled int) andante.Touch {
		t := touch(n)
		t.State, t.Reason = state, reason
		if settled > 0 {
			t.Settled = at(settled)
		}
		return t
	}
	all := []andante.Touch{
		row(0, andante.Skipped, andante.ReasonLimit, 60), row(1, andante.Skipped, andante.ReasonLimit, 40), row(2, andante.Planned, andante.ReasonGap, 0),
		row(3, andante.Planned, "", 0), row(4, andante.Failed, andante.ReasonRender, 50), row(5, andante.Sent, "", 70), row(6, andante.Canceled, andante.ReasonReplied, 61),
	}
	s.add(all...)
	now := at(-1)
	page := func(after andante.TouchID, n int) []andante.Touch {
		s.t.Helper()
		return read(s, func(ctx context.Context, tx *store.Tx) ([]andante.Touch, error) {
			return tx.NotSent(ctx, at(50), now, after, n)
		})
	}
	s.same("all", []andante.Touch{all[0], all[2], all[4], all[6]}, page("", 9))
	s.same("the next page", []andante.Touch{all[4]}, page(all[2].ID, 1))
	now = all[3].Due
	s.same("what is due too", []andante.Touch{all[0], all[2], all[3], all[4], all[6]}, page("", 9))
}

// touchesWoken: a response brings back what silence and ease had put off, and nothing else.
func touchesWoken(_ *testing.T, s db) {
	one := id[andante.ContactID](1)
	row := func(n int, state andante.State, reason andante.Reason, due int) andante.Touch {
		t := touch(n)
		t.Contact, t.State, t.Reason, t.Due = one, state, reason, at(due)
		return t
	}
	all := []andante.Touch{
		row(0, andante.Planned, andante.ReasonEase, 90), row(1, andante.Planned, andante.ReasonCoolDown, 91), row(2, andante.Planned, andante.ReasonLimit, 92),
		row(3, andante.Planned, andante.ReasonEase, 10), row(4, andante.Skipped, andante.ReasonEase, 93), row(5, andante.Planned, andante.ReasonEase, 94),
	}
	all[5].Contact = id[andante.ContactID](2)
	s.add(all...)
	s.write(func(ctx context.Context, tx *store.Tx) error {
		return tx.Wake(ctx, []andante.ContactID{one}, at(50), andante.ReasonEase, andante.ReasonCoolDown)
	})
	all[0].Due, all[1].Due = at(50), at(50)
	s.same("touches", all, sorted(s.touches(pick(all, touchID)...), touchID))
	_, people := s.people(2)
	ours, theirs := row(10, andante.Planned, andante.ReasonLimit, 95), row(11, andante.Planned, andante.ReasonLimit, 96)
	ours.Contact, theirs.Contact = people[0].ID, people[1].ID
	s.add(ours, theirs)
	s.write(func(ctx context.Context, tx *store.Tx) error {
		return tx.WakeIn(ctx, []andante.AccountID{people[0].Account}, at(60), andante.ReasonLimit)
	})
	ours.Due = at(60)
	s.same("of the account", []andante.Touch{ours, theirs}, sorted(s.touches(ours.ID, theirs.ID), touchID))
	var woken int
	s.write(func(ctx context.Context, tx *store.Tx) (err error) {
		woken, err = tx.WakeSome(ctx, at(70), 1, andante.ReasonLimit)
		return err
	})
	s.same("one of two that wait", 1, woken)
	s.write(func(ctx context.Context, tx *store.Tx) (err error) {
		woken, err = tx.WakeSome(ctx, at(70), 9, andante.ReasonLimit)
		return err
	})
	s.same("the other", 1, woken)
}
