package reports

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/store"
)

// NotSent is what did not go since an instant, by reason, the most frequent first.
type NotSent struct {
	Since  time.Time      `json:"since"`
	Groups []NotSentGroup `json:"groups"`
}

// A NotSentGroup are touches that did not go for one reason.
type NotSentGroup struct {
	Reason  andante.Reason `json:"reason"`
	Text    string         `json:"text"`
	Over    int            `json:"over"`    // will not go
	Waiting int            `json:"waiting"` // may go later
	Touches []NotSentTouch `json:"touches"` // the latest first
	rows    []andante.Touch
}

// A NotSentTouch is one of them.
type NotSentTouch struct {
	Touch    andante.TouchID   `json:"touch"`
	Contact  andante.ContactID `json:"contact"`
	Name     string            `json:"name"`
	Sequence string            `json:"sequence"`
	Step     string            `json:"step"`
	Kind     andante.Kind      `json:"kind"`
	State    andante.State     `json:"state"`
	At       time.Time         `json:"at"`                // when it was settled, or when it is looked at again
	Because  []string          `json:"because,omitempty"` // times in the company's zone
}

const notSentPage = 1000

// NotSent lists the touches that were skipped, failed or canceled since an instant, those that
// wait because they were put off, and those that are due and still to be looked at; of each
// reason up to n are told.
func (r *Reports) NotSent(ctx context.Context, since time.Time, n int) (*NotSent, error) {
	groups := map[andante.Reason]*NotSentGroup{}
	err := r.Store.Read(ctx, func(tx *store.Tx) error {
		clear(groups)
		now := r.Clock.Now()
		waiting, err := r.loadPaces(ctx, tx, now)
		if err != nil {
			return err
		}
		for after := andante.TouchID(""); ; {
			page, err := tx.NotSent(ctx, since, now, after, notSentPage)
			if err != nil {
				return err
			}
			for _, t := range page {
				if t.Kind == andante.Decide { // nobody would have got it
					continue
				}
				if free := waiting.free[store.Lane{Kind: t.Kind, Sender: t.Sender}]; t.Reason == "" && t.State == andante.Planned && free.After(now) {
					t.Reason, t.Due, t.Evidence.Detail = andante.ReasonThrottled, free, "sender "+t.Sender
				}
				g := groups[t.Reason]
				if g == nil {
					g = &NotSentGroup{Reason: t.Reason, Text: t.Reason.Text()}
					if t.Reason == "" {
						g.Text = "due, and nobody has looked at it yet: does `andante run` run?"
					}
					groups[t.Reason] = g
				}
				g.add(t, n)
			}
			if len(page) < notSentPage {
				break
			}
			after = page[len(page)-1].ID
		}
		return r.tellNotSent(ctx, tx, groups, n)
	})
	out := &NotSent{Since: since, Groups: []NotSentGroup{}}
	for _, g := range groups {
		out.Groups = append(out.Groups, *g)
	}
	slices.SortFunc(out.Groups, func(a, b NotSentGroup) int {
		return cmp.Or(cmp.Compare(b.Over+b.Waiting, a.Over+a.Waiting), cmp.Compare(a.Reason, b.Reason))
	})
	return out, err
}

// notSentAt is when a touch was settled, or is looked at again.
func notSentAt(t andante.Touch) time.Time {
	if t.State == andante.Planned {
		return t.Due
	}
	return t.Settled
}

// add counts a touch and keeps the latest n.
func (g *NotSentGroup) add(t andante.Touch, n int) {
	if t.State == andante.Planned {
		g.Waiting++
	} else {
		g.Over++
	}
	g.rows = append(g.rows, t)
	if len(g.rows) > 2*n {
		g.latest(n)
	}
}

func (g *NotSentGroup) latest(n int) {
	slices.SortFunc(g.rows, func(a, b andante.Touch) int {
		return cmp.Or(notSentAt(b).Compare(notSentAt(a)), cmp.Compare(a.ID, b.ID))
	})
	g.rows = g.rows[:min(n, len(g.rows))]
}

// tellNotSent puts the touches of the groups into words.
func (r *Reports) tellNotSent(ctx context.Context, tx *store.Tx, groups map[andante.Reason]*NotSentGroup, n int) error {
	for _, g := range groups {
		g.latest(n)
		g.Touches = []NotSentTouch{}
		for page := range slices.Chunk(g.rows, unknownPage) {
			if err := r.tellPage(ctx, tx, g, page); err != nil {
				return err
			}
		}
	}
	return nil
}

func (r *Reports) tellPage(ctx context.Context, tx *store.Tx, g *NotSentGroup, page []andante.Touch) error {
	var ids []andante.ContactID
	var verdicts []store.StoredVerdict
	for _, t := range page {
		ids = append(ids, t.Contact)
		verdicts = append(verdicts, store.StoredVerdict{Verdict: andante.Verdict{Evidence: t.Evidence}})
	}
	people, err := tx.Contacts(ctx, sortedKeys(ids))
	if err != nil {
		return err
	}
	byID := map[andante.ContactID]andante.Contact{}
	for _, c := range people {
		byID[c.ID] = c
	}
	t := &teller{r: r, tx: tx, zone: r.Workspace.Config.Home(), touches: map[andante.TouchID]andante.Touch{}}
	for _, x := range page {
		t.touches[x.ID] = x
	}
	if err := t.knowFillers(ctx, verdicts); err != nil {
		return err
	}
	for _, x := range page {
		t.contact = byID[x.Contact]
		g.Touches = append(g.Touches, NotSentTouch{
			Touch: x.ID, Contact: x.Contact, Name: nameOf(t.contact), Sequence: x.Sequence, Step: x.Step, Kind: x.Kind, State: x.State, At: notSentAt(x),
			Because: t.because(x.Reason, x.Evidence),
		})
	}
	return nil
}
