package inbound

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/andante-hq/andante/internal/phrases"
)

// monthNames are the months in the languages that are understood, without accents.
var monthNames = map[string]time.Month{}

const (
	weekdayNames = `mon|tue|wed|thu|fri|sat|sun|montag|dienstag|mittwoch|donnerstag|freitag|samstag|sonnabend|sonntag|mo|di|mi|do|fr|lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche|lunes|martes|miercoles|jueves|viernes|sabado|domingo|maandag|dinsdag|woensdag|donderdag|vrijdag|zaterdag|zondag|lunedi|martedi|mercoledi|giovedi|venerdi|sabato|domenica|segunda|terca|quarta|quinta|sexta|mandag|tirsdag|onsdag|torsdag|fredag|lordag|sondag|mandag|tisdag|pondeli|utery|streda|ctvrtek|patek|poniedzialek|wtorek|sroda|czwartek|piatek`
	allMonths    = `january jan januar janner januari janvier janv enero ene gennaio janeiro stycznia ledna leden
february feb februar februari fevrier fev febrero febbraio fevereiro lutego unora unor
march mar marz maerz maart mars marzo marco marca brezna brezen
april apr abr avril avr abril aprile kwietnia dubna duben
may mai mei mayo maggio maio maja maj kvetna kveten
june jun juni juin junio giugno junho czerwca cervna cerven
july jul juli juillet juil julio luglio julho lipca cervence cervenec
august aug augustus aout agosto ago sierpnia augusti srpna srpen
september sep sept septembre septiembre setembro settembre wrzesnia zari
october oct oktober okt octobre octubre ottobre outubro pazdziernika rijna rijen
november nov novembre noviembre novembro listopada listopadu
december dec dezember dez decembre diciembre dicembre dezembro dic grudnia prosince prosinec`
)

var (
	monthAny  string
	dayMonth  *regexp.Regexp // 13th of March 2026
	monthDay  *regexp.Regexp // March 13, 2026
	monthDays *regexp.Regexp // March 10-21
	isoDay    = regexp.MustCompile(`\b(\d{4})[-/](\d{1,2})[-/](\d{1,2})\b`)
	kanjiDay  = regexp.MustCompile(`(?:(\d{4})年)?(\d{1,2})月(\d{1,2})日`)
	figures   = regexp.MustCompile(`\b(\d{1,2})([./-])\s?(\d{1,2})[./-]\s?(\d{4}|\d{2})\b`)
	noYear    = regexp.MustCompile(`\b(\d{1,2})\.\s?(\d{1,2})\.(?:\D|$)`)
	slashed   = regexp.MustCompile(`\b(\d{1,2})/(\d{1,2})(?:[^\d/]|$)`)
	monthOnly *regexp.Regexp
	weekday   = regexp.MustCompile(`\b(` + weekdayNames + `)(?:day|nesday|sday|rsday|urday|s|-feira)?\b`)
	endOf     = regexp.MustCompile(`\b(?:end of (?:the|this) week|ende (?:der|dieser) woche|fin de (?:la )?semaine|fin de (?:la |esta )?semana|final de (?:la |esta )?semana|einde van de week|fine settimana)\b`)
	nextWeek  = regexp.MustCompile(`\b(?:next week|nachste[rn]? woche|kommende[rn]? woche|(?:la )?semaine prochaine|la proxima semana|la semana que viene|volgende week)\b`)
	dayAlone  = regexp.MustCompile(`\b(?:until|till|bis(?: zum)?|hasta el(?: dia)?|jusqu'au|tot(?: en met)?(?: de)?|fino al|ate(?: o)?(?: dia)?|back on|return on) (?:the )?(\d{1,2})(?:st|nd|rd|th|\.|º|er|e)?(?:[\s,;).!]|$)`)
	weekOf    = regexp.MustCompile(`\b(?:kw|kalenderwoche|vecka|v\.|uge|week|semaine|semana|tyden|uke) ?(\d{1,2})(?:\.? ?(?:-|und|och|og|and|et|y|&|/|bis) ?(\d{1,2}))?\b`)
	tomorrow  = regexp.MustCompile(`\b(?:tomorrow|morgen|demain|manana)\b`)
)

