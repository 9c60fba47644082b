package main

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/andante-hq/andante/contacts"
	"github.com/andante-hq/andante/engine"
	"github.com/andante-hq/andante/ops"
)

func (a *app) suppressCommand() *cobra.Command {
	var file, source string
	var lift bool
	var columns []string
	var o contacts.Options
	c := command("people", "suppress [ADDRESS ...]", "Bar addresses for good",
		"Bars addresses for good, whoever has them now or later: of those who ask for it in\nan answer, and, before the first send, the opt-outs of your old system.",
		"andante suppress anna@acme.example --source \"her answer of 3 March\"\nandante suppress --file opted-out.csv --source \"old system\"\nandante suppress --lift anna@acme.example --source \"she wrote to us on 3 March\"", nil)
	c.Args = cobra.ArbitraryArgs
	c.Flags().BoolVar(&lift, "lift", false, "the other way round: addresses work again, or who asked to be forgotten has come back, by address and by their id in your own system; what somebody opted out of stays")
	c.Flags().StringVar(&file, "file", "", "addresses, one a line, or a CSV file with a column email or phone")
	c.Flags().StringVar(&source, "source", "", "who says so; the file's name if not given")
	c.Flags().StringVar(&o.Country, "country", "", "of phone numbers without a country code, such as US")
	c.Flags().StringVar(&o.Encoding, "encoding", "", "of the file, such as windows-1252; UTF-8 if not given")
	c.Flags().StringArrayVar(&columns, "map", nil, "HEADING=contact.email or HEADING=contact.phone for a column with another name")
	c.RunE = func(c *cobra.Command, args []string) error {
		if (file == "") == (len(args) == 0) {
			return usagef("name addresses, or a file of them with --file")
		}
		if lift && source == "" {
			return usagef("say with --source why, such as --source \"her letter of 3 March\"")
		}
		var err error
		if o.Map, err = columnMap(columns); err != nil {
			return err
		}
		read := func() ([]string, []ops.Refusal, error) {
			if lift { // or ids of the user's own system, by which somebody was forgotten
				return args, nil, nil
			}
			return suppressed(args, o)
		}
		if file != "" {
			f, err := os.Open(file)
			if err != nil {
				return usageError{err}
			}
			defer f.Close()
			read = func() ([]string, []ops.Refusal, error) { return contacts.Addresses(f, o) }
			source = cmp.Or(source, filepath.Base(file))
		}
		e, err := a.open(c.Context(), nil)
		if err != nil {
			return err
		}
		defer e.Close()
		list, bad, err := read()
		if err != nil {
			return err
		}
		if lift {
			return a.lift(c.Context(), e, list, bad, source)
		}
		n, err := e.Ops.Suppress(c.Context(), list, cmp.Or(source, "by hand"))
		if err != nil {
			return err
		}
		a.printf("%d suppressed now, %d were already.\n", n, len(list)-n)
		for _, r := range bad {
			fmt.Fprintf(a.err, "line %d: %s\n", r.Line, r.Reason)
		}
		if len(bad) > 0 {
			return fmt.Errorf("%s could not be read, so nobody is barred by that", count(len(bad), "line"))
		}
		return nil
	}
	return c
}

// lift takes bars back, of all the addresses or of none.
func (a *app) lift(ctx context.Context, e *engine.Engine, list []string, bad []ops.Refusal, source string) error {
	if len(bad) > 0 {
		return fmt.Errorf("line %d: %s; nothing was lifted", bad[0].Line, bad[0].Reason)
	}
	n, err := e.Ops.Lift(ctx, list, source)
	if err == nil {
		a.printf("%s lifted; what somebody opted out of stays.\n", count(n, "bar"))
	}
	return err
}

// suppressed reads the addresses that stand on the command line: all of them, or none.
func suppressed(args []string, o contacts.Options) (list []string, bad []ops.Refusal, err error) {
	for _, arg := range args {
		found, _, err := contacts.Addresses(strings.NewReader(arg), o)
		if err != nil || len(found) == 0 {
			return nil, nil, usagef("%q is no address", arg)
		}
		list = append(list, found...)
	}
	return list, nil, nil
}
