package ops

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/inbound"
	"github.com/andante-hq/andante/store"
)

// Arrived is what became of a mail that came in.
type Arrived struct {
	Class   inbound.Class
	Why     string            // what told the class
	Contact andante.ContactID // whom it is from or about; empty: nobody that is known
	Touch   andante.TouchID   // that it is about; empty: none that is known
	Before  bool              // it had come before, and nothing more follows from it
	Did     string            // what followed, in words
}

// TakeMail takes in a mail: it is recognised, and what it says is an event with its
// consequence, in one transaction. The same mail counts once, by whichever ways it comes.
func (o *Ops) TakeMail(ctx context.Context, raw []byte, e inbound.Envelope) (told Arrived, err error) {
	m := inbound.Read(raw, e)
	key := mailKey(m, raw)
	f := inbound.Recognise(m, o.now())
	return told, o.Store.Write(ctx, func(tx *store.Tx) error {
		told = Arrived{}
		for _, to := range o.boxesOf(m) {
			a := &arriving{Ops: o, tx: tx, mail: m, raw: raw, found: f, id: key, key: strings.TrimSpace(key + " " + to), to: to, at: o.now()}
			if err := a.take(ctx); err != nil {
				return err
			}
			if told.Class == "" || told.Before {
				told = a.told
			}
		}
		return nil
	})
}

// boxesOf returns the addresses with a token at which a mail came in: a copy may be of what went to
// several. One empty address stands for none.
// What one of us has sent is for each of its recipients.
func (o *Ops) boxesOf(m *inbound.Mail) (list []string) {
	if m.Sent {
		return m.Recipients()
	}
	for _, to := range m.Recipients() {
		if _, _, err := o.Keys.ReadBox(to); err == nil {
			list = append(list, to)
		}
	}
	if len(list) == 0 {
		list = []string{""}
	}
	return list
}

// mailKey is what a mail is known by, whichever way it comes: its Message-ID with its writer, or
// else its bytes.
func mailKey(m *inbound.Mail, raw []byte) string {
	if m.ID != "" {
		return m.ID + " " + m.Sender.Address
	}
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:])
}

// arriving is one transaction of [Ops.TakeMail].
type arriving struct {
	*Ops
	tx    *store.Tx
	mail  *inbound.Mail
	raw   []byte
	found inbound.Finding
	id    string // what the mail is known by
	key   string // and this arrival of it
	at    time.Time

	box      Box              // at which it came in; empty: at none that has a token
	to       string           // its address
	proved   bool             // it came to an address of the touch, or names its Message-ID
	touch    andante.Touch    // that it is about; without an id: none that is known
	contact  andante.Contact  // whom it is from or about, likewise
	answered *andante.Contact // who else wrote it, if that is somebody whom we know

	event andante.EventID
	told  Arrived
}

func (a *arriving) take(ctx context.Context) error {
	if err := a.identify(ctx); err != nil {
		return err
	}
	by, err := a.colleague(ctx)
	if err != nil {
		return err
	}
	if by != "" { // it may come by a blind copy and from the folder of what was sent
		a.found = inbound.Finding{Class: ClassCopy, Why: "one of us wrote it", Text: a.found.Text}
		a.key = a.id + " copy " + string(a.contact.ID)
	} else if a.mail.Sent {
		a.told = Arrived{Class: a.found.Class, Why: "it was sent from here", Did: "nothing: no person wrote it"}
		return nil
	}
	if a.box == BoxLeave { // whoever writes there wants but one thing
		a.found = inbound.Finding{Class: inbound.OptOut, Why: "it came to the address for leaving", Text: a.found.Text}
	}
	a.told = Arrived{Class: a.found.Class, Why: a.found.Why, Contact: a.contact.ID, Touch: a.touch.ID}
	fresh, err := a.arrive(ctx)
	if err != nil || !fresh {
		a.told.Before, a.told.Did = !fresh, "nothing: it had come before"
		return err
	}
	if a.found.Class == ClassCopy {
		return a.copied(ctx, by)
	}
	return a.follow(ctx)
}

// arrive notes that something came. False: it had come before.
func (a *arriving) arrive(ctx context.Context) (fresh bool, err error) {
	seed, err := a.tx.Seed(ctx)
	if err != nil {
		return false, err
	}
	when := a.mail.Date // not when it came: it may come again
	if when.IsZero() || when.Unix() < 0 {
		when = time.Unix(0, 0)
	}
	a.event = andante.DeriveID[andante.EventID](seed, when, "mail", a.key)
	failure := a.failure()
	_, toward, _ := strings.Cut(a.contact.Email, "@") // what a report says of it may be anything
	return a.tx.AddArrival(ctx, store.Arrival{
		ID: a.event, Contact: a.contact.ID, Touch: a.touch.ID, Class: string(a.found.Class), Verdict: string(failure.Kind), Sender: a.touch.Sender, Toward: toward, Why: a.found.Why, At: a.at,
	})
}

