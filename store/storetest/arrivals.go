package storetest

import (
	"context"
	"testing"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/store"
)

var arrivalTests = []test{{"once", arrivals}}

func arrivals(_ *testing.T, s db) {
	add := func(n int, sender, toward, verdict string, when int) bool {
		a := store.Arrival{ID: id[andante.EventID](n), Class: "bounce", Verdict: verdict, Sender: sender, Toward: toward, Why: text(n), At: at(when)}
		if n%2 == 1 {
			a.Contact, a.Touch = id[andante.ContactID](n), id[andante.TouchID](n)
		}
		var fresh bool
		s.write(func(ctx context.Context, tx *store.Tx) (err error) {
			fresh, err = tx.AddArrival(ctx, a)
			return err
		})
		return fresh
	}
	s.same("each mail once", []bool{true, true, true, true, true, false}, []bool{
		add(1, "news", "a.example", "sender", 1), add(2, "news", "a.example", "sender", 2), add(3, "news", "b.example", "sender", 3),
		add(4, "news", "c.example", "hard", 4), add(5, "other", "d.example", "sender", 5), add(3, "news", "e.example", "sender", 6),
	})
	refused := func(sender string, after int) [2]int {
		return read(s, func(ctx context.Context, tx *store.Tx) (n [2]int, err error) {
			n[0], n[1], err = tx.RefusedAfter(ctx, sender, at(after))
			return n, err
		})
	}
	s.same("refusals of mails of a sender, and by how many domains", [2]int{2, 2}, refused("news", 0))
	s.same("after an instant", [2]int{1, 1}, refused("news", 2))
	s.same("of another", [2]int{0, 0}, refused("nobody", 0))
}
