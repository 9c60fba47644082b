package inbound

import (
	"regexp"
	"slices"
	"strings"

	"github.com/andante-hq/andante/internal/phrases"
)

// unsigned leaves out signatures, and what programs and lawyers put below a mail. A mail may have
// them in each of its pieces.
func unsigned(lines []string, name string) []string {
	lines = withoutMarked(lines)
	for i, l := range lines {
		if delimits(l, lines[i+1:], i == 0 || strings.TrimSpace(lines[i-1]) == "") {
			lines = lines[:i]
			break
		}
	}
	if i := footerAt(lines); i >= 0 {
		lines = lines[:i]
		for i > 0 && aLink.ReplaceAllString(strings.Trim(lines[i-1], " <>\t"), "") == "" && strings.TrimSpace(lines[i-1]) != "" { // of a picture
			i--
			lines = lines[:i]
		}
	}
	if i := greetingAt(lines, name); i >= 0 {
		lines = lines[:i]
	}
	return withoutCard(withoutName(lines, name), name)
}

// delimits tells whether a line stands above a signature (RFC 3676 section 4.3), or is one of
// those that people put there.
func delimits(l string, below []string, apart bool) bool {
	switch bare := strings.TrimSpace(l); {
	case l == "-- ", bare == "--" && apart:
		return true
	case bare == "--" || bare == "—", len(bare) >= 5 && strings.Trim(bare, "-_=*~") == "":
		n := 0
		for _, b := range below {
			if strings.TrimSpace(b) != "" {
				n++
			}
		}
		return n <= 12 && signatureLike(below)
	}
	return false
}

// withoutName leaves out the name of its writer and the short lines below it.
func withoutName(lines []string, name string) []string {
	n := 0
	for i := len(lines) - 1; i > 0 && n < 8; i-- {
		l := strings.Trim(lines[i], " \t-–—,*/")
		switch s := phrases.Of(l); {
		case l == "":
			continue
		case len([]rune(l)) > 70 || strings.HasSuffix(l, "?") || strings.HasSuffix(l, "!"):
			return lines
		case s.Words() <= 4 && s.Words() >= 2 && allIn(s, phrases.Of(name)) && kept(lines[:i]):
			return lines[:i]
		case strings.Contains(l, " | ") && nameAfter(s, "", name) && kept(lines[:i]):
			return lines[:i]
		}
		n++
	}
	return lines
}

// allIn tells whether every word of a line belongs to a name, or is a letter of it.
func allIn(s, name phrases.Text) bool {
	found := 0
	for _, w := range strings.Fields(string(s)) {
		switch {
		case name.Has([]string{w}):
			found++
		case len(w) > 2:
			return false
		}
	}
	return found > 0
}

// withoutMarked leaves out what HTML marks as a signature.
func withoutMarked(lines []string) (out []string) {
	inside := false
	for _, l := range lines {
		switch {
		case strings.Contains(l, signsBelow):
			inside = true
		case strings.Contains(l, signsEnd):
			inside = false
		case !inside:
			out = append(out, l)
		}
	}
	if !kept(out) {
		return slices.DeleteFunc(slices.Clone(lines), func(l string) bool { return strings.ContainsAny(l, signsBelow+signsEnd) })
	}
	return out
}

