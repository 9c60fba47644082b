package ops

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/inbound"
	"github.com/andante-hq/andante/store"
)

// How long who is away is left alone.
const (
	awayUnsaid = 7 * 24 * time.Hour  // if they don't say
	awayMost   = 60 * 24 * time.Hour // and whatever they say
)

// AwayAuthor is the author of holds on who is away.
const AwayAuthor = "out of office"

// answeredByMachine does what follows from an automatic answer.
func (a *arriving) answeredByMachine(ctx context.Context) error {
	if !a.proved || !strings.EqualFold(a.mail.Sender.Address, a.contact.Email) { // of somebody else, or nobody knows of whom
		a.did("it is noted: a machine answered, and not surely that of %s", a.whom())
		return a.apply(ctx, andante.EventAutoReplied, a.found.Why)
	}
	switch a.found.Class {
	case inbound.OutOfOffice:
		return a.away(ctx)
	case inbound.Left:
		return a.left(ctx)
	case inbound.Moved:
		a.did("the owner is to look at the new address")
		if err := a.apply(ctx, andante.EventMoved, ""); err != nil {
			return err
		}
		return a.task(ctx, "moved", "Another address of "+a.whom(), named("They name: ", a.found.Contacts)+"Import it, if it is right.", false)
	}
	a.did("it is noted: a machine answered")
	return a.apply(ctx, andante.EventAutoReplied, a.found.Why)
}

// away leaves somebody alone until the day after they are back.
func (a *arriving) away(ctx context.Context) error {
	until := a.at.Add(awayUnsaid)
	if !a.found.Until.IsZero() {
		until = a.found.Until.AddDate(0, 0, 1)
	}
	if most := a.at.Add(awayMost); until.After(most) {
		until = most
	}
	if err := a.apply(ctx, andante.EventAway, "until "+until.Format(time.DateOnly)); err != nil {
		return err
	}
	held, err := a.tx.NarrowHolds(ctx, []string{string(a.contact.ID)})
	if err != nil {
		return err
	}
	for _, h := range held { // what they say now is what holds
		if h.Author == AwayAuthor && h.Scope == andante.HoldContact {
			err := errors.Join(a.tx.ReleaseHold(ctx, h.ID, a.at), a.tx.WakeHeld(ctx, andante.HoldContact, string(a.contact.ID), a.at))
			if err != nil {
				return err
			}
		}
	}
	if !until.After(a.at) {
		a.did("it is noted: they are back already")
		return nil
	}
	a.did("%s is left alone until %s", a.whom(), until.Format("Mon 2 Jan 2006"))
	return a.tx.AddHold(ctx, andante.Hold{
		ID: andante.NewID[andante.HoldID](a.at), Scope: andante.HoldContact, Key: string(a.contact.ID), Author: AwayAuthor,
		Reason: "an automatic answer said so", From: a.at, Until: until,
	})
}

// left ends everything for who no longer works there, and has the owner look for whoever came
// after them.
func (a *arriving) left(ctx context.Context) error {
	if err := a.apply(ctx, andante.EventLeft, ""); err != nil {
		return err
	}
	if err := a.hasLeft(ctx, a.tx, a.contact, a.touch.ID, "an automatic answer says that they have left", a.at); err != nil {
		return err
	}
	a.did("everything ends for %s, and the owner is to find who came after", a.whom())
	return a.task(ctx, "left", "Who came after "+a.whom()+"?", "They no longer work there, an automatic answer says. "+named("It names: ", a.found.Contacts), false)
}

// hasLeft suppresses the mailbox of somebody who has left, and ends everything for them.
func (o *Ops) hasLeft(ctx context.Context, tx *store.Tx, c andante.Contact, about andante.TouchID, said string, at time.Time) error {
	s := andante.Suppression{
		ID: andante.NewID[andante.SuppressionID](at), Contact: c.ID, Address: o.Keys.Hash(c.Email), Kind: andante.Email, Reason: andante.ReasonUnreachable, Source: said, At: at,
	}
	if err := tx.AddSuppressions(ctx, []andante.Suppression{s}); err != nil {
		return err
	}
	return o.applyToAll(ctx, tx, []andante.Contact{c}, andante.EventUnreachable, said, about)
}

