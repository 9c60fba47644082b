package inbound

import (
	"regexp"
	"strings"
	"time"

	"golang.org/x/text/unicode/norm"

	"github.com/andante-hq/andante/internal/phrases"
)

// away recognises who is not there, and until when.
func away(m *Mail, at time.Time) (Finding, bool) {
	own := m.aboveQuote()
	s := phrases.Of(m.Subject + " \n " + own)
	phrase := s.Which(awayWords)
	if phrase == "" {
		phrase = raw(m.Subject+own, awayLetters)
	}
	if phrase == "" {
		phrase = s.Which(awayLoosely)
	}
	if phrase == "" {
		phrase = phrases.Of(m.Subject).Which(absentSubjects)
	}
	if phrase == "" {
		return Finding{}, false
	}
	return Finding{Class: OutOfOffice, Why: `"` + phrase + `"`, Until: backOn(m.Subject+"\n"+own, at)}, true
}

// awayLoosely say so where it is known that a machine answers.
var awayLoosely = []string{
	"away", "out until", "out till", "closed", "closing", "holiday", "holidays", "vacation", "leave", "sick", "illness", "travelling", "traveling", "travel", "conference", "trade fair", "exhibition", "offline", "unavailable", "not available", "not working", "reopen", "reopens", "back on", "return", "until further notice", "days off", "day off", "part time", "maternity", "christmas break", "easter", "summer break",
	"geschlossen", "ferien", "urlaubs", "urlaubszeit", "krankheit", "krankgeschrieben", "weggefahren", "unterwegs", "messe", "kur", "reha", "frei", "wieder", "zuruck", "schliesst", "betriebsruhe", "weihnachtsferien", "bis auf weiteres", "teilzeit", "dienstfrei", "jahresurlaub", "resturlaub", "babypause", "kongress", "tagung", "schulung", "seminar",
	"ferme", "fermes", "fermee", "fermeture", "conges", "conge", "vacances", "absence", "maladie", "retour", "reouverture", "rtt", "salon", "formation", "injoignable",
	"cerrado", "cerrada", "cerramos", "cerrados", "vacaciones", "festivo", "enfermedad", "baja medica", "ausencia", "reapertura", "viaje", "feria", "no disponible", "vuelvo", "puente", "descanso",
	"gesloten", "vakantie", "verlof", "ziek", "terug", "zwangerschap", "chiuso", "chiusi", "chiusura", "ferie", "vacanza", "malattia", "assenza", "fechado", "fechada", "encerrado", "encerrados", "ferias", "ausencia", "doente", "licenca", "nieobecnosc", "urlopu", "urlopie", "zamkniete", "zwolnieniu", "zwolnienie", "semester", "ledig", "ledigt", "semesterstangt", "stangt", "sjuk", "borta", "tjansteresa", "ferie", "ferien", "sommerferie", "efterarsferie", "lukket", "syg", "orlov", "dovolene", "dovolenou", "dovolenku", "rodicovske", "materske", "nemocensk", "zavreno", "nepritomnosti", "sluzebni", "mimo", "loma", "suljettu",
}

// absentSubjects name an absence though the text may not.
var absentSubjects = []string{"out of office", "out of the office", "abwesenheitsnotiz", "abwesenheit", "absence", "absence du bureau", "ausencia", "fuera de la oficina", "afwezig", "fuori sede", "assenza", "franvaro"}

// A mention is a day that a text names.
type mention struct {
	day  time.Time
	from int // where it begins, in bytes
	to   int
	open bool // it names no day of the month: the day of the week, or a month
	span int  // days that it names, the first of which is day: those of a week; 0: one
}

// backOn returns the first day on which somebody is back, as their words say it; the zero time if
// they name none. Without a year it is the next such day.
func backOn(text string, at time.Time) (back time.Time) {
	text = spelt(text)
	today := day(at)
	var last time.Time
	vague := false // back is but the day of a week
	for _, m := range mentions(text, today, dayFirst(text, at)) {
		what := contextOf(text, m)
		if what == isOther && m.span > 1 { // away in that week
			what = isLast
		}
		switch what {
		case isBack:
			if back.IsZero() || m.day.After(back) && (back.Before(today) || vague && !m.open) {
				back, vague = m.day, m.open && m.span == 0
			}
		case isLast:
			if end := m.day.AddDate(0, 0, max(m.span-1, 0)); end.After(last) {
				last = end
			}
		}
	}
	switch {
	case last.IsZero() || !back.Before(last):
	case vague && back.Weekday() != last.Weekday(): // on the first such day after it
		back = onWeekday(back.Weekday(), last)
	default:
		back = last.AddDate(0, 0, 1)
	}
	return back
}

func day(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
}

// spelt writes a text in small letters without accents, signs kept.
func spelt(text string) string {
	text = strings.Join(strings.Fields(strings.ToLower(text)), " ")
	var b strings.Builder
	for _, r := range norm.NFKD.String(text) {
		switch {
		case r >= 0x300 && r <= 0x36f:
		case r == 'ß':
			b.WriteString("ss")
		case r == '–' || r == '—' || r == '‐' || r == '‑':
			b.WriteByte('-')
		case r == '’' || r == '´' || r == '`':
			b.WriteByte('\'')
		case r == 'ł':
			b.WriteByte('l')
		case r == 'ø':
			b.WriteByte('o')
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// What a day is in its sentence.
type meaningOf int

const (
	isOther meaningOf = iota
	isBack            // the first day back
	isLast            // the last day away
)

var (
	lastBefore   = regexp.MustCompile(`(?:\b(?:until|till|til|thru|through|to|up to|after|bis(?: zum| und mit| einschl(?:iesslich|\.)?| inkl(?:usive|\.)?| incl\.?)?(?: zum| dem)?|nach dem|jusqu'au|jusqu'a|jusqu'en|jusqu'a la|au|apres le|hasta(?: el| finales de)?|al|despues del?|y el|tot(?: en met)?|t/m|fino al?(?: giorno)?|al giorno|ate(?: ao?| dia)?|a|do|az do|till och med|t\.o\.m\.?|til og med|til den|t\.o\.m|e o|and)|->?|bis|まで)(?: (?:and including|including|einschliesslich|inclusive|the end of|the|den|dem|le|el|il|dia|dne|zum|ende))*[ ,(]*(?:(?:` + weekdayNames + `)[a-z]*[,.]?\s*)?(?:(?:the|den|dem|le|el|il|dia|dne) )?$`)
	backBefore   = regexp.MustCompile(`\b(?:back|reopen(?:s|ing)?|riapr\w+|reabr\w+|reapertura|rouvr\w+|reouverture|offnen|return(?:s|ing)?|resum(?:e|ing)|again|available (?:again )?(?:on|from)|reachable (?:again )?(?:on|from)|wieder|zuruck|ruckkehr|ab(?: dem)?|retour|revien(?:s|drai)|reprend(?:s|rai)?|a partir d[eu]l?|des le|regres(?:o|are|aremos|ar)|vuelta|vuelvo|volvere|reincorpor(?:o|are|acion)|de vuelta|weer|terug|vanaf|rientro|rientrero|di ritorno|tornero|dal|regresso|retorno|volto|voltarei|wracam|wroce|powrot|od|tillbaka|ater|fr\.?o\.?m|tilbage|igen|fra den|vratim|zpet|zpatky|opet)\b[^.!?;]{0,40}$`)
	backAfter    = regexp.MustCompile(`^[^.!?;0-9]{0,30}\b(?:again|back|onwards?|wieder|zuruck|de retour|de vuelta|weer|terug|tillbaka|tilbage|igen)\b`)
	japaneseLast = regexp.MustCompile(`^\s*(?:[(（].{1,3}[)）])?\s*まて`)
	japaneseBack = regexp.MustCompile(`^\s*(?:[(（].{1,3}[)）])?\s*(?:より(?:順次|通常)|から(?:順次|通常|出社|営業)|に(?:戻|出社|復帰))`)
	lastAfter    = regexp.MustCompile(`^\s*(?:\(?\s*(?:inclus(?:ive|ivement)?|included|einschliesslich|inkl|incl|ambos inclusive|compreso|まで)\b)`)
	fromBefore   = regexp.MustCompile(`\b(?:from|vom|von|du|desde(?: el)?|del|van|dal|de|since|seit|ab|od|fra|fran)(?: (?:the|den|dem|le|el|il))?[ ,]*(?:(?:` + weekdayNames + `)[a-z]*[,.]?\s*)?$`)
	rangeAfter   = regexp.MustCompile(`^(?:[,.]?\s*\d{4})?[ ,.]*(?:-|to|until|till|through|and|bis|au|al|y|hasta|t/m|tot|do|til|till|a)\b`)
)

// contextOf tells what a day is, from the words around it.
func contextOf(text string, m mention) meaningOf {
	before, after := tail(text[:m.from], 90), head(text[m.to:], 60)
	switch {
	case japaneseLast.MatchString(after):
		return isLast
	case japaneseBack.MatchString(after), strings.Contains(tail(before, 30), "戻り"):
		return isBack
	case fromBefore.MatchString(before) && rangeAfter.MatchString(after):
		return isOther // it begins there
	case lastBefore.MatchString(before) && !regexp.MustCompile(`(?:back|return(?:ing)?) to (?:the )?$`).MatchString(before):
		if backAfter.MatchString(after) && strings.HasSuffix(strings.TrimSpace(before), "and") {
			return isBack
		}
		return isLast
	case backBefore.MatchString(before), backAfter.MatchString(after):
		return isBack
	case lastAfter.MatchString(after):
		return isLast
	}
	return isOther
}

func tail(s string, n int) string {
	if len(s) > n {
		s = strings.ToValidUTF8(s[len(s)-n:], "")
	}
	return s
}

func head(s string, n int) string {
	if len(s) > n {
		s = strings.ToValidUTF8(s[:n], "")
	}
	return s
}
