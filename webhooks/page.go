package webhooks

import (
	"cmp"
	"embed"
	"html/template"
	"slices"
	"strconv"
	"strings"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/ops"
	"github.com/andante-hq/andante/workspace"
)

//go:embed preferences.html
var files embed.FS

var page = template.Must(template.ParseFS(files, "preferences.html"))

// view is what the page shows.
type view struct {
	Lang   string
	Title  string
	Done   string // what was just carried out
	Lines  []string
	Groups []group
}

// group are buttons under a heading.
type group struct {
	ID, Title string
	Buttons   []button
}

type button struct{ Name, Value, Label string }

// words fill texts in.
type words struct {
	texts   workspace.PageTexts
	company string
}

func (w words) say(key string, pairs ...string) string {
	return strings.NewReplacer(append([]string{"{company}", w.company}, pairs...)...).Replace(w.texts[key])
}

// show makes the page behind a link.
func show(p ops.Preferences, kind andante.Kind, done string) view {
	w := words{p.Texts, p.Company}
	v := view{Lang: p.Language, Title: w.say("title"), Done: done}
	if p.Known {
		v.Lines = append(v.Lines, w.past(p)...)
		if !p.Choice.IsZero() && done == "" {
			v.Lines = append(v.Lines, w.say("now", "{choice}", w.choice(p.Choice)))
		}
	}
	if p.Barred {
		v.Lines = append(v.Lines, w.say("gone_all"), w.say("asked"))
		v.Groups = append(v.Groups, w.data(p)...)
		return v
	}
	if less := w.less(p); len(less) > 0 {
		v.Groups = append(v.Groups, group{"less", w.say("less"), less})
	}
	v.Groups = append(v.Groups, group{"never", w.say("never"), w.never(p, kind)})
	v.Groups = append(v.Groups, w.data(p)...)
	return v
}

// data are the buttons for what is known of somebody, if a link to it can be mailed.
func (w words) data(p ops.Preferences) []group {
	if !p.Known || !p.Mailed {
		return nil
	}
	return []group{{"data", w.say("data"), []button{{"data", string(ops.DataExport), w.say("data_export")}, {"data", string(ops.DataErase), w.say("data_erase")}}}}
}

// past tells what went out, and how often.
func (w words) past(p ops.Preferences) []string {
	var list []string
	for _, way := range ops.Ways {
		if n := p.Past[way]; n > 0 {
			list = append(list, w.count(way, n))
		}
	}
	if len(list) == 0 {
		return []string{w.say("past_none")}
	}
	return []string{w.say("past", "{list}", w.list(list)) + " " + w.say("month_past", "{n}", strconv.Itoa(p.Month))}
}

// wayNames are what the texts call the ways.
var wayNames = map[andante.Kind]string{andante.Email: "email", andante.SMS: "sms", andante.Postcard: "post"}

func (w words) count(way andante.Kind, n int) string {
	if n == 1 {
		return w.say(wayNames[way] + "_one")
	}
	return w.say(wayNames[way]+"_many", "{n}", strconv.Itoa(n))
}

// list joins words as people do.
func (w words) list(items []string) string {
	if n := len(items) - 1; n > 0 {
		return strings.Join(items[:n], ", ") + " " + w.say("and") + " " + items[n]
	}
	return strings.Join(items, "")
}

// choice tells what somebody chose.
func (w words) choice(c andante.Choice) string {
	var list []string
	switch {
	case c.Max == 1 && c.Per == "30d":
		list = append(list, w.inside("month"))
	case c.Max > 0:
		list = append(list, w.say("at_most", "{n}", strconv.Itoa(c.Max), "{days}", strings.TrimSuffix(c.Per, "d")))
	}
	if !c.Pause.IsZero() {
		list = append(list, w.say("until", "{date}", c.Pause.Format(w.texts["date"])))
	}
	if len(c.Only) > 0 {
		var ways []string
		for _, way := range ops.Ways {
			if slices.ContainsFunc(c.Only, func(k andante.Kind) bool { return ops.WayOf(k) == way }) {
				ways = append(ways, w.say(wayNames[way]+"_many", "{n} ", "", "{n}", ""))
			}
		}
		if len(ways) == 1 && ops.WayOf(c.Only[0]) == andante.Postcard {
			list = append(list, w.inside("post"))
		} else {
			list = append(list, w.say("only", "{list}", w.list(ways)))
		}
	}
	for _, topic := range c.Not {
		list = append(list, lowerFirst(w.say("not", "{topic}", topic)))
	}
	return strings.Join(list, "; ")
}

// inside is the label of a button in the middle of a sentence.
func (w words) inside(key string) string { return lowerFirst(w.say(key)) }

func lowerFirst(s string) string {
	for i, r := range s {
		return strings.ToLower(string(r)) + s[i+len(string(r)):]
	}
	return s
}

// less are the buttons for less.
func (w words) less(p ops.Preferences) (list []button) {
	if !p.Known {
		return nil
	}
	list = append(list, button{"less", "month", w.say("month")}, button{"less", "pause", w.say("pause")})
	if slices.Contains(p.Ways, andante.Postcard) && len(p.Ways) > 1 {
		list = append(list, button{"less", "post", w.say("post")})
	}
	for _, topic := range p.Topics {
		list = append(list, button{"not", topic, w.say("not", "{topic}", topic)})
	}
	if !p.Choice.IsZero() {
		list = append(list, button{"less", "usual", w.say("usual")})
	}
	return list
}

// never are the buttons for nothing more: by the way of the link, by the others, and by all.
func (w words) never(p ops.Preferences, kind andante.Kind) (list []button) {
	ways := []andante.Kind{cmp.Or(ops.WayOf(kind), andante.Email)}
	for _, way := range p.Ways {
		if way != ways[0] {
			ways = append(ways, way)
		}
	}
	for _, way := range ways {
		list = append(list, button{"never", string(way), w.say("never_" + wayNames[way])})
	}
	if p.Printed {
		return list
	}
	return append(list, button{"never", "all", w.say("never_all")})
}

// label returns what stands on the button of a wish; empty if there is no such button.
func (v view) label(w ops.Wish) string {
	for _, g := range v.Groups {
		for _, b := range g.Buttons {
			if b.Name == "less" && b.Value == w.Less || b.Name == "not" && b.Value == w.Not || b.Name == "never" && b.Value == w.Never {
				return b.Label
			}
		}
	}
	return ""
}

// carriedOut tells what has been carried out.
func carriedOut(p ops.Preferences, w ops.Wish) string {
	say := words{p.Texts, p.Company}
	switch {
	case w.Never == "all":
		return say.say("gone_all") + " " + say.say("asked")
	case w.Never != "":
		return say.say("gone_"+wayNames[andante.Kind(w.Never)]) + " " + say.say("asked")
	case p.Choice.IsZero():
		return say.say("saved_usual")
	}
	return say.say("saved", "{choice}", say.choice(p.Choice))
}
