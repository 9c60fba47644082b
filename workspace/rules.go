package workspace

import (
	"errors"
	"fmt"
	"maps"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/text/language"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/calendar"
	"github.com/andante-hq/andante/conditions"
	"github.com/andante-hq/andante/internal/mailaddr"
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
		{"pages", andante.SeverityError, "A text of the pages behind the links for leaving is not one of theirs.", checkPages},
		{"deaf-sender", andante.SeverityError, "Answers to a sender, or to a person who sends, come where nobody reads them: to a no-reply address, or to a mailbox that inbound: neither reads nor takes mail for. While nothing leaves (deliver: mode), the latter is a warning.", checkDeaf},
		{"fields", andante.SeverityError, "A declared field is not contact.NAME or account.NAME, or hides what is built in, or two files give it different types.", checkFields},
		{"owner", andante.SeverityError, "An owner who is away is no person, or has no deputy who is one.", checkOwners},
		{"tasks", andante.SeverityError, "A manager is no person, a meeting room is no link, or the domain for mail to us is none.", checkTasks},
		{"unowned-task", andante.SeverityWarning, "A sequence asks something of people, and for accounts without an owner nobody is named in tasks: unowned.", checkUnowned},
		{"nugget", andante.SeverityError, "A nugget lacks its topics or its text, names a persona that does not exist, or a tag of one is not understood.", checkNuggets},
		{"no-nugget", andante.SeverityWarning, "A step takes up nuggets of a topic of which there is none.", nothing},
		{"unused-nugget", andante.SeverityWarning, "No step takes up nuggets of these topics.", nothing},
		{"stale-nugget", andante.SeverityWarning, "A nugget has expired: nobody gets it any more.", nothing},
		{"direct-lines", andante.SeverityWarning, "A sequence to customers does not say whom to ask about orders, faults or prices, though departments have titles. Where {% direct_lines %} can't be filled in, it is an error.", checkDirectLines},
		{"answer", andante.SeverityError, "The tag of an answer is not understood, or names a field that is not declared or a value that does not fit it.", checkAnswers},
		{"hook", andante.SeverityError, "A hook has no address that can be asked, or no secret.", checkHooks},
		{"mailbox", andante.SeverityError, "A mailbox that is read lacks its server, its user or what it logs in with.", checkMailboxes},
		{"tracking", andante.SeverityError, "`tracking:` has a condition that does not compile.", checkTracking},
		{"zone", andante.SeverityError, "The company or a person has a time zone that does not exist.", checkZones},
		{"persona", andante.SeverityError, "A sequence or a block names a persona that andante.yaml does not have.", checkPersonas},
		{"condition", andante.SeverityError, "A condition does not compile.", checkConditions},
		{"needs", andante.SeverityError, "`needs:` names a field that does not exist.", checkNeeds},
		{"unknown-sequence", andante.SeverityError, "A branch enrolls in a sequence that does not exist; where cadence.yaml fills with one, it is a warning.", checkEnrolls},
		{"enroll-circle", andante.SeverityError, "Sequences enroll each other in a circle, and each may be entered again within a day.", checkCircles},
		{"renamed-step", andante.SeverityError, "A published step's id is gone while its text lives on under another heading: add `id:`.", nothing},
		{"bare-field", andante.SeverityError, "A field that may be empty stands bare: give it a default, an {% if %} or `needs:`.", checkTexts},
		{"never-open", andante.SeverityError, "The hours of a sequence or a step never open within the policy's.", checkHours},
		{"unnamed-text", andante.SeverityError, "A text message does not say who writes.", nothing},
		{"long-text", andante.SeverityWarning, "A text message takes more than one segment.", nothing},
		{"card-text", andante.SeverityError, "What goes by post does not fit its paper, or has letters that the font lacks.", nothing},
		{"front", andante.SeverityError, "The picture on the front of a card is not there, or would print badly.", checkFronts},
		{"cc", andante.SeverityError, "A step copies somebody in who is no colleague with an address.", checkCopies},
		{"attachment", andante.SeverityError, "A file that a step attaches is not there, or no mailbox takes it.", checkAttachments},
		{"occasion", andante.SeverityError, "`on:` or `enter: {each: ...}` names a field that does not exist or is no date.", checkOccasions},
		{"qualification", andante.SeverityError, "A qualification names a field that is not declared, or can't be reached.", checkQualification},
		{"name", andante.SeverityError, "People, senders and personas have keys in lower case, with dashes or underscores.", checkKeys},
		{"config-value", andante.SeverityError, "andante.yaml holds a value that means nothing.", checkMachine},
		{"silence", andante.SeverityError, "A comment allows findings of a rule that exists and can be allowed.", checkAllows},
		{"ignored-file", andante.SeverityWarning, "A file looks like a part of the workspace, and nobody reads it.", checkIgnored},
		{"policy-value", andante.SeverityError, "governor.yaml, consent.yaml, cadence.yaml or routing.yaml holds a value that means nothing.", checkCadence},
		{"routing", andante.SeverityError, "Departments answer a sort of reply that there is not, or one that another answers, or can't be reached.", checkRouting},
		{"floor", andante.SeverityWarning, "The policy's ceilings let fewer touches a year through than the cadence asks for.", checkFloor},
		{"idle-rule", andante.SeverityWarning, "A rule of the policy can never bind beside the others, is never reached, or keeps a kind away for good.", nothing},
		{"unknown-kind", andante.SeverityError, "A kind of touch that does not exist.", nothing},
		{"unknown-stage", andante.SeverityError, "A stage that does not exist.", nothing},
		{"unknown-tier", andante.SeverityError, "A tier that does not exist.", nothing},
		{"secret", andante.SeverityError, "A password stands in a URL of andante.yaml, or a secret in a folder that is published: it would end up in the store, in backups and in Git.", checkSecrets},
		{"deliver", andante.SeverityError, "The mode of delivery is unknown, redirect has no address, or `only` names nobody.", checkDeliver},
		{"closer-than-gap", andante.SeverityWarning, "Two steps follow each other sooner than the policy's gap lets them.", checkGaps},
		{"simulated", andante.SeverityWarning, "Played with the real contacts, nobody may enter a sequence, limits cut it short or stretch it, or hardly anything of it goes (`andante check --simulate`).", nothing},
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
	if c := w.Config.Company.Country; c != "" && !countryCode.MatchString(c) {
		found = append(found, w.at("company", []string{"company", "country"}, "%q is no country: write a code such as US", c))
	}
	if l := w.Config.Company.Language; l != "" {
		if _, err := language.Parse(l); err != nil {
			found = append(found, w.at("company", []string{"company", "language"}, "%q is no language: write its code, such as en or de", l))
		}
	}
	return found
}