// follow does what follows from what a mail says.
func (a *arriving) follow(ctx context.Context) error {
	known := a.contact.ID != ""
	switch a.found.Class {
	case inbound.Bounce:
		return a.bounced(ctx)
	case inbound.Complaint:
		return a.complained(ctx)
	case inbound.OutOfOffice, inbound.Left, inbound.Moved, inbound.AutoReply:
		if known {
			return a.answeredByMachine(ctx)
		}
	case inbound.OptOut:
		return a.optedOut(ctx)
	case inbound.Reply:
		return a.replied(ctx)
	}
	a.told.Did = "nothing follows from it"
	return nil
}

// failure is what a report says of the address of the touch, or else the first that it says.
func (a *arriving) failure() inbound.Failure {
	if len(a.found.Failures) == 0 {
		return inbound.Failure{}
	}
	for _, f := range a.found.Failures {
		if a.isTouched(f.Recipient) || slices.ContainsFunc(f.Named, a.isTouched) {
			return f
		}
	}
	return a.found.Failures[0]
}

// isTouched tells whether the touch went to an address.
func (a *arriving) isTouched(address string) bool {
	return address != "" && a.touch.Address == a.Keys.Hash(address)
}

// happened tells whether something of this touch is known already: a report counts once for each
// mail, however many come.
func (a *arriving) happened(ctx context.Context, name string) (bool, error) {
	events, err := a.tx.EventsOf(ctx, a.contact.ID)
	return slices.ContainsFunc(events, func(e andante.Event) bool { return e.Name == name && e.Touch == a.touch.ID }), err
}

// identify finds out what a mail is about and from whom it is: by the address at which it came,
// by the mail that it names, and only then by who wrote it. A mail system and a complaint name
// what they are about, or nothing is believed: anybody can write in anybody's name.
func (a *arriving) identify(ctx context.Context) error {
	if a.mail.Sent {
		return a.byRecipient(ctx)
	}
	if err := a.byBox(ctx); err != nil || a.contact.ID != "" {
		return err
	}
	if err := a.byMessage(ctx); err != nil || a.touch.ID != "" {
		return err
	}
	switch a.found.Class {
	case inbound.Bounce, inbound.Delay, inbound.Receipt, inbound.Complaint:
		return nil
	}
	return a.byWriter(ctx)
}

// byRecipient takes whom a mail of ours went to.
func (a *arriving) byRecipient(ctx context.Context) error {
	hash := a.Keys.Hash(a.to)
	if hash == "" {
		return nil
	}
	people, err := a.tx.ContactsByAddress(ctx, []andante.AddressHash{hash})
	if err != nil || len(people) == 0 {
		return err
	}
	a.contact, _, err = lastReached(ctx, a.tx, people, func(t andante.Touch) (time.Time, bool) { return t.Settled, t.State == andante.Sent })
	return err
}

func (a *arriving) byBox(ctx context.Context) error {
	box, id, err := a.Keys.ReadBox(a.to)
	if err != nil {
		return nil
	}
	a.box = box
	if box != BoxLog {
		return a.about(ctx, andante.TouchID(id), "")
	}
	list, err := behind(ctx, a.tx, andante.ContactID(id))
	if err == nil && len(list) > 0 {
		a.contact = list[0]
	}
	return err
}

func (a *arriving) byMessage(ctx context.Context) error {
	for _, id := range a.mail.About() {
		touch, ok := touchOf(id)
		if !ok {
			continue
		}
		if err := a.about(ctx, touch, id); err != nil || a.touch.ID != "" {
			return err
		}
	}
	return nil
}

// touchOf reads the touch in a Message-ID of ours.
func touchOf(messageID string) (andante.TouchID, bool) {
	touch, _, _ := strings.Cut(messageID, "@")
	return andante.TouchID(touch), andante.IsID(touch)
}

// about notes the touch that a mail is about, if there is one and its mail had this Message-ID.
func (a *arriving) about(ctx context.Context, id andante.TouchID, messageID string) error {
	touches, err := a.tx.Touches(ctx, []andante.TouchID{id})
	if err != nil || len(touches) == 0 || messageID != "" && !strings.EqualFold(touches[0].MessageID, messageID) {
		return err
	}
	list, err := a.tx.Contacts(ctx, []andante.ContactID{touches[0].Contact})
	if err != nil || len(list) == 0 {
		return err
	}
	a.touch, a.contact, a.proved = touches[0], list[0], true
	return a.otherWriter(ctx)
}

