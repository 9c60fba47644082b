package ops

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/governor"
	"github.com/andante-hq/andante/store"
)

// Merged says what became of two contacts who are one.
type Merged struct {
	Keep    andante.ContactID `json:"keep"`
	Drop    andante.ContactID `json:"drop"`
	Name    string            `json:"name"`
	Filled  []string          `json:"filled,omitempty"`  // fields that were empty and are not any more
	Touches int               `json:"touches"`           // that came along, and count with the others
	Ended   []string          `json:"ended,omitempty"`   // sequences of which one of the two runs ended
	Barred  int               `json:"barred"`            // opt-outs and other bars that hold for the one now
	Choice  string            `json:"choice,omitempty"`  // what they chose to get, the stricter of both, in words
	Left    []string          `json:"left,omitempty"`    // evidence of consent that was given at another address, and stays behind
	Account string            `json:"account,omitempty"` // that is gone, for nobody is left in it
}

// ErrSame says that two contacts are the same already.
var ErrSame = errors.New("they are one contact already")

var errNotDone = errors.New("not done")

// Merge makes one contact of two who are the same person: everything of drop becomes keep's. Their
// touches are counted together from then on; what bars one bars both, and of what they chose the
// stricter holds; evidence of consent comes along where it was given at an address that stays. Of
// two runs of a sequence the further goes on. drop's ids and addresses find keep from then on. With
// dryRun nothing is changed. What is just being sent to drop is waited for; see [Ops.Forget].
func (o *Ops) Merge(ctx context.Context, keep, drop andante.ContactID, by string, dryRun bool) (m *Merged, err error) {
	if keep == drop {
		return nil, ErrSame
	}
	merge := func() error {
		return o.Store.Write(ctx, func(tx *store.Tx) error {
			g := &merging{Ops: o, tx: tx, by: by, out: &Merged{Keep: keep, Drop: drop}}
			m = g.out
			find := func() ([]andante.Contact, error) { return tx.Contacts(ctx, []andante.ContactID{keep, drop}) }
			if err := o.changeContacts(ctx, tx, find, func(people []andante.Contact) error { return g.run(ctx, people) }); err != nil {
				return err
			}
			if dryRun {
				return errNotDone
			}
			return nil
		})
	}
	if !dryRun {
		err = whenRecorded(ctx, merge)
		return m, err
	}
	if err := merge(); !errors.Is(err, errNotDone) {
		return nil, err
	}
	return m, nil
}

// merging is one transaction of [Ops.Merge].
type merging struct {
	*Ops
	tx  *store.Tx
	by  string
	out *Merged

	keep, drop       andante.Contact
	account, dropped andante.Account
}

