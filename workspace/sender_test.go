package workspace_test

import (
	"fmt"
	"slices"
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

// TestMember keeps contacts with their senders: a new contact always gets the same one, the
// members share the contacts evenly, one more takes only their share, and who wrote before
// goes on writing.
func TestMember(t *testing.T) {
	t.Parallel()
	c := &workspace.Config{SenderGroups: map[string][]string{"two": {"anna", "ben"}, "three": {"anna", "ben", "cara"}}}
	const n = 3000
	count, moved := map[string]int{}, 0
	for i := range n {
		contact := andante.ContactID(fmt.Sprint("contact ", i))
		before, after := c.Member("two", contact), c.Member("three", contact)
		if again := c.Member("three", contact); again != after {
			t.Fatalf("%s: %s and then %s", contact, after, again)
		}
		count[after]++
		if after != before {
			if moved++; after != "cara" {
				t.Fatalf("%s goes from %s to %s, who was there before", contact, before, after)
			}
		}
		if got := c.Member("three", contact, "gone", before); got != before {
			t.Fatalf("%s had mails from %s, and now has them from %s", contact, before, got)
		}
	}
	for key, got := range count {
		if got < n/3-150 || got > n/3+150 {
			t.Errorf("%s has %d of %d contacts", key, got, n)
		}
	}
	if moved < n/3-150 || moved > n/3+150 {
		t.Errorf("a third member takes %d of %d contacts, want about a third", moved, n)
	}
	if got := c.Member("news", "a"); got != "news" {
		t.Errorf("a sender that is no group writes as %s", got)
	}
}

func TestSenderGroups(t *testing.T) {
	t.Parallel()
	for written, want := range map[string]string{
		"{outreach: [news, nora]}": "",
		"{outreach: []}":           "it has no members",
		"{outreach: [newz]}":       "there is no sender and no person newz",
		"{outreach: [news, news]}": "news is named twice",
		"{news: [nora]}":           "news means something else already",
		"{owner: [nora]}":          "owner means something else already",
		"{Outreach Team: [nora]}":  "is no name",
	} {
		files := good(t)
		files["andante.yaml"] = slices.Concat(files["andante.yaml"], []byte("sender_groups: "+written+"\n"))
		_, found := workspace.Load(files)
		said := ""
		for _, f := range workspace.Errors(found) {
			said += f.Message + "\n"
		}
		if (want == "") != (said == "") || !strings.Contains(said, want) {
			t.Errorf("%s: %q, want %q", written, said, want)
		}
	}
}
