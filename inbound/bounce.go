package inbound

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/andante-hq/andante/internal/phrases"
)

// daemons are the mailboxes from which mail systems write.
var daemons = []string{
	"mailer-daemon", "postmaster", "mail-daemon", "mailerdaemon", "mdaemon", "mail_daemon", "mailsystem", "mail-system", "mailsysteem", "bounce", "bounces", "microsoftexchange329e71ec88ae4615bbc36ab6ce41109e", "majordomo", "listserv", "nobody", "maildaemon", "double-bounce", "complaints", "smtp", "ezmlm", "mailer",
}

// daemonNames are how they call themselves.
var daemonNames = []string{
	"mail delivery system", "mail delivery subsystem", "mail delivery service", "mail delivery", "mail administrator", "mailer daemon", "system administrator", "systemadministrator", "postmaster", "internet mail delivery", "mail system", "mail transport agent", "mail transport system", "microsoft outlook", "microsoft exchange", "mail router", "mailer", "delivery subsystem", "mail gateway", "mailserver", "mail server", "administrateur systeme", "administrador del sistema", "sistema de correo", "email system", "mail robot",
}

// failedSubjects say in a subject that a mail did not arrive.
var failedSubjects = []string{
	"undelivered mail", "undelivered mail returned to sender", "undeliverable", "undeliverable mail", "undeliverable message", "delivery status notification failure", "delivery status notification", "mail delivery failed", "mail delivery failure", "delivery failure", "delivery failed", "message delivery failed", "failure notice", "returned mail", "returned to sender", "mail returned", "delivery report", "delivery error", "delivery problem", "message undeliverable", "mail undeliverable", "mail could not be delivered", "message could not be delivered", "could not be delivered", "non delivery", "nondeliverable", "non remis", "not delivered", "message not delivered", "delivery notification", "notification d echec", "echec de la remise", "echec de distribution", "message non distribue", "non delivre", "retour de message", "unzustellbar", "unzustellbare nachricht", "nicht zustellbar", "zustellung fehlgeschlagen", "fehler bei der zustellung", "fehlgeschlagen", "mailzustellung", "nicht zugestellt", "zustellfehler", "unzustellbarkeit", "unzustellbarkeitsbericht", "no se puede entregar", "no entregado", "no se pudo entregar", "error de entrega", "entrega fallida", "devuelto", "no entregable", "mancato recapito", "mancata consegna", "onbestelbaar", "onbestelbare", "niet afgeleverd", "nao entregue", "falha na entrega", "niedostarczona", "olevererbart", "kan inte levereras", "nedorucitelna", "rejected", "rejected posting", "mail system error", "user unknown", "failed mail", "failed delivery", "error sending", "status notification", "message status", "mail error", "problem delivering", "bounce", "bounced", "notificacion de estado de entrega", "blocked", "message blocked", "address not found", "nondelivery report", "permanent error",
}

// lateSubjects say that it is still being tried.
var lateSubjects = []string{
	"delayed mail", "warning message", "warning could not send", "delivery delayed", "delivery delay", "message delayed", "still being retried", "delay", "delayed", "not yet delivered", "delivery status notification delay", "verzogert", "verzogerung", "retarde", "retardee", "retraso", "retrasado", "warning", "transient failure", "temporary failure",
}

// lateWords say so in a text.
var lateWords = []string{
	"this is a warning message only", "you do not need to resend", "you don t need to resend", "is delayed for more than", "temporary failure report", "kept in the queue", "do not need to re send", "no action is required on your part", "will continue to be retried", "still being retried", "will keep trying", "will continue trying", "will be retried", "will retry", "not yet been delivered", "has not yet been delivered", "delivery attempts will continue", "delivery will continue", "continue to try", "attempts to deliver the message will continue", "attempt to deliver will continue", "still trying", "gmail will retry", "has been delayed", "we will keep trying", "der zustellversuch wird fortgesetzt", "wird weiterhin versucht", "weitere zustellversuche", "noch nicht zugestellt", "n a pas encore ete", "nouvelles tentatives", "sigue intentando", "se seguira intentando", "aun no se ha", "todavia no",
}

