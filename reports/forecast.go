package reports

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/calendar"
	"github.com/andante-hq/andante/governor"
	"github.com/andante-hq/andante/sequences"
	"github.com/andante-hq/andante/store"
)

// A Forecast is what is to go out in a span of time, if nobody replies, leaves or is
// added: the governor is asked about every touch in turn, and the steps that follow
// within the span are taken along. Conditions and missing fields are not asked. What waits
// for its sender now goes when that is free; the days after that on which more is due than
// a sender sends are told, and nothing is moved for them.
type Forecast struct {
	Until  time.Time       `json:"until"`
	Going  []ForecastCount `json:"going"`   // by day, sequence and step
	Over   []OverPace      `json:"over"`    // days on which more is due than a sender sends
	PutOff int             `json:"put_off"` // due in the span, but beyond it for want of a place, or on hold
}

// A ForecastCount is how many touches of a step go out on a day of the company's
// zone.
type ForecastCount struct {
	Date     string       `json:"date"` // 2026-01-31
	Sequence string       `json:"sequence"`
	Step     string       `json:"step"`
	Kind     andante.Kind `json:"kind"`
	N        int          `json:"n"`
}

// newForecaster foresees what goes out between two instants: load reads, play plays.
func (r *Reports) newForecaster(from, to time.Time) *forecaster {
	return &forecaster{r: r, now: from, to: to, counts: map[ForecastCount]int{}, sentTo: map[andante.AddressHash][]governor.Touch{}}
}

// play decides about one account after the other.
func (f *forecaster) play() *Forecast {
	for _, id := range slices.Sorted(maps.Keys(f.waiting)) {
		f.account(id)
	}
	out := &Forecast{Until: f.to, PutOff: f.putOff, Going: []ForecastCount{}, Over: f.paces.over()}
	for c, n := range f.counts {
		c.N = n
		out.Going = append(out.Going, c)
	}
	slices.SortFunc(out.Going, func(a, b ForecastCount) int {
		return cmp.Or(strings.Compare(a.Date, b.Date), strings.Compare(a.Sequence, b.Sequence), strings.Compare(a.Step, b.Step))
	})
	return out
}

type forecaster struct {
	r       *Reports
	now, to time.Time
	home    *time.Location
	seed    andante.Seed

	waiting     map[andante.AccountID][]andante.Touch
	contacts    map[andante.ContactID]andante.Contact
	accounts    map[andante.AccountID]andante.Account
	enrollments map[andante.EnrollmentID]andante.Enrollment
	plans       map[string]*sequences.Sequence // by hash, of these enrollments
	holds       []andante.Hold
	counted     map[andante.AccountID][]governor.Touch
	sentTo      map[andante.AddressHash][]governor.Touch

	counts map[ForecastCount]int
	putOff int
	paces  *paces

	watched *watch // the contact whose touches are told; nil: nobody's
}

// due reads what waits: everything, or that of the account of the contact that is watched.
func (f *forecaster) due(ctx context.Context, tx *store.Tx) ([]andante.Touch, error) {
	if f.watched == nil {
		return tx.DueBefore(ctx, f.to)
	}
	running, err := tx.ActiveInAccounts(ctx, "", []andante.AccountID{f.watched.account})
	if err != nil {
		return nil, err
	}
	var ids []andante.EnrollmentID
	for _, e := range running {
		ids = append(ids, e.ID)
	}
	coming, err := tx.ComingOf(ctx, ids, f.to)
	if err != nil {
		return nil, err
	}
	theirs, err := tx.TouchesOfContact(ctx, f.watched.contact)
	for _, t := range theirs {
		if t.State == andante.Open || t.State == andante.Review {
			coming = append(coming, t)
		}
	}
	return coming, err
}

