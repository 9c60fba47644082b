package workspace

import (
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/governor"
	"github.com/andante-hq/andante/internal/yamldoc"
	"github.com/andante-hq/andante/sequences"
)

// A Rule is one thing that is checked over the workspace as a whole.
type Rule struct {
	Name     string
	Severity andante.Severity
	Doc      string

	check func(*Workspace) []*andante.Finding
}

// rules are run by Load, in this order. Init breaks the circle of the rules that
// call what uses them.
var rules []Rule

func init() {
	rules = []Rule{
		{"no-config", andante.SeverityError, "The folder has no andante.yaml, so it is no workspace.", nothing},
		{"unreadable", andante.SeverityError, "A file can't be read or is too large.", nothing},
		{"duplicate-sequence", andante.SeverityError, "Two files name the same sequence.", nothing},
		{"company", andante.SeverityError, "The company lacks its name or its postal address: every commercial mail must carry both.", checkCompany},
		{"way-out", andante.SeverityError, "There is no public_url, so mails would have no unsubscribe link.", checkWayOut},
		{"sender", andante.SeverityError, "A sender or a person lacks a usable address, or a text names one that does not exist.", checkSenders},
		{"deaf-sender", andante.SeverityError, "A sender can't hear replies: a no-reply address without reply_to.", checkDeaf},
		{"fields", andante.SeverityError, "A declared field is not contact.NAME or account.NAME, or hides a built-in one.", checkFields},
		{"stage", andante.SeverityError, "A sequence names a stage that does not exist.", checkStages},
		{"persona", andante.SeverityError, "A sequence or a block names a persona that andante.yaml does not have.", checkPersonas},
		{"condition", andante.SeverityError, "A condition does not compile.", checkConditions},
		{"needs", andante.SeverityError, "`needs:` names a field that does not exist.", checkNeeds},
		{"text", andante.SeverityError, "A text does not compile, or does not render for a full or an empty sample contact.", checkTexts},
		{"bare-field", andante.SeverityError, "A field that may be empty stands bare: give it a default, an {% if %} or `needs:`.", nothing},
		{"policy-value", andante.SeverityError, "governor.yaml holds a value that means nothing.", nothing},
		{"unknown-kind", andante.SeverityError, "A kind of touch that does not exist.", nothing},
		{"unknown-stage", andante.SeverityError, "governor.yaml names a stage that does not exist.", nothing},
		{"unknown-tier", andante.SeverityError, "A tier that does not exist.", nothing},
		{"secret", andante.SeverityError, "A password stands in a URL of andante.yaml: it would be published, and end up in Git.", checkSecrets},
		{"deliver", andante.SeverityError, "The mode of delivery is unknown, or redirect has no address.", checkDeliver},
		{"closer-than-gap", andante.SeverityWarning, "Two steps follow each other sooner than the policy's gap lets them.", checkGaps},
		{"stretched", andante.SeverityWarning, "The governor's limits stretch the sequence well beyond its plan.", checkStretch},
	}
}

// Rules returns the rules over the workspace, for docs/rules.md.
func Rules() []Rule { return slices.Clone(rules) }

// nothing belongs to rules that are kept while files are read.
func nothing(*Workspace) []*andante.Finding { return nil }

// at makes a finding at a key of andante.yaml.
func (w *Workspace) at(rule string, path []string, format string, args ...any) *andante.Finding {
	f := &andante.Finding{File: ConfigFile, Line: 1, Column: 1, Severity: severityOf(rule), Rule: rule, Message: fmt.Sprintf(format, args...)}
	if w.Config.doc != nil {
		f.Line, f.Column = w.Config.doc.Position(path...)
	}
	return f
}

func severityOf(rule string) andante.Severity {
	for _, r := range rules {
		if r.Name == rule {
			return r.Severity
		}
	}
	return andante.SeverityError
}

// in makes a finding at a place of a sequence.
func in(q *sequences.Sequence, rule string, at sequences.Position, format string, args ...any) *andante.Finding {
	return &andante.Finding{
		File: q.File, Line: max(at.Line, 1), Column: max(at.Column, 1), Severity: severityOf(rule), Rule: rule, Message: fmt.Sprintf(format, args...),
	}
}

