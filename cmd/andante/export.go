package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/contacts"
	"github.com/andante-hq/andante/engine"
)

func (a *app) exportCommand() *cobra.Command {
	var contact, format, out string
	c := command("people", "export", "Write contacts, or all that is known of one, into a file",
		"Writes every contact with its account, its fields and its latest consent as CSV, which\n`andante import` reads again; or, as JSON, all that is known: what was agreed to and chosen,\nwhat was sent, said, answered and noted. With --contact it is that of one person: what they\nmay ask for by law.",
		"andante export --out contacts.csv\nandante export --contact ana@acme.example --out ana.json\nandante export --format json > everything.ndjson", nil)
	c.Flags().StringVar(&contact, "contact", "", "one contact, by id, external id or address: all that is known of it, as JSON")
	c.Flags().StringVar(&format, "format", "", "of all contacts: csv, which import reads again, or json, all that is known, a line each; csv if not given")
	c.Flags().StringVar(&out, "out", "", "the file, which must not be there yet; the terminal if not given")
	c.RunE = func(c *cobra.Command, _ []string) error {
		switch {
		case format != "" && format != "csv" && format != "json":
			return usagef("--format is csv or json, not %q", format)
		case contact != "" && format == "csv":
			return usagef("all that is known of a contact does not fit into one table: leave --format out")
		}
		e, err := a.open(c.Context(), nil)
		if err != nil {
			return err
		}
		defer e.Close()
		return a.into(out, func(w io.Writer) error {
			switch {
			case contact != "":
				return a.exportOne(c.Context(), e, contact, w)
			case format == "json":
				return exportAll(c.Context(), e, w)
			}
			return a.exportCSV(c.Context(), e, w, out)
		})
	}
	return c
}

// into has f write into a new file that only its owner may read, or the terminal. What was begun of
// a file is removed if f fails.
func (a *app) into(name string, f func(io.Writer) error) error {
	if name == "" {
		w := bufio.NewWriter(a.out)
		if err := f(w); err != nil {
			return err
		}
		return w.Flush()
	}
	file, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if os.IsExist(err) {
		return usagef("%s is there already; name another file with --out", name)
	}
	if err != nil {
		return usageError{err}
	}
	w := bufio.NewWriter(file)
	err = f(w)
	for _, end := range []func() error{w.Flush, file.Close} {
		if failed := end(); err == nil {
			err = failed
		}
	}
	if err != nil {
		os.Remove(name)
	}
	return err
}

func (a *app) exportOne(ctx context.Context, e *engine.Engine, name string, w io.Writer) error {
	c, err := a.contact(ctx, e, name)
	if err != nil {
		return err
	}
	d, err := e.Ops.Dossier(ctx, c.ID)
	if err != nil {
		return err
	}
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(d)
}

func exportAll(ctx context.Context, e *engine.Engine, w io.Writer) error {
	enc := json.NewEncoder(w)
	const page = 200
	for after, more := andante.ContactID(""), true; more; {
		list, err := e.Ops.ContactsPage(ctx, after, page)
		if err != nil {
			return err
		}
		for _, k := range list {
			d, err := e.Ops.Dossier(ctx, k.Contact.ID)
			if err != nil {
				return err
			}
			if err := enc.Encode(d); err != nil {
				return err
			}
			after = k.Contact.ID
		}
		more = len(list) == page
	}
	return nil
}

func (a *app) exportCSV(ctx context.Context, e *engine.Engine, w io.Writer, out string) error {
	p, err := a.published(ctx, e)
	if err != nil {
		return err
	}
	im := contacts.Importer{Ops: e.Ops, Workspace: p}
	n, err := im.Export(ctx, w)
	if err == nil && out != "" {
		fmt.Fprintf(a.err, "%s written into %s.\n", count(n, "contact"), out)
	}
	return err
}