func (f *forecaster) load(ctx context.Context, tx *store.Tx) (err error) {
	f.home = f.r.Workspace.Config.Home()
	if f.seed, err = tx.Seed(ctx); err != nil {
		return err
	}
	if f.holds, err = tx.AllHolds(ctx); err != nil {
		return err
	}
	if f.paces, err = f.r.loadPaces(ctx, tx, f.now); err != nil {
		return err
	}
	due, err := f.due(ctx, tx)
	if err != nil {
		return err
	}
	f.waiting = map[andante.AccountID][]andante.Touch{}
	contacts, enrollments := map[andante.ContactID]bool{}, map[andante.EnrollmentID]bool{}
	for _, t := range due {
		f.waiting[t.Account] = append(f.waiting[t.Account], t)
		contacts[t.Contact], enrollments[t.Enrollment] = true, true
	}
	people, err := tx.Contacts(ctx, slices.Sorted(maps.Keys(contacts)))
	if err != nil {
		return err
	}
	ids := slices.Sorted(maps.Keys(f.waiting))
	accounts, err := tx.Accounts(ctx, ids)
	if err != nil {
		return err
	}
	running, err := tx.Enrollments(ctx, slices.Sorted(maps.Keys(enrollments)))
	if err != nil {
		return err
	}
	f.contacts, f.accounts, f.enrollments = map[andante.ContactID]andante.Contact{}, map[andante.AccountID]andante.Account{}, map[andante.EnrollmentID]andante.Enrollment{}
	for _, c := range people {
		f.contacts[c.ID] = c
	}
	for _, a := range accounts {
		f.accounts[a.ID] = a
	}
	f.plans = map[string]*sequences.Sequence{}
	for _, e := range running {
		f.enrollments[e.ID] = e
		if f.r.Plan == nil || f.plans[e.Plan] != nil {
			continue
		}
		if f.plans[e.Plan], err = f.r.Plan(ctx, tx, e.Plan); err != nil {
			return err
		}
	}
	return f.loadCounted(ctx, tx, ids, people)
}

// loadCounted reads the touches that fill limits.
func (f *forecaster) loadCounted(ctx context.Context, tx *store.Tx, accounts []andante.AccountID, people []andante.Contact) error {
	policy := f.r.Workspace.Policy
	var addresses []andante.AddressHash
	if policy.ByAddress() {
		for _, c := range people {
			addresses = append(addresses, f.r.hashes(c)...)
		}
	}
	horizon := policy.Horizon()
	for _, c := range people {
		facts := f.facts(andante.Touch{Contact: c.ID, Account: c.Account}, f.now)
		for _, own := range facts.Own {
			horizon = max(horizon, own.Reach())
		}
	}
	past, err := tx.Counted(ctx, f.now.Add(-horizon), accounts, addresses)
	f.counted = map[andante.AccountID][]governor.Touch{}
	for _, c := range past {
		f.count(pastTouch(c, f.now))
	}
	return err
}

// pastTouch is what the governor sees of a counted touch: one that is on its way, or
// somebody's task, counts now.
func pastTouch(c store.Counted, now time.Time) governor.Touch {
	at := c.At
	if c.Pending && now.After(at) {
		at = now
	}
	return governor.Touch{
		ID: c.ID, Contact: c.Contact, Account: c.Account, Address: c.Address, Kind: c.Kind, Purpose: c.Purpose, At: at,
		Waiting: c.Waiting, Introduction: c.Introduction, Unanswered: c.Unanswered,
	}
}

// count notes a touch that takes its place in the limits.
func (f *forecaster) count(t governor.Touch) {
	f.counted[t.Account] = append(f.counted[t.Account], t)
	if t.Address != "" {
		f.sentTo[t.Address] = append(f.sentTo[t.Address], t)
	}
}

// account plays the touches of one account in the order in which they are due.
func (f *forecaster) account(id andante.AccountID) {
	queue := f.waiting[id]
	for len(queue) > 0 {
		slices.SortFunc(queue, func(a, b andante.Touch) int {
			return cmp.Or(a.Due.Compare(b.Due), cmp.Compare(a.Priority, b.Priority), cmp.Compare(a.ID, b.ID))
		})
		t := queue[0]
		queue = queue[1:]
		if next, ok := f.touch(t, queue); ok {
			queue = append(queue, next)
		}
		if f.watched != nil && f.watched.enough() {
			return
		}
	}
}

