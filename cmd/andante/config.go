package main

import (
	"fmt"
	"io/fs"

	"github.com/spf13/cobra"

	"github.com/andante-hq/andante/workspace"
)

func (a *app) configCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "config", Short: "Describe, check or show the configuration", GroupID: "machine", Args: known, RunE: help,
		Long:    "Describes every key of andante.yaml, checks what this machine would use, or shows\nthe values in force: the file's, or those of ANDANTE_… variables, which win.",
		Example: "  andante config describe\n  andante config show",
	}
	sub := func(use, short string, f func() error) {
		one := command("", use, short, short+".", "andante config "+use, func(*cobra.Command, []string) error { return f() })
		c.AddCommand(one)
	}
	sub("describe", "Print a commented andante.yaml with every key", func() error {
		a.printf("%s", workspace.Describe())
		return nil
	})
	sub("check", "Check andante.yaml and the environment of this machine", func() error {
		cfg, password, err := a.machine()
		if err == nil {
			err = password
		}
		if err != nil {
			return err
		}
		a.printf("The configuration is good; mode %s, store %s.\n", cfg.Deliver.Mode, workspace.Hide(cfg.Store))
		return nil
	})
	sub("show", "Print the values in force, secrets as ***", func() error {
		cfg, _, err := a.machine()
		if err != nil {
			return err
		}
		a.printf("%s", workspace.Show(cfg))
		return nil
	})
	return c
}

// machine reads what this machine would use; password is why the one of a mail server
// or a gateway can't be read.
func (a *app) machine() (cfg *workspace.Config, password, err error) {
	root, err := a.folder()
	if err != nil {
		return nil, nil, err
	}
	defer root.Close()
	if cfg, err = workspace.Machine(root.FS()); err != nil {
		return nil, nil, err
	}
	for _, id := range cfg.Ways() {
		if _, err := cfg.Channels.Email.MailServer(id, root.FS()); password == nil {
			password = err
		}
	}
	for where, secret := range cfg.Gateways() {
		if _, err := secret.Resolve(func(name string) ([]byte, error) { return fs.ReadFile(root.FS(), name) }); err != nil && password == nil {
			password = fmt.Errorf("%s: %w", where, err)
		}
	}
	return cfg, password, nil
}
