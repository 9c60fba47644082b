package ops

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/store"
)

// A TextStatus is what a gateway says of a text that it took.
type TextStatus struct {
	Touch    andante.TouchID
	Provider string
	Status   string // in Twilio's words: queued, sending, sent, delivered, undelivered, failed
	Code     int    // why not (Twilio: Error and Warning Dictionary); 0: no reason is given
}

// What a code of an undelivered text means. Those of the sender and of the moment are noted alone.
var (
	stoppedCodes = map[int]bool{21610: true}
	deadCodes    = map[int]bool{21211: true, 21217: true, 21614: true, 21635: true}
	againCodes   = map[int]bool{30004: true, 30005: true, 30006: true} // nobody, at the second time
)

// TextStatus takes in what became of a text. Statuses come late, twice and out of order: each counts
// once, and none goes backwards. That there is one proves that the gateway has the text, so a
// touch of which nobody knew is settled. A touch that is not known changes nothing.
func (o *Ops) TextStatus(ctx context.Context, s TextStatus) error {
	var t andante.Touch
	err := o.Store.Read(ctx, func(tx *store.Tx) error {
		list, err := tx.Touches(ctx, nonEmpty(s.Touch))
		if err == nil && len(list) > 0 && list[0].Kind == andante.SMS {
			t = list[0]
		}
		return err
	})
	if err != nil || t.ID == "" {
		return err
	}
	if t.State == andante.Unknown && s.Status != "failed" { // it went, or the network would not have seen it
		r := UnknownRequest{Decision: DecideSent, Touches: []andante.TouchID{t.ID}, By: s.Provider}
		if _, err := o.SettleUnknown(ctx, r); err != nil {
			return err
		}
	}
	switch s.Status {
	case "delivered":
		return o.noteText(ctx, t, andante.EventDelivered, s, nil)
	case "undelivered", "failed":
		return o.noteText(ctx, t, andante.EventUndelivered, s, o.undelivered)
	}
	return nil
}

// noteText writes what became of a text, once, with what follows. What was delivered stays so.
func (o *Ops) noteText(ctx context.Context, t andante.Touch, event string, s TextStatus, follow func(context.Context, *store.Tx, andante.Touch, TextStatus) error) error {
	return o.Store.Write(ctx, func(tx *store.Tx) error {
		seed, err := tx.Seed(ctx)
		if err != nil {
			return err
		}
		find := func() ([]andante.Contact, error) { return tx.Contacts(ctx, []andante.ContactID{t.Contact}) }
		return o.changeContacts(ctx, tx, find, func(people []andante.Contact) error {
			if len(people) == 0 {
				return nil
			}
			before, err := tx.EventsOf(ctx, t.Contact)
			if err != nil {
				return err
			}
			for _, e := range before {
				if e.Touch == t.ID && (e.Name == andante.EventDelivered || e.Name == event) {
					return nil
				}
			}
			detail := s.Provider + ": " + s.Status
			if s.Code != 0 {
				detail += " " + strconv.Itoa(s.Code)
			}
			e := andante.Event{
				ID: andante.DeriveID[andante.EventID](seed, time.Unix(0, 0), "text status", string(t.ID), event), Contact: t.Contact, Account: people[0].Account, Touch: t.ID, Name: event, At: o.now(), Detail: detail,
			}
			if err := o.Apply(ctx, tx, e); err != nil || follow == nil {
				return err
			}
			return follow(ctx, tx, t, s)
		})
	})
}

// undelivered does what follows when a text did not arrive, with the account locked: a number that
// is nobody's is given up, and who has said stop to the gateway gets no more.
func (o *Ops) undelivered(ctx context.Context, tx *store.Tx, t andante.Touch, s TextStatus) error {
	said := s.Provider + " " + strconv.Itoa(s.Code)
	switch {
	case stoppedCodes[s.Code]:
		return o.Stopped(ctx, tx, t, said)
	case deadCodes[s.Code]:
		return o.Bounce(ctx, tx, t, said, false)
	case againCodes[s.Code]:
		events, err := tx.EventsOf(ctx, t.Contact)
		if err != nil {
			return err
		}
		n := 0
		var touched []andante.TouchID
		for _, e := range events {
			code, _ := strconv.Atoi(e.Detail[strings.LastIndexByte(e.Detail, ' ')+1:])
			if e.Name == andante.EventUndelivered && againCodes[code] && e.At.After(o.now().AddDate(-1, 0, 0)) {
				touched = append(touched, e.Touch)
			}
		}
		there, err := tx.Touches(ctx, touched)
		if err != nil {
			return err
		}
		for _, x := range there {
			if x.Address == t.Address {
				n++
			}
		}
		if n > 1 {
			return o.Bounce(ctx, tx, t, said+", twice", false)
		}
	}
	return nil
}
