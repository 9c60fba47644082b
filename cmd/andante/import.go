package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/contacts"
	"github.com/andante-hq/andante/engine"
	"github.com/andante-hq/andante/ops"
	"github.com/andante-hq/andante/sequences"
	"github.com/andante-hq/andante/store"
)

// importFlags are what the command line says of a file.
type importFlags struct {
	o                    contacts.Options
	columns              []string
	basis, wording, kind string
	history, proven      bool
	rejects, comma       string
}

// importer is one of the importer's ways to read a file.
type importer func(context.Context, io.Reader, io.Writer, contacts.Options) (*contacts.Report, error)

func (a *app) importCommand() *cobra.Command {
	var f importFlags
	c := a.withJSON(a.withYes(command("day", "import FILE", "Take contacts in from a CSV file",
		"Takes contacts and their accounts in from a CSV file: new ones are added, known ones\n"+
			"(by id, then by address) updated. Each row is taken whole or not at all; rejected\n"+
			"rows go with their reason into a file of their own. An opt-out is never lifted.\n"+
			"Addresses that are nobody's, such as abuse@ and noreply@, are refused.\n"+
			"The first hundred mails to new addresses go alone; where three and 3 % of them come\n"+
			"back as dead, the import is held.",
		"andante import contacts.csv --yes\nandante import fair.csv --map \"E-Mail=contact.email\" --basis opt_in --source \"Fair 2026\"\nandante import past.csv --history", nil)))
	fl := c.Flags()
	fl.StringArrayVar(&f.columns, "map", nil, "HEADING=FIELD for a column with another name; repeat it")
	fl.StringVar(&f.o.Encoding, "encoding", "", "of the file, such as windows-1252; UTF-8 if not given")
	fl.StringVar(&f.comma, "separator", "", "between columns; found out if not given")
	fl.StringVar(&f.o.Country, "country", "", "of phone numbers without a country code, such as US")
	fl.StringVar(&f.basis, "basis", "", "consent of every row: opt_in, customer, inquiry, business or none")
	fl.StringVar(&f.o.Source, "source", "", "where the consent comes from, such as \"Fair 2026\"")
	fl.StringVar(&f.wording, "wording", "", "file with the words that people agreed to")
	fl.StringVar(&f.kind, "consent-kind", string(andante.Email), "kind that the consent is for; any for every kind")
	fl.StringVar(&f.o.AtColumn, "at", "", "column with the date of the consent")
	fl.BoolVar(&f.history, "history", false, "the file lists past touches, so that limits know them")
	fl.BoolVar(&f.proven, "proven", false, "these addresses had mails of late: none of them go ahead alone")
	fl.StringVar(&f.rejects, "rejects", "", "file for rejected rows; FILE.rejected.csv if not given")
	c.RunE = func(c *cobra.Command, args []string) error { return a.importFile(c, args[0], f) }
	return c
}

