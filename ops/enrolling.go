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
	"github.com/andante-hq/andante/conditions"
	"github.com/andante-hq/andante/sequences"
	"github.com/andante-hq/andante/store"
	"github.com/andante-hq/andante/workspace"
)

// enrolling is one page of contacts on its way into a sequence.
type enrolling struct {
	o        *Ops
	tx       *store.Tx
	r        EnrollRequest
	p        *planner
	q        *sequences.Sequence
	where    *conditions.Condition
	rep      *EnrollReport
	days     *drip
	accounts map[andante.AccountID]andante.Account
	history  map[andante.ContactID][]andante.Enrollment
	barred   map[andante.ContactID][]andante.Suppression
	byHash   map[andante.AddressHash][]andante.Suppression
	consents map[andante.ContactID][]andante.Consent
	active   map[andante.AccountID]int
	starts   map[andante.AccountID]time.Time
	primary  map[andante.AccountID]andante.ContactID
	withheld []bar                      // kinds that the contact in hand may not get
	filled   map[andante.AccountID]bool // somebody of it is on the sequence, where one is enough
	entered  []andante.Enrollment
	touches  []andante.Touch
}

func (o *Ops) enrollPage(ctx context.Context, tx *store.Tx, r EnrollRequest, page []andante.Contact, days *drip) (*EnrollReport, error) {
	e := &enrolling{o: o, tx: tx, r: r, days: days, rep: &EnrollReport{
		Refused: map[andante.Reason]int{}, Barred: map[andante.Reason][]string{}, Lacking: map[string]int{}, Needs: map[string]int{}, Without: map[string]int{},
	}}
	if err := e.load(ctx, &page); err != nil {
		return nil, err
	}
	for _, c := range page {
		if err := e.contact(c); err != nil {
			return nil, err
		}
	}
	if r.DryRun {
		return e.rep, nil
	}
	if r.Once != nil { // it is looked up by its hash, as a published one is
		if err := tx.PutPart(ctx, e.q.Hash, r.Once.Text); err != nil {
			return nil, err
		}
	}
	e.byDue()
	if err := tx.AddEnrollments(ctx, e.entered); err != nil {
		return nil, err
	}
	if err := tx.AddTouches(ctx, e.touches); err != nil || e.q.Purpose != andante.Requested {
		return e.rep, err
	}
	return e.rep, e.noteRequests(ctx)
}

// noteRequests keeps that those who entered asked for something.
func (e *enrolling) noteRequests(ctx context.Context) error {
	var events []andante.Event
	for _, x := range e.entered {
		events = append(events, andante.Event{
			ID: andante.DeriveID[andante.EventID](e.p.seed, e.p.now, "requested", string(x.ID)), Contact: x.Contact, Account: x.Account,
			Name: andante.EventRequested, At: e.p.now, Detail: x.Sequence,
		})
	}
	if err := e.tx.AddEvents(ctx, events); err != nil {
		return err
	}
	for _, ev := range events {
		if err := e.o.deliver(ctx, e.tx, ev); err != nil {
			return err
		}
	}
	return e.o.noteSignals(ctx, e.tx, events)
}

// byDue puts what is added in the order in which it will be due. A database lays rows down
// as they come, and what is leased together then lies together: half as many of its pages
// are written for each mail.
func (e *enrolling) byDue() {
	slices.SortFunc(e.touches, func(a, b andante.Touch) int {
		return cmp.Or(a.Due.Compare(b.Due), cmp.Compare(a.ID, b.ID))
	})
	at := make(map[andante.EnrollmentID]int, len(e.touches))
	for i, t := range e.touches {
		at[t.Enrollment] = i + 1 // those without a touch come first
	}
	slices.SortFunc(e.entered, func(a, b andante.Enrollment) int { return at[a.ID] - at[b.ID] })
}

// load reads everything that the page's decisions rest on, the accounts locked. Where
// others write meanwhile, the page itself too: a contact may have moved since it was read.
func (e *enrolling) load(ctx context.Context, page *[]andante.Contact) (err error) {
	if e.p, err = e.o.planner(ctx, e.tx); err != nil {
		return err
	}
	if e.q, err = e.r.sequence(e.p.w); err != nil {
		return err
	}
	if e.r.Where != "" {
		if e.where, err = e.p.w.Condition(e.r.Where); err != nil {
			return fmt.Errorf("--where: %w", err)
		}
	}
	ids := unique(*page, contactID)
	ofPage := func() []andante.AccountID {
		return unique(*page, accountOf)
	}
	if !e.r.DryRun && e.tx.LocksRows() {
		err := Lock(ctx, e.tx, func() ([]andante.AccountID, error) {
			*page, err = e.tx.Contacts(ctx, ids)
			slices.SortFunc(*page, func(a, b andante.Contact) int { return strings.Compare(string(a.ID), string(b.ID)) })
			return ofPage(), err
		})
		if err != nil {
			return err
		}
	}
	if err := e.match(ctx, page); err != nil {
		return err
	}
	ids = unique(*page, contactID)
	return errors.Join(e.loadPeople(ctx, ids, ofPage()), e.loadBars(ctx, *page, ids))
}

