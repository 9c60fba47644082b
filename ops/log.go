package ops

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/store"
)

// A Logged is a conversation that was not planned.
type Logged struct {
	Contact andante.ContactID
	Kind    andante.Kind // call, visit (a meeting), video, email, letter or other
	Inbound bool         // it came from them
	TaskDone
}

// Log keeps a conversation that was not planned, with all that follows from it. What went out
// is a touch that counts, as one of a sequence does; what came from them counts in the cadence
// alone. [andante.ErrNotFound] if there is no such contact.
func (o *Ops) Log(ctx context.Context, l Logged) error {
	if l.At.IsZero() {
		l.At = o.now()
	}
	if l.At.After(o.now().Add(time.Minute)) {
		return fmt.Errorf("%w: %s is to come", ErrNotYet, l.At.Format(time.RFC3339))
	}
	return o.Store.Write(ctx, func(tx *store.Tx) error {
		var list []andante.Contact
		err := Lock(ctx, tx, func() (accounts []andante.AccountID, err error) {
			list, err = tx.Contacts(ctx, []andante.ContactID{l.Contact})
			if err != nil || len(list) == 0 || l.Result != andante.WrongNumber {
				return unique(list, accountOf), err
			}
			_, others, err := inHands(ctx, tx, list, []andante.AddressHash{o.Keys.Hash(list[0].AddressFor(l.Kind))})
			return unique(append(others, list...), accountOf), err
		})
		if err == nil && len(list) == 0 {
			err = fmt.Errorf("contact %s: %w", l.Contact, andante.ErrNotFound)
		}
		if err != nil {
			return err
		}
		return o.log(ctx, tx, list[0], l)
	})
}

func (o *Ops) log(ctx context.Context, tx *store.Tx, c andante.Contact, l Logged) error {
	if err := tx.RaiseVersion(ctx, []andante.AccountID{c.Account}); err != nil {
		return err
	}
	owner, err := o.ownerOf(ctx, tx, c.Account)
	if err != nil {
		return err
	}
	t := andante.Touch{
		ID: andante.NewID[andante.TouchID](l.At), Contact: c.ID, Account: c.Account, Sequence: andante.Logged, Kind: l.Kind, Purpose: andante.Relationship,
		Priority: andante.Normal, Sender: cmp.Or(l.By, owner), State: andante.Done, Result: l.Result, Due: l.At, FirstDue: l.At, Counted: l.At, Settled: l.At,
		Address: o.Keys.Hash(c.AddressFor(l.Kind)), Subject: andante.CleanText(l.Note),
	}
	if !l.Kind.ByHuman() {
		t.State = andante.Sent
	}
	var touch andante.TouchID
	if !l.Inbound {
		touch = t.ID
		if err := tx.AddTouches(ctx, []andante.Touch{t}); err != nil {
			return err
		}
	}
	if err := o.keepConversation(ctx, tx, t, touch, l.TaskDone, l.Inbound); err != nil {
		return err
	}
	if err := o.barCalls(ctx, tx, t, l.TaskDone); err != nil {
		return err
	}
	if err := o.again(ctx, tx, t, l.TaskDone); err != nil {
		return err
	}
	return o.told(ctx, tx, c.ID, c.Account, touch, l)
}

// told does what follows from a logged conversation.
func (o *Ops) told(ctx context.Context, tx *store.Tx, contact andante.ContactID, account andante.AccountID, touch andante.TouchID, l Logged) error {
	if err := o.keepAnswers(ctx, tx, contact, l.TaskDone); err != nil {
		return err
	}
	events := l.events()
	switch {
	case l.Kind == andante.Visit || l.Kind == andante.Video:
		events[andante.EventMet] = l.Note
	case l.Kind == andante.Email && l.Inbound:
		events[andante.EventReplied] = l.Note
	case l.Kind == andante.Call && (l.Result == "" || l.Result == andante.Connected), l.Inbound:
		events[andante.EventTalked] = l.Note
	}
	for _, name := range slices.Sorted(maps.Keys(events)) {
		err := o.Apply(ctx, tx, andante.Event{
			ID: andante.NewID[andante.EventID](l.At), Contact: contact, Account: account, Touch: touch, Name: name, At: l.At, Detail: andante.CleanText(events[name]),
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// ownerOf returns who owns an account.
func (o *Ops) ownerOf(ctx context.Context, tx *store.Tx, id andante.AccountID) (string, error) {
	list, err := tx.Accounts(ctx, []andante.AccountID{id})
	if err != nil || len(list) == 0 {
		return "", err
	}
	return list[0].Owner, nil
}

// ErrWorth says that a conversation is worth 1 to 5, and takes no less than no time.
var ErrWorth = errors.New("a conversation is worth 1 to 5, and its minutes are not below zero")

// keepConversation notes how long a conversation was, what it was worth and what is to know of
// it, if somebody was reached or says so.
func (o *Ops) keepConversation(ctx context.Context, tx *store.Tx, t andante.Touch, touch andante.TouchID, d TaskDone, inbound bool) error {
	if d.Worth < 0 || d.Worth > andante.MostWorth || d.Minutes < 0 {
		return ErrWorth
	}
	reached := d.Result == andante.Connected || d.Result == andante.MetThem || d.Result == ""
	if d.Minutes == 0 && d.Worth == 0 && d.Note == "" && !reached {
		return nil
	}
	return tx.AddConversations(ctx, []andante.Conversation{{
		ID: andante.NewID[andante.ConversationID](d.At), Contact: t.Contact, Account: t.Account, Touch: touch, Owner: cmp.Or(d.By, t.Sender), Kind: t.Kind,
		Inbound: inbound, Minutes: d.Minutes, Worth: d.Worth, Note: andante.CleanText(d.Note), At: d.At,
	}})
}
