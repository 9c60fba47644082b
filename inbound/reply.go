package inbound

import (
	"iter"
	"regexp"
	"slices"
	"strings"

	"github.com/andante-hq/andante/internal/phrases"
)

// Own is what its writer wrote newly: without what is quoted, their signature and what their
// programs add. Paragraphs are parted by an empty line.
func (m *Mail) Own() string {
	if m.own == nil {
		own := m.ownText()
		m.own = &own
	}
	return *m.own
}

func (m *Mail) ownText() string {
	lines := withoutArmour(m.lines())
	lines = withoutBanner(lines)
	lines = unquoted(lines)
	lines = unsigned(lines, m.Sender.Name+" "+before(m.Sender.Address, "@"))
	return tidy(lines)
}

// aboveQuote is what its writer sent newly, the signature included.
func (m *Mail) aboveQuote() string { return tidy(unquoted(withoutBanner(m.lines()))) }

// lines are those of the text in which quote and signature can be told best.
func (m *Mail) lines() []string {
	text := m.Plain
	if s := phrases.Of(text); m.HTML != "" && (s.Words() < 1 || s.Has(noTextWords) && s.Words() < 40) {
		text = plainOf(m.HTML)
	}
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	return lines[:min(len(lines), maxLines)]
}

// maxLines is how many lines of a mail are looked at.
const maxLines = 2000

// noTextWords stand in a plain part that is none.
var noTextWords = []string{"does not support html", "html compatible", "view this message in html", "kein html", "view it in html", "not support html", "this is a multi part message", "no html", "html only"}

// tidy joins lines, with one empty line at most between them.
func tidy(lines []string) string {
	var out []string
	for _, l := range lines {
		l = strings.TrimSpace(strings.NewReplacer(quotesBelow, "", signsBelow, "", signsEnd, "").Replace(l))
		if l == "" && (len(out) == 0 || out[len(out)-1] == "") {
			continue
		}
		out = append(out, l)
	}
	return strings.TrimSpace(strings.Join(out, "\n"))
}

// unquoted leaves out what is answered.
func unquoted(lines []string) []string {
	marked := 0
	said := saidBefore(lines)
	for i, l := range lines {
		if isQuoted(l) && i >= said {
			marked++
		}
	}
	var out []string
	for i := 0; i < len(lines); i++ {
		l := lines[i]
		switch {
		case strings.Contains(l, quotesBelow) && kept(out):
			return out
		case isQuoted(l) && i >= said && (marked > 1 || !kept(out)):
			continue
		}
		if n := attribution(lines[i:]); n > 0 {
			rest := afterBlank(lines[i+n:])
			switch {
			case len(rest) > 0 && isQuoted(rest[0]): // what comes below the quote may be theirs again
				i += n - 1
				continue
			case !kept(out) && hasOwnBelow(rest): // they write below what they answer
				i += n - 1
				continue
			default:
				return out
			}
		}
		if cut(lines[i:]) {
			below := ownBelowMarked(lines[i:])
			if !kept(out) && len(below) > 0 {
				return below
			}
			return out
		}
		out = append(out, l)
	}
	return out
}

// saidBefore returns at which line it is said who is quoted, if anywhere: what looks quoted above
// it is their own.
func saidBefore(lines []string) int {
	own := false
	for i, l := range lines {
		if attribution(lines[i:]) > 0 || cut(lines[i:]) {
			if own {
				return i
			}
			return 0
		}
		own = own || !isQuoted(l) && strings.TrimSpace(l) != ""
	}
	return 0
}

// quoted begins the lines of what is answered; some write whose they are.
var quoted = regexp.MustCompile(`^[ \t]*(?:\p{L}{1,3}>|\|?>|\| )`)

func isQuoted(l string) bool { return quoted.MatchString(l) }

// withoutArmour leaves out what stands around a signed text (RFC 4880 section 7).
func withoutArmour(lines []string) []string {
	begin := slices.IndexFunc(lines, func(l string) bool { return strings.HasPrefix(l, "-----BEGIN PGP SIGNED MESSAGE-----") })
	if begin < 0 {
		return lines
	}
	lines = lines[begin+1:]
	for len(lines) > 0 && strings.TrimSpace(lines[0]) != "" { // which hash it has
		lines = lines[1:]
	}
	if end := slices.IndexFunc(lines, func(l string) bool { return strings.HasPrefix(l, "-----BEGIN PGP SIGNATURE-----") }); end >= 0 {
		lines = lines[:end]
	}
	return lines
}

// kept tells whether anything but blanks has been kept.
func kept(lines []string) bool {
	return slices.ContainsFunc(lines, func(l string) bool {
		return strings.Trim(l, " \t_-*"+quotesBelow+signsBelow+signsEnd) != ""
	})
}

func afterBlank(lines []string) []string {
	for n := 0; n < 20 && len(lines) > 0 && strings.TrimSpace(lines[0]) == ""; n++ {
		lines = lines[1:]
	}
	return lines
}

// hasOwnBelow tells whether quoted lines come, and others after them.
func hasOwnBelow(lines []string) bool { return len(ownBelowMarked(lines)) > 0 }

