package worker

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/conditions"
	"github.com/andante-hq/andante/governor"
	"github.com/andante-hq/andante/ops"
	"github.com/andante-hq/andante/sequences"
	"github.com/andante-hq/andante/store"
	"github.com/andante-hq/andante/workspace"
)

// batch is what one chunk of a lease has become so far.
type batch struct {
	w      *workspace.Workspace
	now    time.Time // of the calendar, when it was loaded
	seed   andante.Seed
	items  []*item
	holds  []andante.Hold // on sequences, senders and everything
	agreed []andante.Hold // those of them that the claim has seen
	trials trials         // imports of which the first mails go alone, as they were loaded
	first  []store.Trial  // of the claim: mails that are among the first of their import
	outage store.Outage   // when nobody looked at what was due
}

// item is one touch with everything around it.
type item struct {
	touch      andante.Touch
	contact    andante.Contact
	account    andante.Account
	enrollment andante.Enrollment
	plan       *sequences.Sequence
	step       *sequences.Step // of the plan: timing and rules
	sender     string          // as the touch was loaded
	address    string
	facts      governor.Facts
	candidate  governor.Candidate
	policy     *governor.Policy
	doer       string    // who has to do what it asks of people
	shifted    bool      // its first due time has moved
	counts     time.Time // when it goes: the latest instant at which limits count it
	holds      []andante.Hold
	bars       []andante.Suppression
	consents   []andante.Consent
	history    conditions.History
	earlier    []andante.Touch // of the enrollment
	thread     thread          // the conversation that it goes on with
	texted     bool            // the number had a text message before
	wrote      []string        // senders who wrote to the contact, the last one first; where a group shares the work
	quotes     []store.Quote
	refused    refusals
	had        []string          // nuggets, where the step takes some up
	picker     *workspace.Picker // of what the message takes up; nil: its step asks for none
	review     *store.Review     // what somebody made of the message; nil: nobody has looked at it
	values     andante.Values
	message    rendered
	fate       *fate // nil: it goes on
}

// lands returns when the touch counts that left at an instant.
func (it *item) lands(at time.Time) time.Time { return it.policy.Lands(&it.facts, it.touch.Kind, at) }

// alive returns the items that no pass has stopped.
func (b *batch) alive() []*item {
	var list []*item
	for _, it := range b.items {
		if it.fate == nil {
			list = append(list, it)
		}
	}
	return list
}

// load reads the touches, as they are now, and everything that the other passes
// ask about, in one look at the store. Touches that are no longer leased to this
// worker are left out.
func (r *run) load(ctx context.Context, touches []andante.TouchID) (*batch, error) {
	defer r.timed("load")()
	b := &batch{now: r.clock.Now()}
	return b, r.store.Read(ctx, func(tx *store.Tx) (err error) {
		if b.w, err = r.ops.Workspace(ctx, tx); err != nil {
			return err
		}
		if b.seed, err = tx.Seed(ctx); err != nil {
			return err
		}
		if b.holds, err = tx.WideHolds(ctx); err != nil {
			return err
		}
		if b.outage, err = tx.Outage(ctx); err != nil {
			return err
		}
		fresh, err := tx.Touches(ctx, touches)
		if err != nil {
			return err
		}
		b.items = nil
		return r.loadItems(ctx, tx, b, keep(fresh, func(t andante.Touch) bool {
			return t.State == andante.Leased && t.Lease == r.lease.ID
		}))
	})
}