// failedWords say in a text that a mail did not arrive.
var failedWords = []string{
	"could not be delivered", "couldn t be delivered", "cannot be delivered", "can t be delivered", "could not deliver", "couldn t deliver", "cannot deliver", "can not deliver", "unable to deliver", "not able to deliver", "wasn t able to deliver", "wasn t delivered", "was not delivered", "were not delivered", "not be delivered", "not been delivered", "undeliverable", "undelivered", "not deliver", "failed to deliver", "failed recipient", "delivery failed", "delivery failure", "delivery has failed", "delivery to the following", "delivery to these recipients", "did not reach", "didn t reach", "has failed", "failed permanently", "permanent error", "permanent fatal errors", "permanent failure", "fatal errors", "had a problem delivering", "not delivered", "returned to sender", "returned to you", "has been returned", "was rejected", "been rejected", "rejected your message", "rejected by", "was blocked", "been blocked", "bounced", "i m afraid i wasn t able", "giving up on it", "i ve given up", "non delivery", "recipient address was not found", "does not exist", "user unknown", "no such user", "mailbox unavailable", "mailbox full", "is full", "over quota",
	"nicht zugestellt", "nicht zustellen", "nicht zustellbar", "unzustellbar", "zustellung fehlgeschlagen", "nicht ausgeliefert", "konnte nicht", "konnten nicht", "fehler bei der zustellung", "nicht erreicht", "existiert nicht",
	"n a pas pu etre", "n a pu etre", "pas ete remis", "non remis", "echec de la remise", "impossible de remettre", "n a pas ete", "n ont pas", "non distribue", "n a pas pu",
	"no se pudo", "no se ha podido", "no pudo ser", "no se puede", "no ha sido", "no fue entregado", "no entregado", "no ha podido", "error al entregar", "rechazado",
	"non e stato", "impossibile", "nao foi", "niet worden", "niet afgeleverd", "nepodarilo dorucit", "nepodarilo se dorucit", "nebylo mozne dorucit", "nedoruceno", "neexistuje", "been automatically rejected", "nie mozna", "nie zostala", "kunde inte", "kunne ikke", "nelze",
}

// failedLetters say so in languages without spaces between words.
var failedLetters = []string{"配信できません", "送信できません", "届けられません", "届きません", "退信", "无法发送到", "被退回", "无法送达", "无法投递", "未能送达", "被退回", "전송하지 못", "전달되지", "반송", "не доставлено", "не было доставлено", "не удалось доставить", "не может быть доставлено"}

// bounceInWords recognises what mail systems say without the form that is made for it.
func bounceInWords(m *Mail, _ time.Time) (Finding, bool) {
	system, text := m.fromSystem(), m.Shown()
	told := phrases.Of(m.toldText())
	subject := phrases.Of(m.Subject)
	named := m.namedFailed()
	failed := told.Has(failedWords) || raw(text, failedLetters) != "" || m.Header.Has("X-Failed-Recipients") ||
		system && addressesIn(m.toldText()) != nil && (statusIn(m.toldText()) != "" || codeIn(m.toldText()) != "")
	switch {
	case subject.Begins(repliedWords) || !system && named == "" && !(failed && m.machineMade() && (subject.Has(failedSubjects) || m.Original != nil)):
		return Finding{}, false
	case !failed && !subject.Has(failedSubjects) && !subject.Has(lateSubjects):
		return Finding{}, false
	case m.looksAway(), m.challenges(told):
		return Finding{}, false
	}
	why := "a mail system's words"
	list := m.failures(text)
	if (told.Has(lateWords) || subject.Has(lateSubjects) && !subject.Has(failedSubjects)) && !told.Has(givenUpWords) {
		return Finding{Class: Delay, Why: why, Failures: list}, true
	}
	return Finding{Class: Bounce, Why: why, Failures: list}, true
}

var givenUpWords = []string{"giving up on it", "i ve given up", "given up", "permanent error", "permanent fatal errors", "has been removed from the queue", "failed permanently", "no further attempts", "no further delivery attempts", "could not be delivered for", "retry timeout exceeded", "retry time not reached for any host after a long failure period", "returned to sender"}

// repliedWords begin the subjects of answers.
var repliedWords = []string{"re", "aw", "antw", "sv", "odp", "ynt", "vs", "rv", "wg", "fwd", "fw", "tr", "res"}

// fromSystem tells whether a mail system wrote.
func (m *Mail) fromSystem() bool {
	box := before(m.Sender.Address, "@")
	name := phrases.Of(m.Sender.Name)
	return slices.ContainsFunc(daemons, func(d string) bool {
		return box == d || strings.HasPrefix(box, d+"-") || strings.HasPrefix(box, d+".") || strings.HasPrefix(box, d+"+")
	}) || name.Has(daemonNames) || m.Header.Has("X-Failed-Recipients") || m.Header.Has("X-QQ-bounce") || m.Sender.Address == "" && m.Null
}

// machineMade tells whether something besides its words says that no person wrote.
func (m *Mail) machineMade() bool {
	auto := firstWord(m.Header.Get("Auto-Submitted"))
	return m.Null || auto != "" && auto != "no" || m.Original != nil || m.ReportType != "" || m.fromSystem()
}

// namedFailed returns the recipient that a mail names in a way that only mail systems have.
func (m *Mail) namedFailed() string {
	if list := addressesIn(m.Header.Get("X-Failed-Recipients")); len(list) > 0 {
		return list[0]
	}
	text := m.Shown()
	for _, form := range namings {
		if found := form.FindStringSubmatch(text); found != nil {
			return lower(found[1])
		}
	}
	return ""
}

