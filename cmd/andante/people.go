package main

import (
	"context"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/contacts"
	"github.com/andante-hq/andante/engine"
	"github.com/andante-hq/andante/ops"
	"github.com/andante-hq/andante/store"
)

// importFlags are what the command line says of a file.
type importFlags struct {
	o              contacts.Options
	columns        []string
	basis, wording string
	history        bool
	rejects, comma string
}

func (a *app) importCommand() *cobra.Command {
	var f importFlags
	c := a.withJSON(a.withYes(command("day", "import FILE", "Take contacts in from a CSV file",
		"Takes contacts and their accounts in from a CSV file: new ones are added, known ones\n"+
			"(by id, then by address) updated. Each row is taken whole or not at all; rejected\n"+
			"rows go with their reason into a file of their own. An opt-out is never lifted.",
		"andante import contacts.csv --yes\nandante import fair.csv --map \"E-Mail=contact.email\" --basis opt_in --source \"Fair 2026\"\nandante import past.csv --history", 1, nil)))
	fl := c.Flags()
	fl.StringArrayVar(&f.columns, "map", nil, "HEADING=FIELD for a column with another name; repeat it")
	fl.StringVar(&f.o.Encoding, "encoding", "", "of the file, such as windows-1252; UTF-8 if not given")
	fl.StringVar(&f.comma, "separator", "", "between columns; found out if not given")
	fl.StringVar(&f.o.Country, "country", "", "of phone numbers without a country code, such as US")
	fl.StringVar(&f.basis, "basis", "", "consent of every row: opt_in, customer, inquiry, business or none")
	fl.StringVar(&f.o.Source, "source", "", "where the consent comes from, such as \"Fair 2026\"")
	fl.StringVar(&f.wording, "wording", "", "file with the words that people agreed to")
	fl.StringVar(&f.o.AtColumn, "at", "", "column with the date of the consent")
	fl.BoolVar(&f.history, "history", false, "the file lists past touches, so that limits know them")
	fl.StringVar(&f.rejects, "rejects", "", "file for rejected rows; FILE.rejected.csv if not given")
	c.RunE = func(c *cobra.Command, args []string) error { return a.importFile(c, args[0], f) }
	return c
}

func (f *importFlags) options() (contacts.Options, error) {
	o := f.o
	o.Map = map[string]string{}
	for _, m := range f.columns {
		heading, field, ok := strings.Cut(m, "=")
		if !ok {
			return o, usagef("--map takes HEADING=FIELD, not %q", m)
		}
		o.Map[heading] = field
	}
	if f.comma != "" {
		o.Comma = []rune(strings.ReplaceAll(f.comma, `\t`, "\t"))[0]
	}
	if o.Basis = andante.Basis(f.basis); f.basis != "" && !slices.Contains(andante.Bases, o.Basis) {
		return o, usagef("--basis is one of %v, not %q", andante.Bases, f.basis)
	}
	if f.wording != "" {
		b, err := os.ReadFile(f.wording)
		if err != nil {
			return o, usagef("--wording: %w", err)
		}
		o.Wording = string(b)
	}
	return o, nil
}

func (a *app) importFile(c *cobra.Command, file string, f importFlags) error {
	o, err := f.options()
	if err != nil {
		return err
	}
	e, err := a.open(c.Context(), nil)
	if err != nil {
		return err
	}
	defer e.Close()
	w, err := a.load(e)
	if err != nil {
		return err
	}
	im := contacts.Importer{Ops: e.Ops, Workspace: w}
	take := im.Import
	if f.history {
		take = im.History
	}
	o.At = e.Clock.Now()
	if !a.yes {
		o.DryRun = true
		r, err := a.pass(c, file, io.Discard, o, take)
		if err != nil {
			return err
		}
		a.printf("%s: %d rows, %d would be rejected%s.\n", file, r.Rows, r.Rejected, reasonsOf(r))
		if err := a.confirm(fmt.Sprintf("Take in %d rows?", r.Rows-r.Rejected)); err != nil {
			return err
		}
		o.DryRun = false
	}
	rejects := &lazyFile{path: f.rejects}
	if rejects.path == "" {
		rejects.path = file + ".rejected.csv"
	}
	defer rejects.Close()
	r, err := a.pass(c, file, rejects, o, take)
	if err != nil {
		return err
	}
	if a.json {
		return a.printJSON(r)
	}
	a.printf("%d added, %d changed, %d as they were, %d rejected%s.\n", r.Added, r.Changed, r.Same, r.Rejected, reasonsOf(r))
	if len(r.Unmapped) > 0 {
		a.printf("Columns that were not taken: %s. Name them with --map, or declare them under fields: in andante.yaml.\n", strings.Join(r.Unmapped, ", "))
	}
	if r.Rejected > 0 {
		a.printf("The rejected rows are in %s.\n", rejects.path)
		return errFound
	}
	return nil
}