func init() {
	var names []string
	for i, line := range strings.Split(allMonths, "\n") {
		for _, name := range strings.Fields(line) {
			monthNames[name] = time.Month(i + 1)
			names = append(names, name)
		}
	}
	// Longer names first: a shorter one must not take their beginning.
	for n := 12; n > 2; n-- {
		for _, name := range names {
			if len(name) == n {
				monthAny += "|" + name
			}
		}
	}
	monthAny = monthAny[1:]
	dayMonth = regexp.MustCompile(`\b(\d{1,2})(?:st|nd|rd|th|er|e|\.|º|o)?[\s-]*(?:of |de |den |d')?\s*(` + monthAny + `)\b\.?,?(?:[\s-]*(?:de |del )?(20\d\d))?`)
	monthDay = regexp.MustCompile(`\b(` + monthAny + `)\b\.?\s+(?:the )?(\d{1,2})(?:st|nd|rd|th)?\b(?:,?\s*(20\d\d))?`)
	monthDays = regexp.MustCompile(`\b(` + monthAny + `)\b\.?\s+(\d{1,2})(?:st|nd|rd|th)?\s?(?:-|to|through)\s?(\d{1,2})(?:st|nd|rd|th)?\b(?:,?\s*(20\d\d))?`)
	monthOnly = regexp.MustCompile(`\b(end of |ende |fin |finales de |final de |fine |eind |einde |mid |mid-|mitte |beginning of |early |anfang |debut |principios de |begin )?(` + monthAny + `)\b(?:\s+(?:de )?(20\d\d))?`)
}

// mentions finds the days that a text names. What a more exact form has found is not read again
// by the others.
func mentions(text string, today time.Time, dmy bool) []mention {
	f := &finder{text: text, today: today, dmy: dmy, taken: make([]bool, len(text)+1)}
	f.days()
	f.inFigures()
	f.spans()
	f.loosely()
	return f.list
}

// finder reads the days of a text.
type finder struct {
	text  string
	today time.Time
	dmy   bool   // in figures the day stands before the month
	taken []bool // what belongs to a day, by byte
	list  []mention
}

// add notes a day that stands from one place to another, unless another one stands there.
func (f *finder) add(from, to int, d time.Time, open bool) {
	if d.IsZero() || slices.Contains(f.taken[from:to], true) {
		return
	}
	for i := from; i < to; i++ {
		f.taken[i] = true
	}
	f.list = append(f.list, mention{day: d, from: from, to: to, open: open})
}

// each reads the parts of what has a form, by number, with the places at which they stand.
func (f *finder) each(form *regexp.Regexp, read func(at []int, part func(int) string)) {
	for _, at := range form.FindAllStringSubmatchIndex(f.text, 50) {
		read(at, func(i int) string {
			if at[2*i] < 0 {
				return ""
			}
			return f.text[at[2*i]:at[2*i+1]]
		})
	}
}

// days reads days with a month in words, or in an order that is sure.
func (f *finder) days() {
	for _, form := range []*regexp.Regexp{kanjiDay, isoDay} {
		f.each(form, func(at []int, p func(int) string) {
			f.add(at[0], at[1], date(p(1), time.Month(number(p(2))), p(3), f.today), false)
		})
	}
	f.each(dayMonth, func(at []int, p func(int) string) {
		f.add(at[0], at[1], date(p(3), monthNames[p(2)], p(1), f.today), false)
	})
	f.each(monthDays, func(at []int, p func(int) string) {
		f.add(at[6], at[1], date(p(4), monthNames[p(1)], p(3), f.today), false)
	})
	f.each(monthDay, func(at []int, p func(int) string) {
		f.add(at[0], at[1], date(p(3), monthNames[p(1)], p(2), f.today), false)
	})
}