func checkZones(w *Workspace) (found []*andante.Finding) {
	check := func(zone string, path ...string) {
		if _, err := calendar.LoadZone(zone); zone != "" && err != nil {
			found = append(found, w.at("zone", path, "%s", err))
		}
	}
	check(w.Config.Company.Zone, "company", "zone")
	for _, key := range slices.Sorted(maps.Keys(w.Config.People)) {
		check(w.Config.People[key].Zone, "people", key, "zone")
	}
	return found
}

func checkWayOut(w *Workspace) []*andante.Finding {
	u, err := url.Parse(w.Config.PublicURL)
	if err == nil {
		_, err = mailaddr.Domain(u.Hostname())
		local := u.Hostname() == "localhost" || u.Hostname() == "127.0.0.1"
		bare := u.User == nil && u.RawQuery == "" && u.Fragment == "" && !u.ForceQuery
		if bare && (local || err == nil && u.Scheme == "https" && !strings.ContainsFunc(u.Host, func(r rune) bool { return r >= 0x80 })) {
			return nil
		}
	}
	f := w.at("way-out", []string{"public_url"}, "public_url must be a plain https address, not %q", Hide(w.Config.PublicURL))
	f.Suggestion = "write public_url: https://mail.your-company.example"
	return []*andante.Finding{f}
}

// badAddress tells what is wrong with an address that we send from or to.
func badAddress(address string) string {
	if _, err := mailaddr.ASCII(address); err != nil {
		return fmt.Sprintf("%q is no address: %s", address, err)
	}
	return ""
}

