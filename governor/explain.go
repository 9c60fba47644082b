package governor

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/andante-hq/andante"
)

// Explain says in plain words what the policy means, a sentence for each rule.
func (p *Policy) Explain() []string {
	var list []string
	say := func(format string, args ...any) { list = append(list, fmt.Sprintf(format, args...)) }
	for i := range p.Limits {
		list = append(list, p.Limits[i].explain())
	}
	if slices.ContainsFunc(p.Limits, func(l Limit) bool { return l.MaxPoints > 0 }) {
		list = append(list, p.weights())
	}
	for i := range p.Gaps {
		list = append(list, p.Gaps[i].explain(i > 0))
	}
	for i := range p.CoolDowns {
		list = append(list, p.CoolDowns[i].explain())
	}
	for _, e := range p.Ease {
		switch {
		case e.Hold.Length > 0:
			say("Whoever has ignored %s in a row gets nothing for %s after the last. Ignored: no reply, human click, answer, purchase or conversation; opens never count. (ease)", touches(e.Ignored), length(e.Hold))
		default:
			say("Whoever has ignored %s in a row gets them at least %s apart, until the next response. (ease)", touches(e.Ignored), length(e.Gap))
		}
	}
	for _, k := range slices.Sorted(maps.Keys(p.Landing)) {
		say("A %s counts on the day on which it should arrive, %s after it is posted. (landing)", k, p.Landing[k])
	}
	if !p.LookAhead.IsZero() {
		say("When there is room for one only, a touch yields to a more important one that comes within %s (by priority, then by which was due first), %d times at most. (look_ahead)", inWords(p.LookAhead.String()), MostYields)
	}
	for i, w := range p.Windows {
		others := ""
		if i > 0 && slices.ContainsFunc(p.Windows[:i], func(v WindowRule) bool { return len(v.Kinds) == 0 || len(w.Kinds) == 0 || shares(v.Kinds, w.Kinds) }) {
			others = ", if no rule above says otherwise"
		}
		say("%s go to %s %s, by the contact's own clock%s. (windows)", capital(kinds(w.Kinds, "touches")), w.Who.everybodyOr(), w.Window, others)
	}
	if free := p.anyHour(); len(free) > 0 {
		say("%s go at any hour of the day or night: no window is about them. (windows)", capital(strings.Replace(kinds(free, ""), " or ", " and ", 1)))
	}
	if p.Holidays {
		say("Holidays of the contact's country are closed. (holidays)")
	}
	return append(list, "What a contact asked for (purpose: requested) is not limited; what a contact chose wins over all of this.")
}

// weights says what a touch of each kind takes of a limit in points.
func (p *Policy) weights() string {
	if len(p.Points) == 0 {
		return "Every touch takes 1 point. (points)"
	}
	var parts []string
	for _, k := range slices.Sorted(maps.Keys(p.Points)) {
		parts = append(parts, fmt.Sprintf("%s %g", k, p.Points[k]))
	}
	return "So many points a touch takes: " + strings.Join(append(parts, "whatever else 1"), ", ") + ". (points)"
}

// anyHour returns the kinds that reach people at an hour, and that no window is about.
func (p *Policy) anyHour() (list []andante.Kind) {
	for _, k := range []andante.Kind{andante.Email, andante.SMS, andante.Call, andante.Visit, andante.Video} {
		if !slices.ContainsFunc(p.Windows, func(w WindowRule) bool { return among(w.Kinds, k) }) {
			list = append(list, k)
		}
	}
	return list
}

func shares[T comparable](a, b []T) bool {
	return slices.ContainsFunc(a, func(x T) bool { return slices.Contains(b, x) })
}

func (l *Limit) explain() string {
	subject := l.Who.one("A contact")
	switch l.Scope {
	case ScopeAccount:
		subject = strings.Replace(l.Who.of("An account"), "contact", "account", 1)
	case ScopeAddress:
		subject = l.Who.of("An address")
	}
	what := kinds(l.Count.Kinds, "touches")
	if l.Max == 1 {
		what = singular(l.Count.Kinds)
	}
	if len(l.Count.Purposes) > 0 {
		what += " of purpose " + words(l.Count.Purposes, " or ")
	}
	most := fmt.Sprintf("%d %s", l.Max, what)
	if l.MaxPoints > 0 {
		most = fmt.Sprintf("%g points of %s", l.MaxPoints, kinds(l.Count.Kinds, "touches"))
	}
	period := "any " + length(l.Per)
	if l.Per.Unit != "" {
		period = "one calendar " + l.Per.Unit
	}
	text := fmt.Sprintf("%s gets at most %s in %s", subject, most, period)
	switch l.Scope {
	case ScopeAccount:
		text += ", all of its people together"
	case ScopeAddress:
		text += ", whoever has it"
	}
	text += "."
	if l.Count.Requested {
		text += " What they asked for counts too."
	}
	if l.Count.Unanswered {
		text += " Calls that nobody answered count too."
	}
	if l.Reserve.Slots > 0 {
		text += fmt.Sprintf(" The last %d are kept for what has %s priority or more.", l.Reserve.Slots, l.Reserve.For)
	}
	return fmt.Sprintf("%s (%s)", text, l.Name)
}

