package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/sequences"
	"github.com/andante-hq/andante/workspace"
)

func (a *app) checkCommand() *cobra.Command {
	var format string
	c := command("day", "check", "Find every mistake in the workspace",
		"Reads the whole workspace and prints every finding with its place, and what to do\nabout it. Exit code 1 if there is one, warnings included.",
		"andante check\nandante check --format github", 0, nil)
	c.Flags().StringVar(&format, "format", "text", "text, json, sarif or github")
	c.RunE = func(*cobra.Command, []string) error {
		root, err := os.OpenRoot(a.dir)
		if err != nil {
			return usagef("open workspace: %w", err)
		}
		defer root.Close()
		w, found := workspace.Load(root.FS())
		print, ok := map[string]func([]*andante.Finding) error{"text": a.findings, "json": a.findingsJSON, "sarif": a.sarif, "github": a.github}[format]
		if !ok {
			return usagef("--format is text, json, sarif or github, not %q", format)
		}
		if err := print(found); err != nil {
			return err
		}
		if len(found) > 0 {
			return errFound
		}
		if format == "text" {
			a.printf("%d sequences, no findings.\n", len(w.Sequences))
		}
		return nil
	}
	return c
}

func (a *app) findings(found []*andante.Finding) error {
	errors := 0
	for _, f := range found {
		a.printf("%s\n", f.Error())
		if f.Severity == andante.SeverityError {
			errors++
		}
	}
	if len(found) > 0 {
		a.printf("%d error(s), %d warning(s)\n", errors, len(found)-errors)
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
	for _, f := range found {
		text := f.Message
		if f.Suggestion != "" {
			text += "; " + f.Suggestion
		}
		a.printf("::%s file=%s,line=%d,col=%d,title=%s::%s\n", f.Severity, f.File, max(f.Line, 1), max(f.Column, 1), f.Rule, escape.Replace(text))
	}
	return nil
}

// sarif prints SARIF 2.1.0 (OASIS), which code scanners read.
func (a *app) sarif(found []*andante.Finding) error {
	type object = map[string]any
	var rules, results []object
	add := func(name string, s andante.Severity, doc string) {
		rules = append(rules, object{"id": name, "shortDescription": object{"text": doc}, "defaultConfiguration": object{"level": string(s)}})
	}
	for _, r := range sequences.Rules() {
		add(r.Name, r.Severity, r.Doc)
	}
	for _, r := range workspace.Rules() {
		add(r.Name, r.Severity, r.Doc)
	}
	results = []object{}
	for _, f := range found {
		results = append(results, object{
			"ruleId": f.Rule, "level": string(f.Severity), "message": object{"text": strings.TrimSuffix(fmt.Sprint(f.Message, "; ", f.Suggestion), "; ")},
			"locations": []object{{"physicalLocation": object{
				"artifactLocation": object{"uri": f.File}, "region": object{"startLine": max(f.Line, 1), "startColumn": max(f.Column, 1)},
			}}},
		})
	}
	e := json.NewEncoder(a.out)
	e.SetIndent("", "  ")
	return e.Encode(object{
		"version": "2.1.0", "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
		"runs": []object{{"tool": object{"driver": object{"name": "andante", "rules": rules}}, "results": results}},
	})
}
