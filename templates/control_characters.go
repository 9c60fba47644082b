package templates

import (
	"fmt"
	"strings"
)

// normalize makes the line ends of a text line feeds.
func normalize(s string) string { return strings.ReplaceAll(s, "\r\n", "\n") }

// refuseControls reports characters that an author can't have meant: controls,
// and those that turn the direction of the text around them.
func refuseControls(s string, where locator, report *reporter, allowed string) {
	for i, r := range s {
		if (isControl(r) || turnsDirection(r)) && !strings.ContainsRune(allowed, r) {
			report.at(where.at(s, i), "control-character", fmt.Sprintf("the character U+%04X can't stand here", r), "take it out")
		}
	}
}

// keepControls replaces controls by spaces, but for those that are allowed.
func keepControls(s, allowed string) string {
	return strings.Map(func(r rune) rune {
		if isControl(r) && !strings.ContainsRune(allowed, r) {
			return ' '
		}
		return r
	}, s)
}
