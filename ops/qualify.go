package ops

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/store"
	"github.com/andante-hq/andante/workspace"
)

// learned keeps what became known of a contact: each field that has another value now, by whom and
// when.
func (o *Ops) learned(ctx context.Context, tx *store.Tx, c andante.Contact, before, after andante.Values, paths []string, source string, at time.Time) error {
	var list []store.Answer
	for _, path := range paths {
		was, _ := before.Get(path)
		is, _ := after.Get(path)
		if !after.Empty(path) && was != is {
			list = append(list, store.Answer{Contact: c.ID, Path: path, Value: fmt.Sprint(is), Source: source, At: at})
		}
	}
	return tx.AddAnswers(ctx, list)
}

// handOverQualified gives contacts to their owners of whom enough is known, once: their sequences
// end, and the owner has a task with the story. Their accounts must be locked.
func (o *Ops) handOverQualified(ctx context.Context, tx *store.Tx, w *workspace.Workspace, contacts []andante.Contact) error {
	q := w.Config.Qualification
	if q == nil || q.Handover == workspace.BySteps || len(contacts) == 0 {
		return nil
	}
	list, err := tx.Accounts(ctx, unique(contacts, accountOf))
	if err != nil {
		return err
	}
	accounts := byID(list, accountID)
	ready := slices.DeleteFunc(slices.Clone(contacts), func(c andante.Contact) bool {
		return !w.Qualified(w.Values(c, accounts[c.Account], andante.Enrollment{}, workspace.Identity{}))
	})
	if len(ready) == 0 {
		return nil
	}
	past, err := pastOf(ctx, tx, unique(ready, contactID))
	if err != nil {
		return err
	}
	for _, c := range ready {
		if _, before := past[c.ID].Events[andante.EventHandedOver]; before {
			continue
		}
		known, _ := w.KnownOf(c, accounts[c.Account])
		if err := o.handOver(ctx, tx, c, "", "enough is known: "+strings.Join(known, "; ")); err != nil {
			return err
		}
	}
	return nil
}

// HandOver gives a contact to its owner, because somebody says so. [andante.ErrNotFound] if there is
// no such contact.
func (o *Ops) HandOver(ctx context.Context, id andante.ContactID, by, note string) error {
	return o.Store.Write(ctx, func(tx *store.Tx) error {
		find := func() ([]andante.Contact, error) { return tx.Contacts(ctx, []andante.ContactID{id}) }
		return o.changeContacts(ctx, tx, find, func(people []andante.Contact) error {
			if len(people) == 0 {
				return fmt.Errorf("contact %s: %w", id, andante.ErrNotFound)
			}
			return o.handOver(ctx, tx, people[0], "", strings.TrimSpace(cmp.Or(by, "somebody")+" says so. "+note))
		})
	})
}

// handOver gives the contact to its owner: sequences end, and the owner has a task. touch is what
// found that it is time, if one did.
func (o *Ops) handOver(ctx context.Context, tx *store.Tx, c andante.Contact, touch andante.TouchID, why string) error {
	seed, err := tx.Seed(ctx)
	if err != nil {
		return err
	}
	key := cmp.Or(string(touch), string(c.ID)+o.now().Format(time.RFC3339Nano))
	err = o.Apply(ctx, tx, andante.Event{
		ID: andante.DeriveID[andante.EventID](seed, o.now(), "handover", key), Contact: c.ID, Account: c.Account, Touch: touch, Name: andante.EventHandedOver, At: o.now(), Detail: why,
	})
	if err != nil {
		return err
	}
	body := "It is time to talk, and their sequences have ended: " + why
	return o.plainTask(ctx, tx, c, plain{of: andante.EventHandedOver, key: key, title: "Ready for you: " + cmp.Or(c.Name(), c.Email), body: body, at: o.now(), urgent: true})
}
