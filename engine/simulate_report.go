package engine

import (
	"context"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/conditions"
	"github.com/andante-hq/andante/reports"
	"github.com/andante-hq/andante/simulation"
	"github.com/andante-hq/andante/store"
	"github.com/andante-hq/andante/workspace"
)

// reportPage is how many rows are read at a time.
const reportPage = 5000

// report reads what the parts have played.
func (s *rehearsal) report(ctx context.Context) (*simulation.Report, error) {
	w := s.o.Workspace
	tally := simulation.NewTally(s.from, s.to, w.Config.Home(), w.Policy)
	ended := map[andante.EnrollmentID]andante.Reason{}
	for _, r := range s.entering {
		tally.Entering(r.Sequence, r.Entered+r.HeldOut, r.Refused)
	}
	var mu sync.Mutex // of the tally
	standing := make([]*reports.Cadence, len(s.strands))
	g, gctx := errgroup.WithContext(ctx)
	for i, p := range s.strands {
		g.Go(func() (err error) {
			r := reports.Reports{Store: p.engine.Store, Clock: p.clock, Workspace: w}
			if standing[i], err = r.Cadence(gctx, reports.CadenceQuery{}); err != nil {
				return err
			}
			return p.engine.Store.Read(gctx, func(tx *store.Tx) error { return p.read(gctx, tx, &mu, tally, ended) })
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	out := tally.Finish(
		func(name string) float64 { return w.Planned(name).Hours() / 24 },
		func(id andante.EnrollmentID) andante.Reason { return ended[id] },
		func(sender string) int { return perHour(w, sender) },
	)
	out.Cadence = s.floor(standing, tally)
	var texts simulation.Texts
	for _, p := range s.strands {
		texts.Messages, texts.Segments, texts.Cost = texts.Messages+p.texts.Messages, texts.Segments+p.texts.Segments, texts.Cost+p.texts.Cost
		for event, n := range p.given {
			if out.Answers == nil {
				out.Answers = map[string]int{}
			}
			out.Answers[event] += n
		}
	}
	if texts.Messages > 0 && s.o.Where == "" { // else it would be told of those who are not asked about
		out.Texts = &texts
	}
	return out, nil
}

// floor sums up how the accounts stand at the end that the report is about.
func (s *rehearsal) floor(standing []*reports.Cadence, tally *simulation.Tally) (floor *simulation.Floor) {
	for _, c := range standing {
		for i := range c.Accounts {
			if s.o.Where != "" && !tally.About(c.Accounts[i].Account) {
				continue
			}
			if floor == nil {
				floor = &simulation.Floor{}
			}
			floor.Accounts++
			if c.Accounts[i].Behind() {
				floor.Behind++
			}
			if !c.Accounts[i].Neglected.IsZero() {
				floor.Neglected++
			}
		}
	}
	return floor
}

// perHour is what a sender's throttle lets through in an hour; 0: it has none.
func perHour(w *workspace.Workspace, sender string) int {
	return w.Config.Throttle(andante.Email, sender).PerHour()
}

// read tells the tally of everybody and everything in the part.
func (p *strand) read(ctx context.Context, tx *store.Tx, mu *sync.Mutex, tally *simulation.Tally, ended map[andante.EnrollmentID]andante.Reason) error {
	w := p.s.o.Workspace
	var where *conditions.Condition
	if p.s.o.Where != "" {
		var err error
		if where, err = w.Condition(p.s.o.Where); err != nil {
			return err
		}
	}
	for after := andante.ContactID(""); ; {
		page, err := tx.ContactsAfter(ctx, after, reportPage)
		if err != nil || len(page) == 0 {
			if err != nil {
				return err
			}
			break
		}
		after = page[len(page)-1].ID
		if err := p.people(ctx, tx, mu, tally, where, page, ended); err != nil {
			return err
		}
	}
	for after := andante.TouchID(""); ; {
		page, err := tx.TouchesAfter(ctx, after, reportPage)
		if err != nil {
			return err
		}
		mu.Lock()
		for _, t := range page {
			tally.Touch(t)
		}
		mu.Unlock()
		if len(page) < reportPage {
			break
		}
		after = page[len(page)-1].ID
	}
	for after := andante.VerdictID(""); ; {
		page, err := tx.VerdictsAfter(ctx, after, reportPage)
		if err != nil {
			return err
		}
		mu.Lock()
		for _, v := range page {
			tally.Verdict(v.Touch, v.At, v.Verdict)
		}
		mu.Unlock()
		if len(page) < reportPage {
			return nil
		}
		after = page[len(page)-1].ID
	}
}

// people tells the tally of a page of contacts, and notes why which of their enrollments are
// over.
func (p *strand) people(ctx context.Context, tx *store.Tx, mu *sync.Mutex, tally *simulation.Tally, where *conditions.Condition, page []andante.Contact, ended map[andante.EnrollmentID]andante.Reason) error {
	w := p.s.o.Workspace
	var contacts []andante.ContactID
	var ids []andante.AccountID
	for _, c := range page {
		contacts, ids = append(contacts, c.ID), append(ids, c.Account)
	}
	list, err := tx.Accounts(ctx, ids)
	if err != nil {
		return err
	}
	accounts := map[andante.AccountID]andante.Account{}
	for _, a := range list {
		accounts[a.ID] = a
	}
	runs, err := tx.EnrollmentsOf(ctx, contacts)
	if err != nil {
		return err
	}
	mu.Lock()
	defer mu.Unlock()
	for _, c := range page {
		a := accounts[c.Account]
		counted := true
		if where != nil {
			v := w.Values(c, a, andante.Enrollment{}, workspace.Identity{})
			if counted, err = where.Eval(v, conditions.History{Now: p.clock.Now()}); err != nil {
				return err
			}
		}
		tally.Person(simulation.Person{Contact: c.ID, Account: a.ID, Owner: a.Owner, Facts: w.Facts(c, a), Counted: counted})
	}
	for _, x := range runs {
		if x.State == andante.EnrollmentFinished {
			ended[x.ID] = x.Reason
		}
	}
	return nil
}
