package workspace

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/sequences"
	"github.com/andante-hq/andante/templates"
)

// textKey names one composed text of a step. The sequence is meant by its hash,
// so that an old and a new text of one name don't meet.
type textKey struct {
	sequence, step, persona, variant, lang string
	kind                                   andante.Kind
}

// Text returns the compiled text of a step for one group of readers.
func (w *Workspace) Text(q *sequences.Sequence, s *sequences.Step, persona, variant, lang string, kind andante.Kind) (*templates.Template, error) {
	key := textKey{q.Hash, s.ID, persona, variant, lang, kind}
	if t, ok := w.texts.Load(key); ok {
		return t.(*templates.Template), nil
	}
	t, found := w.templates.Compile(w.source(q, s, key))
	if bad := Errors(placed(q, s, found)); len(bad) > 0 {
		return nil, fmt.Errorf("compile %s step %s: %w", q.File, s.ID, bad[0])
	}
	w.texts.Store(key, t)
	return t, nil
}

// placed gives findings without a place that of their step: on line 1 stands no text.
func placed(q *sequences.Sequence, s *sequences.Step, found []*andante.Finding) []*andante.Finding {
	for _, f := range found {
		if f.File == q.File && f.Line <= 1 {
			f.Line, f.Column = s.At0.Line, s.At0.Column
		}
	}
	return found
}

// source is what a group of readers gets, as it is written.
func (w *Workspace) source(q *sequences.Sequence, s *sequences.Step, k textKey) templates.Source {
	text := s.Compose(k.persona, k.variant, k.lang, k.kind)
	body, lines := w.expand(text.Body, text.Lines)
	return templates.Source{
		File: q.File, Lines: lines, SubjectLine: text.SubjectAt.Line, SubjectColumn: text.SubjectAt.Column,
		PreviewLine: text.PreviewAt.Line, PreviewColumn: text.PreviewAt.Column,
		Subject: text.Subject, Preview: text.Preview, Body: body, Layout: w.Layout(q, s), Kind: k.kind,
		Language: cmp.Or(k.lang, q.Language, w.Config.Company.Language), Needs: s.NeedsAs(k.kind),
	}
}

// Layout returns the layout of a step: what it says, what the sequence says, or
// a letter from the owner and a newsletter from anybody else.
func (w *Workspace) Layout(q *sequences.Sequence, s *sequences.Step) string {
	if s.Layout != "" {
		return s.Layout
	}
	if q.Has("layout") {
		return q.Layout
	}
	key := cmp.Or(s.Sender, q.Sender)
	if _, person := w.Config.Person(key); key == "owner" || person {
		return "letter"
	}
	return "newsletter"
}

// Language returns the language in which a contact gets a step: that of the block
// that speaks the contact's most closely (de serves de-AT), else the sequence's.
func (w *Workspace) Language(q *sequences.Sequence, s *sequences.Step, c andante.Contact) string {
	spoken := ""
	for _, b := range s.Body {
		if serves(b.For.Lang, c.Language) && len(b.For.Lang) > len(spoken) {
			spoken = b.For.Lang
		}
	}
	return cmp.Or(spoken, q.Language, w.Config.Company.Language)
}

// serves tells whether a text in the one language is meant for who speaks the
// other.
func serves(text, reader string) bool {
	return text != "" && (strings.EqualFold(text, reader) ||
		len(reader) > len(text) && reader[len(text)] == '-' && strings.EqualFold(text, reader[:len(text)]))
}
