package ops

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/store"
)

// How machines give themselves away.
const (
	tooSoon   = 15 * time.Second // after the mail left: it is looked at before it is shown
	atOnce    = 2 * time.Second  // two links of one mail: nobody reads so fast
	besideBot = 10 * time.Second // of something that was surely a machine, by the same mail
	judgedBy  = 30 * time.Second // after which it is judged what a click was
)

// A Click is a link, or the picture, of a message that something has fetched.
type Click struct {
	Link
	Machine string // why it is surely no person; empty: it may be one
}

// Clicked notes that a link was followed. It is judged in half a minute whether a person did, for
// machines follow all links of a mail at once.
func (o *Ops) Clicked(ctx context.Context, c Click) error {
	id := andante.NewID[andante.EventID](o.now())
	return o.together.do(ctx, change{nil, func(ctx context.Context, tx *store.Tx) error {
		if n, err := tx.CountClicks(ctx, c.Touch); err != nil || n >= mostClicks {
			return err
		}
		who, err := behind(ctx, tx, c.Contact)
		if err != nil || len(who) == 0 { // of somebody who is forgotten nothing more is noted
			return err
		}
		return tx.AddClick(ctx, store.Click{
			ID: id, Contact: who[0].ID, Touch: c.Touch, Page: string(rune(c.Page)), Target: c.Says, Machine: c.Machine, At: o.now(),
		})
	}})
}

// mostClicks is how many clicks of a message are noted: no person needs more.
const mostClicks = 100

// JudgeClicks tells of the clicks whose time has come whether people made them: those are events,
// with what follows from them, and the others are noted once for each message. It returns
// whether there are more.
func (o *Ops) JudgeClicks(ctx context.Context) (more bool, err error) {
	var due []andante.TouchID
	err = o.Store.Read(ctx, func(tx *store.Tx) (err error) {
		due, err = tx.ClickedTouches(ctx, o.now().Add(-judgedBy), clicksAtOnce)
		return err
	})
	for _, id := range due {
		if failed := o.Store.Write(ctx, func(tx *store.Tx) error { return o.judge(ctx, tx, id) }); failed != nil {
			err = errors.Join(err, fmt.Errorf("judge the clicks of touch %s: %w", id, failed))
		}
	}
	return len(due) == clicksAtOnce, err
}

// clicksAtOnce is of how many touches clicks are judged in one go.
const clicksAtOnce = 100

func (o *Ops) judge(ctx context.Context, tx *store.Tx, id andante.TouchID) error {
	var touches []andante.Touch
	err := Lock(ctx, tx, func() (accounts []andante.AccountID, err error) {
		touches, err = tx.Touches(ctx, []andante.TouchID{id})
		return unique(touches, accountOfTouch), err
	})
	if err != nil {
		return err
	}
	all, err := tx.ClicksOf(ctx, id)
	if err != nil {
		return err
	}
	var judged []andante.EventID
	for _, c := range all {
		if c.Judged || c.At.After(o.now().Add(-judgedBy)) {
			continue
		}
		judged = append(judged, c.ID)
		if len(touches) == 0 { // it was erased
			continue
		}
		if err := o.tellClick(ctx, tx, touches[0], c, machineBy(touches[0], c, all)); err != nil {
			return err
		}
	}
	if len(touches) > 0 {
		if err := tx.RaiseVersion(ctx, []andante.AccountID{touches[0].Account}); err != nil {
			return err
		}
	}
	return tx.JudgedClicks(ctx, judged)
}

// machineBy returns why a click was made by a machine; empty if a person made it, as far as anybody
// can tell.
func machineBy(t andante.Touch, c store.Click, all []store.Click) string {
	if c.Machine != "" {
		return c.Machine
	}
	if !t.Settled.IsZero() && c.At.Before(t.Settled.Add(tooSoon)) {
		return "within seconds of the delivery"
	}
	for _, other := range all {
		apart := other.At.Sub(c.At).Abs()
		switch {
		case other.ID == c.ID:
		case other.Machine != "" && apart <= besideBot:
			return "beside a machine: " + other.Machine
		case other.Page == c.Page && other.Target != c.Target && apart <= atOnce:
			return "several links at once"
		}
	}
	return ""
}

// tellClick writes the event of a click: of a person's each link once, of machines' one.
func (o *Ops) tellClick(ctx context.Context, tx *store.Tx, t andante.Touch, c store.Click, machine string) error {
	seed, err := tx.Seed(ctx)
	if err != nil {
		return err
	}
	e := andante.Event{Contact: t.Contact, Account: t.Account, Touch: t.ID, Name: andante.EventClicked, At: c.At, Detail: c.Target}
	key := c.Target
	switch {
	case machine != "":
		e.Name, e.Detail, key = andante.EventMachineClicked, machine, ""
	case c.Page == string(rune(OpenPage)):
		e.Name = andante.EventOpened
	}
	e.ID = andante.DeriveID[andante.EventID](seed, andante.PlannedAt(string(t.ID)), e.Name, string(t.ID), key)
	return o.Apply(ctx, tx, e)
}