func (r *run) loadItems(ctx context.Context, tx *store.Tx, b *batch, touches []andante.Touch) error {
	var contacts []andante.ContactID
	var accounts []andante.AccountID
	var enrollments []andante.EnrollmentID
	for _, t := range touches {
		contacts, accounts, enrollments = append(contacts, t.Contact), append(accounts, t.Account), append(enrollments, t.Enrollment)
	}
	people, err := tx.Contacts(ctx, compact(contacts))
	if err != nil {
		return err
	}
	owners, err := tx.Accounts(ctx, compact(accounts))
	if err != nil {
		return err
	}
	running, err := tx.Enrollments(ctx, compact(enrollments))
	if err != nil {
		return err
	}
	byContact, byAccount, byEnrollment := map[andante.ContactID]andante.Contact{}, map[andante.AccountID]andante.Account{}, map[andante.EnrollmentID]andante.Enrollment{}
	for _, c := range people {
		byContact[c.ID] = c
	}
	for _, a := range owners {
		byAccount[a.ID] = a
	}
	for _, e := range running {
		byEnrollment[e.ID] = e
	}
	for _, t := range touches {
		it := &item{touch: t, sender: t.Sender, contact: byContact[t.Contact], account: byAccount[t.Account], enrollment: byEnrollment[t.Enrollment]}
		var err error
		it.fate = alone(andante.ReasonPrepare, func() *fate { err = r.prepareItem(ctx, tx, b, it); return nil })
		if err != nil {
			return err
		}
		b.items = append(b.items, it)
	}
	return r.loadAround(ctx, tx, b, compact(contacts), compact(accounts))
}

func compact[K ~string](keys []K) []K {
	slices.Sort(keys)
	keys = slices.Compact(keys)
	if len(keys) > 0 && keys[0] == "" {
		keys = keys[1:]
	}
	return keys
}

// prepareItem finds the step and what the governor will be asked.
func (r *run) prepareItem(ctx context.Context, tx *store.Tx, b *batch, it *item) error {
	plan, err := r.ops.Revisions.Plan(ctx, tx, it.enrollment.Plan)
	if err != nil {
		return err
	}
	it.plan = plan
	it.step, _ = plan.Step(it.touch.Step)
	it.policy = b.w.Policy
	it.doer = b.w.Config.DoerOf(it.account, it.touch.Sender, b.now)
	it.address = it.contact.AddressFor(it.touch.Kind)
	it.touch.Address = r.ops.Keys.Hash(it.address)
	it.facts = b.w.Facts(it.contact, it.account)
	it.facts.Address = it.touch.Address
	it.candidate = b.w.Candidate(&it.touch, &it.enrollment, plan, it.step, &it.facts, it.doer)
	it.candidate.Holds = r.o.Claim
	return nil
}

// loadAround reads what bars, holds and happened, and hands it to the items.
func (r *run) loadAround(ctx context.Context, tx *store.Tx, b *batch, contacts []andante.ContactID, accounts []andante.AccountID) error {
	keys := make([]string, 0, len(contacts)+len(accounts))
	for _, c := range contacts {
		keys = append(keys, string(c))
	}
	for _, a := range accounts {
		keys = append(keys, string(a))
	}
	rivals, err := r.loadRivals(ctx, tx, b, accounts)
	if err != nil {
		return err
	}
	for _, x := range rivals {
		keys = append(keys, string(x.contact.ID))
	}
	holds, err := tx.NarrowHolds(ctx, compact(keys))
	if err != nil {
		return err
	}
	attachRivals(b, rivals, holds)
	bars, err := barsOn(ctx, tx, b.items)
	if err != nil {
		return err
	}
	consents, err := tx.Consents(ctx, contacts)
	if err != nil {
		return err
	}
	if err := loadPast(ctx, tx, b); err != nil {
		return err
	}
	refused, err := refusalsOf(ctx, tx, b.items)
	if err != nil {
		return err
	}
	if b.trials, err = r.loadTrials(ctx, tx, b.items, false); err != nil {
		return err
	}
	if err := errors.Join(loadReviews(ctx, tx, b.items), loadNuggets(ctx, tx, b)); err != nil {
		return err
	}
	given := by(consents, func(c andante.Consent) andante.ContactID { return c.Contact })
	for _, it := range b.items {
		it.holds = keep(holds, func(h andante.Hold) bool { return h.Covers(it.touch, it.contact) })
		it.bars = keep(bars, it.isBarred)
		it.consents = given[it.contact.ID]
		it.refused = refused[it.touch.ID]
	}
	return r.loadCounted(ctx, tx, b, b.items)
}

