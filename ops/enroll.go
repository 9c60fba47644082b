package ops

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/sequences"
	"github.com/andante-hq/andante/store"
	"github.com/andante-hq/andante/workspace"
)

// EnrollRequest says who shall enter a sequence.
type EnrollRequest struct {
	Sequence string
	Where    string // a condition; empty: everybody
	PerDay   int    // at most so many begin on a day; 0: all at once
	// Accounts, if set, are those of each of which one contact enters, the first that may,
	// not before an instant; the zero time: at once.
	Accounts map[andante.AccountID]time.Time
	Cause    string // what they begin with; empty: by hand
	DryRun   bool   // look, and change nothing
	Name     int    // how many of those who may not are named for each reason; 0: a few
	Once     *Once  // instead of a published sequence: Sequence is its name
	// Progress, if set, is called after each page with the contacts seen.
	Progress func(seen int)

	each *yearlyEntry // instead of Where: those whose day it is
	// outside leaves those out who are on the sequence already, and ever those who have been
	// on it at any time: they are neither looked at nor in the report.
	outside, ever bool
}

// A Once is a sequence that is no part of what is published: it goes once to those who enter.
type Once struct {
	Sequence *sequences.Sequence
	Text     []byte // its file
}

// sequence returns the one that people enter.
func (r *EnrollRequest) sequence(w *workspace.Workspace) (*sequences.Sequence, error) {
	if r.Once != nil {
		return r.Once.Sequence, nil
	}
	q, ok := w.Sequences[r.Sequence]
	if !ok {
		return nil, unknownSequence(w, r.Sequence)
	}
	return q, nil
}

// EnrollReport says what came of it.
type EnrollReport struct {
	Sequence string                 `json:"sequence"`
	DryRun   bool                   `json:"dry_run"` // who would enter
	Seen     int                    `json:"seen"`
	Matched  int                    `json:"matched"`
	Entered  int                    `json:"entered"`
	Refused  map[andante.Reason]int `json:"refused"`
	// Barred names the first of those who are refused, by reason: by the id of your own
	// system, else by address, else by id.
	Barred   map[andante.Reason][]string `json:"barred,omitempty"`
	Needs    map[string]int              `json:"needs,omitempty"` // consent: what the barred would have needed
	Lacking  map[string]int              `json:"lacking,omitempty"`
	Without  map[string]int              `json:"without,omitempty"`   // of those who enter: kinds of later steps that they may not get, and what that would need
	NoSender int                         `json:"no_sender,omitempty"` // of those who enter: nobody is there to send the first step as
	HeldOut  int                         `json:"held_out,omitempty"`
	Already  int                         `json:"already,omitempty"` // accounts of which somebody is on the sequence, where one is enough
	First    time.Time                   `json:"first"`
	Last     time.Time                   `json:"last"`
}

const enrollPage = 500

// Enroll enters every contact that matches and may enter, a page of contacts in
// each transaction. It may be run again: nobody enters twice.
func (o *Ops) Enroll(ctx context.Context, r EnrollRequest) (*EnrollReport, error) {
	e, err := o.enroller(ctx, r)
	for last := false; err == nil && !last; {
		if last, err = e.page(ctx); err == nil && r.Progress != nil {
			r.Progress(e.rep.Seen)
		}
	}
	return e.rep, err
}

// enroller takes a request through its pages, each an [enrolling].
type enroller struct {
	o     *Ops
	r     EnrollRequest
	pages *pages
	days  *drip
	rep   *EnrollReport
}

func (o *Ops) enroller(ctx context.Context, r EnrollRequest) (e *enroller, err error) {
	e = &enroller{o: o, r: r, pages: r.pages(), rep: &EnrollReport{
		Sequence: r.Sequence, DryRun: r.DryRun, Refused: map[andante.Reason]int{}, Barred: map[andante.Reason][]string{}, Lacking: map[string]int{}, Needs: map[string]int{}, Without: map[string]int{},
	}}
	e.days, err = o.drip(ctx, r)
	return e, err
}

// page enters those of the next page, in one transaction, and tells whether it was the last.
// After an error it may be called again.
func (e *enroller) page(ctx context.Context) (last bool, err error) {
	var page []andante.Contact
	var got *EnrollReport
	var left *drip
	run := e.o.Store.Write
	if e.r.DryRun {
		run = e.o.Store.Read
	}
	err = run(ctx, func(tx *store.Tx) (err error) {
		if page, last, err = e.pages.read(ctx, tx); err != nil {
			return err
		}
		left = e.days.clone() // the transaction may run again
		got, err = e.o.enrollPage(ctx, tx, e.r, page, left)
		return err
	})
	if err != nil {
		return false, err
	}
	if !e.r.DryRun {
		e.o.Store.Learn(ctx)
	}
	e.days = left
	e.rep.add(got, cmp.Or(e.r.Name, someBarred))
	e.rep.Seen += len(page)
	if !last {
		e.pages.turn(page)
	}
	return last, nil
}

