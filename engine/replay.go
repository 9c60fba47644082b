package engine

import (
	"context"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/simulation"
	"github.com/andante-hq/andante/store"
	"github.com/andante-hq/andante/workspace"
)

// replayPage is how many accounts are read at a time.
const replayPage = 500

// Replay runs the recorded past of a time against the policy of a workspace: what it would
// have held back, and how many of those touches were followed by an opt-out.
func (e *Engine) Replay(ctx context.Context, w *workspace.Workspace, span time.Duration) (*simulation.Replay, error) {
	now := e.Clock.Now()
	out := &simulation.Replay{From: now.Add(-span), To: now, Rules: map[string]int{}}
	for after := andante.AccountID(""); ; {
		var page []andante.Account
		err := e.Store.Read(ctx, func(tx *store.Tx) (err error) {
			if page, err = tx.AccountsAfter(ctx, after, replayPage); err != nil || len(page) == 0 {
				return err
			}
			return e.replayPage(ctx, tx, w, page, out)
		})
		if err != nil || len(page) == 0 {
			return out, err
		}
		after = page[len(page)-1].ID
	}
}

func (e *Engine) replayPage(ctx context.Context, tx *store.Tx, w *workspace.Workspace, page []andante.Account, out *simulation.Replay) error {
	past := map[andante.AccountID]*simulation.Past{}
	var ids []andante.AccountID
	accounts := map[andante.AccountID]andante.Account{}
	for _, a := range page {
		ids, accounts[a.ID] = append(ids, a.ID), a
		past[a.ID] = &simulation.Past{People: map[andante.ContactID]*simulation.Person{}, OptOuts: map[andante.ContactID][]time.Time{}}
	}
	people, err := tx.ContactsOf(ctx, ids)
	if err != nil {
		return err
	}
	var contacts []andante.ContactID
	for _, c := range people {
		a := accounts[c.Account]
		contacts = append(contacts, c.ID)
		past[a.ID].People[c.ID] = &simulation.Person{Contact: c.ID, Account: a.ID, Owner: a.Owner, Facts: w.Facts(c, a)}
	}
	touches, err := tx.TouchesOfContacts(ctx, contacts)
	if err != nil {
		return err
	}
	for _, t := range touches {
		if p := past[t.Account]; p != nil {
			p.Touches = append(p.Touches, t)
		}
	}
	events, err := tx.EventsSince(ctx, contacts, out.From, []string{andante.EventOptedOut, andante.EventComplained})
	if err != nil {
		return err
	}
	for _, v := range events {
		if p := past[v.Account]; p != nil {
			p.OptOuts[v.Contact] = append(p.OptOuts[v.Contact], v.At)
		}
	}
	for _, a := range page {
		out.Add(w.Policy, *past[a.ID])
	}
	return nil
}
