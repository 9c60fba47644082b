package ops

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/store"
	"github.com/andante-hq/andante/workspace"
)

// Preferences are what the page behind a contact's links shows.
type Preferences struct {
	Known    bool // the contact is there
	Printed  bool // the link was typed from a piece of post: whoever found it may end the post, and nothing else
	Company  string
	Texts    workspace.PageTexts
	Language string // of the texts

	Choice andante.Choice
	Past   map[andante.Kind]int // what went to the contact in the past year, by [Ways]
	Month  int                  // of it in the past 30 days
	Ways   []andante.Kind       // by which the company sends and the contact can be reached
	Topics []string             // of sequences, that are not refused yet
	Barred bool                 // from all advertising
	Mailed bool                 // a mail can be sent to the contact
}

// Ways are the kinds that people tell from each other: nobody tells postcards from letters, so the
// first of these stands for all that is mailed.
var Ways = []andante.Kind{andante.Email, andante.SMS, andante.Postcard}

// WayOf returns what stands for a kind among [Ways]; empty if it comes from people.
func WayOf(k andante.Kind) andante.Kind {
	switch {
	case k.Mailed():
		return andante.Postcard
	case k == andante.Email || k == andante.SMS:
		return k
	}
	return ""
}

// pastShown is how far back the page looks.
const pastShown = 365 * 24 * time.Hour

// Preferences returns what the page behind a link shows. Of a contact that is gone, or a link that
// was printed, it tells nothing but the words.
func (o *Ops) Preferences(ctx context.Context, t Token) (p Preferences, err error) {
	return p, o.Store.Read(ctx, func(tx *store.Tx) error {
		w, err := o.Workspace(ctx, tx)
		if err != nil {
			return err
		}
		p = Preferences{Printed: t.Printed, Company: w.Config.Company.Name, Past: map[andante.Kind]int{}}
		list, err := behind(ctx, tx, t.Contact)
		if err != nil {
			return err
		}
		if p.Known = len(list) > 0 && !t.Printed; !p.Known {
			p.Texts, p.Language = w.Config.PagesFor("")
			return nil
		}
		c := list[0]
		p.Texts, p.Language = w.Config.PagesFor(c.Language)
		p.Choice, p.Mailed = c.Choice, c.Email != ""
		if !p.Choice.Pause.After(o.now()) {
			p.Choice.Pause = time.Time{}
		}
		p.Ways, p.Topics = waysOf(w, c), topicsFor(w, c.Choice)
		touches, err := tx.TouchesOfContact(ctx, c.ID)
		for _, t := range touches {
			if way := WayOf(t.Kind); way != "" && t.State == andante.Sent && t.Settled.After(o.now().Add(-pastShown)) {
				p.Past[way]++
				if t.Settled.After(o.now().AddDate(0, 0, -30)) {
					p.Month++
				}
			}
		}
		if err != nil {
			return err
		}
		bars, err := tx.Suppressions(ctx, []andante.ContactID{c.ID}, nil)
		p.Barred = slices.ContainsFunc(bars, func(s andante.Suppression) bool { return s.Contact == c.ID && s.Covers("", andante.Marketing) })
		return err
	})
}

// behind returns the contact that a link was made for, as it stands now; nobody if it is gone.
func behind(ctx context.Context, tx *store.Tx, id andante.ContactID) ([]andante.Contact, error) {
	id, err := standing(ctx, tx, id)
	if err != nil {
		return nil, err
	}
	return tx.Contacts(ctx, nonEmpty(id))
}

// waysOf returns by which ways the company sends, and the contact can be reached.
func waysOf(w *workspace.Workspace, c andante.Contact) (list []andante.Kind) {
	for _, way := range Ways {
		sends := false
		for _, q := range w.Sequences {
			for _, s := range q.Steps {
				sends = sends || WayOf(s.Kind) == way
			}
		}
		if sends && c.AddressFor(way) != "" {
			list = append(list, way)
		}
	}
	return list
}