// loadReviews finds out which of the messages that wait for a look were looked at.
func loadReviews(ctx context.Context, tx *store.Tx, items []*item) error {
	waiting := map[andante.TouchID]*item{}
	for _, it := range items {
		if it.step != nil && it.step.Review != "" {
			waiting[it.touch.ID] = it
		}
	}
	if len(waiting) == 0 {
		return nil
	}
	list, err := tx.Reviews(ctx, slices.Collect(maps.Keys(waiting)))
	for _, v := range list {
		waiting[v.Touch].review = &v
	}
	return err
}

// loadNuggets finds out what those have had whose step takes nuggets up.
func loadNuggets(ctx context.Context, tx *store.Tx, b *batch) error {
	taking := map[andante.ContactID][]*item{}
	for _, it := range b.items {
		if it.step == nil {
			continue
		}
		if _, s, ok := it.words(b.w); ok && len(s.Topics) > 0 {
			taking[it.contact.ID] = append(taking[it.contact.ID], it)
		}
	}
	if len(taking) == 0 {
		return nil
	}
	list, err := tx.NuggetsOf(ctx, slices.Collect(maps.Keys(taking)))
	for _, n := range list {
		for _, it := range taking[n.Contact] {
			if n.Touch != it.touch.ID { // an earlier claim of this touch may have taken it
				it.had = append(it.had, n.Nugget)
			}
		}
	}
	return err
}

// by groups a list by a key.
func by[T any, K comparable](list []T, key func(T) K) map[K][]T {
	m := make(map[K][]T, len(list))
	for _, t := range list {
		m[key(t)] = append(m[key(t)], t)
	}
	return m
}

// isBarred tells whether a suppression is about the contact or the address.
func (it *item) isBarred(s andante.Suppression) bool {
	return s.Contact != "" && s.Contact == it.contact.ID || s.Address != "" && s.Address == it.touch.Address
}

// barsOn reads what bars the contacts and addresses of some touches.
func barsOn(ctx context.Context, tx *store.Tx, items []*item) ([]andante.Suppression, error) {
	var contacts []andante.ContactID
	var addresses []andante.AddressHash
	for _, it := range items {
		contacts, addresses = append(contacts, it.contact.ID), append(addresses, it.touch.Address)
	}
	return tx.Suppressions(ctx, compact(contacts), compact(addresses))
}

// movedAccounts returns the accounts of the items that have changed since they
// were loaded. They must be locked.
func movedAccounts(ctx context.Context, tx *store.Tx, items []*item) (map[andante.AccountID]bool, error) {
	var ids []andante.AccountID
	for _, it := range items {
		ids = append(ids, it.account.ID)
	}
	version, err := tx.Versions(ctx, compact(ids))
	if err != nil {
		return nil, err
	}
	moved := map[andante.AccountID]bool{}
	for _, it := range items {
		if v, ok := version[it.account.ID]; !ok || v != it.account.Version {
			moved[it.account.ID] = true
		}
	}
	return moved, nil
}

// lockAccountsOf locks the accounts that touches belong to now: a contact may have
// moved to another one since they were loaded.
func lockAccountsOf(ctx context.Context, tx *store.Tx, ids []andante.TouchID) error {
	if !tx.LocksRows() {
		return nil
	}
	return ops.Lock(ctx, tx, func() ([]andante.AccountID, error) { return tx.AccountsOfTouches(ctx, ids) })
}

func keep[T any](list []T, f func(T) bool) []T {
	var kept []T
	for _, t := range list {
		if f(t) {
			kept = append(kept, t)
		}
	}
	return kept
}

func (b *batch) addresses() []andante.AddressHash {
	var list []andante.AddressHash
	for _, it := range b.items {
		list = append(list, it.touch.Address)
	}
	return compact(list)
}

// words returns the sequence and step whose texts the touch gets.
func (it *item) words(w *workspace.Workspace) (*sequences.Sequence, *sequences.Step, bool) {
	return ops.Words(w, it.plan, it.touch.Step)
}