// pages are the contacts of a request, page by page: all there are, or those of accounts.
type pages struct {
	r        *EnrollRequest
	after    andante.ContactID
	accounts []andante.AccountID // nil: all
}

func (r *EnrollRequest) pages() *pages {
	if r.Accounts == nil {
		return &pages{r: r}
	}
	return &pages{r: r, accounts: slices.Sorted(maps.Keys(r.Accounts))}
}

// read reads a page and tells whether it is the last. All contacts of an account stand on
// one page.
func (p *pages) read(ctx context.Context, tx *store.Tx) (page []andante.Contact, last bool, err error) {
	if p.accounts != nil {
		page, err = tx.ContactsOf(ctx, p.accounts[:min(enrollPage, len(p.accounts))])
		return page, len(p.accounts) <= enrollPage, err
	}
	if p.r.outside {
		page, err = tx.ContactsOutside(ctx, p.r.Sequence, p.r.ever, p.after, enrollPage)
	} else {
		page, err = tx.ContactsAfter(ctx, p.after, enrollPage)
	}
	return page, len(page) < enrollPage, err
}

// turn goes on behind a page.
func (p *pages) turn(page []andante.Contact) {
	if p.accounts != nil {
		p.accounts = p.accounts[enrollPage:]
		return
	}
	p.after = page[len(page)-1].ID
}

// someBarred is how many are named for each reason unless the request says how many.
const someBarred = 3

// refuse notes that somebody may not enter, and why.
func (e *enrolling) refuse(c andante.Contact, reason andante.Reason) {
	e.rep.Refused[reason]++
	if names := e.rep.Barred[reason]; len(names) < cmp.Or(e.r.Name, someBarred) {
		e.rep.Barred[reason] = append(names, cmp.Or(c.ExternalID, c.Email, string(c.ID)))
	}
}

