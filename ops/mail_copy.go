package ops

import (
	"context"
	"regexp"
	"strings"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/inbound"
)

// ClassCopy is a mail that one of us wrote by hand to a contact, of which a copy came here.
const ClassCopy inbound.Class = "copy"

// forwards begin the subjects of what is handed on.
var forwards = regexp.MustCompile(`(?i)^\s*(?:fwd?|wg|tr|rv|i|doorst|vs|pd)\s*:`)

// colleague returns which of our people wrote a mail, if one did and no machine of theirs.
func (a *arriving) colleague(ctx context.Context) (string, error) {
	if id, ours := touchOf(a.mail.ID); a.mail.Sent && ours && id != "" { // Andante sent it, through their mailbox
		return "", nil
	}
	if a.found.Class != inbound.Reply && a.found.Class != inbound.OptOut {
		return "", nil
	}
	w, err := a.Workspace(ctx, a.tx)
	if err != nil {
		return "", err
	}
	for key, p := range w.Config.People {
		if strings.EqualFold(p.Email, a.mail.Sender.Address) {
			return key, nil
		}
	}
	for key, d := range w.Config.Departments {
		if strings.EqualFold(d.Email, a.mail.Sender.Address) {
			return key, nil
		}
	}
	for key, s := range w.Config.Senders {
		if strings.EqualFold(s.Address, a.mail.Sender.Address) || strings.EqualFold(s.ReplyTo, a.mail.Sender.Address) {
			return key, nil
		}
	}
	return "", nil
}

// copied logs what a colleague wrote to a contact by hand: it counts as a touch, and whatever was
// to be answered is answered.
func (a *arriving) copied(ctx context.Context, by string) error {
	if a.contact.ID == "" {
		a.did("nothing: one of us wrote it, to nobody that is known")
		return nil
	}
	if forwards.MatchString(a.mail.Subject) { // what is handed on is somebody else's
		a.did("nothing: %s has handed it on; what it says is for a person to carry out", by)
		return nil
	}
	at := a.at
	if d := a.mail.Date; !d.IsZero() && d.Before(at) && d.After(at.AddDate(0, 0, -30)) {
		at = d.UTC()
	}
	find := func() ([]andante.Contact, error) {
		return a.tx.Contacts(ctx, []andante.ContactID{a.contact.ID})
	}
	return a.changeContacts(ctx, a.tx, find, func(people []andante.Contact) error {
		if len(people) == 0 {
			return nil
		}
		a.did("it is logged as a mail of %s to %s, and answers what was open", by, a.whom())
		l := Logged{Contact: people[0].ID, Kind: andante.Email, TaskDone: TaskDone{By: by, Note: a.mail.Subject, At: at}}
		if err := a.log(ctx, a.tx, people[0], l); err != nil {
			return err
		}
		if err := a.closeReplies(ctx, a.tx, people[0], TaskDone{By: by, Note: "answered by mail", At: a.at}); err != nil {
			return err
		}
		return a.Apply(ctx, a.tx, andante.Event{
			ID: a.event, Contact: people[0].ID, Account: people[0].Account, Touch: a.touch.ID, Name: andante.EventHandled, At: a.at, Detail: a.mail.Subject,
		})
	})
}
