package ops

import (
	"context"
	"slices"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/store"
)

// advertising are the purposes that an opt-out ends.
var advertising = []andante.Purpose{andante.Marketing, andante.Relationship}

// Unsubscribe carries out the wish behind a link: no more advertising of its
// kind to the contact, nor to the address, whoever else has it. It works for a
// contact that is gone. A second time changes nothing.
func (o *Ops) Unsubscribe(ctx context.Context, t Token, source string) error {
	return o.Store.Write(ctx, func(tx *store.Tx) error {
		id, err := standing(ctx, tx, t.Contact)
		if err != nil {
			return err
		}
		for _, kind := range alike(t.Kind) {
			if err := o.optOut(ctx, tx, id, []andante.AddressHash{t.Address}, kind, andante.ReasonOptedOut, source, t.Touch); err != nil {
				return err
			}
		}
		return nil
	})
}

// alike are the kinds that people mean who want no more of one: nobody tells postcards from
// letters.
func alike(k andante.Kind) []andante.Kind {
	if !k.Mailed() {
		return []andante.Kind{k}
	}
	return []andante.Kind{andante.Postcard, andante.Card, andante.Letter}
}

// optOut suppresses and ends what runs. The event is written for each contact
// that has the address.
func (o *Ops) optOut(ctx context.Context, tx *store.Tx, id andante.ContactID, hashes []andante.AddressHash, kind andante.Kind, reason andante.Reason, source string, touch andante.TouchID) error {
	var their affected
	find := their.finder(ctx, tx, withoutEmpty(hashes), func() ([]andante.Contact, error) { return o.whoHasAny(ctx, tx, id, hashes) })
	return o.changeContacts(ctx, tx, find, func([]andante.Contact) error {
		there, err := tx.Suppressions(ctx, nonEmpty(id), withoutEmpty(hashes))
		if err != nil {
			return err
		}
		var add []andante.Suppression
		for _, hash := range hashes {
			for _, p := range advertising {
				if !slices.ContainsFunc(there, func(s andante.Suppression) bool {
					return s.Contact == id && s.Address == hash && s.Covers(kind, p)
				}) {
					add = append(add, andante.Suppression{
						ID: andante.NewID[andante.SuppressionID](o.now()), Contact: id, Address: hash, Kind: kind, Purpose: p,
						Reason: reason, Source: source, At: o.now(),
					})
				}
			}
		}
		if len(add) == 0 {
			return nil
		}
		if err := tx.AddSuppressions(ctx, add); err != nil {
			return err
		}
		if err := o.applyToAll(ctx, tx, their.people, andante.EventOptedOut, source, touch); err != nil {
			return err
		}
		return o.withdrawBarred(ctx, tx, their.open)
	})
}

func withoutEmpty(hashes []andante.AddressHash) []andante.AddressHash {
	return slices.DeleteFunc(slices.Clone(hashes), func(h andante.AddressHash) bool { return h == "" })
}

// whoHasAny returns the contact and whoever has one of the addresses, once each.
func (o *Ops) whoHasAny(ctx context.Context, tx *store.Tx, id andante.ContactID, hashes []andante.AddressHash) (list []andante.Contact, err error) {
	for _, hash := range hashes {
		some, err := o.whoHas(ctx, tx, id, hash)
		if err != nil {
			return nil, err
		}
		for _, c := range some {
			if !slices.ContainsFunc(list, func(o andante.Contact) bool { return o.ID == c.ID }) {
				list = append(list, c)
			}
		}
	}
	return list, nil
}

func nonEmpty[K ~string](k K) []K {
	if k == "" {
		return nil
	}
	return []K{k}
}

// whoHas returns the contact and everybody who has the address.
func (o *Ops) whoHas(ctx context.Context, tx *store.Tx, id andante.ContactID, hash andante.AddressHash) ([]andante.Contact, error) {
	people, err := tx.ContactsByAddress(ctx, nonEmpty(hash))
	if err != nil {
		return nil, err
	}
	own, err := tx.Contacts(ctx, nonEmpty(id))
	if err != nil {
		return nil, err
	}
	for _, c := range own {
		if !slices.ContainsFunc(people, func(p andante.Contact) bool { return p.ID == c.ID }) {
			people = append(people, c)
		}
	}
	return people, nil
}

