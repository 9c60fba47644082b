package ops

import (
	"context"
	"fmt"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/store"
)

// A KnownContact is a contact with what belongs to it.
type KnownContact struct {
	Contact andante.Contact
	Account andante.Account
	Consent *andante.Consent // the latest evidence; nil: none
}

// ContactsPage returns up to n contacts in the order of their ids, beginning after the given one.
func (o *Ops) ContactsPage(ctx context.Context, after andante.ContactID, n int) (page []KnownContact, err error) {
	return page, o.Store.Read(ctx, func(tx *store.Tx) error {
		page = nil
		list, err := tx.ContactsAfter(ctx, after, n)
		if err != nil {
			return err
		}
		accounts, err := tx.Accounts(ctx, unique(list, accountOf))
		if err != nil {
			return err
		}
		consents, err := tx.Consents(ctx, unique(list, contactID))
		if err != nil {
			return err
		}
		of, given := byID(accounts, accountID), map[andante.ContactID]*andante.Consent{}
		for i, c := range consents {
			if latest := given[c.Contact]; latest == nil || c.At.After(latest.At) {
				given[c.Contact] = &consents[i]
			}
		}
		for _, c := range list {
			page = append(page, KnownContact{c, of[c.Account], given[c.ID]})
		}
		return nil
	})
}

// A Dossier is all that is known of a contact, by table of the store: what it is, agreed to and chose,
// what it got and was to get, what it said, did and was said of it.
type Dossier struct {
	Contact andante.ContactID      `json:"contact"`
	At      time.Time              `json:"at"`
	Known   map[string][]store.Row `json:"known"`
}

// Dossier returns all that is known of a contact. [andante.ErrNotFound] if there is none.
func (o *Ops) Dossier(ctx context.Context, id andante.ContactID) (*Dossier, error) {
	d := &Dossier{Contact: id, At: o.now()}
	return d, o.Store.Read(ctx, func(tx *store.Tx) error {
		list, err := behind(ctx, tx, id)
		if err == nil && len(list) == 0 {
			err = fmt.Errorf("contact %s: %w", id, andante.ErrNotFound)
		}
		if err != nil {
			return err
		}
		d.Contact = list[0].ID
		d.Known, err = tx.About(ctx, list[0])
		return err
	})
}
