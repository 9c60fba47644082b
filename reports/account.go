package reports

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/cadence"
	"github.com/andante-hq/andante/governor"
	"github.com/andante-hq/andante/store"
	"github.com/andante-hq/andante/workspace"
)

// Account is one account: who decides there, what they had and are to get, and how that
// lies between the floor and the ceilings.
type Account struct {
	ID       andante.AccountID `json:"id"`
	Key      string            `json:"key"`
	Name     string            `json:"name"`
	Stage    string            `json:"stage"`
	Tier     string            `json:"tier"`
	Owner    string            `json:"owner"`
	Orphaned bool              `json:"orphaned"`
	People   []Decider         `json:"people"`
	Holds    []Hold            `json:"holds"`
	Cadence  *Cared            `json:"cadence,omitempty"` // nil: the plan is not for it
	Limits   []governor.Use    `json:"limits"`
}

// A Decider is a contact of an account.
type Decider struct {
	Contact   andante.ContactID `json:"contact"`
	Name      string            `json:"name"`
	Role      string            `json:"role"` // job title
	Persona   string            `json:"persona"`
	Last      *LastTouch        `json:"last,omitempty"`
	Next      *NextTouch        `json:"next,omitempty"`
	Responded time.Time         `json:"responded,omitzero"`
	Known     []string          `json:"known"`   // fields of the qualification
	Missing   []string          `json:"missing"` // and those that nobody knows yet
	Qualified bool              `json:"qualified"`
}

// A LastTouch is the last that somebody had.
type LastTouch struct {
	Kind andante.Kind `json:"kind"`
	At   time.Time    `json:"at"`
}

// Account tells of an account, by its key. [andante.ErrNotFound] if there is none.
func (r *Reports) Account(ctx context.Context, key string) (*Account, error) {
	now := r.Clock.Now()
	var out *Account
	return out, r.Store.Read(ctx, func(tx *store.Tx) error {
		found, err := tx.AccountsByKey(ctx, []string{key})
		if err == nil && len(found) == 0 {
			err = fmt.Errorf("account %s: %w", key, andante.ErrNotFound)
		}
		if err != nil {
			return err
		}
		a := found[0]
		_, has := r.Workspace.Config.Person(a.Owner)
		out = &Account{ID: a.ID, Key: a.Key, Name: a.Name, Stage: a.Stage, Tier: a.Tier, Owner: a.Owner, Orphaned: !has, People: []Decider{}, Holds: []Hold{}}
		if err := r.deciders(ctx, tx, out, a, now); err != nil {
			return err
		}
		cared, err := r.cared(ctx, tx, found, now)
		if err != nil {
			return err
		}
		if len(cared) > 0 {
			out.Cadence = &cared[0]
		}
		all, err := holds(ctx, tx)
		for _, h := range all {
			mine := h.Scope == andante.HoldAccount && h.Key == string(a.ID) ||
				h.Scope == andante.HoldContact && slices.ContainsFunc(out.People, func(d Decider) bool { return string(d.Contact) == h.Key })
			if mine && h.Holds(now) {
				out.Holds = append(out.Holds, h)
			}
		}
		return err
	})
}

// deciders reads the people of the account, what they had, and the account's limits.
func (r *Reports) deciders(ctx context.Context, tx *store.Tx, out *Account, a andante.Account, now time.Time) error {
	people, err := tx.ContactsOf(ctx, []andante.AccountID{a.ID})
	if err != nil {
		return err
	}
	counted, err := tx.Counted(ctx, now.Add(-max(r.Workspace.Policy.Horizon(), cadence.Memory)), []andante.AccountID{a.ID}, nil)
	if err != nil {
		return err
	}
	last := map[andante.ContactID]*LastTouch{}
	var touches []governor.Touch
	for _, c := range counted {
		touches = append(touches, pastTouch(c, now))
		if l := last[c.Contact]; !c.Waiting && !c.At.After(now) && (l == nil || c.At.After(l.At)) {
			last[c.Contact] = &LastTouch{Kind: c.Kind, At: c.At}
		}
	}
	for _, c := range people {
		v := r.Workspace.Values(c, a, andante.Enrollment{}, workspace.Identity{})
		d := Decider{Contact: c.ID, Name: nameOf(c), Role: c.JobTitle, Persona: c.Persona, Last: last[c.ID], Responded: c.Signals.Responded}
		d.Known, d.Missing = r.Workspace.Config.Qualification.Known(v)
		d.Qualified = r.Workspace.Qualified(v)
		next, err := r.next(ctx, tx, c, 1, now)
		if err != nil {
			return err
		}
		if len(next.Touches) > 0 {
			d.Next = &next.Touches[0]
		}
		out.People = append(out.People, d)
	}
	var first andante.Contact
	if len(people) > 0 {
		first = people[0]
	}
	facts := r.Workspace.Facts(first, a)
	facts.Touches = touches
	out.Limits = r.Workspace.Policy.Usage(facts, governor.ScopeAccount, now)
	return nil
}