// ownBelowMarked returns what stands below lines that are marked as quoted; nothing if none are.
func ownBelowMarked(lines []string) []string {
	last := -1
	for i, l := range lines {
		if isQuoted(l) {
			last = i
		}
	}
	if last < 0 || !kept(lines[last+1:]) {
		return nil
	}
	return lines[last+1:]
}

var (
	// attributed stands in the line that says who is quoted, which ends in a colon.
	attributed = regexp.MustCompile(`(?i)(?:(?:^|[^\p{L}])(?:wrote|writes|said|schrieb(?:en sie)?|geschrieben|a écrit|à écrit|écrivait|écrit|escribió|escribio|ha escrito|scrisse|ha scritto|schreef|escreveu|napisał(?:a|\(a\))?|pisze|skrev|napsal(?:\(a\)|a)?|írta|kirjoitti|yazdı|написал(?:а|\(а\))?|пишет|писал(?:а|и)?|quoting|zitat von|citando a?|quotando)(?:[^\p{L}:][^:]{0,120})?|さんは書きました|は書きました|のメッセージ|写道|작성)[:：]\s*$`)
	// mailed is the end of a line that names somebody with their address.
	mailed = regexp.MustCompile(`[<(\[][^<>()\s]+@[^<>()\s]+[>)\]].{0,80}[:：]\s*$|^\s*(?i:quoting|zitat von) .{3,100}[:：]\s*$`)
	// dated is what an attribution has besides: a day, an hour or an address.
	dated = regexp.MustCompile(`\d{1,2}[:.h]\d{2}|\d{4}|\d{1,2}[./]\d{1,2}[./]\d{2}|@`)
	// opened begins an attribution.
	opened = regexp.MustCompile(`(?i)^\s*(?:on|am|le|el|il|op|em|a|dnia|den|dne|в|at|at:|\w{2,4},|\w+day|\d{1,4}[./-]\d|\d{4}年|"?[\p{L}][^<>]{1,60}"? ?<[^<>]+@[^<>]+>)`)
)

// attribution returns over how many lines the one goes that says who is quoted below; 0 if none
// begins here.
func attribution(lines []string) int {
	if strings.TrimSpace(lines[0]) == "" {
		return 0
	}
	begins := opened.MatchString(lines[0])
	text := ""
	for n := 0; n < min(4, len(lines)); n++ {
		l := strings.TrimSpace(lines[n])
		if l == "" || len(text) > 300 {
			return 0
		}
		text += " " + l
		switch {
		case !dated.MatchString(text) && !attributed.MatchString(l):
		case begins && attributed.MatchString(l) && dated.MatchString(text), mailed.MatchString(text) && (n == 0 || begins):
			return n + 1
		}
	}
	return 0
}

var (
	// separators begin the copy of what is answered or handed on.
	separators = regexp.MustCompile(`(?i)^[\s>*_]*(?:-{2,}|_{4,}|={4,}|—+)\s*(?:original message|original-nachricht|originalnachricht|ursprüngliche nachricht|ursprungliche nachricht|weitergeleitete nachricht|message d'origine|message d’origine|message original|mail original|message initial|message transféré|message transf[ée]r[ée]|mensaje original|mensaje reenviado|messaggio originale|messaggio inoltrato|oorspronkelijk bericht|doorgestuurd bericht|mensagem original|mensagem encaminhada|wiadomość oryginalna|ursprungligt meddelande|oprindelig meddelelse|original besked|vidarebefordrat meddelande|původní zpráva|alkuperäinen viesti|forwarded (?:message|by .*)|reply (?:message|above this line).*|original appointment|in reply to|исходное сообщение|пересылаемое сообщение|元のメッセージ|original mail|转发邮件|原始邮件|邮件原件)[^\n]{0,80}$`)
	between    = regexp.MustCompile(`^\s*-{4,}\s*\p{L}[^-]{2,50}(?:-[^-]{2,30})?\s*-{4,}\s*$`)
	begun      = regexp.MustCompile(`(?i)^[\s>]*(?:begin forwarded message|début du message (?:réexpédié|transféré)|anfang der weitergeleiteten (?:nachricht|e-mail|mail)|inicio del mensaje reenviado|inizio messaggio inoltrato|begin doorgestuurd bericht)\s*:?`)
	notesLine  = regexp.MustCompile(`(?i)^\s*"?[\p{L}][^\n]{1,80}?-{2,}\s?\d{1,2}[./-]\d{1,2}[./-]\d{2,4}[^\n]*`)
	fromLabel  = labels("from|von|de|da|van|od|från|fra|from|发件人|差出人|보낸 사람|от|من|kimden|lähettäjä|feladó")
	sentLabel  = labels("sent|gesendet|envoyé|envoye|enviado|enviada|inviato|verzonden|wysłano|skickat|sendt|odesláno|date|datum|fecha|data|dato|发送时间|送信日時|날짜|дата|تاريخ الإرسال|أرسلت|التاريخ|gönderilen|tarih|am|envoyé le|enviado el|gesendet am|lähetetty|sent by|sent on")
	toLabel    = labels("to|an|à|a|para|aan|do|till|til|komu|收件人|宛先|받는 사람|кому|إلى|kime|kopie|cc|vastaanottaja|pro|per")
	subLabel   = labels("subject|betreff|objet|asunto|oggetto|onderwerp|assunto|temat|ämne|emne|předmět|主题|件名|제목|тема|الموضوع|konu|re|aihe|tárgy")
)

