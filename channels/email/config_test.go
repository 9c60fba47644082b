package email_test

import (
	"testing"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/channels/email"
)

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	for name, cfg := range map[string]email.Config{
		"no host":                 {},
		"an unknown tls":          {Server: email.Server{Host: "h.example", TLS: "ssl"}},
		"a port out of range":     {Server: email.Server{Host: "h.example", Port: 70000}},
		"a user without password": {Server: email.Server{Host: "h.example", User: "u"}},
		"a line in hello":         {Server: email.Server{Host: "h.example"}, Hello: "a\r\nMAIL"},
	} {
		if _, err := email.New(cfg, andante.SystemClock{}); err == nil {
			t.Errorf("%s: not refused", name)
		}
	}
}
