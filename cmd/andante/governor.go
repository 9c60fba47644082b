package main

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/workspace"
)

func (a *app) governorCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "governor", Short: "Say what the policy means", GroupID: "day",
		Long:    "The policy, governor.yaml, says how much is too much.",
		Example: "  andante governor explain\n  andante governor schema > governor.schema.json",
	}
	c.AddCommand(a.explainCommand(), a.schemaCommand())
	return c
}

func (a *app) explainCommand() *cobra.Command {
	return command("", "explain", "Say in plain words what the policy means",
		"Says in plain words what governor.yaml of the folder means, a sentence for each rule\nwith its name, and warns of rules that can never bind or that keep a kind away for\ngood.",
		"andante governor explain", func(*cobra.Command, []string) error {
			w, found := workspace.Load(os.DirFS(a.dir))
			bad := false
			for _, f := range found {
				if f.File == workspace.PolicyFile {
					fmt.Fprintln(a.err, f)
					bad = bad || f.Severity == andante.SeverityError
				}
			}
			if bad {
				return fmt.Errorf("%s has errors; mend them first", workspace.PolicyFile)
			}
			for _, s := range w.Policy.Explain() {
				a.printf("%s\n", s)
			}
			return nil
		})
}

func (a *app) schemaCommand() *cobra.Command {
	return command("", "schema", "Print the JSON Schema of governor.yaml",
		"Prints the JSON Schema of governor.yaml, by which editors complete and check it: name\nit in the first line of the file as  # yaml-language-server: $schema=governor.schema.json",
		"andante governor schema > governor.schema.json", func(*cobra.Command, []string) error {
			a.printf("%s", workspace.PolicySchema())
			return nil
		})
}
