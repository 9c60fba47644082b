package main

import (
	"cmp"
	"context"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/engine"
	"github.com/andante-hq/andante/governor"
	"github.com/andante-hq/andante/store"
)

// holdFlags name what a hold is about.
type holdFlags struct {
	contact, account, sequence, sender, imported string

	everything            bool
	until, reason, author string
	allow, catchUp, then  string
}

func (f *holdFlags) add(c *cobra.Command) {
	c.Flags().StringVar(&f.contact, "contact", "", "a contact, by id, external id or address")
	c.Flags().StringVar(&f.account, "account", "", "an account, by its key")
	c.Flags().StringVar(&f.sequence, "sequence", "", "a sequence")
	c.Flags().StringVar(&f.sender, "sender", "", "a sender or a person")
	c.Flags().StringVar(&f.imported, "import", "", "the mails to those who came with an import, by the `name` that andante why and andante status give")
	c.Flags().BoolVar(&f.everything, "everything", false, "everything")
}

// words are the flag as it is written.
func (f *holdFlags) words() string {
	for _, flag := range []struct{ name, value string }{
		{"contact", f.contact}, {"account", f.account}, {"sequence", f.sequence}, {"sender", f.sender}, {"import", f.imported},
	} {
		if flag.value != "" {
			return "--" + flag.name + " " + flag.value
		}
	}
	return "--everything"
}

// check wants exactly one target.
func (f *holdFlags) check() error {
	n := 0
	for _, name := range []string{f.contact, f.account, f.sequence, f.sender, f.imported} {
		if name != "" {
			n++
		}
	}
	if f.everything {
		n++
	}
	if n != 1 {
		return usagef("name one of --contact, --account, --sequence, --sender, --import or --everything, and only one")
	}
	return nil
}

// target returns the scope and key that the flags name, and its name for people.
func (f *holdFlags) target(ctx context.Context, a *app, e *engine.Engine) (scope andante.HoldScope, key, name string, err error) {
	switch {
	case f.contact != "":
		c, err := a.contact(ctx, e, f.contact)
		return andante.HoldContact, string(c.ID), "the contact " + f.contact, err
	case f.account != "":
		id, err := account(ctx, e, f.account)
		return andante.HoldAccount, string(id), "the account " + f.account, err
	case f.sequence != "":
		return andante.HoldSequence, f.sequence, "the sequence " + f.sequence, nil
	case f.sender != "":
		return andante.HoldSender, f.sender, "the sender " + f.sender, nil
	case f.imported != "":
		return andante.HoldImport, f.imported, "the import " + f.imported, nil
	}
	return andante.HoldEverything, "", "everything", nil
}

// known fails for a sequence or a sender that there is not. One that is gone may still be
// held, and released.
func (f *holdFlags) known(ctx context.Context, a *app, e *engine.Engine) error {
	switch {
	case f.sequence != "":
		return a.running(ctx, e, f.sequence)
	case f.sender != "":
		w, err := a.published(ctx, e)
		if err != nil {
			return err
		}
		if _, ok := w.Config.Identity(f.sender); !ok {
			return noSender(f.sender, w.Config)
		}
	case f.imported != "":
		return a.importThere(ctx, e, andante.ImportID(f.imported))
	}
	return nil
}

// importThere fails for an import that there is not.
func (a *app) importThere(ctx context.Context, e *engine.Engine, id andante.ImportID) error {
	var all []andante.ImportID
	err := e.Store.Read(ctx, func(tx *store.Tx) (err error) {
		all, err = tx.Imports(ctx)
		return err
	})
	if err != nil || slices.Contains(all, id) {
		return err
	}
	names := make([]string, len(all))
	for i, x := range all {
		names[i] = string(x)
	}
	names = names[:min(len(names), 8)]
	return usagef("there is no import %s%s; there are: %s", id, didYouMean(string(id), names), cmp.Or(strings.Join(names, ", "), "none"))
}

// account returns the id of the account with a key.
func account(ctx context.Context, e *engine.Engine, key string) (id andante.AccountID, err error) {
	err = e.Store.Read(ctx, func(tx *store.Tx) error {
		list, err := tx.AccountsByKey(ctx, []string{key})
		if err == nil && len(list) == 0 {
			err = usagef("there is no account %s; name it by its key, as in the column account of your import", key)
		}
		if err == nil {
			id = list[0].ID
		}
		return err
	})
	return id, err
}