func topicsFor(w *workspace.Workspace, c andante.Choice) (list []string) {
	for _, q := range w.Sequences {
		if q.Topic != "" && !q.Retired && !slices.Contains(c.Not, q.Topic) {
			list = append(list, q.Topic)
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// A Wish is what somebody presses on the page. One of its fields is set.
type Wish struct {
	Less  string // month: at most one a month; pause: three months; post: nothing else; usual: all as before
	Not   string // a topic
	Never string // a way of [Ways], or all
}

// ErrNoWish says that there is no such thing to wish for.
var ErrNoWish = errors.New("there is no such choice")

// fewest is what "at most one a month" means.
const fewest = "30d"

// Wish carries out what somebody pressed on the page behind a link; in said are the words that they
// pressed. What they chose before and does not contradict it stays. [ErrNoWish] if there is no
// such button, [andante.ErrNotFound] if what is wished needs a contact and it is gone.
func (o *Ops) Wish(ctx context.Context, t Token, w Wish, said string) error {
	if w.Never != "" {
		return o.never(ctx, t, w.Never, said)
	}
	change, err := o.choiceOf(w)
	if err != nil {
		return err
	}
	if t.Printed || t.Contact == "" {
		return fmt.Errorf("contact %s: %w", t.Contact, andante.ErrNotFound)
	}
	return o.choose(ctx, t.Contact, func(tx *store.Tx, c andante.Choice) (andante.Choice, error) {
		if w.Not != "" {
			published, err := o.Workspace(ctx, tx)
			if err != nil || !slices.Contains(topicsFor(published, andante.Choice{}), w.Not) {
				return c, errors.Join(err, ErrNoWish)
			}
		}
		change(&c)
		c.Source = said
		return c, nil
	})
}

// choiceOf returns how a wish changes a choice.
func (o *Ops) choiceOf(w Wish) (func(*andante.Choice), error) {
	switch {
	case w.Not != "":
		return func(c *andante.Choice) {
			c.Not = append(slices.DeleteFunc(slices.Clone(c.Not), func(t string) bool { return t == w.Not }), w.Not)
		}, nil
	case w.Less == "month":
		return func(c *andante.Choice) { c.Max, c.Per = 1, fewest }, nil
	case w.Less == "pause":
		return func(c *andante.Choice) { c.Pause = o.now().AddDate(0, 3, 0) }, nil
	case w.Less == "post":
		return func(c *andante.Choice) { c.Only = []andante.Kind{andante.Postcard, andante.Card, andante.Letter} }, nil
	case w.Less == "usual":
		return func(c *andante.Choice) { *c = andante.Choice{} }, nil
	}
	return nil, ErrNoWish
}

// never ends all advertising by one way, or by all of them.
func (o *Ops) never(ctx context.Context, t Token, way, said string) error {
	switch {
	case slices.Contains(Ways, andante.Kind(way)):
		if WayOf(t.Kind) != andante.Kind(way) { // the address of the link is that of another way
			address, err := o.addressBy(ctx, t.Contact, andante.Kind(way))
			if err != nil {
				return err
			}
			t.Address = address
		}
		t.Kind = andante.Kind(way)
		return o.Unsubscribe(ctx, t, said)
	case way != "all" || t.Printed:
		return ErrNoWish
	}
	return o.Store.Write(ctx, func(tx *store.Tx) error {
		hashes := []andante.AddressHash{t.Address}
		list, err := behind(ctx, tx, t.Contact)
		for _, c := range list {
			t.Contact = c.ID
			hashes = append(hashes, o.Keys.Hash(c.Email), o.Keys.Hash(c.Phone))
		}
		if err != nil {
			return err
		}
		slices.Sort(hashes)
		return o.optOut(ctx, tx, t.Contact, withoutEmpty(slices.Compact(hashes)), "", andante.ReasonOptedOut, said, t.Touch)
	})
}

// addressBy returns the hash of the address at which a contact is reached by a way; empty if the
// contact is gone or has none.
func (o *Ops) addressBy(ctx context.Context, id andante.ContactID, way andante.Kind) (hash andante.AddressHash, err error) {
	return hash, o.Store.Read(ctx, func(tx *store.Tx) error {
		list, err := behind(ctx, tx, id)
		if err == nil && len(list) > 0 {
			hash = o.Keys.Hash(list[0].AddressFor(way))
		}
		return err
	})
}
