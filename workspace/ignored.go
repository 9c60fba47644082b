package workspace

import (
	"path"
	"strings"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/internal/nearest"
	"github.com/andante-hq/andante/templates"
)

// isSequence tells whether a file is read as a sequence.
func isSequence(name string) bool { return path.Dir(name) == "sequences" && path.Ext(name) == ".md" }

// forPaper tells whether a file is a picture or a font of what goes by post.
func (w *Workspace) forPaper(name string) bool {
	return path.Dir(name) == "templates/fronts" || name == w.Config.Channels.Cards.Font
}

// checkIgnored warns of files that somebody may think are read.
func checkIgnored(w *Workspace) (found []*andante.Finding) {
	warn := func(name, message, suggestion string) {
		found = append(found, &andante.Finding{
			File: name, Line: 1, Column: 1, Severity: andante.SeverityWarning, Rule: "ignored-file", Message: message, Suggestion: suggestion,
		})
	}
	known := []string{ConfigFile, PolicyFile, CadenceFile, ConsentFile, RoutingFile}
	for _, name := range w.beside {
		if near := nearest.Name(name, known); near != "" && w.Files[near] == nil {
			warn(name, "no file of this name is read", "did you mean "+near+"?")
		}
	}
	for _, name := range sortedKeys(w.Files) {
		switch {
		case strings.HasPrefix(name, "templates/"):
			if !templates.Reads(strings.TrimPrefix(name, "templates/")) && !w.forPaper(name) {
				warn(name, "no file of this name is read", "layouts are letter and newsletter, each .html and .txt; partials are partials/NAME.md")
			}
		case !strings.HasPrefix(name, "sequences/") || isSequence(name):
		case path.Dir(name) != "sequences":
			warn(name, "folders in sequences/ are not read", "move it right into sequences/, or elsewhere")
		default:
			warn(name, "only files that end in .md are read as sequences", "rename it, or move it elsewhere")
		}
	}
	return found
}