var (
	// footers begin what programs and lawyers add.
	footers = regexp.MustCompile(`(?i)^\s*(?:<https?://\S+>\s*)?[\[(*_"]*(?:sent (?:from|via|with|on|using)\b.{0,110}$|.{1,60} reacted via gmail|sent from (?:my|yahoo|outlook|mail for|proton)|get outlook for|get bluemail|get the outlook app|gesendet (?:von|mit|über|aus)\b.{0,80}$|von meinem .{2,30} gesendet|diese nachricht wurde von meinem|envoyé (?:de(?:puis)?|avec|à partir)\b.{0,60}$|télécharge[rz] outlook|obtenez outlook|obtenir outlook|enviado (?:desde|con|de)\b.{0,60}$|obtener outlook|obtén outlook|descargar outlook|outlook für (?:ios|android)|laden sie outlook|inviato da(?:l| )\b.{0,60}$|scarica outlook|(?:verzonden|verstuurd) (?:vanaf|met|vanuit|via)\b.{0,60}$|download outlook|skaff deg outlook|hämta outlook|hent outlook|yahoo mail: |sent with|стправлено|отправлено (?:с|из)\b.{0,60}$|yandex|enviado do meu|enviada do|wysłan[eo] (?:z|za)\b.{0,60}$|skickat från|sendt fra|odesláno z|iphoneから送信|从我的 ?iphone|virus-?free|virenfrei|sans virus|libre de virus|garanti sans virus|this e-?mail (?:has been )?(?:checked|scanned)|diese e-?mail wurde (?:von|auf)|cet e-?mail a été vérifié|l'absence de virus|este (?:correo|mensaje) ha sido (?:comprobado|analizado)|avast|this (?:e-?mail|message|communication|transmission)(?: \([^)]*\))?(?:,)?(?: and (?:any|all|its))? (?:attachments?|files?|is (?:confidential|intended|private|for)|may contain|contains (?:confidential|privileged)|.{0,60}confidential|and any|including)|the (?:information|contents?) (?:contained )?(?:in|of) this (?:e-?mail|message|communication)|this is confidential|confidentiality (?:notice|note)|notice of confidentiality|disclaimer|legal notice|important notice:|if you (?:are not the intended|have received this)|diese (?:e-?mail|nachricht) (?:enthält|kann|ist (?:vertraulich|ausschließlich)|und (?:alle|etwaige))|der inhalt dieser e-?mail|die in dieser e-?mail|dieses e-?mail|vertraulichkeitshinweis|hinweis:? diese|haftungsausschluss|wichtiger hinweis|ce (?:message|courriel|courrier|mail)(?: électronique)?(?: et| \(| est| peut| contient|,)|cet? e-?mail (?:et|est|peut|contient)|les informations contenues|avis de confidentialité|este (?:mensaje|correo|e-?mail)(?: electrónico)?(?: y| es| puede| contiene| va|,)|la información (?:contenida|incluida)|aviso (?:legal|de confidencialidad)|antes de imprimir|questo messaggio|le informazioni contenute|dit bericht|de informatie in dit|deze e-?mail|esta mensagem|este e-mail pode|ta wiadomość|please consider the environment|bitte (?:denken|prüfen) sie .{0,40}(?:umwelt|drucken|ausdruck)|think before you print|pensez à l'environnement|n'imprimez|save paper|you received this message because you are subscribed|to unsubscribe from this (?:group|list)|this message was sent to|_{10,}\s*$|datenschutz(?:hinweis|erklärung)?\b.{0,80}$|registered (?:in|office)|sitz der gesellschaft|amtsgericht|geschäftsführer(?:in)?:|handelsregister|ust-?id|siège social|rgpd|protección de datos|de conformidad con|en cumplimiento|powered by|scanned by|book (?:a )?(?:meeting|time) with me)`)
	// greetings close a mail; the name comes below them.
	greetings = []string{
		"best regards", "kind regards", "warm regards", "regards", "best wishes", "with best wishes", "with kind regards", "with best regards", "many thanks and best regards", "thanks and regards", "thanks regards", "thank you and best regards", "sincerely", "yours sincerely", "sincerely yours", "yours faithfully", "yours truly", "respectfully", "cheers", "best", "all the best", "rgds", "br", "kr", "kindest regards", "warmly", "cordially", "take care", "yours", "bye", "very best", "warmest regards", "thx", "many thanks", "thanks", "thank you", "thanks again", "thanks so much", "thanks a lot", "thank you very much", "ta", "thanks in advance", "with regards", "best rgds",
		"mit freundlichen grussen", "mit freundlichem gruss", "freundliche grusse", "freundlichen grussen", "freundlicher gruss", "mit freundlichen gruessen", "mit besten grussen", "beste grusse", "viele grusse", "herzliche grusse", "mit herzlichen grussen", "liebe grusse", "schone grusse", "gruss", "grusse", "gruesse", "mfg", "vg", "lg", "bg", "hochachtungsvoll", "freundliche gruesse", "viele gruesse", "beste gruesse", "sonnige grusse", "mit vielen grussen", "mit freundlichen grussen kind regards", "mit bestem gruss", "mit herzlichem gruss", "besten dank und freundliche grusse", "vielen dank und freundliche grusse", "vielen dank und viele grusse", "danke und gruss", "danke und viele grusse", "gruss aus", "grusse aus", "ciao",
		"cordialement", "bien cordialement", "tres cordialement", "salutations", "sinceres salutations", "meilleures salutations", "cordiales salutations", "bien a vous", "bonne journee", "bonne reception", "amicalement", "salutations distinguees", "respectueusement", "cdlt", "cdt", "bien sincerement", "sincerement", "avec mes salutations", "a bientot", "bonne soiree", "bon week end", "merci d avance cordialement", "sentiments distingues",
		"un saludo", "saludos", "saludos cordiales", "un cordial saludo", "cordialmente", "atentamente", "atte", "muchas gracias y un saludo", "gracias y un saludo", "gracias y saludos", "reciba un cordial saludo", "un abrazo", "le saluda atentamente", "quedo a la espera", "muy atentamente", "saludo",
		"met vriendelijke groet", "met vriendelijke groeten", "vriendelijke groet", "vriendelijke groeten", "hartelijke groet", "hartelijke groeten", "groet", "groeten", "groetjes", "mvg", "cordiali saluti", "distinti saluti", "saluti", "cordialmente", "un cordiale saluto", "grazie e saluti", "buona giornata", "com os melhores cumprimentos", "melhores cumprimentos", "cumprimentos", "atenciosamente", "obrigado", "obrigada", "abracos", "pozdrawiam", "z powazaniem", "serdecznie pozdrawiam", "serdeczne pozdrowienia", "z wyrazami szacunku", "med vanliga halsningar", "med vanlig halsning", "vanliga halsningar", "halsningar", "mvh", "hilsen", "venlig hilsen", "med venlig hilsen", "mange hilsner", "vennlig hilsen", "med vennlig hilsen", "iyi calismalar", "iyi gunler", "saygilarimla", "saygilar", "tesekkurler", "sevgiler", "s pozdravem", "ystavallisin terveisin", "terveisin", "tisztelettel", "udvozlettel",
	}
	// courtesies end a mail, and stand in the middle of one as well.
	courtesies = []string{"thanks", "thank you", "many thanks", "thanks again", "thanks a lot", "thx", "thank you very much", "thanks so much", "best", "thanks in advance", "bye", "ta", "yours", "obrigado", "obrigada", "buona giornata", "bonne journee", "bonne soiree", "a bientot", "ciao", "bonne reception", "bon week end", "quedo a la espera", "take care"}
	japanese   = regexp.MustCompile(`^\s*(?:με εκτίμηση|Με εκτίμηση|Φιλικά|בברכה|בתודה|З повагою|مع (?:خالص )?(?:التحية|تحياتي)|تحياتي|مع الشكر|よろしくお願い|以上、よろしく|敬具|草々|此致|敬礼|顺颂|С уважением|с наилучшими|Regards|Mit freundlichen)`)
)