// touch decides about one touch beside those that wait with it, and returns what is then
// to be looked at: itself, put off, or the step that follows.
func (f *forecaster) touch(t andante.Touch, waiting []andante.Touch) (andante.Touch, bool) {
	open := t.State == andante.Open || t.State == andante.Review
	if open {
		f.watched.opened(t)
	}
	q, s := f.step(t)
	if s == nil {
		return t, false
	}
	at := t.Due
	if at.Before(f.now) {
		at = f.now
	}
	if open { // as if it were over now
		facts := f.facts(t, at)
		return f.following(t, q, s, &facts, at)
	}
	if hold, until, held := f.held(t, at); held {
		catchesUp := !hold.DropStale && s.On == "" // a day does not move
		if !catchesUp && !hold.Until.IsZero() {
			until = hold.Until
		}
		e := andante.Evidence{Rule: string(hold.Scope), Scope: hold.Author, Detail: hold.Reason}
		told := until
		if hold.Until.IsZero() {
			told = time.Time{} // nobody knows
		}
		f.watched.putOff(t, at, andante.Verdict{Action: andante.Defer, Reason: andante.ReasonHeld, Until: told, Evidence: e})
		if catchesUp {
			t.FirstDue = t.FirstDue.Add(until.Sub(at)) // its valid_for moves along
		}
		t.Due = until
		return f.later(t)
	}
	if free := f.paces.free[store.Lane{Kind: t.Kind, Sender: t.Sender}]; at.Before(free) {
		f.watched.putOff(t, at, andante.Verdict{Action: andante.Defer, Reason: andante.ReasonThrottled, Until: free, Evidence: andante.Evidence{Detail: "sender " + t.Sender}})
		t.Due = free
		return f.later(t)
	}
	facts := f.facts(t, at)
	if v, barred := f.barred(t, &facts); barred {
		f.watched.skips(t, at, v)
		return f.following(t, q, s, &facts, at)
	}
	c := f.candidate(t, q, s, &facts)
	facts.Rivals = f.rivals(waiting, at)
	v := f.r.Workspace.Policy.Decide(facts, c, at)
	over := v.Reason != andante.ReasonYielded && slices.Contains(governor.OverLimit, v.Barrier)
	switch {
	case v.Action == andante.Go:
		f.watched.goes(t, at, f.takesTime(t.Kind, s))
		f.paces.goes(t, at)
		f.counts[ForecastCount{Date: at.In(f.home).Format(time.DateOnly), Sequence: t.Sequence, Step: t.Step, Kind: t.Kind}]++
		f.count(governor.Touch{
			ID: t.ID, Contact: t.Contact, Account: t.Account, Address: facts.Address, Kind: t.Kind, Purpose: t.Purpose,
			At: f.r.Workspace.Policy.Lands(&facts, t.Kind, at), Introduction: s.Introduction,
		})
	case over && s.OverLimit.Do == "end":
		f.watched.skips(t, at, v)
		return t, false
	case over && s.OverLimit.Do == "switch" && t.Kind == s.Kind:
		f.watched.putOff(t, at, v)
		t.Kind, t.Due = s.OverLimit.Kind, at
		return f.later(t)
	case v.Action == andante.Defer && !(over && s.OverLimit.Do == "skip"):
		f.watched.putOff(t, at, v)
		if v.Reason == andante.ReasonYielded {
			t.Yielded++
		}
		t.Due = v.Until
		return f.later(t)
	default:
		f.watched.skips(t, at, v)
	}
	return f.following(t, q, s, &facts, at)
}

// facts is what is known of the contact of a touch.
func (f *forecaster) facts(t andante.Touch, at time.Time) governor.Facts {
	c := f.contacts[t.Contact]
	facts := f.r.Workspace.Facts(c, f.accounts[t.Account])
	facts.Address = f.address(c, t.Kind)
	facts.Touches = f.touches(t.Account, facts.Address)
	for _, h := range f.holds {
		if l, ok := governor.Allowed(h); ok && h.Covers(t, f.contacts[t.Contact]) && h.Holds(at) {
			facts.Own = append(facts.Own, l)
		}
	}
	return facts
}

func (f *forecaster) candidate(t andante.Touch, q *sequences.Sequence, s *sequences.Step, facts *governor.Facts) governor.Candidate {
	e := f.enrollments[t.Enrollment]
	return f.r.Workspace.Candidate(&t, &e, q, s, facts, f.r.Workspace.Config.DoerOf(f.accounts[t.Account], t.Sender, f.now))
}

// fewRivals is how many touches are looked at that may want the same place: as many as the
// governor looks at, and some that it leaves out.
const fewRivals = 40

// rivals are the others of the account that wait for a time within the look-ahead, the
// first first.
func (f *forecaster) rivals(waiting []andante.Touch, at time.Time) (list []governor.Rival) {
	ahead := f.r.Workspace.Policy.LookAhead
	if ahead.IsZero() {
		return nil
	}
	until := ahead.From(at, time.UTC, nil).Add(24 * time.Hour)
	for _, w := range waiting { // by when they are due
		if w.Due.After(until) || len(list) == fewRivals {
			break
		}
		if r, ok := f.rival(w); ok {
			list = append(list, r)
		}
	}
	return list
}

// rival is another touch of the account that waits.
func (f *forecaster) rival(t andante.Touch) (governor.Rival, bool) {
	q, s := f.step(t)
	if _, known := f.contacts[t.Contact]; s == nil || !known {
		return governor.Rival{}, false
	}
	if _, _, held := f.held(t, f.now); held {
		return governor.Rival{}, false
	}
	facts := f.facts(t, f.now)
	return governor.Rival{Candidate: f.candidate(t, q, s, &facts), Facts: &facts, Next: t.Due}, true
}