// badName tells why no header can carry a sender's name.
func badName(name string) string {
	switch {
	case len(name) > 250:
		return "the name is longer than 250 bytes"
	case strings.ContainsFunc(name, unprintable):
		return "the name holds a control character or a line break"
	case strings.Contains(name, "=?"):
		return "the name holds =?, which readers take for the start of an encoding (RFC 2047)"
	}
	return ""
}

// unprintable tells whether a character has no place in a line that people read.
func unprintable(r rune) bool { return unicode.IsControl(r) || r == '\u2028' || r == '\u2029' }

func checkSenders(w *Workspace) (found []*andante.Finding) {
	nouns := map[string]string{"senders": "sender", "people": "person"}
	look := func(wrong string, path ...string) {
		if wrong != "" {
			found = append(found, w.at("sender", path, "%s %s: %s", nouns[path[0]], path[1], wrong))
		}
	}
	for _, key := range slices.Sorted(maps.Keys(w.Config.Senders)) {
		s := w.Config.Senders[key]
		look(badAddress(s.Address), "senders", key, "address")
		look(badName(s.Name), "senders", key, "name")
		found = append(found, w.nameFindings(s.Name, "senders", key, "name")...)
		if s.ReplyTo != "" {
			look(badAddress(s.ReplyTo), "senders", key, "reply_to")
		}
		look(badTextsFrom(s.SMS), "senders", key, "sms")
		if key == "owner" || key == "skip" {
			found = append(found, w.at("sender", []string{"senders", key}, "%s is a word of its own in sequences: give the sender another key", key))
		}
		if _, twice := w.Config.People[key]; twice {
			found = append(found, w.at("sender", []string{"senders", key}, "%s is a person too: give the sender another key", key))
		}
	}
	for _, key := range slices.Sorted(maps.Keys(w.Config.People)) {
		look(badAddress(w.Config.People[key].Email), "people", key, "email")
		look(badName(w.Config.People[key].Name), "people", key, "name")
		look(badTextsFrom(w.Config.People[key].SMS), "people", key, "sms")
	}
	return append(append(found, checkGroups(w)...), w.each(w.namedSenders)...)
}

func (w *Workspace) namedSenders(q *sequences.Sequence) (found []*andante.Finding) {
	known := slices.Concat(slices.Sorted(maps.Keys(w.Config.Senders)), slices.Sorted(maps.Keys(w.Config.People)), slices.Sorted(maps.Keys(w.Config.SenderGroups)))
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
	reply := func(address string, at sequences.Position) {
		if wrong := badAddress(address); address != "" && wrong != "" {
			found = append(found, in(q, "sender", at, "reply_to: %s", wrong))
		}
	}
	reply(q.ReplyTo, q.Lines["reply_to"])
	for _, s := range q.Steps {
		check(s.Sender, s.Lines["sender"], "owner")
		reply(s.ReplyTo, s.Lines["reply_to"])
	}
	return found
}

// reserved are what contacts and accounts have besides their fields: columns of
// an import, which a field of that name would hide.
var reserved = []string{
	"contact.account", "contact.created", "contact.external_id", "contact.fields", "contact.stage",
	"account.external_id", "account.fields", "account.key", "account.version",
}

var fieldName = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)

// badField tells what is wrong with a declared field.
func badField(f andante.Field) string {
	_, builtin := fieldAt(f.Path(), andante.BuiltinFields)
	switch {
	case f.Noun != "contact" && f.Noun != "account" || !fieldName.MatchString(f.Name):
		return "a field of your own is contact.NAME or account.NAME, in lower case, not " + strings.TrimSuffix(f.Path(), ".")
	case builtin:
		return f.Path() + " is built in: leave it out"
	case slices.Contains(reserved, f.Path()):
		return f.Path() + " is reserved: contacts and accounts have it without a declaration"
	}
	return ""
}

func checkFields(w *Workspace) (found []*andante.Finding) {
	for _, f := range w.Config.fields() {
		if wrong := badField(f); wrong != "" {
			found = append(found, w.at("fields", []string{"fields", strings.TrimSuffix(f.Path(), ".")}, "%s", wrong))
		}
	}
	return append(found, w.each(func(q *sequences.Sequence) (found []*andante.Finding) {
		for _, f := range q.Fields {
			if wrong := badField(f); wrong != "" {
				found = append(found, in(q, "fields", q.Lines["fields"], "%s", wrong))
			} else if first, _ := fieldAt(f.Path(), w.Config.DeclaredFields()); first.Type != f.Type {
				found = append(found, in(q, "fields", q.Lines["fields"], "%s is %s here and %s elsewhere", f.Path(), f.Type, first.Type))
			}
		}
		return found
	})...)
}