// footerAt returns where programs and lawyers begin; -1 if they don't.
func footerAt(lines []string) int {
	for i, l := range lines {
		if footers.MatchString(l) && (i == 0 || strings.TrimSpace(lines[i-1]) == "" || kept(lines[:i]) && shortFooter(l) || i > len(lines)/2) {
			if kept(lines[:i]) || shortFooter(l) {
				return i
			}
		}
	}
	return -1
}

func shortFooter(l string) bool { return len(l) < 90 }

// greetingAt returns where the formula stands that closes a mail; -1 if none does.
func greetingAt(lines []string, name string) int {
	for i := range lines {
		s := phrases.Of(lines[i])
		if s.Words() == 0 || s.Words() > 9 || len(lines[i]) > 90 {
			if !japanese.MatchString(lines[i]) {
				continue
			}
		}
		below := lines[i+1:]
		phrase := longestStart(s, greetings)
		switch {
		case japanese.MatchString(lines[i]) && kept(lines[:i]):
		case phrase == "":
			continue
		case slices.Contains(courtesies, phrase):
			// It closes a mail only above a name, or with nothing below it but a signature.
			if !kept(below) || !kept(lines[:i]) || !(nameOnly(afterBlank(below), name) || s.Words() > strings.Count(phrase, " ")+1 && nameAfter(s, phrase, name)) {
				continue
			}
			return i
		case s.Words()-strings.Count(phrase, " ")-1 > 4 && !nameAfter(s, phrase, name):
			continue
		}
		if signatureLike(below) {
			return i
		}
	}
	return -1
}

func longestStart(s phrases.Text, list []string) (best string) {
	for _, phrase := range list {
		if len(phrase) > len(best) && strings.HasPrefix(string(s), " "+phrase+" ") {
			best = phrase
		}
	}
	return best
}

