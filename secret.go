package andante

import (
	"fmt"
	"io"
	"log/slog"
)

// A Secret is a password or key. However it is printed, logged or marshalled, it
// shows as ***; only Reveal gives it away. Keep it in exported fields: fmt does not
// ask an unexported one how it wants to be printed.
type Secret string

const hidden = "***"

// Reveal returns the secret itself, for the one place that must send it.
func (s Secret) Reveal() string { return string(s) }

// String returns ***, or nothing for an empty secret.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return hidden
}

// Format prints ***, whatever the verb.
func (s Secret) Format(f fmt.State, _ rune) { io.WriteString(f, s.String()) }

// MarshalText returns ***, so that JSON and YAML hide it too.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// LogValue returns ***.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }
