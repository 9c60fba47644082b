package andante

import "log/slog"

// A Secret is a password or key. However it is printed, logged or marshalled, it
// shows as ***; only Reveal gives it away.
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

// GoString returns ***.
func (s Secret) GoString() string { return s.String() }

// MarshalText returns ***, so that JSON and YAML hide it too.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// LogValue returns ***.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }
