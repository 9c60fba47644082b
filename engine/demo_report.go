package engine

import (
	"cmp"
	"context"
	"errors"
	"path/filepath"
	"slices"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/internal/recount"
	"github.com/andante-hq/andante/store"
	"github.com/andante-hq/andante/workspace"
)

// example picks a touch whose story the report tells.
func (d *demo) example(ctx context.Context, tx *store.Tx) error {
	id, err := tx.OneDeferred(ctx, andante.ReasonLimit)
	if errors.Is(err, andante.ErrNotFound) {
		return d.anybody(ctx, tx)
	}
	if err != nil {
		return err
	}
	touches, err := tx.Touches(ctx, []andante.TouchID{id})
	if err != nil || len(touches) == 0 {
		return err
	}
	people, err := tx.Contacts(ctx, []andante.ContactID{touches[0].Contact})
	if err == nil && len(people) > 0 {
		d.report.Example, d.report.ExampleContact = id, cmp.Or(people[0].ExternalID, string(people[0].ID))
	}
	return err
}

// anybody names a contact where no touch was put off.
func (d *demo) anybody(ctx context.Context, tx *store.Tx) error {
	people, err := tx.ContactsAfter(ctx, "", 1)
	if err == nil && len(people) > 0 {
		d.report.ExampleContact = cmp.Or(people[0].ExternalID, string(people[0].ID))
	}
	return err
}

// forAnswers are the reasons with which what comes back ends sequences.
var forAnswers = []andante.Reason{
	andante.ReasonReplied, andante.ReasonOptedOut, andante.ReasonComplained, andante.ReasonUnreachable, andante.ReasonColleague, andante.ReasonMet, andante.ReasonExit,
}

// sum gathers the report and counts the inbox again.
func (d *demo) sum(ctx context.Context) error {
	r := d.report
	r.Touches, r.Reasons, r.Personas, r.Kinds = map[andante.State]int{}, map[andante.Reason]int{}, map[string]map[string]int{}, map[andante.Kind]int{}
	err := d.engine.Store.Read(ctx, func(tx *store.Tx) (err error) {
		if r.Contacts, r.Accounts, err = tx.CountContacts(ctx); err != nil {
			return err
		}
		if r.Answers, err = tx.CountEvents(ctx); err != nil {
			return err
		}
		for _, s := range andante.States {
			r.Touches[s] = 0
		}
		counts, err := tx.CountTouches(ctx)
		for _, c := range counts {
			if slices.Contains(forAnswers, c.Reason) && c.State == andante.Canceled {
				r.Spared += c.N
			}
			r.Touches[c.State] += c.N
			if c.State == andante.Sent || c.State == andante.Done {
				r.Kinds[c.Kind] += c.N
			}
			if r.Personas[c.Persona] == nil {
				r.Personas[c.Persona] = map[string]int{}
			}
			r.Personas[c.Persona][string(c.State)] += c.N
		}
		if err != nil {
			return err
		}
		verdicts, err := tx.CountVerdicts(ctx)
		for _, v := range verdicts {
			r.Reasons[v.Reason] += v.N
		}
		if err != nil {
			return err
		}
		deferred, err := tx.CountDeferred(ctx, governing)
		if err != nil {
			return err
		}
		for persona, n := range deferred {
			r.Deferred += n
			r.Personas[persona]["deferred"] = n
		}
		return d.example(ctx, tx)
	})
	if err != nil {
		return err
	}
	people, err := d.people(ctx)
	if err != nil {
		return err
	}
	files, err := filepath.Glob(filepath.Join(d.o.Dir, "inbox", "*.eml"))
	if err != nil {
		return err
	}
	r.Received = len(files)
	r.Broken, r.Inbox, err = recount.Inbox(filepath.Join(d.o.Dir, "inbox"), people, filepath.Join(d.o.Dir, workspace.PolicyFile))
	r.Over = len(r.Broken)
	return err
}

// people tells the re-count who everybody is, persona and tier by rule included.
func (d *demo) people(ctx context.Context) (list []recount.Person, err error) {
	err = d.engine.Store.Read(ctx, func(tx *store.Tx) error {
		list = nil
		w, err := d.engine.Ops.Workspace(ctx, tx)
		if err != nil {
			return err
		}
		for key := range w.Config.People {
			if us, ok := w.Config.Colleague(key); ok {
				list = append(list, recount.Person{Address: us.Address, Name: us.Name})
			}
		}
		for _, d := range w.Config.Departments {
			list = append(list, recount.Person{Address: d.Email, Name: d.Title})
		}
		everybody, err := tx.ContactsAfter(ctx, "", 1_000_000)
		if err != nil {
			return err
		}
		for _, c := range everybody {
			accounts, err := tx.Accounts(ctx, []andante.AccountID{c.Account})
			if err != nil {
				return err
			}
			f := w.Facts(c, accounts[0])
			list = append(list, recount.Person{
				ID: string(c.ID), Address: c.Email, Name: c.Name(), Account: string(c.Account), Zone: f.Zones[0],
				Facts: map[string]string{"stages": f.Stage, "tiers": f.Tier, "personas": f.Persona, "countries": f.Country},
			})
		}
		return nil
	})
	return list, err
}