func named(what string, addresses []string) string {
	if len(addresses) == 0 {
		return ""
	}
	return what + strings.Join(addresses, ", ") + "\n"
}

// optedOut carries out what somebody says in words: no more advertising, of any kind. If the mail
// was handed on, whoever wrote gets none either.
func (a *arriving) optedOut(ctx context.Context) error {
	// Whoever wrote is meant, and the address to which we wrote, whether they are anybody's that we
	// know or not.
	said := "by mail: " + a.found.Why
	hashes := withoutEmpty([]andante.AddressHash{a.Keys.Hash(a.mail.Sender.Address), a.touch.Address})
	if len(hashes) == 2 && hashes[0] == hashes[1] {
		hashes = hashes[:1]
	}
	if err := a.optOut(ctx, a.tx, "", hashes, "", andante.ReasonOptedOut, said, a.touch.ID); err != nil {
		return err
	}
	a.did("no more advertising for %s", a.whom())
	for _, c := range []*andante.Contact{&a.contact, a.answered} {
		if c == nil {
			continue
		}
		e := andante.Event{Contact: c.ID, Touch: a.touch.ID, Name: andante.EventOptedOut, At: a.at, Detail: said}
		if err := a.lockedBar(ctx, e, andante.ReasonOptedOut); err != nil {
			return err
		}
	}
	return nil
}

// replied ends what ends on an answer, has machines be silent to the account, and gives the owner
// what was written.
func (a *arriving) replied(ctx context.Context) error {
	if a.contact.ID == "" || a.box == BoxLog && !strings.EqualFold(a.mail.Sender.Address, a.contact.Email) {
		return a.strange(ctx)
	}
	if err := a.apply(ctx, andante.EventReplied, a.mail.Subject); err != nil {
		return err
	}
	body := a.found.Text
	if a.mail.Sender.Address != "" && a.mail.Sender.Address != andante.NormalizeEmail(a.contact.Email) {
		body = fmt.Sprintf("From %s, who answered instead.\n\n%s", strings.TrimSpace(a.mail.Sender.Name+" <"+a.mail.Sender.Address+">"), body)
	}
	if a.mail.Files > 0 {
		body += fmt.Sprintf("\n\n(%d attached files, which are in the mail alone)", a.mail.Files)
	}
	return a.handOn(ctx, "Answer "+a.whom()+": "+cmp.Or(a.mail.Subject, "no subject"), body)
}

// strange hands on what nobody knows whom it is from: a person may have written it.
func (a *arriving) strange(ctx context.Context) error {
	w, err := a.Workspace(ctx, a.tx)
	if err != nil {
		return err
	}
	who := w.Config.Tasks.Unowned
	if _, ok := w.Config.Person(who); !ok {
		a.did("nothing: its writer is not known, and nobody gets such mail (tasks: unowned)")
		return nil
	}
	seed, err := a.tx.Seed(ctx)
	if err != nil {
		return err
	}
	a.did("%s hears of it: its writer is not known", who)
	from := strings.TrimSpace(a.mail.Sender.Name + " <" + a.mail.Sender.Address + ">")
	return a.tx.AddNotices(ctx, []store.Notice{{
		ID: andante.DeriveID[andante.TouchID](seed, a.at, "strange", a.key), Person: who, State: andante.Planned, Due: a.at,
		Subject: oneLine("From somebody whom Andante does not know: " + a.mail.Subject),
		Body:    andante.CleanTextTo("From "+from+"\n\n"+a.found.Text+"\n", maxMailText),
	}})
}
