package main

import (
	"errors"
	"strings"

	"github.com/spf13/cobra"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/ops"
)

func (a *app) apikeyCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "apikey", Short: "Keys by which other programs come in", GroupID: "machine", Args: known, RunE: help,
		Long:    "Keys of the API (/api/v1/openapi.json of the web role). A key is shown once and kept as a\nhash. Its scopes say what it may do: events (tell what contacts did, and make contacts of\nthem), read (contacts, and what they got), write (change them, enroll, stop,\nhold) and erase (merge and erase them).",
		Example: "  andante apikey new website --scopes events",
	}
	c.AddCommand(a.apikeyNewCommand(), a.apikeyListCommand(), a.apikeyRevokeCommand())
	return c
}

func (a *app) apikeyNewCommand() *cobra.Command {
	var scopes []string
	c := a.withJSON(command("", "new NAME", "Make a key, and show it once",
		"Makes a key and shows it, this once: nobody can show it again.",
		"andante apikey new website --scopes events\nandante apikey new crm --scopes events,read,write", nil))
	c.Flags().StringSliceVar(&scopes, "scopes", nil, "what it may do: events, read, write, erase")
	c.RunE = func(c *cobra.Command, args []string) error {
		e, err := a.open(c.Context(), nil)
		if err != nil {
			return err
		}
		defer e.Close()
		key, id, err := e.Ops.NewAPIKey(c.Context(), args[0], scopes)
		if errors.Is(err, ops.ErrNoScopes) {
			return usagef("--scopes: %w", err)
		}
		if err != nil {
			return err
		}
		if a.json {
			return a.printJSON(map[string]any{"id": id, "name": args[0], "scopes": scopes, "key": key.Reveal()})
		}
		a.printf("%s\n", key.Reveal())
		a.printf("The key of %s for %s; keep it, for nobody can show it again. andante apikey revoke %s ends it.\n", args[0], strings.Join(scopes, ", "), id)
		return nil
	}
	return c
}

func (a *app) apikeyListCommand() *cobra.Command {
	c := a.withJSON(command("", "list", "List keys", "Lists the keys there are and were, without the keys themselves.", "andante apikey list", nil))
	c.RunE = func(c *cobra.Command, _ []string) error {
		e, err := a.open(c.Context(), nil)
		if err != nil {
			return err
		}
		defer e.Close()
		list, err := e.Ops.APIKeys(c.Context())
		if err != nil {
			return err
		}
		if a.json {
			return a.printJSON(list)
		}
		if len(list) == 0 {
			a.printf("There is no key; `andante apikey new NAME --scopes events` makes one.\n")
		}
		for _, k := range list {
			state := "since " + k.Created.In(zone(e.Config)).Format("2 Jan 2006")
			if !k.Revoked.IsZero() {
				state += ", revoked on " + k.Revoked.In(zone(e.Config)).Format("2 Jan 2006")
			}
			a.printf("%s  %-20s %-20s %s\n", k.ID, cut(k.Name, 20), strings.Join(k.Scopes, ","), state)
		}
		return nil
	}
	return c
}

func (a *app) apikeyRevokeCommand() *cobra.Command {
	c := command("", "revoke ID|NAME", "End a key at once", "Ends a key: from now on whoever has it is refused.", "andante apikey revoke 019b8a2e-5c3d-7aaa-9bbb-0123456789ab", nil)
	c.RunE = func(c *cobra.Command, args []string) error {
		e, err := a.open(c.Context(), nil)
		if err != nil {
			return err
		}
		defer e.Close()
		id := args[0]
		all, err := e.Ops.APIKeys(c.Context())
		if err != nil {
			return err
		}
		for _, k := range all {
			if k.Name == args[0] && k.Revoked.IsZero() {
				id = k.ID
			}
		}
		err = e.Ops.RevokeAPIKey(c.Context(), id)
		if errors.Is(err, andante.ErrNotFound) {
			return usagef("there is no key %s that is not revoked; `andante apikey list` shows them", args[0])
		}
		if err == nil {
			a.printf("Revoked.\n")
		}
		return err
	}
	return c
}
