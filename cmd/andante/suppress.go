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
	var o contacts.Options
	c := command("people", "suppress", "Bar addresses for good",
		"Bars the addresses of a file for good, whoever has them now or later. Do it with\nthe opt-outs of your old system before the first send.",
		"andante suppress --file opted-out.csv --source \"old system\"", nil)
	c.Flags().StringVar(&file, "file", "", "addresses, one a line, or a CSV file with a column email or phone")
	c.Flags().StringVar(&source, "source", "", "where the list comes from; the file's name if not given")
	c.Flags().StringVar(&o.Country, "country", "", "of phone numbers without a country code, such as US")
	c.Flags().StringVar(&o.Encoding, "encoding", "", "of the file, such as windows-1252; UTF-8 if not given")
	c.RunE = func(c *cobra.Command, _ []string) error {
		if file == "" {
			return usagef("--file is missing")
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
		list, rejected, err := contacts.Addresses(f, o)
		if err != nil {
			return fmt.Errorf("suppress %s: %w", file, err)
		}
		n, err := e.Ops.Suppress(c.Context(), list, cmp.Or(source, filepath.Base(file)))
		if err != nil {
			return err
		}
		a.printf("%d suppressed now, %d were already.\n", n, len(list)-n)
		if rejected > 0 {
			a.printf("%s without an address.\n", count(rejected, "line"))
			return errFound
		}
		return nil
	}
	return c
}
