package engine

import (
	"os"
	"strings"
	"testing"

	"github.com/andante-hq/andante/workspace"
)

// TestEd25519NeverSignsAlone: mailbox providers that do not know it would see no signature.
func TestEd25519NeverSignsAlone(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if _, err := NewDKIM(dir, "acme.example", "a"); err != nil {
		t.Fatal(err)
	}
	key := func(selector string) workspace.DKIMKey {
		return workspace.DKIMKey{Selector: selector, Key: workspace.SecretRef{File: "secrets/dkim-acme.example-" + selector + ".pem"}}
	}
	for _, test := range []struct {
		keys []workspace.DKIMKey
		n    int
	}{{[]workspace.DKIMKey{key("a"), key("ae")}, 2}, {[]workspace.DKIMKey{key("a")}, 1}, {[]workspace.DKIMKey{key("ae")}, 0}} {
		c := &workspace.Config{}
		c.Channels.Email.DKIM = map[string][]workspace.DKIMKey{"acme.example": test.keys}
		keys, err := dkimKeys(c, os.DirFS(dir))
		if test.n > 0 && (err != nil || len(keys) != test.n) || test.n == 0 && (err == nil || !strings.Contains(err.Error(), "RSA key beside it")) {
			t.Errorf("%v: %d keys, %v", test.keys, len(keys), err)
		}
	}
}
