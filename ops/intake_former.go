package ops

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/store"
)

// readJoined finds who it is now that rows name by what was another's, and which accounts: files go on
// to speak of who became one with somebody.
func (in *intake) readJoined(ctx context.Context, rows []Row) ([]andante.Contact, error) {
	var was, keys []string
	for _, r := range rows {
		was = append(was, wasOf(in.o.Keys, r)...)
		if r.Account != "" {
			keys = append(keys, store.FormerAccount(r.Account))
		}
	}
	accounts, err := in.tx.Former(ctx, distinct(keys))
	if err != nil {
		return nil, err
	}
	in.formerKeys = make(map[string]andante.AccountID, len(accounts))
	for key, id := range accounts {
		in.formerKeys[strings.TrimPrefix(key, store.FormerAccount(""))] = andante.AccountID(id)
	}
	if in.former, err = in.tx.Former(ctx, distinct(was)); err != nil {
		return nil, err
	}
	return in.tx.Contacts(ctx, slices.Collect(maps.Values(in.former)))
}

// wasOf returns by what a row would name somebody who has become one with another.
func wasOf(k *Keyring, r Row) (list []string) {
	if r.ExternalID != "" {
		list = append(list, store.FormerID(r.ExternalID))
	}
	for _, address := range []string{r.Email, phoneOnly(r)} {
		if h := k.Hash(address); h != "" {
			list = append(list, string(h))
		}
	}
	return list
}

// formerly returns the contact that a row names by what was another's, which is the same now.
func (d *directory) formerly(was []string) (c andante.Contact, ok bool) {
	for _, w := range was {
		if c, ok = d.contacts[d.former[w]]; ok {
			return c, true
		}
	}
	return c, false
}

// onlyMissing leaves of a row what its contact does not have yet: the row is of somebody who became
// one with it, and what stays is what that one is called.
func onlyMissing(r Row, c andante.Contact, a andante.Account) Row {
	r.ExternalID, r.Email, r.Account, r.Consent = "", "", "", nil
	fields := map[string]string{}
	for path, value := range r.Fields {
		if strings.HasPrefix(path, "contact.") && FieldOf(c, a, path) == "" {
			fields[path] = value
		}
	}
	r.Fields = fields
	return r
}

// externalOf is what stands for the id of a row in the user's own system.
func externalOf(r Row) string {
	if r.ExternalID == "" {
		return ""
	}
	return store.FormerID(r.ExternalID)
}
