package andante

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"
)

// Errors that callers tell apart.
var (
	ErrNotFound  = errors.New("not found")
	ErrLeaseLost = errors.New("lease lost")
)

// Severity of a [Finding].
type Severity string

// The severities.
const (
	SeverityError   Severity = "error"
	SeverityWarning Severity = "warning"
)

// A Finding is a mistake, or a doubtful place, in something that a person wrote.
// Line and Column count from 1; 0 means the file as a whole.
type Finding struct {
	File       string   `json:"file"`
	Line       int      `json:"line"`
	Column     int      `json:"column"`
	Severity   Severity `json:"severity"`
	Rule       string   `json:"rule"`
	Message    string   `json:"message"`
	Suggestion string   `json:"suggestion,omitempty"`
}

// Error formats the finding as file:line:column: severity: message (rule).
func (f *Finding) Error() string {
	s := fmt.Sprintf("%s:%d:%d: %s: %s", f.File, f.Line, f.Column, f.Severity, f.Message)
	if f.Suggestion != "" {
		s += "; " + f.Suggestion
	}
	return s + " (" + f.Rule + ")"
}

// CleanText makes text from outside fit for the store and the screen: valid
// UTF-8, no NUL or other control characters but tab and line feed, at most 1 kB.
func CleanText(s string) string { return CleanTextTo(s, 1000) }

// CleanTextTo does so with text of at most so many bytes.
func CleanTextTo(s string, limit int) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	s = strings.Map(func(r rune) rune {
		if r == '\n' || r == '\t' {
			return r
		}
		if r < 0x20 || r >= 0x7f && r < 0xa0 {
			return '\uFFFD'
		}
		return r
	}, s)
	if len(s) <= limit {
		return s
	}
	cut := limit
	for cut > 0 && !utf8.RuneStart(s[cut]) {
		cut--
	}
	return s[:cut]
}

var address = regexp.MustCompile(`[^\s<>"'(),;:]+@[^\s<>"'(),;:]+`)

// HideAddresses takes addresses out of words that go into a log or before other eyes
// than their owner's.
func HideAddresses(s string) string { return address.ReplaceAllString(s, "(address)") }