func (w *Workspace) each(f func(*sequences.Sequence) []*andante.Finding) (found []*andante.Finding) {
	for _, name := range w.Names() {
		q := w.Sequences[name]
		found = append(found, q.Filter(f(q))...)
	}
	return found
}

func checkCompany(w *Workspace) (found []*andante.Finding) {
	if w.Config.Company.Name == "" {
		found = append(found, w.at("company", []string{"company"}, "company.name is missing"))
	}
	if w.Config.Company.PostalAddress == "" {
		found = append(found, w.at("company", []string{"company"}, "company.postal_address is missing"))
	}
	return found
}

func checkWayOut(w *Workspace) []*andante.Finding {
	u, err := url.Parse(w.Config.PublicURL)
	local := err == nil && (u.Hostname() == "localhost" || u.Hostname() == "127.0.0.1")
	if err != nil || u.Host == "" || u.Scheme != "https" && !local {
		f := w.at("way-out", []string{"public_url"}, "public_url must be an https address, not %q", w.Config.PublicURL)
		f.Suggestion = "write public_url: https://mail.your-company.example"
		return []*andante.Finding{f}
	}
	return nil
}

var mailAddress = regexp.MustCompile(`^[^@\s<>"]+@[^@\s<>"]+\.[^@\s<>".]+$`)

func checkSenders(w *Workspace) (found []*andante.Finding) {
	for _, key := range slices.Sorted(maps.Keys(w.Config.Senders)) {
		if !mailAddress.MatchString(w.Config.Senders[key].Address) {
			found = append(found, w.at("sender", []string{"senders", key}, "sender %s has no usable address", key))
		}
	}
	for _, key := range slices.Sorted(maps.Keys(w.Config.People)) {
		if !mailAddress.MatchString(w.Config.People[key].Email) {
			found = append(found, w.at("sender", []string{"people", key}, "%s has no usable email", key))
		}
	}
	return append(found, w.each(w.namedSenders)...)
}

func (w *Workspace) namedSenders(q *sequences.Sequence) (found []*andante.Finding) {
	known := append(slices.Sorted(maps.Keys(w.Config.Senders)), slices.Sorted(maps.Keys(w.Config.People))...)
	check := func(key string, at sequences.Position, special ...string) {
		if key == "" || slices.Contains(special, key) || slices.Contains(known, key) {
			return
		}
		f := in(q, "sender", at, "unknown sender %s", key)
		f.Suggestion = yamldoc.Suggest(key, append(known, special...))
		found = append(found, f)
	}
	check(q.Sender, q.Lines["sender"], "owner")
	check(q.IfNoOwner, q.Lines["if_no_owner"], "skip")
	if q.Sender == "" {
		found = append(found, in(q, "sender", q.Lines["sequence"], "the sequence has no sender"))
	}
	for _, s := range q.Steps {
		check(s.Sender, s.Lines["sender"], "owner")
	}
	return found
}

var deaf = regexp.MustCompile(`(?i)^(no|do-?not|donot)[-_.]?reply@`)

func checkDeaf(w *Workspace) (found []*andante.Finding) {
	for _, key := range slices.Sorted(maps.Keys(w.Config.Senders)) {
		s := w.Config.Senders[key]
		if deaf.MatchString(s.Address) && s.ReplyTo == "" || deaf.MatchString(s.ReplyTo) {
			found = append(found, w.at("deaf-sender", []string{"senders", key}, "sender %s can't hear replies", key))
		}
	}
	return found
}

func checkFields(w *Workspace) (found []*andante.Finding) {
	for _, f := range w.Config.DeclaredFields() {
		path := []string{"fields", f.Path()}
		switch {
		case f.Noun != "contact" && f.Noun != "account" || f.Name == "":
			found = append(found, w.at("fields", path, "a field of your own is contact.NAME or account.NAME, not %s", f.Path()))
		case slices.ContainsFunc(andante.BuiltinFields, func(b andante.Field) bool { return b.Path() == f.Path() }):
			found = append(found, w.at("fields", path, "%s is built in", f.Path()))
		}
	}
	return found
}

