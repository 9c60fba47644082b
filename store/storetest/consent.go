package storetest

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/store"
)

var consentTests = []test{
	{"suppressions by contact and by address", suppressions},
	{"suppressions lifted", suppressionsLifted},
	{"bars lifted", barsLifted},
	{"many suppressions", manySuppressions},
	{"consents round trip", consents},
	{"holds", holds},
	{"holds one after the other", holdsOneAfterTheOther},
	{"what follows a hold", holdsFollowed},
}

func suppression(n int) andante.Suppression {
	return andante.Suppression{
		ID: id[andante.SuppressionID](n), Contact: sometimes(n, id[andante.ContactID](n)), Address: andante.AddressHash(sometimes(n+1, "a"+id[string](n))),
		Kind: sometimes(n/3, andante.Email), Purpose: sometimes(n/9, andante.Marketing), Reason: andante.ReasonOptedOut, Source: text(n), At: at(n),
	}
}

func suppressionID(s andante.Suppression) andante.SuppressionID { return s.ID }

func (s db) suppressions(contacts []andante.ContactID, addresses []andante.AddressHash) []andante.Suppression {
	s.t.Helper()
	return sorted(read(s, func(ctx context.Context, tx *store.Tx) ([]andante.Suppression, error) {
		return tx.Suppressions(ctx, contacts, addresses)
	}), suppressionID)
}

func suppressions(_ *testing.T, s db) {
	one, two, a := id[andante.ContactID](1), id[andante.ContactID](2), andante.AddressHash("aa")
	all := list(4, suppression)
	all[0].Contact, all[0].Address = one, ""
	all[1].Contact, all[1].Address, all[1].Source = "", a, "link \x00"+strings.Repeat("x", 2000)
	all[2].Contact, all[2].Address = two, a
	all[3].Contact, all[3].Address = two, "bb"
	s.write(func(ctx context.Context, tx *store.Tx) error { return tx.AddSuppressions(ctx, all) })
	all[1].Source = andante.CleanText(all[1].Source)
	s.same("by contact", all[:1], s.suppressions([]andante.ContactID{one}, nil))
	s.same("by address, the empty one being nobody's", all[1:3], s.suppressions(nil, []andante.AddressHash{a, ""}))
	s.same("by both", all[:3], s.suppressions([]andante.ContactID{one}, []andante.AddressHash{a}))
	s.same("of others", []andante.Suppression(nil), s.suppressions([]andante.ContactID{id[andante.ContactID](9)}, []andante.AddressHash{"cc"}))
}

func suppressionsLifted(_ *testing.T, s db) {
	one, a := id[andante.ContactID](1), andante.AddressHash("aa")
	all := list(4, suppression)
	for n := range all {
		all[n].Contact, all[n].Address, all[n].Kind, all[n].Reason = one, a, andante.SMS, andante.ReasonOptedOut
	}
	all[1].Kind, all[2].Kind, all[3].Reason = "", andante.Email, andante.ReasonComplained
	s.write(func(ctx context.Context, tx *store.Tx) error { return tx.AddSuppressions(ctx, all) })
	s.write(func(ctx context.Context, tx *store.Tx) error {
		n, err := tx.LiftSuppressions(ctx, andante.SMS, []andante.ContactID{one}, []andante.AddressHash{a}, at(9))
		s.same("lifted", 1, n)
		return err
	})
	s.same("the others stay", all[1:], s.suppressions([]andante.ContactID{one}, nil))
}

func barsLifted(_ *testing.T, s db) {
	a := andante.AddressHash("aa")
	all := list(4, suppression)
	for n := range all {
		all[n].Contact, all[n].Address = id[andante.ContactID](1), a
		all[n].Reason = []andante.Reason{andante.ReasonForgotten, andante.ReasonSuppressed, andante.ReasonOptedOut, andante.ReasonForgotten}[n]
	}
	all[3].Address = ""
	s.write(func(ctx context.Context, tx *store.Tx) error { return tx.AddSuppressions(ctx, all) })
	s.write(func(ctx context.Context, tx *store.Tx) error {
		n, err := tx.LiftBars(ctx, []andante.AddressHash{a, "bb"}, at(9), andante.ReasonForgotten, andante.ReasonSuppressed)
		s.same("lifted", 2, n)
		return err
	})
	s.same("the others stay", all[2:], s.suppressions([]andante.ContactID{id[andante.ContactID](1)}, nil))
}

