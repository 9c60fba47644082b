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

// Classify reads the published rules for personas and tiers again for everybody to
// whom no file gave one, and returns how many contacts and accounts they change.
func (o *Ops) Classify(ctx context.Context) (changed int, err error) {
	for after := andante.ContactID(""); ; {
		var page []andante.Contact
		n := 0
		err := o.Store.Write(ctx, func(tx *store.Tx) (err error) {
			if page, err = tx.ContactsAfter(ctx, after, enrollPage); err == nil {
				n, err = o.classify(ctx, tx, unique(page, contactID))
			}
			return err
		})
		changed += n
		if err != nil {
			return changed, fmt.Errorf("read the rules for personas and tiers again: %w", err)
		}
		if len(page) < enrollPage {
			return changed, o.Store.Write(ctx, func(tx *store.Tx) error {
				w, err := o.Workspace(ctx, tx)
				if err != nil {
					return err
				}
				return tx.SetRules(ctx, w.RulesHash())
			})
		}
		after = page[len(page)-1].ID
	}
}

// classify does a page of contacts and their accounts.
func (o *Ops) classify(ctx context.Context, tx *store.Tx, ids []andante.ContactID) (int, error) {
	w, err := o.Workspace(ctx, tx)
	if err != nil {
		return 0, err
	}
	var page []andante.Contact
	accountOf := func(c andante.Contact) andante.AccountID { return c.Account }
	err = Lock(ctx, tx, func() (_ []andante.AccountID, err error) {
		page, err = tx.Contacts(ctx, ids)
		return unique(page, accountOf), err
	})
	if err != nil {
		return 0, err
	}
	list, err := tx.Accounts(ctx, unique(page, accountOf))
	if err != nil {
		return 0, err
	}
	var accounts []andante.Account
	var contacts []andante.Contact
	byAccount := map[andante.AccountID]andante.Account{}
	for _, a := range list {
		was := a.Tier
		if tierByRule(w, &a, o.now()); a.Tier != was {
			accounts = append(accounts, a)
		}
		byAccount[a.ID] = a
	}
	var moved []andante.AccountID // a persona changes decisions too
	for _, c := range page {
		was := c.Persona
		if personaByRule(w, &c, byAccount[c.Account], o.now()); c.Persona != was {
			contacts, moved = append(contacts, c), append(moved, c.Account)
		}
	}
	if err := tx.PutAccounts(ctx, o.now(), accounts); err != nil {
		return 0, err
	}
	if err := o.putContacts(ctx, tx, contacts); err != nil {
		return 0, err
	}
	self := func(id andante.AccountID) andante.AccountID { return id }
	if err := tx.RaiseVersion(ctx, unique(moved, self)); err != nil {
		return 0, err
	}
	for _, a := range accounts {
		moved = append(moved, a.ID)
	}
	return len(accounts) + len(contacts), tx.WakeIn(ctx, unique(moved, self), o.now(), andante.ReasonWaiting)
}