// match leaves those of the page whom the request is about. Nothing more is read of the
// others: a rule is asked about everybody and takes few.
func (e *enrolling) match(ctx context.Context, page *[]andante.Contact) error {
	list, err := e.tx.Accounts(ctx, unique(*page, accountOf))
	if err != nil {
		return err
	}
	e.accounts = byID(list, accountID)
	if e.where == nil && e.r.each == nil {
		return nil
	}
	past := map[andante.ContactID]conditions.History{}
	if e.where != nil && e.where.AsksHistory() {
		if past, err = pastOf(ctx, e.tx, unique(*page, contactID)); err != nil {
			return err
		}
	}
	var fit []andante.Contact
	for _, c := range *page {
		a := e.accounts[c.Account]
		v := e.p.w.Values(c, a, andante.Enrollment{}, workspace.Identity{})
		ok := true
		if e.where != nil {
			if ok, err = e.where.Eval(v, historyOf(e.p.w, past[c.ID], c, a, v, e.p.now)); err != nil {
				return fmt.Errorf("the condition for contact %s: %w", c.ID, err)
			}
		}
		if ok && e.r.each != nil {
			ok = e.r.each.today(e, c, a, v)
		}
		if ok {
			fit = append(fit, c)
		}
	}
	*page = fit
	return nil
}

// historyOf adds to what happened to a contact what it answered, and whether it is qualified.
func historyOf(w *workspace.Workspace, h conditions.History, c andante.Contact, a andante.Account, v andante.Values, now time.Time) conditions.History {
	h.Answered = map[string]string{}
	maps.Copy(h.Answered, a.Fields)
	maps.Copy(h.Answered, c.Fields)
	h.Now, h.Qualified = now, w.Qualified(v)
	return h
}

// pastOf is what happened to contacts, whatever the sequence.
func pastOf(ctx context.Context, tx *store.Tx, ids []andante.ContactID) (map[andante.ContactID]conditions.History, error) {
	events, err := tx.LastEvents(ctx, ids)
	list := map[andante.ContactID]conditions.History{}
	for _, ev := range events {
		h := list[ev.Contact]
		if h.Events == nil {
			h.Events = map[string]time.Time{}
		}
		if ev.At.After(h.Events[ev.Name]) {
			h.Events[ev.Name] = ev.At
		}
		h.Replied, h.Met = h.Replied || ev.Name == andante.EventReplied, h.Met || ev.Name == andante.EventMet
		list[ev.Contact] = h
	}
	return list, err
}

func unknownSequence(w *workspace.Workspace, name string) error {
	return fmt.Errorf("sequence %s: %w in the published workspace; there are %v", name, andante.ErrNotFound, w.Names())
}

func (e *enrolling) loadPeople(ctx context.Context, ids []andante.ContactID, accounts []andante.AccountID) error {
	past, err := e.tx.EnrollmentsOf(ctx, ids)
	if err != nil {
		return err
	}
	e.history = group(past, func(x andante.Enrollment) andante.ContactID { return x.Contact })
	e.active, e.primary, e.filled = map[andante.AccountID]int{}, map[andante.AccountID]andante.ContactID{}, map[andante.AccountID]bool{}
	if e.q.Account.AtOnce > 0 || e.r.Accounts != nil {
		running, err := e.tx.ActiveInAccounts(ctx, e.q.Name, accounts)
		if err != nil {
			return err
		}
		for _, x := range running {
			e.active[x.Account]++
			e.filled[x.Account] = true
		}
		if e.r.Accounts != nil {
			e.rep.Already = len(e.filled)
		}
	}
	if e.q.Account.Apart != nil && len(e.q.Steps) > 0 {
		if e.starts, err = e.tx.LastStarts(ctx, e.q.Name, e.q.Steps[0].ID, accounts); err != nil {
			return err
		}
	}
	if e.q.For != sequences.PrimaryContact {
		return nil
	}
	all, err := e.tx.ContactsOf(ctx, accounts)
	for _, c := range slices.Backward(all) {
		e.primary[c.Account] = c.ID
	}
	return err
}

func (e *enrolling) loadBars(ctx context.Context, page []andante.Contact, ids []andante.ContactID) error {
	var hashes []andante.AddressHash
	for _, c := range page {
		hashes = append(hashes, e.o.Keys.Hash(c.Email), e.o.Keys.Hash(c.Phone))
	}
	hashes = slices.DeleteFunc(hashes, func(h andante.AddressHash) bool { return h == "" })
	bars, err := e.tx.Suppressions(ctx, ids, hashes)
	if err != nil {
		return err
	}
	e.barred = group(bars, func(s andante.Suppression) andante.ContactID { return s.Contact })
	e.byHash = group(bars, func(s andante.Suppression) andante.AddressHash { return s.Address })
	consents, err := e.tx.Consents(ctx, ids)
	e.consents = group(consents, func(c andante.Consent) andante.ContactID { return c.Contact })
	return err
}

func group[T any, K comparable](list []T, key func(T) K) map[K][]T {
	m := map[K][]T{}
	for _, t := range list {
		m[key(t)] = append(m[key(t)], t)
	}
	return m
}
