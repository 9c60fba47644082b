package andante_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	yaml "go.yaml.in/yaml/v4"

	"github.com/andante-hq/andante"
)

func TestSecretHides(t *testing.T) {
	t.Parallel()
	const secret = andante.Secret("hunter2")
	type config struct {
		Password andante.Secret            `json:"password" yaml:"password"`
		Pointer  *andante.Secret           `json:"pointer" yaml:"pointer"`
		Any      any                       `json:"any" yaml:"any"`
		List     []andante.Secret          `json:"list" yaml:"list"`
		Map      map[string]andante.Secret `json:"map" yaml:"map"`
	}
	s := secret
	c := config{secret, &s, secret, []andante.Secret{secret}, map[string]andante.Secret{"k": secret}}
	type flat struct{ Password andante.Secret }

	printed := map[string]string{}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%b", "%o", "%c", "%U", "%e", "%t", "%10s", "%-3v", "%08x"} {
		printed[verb] = fmt.Sprintf(verb, secret)
		printed[verb+" of a struct"] = fmt.Sprintf(verb, flat{secret})
		printed[verb+" of a pointer to it"] = fmt.Sprintf(verb, &flat{secret})
		printed[verb+" of everything"] = fmt.Sprintf(verb, []any{secret, flat{secret}, []andante.Secret{secret}, map[string]andante.Secret{"k": secret}})
	}
	printed["Sprint"] = fmt.Sprint("a ", secret, " b")
	printed["Sprintln"] = fmt.Sprintln(c.List, c.Map, c.Any)
	printed["error"] = fmt.Errorf("log in with %s: %w", secret, errors.New("no")).Error()
	printed["String"] = secret.String()

	marshal := func(name string, f func(any) ([]byte, error)) {
		b, err := f(c)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		printed[name] = string(b)
	}
	marshal("json", json.Marshal)
	marshal("yaml", yaml.Marshal)
	b, err := xml.Marshal(flat{secret})
	if err != nil {
		t.Fatal(err)
	}
	printed["xml"] = string(b)
	for name, h := range map[string]func(*bytes.Buffer) slog.Handler{
		"text": func(b *bytes.Buffer) slog.Handler { return slog.NewTextHandler(b, nil) },
		"json": func(b *bytes.Buffer) slog.Handler { return slog.NewJSONHandler(b, nil) },
	} {
		var b bytes.Buffer
		slog.New(h(&b)).With("with", secret).Info("a line", "secret", secret, "config", c, "group", slog.GroupValue(slog.Any("p", secret)), "err", fmt.Errorf("%v", secret))
		printed["slog as "+name] = b.String()
	}

	for how, got := range printed {
		if strings.Contains(got, "hunter2") || strings.Contains(strings.ToLower(got), "68756e74657232") {
			t.Errorf("%s gives it away: %s", how, got)
		}
		if !strings.Contains(got, "***") && !strings.Contains(how, "pointer") {
			t.Errorf("%s does not say that something is hidden: %s", how, got)
		}
	}
	if got := slog.AnyValue(secret).Resolve().Any(); got != "***" {
		t.Errorf("a handler of somebody else's gets %v", got)
	}
	if secret.Reveal() != "hunter2" {
		t.Errorf("revealed %q", secret.Reveal())
	}
	if got := fmt.Sprintf("%v %#v", andante.Secret(""), andante.Secret("")); got != " " {
		t.Errorf("no secret shows as %q", got)
	}
}