func manySuppressions(_ *testing.T, s db) {
	all := list(many, suppression)
	s.write(func(ctx context.Context, tx *store.Tx) error { return tx.AddSuppressions(ctx, all) })
	var contacts []andante.ContactID
	var addresses []andante.AddressHash
	for _, x := range all {
		if x.Contact != "" {
			contacts = append(contacts, x.Contact)
		} else {
			addresses = append(addresses, x.Address)
		}
	}
	s.same("suppressions", all, s.suppressions(contacts, addresses))
}

func consents(_ *testing.T, s db) {
	all := list(many, func(n int) andante.Consent {
		return andante.Consent{
			ID: id[andante.ConsentID](n), Contact: id[andante.ContactID](n), Kind: sometimes(n, andante.Email), Purpose: sometimes(n+1, andante.Marketing),
			Basis: andante.OptIn, Source: text(n), Wording: text(n + 1), At: at(n),
		}
	})
	again := all[1]
	again.Basis, again.Wording = andante.NoBasis, "another"
	s.write(func(ctx context.Context, tx *store.Tx) error {
		return firstError(tx.AddConsents(ctx, all), tx.AddConsents(ctx, []andante.Consent{again}))
	})
	got := read(s, func(ctx context.Context, tx *store.Tx) ([]andante.Consent, error) {
		return tx.Consents(ctx, pick(all, func(c andante.Consent) andante.ContactID { return c.Contact }))
	})
	s.same("consents", all, sorted(got, func(c andante.Consent) andante.ConsentID { return c.ID }))
	s.write(func(ctx context.Context, tx *store.Tx) error { return tx.DropConsent(ctx, all[0].ID) })
	s.same("one dropped", []andante.Consent{}, read(s, func(ctx context.Context, tx *store.Tx) ([]andante.Consent, error) {
		return tx.Consents(ctx, []andante.ContactID{all[0].Contact})
	}))
}

func holds(_ *testing.T, s db) {
	one, acme := id[string](1), id[string](2)
	all := list(7, func(n int) andante.Hold {
		return andante.Hold{ID: id[andante.HoldID](n), Author: text(n), Reason: text(n + 1), From: at(9 - n), Until: sometimes(n, at(n+20)), Allow: text(n + 2), Then: text(n + 3), DropStale: n%2 == 0}
	})
	for n, on := range []struct {
		scope andante.HoldScope
		key   string
	}{
		{andante.HoldContact, one},
		{andante.HoldAccount, acme},
		{andante.HoldSequence, "brief"},
		{andante.HoldSender, "news"},
		{andante.HoldEverything, ""},
		{andante.HoldContact, one},
		{andante.HoldContact, acme},
	} {
		all[n].Scope, all[n].Key = on.scope, on.key
	}
	s.write(func(ctx context.Context, tx *store.Tx) error {
		for _, h := range all {
			if err := tx.AddHold(ctx, h); err != nil {
				return err
			}
		}
		return nil
	})
	look := func(f func(ctx context.Context, tx *store.Tx) ([]andante.Hold, error)) []andante.Hold {
		return sorted(read(s, f), func(h andante.Hold) andante.HoldID { return h.ID })
	}
	narrow := func(keys ...string) []andante.Hold {
		return look(func(ctx context.Context, tx *store.Tx) ([]andante.Hold, error) { return tx.NarrowHolds(ctx, keys) })
	}
	s.same("wide", all[2:5], look(func(ctx context.Context, tx *store.Tx) ([]andante.Hold, error) { return tx.WideHolds(ctx) }))
	s.same("on the contact", []andante.Hold{all[0], all[5]}, narrow(one))
	s.same("on both", []andante.Hold{all[0], all[1], all[5], all[6]}, narrow(one, acme))
	s.same("none by the names of wide ones", []andante.Hold(nil), narrow("", "brief", "news"))
	s.same("all, the first to begin first", []andante.Hold{all[6], all[5], all[4], all[3], all[2], all[1], all[0]},
		read(s, func(ctx context.Context, tx *store.Tx) ([]andante.Hold, error) { return tx.AllHolds(ctx) }))
	release := func(scope andante.HoldScope, key string) (n int) {
		s.write(func(ctx context.Context, tx *store.Tx) (err error) {
			n, err = tx.ReleaseHolds(ctx, scope, key, at(50))
			return err
		})
		return n
	}
	for _, c := range []struct {
		scope andante.HoldScope
		key   string
		n     int
	}{{andante.HoldAccount, one, 0}, {andante.HoldContact, one, 2}, {andante.HoldContact, one, 0}, {andante.HoldEverything, "", 1}} {
		if n := release(c.scope, c.key); n != c.n {
			s.t.Errorf("released %d holds on %s %q, want %d", n, c.scope, c.key, c.n)
		}
	}
	s.same("narrow ones after the release", []andante.Hold{all[1], all[6]}, narrow(one, acme))
	ever := []andante.Hold{all[6], all[5], all[1], all[0]}
	ever[1].Released, ever[3].Released = at(50), at(50)
	s.same("narrow ones that there ever were", ever,
		read(s, func(ctx context.Context, tx *store.Tx) ([]andante.Hold, error) {
			return tx.HoldHistory(ctx, []string{one, acme})
		}))
	s.same("wide ones after the release", all[2:4], look(func(ctx context.Context, tx *store.Tx) ([]andante.Hold, error) { return tx.WideHolds(ctx) }))
	s.same("all after the release", []andante.Hold{all[1], all[2], all[3], all[6]},
		look(func(ctx context.Context, tx *store.Tx) ([]andante.Hold, error) { return tx.AllHolds(ctx) }))
}

