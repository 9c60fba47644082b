package ops

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/store"
)

// Forgotten says what was erased.
type Forgotten struct {
	Contact andante.ContactID `json:"contact"`
	Ended   int               `json:"ended"`   // sequences that ran
	Touches []andante.TouchID `json:"-"`       // that stay as numbers
	Shared  int               `json:"shared"`  // others who have the same address or number
	Plain   []string          `json:"-"`       // what must not be found anywhere from now on
	Notices int               `json:"notices"` // mails to colleagues that named them
}

// ErrOnItsWay says that something is just being sent.
var ErrOnItsWay = errors.New("a message to them is just being sent")

// lookForRecord is how often it is looked whether what is being sent is recorded, and
// longestOnWire how long: a lease and its taking back.
const (
	lookForRecord = 250 * time.Millisecond
	longestOnWire = 2 * time.Minute
)

// Forget erases a contact: whatever tells who it is, was told or said, in the store. Its addresses
// are barred from everything, by their keyed hash, so that nothing brings them back; touches
// stay, as numbers of nobody. First it ends what runs, so that nothing more is written to them, and
// then waits for what is just being sent: its receipt would come after the erasure. An
// [ErrOnItsWay] says that none came in two minutes. What others wrote of it into other rows is
// taken out too.
func (o *Ops) Forget(ctx context.Context, id andante.ContactID, by string) (*Forgotten, error) {
	f := &Forgotten{}
	err := o.Store.Write(ctx, func(tx *store.Tx) (err error) {
		if f.Contact, err = standing(ctx, tx, id); err != nil {
			return err
		}
		return o.stopForGood(ctx, tx, f, by)
	})
	if err != nil {
		return nil, err
	}
	err = whenRecorded(ctx, func() error {
		return o.Store.Write(ctx, func(tx *store.Tx) error { return o.erase(ctx, tx, f) })
	})
	if err != nil {
		return nil, err
	}
	return f, o.sweep(ctx, f.Plain)
}

// whenRecorded makes a change that may say [ErrOnItsWay], again until it does not, or it has taken too
// long.
func whenRecorded(ctx context.Context, change func() error) error {
	for waited := time.Duration(0); ; waited += lookForRecord {
		err := change()
		if !errors.Is(err, ErrOnItsWay) || waited > longestOnWire {
			return err
		}
		if err := andante.Sleep(ctx, lookForRecord); err != nil {
			return err
		}
	}
}

// sweep takes out what people wrote of somebody into the rows of others, and has what was deleted
// leave the store's files. If others read all the time that waits for the next commits.
func (o *Ops) sweep(ctx context.Context, texts []string) error {
	ctx = context.WithoutCancel(ctx) // it is erased already, and nobody can ask again
	if err := o.Store.Scrub(ctx, texts, Erased); err != nil {
		return err
	}
	if err := o.Wipe(ctx); !errors.Is(err, store.ErrBusy) {
		return err
	}
	return nil
}

// Wipe is [store.Store.Wipe], tried a few times: a worker beside it reads again and again, but never
// long.
func (o *Ops) Wipe(ctx context.Context) (err error) {
	for range 10 {
		if err = o.Store.Wipe(ctx); !errors.Is(err, store.ErrBusy) {
			return err
		}
	}
	return err
}

// stopForGood bars the addresses of a contact and ends whatever was to come.
func (o *Ops) stopForGood(ctx context.Context, tx *store.Tx, f *Forgotten, by string) error {
	var their affected
	find := their.finder(ctx, tx, nil, func() ([]andante.Contact, error) { return o.sharing(ctx, tx, f.Contact) })
	return o.changeContacts(ctx, tx, find, func([]andante.Contact) error {
		if len(their.people) == 0 {
			return fmt.Errorf("contact %s: %w", f.Contact, andante.ErrNotFound)
		}
		f.Shared = len(their.people) - 1
		bars, err := o.barsFor(ctx, tx, their.people[0], by)
		if err != nil {
			return err
		}
		if err := tx.AddSuppressions(ctx, bars); err != nil {
			return err
		}
		if f.Ended, err = o.endAll(ctx, tx, f.Contact); err != nil {
			return err
		}
		return o.withdrawBarred(ctx, tx, their.open)
	})
}

// endAll ends what runs for a contact, and cancels whatever else is to come. It returns how many
// sequences ran.
func (o *Ops) endAll(ctx context.Context, tx *store.Tx, id andante.ContactID) (int, error) {
	running, err := tx.EnrollmentsOf(ctx, []andante.ContactID{id})
	if err != nil {
		return 0, err
	}
	running = slices.DeleteFunc(running, func(x andante.Enrollment) bool { return x.State == andante.EnrollmentFinished })
	if err := o.endEnrollments(ctx, tx, running, andante.ReasonForgotten); err != nil {
		return 0, err
	}
	all, err := tx.TouchesOfContact(ctx, id)
	if err != nil {
		return 0, err
	}
	rest := slices.DeleteFunc(all, func(t andante.Touch) bool { return !t.State.May(andante.Canceled) })
	return len(running), o.cancel(ctx, tx, rest, andante.ReasonForgotten, o.now())
}

