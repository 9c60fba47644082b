package workspace

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/internal/mailhost"
	"github.com/andante-hq/andante/internal/yamldoc"
)

// A Throttle is how fast a sender may send. It may be written as a pace alone, such as 600
// per minute, or as the name of a preset.
type Throttle struct {
	Preset string          `yaml:"preset" doc:"what the other keys are unless they are written: personal (a mailbox of a person: 40 a day, 10 an hour, 90 s apart, warmed up from 5 by 3 more each day) or department (warmed up from 50 by 1.3 each day)"`
	Rate   Rate            `yaml:"rate" doc:"fastest pace, such as 600 per minute"`
	Apart  Spacing         `yaml:"apart" doc:"least time from one mail to the next, such as 90s"`
	Hour   int             `yaml:"hour" doc:"most mails in an hour of the clock; 0: any number (andante hold --sender stops a sender)"`
	Day    int             `yaml:"day" doc:"most mails on a day of the sender's calendar; 0: any number"`
	WarmUp *WarmUp         `yaml:"warm_up" doc:"how a new sender comes to its full number"`
	Toward map[string]Rate `yaml:"toward" doc:"fastest pace toward the mailboxes of one provider (google, microsoft, yahoo, apple, ...), a domain, or each of the others, such as google: 20 per minute"`
}

// A WarmUp lets a sender send a little more from day to day than it did before, for
// mailbox providers distrust who is new and sends much. What it sent on its best day of the
// last two months is what it goes by; who was silent for so long begins anew.
type WarmUp struct {
	Start  int     `yaml:"start" doc:"mails on the first day"`
	Add    int     `yaml:"add" doc:"so many more on each day than on the best before"`
	Times  float64 `yaml:"times" doc:"so many times more on each day, such as 1.3"`
	Target int     `yaml:"target" doc:"a day with so many mails ends it; day, if not written, else 5000"`
}

// presets are throttles by name.
var presets = map[string]Throttle{
	"personal":   {Apart: Spacing(90 * time.Second), Hour: 10, Day: 40, WarmUp: &WarmUp{Start: 5, Add: 3}},
	"department": {WarmUp: &WarmUp{Start: 50, Times: 1.3}},
}

// warmTarget is where a warm-up ends that names no end: from there on mailbox providers hold
// a domain to the rules for bulk senders.
const warmTarget = 5000

// UnmarshalNode reads a pace, the name of a preset, or the keys.
func (t *Throttle) UnmarshalNode(n *yamldoc.Node) []*andante.Finding {
	if n.Kind == yamldoc.ScalarNode {
		if preset, ok := presets[n.Text]; ok {
			*t = preset
			t.Preset = n.Text
			return nil
		}
		found := n.Decode(&t.Rate)
		for _, f := range found {
			f.Suggestion = cmp.Or(yamldoc.Suggest(n.Text, slices.Sorted(maps.Keys(presets))), "or a preset: personal or department")
		}
		return found
	}
	type keys Throttle
	var k keys
	found := n.Decode(&k)
	*t = Throttle(k)
	if t.Preset == "" {
		return found
	}
	preset, ok := presets[t.Preset]
	if !ok {
		f := n.Errorf(yamldoc.RuleBadValue, "there is no preset %s", t.Preset)
		f.Suggestion = yamldoc.Choose(t.Preset, slices.Sorted(maps.Keys(presets)))
		return append(found, f)
	}
	*t = t.over(preset)
	return found
}

// over fills what is not written from a preset.
func (t Throttle) over(p Throttle) Throttle {
	p.Preset, p.Toward = t.Preset, t.Toward
	if t.Rate != (Rate{}) {
		p.Rate = t.Rate
	}
	if t.Apart != 0 {
		p.Apart = t.Apart
	}
	if t.Hour != 0 {
		p.Hour = t.Hour
	}
	if t.Day != 0 {
		p.Day = t.Day
	}
	if t.WarmUp != nil {
		p.WarmUp = t.WarmUp
	}
	return p
}

// Each is the least time that one message takes up; 0 without a pace.
func (t *Throttle) Each() time.Duration {
	if t == nil {
		return 0
	}
	return max(t.Rate.Each(), time.Duration(t.Apart))
}

// Today is the most mails of a day on whose earlier days best were sent at most; -1: any
// number.
func (t *Throttle) Today(best int) int {
	most := -1
	if t.Day > 0 {
		most = t.Day
	}
	if w := t.WarmUp; w != nil && best < t.target() {
		if warm := w.after(best); most < 0 || warm < most {
			most = warm
		}
	}
	return most
}

// target is where the warm-up is over.
func (t *Throttle) target() int {
	switch {
	case t.WarmUp.Target > 0:
		return t.WarmUp.Target
	case t.Day > 0:
		return t.Day
	}
	return warmTarget
}

// WarmFor is how long a sender's best day counts for its warm-up: who was silent for longer
// begins anew.
const WarmFor = 60 * 24 * time.Hour

// after is how many mails may follow a best day.
func (w *WarmUp) after(best int) int {
	if best == 0 {
		return w.Start
	}
	return max(w.Start, best+max(w.Add, 1), int(math.Floor(float64(best)*w.Times)))
}

// Counts tells whether the throttle needs to know what was sent.
func (t *Throttle) Counts() bool { return t != nil && (t.Hour > 0 || t.Day > 0 || t.WarmUp != nil) }

