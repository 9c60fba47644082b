package workspace_test

import (
	"strings"
	"testing"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/workspace"
)

func TestNamed(t *testing.T) {
	t.Parallel()
	const name = "{{ owner.first_name | default: company.name }} at Acme"
	files := good(t)
	files["andante.yaml"] = []byte(strings.Replace(string(files["andante.yaml"]), "news: {name: Acme,", `news: {name: "`+name+`",`, 1))
	w, found := workspace.Load(files)
	for _, f := range found {
		t.Error(f)
	}
	id, _ := w.Config.Identity("news")
	for owner, want := range map[string]string{"nora": "Nora at Acme", "": "Acme at Acme"} {
		v := w.Values(andante.Contact{}, andante.Account{Owner: owner}, andante.Enrollment{}, workspace.Identity{})
		got, err := w.Named(t.Context(), id, v)
		if err != nil || got.Name != want || got.Email != id.Email {
			t.Errorf("owner %q: %+v, %v", owner, got, err)
		}
	}
}
