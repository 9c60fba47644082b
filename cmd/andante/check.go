package main

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/sequences"
	"github.com/andante-hq/andante/store"
	"github.com/andante-hq/andante/templates"
	"github.com/andante-hq/andante/workspace"
)

func (a *app) checkCommand() *cobra.Command {
	var format string
	var simulate bool
	c := command("day", "check", "Find every mistake in the workspace",
		"Reads the whole workspace and prints every finding with its place, and what to do\nabout it. Exit code 1 if there is one, warnings included. With --simulate it plays\na year with the real contacts too, and says which sequences can't go as written.",
		"andante check\nandante check --format github\nandante check --simulate", nil)
	c.Flags().BoolVar(&simulate, "simulate", false, "also play a year on a copy of the contacts; nothing is sent")
	c.Flags().StringVar(&format, "format", "text", "text, json, sarif or github")
	c.RunE = func(c *cobra.Command, _ []string) error {
		print, ok := map[string]func([]*andante.Finding) error{"text": a.findings, "json": a.findingsJSON, "sarif": a.sarif, "github": a.github}[format]
		if !ok {
			return usagef("--format is text, json, sarif or github, not %q", format)
		}
		root, err := a.folder()
		if err != nil {
			return err
		}
		defer root.Close()
		w, found := workspace.Load(root.FS())
		found = append(found, a.renamed(c.Context(), w)...)
		found = append(found, w.StaleNuggets(a.now())...)
		if simulate && len(workspace.Errors(found)) == 0 {
			more, err := a.rehearsed(c.Context(), w)
			if err != nil {
				return err
			}
			found = append(found, more...)
		}
		if err := print(found); err != nil {
			return err
		}
		if len(found) > 0 {
			return errFound
		}
		if format == "text" {
			a.printf("%s, no findings.\n", count(len(w.Sequences), "sequence"))
		}
		return nil
	}
	return c
}

// renamed compares the workspace with what is published, where a store lies beside
// it. Without one `andante publish` will tell.
func (a *app) renamed(ctx context.Context, w *workspace.Workspace) []*andante.Finding {
	if store.IsPostgres(w.Config.Store) {
		return nil
	}
	if _, err := os.Stat(filepath.Join(a.dir, w.Config.Store)); err != nil {
		return nil
	}
	e, err := a.open(ctx, nil)
	if err != nil {
		return nil
	}
	defer e.Close()
	before, err := a.published(ctx, e)
	if err != nil {
		return nil
	}
	return workspace.Renamed(before, w)
}

func (a *app) findings(found []*andante.Finding) error {
	bad := len(workspace.Errors(found))
	for _, f := range found {
		a.printf("%s\n", f.Error())
	}
	if len(found) > 0 {
		a.printf("%s, %s.\n", count(bad, "error"), count(len(found)-bad, "warning"))
	}
	return nil
}

func (a *app) findingsJSON(found []*andante.Finding) error {
	if found == nil {
		found = []*andante.Finding{}
	}
	return a.printJSON(found)
}

// github prints workflow commands, which annotate the lines of a pull request.
func (a *app) github(found []*andante.Finding) error {
	escape := strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	property := strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
	for _, f := range found {
		text := f.Message
		if f.Suggestion != "" {
			text += "; " + f.Suggestion
		}
		a.printf("::%s file=%s,line=%d,col=%d,title=%s::%s\n", f.Severity, property.Replace(a.fromHere(f.File)), max(f.Line, 1), max(f.Column, 1), property.Replace(f.Rule), escape.Replace(text))
	}
	return nil
}

// fromHere returns the path of a workspace's file from the current directory, which
// for a program on GitHub is the repository's root.
func (a *app) fromHere(file string) string {
	path := filepath.Join(a.dir, filepath.FromSlash(file))
	if here, err := os.Getwd(); err == nil && filepath.IsAbs(path) {
		if near, err := filepath.Rel(here, path); err == nil && filepath.IsLocal(near) {
			path = near
		}
	}
	return filepath.ToSlash(path)
}

// sarif prints SARIF 2.1.0 (OASIS), which code scanners read.
func (a *app) sarif(found []*andante.Finding) error {
	type object = map[string]any
	rules, results := []object{}, []object{}
	for _, r := range allRules() {
		rules = append(rules, object{"id": r.name, "shortDescription": object{"text": r.doc}, "defaultConfiguration": object{"level": string(r.severity)}})
	}
	for _, f := range found {
		results = append(results, object{
			"ruleId": f.Rule, "level": string(f.Severity), "message": object{"text": strings.TrimSuffix(fmt.Sprint(f.Message, "; ", f.Suggestion), "; ")},
			"locations": []object{{"physicalLocation": object{
				"artifactLocation": object{"uri": (&url.URL{Path: a.fromHere(f.File)}).String()}, "region": object{"startLine": max(f.Line, 1), "startColumn": max(f.Column, 1)},
			}}},
		})
	}
	return a.printJSON(object{
		"version": "2.1.0", "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
		"runs": []object{{"tool": object{"driver": object{"name": "andante", "rules": rules}}, "results": results, "columnKind": "unicodeCodePoints"}},
	})
}

// rule is a rule of the checker, wherever it stands.
type rule struct {
	name     string
	severity andante.Severity
	doc      string
}

// allRules returns every rule once, by name.
func allRules() []rule {
	var list []rule
	for _, r := range sequences.Rules() {
		list = append(list, rule{r.Name, r.Severity, r.Doc})
	}
	for _, r := range workspace.Rules() {
		list = append(list, rule{r.Name, r.Severity, r.Doc})
	}
	for _, r := range templates.Rules() {
		list = append(list, rule{r.Name, r.Severity, r.Doc})
	}
	slices.SortStableFunc(list, func(a, b rule) int { return strings.Compare(a.name, b.name) })
	return slices.CompactFunc(list, func(a, b rule) bool { return a.name == b.name })
}