func (g *merging) run(ctx context.Context, people []andante.Contact) error {
	of := byID(people, contactID)
	for _, id := range []andante.ContactID{g.out.Keep, g.out.Drop} {
		if _, ok := of[id]; !ok {
			return fmt.Errorf("contact %s: %w", id, andante.ErrNotFound)
		}
	}
	g.keep, g.drop = of[g.out.Keep], of[g.out.Drop]
	accounts, err := g.tx.Accounts(ctx, unique(people, accountOf))
	if err != nil {
		return err
	}
	byAccount := byID(accounts, accountID)
	g.account, g.dropped = byAccount[g.keep.Account], byAccount[g.drop.Account]
	for _, step := range []func(context.Context) error{g.recall, g.endDoubles, g.consents, g.bars, g.join, g.follow} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

// recall takes back what is with a worker but not sent yet: it knows the contact by its old id.
func (g *merging) recall(ctx context.Context) error {
	all, err := g.tx.TouchesOfContact(ctx, g.drop.ID)
	if err != nil {
		return err
	}
	var back []store.Change
	for _, t := range all {
		was := t.State
		switch was {
		case andante.Attempted:
			return ErrOnItsWay
		case andante.Leased, andante.Claimed:
			t.State = andante.Planned
			t.Free()
			back = append(back, store.Change{Touch: t, Was: was, StateOnly: true})
		}
	}
	g.out.Touches = len(all)
	_, err = g.tx.Change(ctx, back)
	return err
}

// endDoubles ends one of two runs of a sequence, or of an exclusive group: of a sequence the one
// that is not so far, of a group the one that began later.
func (g *merging) endDoubles(ctx context.Context) error {
	all, err := g.tx.EnrollmentsOf(ctx, []andante.ContactID{g.keep.ID, g.drop.ID})
	if err != nil {
		return err
	}
	var running []andante.Enrollment
	for _, x := range all {
		if x.State != andante.EnrollmentFinished {
			running = append(running, x)
		}
	}
	ended := map[andante.EnrollmentID]andante.Enrollment{}
	for _, mine := range running {
		for _, other := range running {
			if mine.Contact != g.keep.ID || other.Contact != g.drop.ID {
				continue
			}
			loser := other
			switch {
			case mine.Sequence == other.Sequence:
				further, err := g.further(ctx, other, mine)
				if err != nil {
					return err
				}
				if further {
					loser = mine
				}
			case mine.Exclusive != "" && mine.Exclusive == other.Exclusive:
				if other.Entered.Before(mine.Entered) {
					loser = mine
				}
			default:
				continue
			}
			ended[loser.ID] = loser
		}
	}
	list := slices.SortedFunc(maps.Values(ended), func(a, b andante.Enrollment) int { return cmp.Compare(a.Sequence, b.Sequence) })
	for _, x := range list {
		g.out.Ended = append(g.out.Ended, x.Sequence)
	}
	return g.endEnrollments(ctx, g.tx, list, andante.ReasonMerged)
}

// further tells whether an enrollment stands at a later step than another of the same sequence.
func (g *merging) further(ctx context.Context, x, than andante.Enrollment) (bool, error) {
	place := func(x andante.Enrollment) (int, error) {
		plan, err := g.Revisions.Plan(ctx, g.tx, x.Plan)
		if err != nil {
			return 0, err
		}
		for i, s := range plan.Steps {
			if s.ID == x.Step {
				return i, nil
			}
		}
		return 0, nil // a calendar has no place
	}
	a, err := place(x)
	if err != nil {
		return false, err
	}
	b, err := place(than)
	return a > b, err
}

// consents leaves behind what was agreed to at an address that does not stay.
func (g *merging) consents(ctx context.Context) error {
	given, err := g.tx.Consents(ctx, []andante.ContactID{g.drop.ID})
	if err != nil {
		return err
	}
	email := g.keep.Email == "" || g.keep.Email == g.drop.Email
	phone := g.keep.Phone == "" || g.keep.Phone == g.drop.Phone
	for _, c := range given {
		stays := email && phone
		switch c.Kind {
		case andante.Email:
			stays = email
		case andante.SMS, andante.Call:
			stays = phone
		case "":
		default:
			stays = true
		}
		if stays {
			continue
		}
		g.out.Left = append(g.out.Left, fmt.Sprintf("%s for %s of %s (%s)", c.Basis, cmp.Or(string(c.Kind), "every kind"), c.At.Format("2 Jan 2006"), c.Source))
		if err := g.tx.DropConsent(ctx, c.ID); err != nil {
			return err
		}
	}
	return nil
}

// bars has what bars the one bar the other, and of what they chose the stricter hold.
func (g *merging) bars(ctx context.Context) error {
	bars, err := g.tx.Suppressions(ctx, []andante.ContactID{g.drop.ID}, g.hashesOf(g.drop))
	if err != nil {
		return err
	}
	bars = slices.Collect(maps.Values(byID(bars, func(s andante.Suppression) andante.SuppressionID { return s.ID }))) // some are found both ways
	slices.SortFunc(bars, func(a, b andante.Suppression) int { return cmp.Compare(a.ID, b.ID) })
	g.out.Barred = len(bars)
	var copies []andante.Suppression
	for _, s := range bars {
		if s.Contact != "" || s.Reason == andante.ReasonAddress { // those come along; a dead mailbox is no wish
			continue
		}
		s.ID, s.Contact, s.Address = andante.NewID[andante.SuppressionID](g.now()), g.keep.ID, ""
		copies = append(copies, s)
	}
	if err := g.tx.AddSuppressions(ctx, copies); err != nil {
		return err
	}
	if g.drop.Choice.IsZero() {
		return nil
	}
	choice := stricter(g.keep.Choice, g.drop.Choice)
	g.out.Choice = choice.String()
	g.keep.Choice = choice
	return g.tx.PutChoice(ctx, g.keep.ID, choice)
}

// stricter returns what is allowed by both of two choices.
func stricter(a, b andante.Choice) andante.Choice {
	if a.IsZero() {
		return b
	}
	c := a
	if b.Max > 0 && (a.Max == 0 || rateOf(b) < rateOf(a)) {
		c.Max, c.Per = b.Max, b.Per
	}
	if b.Pause.After(c.Pause) {
		c.Pause = b.Pause
	}
	both := slices.DeleteFunc(slices.Clone(a.Only), func(k andante.Kind) bool { return !slices.Contains(b.Only, k) })
	switch {
	case len(a.Only) == 0, len(b.Only) > 0 && len(both) == 0 && b.At.After(a.At): // what they said last
		c.Only = b.Only
	case len(both) > 0:
		c.Only = both
	}
	c.Not = slices.Compact(slices.Sorted(slices.Values(slices.Concat(a.Not, b.Not))))
	if b.At.After(a.At) {
		c.At, c.Source = b.At, b.Source
	}
	return c
}

// rateOf is how much a choice allows a day.
func rateOf(c andante.Choice) float64 {
	p, err := governor.ParsePeriod(c.Per)
	if err != nil {
		return 0
	}
	length := p.Length
	if length == 0 {
		length = map[string]time.Duration{"day": 1, "week": 7, "month": 30, "year": 365}[p.Unit] * 24 * time.Hour
	}
	return float64(c.Max) / length.Hours()
}

// join fills what is empty and makes everything of the one the other's.
func (g *merging) join(ctx context.Context) error {
	w, err := g.Workspace(ctx, g.tx)
	if err != nil {
		return err
	}
	was := []string{string(g.drop.ID)}
	fill := func(path string) {
		if value := FieldOf(g.drop, g.dropped, path); value != "" && FieldOf(g.keep, g.account, path) == "" {
			setField(&g.keep, &g.account, path, value)
			g.out.Filled = append(g.out.Filled, path)
		}
	}
	g.keep.Fields, g.account.Fields = maps.Clone(g.keep.Fields), maps.Clone(g.account.Fields)
	for _, f := range slices.Concat(andante.BuiltinFields, w.Config.DeclaredFields()) {
		if f.Noun == "contact" || f.Noun == "account" && strings.HasPrefix(g.dropped.Key, ownAccount) { // another company is another one
			fill(f.Path())
		}
	}
	switch x := g.drop.ExternalID; {
	case g.keep.ExternalID == "":
		g.keep.ExternalID = x
	case x != "":
		was = append(was, store.FormerID(x))
	}
	for _, address := range []struct{ of, now string }{{g.drop.Email, g.keep.Email}, {g.drop.Phone, g.keep.Phone}} {
		if address.of != "" && address.of != address.now {
			was = append(was, string(g.Keys.Hash(address.of)))
		}
	}
	g.keep.ByHand = g.keep.ByHand || g.drop.ByHand
	g.keep.Signals.Join(g.drop.Signals)
	g.account.Signals.Join(g.drop.Signals)
	if err := g.tx.Join(ctx, g.keep, g.drop, was); err != nil { // first: its external id is unique
		return err
	}
	if err := errors.Join(g.tx.PutAccounts(ctx, g.now(), []andante.Account{g.account}), g.putContacts(ctx, g.tx, []andante.Contact{g.keep})); err != nil {
		return err
	}
	if err := g.tx.PutSignals(ctx, []andante.Contact{g.keep}, []andante.Account{g.account}); err != nil {
		return err
	}
	g.out.Name = g.keep.Name()
	left, err := g.tx.Accounts(ctx, []andante.AccountID{g.dropped.ID})
	if err == nil && len(left) == 0 {
		g.out.Account = g.dropped.Name
	}
	return err
}

// follow notes what happened, takes back what may not be done any more, and asks the rules again.
func (g *merging) follow(ctx context.Context) error {
	open, err := g.tx.OpenOf(ctx, []andante.ContactID{g.keep.ID}, nil)
	if err != nil {
		return err
	}
	ids := unique(open, func(t andante.Touch) andante.TouchID { return t.ID })
	if err := errors.Join(g.withdrawBarred(ctx, g.tx, ids), g.withdrawUnwanted(ctx, g.tx, g.keep.ID, g.keep.Choice)); err != nil {
		return err
	}
	e := andante.Event{
		ID: andante.NewID[andante.EventID](g.now()), Contact: g.keep.ID, Account: g.keep.Account, Name: andante.EventMerged, At: g.now(),
		Detail: cmp.Or(g.drop.Name(), g.drop.Email, string(g.drop.ID)) + " is the same, says " + g.by,
	}
	if err := g.Apply(ctx, g.tx, e); err != nil {
		return err
	}
	_, err = g.changed(ctx, g.tx, []andante.Contact{g.keep}, nil)
	return err
}

// standing returns who a contact is now, who may have become one with another since.
func standing(ctx context.Context, tx *store.Tx, id andante.ContactID) (andante.ContactID, error) {
	now, err := tx.Former(ctx, nonEmpty(string(id)))
	return cmp.Or(now[string(id)], id), err
}