func checkStages(w *Workspace) []*andante.Finding {
	return w.each(func(q *sequences.Sequence) (found []*andante.Finding) {
		for _, s := range q.Stages {
			if !slices.Contains(andante.Stages, s) {
				f := in(q, "stage", q.Lines["stages"], "unknown stage %s", s)
				f.Suggestion = yamldoc.Suggest(s, andante.Stages)
				found = append(found, f)
			}
		}
		return found
	})
}

func checkPersonas(w *Workspace) []*andante.Finding {
	known := slices.Sorted(maps.Keys(w.Config.Personas))
	return w.each(func(q *sequences.Sequence) []*andante.Finding { return q.CheckPersonas(known) })
}

func checkConditions(w *Workspace) (found []*andante.Finding) {
	check := func(src string, path ...string) {
		if _, err := w.Condition(src); src != "" && err != nil {
			found = append(found, w.at("condition", path, "%s", err))
		}
	}
	for _, key := range slices.Sorted(maps.Keys(w.Config.Personas)) {
		check(w.Config.Personas[key].When, "personas", key, "when")
	}
	for i, t := range w.Config.Tiers {
		check(t.When, "tiers", fmt.Sprint(i), "when")
		if !slices.Contains(andante.Tiers, t.Tier) {
			found = append(found, w.at("unknown-tier", []string{"tiers", fmt.Sprint(i)}, "unknown tier %s", t.Tier))
		}
	}
	return append(found, w.each(func(q *sequences.Sequence) []*andante.Finding { return q.CheckConditions(w.Schema(nil)) })...)
}

func checkNeeds(w *Workspace) []*andante.Finding {
	var known []string
	for _, f := range slices.Concat(andante.BuiltinFields, w.Config.DeclaredFields()) {
		known = append(known, f.Path())
	}
	return w.each(func(q *sequences.Sequence) (found []*andante.Finding) {
		for _, s := range q.Steps {
			for _, n := range s.Needs {
				if !slices.Contains(known, n) {
					f := in(q, "needs", s.Lines["needs"], "unknown field %s", n)
					f.Suggestion = yamldoc.Suggest(n, known)
					found = append(found, f)
				}
			}
		}
		return found
	})
}

func checkSecrets(w *Workspace) (found []*andante.Finding) {
	for key, value := range map[string]string{"store": w.Config.Store, "redis": w.Config.Redis} {
		if Hide(value) != value {
			f := w.at("secret", []string{key}, "the URL under %s holds a password", key)
			f.Suggestion = "put the URL into the environment: ANDANTE_" + strings.ToUpper(key)
			found = append(found, f)
		}
	}
	return found
}

func checkDeliver(w *Workspace) (found []*andante.Finding) {
	d := w.Config.Deliver
	if !slices.Contains(Modes, d.Mode) {
		f := w.at("deliver", []string{"deliver", "mode"}, "unknown mode %s: it is live, sandbox or redirect", d.Mode)
		f.Suggestion = yamldoc.Suggest(d.Mode, Modes)
		found = append(found, f)
	}
	if d.Mode == "redirect" && !mailAddress.MatchString(d.To) {
		found = append(found, w.at("deliver", []string{"deliver"}, "mode redirect needs an address under `to:`"))
	}
	return found
}

// checkGaps compares what steps say with the policy's gaps.
func checkGaps(w *Workspace) []*andante.Finding {
	return w.each(func(q *sequences.Sequence) (found []*andante.Finding) {
		if q.Purpose == andante.Requested {
			return nil
		}
		facts := w.typical(q)
		for i := 1; i < len(q.Steps); i++ {
			s := &q.Steps[i]
			gap, ok := w.Policy.GapFor(&facts, s.Kind, q.Steps[i-1].Kind)
			if s.After == nil || !ok || s.Kind == andante.Decide || q.Steps[i-1].Kind == andante.Decide {
				continue
			}
			if least := s.After.From(monday, time.UTC, nil).Sub(monday); least < gap.Min.Length {
				found = append(found, in(q, "closer-than-gap", s.Lines["after"], "%s comes %s after the step before, but the gap is %s: the governor will put it off",
					s.ID, s.After, gap.Min.Written))
			}
		}
		return found
	})
}

