package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/andante-hq/andante/engine"
)

func (a *app) initCommand() *cobra.Command {
	return command("day", "init FOLDER", "Make a workspace",
		"Makes a workspace from the quickstart example, with its own keys. Its mode of\ndelivery is sandbox: mails are written to a folder and nothing leaves.",
		"andante init my-workspace\ncd my-workspace\nandante check", 1, func(_ *cobra.Command, args []string) error {
			dir := args[0]
			if entries, err := os.ReadDir(dir); err == nil && len(entries) > 0 {
				return usagef("%s is not empty; name a new folder", dir)
			}
			if err := engine.Init(dir); err != nil {
				return err
			}
			a.printf("Made the workspace %s:\n", dir)
			for _, f := range [][2]string{
				{"andante.yaml", "your company, people, senders, mail server"},
				{"governor.yaml", "how often is too often"},
				{"consent.yaml", "which consent each country asks for"},
				{"sequences/", "what you send, a Markdown file each"},
				{"contacts.csv", "200 fictional contacts to try with"},
				{"secrets/", "your keys: back them up, and keep them out of Git"},
			} {
				a.printf("  %-16s %s\n", f[0], f[1])
			}
			a.printf("\nThen:\n  cd %s\n  andante check\n  andante import contacts.csv --yes\n  andante publish --yes\n  andante preview monthly-brief/%s --as c001\n", dir, "…")
			a.printf("\nThe mode of delivery is sandbox: nothing leaves this machine until you change\n`deliver:` in %s.\n", filepath.Join(dir, "andante.yaml"))
			return nil
		})
}

func (a *app) migrateCommand() *cobra.Command {
	return command("machine", "migrate", "Bring the store's schema up to date",
		"Brings the store's schema up to date. Make a backup first.", "andante migrate", 0, func(c *cobra.Command, _ []string) error {
			names, err := engine.Migrate(c.Context(), engine.Options{Dir: a.dir, Log: a.log()})
			if err != nil {
				return err
			}
			for _, n := range names {
				fmt.Fprintln(a.out, "ran", n)
			}
			if len(names) == 0 {
				a.printf("The schema is up to date.\n")
			}
			return nil
		})
}