// otherWriter notes who answered, if that is another contact of ours.
func (a *arriving) otherWriter(ctx context.Context) error {
	people, err := a.writers(ctx)
	for i := range people {
		if people[i].ID == a.contact.ID {
			a.answered = nil
			return err
		}
		a.answered = &people[i]
	}
	return err
}

func (a *arriving) writers(ctx context.Context) ([]andante.Contact, error) {
	hash := a.Keys.Hash(a.mail.Sender.Address)
	if hash == "" {
		return nil, nil
	}
	return a.tx.ContactsByAddress(ctx, []andante.AddressHash{hash})
}

// byWriter takes whom a mail is from: of several who share a mailbox the one who was written to
// last.
func (a *arriving) byWriter(ctx context.Context) error {
	people, err := a.writers(ctx)
	if err != nil || len(people) == 0 {
		return err
	}
	a.contact, a.touch, err = lastReached(ctx, a.tx, people, func(t andante.Touch) (time.Time, bool) {
		return t.Settled, t.Kind == andante.Email && t.State == andante.Sent
	})
	return err
}

// lastReached returns who of several that share an address was reached last, and by what; the first
// of them, and no touch, if nobody was. reached tells when a touch reached somebody, if it did.
func lastReached(ctx context.Context, tx *store.Tx, people []andante.Contact, reached func(andante.Touch) (time.Time, bool)) (who andante.Contact, by andante.Touch, err error) {
	touches, err := tx.TouchesOfContacts(ctx, unique(people, contactID))
	if err != nil {
		return who, by, err
	}
	of := byID(people, contactID)
	who = people[0]
	var last time.Time
	for _, t := range touches {
		if at, ok := reached(t); ok && at.After(last) {
			last, by, who = at, t, of[t.Contact]
		}
	}
	return who, by, nil
}

// apply writes an event of the contact, which need not be locked, with its consequences.
func (a *arriving) apply(ctx context.Context, name, detail string) error {
	find := func() ([]andante.Contact, error) {
		return a.tx.Contacts(ctx, []andante.ContactID{a.contact.ID})
	}
	return a.changeContacts(ctx, a.tx, find, func(people []andante.Contact) error {
		if len(people) == 0 {
			return nil
		}
		a.contact = people[0]
		return a.Apply(ctx, a.tx, andante.Event{
			ID: a.event, Contact: a.contact.ID, Account: a.contact.Account, Touch: a.touch.ID, Name: name, At: a.at, Detail: detail,
		})
	})
}

// whom names the contact for a person of ours.
func (a *arriving) whom() string {
	return cmp.Or(a.contact.Name(), a.mail.Sender.Name, a.contact.Email, a.mail.Sender.Address)
}

// task gives the owner something to do about the mail.
func (a *arriving) task(ctx context.Context, of, title, body string, urgent bool) error {
	return a.plainTask(ctx, a.tx, a.contact, plain{of: of, key: string(a.event), title: oneLine(title), body: andante.CleanTextTo(body, maxMailText), at: a.at, urgent: urgent})
}

// maxMailText is how much of what somebody wrote a task shows, in bytes.
const maxMailText = 8 << 10

// oneLine makes a line of what others wrote, which any mail may have for a subject.
func oneLine(s string) string {
	return andante.CleanTextTo(strings.Join(strings.Fields(strings.ReplaceAll(s, "=?", "= ?")), " "), maxLineShown)
}

// maxLineShown is how long a line of others may be, in bytes.
const maxLineShown = 300

// did says what followed.
func (a *arriving) did(format string, args ...any) { a.told.Did = fmt.Sprintf(format, args...) }

// ErrOtherDomain says that an address is none of the inbound domain.
var ErrOtherDomain = errors.New("the address is none of the inbound domain")

// TakesMailTo tells whether mail to an address of the inbound domain is taken in: to one that
// carries a token, to one that andante.yaml names, and to the postmaster (RFC 5321 section 4.5.1).
func (o *Ops) TakesMailTo(ctx context.Context, address string) (bool, error) {
	if _, _, err := o.Keys.ReadBox(address); err == nil {
		return true, nil
	}
	ours, known := false, false
	err := o.Store.Read(ctx, func(tx *store.Tx) error {
		w, err := o.Workspace(ctx, tx)
		if err == nil {
			ours, known = w.Config.InboundDomain(address), w.HearsAt(address)
		}
		return err
	})
	if err == nil && !ours {
		err = ErrOtherDomain
	}
	return known, err
}