// pass reads the file once.
func (a *app) pass(c *cobra.Command, file string, rejects io.Writer, o contacts.Options, take importer) (*contacts.Report, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, usageError{err}
	}
	defer f.Close()
	var size int64
	if info, err := f.Stat(); err == nil {
		size = info.Size()
	}
	line := newProgress(a.err)
	defer line.done()
	o.Progress = func(rows int, bytes int64) { line.show("%s %d rows", bar(bytes, size), rows) }
	return take(c.Context(), f, rejects, o)
}

func reasonsOf(r *contacts.Report) string {
	if len(r.Reasons) == 0 {
		return ""
	}
	var parts []string
	for _, reason := range slices.Sorted(maps.Keys(r.Reasons)) {
		parts = append(parts, fmt.Sprintf("%d: %s", r.Reasons[reason], reason))
	}
	return " (" + strings.Join(parts, "; ") + ")"
}

// lazyFile is made when the first row is written to it.
type lazyFile struct {
	path string
	f    *os.File
}

func (l *lazyFile) Write(b []byte) (int, error) {
	if l.f == nil {
		f, err := os.OpenFile(l.path, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
		if err != nil {
			return 0, err
		}
		l.f = f
	}
	return l.f.Write(b)
}

func (l *lazyFile) Close() error {
	if l.f == nil {
		return nil
	}
	return l.f.Close()
}

func (a *app) suppressCommand() *cobra.Command {
	var file, source string
	c := command("people", "suppress", "Bar addresses for good",
		"Bars the addresses of a file for good, whoever has them now or later. Do it with\nthe opt-outs of your old system before the first send.",
		"andante suppress --file opted-out.csv --source \"old system\"", 0, nil)
	c.Flags().StringVar(&file, "file", "", "addresses, one a line, or a CSV file with a column email or phone")
	c.Flags().StringVar(&source, "source", "", "where the list comes from")
	c.RunE = func(c *cobra.Command, _ []string) error {
		if file == "" {
			return usagef("--file is missing")
		}
		f, err := os.Open(file)
		if err != nil {
			return usageError{err}
		}
		defer f.Close()
		list, rejected, err := contacts.Addresses(f, contacts.Options{})
		if err != nil {
			return err
		}
		e, err := a.open(c.Context(), nil)
		if err != nil {
			return err
		}
		defer e.Close()
		if source == "" {
			source = file
		}
		n, err := e.Ops.Suppress(c.Context(), list, source)
		if err != nil {
			return err
		}
		a.printf("%d addresses are suppressed now, %d were already, %d lines hold no address.\n", n, len(list)-n, rejected)
		if rejected > 0 {
			return errFound
		}
		return nil
	}
	return c
}

// holdFlags name what a hold is about.
type holdFlags struct {
	contact, account, sequence, sender string
	everything                         bool
	until, reason, author              string
}

func (f *holdFlags) add(c *cobra.Command) {
	c.Flags().StringVar(&f.contact, "contact", "", "a contact, by id, external id or address")
	c.Flags().StringVar(&f.account, "account", "", "an account, by its key")
	c.Flags().StringVar(&f.sequence, "sequence", "", "a sequence")
	c.Flags().StringVar(&f.sender, "sender", "", "a sender or a person")
	c.Flags().BoolVar(&f.everything, "everything", false, "everything")
}

// target returns the scope and key that the flags name.
func (f *holdFlags) target(c *cobra.Command, a *app, e *engine.Engine) (andante.HoldScope, string, error) {
	switch {
	case f.contact != "":
		found, err := a.contact(c.Context(), e, f.contact)
		return andante.HoldContact, string(found.ID), err
	case f.account != "":
		var list []andante.Account
		err := e.Store.Read(c.Context(), func(tx *store.Tx) (err error) {
			list, err = tx.AccountsByKey(c.Context(), []string{f.account})
			return err
		})
		if err == nil && len(list) == 0 {
			err = fmt.Errorf("account %s: %w", f.account, andante.ErrNotFound)
		}
		if err != nil {
			return "", "", err
		}
		return andante.HoldAccount, string(list[0].ID), nil
	case f.sequence != "":
		return andante.HoldSequence, f.sequence, nil
	case f.sender != "":
		return andante.HoldSender, f.sender, nil
	case f.everything:
		return andante.HoldEverything, "", nil
	}
	return "", "", usagef("name one of --contact, --account, --sequence, --sender or --everything")
}

func (a *app) holdCommand() *cobra.Command {
	var f holdFlags
	c := command("people", "hold", "Stop touches for a time",
		"Stops touches to a contact or an account, of a sequence, from a sender, or all. What\nis due meanwhile waits; `andante release` or the date lets it go on.",
		"andante hold --account acme --until 2027-01-15 --reason \"budget is spent\"\nandante hold --everything --reason \"wrong price in the text\"", 0, nil)
	f.add(c)
	c.Flags().StringVar(&f.until, "until", "", "date of its end; without one it holds until released")
	c.Flags().StringVar(&f.reason, "reason", "", "why; `why` tells it")
	c.Flags().StringVar(&f.author, "by", os.Getenv("USER"), "who says so")
	c.RunE = func(c *cobra.Command, _ []string) error {
		if f.reason == "" {
			return usagef("--reason is missing: others will ask why")
		}
		var until time.Time
		if f.until != "" {
			var err error
			if until, err = time.Parse(time.DateOnly, f.until); err != nil {
				return usagef("--until is a date such as 2027-01-15, not %q", f.until)
			}
		}
		e, err := a.open(c.Context(), nil)
		if err != nil {
			return err
		}
		defer e.Close()
		scope, key, err := f.target(c, a, e)
		if err != nil {
			return err
		}
		_, err = e.Ops.Hold(c.Context(), andante.Hold{Scope: scope, Key: key, Author: f.author, Reason: f.reason, Until: until})
		if err == nil {
			a.printf("On hold: %s. `andante release` ends it.\n", scope)
		}
		return err
	}
	return c
}

func (a *app) releaseCommand() *cobra.Command {
	var f holdFlags
	c := command("people", "release", "End a hold", "Ends the holds on a contact, an account, a sequence, a sender or everything. What\nwaited is looked at again at once.",
		"andante release --account acme", 0, nil)
	f.add(c)
	c.RunE = func(c *cobra.Command, _ []string) error {
		e, err := a.open(c.Context(), nil)
		if err != nil {
			return err
		}
		defer e.Close()
		scope, key, err := f.target(c, a, e)
		if err != nil {
			return err
		}
		n, err := e.Ops.Release(c.Context(), scope, key)
		if err == nil {
			a.printf("%d hold(s) ended.\n", n)
		}
		return err
	}
	return c
}

func (a *app) stopCommand() *cobra.Command {
	var sequence, contact string
	c := a.withYes(command("day", "stop", "End sequences for somebody, or a sequence for all",
		"Ends the enrollments of a contact, of a sequence, or of one on the other. What is on\nthe wire already is left to its outcome.",
		"andante stop --contact ana@acme.example\nandante stop --sequence facility-benchmark --yes", 0, nil))
	c.Flags().StringVar(&sequence, "sequence", "", "the sequence; all if not given")
	c.Flags().StringVar(&contact, "contact", "", "the contact; everybody on the sequence if not given")
	c.RunE = func(c *cobra.Command, _ []string) error {
		if sequence == "" && contact == "" {
			return usagef("name --contact, --sequence or both")
		}
		e, err := a.open(c.Context(), nil)
		if err != nil {
			return err
		}
		defer e.Close()
		r := ops.StopRequest{Sequence: sequence}
		if contact != "" {
			found, err := a.contact(c.Context(), e, contact)
			if err != nil {
				return err
			}
			r.Contact = found.ID
		} else if err := a.confirm("End " + sequence + " for everybody on it?"); err != nil {
			return err
		}
		n, err := e.Ops.Stop(c.Context(), r)
		if err == nil {
			a.printf("%d enrollment(s) ended.\n", n)
		}
		return err
	}
	return c
}

// importer is one of the importer's ways to read a file.
type importer func(context.Context, io.Reader, io.Writer, contacts.Options) (*contacts.Report, error)
