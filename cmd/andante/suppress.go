package main

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/andante-hq/andante/contacts"
)

func (a *app) suppressCommand() *cobra.Command {
	var file, source string
	var columns []string
	var o contacts.Options
	c := command("people", "suppress", "Bar addresses for good",
		"Bars the addresses of a file for good, whoever has them now or later. Do it with\nthe opt-outs of your old system before the first send.",
		"andante suppress --file opted-out.csv --source \"old system\"", nil)
	c.Flags().StringVar(&file, "file", "", "addresses, one a line, or a CSV file with a column email or phone")
	c.Flags().StringVar(&source, "source", "", "where the list comes from; the file's name if not given")
	c.Flags().StringVar(&o.Country, "country", "", "of phone numbers without a country code, such as US")
	c.Flags().StringVar(&o.Encoding, "encoding", "", "of the file, such as windows-1252; UTF-8 if not given")
	c.Flags().StringArrayVar(&columns, "map", nil, "HEADING=contact.email or HEADING=contact.phone for a column with another name")
	c.RunE = func(c *cobra.Command, _ []string) error {
		if file == "" {
			return usagef("--file is missing")
		}
		var err error
		if o.Map, err = columnMap(columns); err != nil {
			return err
		}
		f, err := os.Open(file)
		if err != nil {
			return usageError{err}
		}
		defer f.Close()
		e, err := a.open(c.Context(), nil)
		if err != nil {
			return err
		}
		defer e.Close()
		list, bad, err := contacts.Addresses(f, o)
		if err != nil {
			return fmt.Errorf("suppress %s: %w", file, err)
		}
		n, err := e.Ops.Suppress(c.Context(), list, cmp.Or(source, filepath.Base(file)))
		if err != nil {
			return err
		}
		a.printf("%d suppressed now, %d were already.\n", n, len(list)-n)
		for _, r := range bad {
			fmt.Fprintf(a.err, "line %d: %s\n", r.Line, r.Reason)
		}
		if len(bad) > 0 {
			a.printf("%s could not be read, and bars nobody.\n", count(len(bad), "address"))
			return errFound
		}
		return nil
	}
	return c
}
