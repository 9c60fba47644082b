package main

import (
	"github.com/spf13/cobra"

	"github.com/andante-hq/andante/ops"
)

func (a *app) stopCommand() *cobra.Command {
	var sequence, contact string
	c := a.withYes(command("day", "stop", "End sequences for somebody, or a sequence for all",
		"Ends the enrollments of a contact, of a sequence, or of one on the other. What is on\nthe wire already is left to its outcome.",
		"andante stop --contact ana@acme.example\nandante stop --sequence facility-benchmark --yes", nil))
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
		if sequence != "" {
			if err := a.running(c.Context(), e, sequence); err != nil {
				return err
			}
		}
		r := ops.StopRequest{Sequence: sequence}
		if contact != "" {
			found, err := a.contact(c.Context(), e, contact)
			if err != nil {
				return err
			}
			r.Contact = found.ID
			what := "every sequence"
			if sequence != "" {
				what = sequence
			}
			if err := a.confirm("End " + what + " for " + found.Name() + "?"); err != nil {
				return err
			}
		} else if err := a.confirm("End " + sequence + " for everybody on it?"); err != nil {
			return err
		}
		n, err := e.Ops.Stop(c.Context(), r)
		if err == nil {
			a.printf("%s ended.\n", count(n, "enrollment"))
		}
		return err
	}
	return c
}
