package templates

// A WayOut ends a text message, and what goes by post: how whoever reads it gets no more.
type WayOut struct {
	Reply bool   // by an answer; the sender hears it
	Link  string // by a link, where the sender can't hear
	Post  string // by an address short enough to be typed
}

// objections say on paper how to get no more, by language.
var objections = map[string]string{
	"en": "No more post from us? Say so at any time: ", "de": "Keine Post mehr von uns? Ein Wort genügt, jederzeit: ",
	"fr": "Plus de courrier de notre part ? Dites-le à tout moment : ", "es": "¿No quiere más correo nuestro? Dígalo cuando quiera: ",
	"it": "Non vuole più posta da noi? Lo dica in ogni momento: ", "nl": "Geen post meer van ons? Laat het op elk moment weten: ",
	"pt": "Não quer mais correio nosso? Diga-o quando quiser: ",
}

// replies say how to get no more texts by an answer, by language. STOP is what gateways and
// networks know.
var replies = map[string]string{
	"en": "Reply STOP to end.", "de": "Antwort STOP beendet das.", "fr": "STOP en réponse pour arrêter.", "es": "Responda STOP para terminar.",
	"it": "Rispondi STOP per terminare.", "nl": "Antwoord STOP om te stoppen.", "pt": "Responda STOP para terminar.",
}

// Words are what stands at the end of the text, in a language or else in English; empty: no
// way out is asked for.
func (w WayOut) Words(language string) string {
	switch {
	case w.Reply:
		if words, ok := replies[language]; ok {
			return words
		}
		return replies["en"]
	case w.Link != "":
		return "Stop: " + w.Link
	case w.Post != "":
		words, ok := objections[language]
		if !ok {
			words = objections["en"]
		}
		return words + w.Post
	}
	return ""
}
