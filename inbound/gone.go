package inbound

import (
	"slices"
	"time"

	"github.com/andante-hq/andante/internal/phrases"
)

// gone recognises who no longer works there, and who has another address now.
func gone(m *Mail, at time.Time) (Finding, bool) {
	own := phrases.Of(m.Subject + " \n " + m.Own())
	f := Finding{Contacts: m.named()}
	switch {
	case own.Has(movedWords, movedLoosely) && len(f.Contacts) > 0 && !own.Has(goneForGood) && !own.Has(goneLoosely) && !own.Has(leaveWords):
		f.Class, f.Why = Moved, `"`+own.Which(movedWords, movedLoosely)+`"`
	case own.Has(goneForGood, goneLoosely) && m.ofItself(own) && !own.Has(leaveWords) && !m.toCome(own, at):
		f.Class, f.Why = Left, `"`+own.Which(goneForGood, goneLoosely)+`"`
	case raw(m.Own(), goneLettersOfPeople) != "":
		f.Class, f.Why = Left, raw(m.Own(), goneLettersOfPeople)
	default:
		return f, false
	}
	return f, true
}

// iWords are those by which people speak of themselves.
var iWords = []string{"i", "my", "me", "i m", "ich", "mein", "meine", "meinen", "meiner", "mich", "je", "j", "mon", "ma", "mes", "moi", "yo", "mi", "mis", "me", "ik", "mijn", "io", "mio", "mia", "eu", "meu", "minha", "jag", "min", "mitt", "jeg", "mit", "moj", "moja"}

// toCome tells whether somebody says that they are going to leave, on a day that has not come.
func (m *Mail) toCome(own phrases.Text, at time.Time) bool {
	if !own.Has(goingWords) || own.Has([]string{"won t be back", "will not be back", "not be returning", "won t be returning"}) {
		return false
	}
	for _, d := range mentions(spelt(m.aboveQuote()), day(at), true) {
		if !d.open && !d.day.Before(day(at)) {
			return true
		}
	}
	return false
}

// ofItself tells whether a mail is about whoever it comes from: their name stands in it, or that
// of their mailbox, or they say I.
func (m *Mail) ofItself(own phrases.Text) bool {
	if own.Has(iWords) || own.Has([]string{"i no longer", "i have left", "i am no longer", "i ve left", "i have retired", "i m no longer", "ich bin nicht mehr", "ich arbeite nicht mehr", "ich habe das unternehmen", "je ne travaille plus", "je ne fais plus", "j ai quitte", "ya no trabajo", "ya no formo", "he dejado", "ik werk niet meer"}) {
		return true
	}
	for _, name := range slices.Collect(nameWords(m.Sender.Name + " " + before(m.Sender.Address, "@"))) {
		if own.Has([]string{name}) {
			return true
		}
	}
	return false
}

// named returns the addresses that a mail names, other than those that it comes from and goes to.
func (m *Mail) named() (list []string) {
	for _, a := range addressesIn(m.aboveQuote()) {
		if a != m.Sender.Address && !slices.Contains(m.Recipients(), a) {
			list = append(list, a)
		}
	}
	return list
}
