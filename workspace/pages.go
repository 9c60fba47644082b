package workspace

import (
	"embed"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
	"sync"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/internal/yamldoc"
)

//go:embed pages
var pages embed.FS

// PageTexts are the words of the pages that people reach from a mail or a card, by what they say.
type PageTexts map[string]string

// shippedPages reads the words that are shipped, by language.
var shippedPages = sync.OnceValue(func() map[string]PageTexts {
	all := map[string]PageTexts{}
	entries, _ := pages.ReadDir("pages")
	for _, e := range entries {
		text, _ := pages.ReadFile(path.Join("pages", e.Name()))
		texts := PageTexts{}
		doc, found := yamldoc.Parse(e.Name(), 1, text)
		if len(found) == 0 {
			found = doc.Decode(&texts)
		}
		if len(found) > 0 {
			panic(fmt.Sprintf("%s: %v", e.Name(), found[0])) // a test reads them all
		}
		all[strings.TrimSuffix(e.Name(), ".yaml")] = texts
	}
	return all
})

// defaultPages is the language of the pages where nothing is known of another one.
const defaultPages = "en"

// ShippedPages returns the words in a language such as de-AT, or in English.
func ShippedPages(language string) (PageTexts, string) {
	primary, _, _ := strings.Cut(strings.ToLower(language), "-")
	if texts, ok := shippedPages()[primary]; ok {
		return texts, primary
	}
	return shippedPages()[defaultPages], defaultPages
}

// PagesFor returns the words for a contact who reads a language: those of `pages:` before those
// that are shipped, and where there are neither, in the company's language. It returns the language
// as well.
func (c *Config) PagesFor(language string) (PageTexts, string) {
	for _, l := range []string{language, c.Company.Language, defaultPages} {
		primary, _, _ := strings.Cut(strings.ToLower(l), "-")
		own, shipped := c.Pages[primary], shippedPages()[primary]
		if len(own)+len(shipped) == 0 {
			continue
		}
		texts := maps.Clone(shippedPages()[defaultPages])
		maps.Copy(texts, shipped)
		maps.Copy(texts, own)
		return texts, primary
	}
	return ShippedPages(defaultPages)
}

// checkPages looks whether the words of `pages:` are words of the pages.
func checkPages(w *Workspace) (found []*andante.Finding) {
	known := slices.Sorted(maps.Keys(shippedPages()[defaultPages]))
	for _, language := range slices.Sorted(maps.Keys(w.Config.Pages)) {
		for _, key := range slices.Sorted(maps.Keys(w.Config.Pages[language])) {
			if !slices.Contains(known, key) {
				f := w.at("pages", []string{"pages", language, key}, "the pages have no text %s", key)
				f.Suggestion = yamldoc.Suggest(key, known)
				found = append(found, f)
			}
		}
	}
	return found
}