func (a *app) holdCommand() *cobra.Command {
	var f holdFlags
	c := command("people", "hold", "Stop touches for a time",
		"Stops touches to a contact or an account, of a sequence, from a sender, or all. What\nis due meanwhile waits; `andante release` or the date lets it go on, each touch as much\nlater as the hold lasted.",
		"andante hold --account A-1001 --until 2027-01-15 --reason \"budget is spent\" --allow \"1 per 90d\" --then \"task: the budget is open\"\nandante hold --everything --reason \"wrong price in the text\"", nil)
	f.add(c)
	c.Flags().StringVar(&f.until, "until", "", "first day on which it is over; without one it holds until released")
	c.Flags().StringVar(&f.reason, "reason", "", "why; andante why tells it")
	c.Flags().StringVar(&f.allow, "allow", "", "what goes all the same, such as 1 per 90d; what they asked for goes besides")
	c.Flags().StringVar(&f.then, "then", "", "what the owner is to do when it ends, such as \"task: the budget is open\"")
	c.Flags().StringVar(&f.catchUp, "catch-up", "yes", "no: what is stale when it ends is dropped, the rest goes at once")
	c.Flags().StringVar(&f.author, "by", "", "who says so; you if not given")
	c.RunE = func(c *cobra.Command, _ []string) error {
		if err := f.check(); err != nil {
			return err
		}
		if f.catchUp != "yes" && f.catchUp != "no" {
			return usagef("--catch-up is yes or no, not %q", f.catchUp)
		}
		if _, _, err := governor.ParseRate(f.allow); f.allow != "" && err != nil {
			return usagef("--allow: %v", err)
		}
		if f.reason == "" {
			return usagef("--reason is missing: others will ask why")
		}
		e, err := a.open(c.Context(), nil)
		if err != nil {
			return err
		}
		defer e.Close()
		return a.hold(c.Context(), e, &f)
	}
	return c
}

func (a *app) hold(ctx context.Context, e *engine.Engine, f *holdFlags) error {
	until, err := f.end(e)
	if err != nil {
		return err
	}
	scope, key, name, err := f.target(ctx, a, e)
	if err != nil {
		return err
	}
	if err := f.known(ctx, a, e); err != nil {
		return err
	}
	h := andante.Hold{Scope: scope, Key: key, Author: cmp.Or(f.author, os.Getenv("USER"), "the command line"), Reason: f.reason, Until: until, Allow: f.allow, DropStale: f.catchUp == "no", Then: f.then}
	if _, err := e.Ops.Hold(ctx, h); err != nil {
		return err
	}
	rest := "; `andante release " + f.words() + "` ends it"
	if !until.IsZero() {
		rest = ", until " + until.Format("Mon 2 Jan 2006") + rest
	}
	if f.allow != "" {
		rest = ", but for " + f.allow + rest
	}
	a.printf("On hold: %s%s.\n", name, rest)
	return a.inHands(ctx, e, scope, key)
}

// inHands tells what people have to do already for whom a hold is on: no hold takes it from them.
func (a *app) inHands(ctx context.Context, e *engine.Engine, scope andante.HoldScope, key string) error {
	if scope != andante.HoldContact && scope != andante.HoldAccount {
		return nil
	}
	var open []andante.Touch
	batches := map[andante.TouchID]string{}
	err := e.Store.Read(ctx, func(tx *store.Tx) error {
		people := []andante.ContactID{andante.ContactID(key)}
		if scope == andante.HoldAccount {
			list, err := tx.ContactsOf(ctx, []andante.AccountID{andante.AccountID(key)})
			if err != nil {
				return err
			}
			people = nil
			for _, c := range list {
				people = append(people, c.ID)
			}
		}
		var err error
		if open, err = tx.OpenOf(ctx, people, nil); err != nil {
			return err
		}
		var ids []andante.TouchID
		for _, t := range open {
			ids = append(ids, t.ID)
		}
		cards, err := tx.Cards(ctx, ids)
		for _, c := range cards {
			batches[c.Touch] = c.Batch
		}
		return err
	})
	for _, t := range open {
		switch batch := batches[t.ID]; {
		case t.Kind.Mailed() && batch == "": // it waits on
		case t.Kind.Mailed():
			a.printf("A %s of theirs is in the batch %s: take it out of the stack, and then `andante task skip %s`.\n", t.Kind, batch, t.ID)
		default:
			a.printf("Somebody has this to do for them: %s %s; `andante task show %s` tells, `andante task snooze` puts it off.\n", t.Kind, cmp.Or(t.Subject, t.Step), t.ID)
		}
	}
	return err
}

// end reads --until as the beginning of a day in the company's zone.
func (f *holdFlags) end(e *engine.Engine) (time.Time, error) {
	if f.until == "" {
		return time.Time{}, nil
	}
	until, err := time.ParseInLocation(time.DateOnly, f.until, zone(e.Config))
	if err != nil {
		return until, usagef("--until is a date such as 2027-01-15, not %q", f.until)
	}
	if !until.After(e.Clock.Now()) {
		return until, usagef("--until %s is over already", f.until)
	}
	return until, nil
}

func (a *app) releaseCommand() *cobra.Command {
	var f holdFlags
	c := command("people", "release", "End a hold", "Ends the holds on a contact, an account, a sequence, a sender, an import or everything. What\nwaited is looked at again at once.",
		"andante release --account A-1001", nil)
	f.add(c)
	c.RunE = func(c *cobra.Command, _ []string) error {
		if err := f.check(); err != nil {
			return err
		}
		e, err := a.open(c.Context(), nil)
		if err != nil {
			return err
		}
		defer e.Close()
		scope, key, name, err := f.target(c.Context(), a, e)
		if err != nil {
			return err
		}
		n, err := e.Ops.Release(c.Context(), scope, key)
		switch {
		case err != nil:
			return err
		case n == 0:
			if err := f.known(c.Context(), a, e); err != nil {
				return err
			}
			a.printf("Nothing held %s.\n", name)
		default:
			a.printf("Released: %s (%s).\n", name, count(n, "hold"))
		}
		return nil
	}
	return c
}