// add adds a page; of those who are refused it names most at most for each reason.
func (r *EnrollReport) add(p *EnrollReport, most int) {
	r.Matched += p.Matched
	r.Entered += p.Entered
	r.HeldOut += p.HeldOut
	r.Already += p.Already
	r.NoSender += p.NoSender
	for k, n := range p.Refused {
		r.Refused[k] += n
	}
	for k, names := range p.Barred {
		all := append(r.Barred[k], names...)
		r.Barred[k] = all[:min(len(all), most)]
	}
	for k, n := range p.Lacking {
		r.Lacking[k] += n
	}
	for k, n := range p.Without {
		r.Without[k] += n
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

// contact enters one contact or notes why not.
func (e *enrolling) contact(c andante.Contact) error {
	a := e.accounts[c.Account]
	v := e.p.w.Values(c, a, andante.Enrollment{}, workspace.Identity{})
	if e.r.Accounts != nil && e.filled[a.ID] {
		return nil
	}
	e.rep.Matched++
	if reason := e.refusal(c, a); reason != "" {
		e.refuse(c, reason)
		return nil
	}
	if e.r.Accounts != nil {
		if first := e.q.Steps[0].Kind; (first == andante.Email || first == andante.SMS) && c.AddressFor(first) == "" {
			e.refuse(c, andante.ReasonNoAddress) // a colleague may have one
			return nil
		}
		e.filled[a.ID] = true
	}
	for _, path := range lacks(e.q, v) {
		e.rep.Lacking[path]++
	}
	return e.enter(c, a)
}

// lacks returns the fields and addresses that steps need and the contact lacks.
func lacks(q *sequences.Sequence, v andante.Values) []string {
	lacking := map[string]bool{}
	for _, s := range q.Steps {
		switch s.Kind {
		case andante.Email:
			lacking["contact.email"] = v.Empty("contact.email")
		case andante.SMS: // who calls finds a number
			lacking["contact.phone"] = v.Empty("contact.phone")
		}
		for _, path := range s.Needs {
			lacking[path] = v.Empty(path)
		}
	}
	return slices.Sorted(func(yield func(string) bool) {
		for path, empty := range lacking {
			if empty && !yield(path) {
				return
			}
		}
	})
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
		Exclusive: e.q.Exclusive, Cause: cmp.Or(e.r.Cause, andante.CauseHand), Entered: e.p.now,
	}
	en.Variant, en.HeldOut = draw(e.q.Test, e.p.seed, e.q.Name, string(c.ID), strconv.Itoa(times))
	if en.HeldOut {
		en.State, en.Reason, en.Finished = andante.EnrollmentFinished, andante.ReasonHeldOut, e.p.now
		e.entered = append(e.entered, en)
		e.rep.HeldOut++
		return nil
	}
	if e.q.Calendar() {
		e.enterCalendar(en, c, a)
		return nil
	}
	t, ok := e.first(en, c, a)
	if !ok {
		e.refuse(c, andante.ReasonNoRoom)
		return nil
	}
	en.Step = t.Step
	if e.starts != nil {
		e.starts[a.ID] = t.FirstDue
	}
	e.active[a.ID]++
	e.entered, e.touches = append(e.entered, en), append(e.touches, t)
	e.rep.Entered++
	e.noteWithout()
	if t.Sender == "" {
		e.rep.NoSender++
	}
	e.rep.span(t.Due)
	return nil
}

// enterCalendar writes the enrollment with the next touch of each step whose date is known.
// Who has none enters all the same: it may be known some day. The enrollment stands at no
// step, for they don't wait for each other.
func (e *enrolling) enterCalendar(en andante.Enrollment, c andante.Contact, a andante.Account) {
	list := e.p.yearly(en, c, a, e.q, nil)
	e.active[a.ID]++
	e.entered, e.touches = append(e.entered, en), append(e.touches, list...)
	e.rep.Entered++
	e.noteWithout()
	if len(list) > 0 { // it begins with what comes first
		e.rep.span(slices.MinFunc(list, func(a, b andante.Touch) int { return a.Due.Compare(b.Due) }).Due)
	}
}

// first plans the first touch: apart from the colleagues' beginnings, and on a
// day that the drip has room on.
func (e *enrolling) first(en andante.Enrollment, c andante.Contact, a andante.Account) (andante.Touch, bool) {
	facts := e.p.w.Facts(c, a)
	var apart time.Time
	if last, ok := e.starts[a.ID]; ok {
		apart = e.q.Account.Apart.From(last, facts.Zones[0], facts.Holidays)
	}
	if turn := e.r.Accounts[a.ID]; turn.After(apart) {
		apart = turn
	}
	hours := ""
	if e.r.PerDay > 0 {
		h := e.p.w.Hours(&facts, e.q, &e.q.Steps[0])
		hours = fmt.Sprint(h.Zones, h.Windows, facts.Country)
	}
	return e.days.place(hours, apart, func(from time.Time) (andante.Touch, bool) {
		return e.p.touch(en, c, a, e.q, 0, from)
	})
}

func (r *EnrollReport) span(due time.Time) {
	if r.First.IsZero() || due.Before(r.First) {
		r.First = due
	}
	if due.After(r.Last) {
		r.Last = due
	}
}

// draw picks the side of a test by the hash of what an enrollment is, so that it is the
// same on every machine, and in a dry run.
func draw(t *sequences.Test, seed andante.Seed, enrollment ...string) (variant string, heldOut bool) {
	if t == nil {
		return "", false
	}
	if seed.Fraction(append([]string{"hold-out"}, enrollment...)...) < t.HoldOut {
		return "", true
	}
	total := 0
	for _, v := range t.Variants {
		total += v.Weight
	}
	at := seed.Fraction(append([]string{"variant"}, enrollment...)...) * float64(total)
	for _, v := range t.Variants {
		if at -= float64(v.Weight); at < 0 {
			return v.Name, false
		}
	}
	return "", false
}

// EnrollOne enters one contact, or says why it may not. [andante.ErrNotFound] if there is no such
// contact, or no such sequence.
func (o *Ops) EnrollOne(ctx context.Context, sequence string, id andante.ContactID) (rep *EnrollReport, err error) {
	return rep, o.Store.Write(ctx, func(tx *store.Tx) error {
		find := func() ([]andante.Contact, error) { return tx.Contacts(ctx, []andante.ContactID{id}) }
		return o.changeContacts(ctx, tx, find, func(people []andante.Contact) (err error) {
			if len(people) == 0 {
				return fmt.Errorf("contact %s: %w", id, andante.ErrNotFound)
			}
			rep, err = o.enterNow(ctx, tx, EnrollRequest{Sequence: sequence, Cause: andante.CauseHand}, people)
			return err
		})
	})
}
