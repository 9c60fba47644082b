package ops

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/conditions"
	"github.com/andante-hq/andante/sequences"
	"github.com/andante-hq/andante/store"
	"github.com/andante-hq/andante/workspace"
)

// EnrollRequest says who shall enter a sequence.
type EnrollRequest struct {
	Sequence string
	Where    string // a condition; empty: everybody
	PerDay   int    // at most so many begin on a day; 0: all at once
	DryRun   bool   // look, and change nothing
	// Progress, if set, is called after each page with the contacts seen.
	Progress func(seen int)
}

// EnrollReport says what came of it.
type EnrollReport struct {
	Sequence string                 `json:"sequence"`
	Seen     int                    `json:"seen"`
	Matched  int                    `json:"matched"`
	Entered  int                    `json:"entered"`
	Refused  map[andante.Reason]int `json:"refused"`
	Needs    map[string]int         `json:"needs,omitempty"` // consent: what the barred would have needed
	Lacking  map[string]int         `json:"lacking,omitempty"`
	HeldOut  int                    `json:"held_out,omitempty"`
	First    time.Time              `json:"first"`
	Last     time.Time              `json:"last"`
}

const enrollPage = 500

// Enroll enters every contact that matches and may enter, a page of contacts in
// each transaction. It may be run again: nobody enters twice.
func (o *Ops) Enroll(ctx context.Context, r EnrollRequest) (*EnrollReport, error) {
	rep := &EnrollReport{Sequence: r.Sequence, Refused: map[andante.Reason]int{}, Lacking: map[string]int{}, Needs: map[string]int{}}
	for after := andante.ContactID(""); ; {
		var page []andante.Contact
		var got *EnrollReport
		run := o.Store.Write
		if r.DryRun {
			run = o.Store.Read
		}
		err := run(ctx, func(tx *store.Tx) (err error) {
			if page, err = tx.ContactsAfter(ctx, after, enrollPage); err != nil {
				return err
			}
			got, err = o.enrollPage(ctx, tx, r, page, rep.Entered)
			return err
		})
		if err != nil {
			return rep, err
		}
		rep.add(got)
		rep.Seen += len(page)
		if r.Progress != nil {
			r.Progress(rep.Seen)
		}
		if len(page) < enrollPage {
			return rep, nil
		}
		after = page[len(page)-1].ID
	}
}

func (r *EnrollReport) add(p *EnrollReport) {
	r.Matched += p.Matched
	r.Entered += p.Entered
	r.HeldOut += p.HeldOut
	for k, n := range p.Refused {
		r.Refused[k] += n
	}
	for k, n := range p.Lacking {
		r.Lacking[k] += n
	}
	for k, n := range p.Needs {
		r.Needs[k] += n
	}
	if r.First.IsZero() || !p.First.IsZero() && p.First.Before(r.First) {
		r.First = p.First
	}
	if p.Last.After(r.Last) {
		r.Last = p.Last
	}
}

// enrolling is one page of contacts on its way into a sequence.
type enrolling struct {
	o        *Ops
	tx       *store.Tx
	r        EnrollRequest
	p        *planner
	q        *sequences.Sequence
	where    *conditions.Condition
	rep      *EnrollReport
	before   int // entered on earlier pages
	accounts map[andante.AccountID]andante.Account
	history  map[andante.ContactID][]andante.Enrollment
	barred   map[andante.ContactID][]andante.Suppression
	byHash   map[andante.AddressHash][]andante.Suppression
	consents map[andante.ContactID][]andante.Consent
	active   map[andante.AccountID]int
	starts   map[andante.AccountID]time.Time
	primary  map[andante.AccountID]andante.ContactID
	entered  []andante.Enrollment
	touches  []andante.Touch
}

