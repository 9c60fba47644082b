package reports

import (
	"context"
	"slices"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/store"
)

// Next is what a contact is to get, if nobody replies, leaves or is added.
type Next struct {
	Contact andante.ContactID `json:"contact"`
	Name    string            `json:"name"`
	About   string            `json:"about"`
	Zone    string            `json:"zone"`
	Touches []NextTouch       `json:"touches"`
	More    bool              `json:"more"` // there are others after them
}

// A NextTouch is one touch that is to come, with the verdicts that it can expect.
type NextTouch struct {
	Sequence string       `json:"sequence"`
	Step     string       `json:"step"`
	Kind     andante.Kind `json:"kind"`
	Due      time.Time    `json:"due"`
	At       time.Time    `json:"at,omitzero"` // when it goes; zero: it does not
	// Open: somebody has it to do, since Due, and nobody knows when it is over.
	Open bool `json:"open,omitempty"`
	// Earliest: before it comes what people take their time for, such as a call or a piece of
	// post, and it is reckoned as if they took none.
	Earliest bool           `json:"earliest,omitempty"`
	Verdicts []NextVerdict  `json:"verdicts,omitempty"`
	Skipped  andante.Reason `json:"skipped,omitempty"` // why it does not go

	touch      andante.TouchID
	enrollment andante.EnrollmentID
	takesTime  bool
	over       bool
}

// A NextVerdict is a "no" or "not yet" that a touch can expect.
type NextVerdict struct {
	At      time.Time      `json:"at"`
	Reason  andante.Reason `json:"reason"`
	Until   time.Time      `json:"until,omitzero"`
	Because []string       `json:"because,omitempty"`

	evidence andante.Evidence
}

// nextSpan is how far ahead is looked.
const nextSpan = 400 * 24 * time.Hour

// Next foretells the next n touches of a contact, by id, external id or address.
// [andante.ErrNotFound] if there is nobody of that name.
func (r *Reports) Next(ctx context.Context, name string, n int) (*Next, error) {
	now := r.Clock.Now()
	var out *Next
	return out, r.Store.Read(ctx, func(tx *store.Tx) error {
		c, err := FindContact(ctx, tx, r.hash, name)
		if err != nil {
			return err
		}
		out, err = r.next(ctx, tx, c, n, now)
		return err
	})
}

func (r *Reports) next(ctx context.Context, tx *store.Tx, c andante.Contact, n int, now time.Time) (*Next, error) {
	f := r.newForecaster(now, now.Add(nextSpan))
	f.watched = &watch{contact: c.ID, account: c.Account, n: n}
	if err := f.load(ctx, tx); err != nil {
		return nil, err
	}
	var err error
	if f.watched.consents, err = tx.Consents(ctx, []andante.ContactID{c.ID}); err != nil {
		return nil, err
	}
	if f.watched.bars, err = tx.Suppressions(ctx, []andante.ContactID{c.ID}, r.hashes(c)); err != nil {
		return nil, err
	}
	f.play()
	t := &teller{r: r, tx: tx, contact: c, account: f.accounts[c.Account], touches: map[andante.TouchID]andante.Touch{}}
	if len(f.accounts) == 0 { // nothing waits
		list, err := tx.Accounts(ctx, []andante.AccountID{c.Account})
		if err != nil || len(list) == 0 {
			return nil, err
		}
		t.account = list[0]
	}
	facts := r.Workspace.Facts(c, t.account)
	t.zone = facts.Zones[0]
	out := &Next{Contact: c.ID, Name: nameOf(c), About: about(c, t.account, t.zone.String(), facts.ZoneSource), Zone: t.zone.String(), Touches: []NextTouch{}}
	out.Touches, out.More = f.watched.first()
	return out, t.explainNext(ctx, out.Touches)
}

// explainNext tells the evidence of the verdicts in sentences.
func (t *teller) explainNext(ctx context.Context, list []NextTouch) error {
	var verdicts []store.StoredVerdict
	for _, x := range list {
		for _, v := range x.Verdicts {
			verdicts = append(verdicts, store.StoredVerdict{Verdict: andante.Verdict{Evidence: v.evidence}})
		}
		if _, _, following := x.touch.Following(); !following {
			t.touches[x.touch] = andante.Touch{ID: x.touch, Contact: t.contact.ID, Sequence: x.Sequence, Step: x.Step, Kind: x.Kind}
		}
	}
	if err := t.knowFillers(ctx, verdicts); err != nil {
		return err
	}
	for i := range list {
		for j := range list[i].Verdicts {
			v := &list[i].Verdicts[j]
			v.Because = t.because(v.Reason, v.evidence)
		}
	}
	return nil
}

// A watch follows the touches of one contact through a forecast. A nil watch follows
// nobody.
type watch struct {
	contact andante.ContactID
	account andante.AccountID
	n       int
	list    []NextTouch

	consents []andante.Consent
	bars     []andante.Suppression
}

// of returns the entry of a touch; nil if it is not watched.
func (w *watch) of(t andante.Touch) *NextTouch {
	if w == nil || t.Contact != w.contact {
		return nil
	}
	for i := range w.list {
		if w.list[i].touch == t.ID {
			return &w.list[i]
		}
	}
	x := NextTouch{Sequence: t.Sequence, Step: t.Step, Kind: t.Kind, Due: t.Due, touch: t.ID, enrollment: t.Enrollment}
	x.Earliest = slices.ContainsFunc(w.list, func(y NextTouch) bool {
		return t.Enrollment != "" && y.enrollment == t.Enrollment && (y.Earliest || y.takesTime)
	})
	w.list = append(w.list, x)
	return &w.list[len(w.list)-1]
}

// opened notes a touch that somebody has to do.
func (w *watch) opened(t andante.Touch) {
	if x := w.of(t); x != nil {
		x.Open, x.takesTime, x.over = true, true, true
	}
}

func (w *watch) putOff(t andante.Touch, at time.Time, v andante.Verdict) {
	if x := w.of(t); x != nil {
		x.Verdicts = append(x.Verdicts, NextVerdict{At: at, Reason: v.Reason, Until: v.Until, evidence: v.Evidence})
	}
}

func (w *watch) goes(t andante.Touch, at time.Time, takesTime bool) {
	if x := w.of(t); x != nil {
		x.At, x.Kind, x.takesTime, x.over = at, t.Kind, takesTime, true
	}
}

func (w *watch) skips(t andante.Touch, at time.Time, v andante.Verdict) {
	if x := w.of(t); x != nil {
		w.putOff(t, at, v)
		x.Skipped, x.over = v.Reason, true
	}
}

// enough tells whether as many are settled as are asked for, and one more.
func (w *watch) enough() bool {
	settled := 0
	for _, x := range w.list {
		if x.over {
			settled++
		}
	}
	return settled > w.n
}

// first returns the first n in the order in which they come.
func (w *watch) first() (list []NextTouch, more bool) {
	sortNext(w.list)
	if len(w.list) > w.n {
		return w.list[:w.n], true
	}
	return w.list, false
}

// sortNext orders touches by when they come: those that are settled by that, the others by
// when they are due.
func sortNext(list []NextTouch) {
	when := func(x NextTouch) time.Time {
		if !x.At.IsZero() {
			return x.At
		}
		if n := len(x.Verdicts); n > 0 && !x.Verdicts[n-1].Until.IsZero() {
			return x.Verdicts[n-1].Until
		}
		return x.Due
	}
	slices.SortStableFunc(list, func(a, b NextTouch) int { return when(a).Compare(when(b)) })
}
