package main

import (
	"errors"
	"regexp"

	"github.com/spf13/cobra"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/engine"
	"github.com/andante-hq/andante/internal/mailaddr"
	"github.com/andante-hq/andante/workspace"
)

func (a *app) dkimCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "dkim", Short: "Make the keys that mails are signed with", GroupID: "machine", Args: known, RunE: help,
		Long:    "Mailbox providers want mails to be signed by the domain that they come from. Either\nyour mail server does that, or Andante does with keys of its own.",
		Example: "  andante dkim new acme.example\n  andante dkim show",
	}
	c.AddCommand(a.dkimNewCommand(), a.dkimShowCommand())
	return c
}

// selectorForm is what may be named under a domain's keys.
var selectorForm = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,60}[a-z0-9])?$`)

func (a *app) dkimNewCommand() *cobra.Command {
	var selector string
	c := a.withJSON(command("", "new DOMAIN", "Make keys for a domain",
		"Makes an RSA key and an Ed25519 key for a domain, writes them to secrets/, and prints the\nDNS records to publish and what to write into andante.yaml. Publish the records first.\nTo change keys, make new ones under another selector, and leave the old records for a\nweek: mails that are on their way are checked by them.",
		"andante dkim new acme.example", nil))
	c.Flags().StringVar(&selector, "selector", "", "name of the RSA key in the DNS, and with an e behind it that of the other; a and today's date if not given")
	c.RunE = func(_ *cobra.Command, args []string) error {
		domain, err := mailaddr.Domain(args[0])
		if err != nil {
			return usagef("%q: %w", args[0], err)
		}
		if selector == "" {
			selector = "a" + andante.SystemClock{}.Now().UTC().Format("20060102")
		}
		if !selectorForm.MatchString(selector) {
			return usagef("--selector: %q is not made of lower case letters, digits and dashes", selector)
		}
		root, err := a.folder()
		if err != nil {
			return err
		}
		root.Close()
		records, err := engine.NewDKIM(a.dir, domain, selector)
		if errors.Is(err, engine.ErrKeyThere) {
			return usagef("%w; name another --selector, or see `andante dkim show`", err)
		}
		if err != nil {
			return err
		}
		if a.json {
			return a.printJSON(records)
		}
		a.printf("Publish these DNS records:\n\n")
		a.records(records)
		a.printf("Then write into andante.yaml, and start `andante run` again:\n\nchannels:\n  email:\n    dkim:\n      %s:\n", domain)
		for _, r := range records {
			a.printf("        - {selector: %s, key: {file: %s}}\n", r.Selector, r.File)
		}
		a.printf("\n`andante doctor` looks whether the records are there. Keep secrets/ out of Git, and back it up.\n")
		return nil
	}
	return c
}

func (a *app) dkimShowCommand() *cobra.Command {
	c := a.withJSON(command("", "show", "Print the DNS records of the keys in andante.yaml", "Prints the DNS records of the keys that andante.yaml names.", "andante dkim show", nil))
	c.RunE = func(*cobra.Command, []string) error {
		root, err := a.folder()
		if err != nil {
			return err
		}
		defer root.Close()
		cfg, err := workspace.Machine(root.FS())
		if err != nil {
			return err
		}
		records, err := engine.DKIMRecords(cfg, root.FS())
		if err != nil {
			return err
		}
		if a.json {
			return a.printJSON(records)
		}
		if len(records) == 0 {
			a.printf("andante.yaml names no keys: the mail server signs, or nobody does. `andante dkim new DOMAIN` makes some.\n")
		}
		a.records(records)
		return nil
	}
	return c
}

// records prints TXT records: for who fills in a form, and as lines of a zone file.
func (a *app) records(list []engine.DKIMRecord) {
	for _, r := range list {
		a.printf("  TXT  %s  (%s)\n       %s\n\n", r.Name, r.Kind, r.Value)
	}
	if len(list) > 0 {
		a.printf("As lines of a zone file:\n\n")
	}
	for _, r := range list {
		a.printf("%s\n\n", r.Zone)
	}
}