func labels(list string) *regexp.Regexp {
	return regexp.MustCompile(`(?i)^[\s>*|]*\*?(?:` + list + `)\s*\*?\s*[:：]\*?(?:\s|\*|$)?`)
}

// cut tells whether everything from here on is a copy of what is answered.
func cut(lines []string) bool {
	l := lines[0]
	if strings.Trim(l, "-_=— \t>*") != l && (separators.MatchString(l) || between.MatchString(l)) && copied(lines[1:]) || begun.MatchString(l) || strings.Contains(l, quotesBelow) {
		return true
	}
	if notesLine.MatchString(l) && !attributed.MatchString(l) && len(lines) > 1 {
		return true
	}
	trimmed := strings.TrimSpace(l)
	if strings.Trim(trimmed, "_") == "" && len(trimmed) >= 10 || strings.Trim(trimmed, "-") == "" && len(trimmed) >= 10 {
		return headerBlock(afterBlank(lines[1:]))
	}
	return headerBlock(lines)
}

// copied tells whether a mail can stand below a line that says so: an address, a label, or quoted
// lines.
func copied(lines []string) bool {
	lines = afterBlank(lines)
	for _, l := range lines[:min(2, len(lines))] {
		if isQuoted(l) || fromLabel.MatchString(l) && strings.ContainsAny(l, "@<\"") || sentLabel.MatchString(l) || subLabel.MatchString(l) || toLabel.MatchString(l) || anAddress.MatchString(l) {
			return true
		}
	}
	return false
}

var anHour = regexp.MustCompile(`\d{1,2}[:.h]\d{2}`)

// headerBlock tells whether a copy of a header stands here: who wrote, and when or to whom or
// about what.
func headerBlock(lines []string) bool {
	if len(lines) == 0 || !fromLabel.MatchString(lines[0]) && !sentLabel.MatchString(lines[0]) {
		return false
	}
	kinds := map[*regexp.Regexp]bool{}
	n, sure := 0, false
	for _, l := range lines[:min(len(lines), 20)] {
		if strings.TrimSpace(l) == "" && n > 0 {
			if len(kinds) >= 3 {
				break
			}
			continue // some put empty lines between them
		}
		if n++; n > 8 {
			break
		}
		for _, label := range []*regexp.Regexp{fromLabel, sentLabel, toLabel, subLabel} {
			if label.MatchString(l) {
				kinds[label] = true
				sure = sure || strings.Contains(l, "@") || label == sentLabel && anHour.MatchString(l)
			}
		}
	}
	return kinds[fromLabel] && len(kinds) >= 3 && sure
}

// banners are what servers put above mails from outside.
var banners = regexp.MustCompile(`(?i)(?:\[?(?:external|extern|externe|externo|ext)\]?\s*(?:email|e-mail|mail|message|sender)?\s*[:!-]|originated from outside|originated outside|from outside (?:of )?(?:the|your|our)|external (?:email|e-mail|sender|message)|externe[rn]? (?:e-mail|email|mail|absender)|externe mail|von außerhalb|außerhalb (?:der|des|ihrer|unserer)|expéditeur externe|courriel externe|e-mail externe|message externe|mail externe|provient de l'extérieur|de l'extérieur|correo externo|remitente externo|origen externo|fuera de la organización|fuera de la empresa|you don't often get (?:email|e-mail) from|learn why this is important|sie erhalten nicht häufig|no suele recibir|vous n'obtenez pas souvent|vous ne recevez pas souvent|do not click (?:on )?(?:any )?links|klicken sie (?:nur|nicht)|ne cliquez pas|no haga clic|be careful with|\bcaution\b:|\bachtung\b:|\bvorsicht\b:|\bwarnung\b:|\battention\b\s?:|\bprecaución\b:|\batención\b:)`)

// withoutBanner leaves out warnings at the top.
func withoutBanner(lines []string) []string {
	top := afterBlank(lines)
	for range 3 {
		end := 0
		for end < len(top) && strings.TrimSpace(top[end]) != "" {
			end++
		}
		paragraph := strings.Join(top[:end], " ")
		if end == 0 || len(paragraph) > 600 || !banners.MatchString(paragraph) {
			return top
		}
		n := end
		if end > 1 && !banners.MatchString(strings.Join(top[1:end], " ")) { // one line of it alone
			n = 1
		}
		top = afterBlank(top[n:])
		for len(top) > 0 && strings.Trim(top[0], "-_=* ") == "" {
			top = afterBlank(top[1:])
		}
	}
	return top
}

// nameWords are the words of a person's name, in the form of [phrases.Of], of three letters and more.
func nameWords(name string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, w := range strings.Fields(string(phrases.Of(name))) {
			if len(w) >= 3 && !yield(w) {
				return
			}
		}
	}
}
