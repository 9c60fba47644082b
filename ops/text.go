package ops

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/inbound"
	"github.com/andante-hq/andante/store"
)

// A TextIn is a text message that came in.
type TextIn struct {
	ID       string // the gateway's own, by which it comes once
	From     string // the number, with + and country
	Text     string
	Answered bool         // the gateway has answered it already
	Wish     inbound.Wish // what the gateway says that it asks for; empty: its words tell
}

// TakeText takes in a text message, and returns what is to be answered at once; empty: nothing. Stop
// ends every text of the company to the number, help and start are answered, and what a person
// wrote ends what ends on an answer. The same text counts once.
func (o *Ops) TakeText(ctx context.Context, in TextIn) (answer string, err error) {
	if in.Wish == inbound.WishNone {
		in.Wish = inbound.WishOf(in.Text)
	}
	return answer, o.Store.Write(ctx, func(tx *store.Tx) (err error) {
		t := &textIn{Ops: o, tx: tx, in: in, hash: o.Keys.Hash(in.From), at: o.now()}
		answer, err = t.take(ctx)
		return err
	})
}

// textIn is one transaction of [Ops.TakeText].
type textIn struct {
	*Ops
	tx   *store.Tx
	in   TextIn
	hash andante.AddressHash
	at   time.Time

	contact andante.Contact // who was texted last at that number; without an id: nobody that is known
	touch   andante.TouchID // and with what
	event   andante.EventID
}

func (t *textIn) take(ctx context.Context) (string, error) {
	if err := t.identify(ctx); err != nil {
		return "", err
	}
	seed, err := t.tx.Seed(ctx)
	if err != nil {
		return "", err
	}
	t.event = andante.DeriveID[andante.EventID](seed, time.Unix(0, 0), "text", t.in.ID)
	fresh, err := t.tx.AddArrival(ctx, store.Arrival{
		ID: t.event, Contact: t.contact.ID, Touch: t.touch, Class: "text", Verdict: string(t.in.Wish), Why: "a text message", At: t.at,
	})
	if err != nil || !fresh {
		return "", err
	}
	switch t.in.Wish {
	case inbound.WishStop, inbound.WishMaybe:
		return t.stop(ctx)
	case inbound.WishStart:
		return t.start(ctx)
	case inbound.WishHelp:
		return t.say(ctx, "text_help")
	}
	return "", t.replied(ctx)
}

// identify finds out who wrote: of several who share a number, who was texted last.
func (t *textIn) identify(ctx context.Context) error {
	people, err := t.tx.ContactsByAddress(ctx, nonEmpty(t.hash))
	if err != nil || len(people) == 0 {
		return err
	}
	who, by, err := lastReached(ctx, t.tx, people, func(x andante.Touch) (time.Time, bool) {
		return x.Counted, x.Kind == andante.SMS && (x.State == andante.Sent || x.State == andante.Unknown)
	})
	t.contact, t.touch = who, by.ID
	return err
}

// stop ends every text to the number. What only may mean it does so too, and a person reads it.
func (t *textIn) stop(ctx context.Context) (string, error) {
	if err := t.optOut(ctx, t.tx, t.contact.ID, nonEmpty(t.hash), andante.SMS, andante.ReasonOptedOut, "by text", t.touch); err != nil {
		return "", err
	}
	if t.in.Wish == inbound.WishMaybe {
		if t.contact.ID != "" {
			err := t.task(ctx, "Did "+t.name()+" ask for no more texts?", "They wrote: "+t.in.Text+"\n\nThey get no more texts till they send START.")
			if err != nil {
				return "", err
			}
		}
	}
	return t.say(ctx, "text_stopped")
}

// start takes the opt-out of texts back: their owner has just said so.
func (t *textIn) start(ctx context.Context) (string, error) {
	find := func() ([]andante.Contact, error) { return t.tx.ContactsByAddress(ctx, nonEmpty(t.hash)) }
	err := t.changeContacts(ctx, t.tx, find, func(people []andante.Contact) error {
		n, err := t.tx.LiftSuppressions(ctx, andante.SMS, nil, nonEmpty(t.hash), t.at)
		if err != nil || n == 0 || len(people) == 0 { // who never said stop has nothing to take back
			return err
		}
		return t.tx.AddConsents(ctx, []andante.Consent{{
			ID: andante.NewID[andante.ConsentID](t.at), Contact: t.contact.ID, Kind: andante.SMS, Basis: andante.OptIn, Source: "text message", Wording: t.in.Text, At: t.at,
		}})
	})
	if err != nil {
		return "", err
	}
	return t.say(ctx, "text_started")
}

// replied is what follows when a person wrote.
func (t *textIn) replied(ctx context.Context) error {
	if t.contact.ID == "" {
		return t.strange(ctx)
	}
	find := func() ([]andante.Contact, error) {
		return t.tx.Contacts(ctx, []andante.ContactID{t.contact.ID})
	}
	err := t.changeContacts(ctx, t.tx, find, func(people []andante.Contact) error {
		if len(people) == 0 {
			return nil
		}
		return t.Apply(ctx, t.tx, andante.Event{ID: t.event, Contact: people[0].ID, Account: people[0].Account, Touch: t.touch, Name: andante.EventReplied, At: t.at, Detail: "by text"})
	})
	if err != nil {
		return err
	}
	return t.task(ctx, "Answer "+t.name()+", who wrote a text", t.in.Text)
}

// strange hands on what comes from a number that nobody has.
func (t *textIn) strange(ctx context.Context) error {
	w, err := t.Workspace(ctx, t.tx)
	if errors.Is(err, ErrNothingPublished) {
		return nil
	}
	if err != nil {
		return err
	}
	who := w.Config.Tasks.Unowned
	if _, ok := w.Config.Person(who); !ok {
		return nil
	}
	return t.tx.AddNotices(ctx, []store.Notice{{
		ID: andante.TouchID(t.event), Person: who, State: andante.Planned, Due: t.at, Subject: "A text from a number that Andante does not know",
		Body: andante.CleanTextTo("From "+t.in.From+"\n\n"+t.in.Text+"\n", maxMailText),
	}})
}

func (t *textIn) name() string { return cmp.Or(t.contact.Name(), "somebody") }

func (t *textIn) task(ctx context.Context, title, body string) error {
	return t.plainTask(ctx, t.tx, t.contact, plain{of: ReplyTask, key: string(t.event), title: title, body: andante.CleanTextTo(body, maxMailText), at: t.at, urgent: true})
}

// say returns an answer in the language of whoever wrote, unless the gateway has given its own.
func (t *textIn) say(ctx context.Context, key string) (string, error) {
	if t.in.Answered {
		return "", nil
	}
	w, err := t.Workspace(ctx, t.tx)
	if errors.Is(err, ErrNothingPublished) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	texts, _ := w.Config.PagesFor(t.contact.Language)
	c := w.Config.Company
	reach := slices.DeleteFunc([]string{c.Phone, strings.TrimPrefix(c.URL, "https://")}, func(s string) bool { return s == "" })
	return strings.NewReplacer("{company}", c.Name, "{reach}", cmp.Or(strings.Join(reach, ", "), c.Name)).Replace(texts[key]), nil
}
