package main

import (
	"strings"

	"github.com/spf13/cobra"

	"github.com/andante-hq/andante/doctor"
	"github.com/andante-hq/andante/engine"
)

func (a *app) doctorCommand() *cobra.Command {
	var offline bool
	var state string
	c := a.withJSON(command("machine", "doctor", "Look whether everything is in order, and say what to do",
		"Looks at the folder and its keys, the store and whether it is a copy, what is\n"+
			"published, Redis, the mail server (connection, TLS, login; nothing is sent), the DNS of\n"+
			"the senders' domains (SPF, DKIM, DMARC, MX), clocks, and at what has been left lying:\n"+
			"stuck leases, overdue and unknown touches, holds without an end. Changes nothing. Exit code 1 if there is a problem.",
		"andante doctor\nandante doctor --offline --json", nil))
	c.Flags().BoolVar(&offline, "offline", false, "leave out the mail server and the DNS")
	c.Flags().StringVar(&state, "state", "", stateUsage)
	c.RunE = func(c *cobra.Command, _ []string) error {
		if err := absolute(&state); err != nil {
			return err
		}
		root, err := a.folder()
		if err != nil {
			return err
		}
		root.Close()
		found, err := engine.Examine(c.Context(), engine.Options{Dir: a.dir, Log: a.log(), Clock: a.clock, Config: remember(state)}, engine.DoctorOptions{Offline: offline})
		if err != nil {
			return err
		}
		if err := a.examined(found); err != nil {
			return err
		}
		if doctor.Count(found, doctor.Problem) > 0 {
			return errFound
		}
		return nil
	}
	return c
}

// examined tells what the checks found.
func (a *app) examined(found []doctor.Finding) error {
	problems, notices := doctor.Count(found, doctor.Problem), doctor.Count(found, doctor.Notice)
	if a.json {
		return a.printJSON(struct {
			Findings []doctor.Finding `json:"findings"`
			Problems int              `json:"problems"`
			Notices  int              `json:"notices"`
		}{found, problems, notices})
	}
	wide := 0
	for _, f := range found {
		wide = max(wide, len(f.Check))
	}
	for _, f := range found {
		level := string(f.Level)
		if f.Level == doctor.Problem {
			level = strings.ToUpper(level)
		}
		a.printf("%-7s  %-*s  %s\n", level, wide, f.Check, f.Found)
		if f.Do != "" {
			a.printf("%-7s  %-*s  -> %s\n", "", wide, "", f.Do)
		}
	}
	a.printf("\n%s, %s.\n", count(problems, "problem"), count(notices, "notice"))
	return nil
}
