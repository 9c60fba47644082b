package inbound

import (
	"regexp"
	"slices"
	"strings"
	"time"
)

// optOut recognises a human who wants no more mail and says so. What may mean something else is
// a reply: its owner reads it, and the machine is silent till then.
func optOut(m *Mail, _ time.Time) (Finding, bool) {
	text := m.Own()
	own := say(text)
	f := Finding{Class: OptOut, Text: text}
	subject := say(m.Subject)
	for subject.begins(repliedWords) {
		subject = said(" " + string(subject)[1+len(firstOf(subject))+1:])
	}
	switch {
	case own.isOneOf(alone):
		f.Why = "it says nothing else"
	case own.words() <= 4 && own.has(stopWords) && !own.has(notSoWords):
		f.Why = `"` + own.which(stopWords) + `"`
	case own.words() <= 3 && subject.words() <= 3 && subject.has(stopWords) && !own.has(notSoWords):
		f.Why = `its subject: "` + subject.which(stopWords) + `"`
	case own.words() > 150 || own.has(notSoWords):
		return f, false
	case own.has(leaveMeWords):
		f.Why = `"` + own.which(leaveMeWords) + `"`
	case raw(text, leaveLetters) != "":
		f.Why = `"` + raw(text, leaveLetters) + `"`
	default:
		f.Why = inSentences(text, own)
	}
	return f, f.Why != ""
}

// sentenceEnd parts sentences, and no domains.
var sentenceEnd = regexp.MustCompile(`[.!?;](?:\s|$)|\n`)

// maxSentences is how many sentences are looked at.
const maxSentences = 200

// alone are the wish if they are all that somebody wrote.
var alone = []string{"remove", "please remove", "remove please", "remove pls", "no more", "no mas", "baja", "delete me please", "graag uitschrijven", "loschen", "bitte loschen"}

func (s said) isOneOf(list []string) bool {
	return slices.Contains(list, strings.TrimSpace(string(s)))
}

// inSentences returns the words by which a sentence says it in its own way: that they are to be
// taken from a list, or that somebody is to stop.
func inSentences(text string, own said) string {
	for _, sentence := range sentenceEnd.Split(text, maxSentences) {
		words := strings.Fields(string(say(sentence)))
		for i, w := range words {
			switch around := words[max(0, i-8):min(len(words), i+9)]; {
			case any2(around, othersWords):
			case among(w, takeAwayVerbs) && (fromYourList(around) || any2(around, listWords) && own.words() <= 7):
				return strings.Join(around, " ")
			case among(w, stopVerbs) && sendsUs(words[i+1:min(len(words), i+6)]) && !any2(words[max(0, i-2):i], negations):
				return strings.Join(words[i:min(len(words), i+5)], " ")
			}
		}
	}
	if own.has(lawWords) && own.has(unaskedWords) {
		return own.which(lawWords) + " ... " + own.which(unaskedWords)
	}
	return ""
}

// sendsUs tells whether words are about what we send to them: by a word that says so alone, or by
// sending and whom or what.
func sendsUs(words []string) bool {
	for i, w := range words {
		if among(w, sendingWords) {
			return !among(w, sendWords) || i+1 == len(words) || among(words[i+1], toUsWords)
		}
	}
	return false
}

// fromYourList tells whether words name a list of ours: from your mailing list, aus Ihrem Verteiler.
func fromYourList(words []string) bool {
	for i, w := range words {
		if among(w, yourWords) && i > 0 && among(words[i-1], fromWords) && any2(words[i+1:min(len(words), i+5)], listWords) {
			return true
		}
	}
	return false
}

func among(w string, list []string) bool { return slices.Contains(list, w) }

func any2(words, list []string) bool {
	return slices.ContainsFunc(words, func(w string) bool { return among(w, list) })
}

func firstOf(s said) string {
	for i := 1; i < len(s); i++ {
		if s[i] == ' ' {
			return string(s[1:i])
		}
	}
	return ""
}

