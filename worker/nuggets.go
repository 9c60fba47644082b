package worker

import (
	"context"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/store"
)

// A nuggetOf is a short piece of value of a contact.
type nuggetOf struct {
	contact andante.ContactID
	nugget  string
}

// takenNuggets are those that the contacts of a batch have had, or are to get in a message on
// its way, as they are now that the accounts are locked.
type takenNuggets map[nuggetOf]andante.TouchID

func loadTaken(ctx context.Context, tx *store.Tx, items []*item) (takenNuggets, error) {
	var contacts []andante.ContactID
	for _, it := range items {
		if it.fate == nil && len(it.message.takes) > 0 {
			contacts = append(contacts, it.contact.ID)
		}
	}
	if len(contacts) == 0 {
		return nil, nil
	}
	list, err := tx.NuggetsOf(ctx, compact(contacts))
	taken := takenNuggets{}
	for _, n := range list {
		taken[nuggetOf{n.Contact, n.Nugget}] = n.Touch
	}
	return taken, err
}

// twice tells whether a message holds what another one brought meanwhile: it must be rendered
// again.
func (taken takenNuggets) twice(it *item) bool {
	for _, n := range it.message.takes {
		if by, ok := taken[nuggetOf{it.contact.ID, n}]; ok && by != it.touch.ID {
			return true
		}
	}
	return false
}

// take notes what a message brings.
func (taken takenNuggets) take(it *item) {
	for _, n := range it.message.takes {
		taken[nuggetOf{it.contact.ID, n}] = it.touch.ID
	}
}

// brought are the rows of what claimed messages bring: from now on nobody else brings it.
func (b *batch) brought(done map[andante.TouchID]bool) (list []store.HadNugget) {
	for _, it := range b.items {
		if it.fate != nil || !done[it.touch.ID] {
			continue
		}
		for _, n := range it.message.takes {
			list = append(list, store.HadNugget{Contact: it.contact.ID, Nugget: n, Touch: it.touch.ID, At: b.now})
		}
	}
	return list
}