// A hold that is over, and after which something is to be done, is found until that is done.
func holdsFollowed(_ *testing.T, s db) {
	all := list(4, func(n int) andante.Hold {
		return andante.Hold{ID: id[andante.HoldID](n), Scope: andante.HoldContact, Key: id[string](1), From: at(0), Until: at(10 - n), Then: "task: " + text(n)}
	})
	all[1].Then, all[3].Until = "", at(40)
	next := func() time.Time {
		return read(s, func(ctx context.Context, tx *store.Tx) (time.Time, error) { return tx.NextFollowUp(ctx) })
	}
	s.same("nothing to follow", time.Time{}, next())
	for _, h := range all {
		s.write(func(ctx context.Context, tx *store.Tx) error { return tx.AddHold(ctx, h) })
	}
	over := func(now time.Time) []andante.Hold {
		return read(s, func(ctx context.Context, tx *store.Tx) ([]andante.Hold, error) { return tx.FollowUps(ctx, now) })
	}
	s.same("over, the first first", []andante.Hold{all[2], all[0]}, over(at(10)))
	s.same("the next", all[2].Until, next())
	end := func(want bool) {
		s.t.Helper()
		s.write(func(ctx context.Context, tx *store.Tx) error {
			done, err := tx.EndHold(ctx, all[2].ID)
			s.same("ended", want, done)
			return err
		})
	}
	end(true)
	end(false)
	s.same("left", []andante.Hold{all[0]}, over(at(10)))
	s.same("the next one", all[0].Until, next())
	later := andante.Hold{ID: id[andante.HoldID](9), Scope: andante.HoldContact, Key: id[string](1), From: at(60)}
	s.write(func(ctx context.Context, tx *store.Tx) error { return tx.AddHold(ctx, later) })
	s.same("another hold takes nothing away", []andante.Hold{all[0], all[3]}, over(at(99)))
	s.write(func(ctx context.Context, tx *store.Tx) error { return tx.ReleaseHold(ctx, all[0].ID, at(30)) })
	s.same("one that is released is over", []andante.Hold{all[3]}, over(at(99)))
}

// A sender that is refused each hour leaves no more holds to read than it has.
func holdsOneAfterTheOther(_ *testing.T, s db) {
	s.write(func(ctx context.Context, tx *store.Tx) error {
		for n := range 20 {
			h := andante.Hold{ID: id[andante.HoldID](100 + n), Scope: andante.HoldSender, Key: "busy", From: at(60 * n), Until: at(60*n + 30)}
			if err := tx.AddHold(ctx, h); err != nil {
				return err
			}
		}
		return nil
	})
	busy := read(s, func(ctx context.Context, tx *store.Tx) ([]andante.Hold, error) { return tx.WideHolds(ctx) })
	if len(busy) != 1 || !busy[0].From.Equal(at(60*19)) {
		s.t.Errorf("of twenty holds, one after the other, %d are read: %+v", len(busy), busy)
	}
}