func (g *Gap) explain(others bool) string {
	between := "two touches"
	if g.Between != [2]andante.Kind{} {
		between = fmt.Sprintf("%s and %s", g.Between[0], g.Between[1])
		if g.Between[0] == g.Between[1] {
			between = "two touches by " + string(g.Between[0])
		}
	}
	text := fmt.Sprintf("Between %s to %s lie at least %s", between, g.Who.one("a contact"), length(g.Min))
	if others {
		text += ", if no gap above says otherwise"
	}
	return text + ". (gap)"
}

func (d *CoolDown) explain() string {
	after := map[string]string{AfterIntroduction: "an introduction", AfterReply: "a reply", AfterStageChange: "a change of stage"}[d.After]
	if len(d.By) > 0 {
		after += " by " + words(d.By, " or ")
	}
	who := d.Who.one("a contact")
	if d.Scope == ScopeAccount {
		who = strings.Replace(d.Who.of("the whole account"), " of ", " of contacts of ", 1)
	}
	text := fmt.Sprintf("After %s there is silence for %s towards %s", after, inWords(d.Lasts.String()), who)
	switch {
	case d.UntilAnswered:
		text += ", or until somebody has answered, met them or been asked for something; people may call all the same"
	case d.After == AfterReply:
		text += ", or until somebody has met them or been asked for something; people may call all the same"
	case d.ExceptBegun:
		text += ", but for the sequences that it begins; a reply, a meeting or a request ends it"
	default:
		text += "; a reply, a meeting or a request ends it"
	}
	return text + ". (cool_down)"
}

// nouns are what people of a stage are called.
var nouns = map[string]string{"prospect": "prospect", "customer": "customer", "former": "former customer"}

// one names one of the people: a prospect, or a contact of tier key.
func (w Who) one(somebody string) string {
	if noun, ok := nouns[words(w.Stages, " ")]; ok && len(w.Tiers)+len(w.Personas)+len(w.Countries) == 0 {
		return somebody[:2] + noun
	}
	return w.of(somebody)
}

// of names them after the noun.
func (w Who) of(somebody string) string {
	var parts []string
	add := func(list []string, form string) {
		if len(list) > 0 {
			parts = append(parts, fmt.Sprintf(form, strings.Join(list, " or ")))
		}
	}
	add(w.Personas, "persona %s")
	add(w.Stages, "stage %s")
	add(w.Tiers, "tier %s")
	add(w.Countries, "country %s")
	if len(parts) == 0 {
		return somebody
	}
	return somebody + " of " + strings.Join(parts, " and ")
}

func kinds(list []andante.Kind, all string) string {
	if len(list) == 0 {
		return all
	}
	names := make([]string, len(list))
	for i, k := range list {
		names[i] = plural(string(k))
	}
	if n := len(names) - 1; n > 1 {
		return strings.Join(names[:n], ", ") + " or " + names[n]
	}
	return strings.Join(names, " or ")
}

func plural(word string) string {
	switch word {
	case "sms":
		return "text messages"
	case "other":
		return "other touches"
	case "video":
		return "video calls"
	}
	return word + "s"
}

// singular names one touch of some kinds.
func singular(list []andante.Kind) string {
	switch {
	case len(list) == 0:
		return "touch"
	case len(list) > 1:
		return kinds(list, "")
	}
	return strings.TrimSuffix(plural(string(list[0])), "s")
}

// everybodyOr names everybody who is picked.
func (w Who) everybodyOr() string {
	if w.everybody() {
		return "everybody"
	}
	return w.of("contacts")
}

// length writes a period in words: 30 days, 24 hours.
func length(p Period) string { return inWords(p.Written) }

func inWords(written string) string {
	for short, long := range map[string]string{"min": "minute", "h": "hour", "d": "day", "w": "week"} {
		if n, ok := strings.CutSuffix(written, short); ok && strings.Trim(n, "0123456789") == "" {
			if n == "1" {
				return n + " " + long
			}
			return n + " " + long + "s"
		}
	}
	return written
}

func touches(n int) string {
	if n == 1 {
		return "1 touch"
	}
	return fmt.Sprintf("%d touches", n)
}

func words[T ~string](list []T, between string) string {
	all := make([]string, len(list))
	for i, w := range list {
		all[i] = string(w)
	}
	return strings.Join(all, between)
}

func capital(s string) string { return strings.ToUpper(s[:1]) + s[1:] }
