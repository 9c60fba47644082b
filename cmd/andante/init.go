package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/andante-hq/andante/engine"
	"github.com/andante-hq/andante/examples"
)

func (a *app) initCommand() *cobra.Command {
	var example string
	c := command("day", "init FOLDER", "Make a workspace",
		"Makes a workspace from an example, with its own keys. Its mode of delivery is sandbox:\nmails are written to a folder and nothing leaves. The examples are:\n\n"+exampleList(),
		"andante init my-workspace\nandante init our-prospects --example prospecting", nil)
	c.Flags().StringVar(&example, "example", examples.Quickstart, "which of them")
	c.RunE = func(_ *cobra.Command, args []string) error {
		dir := args[0]
		if entries, err := os.ReadDir(dir); err == nil && len(entries) > 0 {
			return usagef("%s is not empty; name a new folder", dir)
		}
		if _, err := examples.Open(example); err != nil {
			return usagef("--example: %w; they are:\n%s", err, exampleList())
		}
		if err := engine.Init(dir, example); err != nil {
			return err
		}
		if example != examples.Quickstart {
			a.printf("Made the workspace %s; its README.md says what is in it and what to try.\n", dir)
			return nil
		}
		a.made(dir)
		return nil
	}
	return c
}

// exampleList says what each example is for.
func exampleList() string {
	var b strings.Builder
	for _, e := range examples.All() {
		fmt.Fprintf(&b, "  %-26s %s\n", e.Name, e.About)
	}
	return strings.TrimRight(b.String(), "\n")
}

// made tells what is where and what comes next.
func (a *app) made(dir string) {
	a.printf("Made the workspace %s:\n", dir)
	for _, f := range [][2]string{
		{"andante.yaml", "your company, people, senders, mail server"},
		{"governor.yaml", "how often is too often"},
		{"consent.yaml", "which consent each country asks for"},
		{"cadence.yaml", "how seldom is too seldom"},
		{"sequences/", "what you send, a Markdown file each"},
		{"contacts.csv", "200 fictional contacts to try with"},
		{"secrets/", "your keys: back them up, and keep them out of Git"},
	} {
		a.printf("  %-16s %s\n", f[0], f[1])
	}
	a.printf("\nThen:\n  cd %s\n", dir)
	for _, line := range []string{
		"check", "import contacts.csv --yes", "publish --yes", "preview " + firstStep + " --as C-0001",
		"simulate", "enroll facility-benchmark", "status --next 7d", "run",
	} {
		a.printf("  andante %s\n", line)
	}
	a.printf("\nThe mode of delivery is sandbox: nothing leaves this machine until you change\n`deliver:` in %s.\n", filepath.Join(dir, "andante.yaml"))
}

// firstStep is a step of the example workspace that the papers name.
const firstStep = "facility-benchmark/how-their-building-compares"

func (a *app) migrateCommand() *cobra.Command {
	return command("machine", "migrate", "Bring the store's schema up to date",
		"Brings the store's schema up to date. Make a backup first.", "andante migrate", func(c *cobra.Command, _ []string) error {
			root, err := a.folder()
			if err != nil {
				return err
			}
			root.Close()
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
