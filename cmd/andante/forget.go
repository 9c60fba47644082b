package main

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/andante-hq/andante/engine"
)

func (a *app) forgetCommand() *cobra.Command {
	var by string
	var look bool
	c := a.withJSON(a.withYes(command("people", "forget CONTACT", "Erase all that is known of somebody",
		"Erases a person who asks for it: name, addresses, fields, what was written, said and\nnoted. What ran for it ends first. What stays are numbers of nobody, and a keyed hash of the\naddresses, by which no import brings them back. Then it looks for address and number in the\nstore, its files, Redis and the outbox, and says where it looked. See docs/operating.md for\nbackups. `andante export --contact` first writes down what goes.",
		"andante forget ana@acme.example\nandante forget A-1001 --by nora --yes\nandante forget --look ana@acme.example", nil)))
	c.Flags().BoolVar(&look, "look", false, "only look whether an address, a number or any other text still stands somewhere")
	c.Flags().StringVar(&by, "by", "", "who does it; you if not given")
	c.RunE = func(c *cobra.Command, args []string) error {
		e, err := a.open(c.Context(), nil)
		if err != nil {
			return err
		}
		defer e.Close()
		if look {
			r, err := e.LookFor(c.Context(), args)
			if err != nil {
				return err
			}
			return a.searched(r)
		}
		who, err := a.contact(c.Context(), e, args[0])
		if err != nil {
			return err
		}
		if err := a.confirm(fmt.Sprintf("Erase all that is known of %s? Nothing brings it back.", strings.TrimSpace(who.Name()+" <"+cmp.Or(who.Email, who.Phone, string(who.ID))+">"))); err != nil {
			return err
		}
		r, err := e.Forget(c.Context(), who.ID, "forgotten by "+cmp.Or(by, os.Getenv("USER"), "the command line"))
		if r == nil {
			return err
		}
		if err != nil {
			return fmt.Errorf("%w; run it again", err)
		}
		if !a.json {
			a.erased(r)
		}
		return a.searched(r)
	}
	return c
}

// erased says what was erased.
func (a *app) erased(r *engine.Erasure) {
	a.printf("Erased. %s ended; %s kept as numbers of nobody.\n", count(r.Ended, "sequence"), count(len(r.Touches), "touch"))
	if r.Notices > 0 {
		a.printf("%s to colleagues named them, and do no more.\n", count(r.Notices, "mail"))
	}
	if r.Shared > 0 {
		a.printf("%s the same address or number, and nothing goes there any more: `andante forget` for each, if they are the same person.\n", others(r.Shared))
	}
	if len(r.Plain) == 0 {
		a.printf("No address or number was theirs alone, so none was looked for.\n")
	}
}

// searched says where something was looked for. It is an error if it was found.
func (a *app) searched(r *engine.Erasure) error {
	if a.json {
		if err := a.printJSON(r); err != nil {
			return err
		}
	} else if len(r.Plain) > 0 {
		a.places(r)
	}
	if r.Clean() {
		return nil
	}
	return errors.New("something stands where it should be gone; see above")
}

func (a *app) places(r *engine.Erasure) {
	a.printf("Looked for %s:\n", strings.Join(r.Plain, " and "))
	where := make([]string, len(r.Places))
	for i, p := range r.Places {
		where[i] = fmt.Sprintf("%s.%s (%s)", p.Table, p.Column, count(p.Rows, "row"))
	}
	line := func(place string, found []string) {
		a.printf("  %s: %s\n", place, cmp.Or(strings.Join(found, ", "), "nothing"))
	}
	line(count(r.Columns, "column")+" of the store", where)
	if r.Within {
		a.printf("  files: not looked at, for others have addresses or numbers that are longer by some letters\n")
	} else if len(r.Files) > 0 {
		line(strings.Join(r.Files, ", "), r.InFiles)
	}
	if r.Busy {
		a.printf("  Others were reading, so that the write-ahead log stands as it was; look again in a moment: `andante forget --look %s`.\n", r.Plain[0])
	}
	if r.Keys > 0 || len(r.InRedis) > 0 {
		line(count(r.Keys, "key")+" of Redis", r.InRedis)
	}
	if r.Outbox != "" {
		line(fmt.Sprintf("%s, from which %s went", r.Outbox, count(r.Removed, "file")), r.InBox)
	}
	a.printf("Not in reach: backups, files that you printed or exported, and what mail servers keep.\n")
}

func others(n int) string {
	if n == 1 {
		return "1 other contact has"
	}
	return fmt.Sprintf("%d other contacts have", n)
}