// step finds the step in the plan that the contact entered by.
func (f *forecaster) step(t andante.Touch) (*sequences.Sequence, *sequences.Step) {
	q := f.plans[f.enrollments[t.Enrollment].Plan]
	if q == nil {
		q = f.r.Workspace.Sequences[t.Sequence]
	}
	if q == nil || t.Kind == andante.Decide {
		return q, nil
	}
	s, _ := q.Step(t.Step)
	return q, s
}

// held tells which hold stops the touch, if one does, and until when; a hold without an end
// outlasts the span.
func (f *forecaster) held(t andante.Touch, at time.Time) (by andante.Hold, until time.Time, held bool) {
	for _, h := range f.holds {
		switch {
		case !h.Covers(t, f.contacts[t.Contact]) || !h.Holds(at) || h.Allow != "":
		case h.Until.IsZero():
			return h, f.to, true
		case h.DropStale:
			return h, h.Until, true
		default: // as much later as the hold lasts
			zone := f.r.Workspace.Facts(f.contacts[t.Contact], f.accounts[t.Account]).Zones[0]
			return h, calendar.ByLength(h.Until.Sub(h.From)).From(at, zone, nil), true
		}
	}
	return by, until, false
}

// barred tells whether the contact that is watched may not get a touch: for want of consent, or
// by a suppression.
func (f *forecaster) barred(t andante.Touch, facts *governor.Facts) (v andante.Verdict, barred bool) {
	if f.watched == nil || t.Contact != f.watched.contact {
		return v, false
	}
	v.Action = andante.Skip
	for _, s := range f.watched.bars {
		if s.Covers(t.Kind, t.Purpose) && (s.Contact == t.Contact || s.Address == facts.Address) {
			v.Reason, v.Evidence = andante.ReasonSuppressed, andante.Evidence{Rule: string(s.Reason), Detail: s.Source}
			return v, true
		}
	}
	ok, needed := f.r.Workspace.Consent.Allows(t.Kind, t.Purpose, facts.Country, facts.Tier, f.watched.consents, f.now)
	if ok {
		return v, false
	}
	v.Reason, v.Evidence = andante.ReasonNoConsent, andante.Evidence{Detail: fmt.Sprintf("%s needs one of %v", t.Kind, needed)}
	return v, true
}

// takesTime tells whether people have to do something before a step is over that is sent, or
// before it can be.
func (f *forecaster) takesTime(k andante.Kind, s *sequences.Step) bool {
	return k.ByHuman() || s.Review != "" || k.Mailed() && f.r.Workspace.Config.Channels.Cards.Driver == "print"
}

// later keeps a touch that was put off if it still falls into the span.
func (f *forecaster) later(t andante.Touch) (andante.Touch, bool) {
	if t.Due.Before(f.to) {
		return t, true
	}
	f.putOff++
	return t, false
}

// following plans the step after one that is settled, if it falls into the span.
func (f *forecaster) following(t andante.Touch, q *sequences.Sequence, s *sequences.Step, facts *governor.Facts, at time.Time) (andante.Touch, bool) {
	i := q.Index(s.ID) + 1
	if i >= len(q.Steps) || q.Steps[i].After == nil {
		return t, false
	}
	next := &q.Steps[i]
	due, ok := next.Due(at, f.r.Workspace.Hours(facts, q, next), facts.Holidays, f.seed.Minute(t.Sequence, t.Contact, next.ID))
	if !ok || !due.Before(f.to) {
		return t, false
	}
	first, _, _ := t.ID.Following()
	t.ID = andante.FollowingID(first, next.ID)
	t.State = andante.Planned
	t.Step, t.Kind, t.Due, t.FirstDue, t.Yielded = next.ID, next.Kind, due, due, 0
	return t, true
}

func (f *forecaster) address(c andante.Contact, k andante.Kind) andante.AddressHash {
	if address := c.AddressFor(k); address != "" && f.r.Hash != nil {
		return f.r.Hash(address)
	}
	return ""
}

// touches returns those of the account and those to the address.
func (f *forecaster) touches(id andante.AccountID, address andante.AddressHash) []governor.Touch {
	list := f.counted[id]
	for _, t := range f.sentTo[address] {
		if t.Account != id {
			list = append(slices.Clip(list), t)
		}
	}
	return list
}
