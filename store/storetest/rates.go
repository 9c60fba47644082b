package storetest

import (
	"context"
	"testing"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/store"
)

var rateTests = []test{
	{"added up, by the hour", rates},
	{"when a hold was last released", lastRelease},
	{"what Gmail shows", gmailRates},
}

func rates(_ *testing.T, s db) {
	day := day.Truncate(time.Hour)
	row := func(key string, at time.Time, part, sent, bounced, complained int) store.Rate {
		return store.Rate{Scope: andante.HoldSender, Key: key, At: at, Part: part, Sent: sent, Bounced: bounced, Complained: complained}
	}
	add := func(list ...store.Rate) {
		s.write(func(ctx context.Context, tx *store.Tx) error { return tx.AddRates(ctx, list) })
	}
	add(row("quiet", day, 1, 10, 0, 0), row("news", day, 1, 10, 1, 0), row("news", day.Add(time.Hour), 1, 20, 0, 1), row("other", day, 1, 99, 99, 99))
	add(row("news", day.Add(59*time.Minute), 1, 5, 0, 0), row("news", day, 2, 7, 1, 1))
	since := func(at time.Time) store.Rate {
		return read(s, func(ctx context.Context, tx *store.Tx) (store.Rate, error) {
			return tx.RateSince(ctx, andante.HoldSender, "news", at)
		})
	}
	s.same("all", row("news", day, 0, 42, 2, 2), since(day))
	s.same("of whatever came back", []store.Rate{row("news", day, 0, 42, 2, 2), row("other", day, 0, 99, 99, 99)}, read(s, func(ctx context.Context, tx *store.Tx) ([]store.Rate, error) {
		return tx.Returned(ctx, day)
	}))
	s.same("of the hours that began since", row("news", day.Add(1), 0, 20, 0, 1), since(day.Add(1)))
	lane := store.Lane{Kind: andante.Email, Sender: "news"}
	used := func(scope andante.HoldScope, at time.Time, n int) store.Rate {
		return store.Rate{Scope: scope, Key: lane.String(), At: at, Sent: n}
	}
	s.write(func(ctx context.Context, tx *store.Tx) error {
		return tx.AddRates(ctx, []store.Rate{used(store.RateLane, day, 22), used(store.RateRehearsed, day, 5), used(store.RateLane, day.Add(time.Hour), 20)})
	})
	for rehearsing, want := range map[bool]int{false: 22, true: 27} {
		s.same("used by the hour", []store.Rate{used(store.RateLane, day, want), used(store.RateLane, day.Add(time.Hour), 20)}, read(s, func(ctx context.Context, tx *store.Tx) ([]store.Rate, error) {
			return tx.SentBy(ctx, lane, day.Add(30*time.Minute), rehearsing)
		}))
	}
	s.write(func(ctx context.Context, tx *store.Tx) error { return tx.DropRates(ctx, day.Add(time.Hour)) })
	s.same("what is left", row("news", day, 0, 20, 0, 1), since(day))
}

func lastRelease(_ *testing.T, s db) {
	look := func() time.Time {
		return read(s, func(ctx context.Context, tx *store.Tx) (time.Time, error) {
			return tx.LastRelease(ctx, andante.HoldSender, "news", "andante")
		})
	}
	s.same("none", time.Time{}, look())
	for n, author := range []string{"andante", "andante", "tess"} {
		s.write(func(ctx context.Context, tx *store.Tx) error {
			h := andante.Hold{ID: id[andante.HoldID](n), Scope: andante.HoldSender, Key: "news", Author: author, From: at(10 * n)}
			if err := tx.AddHold(ctx, h); err != nil {
				return err
			}
			_, err := tx.ReleaseHolds(ctx, andante.HoldSender, "news", at(10*n+5))
			return err
		})
	}
	s.same("the program's last", at(15), look())
}

func gmailRates(_ *testing.T, s db) {
	look := func() []store.GmailRate {
		return read(s, func(ctx context.Context, tx *store.Tx) ([]store.GmailRate, error) { return tx.GmailRates(ctx) })
	}
	s.same("nobody has looked", []store.GmailRate(nil), look())
	for _, want := range [][]store.GmailRate{{{Domain: "acme.example", Share: 0.0008, At: at(1)}}, {{Domain: "acme.example", At: at(2)}, {Domain: "b.example", Share: 0.004, At: at(3)}}} {
		s.write(func(ctx context.Context, tx *store.Tx) error { return tx.PutGmailRates(ctx, want) })
		s.same("as noted", want, look())
	}
}