// inFigures reads days of figures alone.
func (f *finder) inFigures() {
	f.each(figures, func(at []int, p func(int) string) {
		f.add(at[0], at[1], inFigures(p(1), p(3), p(4), f.today, f.dmy || p(2) == "."), false)
	})
	f.each(noYear, func(at []int, p func(int) string) {
		f.add(at[0], at[5]+1, date("", time.Month(number(p(2))), p(1), f.today), false)
	})
	f.each(slashed, func(at []int, p func(int) string) {
		if p(1) != "24" || p(2) != "7" {
			f.add(at[0], at[5], inFigures(p(1), p(2), "", f.today, f.dmy), false)
		}
	})
}

// spans reads weeks by their number, months without a day, and days without a month.
func (f *finder) spans() {
	f.each(weekOf, func(at []int, p func(int) string) {
		days := 7
		if n := number(p(2)); n > number(p(1)) && n <= 53 {
			days *= n - number(p(1)) + 1
		}
		n := len(f.list)
		if f.add(at[0], at[1], weekStart(number(p(1)), f.today), true); len(f.list) > n {
			f.list[n].span = days
		}
	})
	f.each(monthOnly, func(at []int, p func(int) string) {
		d := inMonth(p(1), p(2), p(3), f.today)
		if p(1) == "" && !d.IsZero() && lastBefore.MatchString(tail(f.text[:at[0]], 90)) {
			d = d.AddDate(0, 0, -1) // until September is till the end of August
		}
		f.add(at[0], at[1], d, true)
	})
	f.each(dayAlone, func(at []int, p func(int) string) {
		d := date("", f.today.Month(), p(1), f.today)
		if !d.IsZero() && d.Before(f.today) {
			next := f.today.AddDate(0, 0, 1-f.today.Day()).AddDate(0, 1, 0)
			d = date(strconv.Itoa(next.Year()), next.Month(), p(1), f.today)
		}
		f.add(at[2], at[3], d, false)
	})
}

// loosely reads days that are named by today, and days of the week that stand beside no day.
func (f *finder) loosely() {
	f.each(endOf, func(at []int, _ func(int) string) {
		f.add(at[0], at[1], onWeekday(time.Friday, f.today.AddDate(0, 0, -1)), true)
	})
	f.each(nextWeek, func(at []int, _ func(int) string) { f.add(at[0], at[1], onWeekday(time.Monday, f.today), true) })
	f.each(tomorrow, func(at []int, _ func(int) string) { f.add(at[0], at[1], f.today.AddDate(0, 0, 1), true) })
	f.each(weekday, func(at []int, p func(int) string) {
		if w, ok := weekdayOf(p(1)); ok && !f.beside(at) {
			f.add(at[0], at[1], onWeekday(w, f.today), true)
		}
	})
}

// beside tells whether a day stands right before or after a place.
func (f *finder) beside(at []int) bool {
	return slices.ContainsFunc(f.list, func(m mention) bool {
		return !m.open && (m.from >= at[1] && m.from-at[1] < 12 || at[0] >= m.to && at[0]-m.to < 4)
	})
}

func number(s string) int {
	n, _ := strconv.Atoi(s)
	return n
}

// date returns a day; the zero time if there is no such day. Without a year it is the next one
// that is not long past.
func date(year string, month time.Month, dayOf string, today time.Time) time.Time {
	y, d := number(year), number(dayOf)
	if len(year) == 2 {
		y += 2000
	}
	if year == "" {
		y = today.Year()
	}
	t := time.Date(y, month, d, 0, 0, 0, 0, time.UTC)
	if month < 1 || month > 12 || t.Month() != month || d < 1 {
		return time.Time{}
	}
	if year == "" && t.Before(today.AddDate(0, -2, 0)) {
		t = t.AddDate(1, 0, 0)
	}
	return t
}

