package reports

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/store"
)

// nameOf is how a contact is called in a list: by name, else by the id of its own system,
// else by address.
func nameOf(c andante.Contact) string { return cmp.Or(c.Name(), c.ExternalID, c.Email) }

// messageID returns the Message-ID of a mail, or the one that it would have if this store
// sent it now; empty for other kinds.
func (r *Reports) messageID(t andante.Touch) string {
	if t.MessageID != "" || t.Kind != andante.Email || r.Workspace == nil {
		return t.MessageID
	}
	id, ok := r.Workspace.Config.Identity(t.Sender)
	if !ok || id.Email == "" {
		return ""
	}
	return id.MessageID(t.ID)
}

// untried tells of an unknown touch whether nothing was tried here: its last attempt is the
// one that a takeover ascribes to the original, at the time at which it was due.
func untried(t andante.Touch, started time.Time, said string) bool {
	return t.State == andante.Unknown && said == andante.TakenOver && started.Equal(t.Settled)
}

// describe adds to findings whom the mails are for, and to those of which nothing was tried
// here when they were due and which Message-ID they would have had.
func (r *Reports) describe(ctx context.Context, lists ...*Findings) error {
	for _, list := range lists {
		for page := range slices.Chunk(list.First, unknownPage) {
			if err := r.describePage(ctx, page); err != nil {
				return err
			}
		}
	}
	return nil
}

func (r *Reports) describePage(ctx context.Context, page []MailFinding) error {
	var ids []andante.TouchID
	for _, f := range page {
		ids = append(ids, f.Touch)
	}
	return r.Store.Read(ctx, func(tx *store.Tx) error {
		touches, people, err := touchesAndPeople(ctx, tx, ids)
		if err != nil {
			return err
		}
		attempts, err := tx.AttemptsOf(ctx, ids)
		last := map[andante.TouchID]andante.Attempt{}
		for _, a := range attempts {
			if a.Number >= last[a.Touch].Number {
				last[a.Touch] = a
			}
		}
		for i := range page {
			f := &page[i]
			t, c := touches[f.Touch], people[f.Contact]
			f.Name, f.Address = nameOf(c), c.AddressFor(t.Kind)
			f.MessageID = cmp.Or(f.MessageID, r.messageID(t))
			if a := last[f.Touch]; untried(t, a.Started, a.Response) {
				f.Due = a.Started
			}
		}
		return err
	})
}

// touchesAndPeople reads touches and their contacts.
func touchesAndPeople(ctx context.Context, tx *store.Tx, ids []andante.TouchID) (map[andante.TouchID]andante.Touch, map[andante.ContactID]andante.Contact, error) {
	touches, err := tx.Touches(ctx, ids)
	if err != nil {
		return nil, nil, err
	}
	byID := map[andante.TouchID]andante.Touch{}
	var contacts []andante.ContactID
	for _, t := range touches {
		byID[t.ID] = t
		contacts = append(contacts, t.Contact)
	}
	people := map[andante.ContactID]andante.Contact{}
	list, err := tx.Contacts(ctx, sortedKeys(contacts))
	for _, c := range list {
		people[c.ID] = c
	}
	return byID, people, err
}