func checkPersonas(w *Workspace) []*andante.Finding {
	known := slices.Sorted(maps.Keys(w.Config.Personas))
	return w.each(func(q *sequences.Sequence) []*andante.Finding { return q.CheckPersonas(known) })
}

func checkConditions(w *Workspace) (found []*andante.Finding) {
	// Accounts and contacts are on no step: a rule about them names none.
	schema := w.Schema([]string{})
	check := func(src string, path ...string) {
		if _, err := conditions.Compile(src, schema); src != "" && err != nil {
			found = append(found, w.badCondition(err, path))
		}
	}
	for _, key := range slices.Sorted(maps.Keys(w.Config.Personas)) {
		check(w.Config.Personas[key].When, "personas", key, "when")
	}
	for i, t := range w.Config.Tiers {
		check(t.When, "tiers", fmt.Sprint(i), "when")
		if !slices.Contains(andante.Tiers, t.Tier) {
			f := w.at("unknown-tier", []string{"tiers", fmt.Sprint(i), "tier"}, "unknown tier %s", t.Tier)
			f.Suggestion = yamldoc.Suggest(t.Tier, andante.Tiers)
			found = append(found, f)
		}
	}
	return append(found, w.each(func(q *sequences.Sequence) []*andante.Finding { return q.CheckConditions(w.Schema(nil)) })...)
}

// badCondition points at the word of a condition that is wrong.
func (w *Workspace) badCondition(err error, path []string) *andante.Finding {
	f := w.at("condition", path, "%s", err)
	var wrong *conditions.Error
	if n := w.Config.doc.At(path...); n != nil && errors.As(err, &wrong) {
		f.Line, f.Column = n.Place(wrong.Column)
		f.Message, f.Suggestion = wrong.Message, wrong.Suggestion
	}
	return f
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
	for _, s := range w.Config.secrets() {
		if name := path.Clean(s.File); s.File != "" && belongs(name) {
			f := w.at("secret", nil, "the secret in %s would be published: everything in %s/ is", s.File, strings.SplitN(name, "/", 2)[0])
			f.Suggestion = "move it to secrets/"
			found = append(found, f)
		}
		if s.File != "" && s.Env != "" {
			found = append(found, w.at("secret", nil, "a secret stands in a variable or in a file, not in both: %s and %s", s.Env, s.File))
		}
	}
	return found
}

// onlyForm is an address, a domain, or a domain after an @.
var onlyForm = regexp.MustCompile(`^(?:[^@\s]+@[^@\s]+|@?[^@\s.]+(?:\.[^@\s.]+)+)$`)

func checkDeliver(w *Workspace) (found []*andante.Finding) {
	d := w.Config.Deliver
	if !slices.Contains(Modes, d.Mode) {
		f := w.at("deliver", []string{"deliver", "mode"}, "unknown mode %s: it is live, sandbox or redirect", d.Mode)
		f.Suggestion = yamldoc.Suggest(d.Mode, Modes)
		found = append(found, f)
	}
	if d.Mode == "redirect" && badAddress(d.To) != "" {
		found = append(found, w.at("deliver", []string{"deliver"}, "mode redirect needs an address under `to:`"))
	}
	only := []string{"deliver", "only"}
	if w.Config.doc.At(only...) != nil && len(d.Only) == 0 {
		f := w.at("deliver", only, "`only:` names nobody, and without it everybody gets mail")
		f.Suggestion = "name addresses or domains, or take the key out"
		found = append(found, f)
	}
	for i, o := range d.Only {
		if !onlyForm.MatchString(o) {
			f := w.at("deliver", append(only, strconv.Itoa(i)), "%q is neither an address nor a domain", o)
			f.Suggestion = "write anna@acme.example or acme.example"
			found = append(found, f)
		}
	}
	return found
}