func (o *Ops) applyToAll(ctx context.Context, tx *store.Tx, people []andante.Contact, event, detail string, touch andante.TouchID) error {
	for _, c := range people {
		err := o.Apply(ctx, tx, andante.Event{
			ID: andante.NewID[andante.EventID](o.now()), Contact: c.ID, Account: c.Account, Touch: touch, Name: event, At: o.now(), Detail: detail,
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// Bounce marks an address as one that can't be reached: it is suppressed for the
// kind, whoever has it; every permit looks. Of a mailbox it is an event, and if the contact
// counts as unreachable without it, every sequence ends for it. The touch's account must be
// locked.
func (o *Ops) Bounce(ctx context.Context, tx *store.Tx, t andante.Touch, response string, unreachable bool) error {
	people, err := tx.Contacts(ctx, []andante.ContactID{t.Contact})
	if err != nil {
		return err
	}
	if err := tx.AddSuppressions(ctx, []andante.Suppression{DeadAddress(t, response, o.now())}); err != nil {
		return err
	}
	accounts := unique(people, accountOf)
	if err := tx.RaiseVersion(ctx, accounts); err != nil {
		return err
	}
	if t.Kind != andante.Email {
		return nil
	}
	if err := o.applyToAll(ctx, tx, people, andante.EventBounced, response, t.ID); err != nil || !unreachable {
		return err
	}
	return o.applyToAll(ctx, tx, people, andante.EventUnreachable, response, t.ID)
}

// Stopped keeps what a gateway knows of a touch's number: its owner has said stop there. It
// bars contact and number from what is advertising of the kind. The touch's account must be
// locked.
func (o *Ops) Stopped(ctx context.Context, tx *store.Tx, t andante.Touch, response string) error {
	var list []andante.Suppression
	for _, p := range advertising {
		list = append(list, andante.Suppression{
			ID: andante.NewID[andante.SuppressionID](o.now()), Contact: t.Contact, Address: t.Address, Kind: t.Kind, Purpose: p,
			Reason: andante.ReasonOptedOut, Source: response, At: o.now(),
		})
	}
	if err := tx.AddSuppressions(ctx, list); err != nil {
		return err
	}
	return tx.RaiseVersion(ctx, []andante.AccountID{t.Account})
}

// DeadAddress bars the address of a touch that a server says does not exist.
func DeadAddress(t andante.Touch, response string, now time.Time) andante.Suppression {
	s := andante.Suppression{
		ID: andante.NewID[andante.SuppressionID](now), Address: t.Address, Kind: t.Kind, Reason: andante.ReasonAddress, Source: response, At: now,
	}
	if s.Address == "" {
		s.Contact = t.Contact
	}
	return s
}

// Suppress bars addresses for good: a list from elsewhere, before the first
// send. It returns how many were not barred before.
func (o *Ops) Suppress(ctx context.Context, addresses []string, source string) (int, error) {
	added := 0
	for page := range slices.Chunk(addresses, enrollPage) {
		n := 0
		err := o.Store.Write(ctx, func(tx *store.Tx) (err error) {
			n, err = o.suppressPage(ctx, tx, page, source)
			return err
		})
		if err != nil {
			return added, err
		}
		added += n
	}
	return added, nil
}

// suppressPage bars those of a page that are not barred yet. It locks the accounts of
// everybody who has one of the addresses in one order, as a claim does.
func (o *Ops) suppressPage(ctx context.Context, tx *store.Tx, page []string, source string) (int, error) {
	var hashes []andante.AddressHash
	for _, a := range page {
		hashes = append(hashes, o.Keys.Hash(a))
	}
	there, err := tx.Suppressions(ctx, nil, hashes)
	if err != nil {
		return 0, err
	}
	barred := map[andante.AddressHash]bool{}
	for _, s := range there {
		barred[s.Address] = barred[s.Address] || s.Kind == "" && s.Purpose == ""
	}
	var fresh []andante.AddressHash
	var list []andante.Suppression
	for _, h := range hashes {
		if !barred[h] {
			barred[h] = true
			fresh = append(fresh, h)
			list = append(list, andante.Suppression{
				ID: andante.NewID[andante.SuppressionID](o.now()), Address: h, Reason: andante.ReasonSuppressed, Source: source, At: o.now(),
			})
		}
	}
	var their affected
	find := their.finder(ctx, tx, fresh, func() ([]andante.Contact, error) { return tx.ContactsByAddress(ctx, fresh) })
	return len(fresh), o.changeContacts(ctx, tx, find, func([]andante.Contact) error {
		if err := tx.AddSuppressions(ctx, list); err != nil {
			return err
		}
		if err := o.applyToAll(ctx, tx, their.people, andante.EventOptedOut, source, ""); err != nil {
			return err
		}
		return o.withdrawBarred(ctx, tx, their.open)
	})
}

// liftable are the reasons that somebody of ours can take back. An opt-out is its owner's.
var liftable = []andante.Reason{andante.ReasonSuppressed, andante.ReasonForgotten, andante.ReasonAddress}

// Lift takes back what somebody of ours barred, or a mail system found dead, or whoever was
// forgotten: they came by themselves. An opt-out stays: its owner alone takes that back. It returns
// how many bars it lifted.
func (o *Ops) Lift(ctx context.Context, addresses []string, by string) (n int, err error) {
	var hashes []andante.AddressHash
	for _, a := range addresses {
		hashes = append(hashes, o.Keys.Hash(a), o.Keys.Hash(store.FormerID(a))) // or an id of one's own
	}
	return n, o.Store.Write(ctx, func(tx *store.Tx) error {
		find := func() ([]andante.Contact, error) { return tx.ContactsByAddress(ctx, hashes) }
		return o.changeContacts(ctx, tx, find, func(people []andante.Contact) error {
			if n, err = tx.LiftBars(ctx, hashes, o.now(), liftable...); err != nil || n == 0 {
				return err
			}
			return o.applyToAll(ctx, tx, people, andante.EventLifted, by, "")
		})
	})
}
