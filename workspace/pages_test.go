package workspace

import (
	"maps"
	"regexp"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestPages: every language says the same things, with the same places to fill in.
func TestPages(t *testing.T) {
	t.Parallel()
	places := regexp.MustCompile(`\{[a-z]+\}`)
	english := shippedPages()["en"]
	for language, texts := range shippedPages() {
		if diff := cmp.Diff(slices.Sorted(maps.Keys(english)), slices.Sorted(maps.Keys(texts))); diff != "" {
			t.Errorf("%s (-en +%[1]s):\n%s", language, diff)
		}
		for key, text := range texts {
			if diff := cmp.Diff(sortedCopy(places.FindAllString(english[key], -1)), sortedCopy(places.FindAllString(text, -1))); diff != "" || text == "" {
				t.Errorf("%s %s: %q, and English %q", language, key, text, english[key])
			}
		}
	}
	if len(shippedPages()) != 4 {
		t.Errorf("there are %d languages", len(shippedPages()))
	}
}

func sortedCopy(list []string) []string {
	list = slices.Clone(list)
	slices.Sort(list)
	return list
}

// TestOwnPageTexts: a company's own words come before those that are shipped, in any language.
func TestOwnPageTexts(t *testing.T) {
	t.Parallel()
	c := &Config{Company: Company{Language: "de"}, Pages: map[string]PageTexts{"de": {"title": "Post von {company}"}, "nl": {"never_email": "Geen e-mails meer"}}}
	for language, want := range map[string][3]string{
		"de-CH": {"de", "Post von {company}", "Keine E-Mails mehr"}, "nl": {"nl", "What you get from {company}", "Geen e-mails meer"},
		"fr": {"fr", "Ce que vous recevez de {company}", "Plus d'e-mails"}, "fi": {"de", "Post von {company}", "Keine E-Mails mehr"}, "": {"de", "Post von {company}", "Keine E-Mails mehr"},
	} {
		texts, got := c.PagesFor(language)
		if have := [3]string{got, texts["title"], texts["never_email"]}; have != want {
			t.Errorf("%q: %q, want %q", language, have, want)
		}
	}
}
