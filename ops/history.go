package ops

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/store"
)

// A PastTouch is something that was sent or done before Andante, so that limits
// know it.
type PastTouch struct {
	Line       int
	ExternalID string
	Email      string
	Kind       andante.Kind
	Purpose    andante.Purpose
	At         time.Time
	Subject    string
}

// TakeHistory adds past touches. The same line twice counts once.
func (o *Ops) TakeHistory(ctx context.Context, rows []PastTouch) (Taken, error) {
	var t Taken
	err := o.Store.Write(ctx, func(tx *store.Tx) error {
		t = Taken{}
		return o.takeHistory(ctx, tx, rows, &t)
	})
	if err == nil || !store.DataFault(err) {
		return t, err
	}
	if len(rows) == 1 {
		return Taken{Refused: []Refusal{{rows[0].Line, "the store refused it: " + andante.CleanText(err.Error())}}}, nil
	}
	a, err := o.TakeHistory(ctx, rows[:len(rows)/2])
	if err != nil {
		return a, err
	}
	b, err := o.TakeHistory(ctx, rows[len(rows)/2:])
	return a.plus(b), err
}

// plus adds what became of other rows.
func (t Taken) plus(u Taken) Taken {
	return Taken{
		Added: t.Added + u.Added, Changed: t.Changed + u.Changed, Same: t.Same + u.Same, Refused: slices.Concat(t.Refused, u.Refused),
		Entered: add(t.Entered, u.Entered),
	}
}

func (o *Ops) takeHistory(ctx context.Context, tx *store.Tx, rows []PastTouch, t *Taken) error {
	in, err := o.newIntake(ctx, tx, nil)
	if err != nil {
		return err
	}
	var who []Row
	for _, r := range rows {
		who = append(who, Row{ExternalID: r.ExternalID, Email: r.Email})
	}
	if err := in.lock(ctx, who); err != nil {
		return err
	}
	var touches []andante.Touch
	var accounts []andante.AccountID
	for i, r := range rows {
		c, ok, refusal := in.people.find(who[i])
		if !ok {
			t.Refused = append(t.Refused, Refusal{r.Line, cmp.Or(refusal, "no contact has this id or address")})
			continue
		}
		accounts = append(accounts, c.Account)
		touches = append(touches, andante.Touch{
			ID:      andante.DeriveID[andante.TouchID](in.seed, r.At, "history", string(c.ID), string(r.Kind), r.At.UTC().Format(time.RFC3339), r.Subject),
			Contact: c.ID, Account: c.Account, Kind: r.Kind, Purpose: r.Purpose, Priority: andante.Normal, State: andante.Sent,
			Due: r.At, FirstDue: r.At, Counted: r.At, Settled: r.At, Address: o.Keys.Hash(c.AddressFor(r.Kind)), Subject: r.Subject, Sequence: "history",
		})
	}
	slices.Sort(accounts)
	if err := tx.RaiseVersion(ctx, slices.Compact(accounts)); err != nil {
		return err
	}
	ids := unique(touches, func(t andante.Touch) andante.TouchID { return t.ID })
	known, err := tx.Touches(ctx, ids)
	if err != nil {
		return err
	}
	t.Added, t.Same = len(ids)-len(known), len(touches)-len(ids)+len(known)
	return tx.AddTouches(ctx, touches)
}
