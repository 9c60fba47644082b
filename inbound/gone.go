package inbound

import (
	"slices"
	"time"
)

// gone recognises who no longer works there, and who has another address now.
func gone(m *Mail, at time.Time) (Finding, bool) {
	own := say(m.Subject + " \n " + m.Own())
	f := Finding{Contacts: m.named()}
	switch {
	case own.has(movedWords, movedLoosely) && len(f.Contacts) > 0 && !own.has(goneForGood) && !own.has(goneLoosely) && !own.has(leaveWords):
		f.Class, f.Why = Moved, `"`+own.which(movedWords, movedLoosely)+`"`
	case own.has(goneForGood, goneLoosely) && m.ofItself(own) && !own.has(leaveWords) && !m.toCome(own, at):
		f.Class, f.Why = Left, `"`+own.which(goneForGood, goneLoosely)+`"`
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
func (m *Mail) toCome(own said, at time.Time) bool {
	if !own.has(goingWords) || own.has([]string{"won t be back", "will not be back", "not be returning", "won t be returning"}) {
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
func (m *Mail) ofItself(own said) bool {
	if own.has(iWords) || own.has([]string{"i no longer", "i have left", "i am no longer", "i ve left", "i have retired", "i m no longer", "ich bin nicht mehr", "ich arbeite nicht mehr", "ich habe das unternehmen", "je ne travaille plus", "je ne fais plus", "j ai quitte", "ya no trabajo", "ya no formo", "he dejado", "ik werk niet meer"}) {
		return true
	}
	for _, name := range slices.Collect(nameWords(m.Sender.Name + " " + before(m.Sender.Address, "@"))) {
		if own.has([]string{name}) {
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

var (
	// leaveWords say that somebody comes back.
	leaveWords = []string{"maternity leave", "parental leave", "paternity leave", "maternity", "elternzeit", "mutterschutz", "mutterschaftsurlaub", "conge maternite", "conge de maternite", "conge parental", "baja por maternidad", "baja maternal", "permiso de maternidad", "sabbatical", "zwangerschapsverlof", "maternita", "congedo", "licenca maternidade", "foraldraledig", "barsel"}
	// goneForGood say that somebody does not come back.
	goneForGood = []string{
		"no longer works", "no longer work", "no longer working", "no longer with", "no longer employed", "no longer an employee", "no longer part of", "no longer a member", "no longer at", "not with the company anymore", "does not work here anymore", "doesn t work here anymore", "not work here any", "has left", "have left", "left the company", "left the organisation", "left the organization", "left our company", "left the business", "left the firm", "i ve left", "ve left", "is leaving the company", "won t be back", "will not be back", "won t be returning", "not be returning", "has retired", "have retired", "i retired", "retired", "passed away", "deceased", "died", "has moved on", "have moved on", "moved on from", "no longer active at", "departed from", "departed the company", "is no longer here", "ceased to be",
		"nicht mehr im unternehmen", "nicht mehr fur", "nicht mehr bei", "nicht mehr in unserem", "nicht langer fur", "nicht mehr in der firma", "nicht mehr in unserer", "nicht mehr tatig", "nicht mehr beschaftigt", "arbeitet nicht mehr", "arbeite nicht mehr", "unternehmen verlassen", "firma verlassen", "uns verlassen", "gesellschaft verlassen", "ausgeschieden", "scheidet aus", "im ruhestand", "in den ruhestand", "in ruhestand", "in rente", "in pension", "verstorben", "ist nicht mehr da", "nicht mehr teil",
		"ne fait plus partie", "ne fais plus partie", "ne travaille plus", "n est plus en poste", "n est plus salarie", "n est plus employe", "n est plus dans", "n est plus parmi", "a quitte", "ai quitte", "avoir quitte", "ayant quitte", "parti a la retraite", "partie a la retraite", "depart a la retraite", "a la retraite", "est decede", "est decedee", "nous a quittes", "quitte ses fonctions", "quitte mes fonctions", "n exerce plus", "n occupe plus",
		"ya no trabaja", "ya no trabajo", "ya no forma parte", "ya no formo parte", "ya no pertenece", "ya no pertenezco", "ya no esta en", "ha dejado de", "ha dejado la", "he dejado", "dejo de trabajar", "ha causado baja", "se ha jubilado", "me he jubilado", "jubilado", "jubilada", "jubilacion", "ha fallecido", "fallecio", "no trabaja mas", "abandono la empresa", "ya no se encuentra",
		"niet meer werkzaam", "werkt niet meer", "werk niet meer", "niet langer werkzaam", "uit dienst", "met pensioen", "heeft verlaten", "verlaten", "non lavora piu", "non lavoro piu", "non fa piu parte", "ha lasciato", "in pensione", "ja nao trabalha", "ja nao trabalho", "nao trabalha mais", "nao faz mais parte", "deixou a empresa", "nie pracuje", "juz nie pracuje", "na emeryture", "slutat", "har slutat", "arbetar inte langre", "gatt i pension", "arbejder ikke laengere", "er fratradt", "er stoppet", "stoppet hos", "jiz nepracuje", "uz nepracuje", "odesel", "odesla",
	}
	// goneLoosely say so where it is known that a machine answers.
	goneLoosely = []string{
		"last working day was", "last day was", "my last day", "last working day", "i am leaving", "i m leaving", "leaving the company", "is leaving", "will be leaving", "successor", "not an employee", "is not with", "not with us", "former employee", "left the", "has now left", "former colleague", "has resigned", "resigned",
		"letzter arbeitstag", "letzten arbeitstag", "letzter tag", "verlasse das unternehmen", "verlasse die", "verlasst das unternehmen", "verlasst uns", "verlasse", "nachfolger", "nachfolgerin", "nachfolge", "wohlverdienten ruhestand", "wohlverdienter ruhestand", "ruhestand", "pensioniert", "gekundigt", "nicht mehr zur verfugung", "dauerhaft",
		"dernier jour", "successeur", "remplace desormais", "quitte l entreprise", "quitte la", "je quitte", "retraite", "n est plus joignable", "n est plus chez",
		"ultimo dia", "sucesor", "sucesora", "dejo la empresa", "deja la empresa", "ya no es", "no trabaja ya", "ya no trabajamos", "no trabaja", "causo baja",
		"laatste werkdag", "opvolger", "niet meer bij", "ultimo giorno", "successore", "non e piu", "ultimo giorno di lavoro", "ultimo dia de trabalho", "ja nao faz", "ja nao esta", "nie jest juz", "nie jest pracownikiem", "nie pracuje juz", "nastepca", "emerytura", "sista dag", "sista arbetsdag", "eftertradare", "inte langre kvar", "arbetar inte", "sidste arbejdsdag", "ikke laengere ansat", "ikke laengere", "efterfolger", "nepracuje", "jiz neni", "nastupce", "posledni den",
	}
	// goingWords say that somebody is still there.
	goingWords          = []string{"i am leaving", "i m leaving", "is leaving", "will be leaving", "my last day", "last working day", "last day", "letzter arbeitstag", "verlasse", "verlasst", "letzter tag", "dernier jour", "je quitte", "quitte", "ultimo dia", "dejo", "deja la empresa", "laatste werkdag", "ultimo giorno", "sista dag", "sidste arbejdsdag", "posledni den", "scheidet aus", "scheide aus"}
	goneLettersOfPeople = []string{"退職", "退任", "转职", "离职", "離職", "퇴사", "больше не работает", "уволил"}
	// movedLoosely say so where it is known that a machine answers.
	movedLoosely = []string{
		"my address is", "our address is", "we ve moved", "we have moved", "send everything to", "from now on", "is no more", "i am now", "has been renamed", "renamed", "now reachable at", "reach me at", "old address", "old mailbox", "new mailbox", "rebranded", "new name", "merged", "please write to me at",
		"mailadressen", "mailadresse", "andern sich", "andert sich", "umfirmiert", "umbenannt", "umbenennung", "erreichen mich ab sofort", "erreichen mich unter", "erreichen mich jetzt", "erreichen mich kunftig", "ab sofort unter", "alte adresse", "heisse jetzt", "heisse nun", "verheiratet", "zieht um", "umgezogen", "neuer name",
		"desormais", "dorenavant", "ancienne adresse", "changeons d adresse", "change d adresse", "m ecrire a", "change de nom", "ahora", "a partir de ahora", "direccion antigua", "en adelante", "cambiado", "cambiamos", "nuevo nombre", "voortaan", "vanaf nu", "oude adres", "d ora in poi", "vecchio indirizzo", "a partir de agora", "endereco antigo", "od teraz", "stary adres", "numera", "gamla adressen", "hadanefter", "fremover", "gamle adresse", "skiftet", "nadale", "novou e mailovou", "nova e mailova", "novy e mail",
	}
	// movedWords say that somebody has another address.
	movedWords = []string{
		"new email address", "new e mail address", "new address is", "my new email", "my new e mail", "new mail address", "email address has changed", "e mail address has changed", "address has changed", "changed my email", "changed my address", "changed our domain", "changed its domain", "our new domain", "new domain", "update your records", "update your address book", "update your contacts", "please use my new", "please use the new", "please use the following address", "from now on please", "is changing to", "has changed to", "this address will be", "address will be switched off", "mailbox will be closed", "will no longer be in use", "moved to a new address",
		"neue e mail adresse", "neue mailadresse", "neue mail adresse", "neue email adresse", "neue adresse", "neuen e mail adresse", "neuer e mail adresse", "e mail adresse hat sich geandert", "adresse hat sich geandert", "mailadresse andert", "meine adresse andert", "aktualisieren sie", "neuen domain", "neue domain", "unter meiner neuen", "unter der neuen",
		"nouvelle adresse", "adresse a change", "change d adresse", "changement d adresse", "mettre a jour vos", "mettre a jour votre", "nouveau mail", "nouvel e mail", "nouveau domaine", "desormais a l adresse",
		"nueva direccion", "nuevo correo", "nuevo email", "ha cambiado de direccion", "cambiado mi direccion", "cambio de direccion", "direccion de correo ha cambiado", "actualice", "actualicen", "nuevo dominio",
		"nieuwe e mailadres", "nieuw e mailadres", "nieuwe mailadres", "nieuw mailadres", "nuovo indirizzo", "novo endereco", "novo email", "nowy adres", "ny e postadress", "ny mailadresse", "ny e mailadresse", "nova adresa", "novou adresu",
	}
)