// nameAfter tells whether a name follows a formula on its line.
func nameAfter(s phrases.Text, phrase, name string) bool {
	rest := phrases.Text(" " + strings.TrimPrefix(string(s), " "+phrase+" "))
	for w := range nameWords(name) {
		if rest.Has([]string{w}) {
			return true
		}
	}
	return false
}

// nameOnly tells whether the next line is but a name.
func nameOnly(lines []string, name string) bool {
	if len(lines) == 0 {
		return false
	}
	s := phrases.Of(lines[0])
	if s.Words() == 0 || s.Words() > 4 {
		return false
	}
	if nameAfter(s, "", name) {
		return true
	}
	for w := range strings.FieldsSeq(strings.Trim(lines[0], " ,.-–*")) {
		if r := []rune(w); len(r) > 0 && !strings.ContainsRune("ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÜÉÈÁÍÓÚÑÇŁŚŻØÅ", r[0]) {
			return false
		}
	}
	return !strings.ContainsAny(lines[0], "?!:;") && name == ""
}

// maxSignature is how many lines a signature may have.
const maxSignature = 25

// signatureLike tells whether lines can be a name and what stands below it: short ones.
func signatureLike(lines []string) bool {
	n, long := 0, 0
	for _, l := range lines {
		if strings.TrimSpace(l) == "" {
			continue
		}
		n++
		if len([]rune(l)) > 85 {
			long++
		}
	}
	return n <= maxSignature && long <= n/3
}

var (
	aPhone = regexp.MustCompile(`(?:\+|\b0|\()\d[\d\s()./-]{6,}\d`)
	aLink  = regexp.MustCompile(`(?i)\b(?:www\.|https?://)\S+|\S+@\S+\.\S+`)
	titled = regexp.MustCompile(`(?i)\b(?:manager|director|directeur|directrice|leiter(?:in)?|head of|chief|officer|engineer|ingenieur|ingénieur|responsable|gerente|director(?:a)?|jefe|jefa|assistant(?:e)?|buyer|einkauf|einkäufer|gmbh|ag|ltd|inc|llc|s\.?a\.?|s\.?l\.?|s\.?r\.?l|b\.?v\.?|plc|tel|phone|mobile|mobil|fon|telefon|fax|office|consultant|president|owner|founder|coordinator|supervisor|facility|facilities)\b`)
)

// withoutCard leaves out a last paragraph that is but a name, or a name with what stands on a
// business card.
func withoutCard(lines []string, name string) []string {
	for range 3 {
		end := len(lines)
		for end > 0 && strings.TrimSpace(lines[end-1]) == "" {
			end--
		}
		start := end
		for start > 0 && strings.TrimSpace(lines[start-1]) != "" {
			start--
		}
		if start == end {
			return lines[:end]
		}
		at := cardAt(lines[start:end], name)
		if at < 0 || !kept(lines[:start+at]) {
			return lines[:end]
		}
		lines = lines[:start+at]
	}
	return lines
}

// cardAt returns at which line of the last paragraph a business card begins; -1 if none does.
func cardAt(paragraph []string, name string) int {
	for i, l := range paragraph {
		rest := paragraph[i:]
		if len([]rune(l)) > 60 {
			continue
		}
		s := phrases.Of(strings.Trim(l, " -–—,*/"))
		named := s.Words() > 0 && s.Words() <= 4 && nameAfter(s, "", name) && !strings.ContainsAny(l, "?!")
		if named && (len(rest) == 1 || signatureLike(rest)) {
			return i
		}
		if i == 0 && len(rest) >= 1 && isCard(rest) {
			return i
		}
	}
	return -1
}

// isCard tells whether every line is short and enough of them are numbers, addresses or titles.
func isCard(lines []string) bool {
	marks := 0
	for _, l := range lines {
		if len([]rune(l)) > 80 || strings.HasSuffix(strings.TrimSpace(l), "?") {
			return false
		}
		if aPhone.MatchString(l) || aLink.MatchString(l) || titled.MatchString(l) {
			marks++
		}
	}
	return marks >= 2 && marks*2 >= len(lines) || len(lines) == 1 && aPhone.MatchString(lines[0]) && len(strings.Fields(aPhone.ReplaceAllString(lines[0], ""))) <= 3
}