func (f *importFlags) options() (contacts.Options, error) {
	o := f.o
	var err error
	if o.Map, err = columnMap(f.columns); err != nil {
		return o, err
	}
	if f.comma != "" {
		comma := []rune(strings.ReplaceAll(f.comma, `\t`, "\t"))
		if len(comma) != 1 {
			return o, usagef("--separator is one character, such as ; or \\t, not %q", f.comma)
		}
		o.Comma = comma[0]
	}
	if o.Basis = andante.Basis(f.basis); f.basis != "" && !slices.Contains(andante.Bases, o.Basis) {
		return o, usagef("--basis is %s, not %q", oneOf(andante.Bases), f.basis)
	}
	if o.Kind = andante.Kind(f.kind); f.kind == "any" {
		o.Kind = ""
	} else if !o.Kind.Valid() || o.Kind == andante.Decide {
		return o, usagef("--consent-kind is %s or any, not %q", oneOf(andante.Kinds), f.kind)
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

// columnMap reads --map.
func columnMap(list []string) (map[string]string, error) {
	columns := map[string]string{}
	for _, m := range list {
		heading, field, ok := strings.Cut(m, "=")
		if !ok {
			return nil, usagef("--map takes HEADING=FIELD, not %q", m)
		}
		columns[heading] = field
	}
	return columns, nil
}

func (a *app) importFile(c *cobra.Command, file string, f importFlags) error {
	o, err := f.options()
	if err != nil {
		return err
	}
	e, err := a.begin(c.Context(), nil)
	if err != nil {
		return err
	}
	defer e.Close()
	w, err := a.load(e)
	if err != nil {
		return err
	}
	im := contacts.Importer{Ops: e.Ops, Workspace: w}
	if !f.proven {
		o.Unknown = importName(file, e.Clock.Now().In(zone(e.Config)))
	}
	take := im.Import
	if f.history {
		take = im.History
	}
	if !a.yes {
		if err := a.importDry(c, file, o, take); err != nil {
			return err
		}
	}
	rejects, err := newRejects(file, f.rejects)
	if err != nil {
		return err
	}
	r, err := a.pass(c, file, rejects, o, take)
	kept, lost := rejects.keep()
	if r == nil {
		return fmt.Errorf("import %s: %w", file, err)
	}
	err = errors.Join(err, lost)
	shown := a.imported(r, kept)
	if r.Added > ops.FirstMails && !f.history && !f.proven && !a.json {
		a.printf("%d of them get their first mail before the others, so that a bad list shows; --proven leaves that out.\n", ops.FirstMails)
	}
	if !f.history && !a.json {
		shown = errors.Join(shown, a.shared(c.Context(), e))
	}
	switch {
	case shown != nil:
		return shown
	case err != nil:
		return fmt.Errorf("import %s: %w; what was read before that is taken in, and the file may be read again", file, err)
	case r.Rejected > 0:
		return errFound
	}
	return nil
}

// importName is what an import is called: its file's name and the minute.
func importName(file string, now time.Time) andante.ImportID {
	base := filepath.Base(file)
	return andante.ImportID(sequences.Slug(strings.TrimSuffix(base, filepath.Ext(base))) + now.Format("-2006-01-02-1504"))
}

// importDry reads the file without writing, tells what would come of it and asks.
func (a *app) importDry(c *cobra.Command, file string, o contacts.Options, take importer) error {
	o.DryRun = true
	r, err := a.pass(c, file, nil, o, take)
	if err != nil {
		return fmt.Errorf("import %s: %w", file, err)
	}
	if a.json {
		if err := a.printJSON(r); err != nil {
			return err
		}
	} else {
		a.printf("%s holds %s.\n", file, count(r.Rows, "row"))
		for _, column := range r.Columns { // the plain ones need no words
			if _, field, _ := strings.Cut(column.Path, "."); column.Heading != column.Path && column.Heading != field {
				a.printf("  column %q is taken as %s\n", column.Heading, column.Path)
			}
		}
		if sum := r.Added + r.Changed + r.Same; sum > 0 {
			a.printf("  %d would be added, %d changed, %d stay as they are\n", r.Added, r.Changed, r.Same)
		}
		a.rejected(r, "would be rejected")
		a.repeated(r)
		a.unmapped(r)
		a.assumed(r)
	}
	return a.confirm(fmt.Sprintf("Take in %s?", count(r.Rows-r.Rejected, "row")))
}

// imported tells what came of the file.
func (a *app) imported(r *contacts.Report, rejects string) error {
	if a.json {
		return a.printJSON(r)
	}
	a.printf("%d added, %d changed, %d as they were, %d rejected.\n", r.Added, r.Changed, r.Same, r.Rejected)
	for _, sequence := range slices.Sorted(maps.Keys(r.Entered)) {
		a.printf("%s entered %s, as its `enter:` says.\n", count(r.Entered[sequence], "contact"), sequence)
	}
	a.rejected(r, "rejected")
	a.repeated(r)
	a.unmapped(r)
	if rejects != "" {
		a.printf("The rejected rows are in %s, with the reason; mend and import that file.\n", rejects)
	}
	return nil
}

// shared tells of mailboxes that several contacts have: what both are sent comes twice.
func (a *app) shared(ctx context.Context, e *engine.Engine) error {
	var n int
	err := e.Store.Read(context.WithoutCancel(ctx), func(tx *store.Tx) (err error) {
		n, err = tx.SharedMailboxes(ctx)
		return err
	})
	if n > 0 {
		a.printf("%s: what each of them is sent comes there more than once, as far as a limit of scope address lets it.\n", mailboxes(n))
	}
	return err
}

func mailboxes(n int) string {
	if n == 1 {
		return "1 mailbox belongs to more than one contact"
	}
	return fmt.Sprint(n, " mailboxes belong to more than one contact")
}

func (a *app) rejected(r *contacts.Report, verb string) {
	for _, reason := range slices.Sorted(maps.Keys(r.Reasons)) {
		a.printf("%8d  %s: %s\n", r.Reasons[reason], verb, reason)
	}
	for _, e := range r.Examples {
		a.printf("            %s\n", e)
	}
	if more := r.Rejected - len(r.Examples); more > 0 && len(r.Examples) > 0 {
		a.printf("            and %d more\n", more)
	}
}

// assumed tells what is assumed where no column says it.
func (a *app) assumed(r *contacts.Report) {
	has := func(prefix string) bool {
		return slices.ContainsFunc(r.Columns, func(c contacts.Column) bool { return strings.HasPrefix(c.Path, prefix) })
	}
	if has("account") && !has("account.business") {
		a.printf("No column says account.business: new accounts that the file names are taken for businesses, and who has none\nfor a household. Consent, hours and tiers may hang on it; for a household that has an account say no there.\n")
	}
}

func (a *app) repeated(r *contacts.Report) {
	if r.Repeated == 0 {
		return
	}
	a.printf("%s of the file say twice what is one; the last one holds:\n", count(r.Repeated, "row"))
	for _, text := range r.Repeats {
		a.printf("  %s\n", text)
	}
	if more := r.Repeated - len(r.Repeats); more > 0 {
		a.printf("  and %d more\n", more)
	}
}

func (a *app) unmapped(r *contacts.Report) {
	if len(r.Unmapped) > 0 {
		a.printf("Columns that are not taken: %s. Name them with --map, or declare them under fields: in andante.yaml.\n", strings.Join(r.Unmapped, ", "))
	}
}

// oneOf lists the values that a flag may have.
func oneOf[T ~string](list []T) string {
	words := make([]string, len(list))
	for i, v := range list {
		words[i] = string(v)
	}
	return strings.Join(words, ", ")
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
	r, err := take(c.Context(), f, rejects, o)
	if r != nil {
		r.Unmapped = slices.DeleteFunc(r.Unmapped, func(heading string) bool {
			path, mapped := o.Map[heading]
			return mapped && path == "" // left out on purpose
		})
	}
	return r, err
}

// rejects is the file of rejected rows. It takes its place when it is whole, and is
// made when the first row is written to it.
type rejects struct {
	path  string
	stale bool // the place is ours: what an earlier import left there goes
	f     *os.File
}

// newRejects finds the place for the rejects of a file.
func newRejects(file, named string) (*rejects, error) {
	r := &rejects{path: cmp.Or(named, file+".rejected.csv"), stale: named == ""}
	from, err := os.Stat(file)
	if err != nil {
		return nil, usageError{err}
	}
	if to, err := os.Stat(r.path); err == nil && os.SameFile(from, to) {
		return nil, usagef("--rejects names the file that is imported; name another")
	}
	return r, nil
}

func (r *rejects) Write(b []byte) (n int, err error) {
	if r.f == nil {
		if r.f, err = os.CreateTemp(filepath.Dir(r.path), filepath.Base(r.path)+".*"); err != nil {
			return 0, err
		}
	}
	return r.f.Write(b)
}

// keep puts the file in its place and returns the place; empty if there is nothing.
func (r *rejects) keep() (string, error) {
	if r.f == nil {
		if r.stale {
			os.Remove(r.path) // of an earlier import; mostly there is none
		}
		return "", nil
	}
	err := r.f.Close()
	if err == nil {
		err = os.Rename(r.f.Name(), r.path)
	}
	if err != nil {
		os.Remove(r.f.Name())
		return "", fmt.Errorf("keep the rejected rows: %w", err)
	}
	return r.path, nil
}
