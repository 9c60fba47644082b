package ops

import (
	"context"
	"fmt"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/store"
	"github.com/andante-hq/andante/workspace"
)

// tierByRule gives an account the tier of the first rule that holds, unless
// somebody gave it one.
func tierByRule(w *workspace.Workspace, a *andante.Account, now time.Time) {
	if a.Tier == "" || a.TierByRule {
		a.Tier, a.TierByRule = w.TierOf(w.Values(andante.Contact{}, *a, andante.Enrollment{}, workspace.Identity{}), now), true
	}
}

// personaByRule does the same for a contact's persona.
func personaByRule(w *workspace.Workspace, c *andante.Contact, a andante.Account, now time.Time) {
	if c.Persona == "" || c.PersonaByRule {
		c.Persona, c.PersonaByRule = w.PersonaOf(w.Values(*c, a, andante.Enrollment{}, workspace.Identity{}), now), true
	}
}

func (o *Ops) putContacts(ctx context.Context, tx *store.Tx, list []andante.Contact) error {
	hashed := make([]store.HashedContact, len(list))
	for i, c := range list {
		hashed[i] = store.HashedContact{Contact: c, EmailHash: o.Keys.Hash(c.Email), PhoneHash: o.Keys.Hash(c.Phone)}
	}
	return tx.PutContacts(ctx, hashed)
}

// Classify reads the published rules again: everybody to whom no file gave a persona or a
// tier gets those that they say now, and what was put off is looked at again. It returns how
// many contacts and accounts have changed.
func (o *Ops) Classify(ctx context.Context) (n int, err error) {
	for after, more := andante.ContactID(""), true; more; {
		var page []andante.Contact
		changed := 0
		err := o.Store.Write(ctx, func(tx *store.Tx) (err error) {
			if page, err = tx.ContactsAfter(ctx, after, enrollPage); err == nil {
				changed, err = o.classifyPage(ctx, tx, unique(page, contactID))
			}
			return err
		})
		if err != nil {
			return n, fmt.Errorf("read the rules for personas and tiers again: %w", err)
		}
		if n, more = n+changed, len(page) == enrollPage; more {
			after = page[enrollPage-1].ID
		}
	}
	return n, o.Store.Write(ctx, func(tx *store.Tx) error {
		w, err := o.Workspace(ctx, tx)
		if err != nil {
			return err
		}
		return tx.SetRules(ctx, w.RulesHash())
	})
}

// classifyPage does a page of contacts and their accounts.
func (o *Ops) classifyPage(ctx context.Context, tx *store.Tx, ids []andante.ContactID) (n int, err error) {
	var page []andante.Contact
	err = Lock(ctx, tx, func() (_ []andante.AccountID, err error) {
		page, err = tx.Contacts(ctx, ids)
		return unique(page, accountOf), err
	})
	if err != nil {
		return 0, err
	}
	contacts, accounts, err := o.classify(ctx, tx, page)
	if err != nil {
		return 0, err
	}
	return len(contacts) + len(accounts), tx.WakeIn(ctx, unique(page, accountOf), o.now(), putOff...)
}

// classify gives contacts and their accounts, which are locked, the personas and tiers that
// the rules say, and returns those that this changes.
func (o *Ops) classify(ctx context.Context, tx *store.Tx, page []andante.Contact) (contacts []andante.Contact, accounts []andante.Account, err error) {
	w, err := o.Workspace(ctx, tx)
	if err != nil {
		return nil, nil, err
	}
	list, err := tx.Accounts(ctx, unique(page, accountOf))
	if err != nil {
		return nil, nil, err
	}
	of := map[andante.AccountID]andante.Account{}
	for _, a := range list {
		was := a.Tier
		if tierByRule(w, &a, o.now()); a.Tier != was {
			accounts = append(accounts, a)
		}
		of[a.ID] = a
	}
	for _, c := range page {
		was := c.Persona
		if personaByRule(w, &c, of[c.Account], o.now()); c.Persona != was {
			contacts = append(contacts, c)
		}
	}
	if err := tx.PutAccounts(ctx, o.now(), accounts); err != nil {
		return nil, nil, err
	}
	if err := o.putContacts(ctx, tx, contacts); err != nil {
		return nil, nil, err
	}
	return contacts, accounts, tx.RaiseVersion(ctx, unique(contacts, accountOf)) // a persona changes decisions too
}