func (o *Ops) enrollPage(ctx context.Context, tx *store.Tx, r EnrollRequest, page []andante.Contact, before int) (*EnrollReport, error) {
	e := &enrolling{o: o, tx: tx, r: r, before: before, rep: &EnrollReport{
		Refused: map[andante.Reason]int{}, Lacking: map[string]int{}, Needs: map[string]int{},
	}}
	if err := e.load(ctx, page); err != nil {
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
	if err := tx.AddEnrollments(ctx, e.entered); err != nil {
		return nil, err
	}
	return e.rep, tx.AddTouches(ctx, e.touches)
}

// load reads everything that the page's decisions rest on, the accounts locked.
func (e *enrolling) load(ctx context.Context, page []andante.Contact) (err error) {
	if e.p, err = e.o.planner(ctx, e.tx); err != nil {
		return err
	}
	var ok bool
	if e.q, ok = e.p.w.Sequences[e.r.Sequence]; !ok {
		return unknownSequence(e.p.w, e.r.Sequence)
	}
	if e.r.Where != "" {
		if e.where, err = e.p.w.Condition(e.r.Where); err != nil {
			return fmt.Errorf("--where: %w", err)
		}
	}
	ids := unique(page, contactID)
	accounts := unique(page, func(c andante.Contact) andante.AccountID { return c.Account })
	if !e.r.DryRun {
		if err := e.tx.LockAccounts(ctx, accounts); err != nil {
			return err
		}
	}
	return errors.Join(e.loadPeople(ctx, ids, accounts), e.loadBars(ctx, page, ids))
}

func unknownSequence(w *workspace.Workspace, name string) error {
	return fmt.Errorf("sequence %s: %w in the published workspace; there are %v", name, andante.ErrNotFound, w.Names())
}

func (e *enrolling) loadPeople(ctx context.Context, ids []andante.ContactID, accounts []andante.AccountID) error {
	list, err := e.tx.Accounts(ctx, accounts)
	if err != nil {
		return err
	}
	e.accounts = byID(list, accountID)
	past, err := e.tx.EnrollmentsOf(ctx, ids)
	if err != nil {
		return err
	}
	e.history = group(past, func(x andante.Enrollment) andante.ContactID { return x.Contact })
	e.active, e.primary = map[andante.AccountID]int{}, map[andante.AccountID]andante.ContactID{}
	if e.q.Account.AtOnce > 0 {
		running, err := e.tx.ActiveInAccounts(ctx, e.q.Name, accounts)
		if err != nil {
			return err
		}
		for _, x := range running {
			e.active[x.Account]++
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

// contact enters one contact or notes why not.
func (e *enrolling) contact(c andante.Contact) error {
	a := e.accounts[c.Account]
	v := e.p.w.Values(c, a, andante.Enrollment{}, workspace.Identity{})
	if e.where != nil {
		ok, err := e.where.Eval(v, conditions.History{Now: e.p.now})
		if err != nil {
			return fmt.Errorf("--where for contact %s: %w", c.ID, err)
		}
		if !ok {
			return nil
		}
	}
	e.rep.Matched++
	if reason := e.refusal(c, a); reason != "" {
		e.rep.Refused[reason]++
		return nil
	}
	e.noteLacking(v)
	return e.enter(c, a)
}

// refusal returns the reason why the contact may not enter; empty if it may.
func (e *enrolling) refusal(c andante.Contact, a andante.Account) andante.Reason {
	switch {
	case e.q.Retired:
		return andante.ReasonRetired
	case len(e.q.Personas) > 0 && !slices.Contains(e.q.Personas, c.Persona):
		return andante.ReasonWrongPersona
	case len(e.q.Stages) > 0 && !slices.Contains(e.q.Stages, a.StageOf(c)):
		return andante.ReasonWrongStage
	case e.q.For == sequences.PrimaryContact && e.primary[a.ID] != c.ID:
		return andante.ReasonNotPrimary
	}
	if reason := e.refusedByHistory(c); reason != "" {
		return reason
	}
	if reason := e.refusedByBars(c, a); reason != "" {
		return reason
	}
	if e.q.Account.AtOnce > 0 && e.active[a.ID] >= e.q.Account.AtOnce {
		return andante.ReasonAtOnce
	}
	return ""
}

func (e *enrolling) refusedByHistory(c andante.Contact) andante.Reason {
	for _, x := range e.history[c.ID] {
		live := x.State != andante.EnrollmentFinished
		switch {
		case x.Sequence == e.q.Name && live:
			return andante.ReasonAlready
		case x.Sequence == e.q.Name && e.q.Reenter == nil:
			return andante.ReasonReenter
		case x.Sequence == e.q.Name && e.p.now.Before(e.q.Reenter.From(x.Finished, time.UTC, nil)):
			return andante.ReasonReenter
		case live && e.q.Exclusive != "" && x.Exclusive == e.q.Exclusive:
			return andante.ReasonExclusive
		}
	}
	return ""
}

// refusedByBars bars those who may not get any of the sequence's kinds.
func (e *enrolling) refusedByBars(c andante.Contact, a andante.Account) andante.Reason {
	var reason andante.Reason
	facts := e.p.w.Facts(c, a)
	for _, s := range e.q.Steps {
		if s.Kind == andante.Decide {
			continue
		}
		why, needed := e.barredFrom(s.Kind, c, facts.Country, a.Tier)
		if why == "" {
			return ""
		}
		if reason = why; why == andante.ReasonNoConsent {
			e.rep.Needs[fmt.Sprintf("%s in %s: one of %v", s.Kind, orUnknown(facts.Country), needed)]++
		}
	}
	return reason
}

func orUnknown(country string) string {
	if country == "" {
		return "an unknown country"
	}
	return country
}

func (e *enrolling) barredFrom(k andante.Kind, c andante.Contact, country, tier string) (andante.Reason, []workspace.Need) {
	bars := slices.Concat(e.barred[c.ID], e.byHash[e.o.Keys.Hash(c.AddressFor(k))])
	if slices.ContainsFunc(bars, func(s andante.Suppression) bool { return s.Covers(k, e.q.Purpose) }) {
		return andante.ReasonSuppressed, nil
	}
	ok, needed := e.p.w.Consent.Allows(k, e.q.Purpose, country, tier, e.consents[c.ID], e.p.now)
	if !ok {
		return andante.ReasonNoConsent, needed
	}
	return "", nil
}

// noteLacking counts the fields that steps need and the contact lacks.
func (e *enrolling) noteLacking(v andante.Values) {
	lacking := map[string]bool{}
	for _, s := range e.q.Steps {
		for _, path := range s.Needs {
			lacking[path] = lacking[path] || v.Empty(path)
		}
	}
	for path, empty := range maps.All(lacking) {
		if empty {
			e.rep.Lacking[path]++
		}
	}
}

// enter writes the enrollment and its first touch.
func (e *enrolling) enter(c andante.Contact, a andante.Account) error {
	times := 0
	for _, x := range e.history[c.ID] {
		if x.Sequence == e.q.Name {
			times++
		}
	}
	en := andante.Enrollment{
		ID:      andante.DeriveID[andante.EnrollmentID](e.p.seed, e.p.now, "enrollment", e.q.Name, string(c.ID), strconv.Itoa(times)),
		Contact: c.ID, Account: a.ID, Sequence: e.q.Name, Plan: e.q.Hash, State: andante.EnrollmentActive,
		Exclusive: e.q.Exclusive, Entered: e.p.now,
	}
	en.Variant, en.HeldOut = draw(e.q.Test, e.p.seed, en.ID)
	if en.HeldOut {
		en.State, en.Reason, en.Finished = andante.EnrollmentFinished, andante.ReasonHeldOut, e.p.now
		e.entered = append(e.entered, en)
		e.rep.HeldOut++
		return nil
	}
	from := e.p.now
	if e.r.PerDay > 0 {
		from = from.AddDate(0, 0, (e.before+e.rep.Entered)/e.r.PerDay)
	}
	if last, ok := e.starts[a.ID]; ok {
		facts := e.p.w.Facts(c, a)
		if apart := e.q.Account.Apart.From(last, facts.Zones[0], facts.Holidays); apart.After(from) {
			from = apart
		}
	}
	t, ok := e.p.touch(en, c, a, e.q, 0, from)
	if !ok {
		e.rep.Refused[andante.ReasonNoRoom]++
		return nil
	}
	en.Step = t.Step
	if e.starts != nil {
		e.starts[a.ID] = t.FirstDue
	}
	e.active[a.ID]++
	e.entered, e.touches = append(e.entered, en), append(e.touches, t)
	e.rep.Entered++
	e.rep.span(t.Due)
	return nil
}

func (r *EnrollReport) span(due time.Time) {
	if r.First.IsZero() || due.Before(r.First) {
		r.First = due
	}
	if due.After(r.Last) {
		r.Last = due
	}
}

// draw picks the side of a test by hash, so that it is the same on every machine.
func draw(t *sequences.Test, seed andante.Seed, id andante.EnrollmentID) (variant string, heldOut bool) {
	if t == nil {
		return "", false
	}
	if seed.Fraction("hold-out", string(id)) < t.HoldOut {
		return "", true
	}
	total := 0
	for _, v := range t.Variants {
		total += v.Weight
	}
	at := seed.Fraction("variant", string(id)) * float64(total)
	for _, v := range t.Variants {
		if at -= float64(v.Weight); at < 0 {
			return v.Name, false
		}
	}
	return "", false
}