// PerHour is the most mails in an hour; 0: any number.
func (t *Throttle) PerHour() int {
	if t == nil {
		return 0
	}
	most := max(t.Hour, t.Day)
	if t.Hour > 0 && t.Day > 0 {
		most = min(t.Hour, t.Day)
	}
	if each := t.Each(); each > 0 && (most == 0 || int(time.Hour/each) < most) {
		most = max(int(time.Hour/each), 1)
	}
	return most
}

// String writes it in a line.
func (t Throttle) String() string {
	var parts []string
	say := func(yes bool, format string, args ...any) {
		if yes {
			parts = append(parts, fmt.Sprintf(format, args...))
		}
	}
	say(t.Rate.N > 0, "%s", t.Rate)
	say(t.Day > 0, "%d a day", t.Day)
	say(t.Hour > 0, "%d an hour", t.Hour)
	say(t.Apart > 0, "%s apart", t.Apart)
	if w := t.WarmUp; w != nil {
		say(w.Times > 0, "warmed up from %d a day by %g each", w.Start, w.Times)
		say(w.Times <= 0, "warmed up from %d a day by %d more each", w.Start, max(w.Add, 1))
	}
	for _, host := range slices.Sorted(maps.Keys(t.Toward)) {
		say(true, "%s toward %s", t.Toward[host], host)
	}
	return strings.Join(parts, ", ")
}

// A Rate is a pace, written as 600 per minute.
type Rate struct {
	N   int
	Per time.Duration
}

// Each is the time that one message takes up; 0 without a pace.
func (r Rate) Each() time.Duration {
	if r.N == 0 {
		return 0
	}
	return r.Per / time.Duration(r.N)
}

// units of a pace, the shortest first.
var units = []struct {
	name string
	per  time.Duration
}{{"second", time.Second}, {"minute", time.Minute}, {"hour", time.Hour}, {"day", 24 * time.Hour}}

// UnmarshalText reads the written form.
func (r *Rate) UnmarshalText(b []byte) error {
	var unit string
	if _, err := fmt.Sscanf(string(b), "%d per %s", &r.N, &unit); err != nil || r.N < 1 {
		return fmt.Errorf("write a pace such as 600 per minute, not %q", b)
	}
	for _, u := range units {
		if u.name == unit {
			r.Per = u.per
			return nil
		}
	}
	return fmt.Errorf("a pace is per second, minute, hour or day, not per %s", unit)
}

// String writes it as it is read.
func (r Rate) String() string {
	for _, u := range units {
		if r.Per == u.per {
			return fmt.Sprintf("%d per %s", r.N, u.name)
		}
	}
	return ""
}

// A Spacing is a short time, written as 90s or 2min.
type Spacing time.Duration

// UnmarshalText reads the written form.
func (s *Spacing) UnmarshalText(b []byte) error {
	var n int
	var unit string
	_, err := fmt.Sscanf(string(b), "%d%s", &n, &unit)
	per, ok := map[string]time.Duration{"s": time.Second, "min": time.Minute, "h": time.Hour}[unit]
	if err != nil || !ok || n < 1 || n > 24*60*60 {
		return fmt.Errorf("write a time such as 90s, 2min or 1h, not %q", b)
	}
	*s = Spacing(time.Duration(n) * per)
	return nil
}

// String writes it as it is read.
func (s Spacing) String() string {
	d := time.Duration(s)
	switch {
	case d == 0:
		return ""
	case d%time.Hour == 0:
		return fmt.Sprintf("%dh", d/time.Hour)
	case d%time.Minute == 0:
		return fmt.Sprintf("%dmin", d/time.Minute)
	}
	return fmt.Sprintf("%ds", d/time.Second)
}

// Throttle is how fast a sender sends a kind; nil: as fast as it can.
func (c *Config) Throttle(k andante.Kind, sender string) *Throttle {
	if k == andante.SMS && c.Channels.SMS.Rate.N > 0 {
		return &Throttle{Rate: c.Channels.SMS.Rate}
	}
	if k != andante.Email {
		return nil
	}
	id, _ := c.Identity(sender)
	return id.Throttle
}

// checkThrottles wants numbers that let something through.
func checkThrottles(w *Workspace) (found []*andante.Finding) {
	look := func(t *Throttle, path ...string) {
		if t == nil {
			return
		}
		say := func(key, format string, args ...any) *andante.Finding {
			f := w.at("config-value", append(slices.Clone(path), "throttle", key), format, args...)
			found = append(found, f)
			return f
		}
		if t.Hour < 0 || t.Day < 0 {
			say("day", "a number of mails is not below zero")
		}
		if u := t.WarmUp; u != nil && (u.Start < 1 || u.Add < 0 || u.Times != 0 && u.Times <= 1 || u.Times > 0 && u.Add > 0 || u.Times == 0 && u.Add == 0) {
			say("warm_up", "a warm-up has a start of 1 or more, and either `add`, so many more each day, or `times`, a number above 1")
		}
		for _, host := range slices.Sorted(maps.Keys(t.Toward)) {
			if host != "others" && !strings.Contains(host, ".") && !mailhost.Known(host) {
				f := say("toward", "%s is no provider", host)
				if p := mailhost.Of(host + ".com"); p != "" {
					f.Suggestion = "did you mean " + p + "?"
					continue
				}
				f.Suggestion = "write a domain such as acme.example, others, or one of " + strings.Join(mailhost.Providers(), ", ")
			}
		}
	}
	for _, key := range slices.Sorted(maps.Keys(w.Config.Senders)) {
		look(w.Config.Senders[key].Throttle, "senders", key)
	}
	for _, key := range slices.Sorted(maps.Keys(w.Config.People)) {
		look(w.Config.People[key].Throttle, "people", key)
	}
	return found
}
