package workspace

import (
	"fmt"
	"path"
	"strings"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/internal/nearest"
)

// checkIgnored warns of files that somebody may think are read.
func checkIgnored(w *Workspace) (found []*andante.Finding) {
	known := []string{ConfigFile, PolicyFile, CadenceFile, ConsentFile}
	warn := func(name, format string, args ...any) {
		found = append(found, &andante.Finding{
			File: name, Line: 1, Column: 1, Severity: andante.SeverityWarning, Rule: "ignored-file", Message: fmt.Sprintf(format, args...),
		})
	}
	for _, name := range w.beside {
		if near := nearest.Name(name, known); near != "" && w.Files[near] == nil {
			warn(name, "this file is not read; did you mean %s?", near)
		}
	}
	for _, name := range sortedKeys(w.Files) {
		if folder, _, _ := strings.Cut(name, "/"); folder != "sequences" || path.Dir(name) == "sequences" && path.Ext(name) == ".md" {
			continue
		}
		warn(name, "this file is not read: a sequence is a file sequences/NAME.md")
	}
	return found
}