// sharing returns the contact, and after it whoever has one of its addresses; nobody if it is gone.
func (o *Ops) sharing(ctx context.Context, tx *store.Tx, id andante.ContactID) ([]andante.Contact, error) {
	own, err := tx.Contacts(ctx, []andante.ContactID{id})
	if err != nil || len(own) == 0 {
		return nil, err
	}
	others, err := o.whoHasAny(ctx, tx, "", o.hashesOf(own[0]))
	return append(own, slices.DeleteFunc(others, func(c andante.Contact) bool { return c.ID == id })...), err
}

// hashesOf returns the hashes of the addresses of a contact, and of its number.
func (o *Ops) hashesOf(c andante.Contact) []andante.AddressHash {
	return withoutEmpty([]andante.AddressHash{o.Keys.Hash(c.Email), o.Keys.Hash(c.Phone)})
}

// barsFor are the bars that outlive a contact, for everything: on the addresses that it has and had, and on
// its id in the user's own system.
func (o *Ops) barsFor(ctx context.Context, tx *store.Tx, c andante.Contact, by string) (list []andante.Suppression, err error) {
	hashes, names, err := tx.KnownBy(ctx, c.ID)
	if err != nil {
		return nil, err
	}
	hashes = append(hashes, o.hashesOf(c)...)
	if c.ExternalID != "" {
		names = append(names, store.FormerID(c.ExternalID))
	}
	for _, n := range names {
		hashes = append(hashes, o.Keys.Hash(n))
	}
	slices.Sort(hashes)
	for _, hash := range slices.Compact(hashes) {
		list = append(list, andante.Suppression{
			ID: andante.NewID[andante.SuppressionID](o.now()), Address: hash, Reason: andante.ReasonForgotten, Source: by, At: o.now(),
		})
	}
	return list, nil
}

// erase takes the contact out of the store, when nothing is on its way any more. Of what nobody knows
// whether it went it is taken that it did: a receipt that still comes must find nothing to write to.
func (o *Ops) erase(ctx context.Context, tx *store.Tx, f *Forgotten) error {
	find := func() ([]andante.Contact, error) { return o.sharing(ctx, tx, f.Contact) }
	return o.changeContacts(ctx, tx, find, func(people []andante.Contact) error {
		if len(people) == 0 {
			return fmt.Errorf("contact %s: %w", f.Contact, andante.ErrNotFound)
		}
		c := people[0]
		f.Plain = plainOf(c, people[1:])
		if _, err := o.endAll(ctx, tx, c.ID); err != nil { // what came in while something was on its way
			return err
		}
		all, err := tx.TouchesOfContact(ctx, c.ID)
		if err != nil {
			return err
		}
		f.Touches = unique(all, func(t andante.Touch) andante.TouchID { return t.ID })
		var doubted []store.Change
		for _, t := range all {
			switch {
			case !t.State.Settled():
				return ErrOnItsWay
			case t.State == andante.Unknown:
				t.State = andante.Sent
				doubted = append(doubted, store.Change{Touch: t, Was: andante.Unknown, StateOnly: true})
			}
		}
		if _, err := tx.Change(ctx, doubted); err != nil {
			return err
		}
		if err := tx.Erase(ctx, c); err != nil {
			return err
		}
		if f.Notices, err = tx.ScrubNotices(ctx, slices.Concat(f.Plain, nonEmpty(c.Name())), Erased); err != nil {
			return err
		}
		if err := tx.ScrubAccount(ctx, c.Account, c.Name(), Erased); err != nil {
			return err
		}
		e := andante.Event{ID: andante.NewID[andante.EventID](o.now()), Contact: c.ID, Account: c.Account, Name: andante.EventForgotten, At: o.now()}
		if err := tx.AddEvents(ctx, []andante.Event{e}); err != nil {
			return err
		}
		return o.deliver(ctx, tx, e)
	})
}

// Erased stands where something told who a person was.
const Erased = "(forgotten)"

// plainOf returns what tells who a contact is, and nobody else: its address and number, but for those
// that others have too.
func plainOf(c andante.Contact, others []andante.Contact) (list []string) {
	email := slices.ContainsFunc(others, func(o andante.Contact) bool { return o.Email == c.Email })
	phone := slices.ContainsFunc(others, func(o andante.Contact) bool { return o.Phone == c.Phone })
	if c.Email != "" && !email {
		list = append(list, c.Email)
	}
	if c.Phone != "" && !phone {
		list = append(list, c.Phone)
	}
	return list
}

// forgottenAmong returns which of these addresses, and numbers, are of people who asked to be forgotten.
func (o *Ops) forgottenAmong(ctx context.Context, tx *store.Tx, addresses []string) (map[string]bool, error) {
	var hashes []andante.AddressHash
	of := map[andante.AddressHash]string{}
	for _, a := range addresses {
		if h := o.Keys.Hash(strings.TrimSpace(a)); h != "" {
			hashes, of[h] = append(hashes, h), a
		}
	}
	bars, err := tx.Suppressions(ctx, nil, hashes)
	forgotten := map[string]bool{}
	for _, s := range bars {
		if s.Reason == andante.ReasonForgotten {
			forgotten[of[s.Address]] = true
		}
	}
	return forgotten, err
}