// inFigures reads 05/12/2026 in the order in which the writer's country has it, unless it can be
// but the other.
func inFigures(a, b, year string, today time.Time, dmy bool) time.Time {
	one, other := date(year, time.Month(number(b)), a, today), date(year, time.Month(number(a)), b, today)
	if !dmy {
		one, other = other, one
	}
	if one.IsZero() {
		return other
	}
	return one
}

// dayFirst tells whether a text writes the day before the month in figures: all but Americans do.
func dayFirst(text string, at time.Time) bool {
	_, offset := at.Zone()
	for _, f := range figures.FindAllStringSubmatch(text, 20) { // what can be but one tells of the others
		switch {
		case number(f[1]) > 12:
			return true
		case number(f[3]) > 12:
			return false
		}
	}
	american := offset <= -4*3600 && offset >= -10*3600
	return !american || !phrases.Of(text).Has([]string{"the", "and", "i am", "i will", "office", "returning"})
}

// inMonth reads a month without a day: till its end, its middle, or its first day.
func inMonth(part, name, year string, today time.Time) time.Time {
	month := monthNames[name]
	if year == "" && (len(name) < 4 && name != "mai" && name != "mei" || name == "may" || name == "mars" || name == "marca" || name == "maja") && part == "" {
		return time.Time{} // words of another meaning
	}
	t := date(year, month, "1", today)
	if year == "" && t.Before(today.AddDate(0, -1, 0)) {
		t = t.AddDate(1, 0, 0)
	}
	switch part = strings.Trim(part, " -"); {
	case part == "":
		return t
	case strings.HasPrefix(part, "end"), strings.HasPrefix(part, "ein"), strings.HasPrefix(part, "fin"):
		return t.AddDate(0, 1, -1)
	case strings.HasPrefix(part, "mi"):
		return t.AddDate(0, 0, 14)
	}
	return t
}

// onWeekday returns the first day of the week's name after a day.
func onWeekday(w time.Weekday, after time.Time) time.Time {
	n := (int(w) - int(after.Weekday()) + 7) % 7
	if n == 0 {
		n = 7
	}
	return after.AddDate(0, 0, n)
}

// weekStart returns the Monday of a week (ISO 8601), of the next one of that number.
func weekStart(week int, today time.Time) time.Time {
	if week < 1 || week > 53 {
		return time.Time{}
	}
	for year := today.Year(); year <= today.Year()+1; year++ {
		fourth := time.Date(year, 1, 4, 0, 0, 0, 0, time.UTC) // it lies in the first week
		monday := fourth.AddDate(0, 0, 7*(week-1)-(int(fourth.Weekday())+6)%7)
		if !monday.Before(today.AddDate(0, -1, 0)) {
			return monday
		}
	}
	return time.Time{}
}

var weekdays = map[time.Weekday][]string{
	time.Monday:    {"mon", "montag", "lundi", "lunes", "maandag", "lunedi", "segunda", "mandag", "pondeli", "poniedzialek"},
	time.Tuesday:   {"tue", "dienstag", "mardi", "martes", "dinsdag", "martedi", "terca", "tirsdag", "tisdag", "utery", "wtorek"},
	time.Wednesday: {"wed", "mittwoch", "mercredi", "miercoles", "woensdag", "mercoledi", "quarta", "onsdag", "streda", "sroda"},
	time.Thursday:  {"thu", "donnerstag", "jeudi", "jueves", "donderdag", "giovedi", "quinta", "torsdag", "ctvrtek", "czwartek"},
	time.Friday:    {"fri", "freitag", "vendredi", "viernes", "vrijdag", "venerdi", "sexta", "fredag", "patek", "piatek"},
	time.Saturday:  {"sat", "samstag", "sonnabend", "samedi", "sabado", "zaterdag", "sabato", "lordag"},
	time.Sunday:    {"sun", "sonntag", "dimanche", "domingo", "zondag", "domenica", "sondag"},
}

func weekdayOf(name string) (time.Weekday, bool) {
	for w, names := range weekdays {
		for _, n := range names {
			if n == name {
				return w, true
			}
		}
	}
	return 0, false
}