var (
	// stopWords are the wish where little else is said.
	stopWords = []string{
		"stop", "unsubscribe", "unsuscribe", "unsubscribed", "unsub", "unsubcribe", "unsubsribe", "unsubscibe", "remove me", "opt out", "optout", "take me off", "delete me", "no more emails", "no more mails", "no more mail", "stop it", "stop emailing", "stop mailing",
		"abmelden", "abmeldung", "abbestellen", "austragen", "stopp", "keine mails mehr", "keine werbung", "keine weiteren mails", "austragung",
		"desabonner", "desinscrire", "desinscription", "desabonnement", "me desinscrire", "desinscrivez moi", "desabonnez moi", "supprimez moi", "retirez moi",
		"darme de baja", "dadme de baja", "deme de baja", "denme de baja", "borrenme", "no mas correos", "no mas emails",
		"afmelden", "uitschrijven", "cancellatemi", "disiscrivimi", "disiscrizione", "descadastrar", "wypisz", "avregistrera", "afmeld", "odhlasit",
	}
	// leaveMeWords are the wish in a sentence.
	leaveMeWords = []string{
		"take me off your", "take me off this", "take me off the list", "take me off the mailing", "take us off your", "take us off this", "don t want to hear from you", "not want to hear from you", "desinscrivez moi de votre", "desinscrivez moi de vos", "desinscrivez nous", "unsubscribe from this", "unsubscribe from your", "unsubscribe from all",
		"mochte keine weiteren", "mochte keine mails", "mochte keine e mails", "mochte keine werbung", "mochte keine newsletter", "wunsche keine weiteren", "wunsche keine mails", "wunsche keine e mails", "wunschen keine weiteren", "will keine weiteren mails", "will keine mails", "will keine werbung", "newsletter abbestellen", "spam in ruhe", "widerspreche ich der nutzung", "widerspreche ich der verwendung", "graag uitschrijven", "graag afmelden", "mich in ruhe", "uns in ruhe", "widerspreche der nutzung", "widerspreche der verwendung", "widerspreche der verarbeitung", "widerspreche der zusendung", "widerrufe meine einwilligung", "widerrufe hiermit meine einwilligung",
		"stop writing to me", "stop writing me", "stop sending me", "stop sending us", "stop sending these", "stop sending emails", "stop sending mails", "stop sending this", "do not send me any", "don t send me any", "do not send me emails", "don t send me emails", "do not send any more", "don t send any more", "stop these emails", "stop these mails", "please remove me", "please remove us", "please remove my", "please remove this address", "kindly remove me", "removed from the list", "removed from the mailing",
		"ne veux plus recevoir", "ne voulons plus recevoir", "ne souhaite plus recevoir", "ne souhaitons plus recevoir", "ne desire plus recevoir", "ne veux plus de vos", "ne souhaite plus etre", "ne veux plus etre contacte", "arretez de m", "arretez de nous", "cessez de m", "cessez de nous", "m oppose au", "m oppose a la reception", "m oppose a l utilisation", "m oppose a tout", "supprimer mes donnees", "supprimer mes coordonnees", "supprimez mes donnees", "supprimez mes coordonnees",
		"dar de baja mi correo", "dar de baja mi direccion", "no quiero mas correos", "no quiero mas emails", "no queremos mas correos", "dejen de enviar", "dejen de enviarme", "dejen de mandarme", "dejen de escribirme", "dejen de molestar", "deje de enviarme", "deje de escribirme", "deja de enviarme", "dejad de enviarme", "dejad de escribirme", "no vuelvan a escribir", "no vuelvan a contactar", "no vuelva a escribir", "no me envien mas", "no me envie mas", "no me envies mas", "no me manden mas", "no me mandeis mas", "no nos envien mas", "me opongo al tratamiento", "me opongo a recibir", "wil me uitschrijven", "mij uitschrijven", "mij afmelden", "parem de me enviar", "parem de enviar",

		"unsubscribe me", "please unsubscribe", "pls unsubscribe", "want to unsubscribe", "wish to unsubscribe", "like to unsubscribe", "unsuscribe me", "please unsuscribe", "unsubscribe us", "unsubscribe this", "unsubscribe my", "unsubscribe immediately", "remove me from", "remove my email", "remove my e mail", "remove my address", "remove my name", "remove us from", "remove this address", "removed from your", "removed from this", "removed from all", "take my name off", "take my email off", "take my address off", "taken off your", "delete my email", "delete my address", "delete my data", "delete my details", "delete all my", "erase my", "delete me from",
		"stop emailing", "stop e mailing", "stop mailing", "stop contacting", "stop spamming", "stop bothering", "stop messaging", "quit emailing", "do not email me", "don t email me", "do not contact me", "don t contact me", "do not contact us", "don t contact us", "do not write to me", "never contact", "never email", "no more emails", "no more e mails", "no more mails", "no more mail", "no further emails", "no further mails", "no further contact", "no further communication", "no longer wish to receive", "no longer want to receive", "do not want to receive", "don t want to receive", "don t wish to receive", "do not wish to receive", "not wish to be contacted", "don t want to be contacted", "wish to opt out", "want to opt out", "like to opt out", "opt me out", "opt out of", "leave me alone", "withdraw my consent", "withdraw consent", "revoke my consent", "object to the processing", "object to direct marketing", "object to receiving", "object to further", "never gave consent", "never consented", "did not consent", "didn t consent", "lose my address", "lose my email", "off your list", "off your mailing",
		"keine weiteren mails", "keine weiteren e mails", "keine weiteren emails", "keine weiteren nachrichten", "keine mails mehr", "keine e mails mehr", "keine emails mehr", "keine nachrichten mehr", "keine werbung mehr", "keine werbung", "keine werbemails", "keine newsletter", "keinen newsletter", "keine post mehr", "keine zusendung", "keine weitere zusendung", "keine weiteren zusendungen", "nehmen sie mich aus", "nehmen sie mich bitte aus", "nehmen sie uns aus", "nimm mich aus", "streichen sie mich", "streichen sie uns", "mich streichen", "mich bitte streichen", "tragen sie mich aus", "tragen sie mich bitte", "mich austragen", "mich bitte austragen", "mich aus dem verteiler", "aus ihrem verteiler", "aus dem verteiler", "aus ihrer liste", "aus eurem verteiler", "von ihrer liste", "loschen sie meine", "loschen sie mich", "meine daten loschen", "meine daten zu loschen", "meine adresse loschen", "meine adresse zu loschen", "meine e mail adresse loschen", "loschung meiner", "mich abmelden", "mich bitte abmelden", "melden sie mich ab", "melden sie mich bitte ab", "abgemeldet werden", "nicht mehr anschreiben", "nicht mehr kontaktieren", "nicht mehr zu kontaktieren", "nichts mehr schicken", "nichts mehr senden", "keinen weiteren kontakt", "unterlassen sie", "widerruf meiner", "widerspruch gegen", "ohne meine einwilligung",
		"me desinscrire", "me desabonner", "desinscrire de", "desabonnez", "desinscrire mon", "ma desinscription", "mon desabonnement", "ne plus recevoir", "plus de mails", "plus d e mails", "plus d emails", "plus de courriels", "plus aucun mail", "plus aucun message", "plus aucun e mail", "plus aucun courriel", "plus vos mails", "plus vos messages", "retirez moi", "me retirer", "retirer de vos", "retirer de votre", "retirer mon adresse", "retirez mon", "supprimer mon adresse", "supprimez mon adresse", "supprimez moi", "me supprimer", "suppression de mes", "cesser de m", "arreter de m", "merci d arreter", "ne m envoyez plus", "ne m ecrivez plus", "ne me contactez plus", "plus me contacter", "plus m ecrire", "droit d opposition", "retire mon consentement", "laissez moi tranquille", "jamais donne mon accord", "jamais donne mon consentement",
		"darme de baja", "darse de baja", "me den de baja", "me de de baja", "denme de baja", "deme de baja", "dadme de baja", "no quiero recibir", "no deseo recibir", "no queremos recibir", "no deseamos recibir", "no enviarme", "no envien mas", "dejar de recibir", "dejar de enviarme", "no me contacten", "no me contacte", "eliminen mi", "elimine mi", "eliminar mi", "eliminad mi", "borrame de", "borrarme de", "la baja inmediata", "solicito la baja", "solicitamos la baja", "supresion de mis datos", "borren mi", "borre mi", "borrar mi", "borrad mi", "saquenme", "saqueme", "quitenme", "quiteme", "quitadme", "retirar mi consentimiento", "retiro mi consentimiento", "derecho de oposicion", "derecho de supresion", "nunca di mi consentimiento", "no he dado mi consentimiento",
		"geen mails meer", "geen e mails meer", "geen mail meer", "niet meer mailen", "geen berichten meer", "verwijder mij", "verwijder mijn", "van uw lijst", "van de lijst", "uit uw bestand", "non voglio piu ricevere", "non desidero piu ricevere", "non desidero ricevere", "non inviatemi", "non mandatemi", "cancellatemi", "cancellarmi", "rimuovetemi", "rimuovermi", "rimuovere il mio", "nao quero receber", "nao quero mais receber", "nao desejo receber", "nao desejo mais receber", "remover o meu", "remova o meu", "remova meu", "retirem o meu", "prosze o usuniecie", "usuniecie mojego", "prosze usunac", "nie chce otrzymywac", "nie zycze sobie", "prosze o wypisanie", "vill inte ha", "ta bort mig", "ta bort min", "avregistrera mig", "sluta skicka", "onsker ikke", "fjern mig", "afmeld mig", "nepreji si", "nechci dostavat", "odhlaste",
	}
	// leaveLetters are the wish in languages without spaces between words.
	leaveLetters  = []string{"配信を停止", "配信停止", "配信不要", "メールは不要", "送らないで", "退订", "取消订阅", "不要再发", "수신거부", "수신 거부", "отпишите", "отписаться", "удалите мой", "не присылайте", "больше не пишите"}
	takeAwayVerbs = []string{
		"remove", "delete", "erase", "take", "strike", "drop", "removed", "deleted", "erased", "taken", "struck", "removing", "deleting", "scrub", "purge", "unlist", "place",
		"loschen", "losche", "loscht", "geloscht", "streichen", "streiche", "gestrichen", "entfernen", "entfernt", "entferne", "austragen", "ausgetragen", "nehmen", "loschung",
		"supprimer", "supprimez", "retirer", "retirez", "enlever", "enlevez", "effacer", "effacez", "radier", "suppression", "retrait", "supprime", "retire",
		"eliminar", "eliminen", "elimine", "eliminad", "elimina", "eliminarme", "eliminarnos", "eliminenme", "borrar", "borren", "borre", "borradme", "borrarnos", "borrarme", "quitar", "quiten", "quitenme", "quitarme", "saquen", "sacarme", "retiren", "suprimir", "supriman", "supresion", "eliminacion",
		"verwijder", "verwijderen", "verwijdert", "schrap", "schrappen", "haal", "cancellare", "cancellate", "cancelli", "cancellazione", "rimuovere", "rimuovete", "rimuova", "rimozione", "eliminare", "togliere", "togliete", "toglietemi", "remover", "removam", "remova", "retirem", "retire", "apagar", "apaguem", "eliminem", "usunac", "usuncie", "usuniecie", "wykreslic", "wykreslenie", "wypisac", "vyradit", "vyradte", "vyrazeni", "vymazat", "vymazte", "smazat", "smazte", "stryk", "stryka", "radera", "avlagsna", "fjern", "fjerne", "slet", "slette", "poista", "poistakaa",
	}
	listWords = []string{
		"list", "lists", "database", "distribution", "mailing", "mailings", "crm", "records", "verteiler", "verteilers", "mailverteiler", "liste", "listen", "adressliste", "datenbank", "kartei", "adresse", "mailadresse", "emailadresse", "daten", "kontaktdaten",
		"fichier", "fichiers", "base", "donnees", "coordonnees", "listes", "diffusion", "lista", "listas", "datos", "direccion", "correo", "lijst", "bestand", "mailinglijst", "gegevens", "mailadres", "elenco", "elenchi", "dati", "indirizzo", "contacto", "endereco", "dados", "listy", "bazy", "adres", "danych", "seznamu", "databaze", "adresu", "udaje", "register", "registret", "lister", "listan", "postlista", "sandlista", "maillisten", "listalta",
	}
	fromWords    = []string{"from", "off", "of", "out", "in", "on", "aus", "von", "de", "des", "dans", "sur", "da", "della", "dalla", "dal", "dai", "dalle", "uit", "van", "op", "z", "ze", "fra", "fran", "af", "en", "na", "pa", "auf"}
	yourWords    = []string{"your", "ihrer", "ihrem", "ihren", "ihre", "eurer", "eurem", "euren", "deiner", "deinem", "votre", "vos", "su", "sus", "vuestra", "vuestras", "vuestro", "tu", "vostra", "vostro", "vossa", "vossas", "vosso", "uw", "jullie", "je", "vaseho", "vasi", "vasich", "waszej", "panstwa", "er", "era", "din", "jeres", "deres"}
	selfWords    = []string{"me", "us", "my", "our", "mich", "uns", "meine", "meiner", "unsere", "unserer", "moi", "nous", "mon", "ma", "mes", "nos", "notre", "mi", "mis", "nuestra", "nuestro", "nuestros", "meu", "minha", "meus", "mij", "mijn", "ons", "onze", "mio", "mia", "miei", "nostro", "moj", "mojego", "moich", "mig", "min", "mitt", "mit", "me"}
	stopVerbs    = []string{"stop", "quit", "cease", "desist", "refrain", "arretez", "arreter", "cessez", "cesser", "dejen", "dejad", "deje", "paren", "parad", "parem", "pare", "smettete", "smettetela", "smetta", "stoppt", "stoppen", "hort", "unterlassen", "unterlasst", "sluta", "slutt", "stopp", "przestancie", "prestante"}
	sendWords    = []string{"sending", "writing", "envoyer", "ecrire", "mandar", "enviar", "escribir", "schicken", "schreiben", "skicka", "sende"}
	toUsWords    = []string{"me", "us", "this", "these", "those", "your", "emails", "mails", "mail", "email", "any", "anything", "more", "such", "crap", "junk", "spam", "stuff", "to", "nos", "des", "vos", "mas", "mir", "uns", "mich", "diese", "mig", "mir"}
	sendingWords = []string{
		"emailing", "mailing", "sending", "contacting", "spamming", "messaging", "writing", "pestering", "bothering", "harassing", "emails", "mails", "spam", "newsletters", "advertising", "adverts", "rubbish", "junk", "envoyer", "ecrire", "contacter", "solliciter", "spammer", "harceler", "importuner", "mandar", "mandarme", "mandarnos", "enviar", "enviarme", "enviarnos", "escribir", "escribirme", "molestar", "molestarme", "contactar", "contactarme", "mandarmi", "inviarmi", "scrivermi", "enviar", "mandar", "werbung", "zusendung", "mails", "schreiben", "schicken", "skicka", "mejla", "sende", "wysylac", "posilat",
	}
	// othersWords speak of somebody else.
	othersWords = []string{"frau", "herrn", "herr", "kollegin", "kollegen", "kollege", "colleague", "him", "her", "mr", "mrs", "ms", "madame", "monsieur", "mme", "collegue", "companero", "companera", "senora", "senor", "sra", "sr", "collega", "signor", "signora", "pan", "pani", "mevrouw", "meneer"}
	negations   = []string{"not", "don", "t", "never", "nicht", "ne", "pas", "no", "niet", "non", "nao", "nie", "inte", "ikke"}
	// lawWords and unaskedWords are what lawyers write.
	lawWords     = []string{"gdpr", "dsgvo", "rgpd", "uwg", "pecr", "can spam", "unterlassung", "unterlassungserklarung", "abmahnung", "cnil", "aepd", "lopd", "lopdgdd", "lssi", "avg", "garante", "ico", "casl"}
	unaskedWords = []string{"unverlangt", "unverlangte", "unverlangter", "unaufgefordert", "unaufgeforderte", "unerwunschte", "unerwunschter", "unzulassige", "ohne einwilligung", "ohne meine einwilligung", "ohne unsere einwilligung", "unsolicited", "without consent", "without my consent", "without our consent", "unwanted marketing", "direct marketing", "prospection", "non sollicite", "non sollicites", "sans mon accord", "sans mon consentement", "sans notre accord", "no solicitado", "no solicitada", "no solicitados", "sin mi consentimiento", "sin nuestro consentimiento", "ongevraagd", "ongevraagde", "non richiesta", "non richieste", "senza consenso", "senza il mio consenso"}
	// notSoWords turn it round, or speak of somebody or something else.
	notSoWords = []string{
		"how do i", "how do we", "how can i", "how can we", "just reply", "the invite", "the meeting", "the waiting list", "the basic plan",
		"don t stop", "do not stop", "please don t stop", "not stop sending", "not unsubscribe", "don t unsubscribe", "don t remove me", "do not remove", "don t want to unsubscribe", "not to unsubscribe", "not want to unsubscribe", "didn t unsubscribe", "did not unsubscribe", "never unsubscribe", "how can i unsubscribe my colleague", "unsubscribe my colleague", "unsubscribe a colleague", "unsubscribe my former", "unsubscribe him", "unsubscribe her", "remove my colleague", "remove my former", "remove a colleague", "unsubscribed from your competitor", "unsubscribed from their", "i unsubscribed from", "accidentally unsubscribed", "unsubscribed by mistake", "unsubscribed by accident", "by mistake", "resubscribe", "re subscribe", "subscribe again", "keep the mails", "keep the emails", "keep the e mails", "keep sending", "keep them coming", "keep me on", "but keep", "paper edition", "print edition", "printed edition", "stop by", "full stop", "non stop", "bus stop", "one stop", "stop at", "stop the project", "stopped", "emergency stop", "stop over", "not until", "attachment", "no end", "weekend", "end of", "the end", "in the end", "front end", "cancel the meeting", "cancel our", "cancel my order", "cancel the order", "cancel our meeting", "remove the", "remove old",
		"nicht abmelden", "nicht abbestellen", "nicht austragen", "nicht loschen", "weiterhin", "gerne weiter", "kollegen abmelden", "kollegin abmelden", "papierausgabe", "gedruckte", "den termin", "auftrag stornieren", "versehentlich", "aus versehen",
		"ne me desinscrivez pas", "ne pas me desinscrire", "continuez a", "version papier", "mon collegue", "ma collegue", "par erreur", "desinscrit par", "pas me desinscrire",
		"no me den de baja", "no darme de baja", "sigan enviando", "seguir recibiendo", "mi companero", "mi compañero", "edicion impresa", "version impresa", "por error", "baja medica", "baja de nuestra", "baja de nuestro", "baja de mi contrato", "baja del contrato", "temporada baja", "presion baja", "planta baja",
	}
)