// namings are how mail systems name a recipient that failed.
var namings = []*regexp.Regexp{
	regexp.MustCompile(`(?m)^\s*<([^<>\s]+@[^<>\s]+)>:?\s*$`), // qmail
	regexp.MustCompile(`(?m)^\s*<([^<>\s]+@[^<>\s]+)>: `),     // Postfix
	regexp.MustCompile(`(?i)RCPT TO:\s*<([^<>\s]+@[^<>\s]+)>`),
	regexp.MustCompile(`(?im)^\s*(?:final-recipient|original-recipient|failed recipient|recipient|to)\s*:\s*(?:rfc822;)?\s*<?([^<>\s;]+@[^<>\s]+?)>?\s*$`),
	regexp.MustCompile(`(?m)^\s{1,8}<?([^<>\s:;,]+@[^<>\s:;,]+)>?\s*(?:$|\(| - |:)`), // alone in its line
}

// failures returns whom a mail system names, with what it says.
func (m *Mail) failures(text string) (list []Failure) {
	told := m.toldText()
	status := statusIn(told)
	kind, why := judge(status, told, "")
	for _, to := range m.failedIn(text) {
		kind, why := judge(status, told, to)
		list = append(list, Failure{Recipient: to, Kind: kind, Status: status, Words: shorten(told), Why: why})
	}
	if len(list) == 0 {
		list = []Failure{{Recipient: m.ours(), Kind: kind, Status: status, Words: shorten(told), Why: why}}
	}
	return list
}

// failedIn returns the recipients that a text names as failed.
func (m *Mail) failedIn(text string) (list []string) {
	add := func(a string) {
		if read := addressesIn(a[strings.LastIndexByte(a, ':')+1:]); len(read) > 0 {
			a = read[0]
		}
		if anAddress.MatchString(a) && !slices.Contains(list, a) && !m.notRecipient(a) {
			list = append(list, a)
		}
	}
	for _, a := range addressesIn(m.Header.Get("X-Failed-Recipients")) {
		add(a)
	}
	if len(list) > 0 {
		return list
	}
	for _, to := range m.sentTo() {
		if strings.Contains(lower(text), to) {
			add(to)
		}
	}
	top := m.toldText()
	for _, form := range namings {
		for _, found := range form.FindAllStringSubmatch(top, 20) {
			add(found[1])
		}
		if len(list) > 0 {
			return list
		}
	}
	for _, a := range addressesIn(top) {
		add(a)
		if len(list) > 0 {
			return list
		}
	}
	for _, form := range []*regexp.Regexp{regexp.MustCompile(`(?im)^[>\s]*to:.*?([^<>\s:;,"]+@[^<>\s:;,"]+)`)} { // the copy below
		if found := form.FindStringSubmatch(text); found != nil {
			add(strings.Trim(found[1], "<>"))
		}
	}
	return list
}

// notRecipient tells whether an address is that of whoever writes, or ours.
func (m *Mail) notRecipient(a string) bool {
	came := append(m.Header.Addresses("To"), m.Header.Addresses("Delivered-To")...)
	return a == m.Sender.Address || slices.Contains(m.To, a) || slices.ContainsFunc(came, func(to Address) bool { return to.Address == a }) || strings.HasPrefix(a, "mailer-daemon@") || strings.HasPrefix(a, "postmaster@") ||
		m.Original != nil && slices.ContainsFunc(m.Original.Addresses("From"), func(f Address) bool { return f.Address == a })
}

// originalBelow are lines below which the copy of the original begins.
var originalBelow = regexp.MustCompile(`(?im)^[ \t>]*(?:-{2,}|_{3,}|={3,}|\*{3,}|#{3,})?\s*(?:-+ ?)?(?:this is a copy of (?:the|your) message|below this line is a copy of the message|original message|returned message|original message (?:headers|follows|header)|original mail|message header(?:s)?|headers? of the (?:original )?message|unsent message below|message headers follow|the (?:body|header|headers) of (?:your|the|this) message|ursprüngliche nachricht|ursprüngliche nachrichtenkopfzeilen|originalnachricht|original-nachricht|kopfzeilen|message d'origine|en-têtes|message original|mensaje original|encabezados(?: de mensaje)? originales?|messaggio originale|oorspronkelijk bericht|transcript of session follows below|copy of (?:the|your) (?:original )?message|(?:your|the) (?:original )?message (?:follows|is (?:attached|enclosed|included))|included is a copy|forwarded message|received: (?:from|by)|return-path:)`)

// toldText is what a mail system says itself: what stands above the copy of the original.
func (m *Mail) toldText() string {
	text := m.Shown()
	if at := originalBelow.FindStringIndex(text); at != nil {
		if top := text[:at[0]]; len(strings.Fields(top)) >= 3 {
			text = top
		}
	}
	if len(text) > 8<<10 {
		text = strings.ToValidUTF8(text[:8<<10], "")
	}
	return text
}

// Shown is the text of a mail as a person sees it.
func (m *Mail) Shown() string {
	if phrases.Of(m.Plain).Words() >= 3 || m.HTML == "" {
		return m.Plain
	}
	return strings.NewReplacer(quotesBelow, "", signsBelow, "", signsEnd, "").Replace(plainOf(m.HTML))
}
