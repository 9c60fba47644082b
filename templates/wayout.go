package templates

// A WayOut ends a text message: how whoever reads it gets no more of them.
type WayOut struct {
	Reply bool   // by an answer; the sender hears it
	Link  string // by a link, where the sender can't hear
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
	}
	return ""
}
