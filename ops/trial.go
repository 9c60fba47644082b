package ops

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/store"
)

// The first mails of an import go alone, one to a contact: a bought or an old list shows by
// them what it is, before it costs the sender's good name.
const (
	FirstMails = 100
	TrialWait  = 4 * time.Hour // after the last of them, for what comes back late

	fewDead   = 3 // fewer are chance
	deadShare = 0.03
)

// noteTrial counts a mailbox that is not there for the import that brought it, and holds the
// import of which there were too many. Its release ends the trial.
func (o *Ops) noteTrial(ctx context.Context, tx *store.Tx, t andante.Touch) error {
	if !t.OnTrial() {
		return nil
	}
	people, err := tx.Contacts(ctx, []andante.ContactID{t.Contact})
	if err != nil || len(people) == 0 || people[0].Import == "" {
		return err
	}
	id := people[0].Import
	open, err := tx.LockImports(ctx, []andante.ImportID{id})
	if err != nil || len(open) == 0 {
		return err
	}
	list, err := tx.Trials(ctx, open)
	if err != nil {
		return err
	}
	gone, dead := 0, 0
	for _, x := range list {
		if x.Contact == t.Contact {
			x.Bounced = true
			if err := tx.PutTrials(ctx, []store.Trial{x}); err != nil {
				return err
			}
		}
		if x.Taken() {
			gone++
		}
		if x.Bounced {
			dead++
		}
	}
	if dead < fewDead || float64(dead) < deadShare*float64(gone) {
		return nil
	}
	return o.holdOnce(ctx, tx, andante.HoldImport, string(id),
		fmt.Sprintf("mailboxes that do not exist: %d of its first %d; find out where the list comes from and clean it before you release it", dead, gone))
}

// holdOnce holds what is not held already by ourselves. A sender is held for its mails alone: its
// calls and cards bother no mailbox provider, and a hold on its texts stops no mail.
func (o *Ops) holdOnce(ctx context.Context, tx *store.Tx, scope andante.HoldScope, key, why string) error {
	now := o.now()
	h := andante.Hold{ID: andante.NewID[andante.HoldID](now), Scope: scope, Key: key, Author: andante.HoldAuthor, Reason: why, From: now}
	if scope == andante.HoldSender {
		h.Kind = andante.Email
	}
	held, err := tx.WideHolds(ctx)
	if err != nil || slices.ContainsFunc(held, func(was andante.Hold) bool {
		over := !was.Until.IsZero() && !now.Before(was.Until) // whatever another machine's clock said when it began
		return was.Scope == scope && was.Key == key && was.Kind == h.Kind && was.Author == andante.HoldAuthor && !over
	}) {
		return err
	}
	if err := tx.AddHold(ctx, h); err != nil {
		return err
	}
	return o.TellOfHold(ctx, tx, h)
}

// TellOfHold writes a mail about a hold of ours that somebody has to end: to whoever gets what is
// nobody's (tasks: unowned), or to their manager where it is their own mailbox that is stopped.
func (o *Ops) TellOfHold(ctx context.Context, tx *store.Tx, h andante.Hold) error {
	w, err := o.Workspace(ctx, tx)
	if errors.Is(err, ErrNothingPublished) {
		return nil
	}
	if err != nil {
		return err
	}
	who := w.Config.Tasks.Unowned
	if h.Scope == andante.HoldSender && h.Key == who {
		who = w.Config.People[who].Manager
	}
	if _, ok := w.Config.Person(who); !ok || !w.Config.Tasks.Mail || !h.Until.IsZero() {
		return nil
	}
	seed, err := tx.Seed(ctx)
	if err != nil {
		return err
	}
	what := string(h.Scope) + " " + h.Key
	return tx.AddNotices(ctx, []store.Notice{{
		ID: andante.DeriveID[andante.TouchID](seed, h.From, "held", what, who), Person: who, State: andante.Planned, Due: h.From,
		Subject: andante.CleanText("Stopped: the " + what),
		Body:    fmt.Sprintf("Andante has stopped the %s: %s\n\nEverything else goes on. Once that is mended: andante release --%s\n", what, h.Reason, what),
	}})
}
