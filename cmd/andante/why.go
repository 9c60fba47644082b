package main

import (
	"errors"
	"time"

	"github.com/spf13/cobra"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/reports"
)

func (a *app) whyCommand() *cobra.Command {
	return a.withJSON(command("day", "why CONTACT|TOUCH|ENROLLMENT", "Tell what happened to somebody, and why",
		"Tells the story of a contact (by id, external id or address), a touch or an\nenrollment in order: what was sent, what was not, and why.",
		"andante why ana@acme.example\nandante why 019b8a2e-5c3d-7aaa-9bbb-0123456789ab", func(c *cobra.Command, args []string) error {
			e, err := a.open(c.Context(), nil)
			if err != nil {
				return err
			}
			defer e.Close()
			r, err := a.reports(c.Context(), e)
			if err != nil {
				return err
			}
			s, err := r.Why(c.Context(), args[0])
			if errors.Is(err, andante.ErrNotFound) {
				return usagef("nobody and nothing here is called %s; name a contact by address or by the id of your own system, a mail by its Message-ID, or anything by its id from --json", args[0])
			}
			if err != nil {
				return err
			}
			if a.json {
				return a.printJSON(s)
			}
			a.story(s, "")
			return nil
		}))
}

// story prints a story, times in the contact's zone.
func (a *app) story(s *reports.Story, indent string) {
	zone, err := time.LoadLocation(s.Zone)
	if err != nil {
		zone = time.UTC
	}
	a.printf("%s%s: %s\n", indent, s.Name, s.About)
	if len(s.Lines) == 0 {
		a.printf("%sNothing has happened yet: on no sequence, never written to.\n", indent)
	}
	for _, l := range s.Lines {
		a.printf("%s%s  %s: %s\n", indent, l.At.In(zone).Format("Mon 2 Jan 2006 15:04"), l.What, l.Text)
		for _, b := range l.Because {
			a.printf("%s                        %s\n", indent, b)
		}
	}
}
