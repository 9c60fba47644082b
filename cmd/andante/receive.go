package main

import (
	"context"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/andante-hq/andante/inbound"
	"github.com/andante-hq/andante/ops"
)

func (a *app) receiveCommand() *cobra.Command {
	var from string
	var to []string
	var dry bool
	c := command("people", "receive [FILE.eml ...]", "Take mails in that came another way",
		"Takes mails in, from files or from standard input, as if they had come to the inbound\ndomain: each is recognised as a bounce, a complaint, an automatic answer, an opt-out or a\nreply, and what follows from that is done. A mail that came before changes nothing. A mail\nserver can pipe mails to it: the exit code is 75 where it is to try again.",
		"andante receive bounce.eml\nandante receive --dry-run < reply.eml", nil)
	c.Args = cobra.ArbitraryArgs
	c.Flags().StringVar(&from, "from", "", "what the mail server was told at MAIL FROM; Return-Path if not given")
	c.Flags().StringSliceVar(&to, "to", nil, "what it was told at RCPT TO; the header's recipients if not given")
	c.Flags().BoolVar(&dry, "dry-run", false, "say what they are, and take nothing in")
	c.RunE = func(c *cobra.Command, args []string) error {
		take := a.recognise
		if !dry {
			e, err := a.open(c.Context(), nil)
			if err != nil {
				return laterError{err}
			}
			defer e.Close()
			take = func(ctx context.Context, raw []byte, env inbound.Envelope) error {
				told, err := e.Ops.TakeMail(ctx, raw, env)
				if err != nil {
					return laterError{err}
				}
				a.arrived(told)
				return nil
			}
		}
		if len(args) == 0 {
			args = []string{"-"}
		}
		for _, name := range args {
			raw, err := a.mail(name)
			if err == nil {
				err = take(c.Context(), raw, inbound.Envelope{From: from, To: to})
			}
			if err != nil {
				return fmt.Errorf("receive %s: %w", name, err)
			}
		}
		return nil
	}
	return c
}

// mail reads a mail from a file, or from standard input.
func (a *app) mail(name string) ([]byte, error) {
	in := a.in
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		in = f
	}
	raw, err := io.ReadAll(io.LimitReader(in, inbound.MaxMail+1))
	if err == nil && len(raw) > inbound.MaxMail {
		err = fmt.Errorf("it has more than %d MB", inbound.MaxMail>>20)
	}
	return raw, err
}

// recognise says what a mail is, without a store.
func (a *app) recognise(_ context.Context, raw []byte, env inbound.Envelope) error {
	m := inbound.Read(raw, env)
	f := inbound.Recognise(m, a.now())
	a.printf("%s: %s\n", f.Class, f.Why)
	for _, x := range f.Failures {
		a.printf("  %s: %s %s (%s)\n    %s\n", x.Recipient, x.Kind, x.Status, x.Why, x.Words)
	}
	if !f.Until.IsZero() {
		a.printf("  back on %s\n", f.Until.Format("Mon 2 Jan 2006"))
	}
	for _, address := range f.Contacts {
		a.printf("  names %s\n", address)
	}
	if f.Text != "" {
		a.printf("\n%s\n", f.Text)
	}
	return nil
}

// arrived says what became of a mail.
func (a *app) arrived(told ops.Arrived) {
	a.printf("%s (%s): %s\n", told.Class, told.Why, told.Did)
}