// monday is a quiet morning on which sample plans begin.
var monday = time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)

// typical returns the facts of a contact whom the sequence is written for.
func (w *Workspace) typical(q *sequences.Sequence) governor.Facts {
	f := governor.Facts{Contact: "typical", Account: "typical", Zones: []*time.Location{time.UTC}}
	if len(q.Stages) > 0 {
		f.Stage = q.Stages[0]
	}
	if len(q.Personas) > 0 {
		f.Persona = q.Personas[0]
	}
	return f
}

// checkStretch plays each sequence for one contact who gets nothing else and
// compares its length with the plan's.
func checkStretch(w *Workspace) []*andante.Finding {
	return w.each(func(q *sequences.Sequence) []*andante.Finding {
		if q.Calendar() || q.Purpose == andante.Requested {
			return nil
		}
		planned, _ := w.play(q, false)
		played, limit := w.play(q, true)
		const day = 24 * time.Hour
		if limit == "" || played < planned+5*day || played < planned*5/4 {
			return nil
		}
		f := in(q, "stretched", q.Lines["sequence"], "takes %d days, not %d: %s", played/day, planned/day, limit)
		return []*andante.Finding{f}
	})
}

// play returns how long a sequence takes from its first touch to its last, with
// or without the governor, and the limit that put a touch off for longest.
func (w *Workspace) play(q *sequences.Sequence, governed bool) (takes time.Duration, limit string) {
	facts := w.typical(q)
	t, first, worst := monday, time.Time{}, time.Duration(0)
	for i := range q.Steps {
		s := &q.Steps[i]
		if s.After == nil || s.Kind == andante.Decide {
			continue
		}
		due, ok := s.Due(t, w.Hours(&facts, q, s), 0, i == 0)
		if !ok {
			break
		}
		c := governor.Candidate{ID: andante.TouchID(s.ID), Kind: s.Kind, Purpose: q.Purpose, Narrow: q.Narrow(s)}
		if v := w.Policy.Decide(facts, c, due); governed && v.Action == andante.Defer && s.OverLimit.Do != "skip" {
			if wait := v.Until.Sub(due); wait > worst {
				worst, limit = wait, v.Evidence.Rule
			}
			due = v.Until
		}
		facts.Touches = append(facts.Touches, governor.Touch{ID: c.ID, Contact: facts.Contact, Account: facts.Account, Kind: s.Kind, Purpose: q.Purpose, At: due})
		if first.IsZero() {
			first = due
		}
		t = due
	}
	return t.Sub(first), limit
}

// NoEffect lists what is written and has no effect yet, so that nobody relies on
// it.
func (w *Workspace) NoEffect() []string {
	var list []string
	for _, name := range w.Names() {
		q := w.Sequences[name]
		for _, n := range q.NoEffect() {
			list = append(list, fmt.Sprintf("%s:%d: %s", q.File, n.Line, n.Message))
		}
	}
	if len(w.Config.Departments) > 0 {
		list = append(list, ConfigFile+": departments has no effect yet")
	}
	for key, written := range map[string]bool{
		"cool_down": len(w.Policy.CoolDowns) > 0, "ease": len(w.Policy.Ease) > 0, "landing": len(w.Policy.Landing) > 0, "look_ahead": !w.Policy.LookAhead.IsZero(),
		"reserve": slices.ContainsFunc(w.Policy.Limits, func(l governor.Limit) bool { return l.Reserve.Slots > 0 }),
	} {
		if _, own := w.Files[PolicyFile]; own && written {
			list = append(list, PolicyFile+": "+key+" has no effect yet")
		}
	}
	if _, ok := w.Files[CadenceFile]; ok {
		list = append(list, CadenceFile+": has no effect yet")
	}
	slices.SortFunc(list, strings.Compare)
	return list
}
