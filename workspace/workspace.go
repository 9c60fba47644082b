package workspace

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/cadence"
	"github.com/andante-hq/andante/calendar"
	"github.com/andante-hq/andante/conditions"
	"github.com/andante-hq/andante/governor"
	"github.com/andante-hq/andante/internal/memfs"
	"github.com/andante-hq/andante/internal/phonezone"
	"github.com/andante-hq/andante/internal/yamldoc"
	"github.com/andante-hq/andante/routing"
	"github.com/andante-hq/andante/sequences"
	"github.com/andante-hq/andante/templates"
)

// Names of the files that a workspace is made of.
const (
	ConfigFile  = "andante.yaml"
	PolicyFile  = "governor.yaml"
	CadenceFile = "cadence.yaml"
	ConsentFile = "consent.yaml"
	RoutingFile = "routing.yaml"
)

// Workspace is a folder, read and checked. It does not change after Load and is
// safe for concurrent use.
type Workspace struct {
	Config    *Config
	Policy    *governor.Policy
	Consent   ConsentPolicy
	Cadence   *cadence.Plan
	Routing   *routing.Policy
	Sequences map[string]*sequences.Sequence // by name
	Files     map[string][]byte              // everything that a revision keeps

	nuggets    []*Nugget // by name
	beside     []string  // YAML files next to andante.yaml that are no part of it
	templates  *templates.Templates
	conditions sync.Map // source → *conditions.Condition or error
	texts      sync.Map // textKey → *templates.Template
	names      sync.Map // a sender's name with Liquid → *templates.Line
	formOnce   sync.Once
	form       *andante.Form
}

// Load reads a workspace and returns every finding, sorted by place. The
// workspace is never nil.
func Load(fsys fs.FS) (*Workspace, []*andante.Finding) { return LoadWith(fsys, nil) }

// LoadWith reads a workspace with some files instead of its own, by path.
func LoadWith(fsys fs.FS, instead map[string][]byte) (*Workspace, []*andante.Finding) {
	w := &Workspace{Sequences: map[string]*sequences.Sequence{}, Config: defaultConfig(), Policy: &governor.Policy{}, Cadence: &cadence.Plan{}, Routing: &routing.Policy{}}
	files, beside, found := readFiles(fsys)
	w.Files, w.beside = files, beside
	maps.Copy(w.Files, instead)
	found = append(found, w.parse()...)
	if !slices.ContainsFunc(found, w.noYAML) { // what rests on values that could not be read would only mislead
		for _, r := range rules {
			found = append(found, r.check(w)...)
		}
	}
	slices.SortStableFunc(found, func(a, b *andante.Finding) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	return w, compact(found)
}

// With returns the workspace with one more file, or another one of that name, and every
// finding.
func (w *Workspace) With(file string, text []byte) (*Workspace, []*andante.Finding) {
	return LoadWith(memfs.FS(w.Files), map[string][]byte{file: text})
}

// noYAML tells whether a finding says that andante.yaml is no YAML at all.
func (w *Workspace) noYAML(f *andante.Finding) bool {
	root := w.Config.doc.Root
	return f.File == ConfigFile && f.Rule == yamldoc.RuleYAML && (root == nil || len(root.Entries) == 0)
}

// Ungoverned returns the workspace without limits and gaps: what a demo compares
// the governor with.
func (w *Workspace) Ungoverned() *Workspace {
	return &Workspace{
		Config: w.Config, Policy: w.Policy.Unlimited(), Consent: w.Consent, Cadence: w.Cadence, Routing: w.Routing, Sequences: w.Sequences, Files: w.Files, templates: w.templates, nuggets: w.nuggets,
	}
}

// compact drops findings that say the same of the same place.
func compact(found []*andante.Finding) []*andante.Finding {
	return slices.CompactFunc(found, func(a, b *andante.Finding) bool { return *a == *b })
}

// parse reads every file by its kind. Policy and consent fall back to what is
// shipped.
func (w *Workspace) parse() (found []*andante.Finding) {
	src, ok := w.Files[ConfigFile]
	if !ok {
		found = append(found, &andante.Finding{
			File: ConfigFile, Severity: andante.SeverityError, Rule: "no-config",
			Message: "there is no andante.yaml here: this is not a workspace", Suggestion: "make one with `andante init FOLDER`",
		})
	}
	var f []*andante.Finding
	w.Config, f = parseConfig(ConfigFile, src)
	found = append(found, f...)
	w.Policy, f = parsePolicy(PolicyFile, w.fileOr(PolicyFile), slices.Sorted(maps.Keys(w.Config.Personas)))
	w.printsFirst()
	found = append(found, f...)
	w.Consent, f = parseConsent(ConsentFile, w.fileOr(ConsentFile))
	found = append(found, f...)
	var c *policyChecker
	w.Cadence, c = parseCadence(CadenceFile, w.fileOr(CadenceFile))
	found = append(found, c.found...)
	w.Routing, c = parseRouting(RoutingFile, w.fileOr(RoutingFile))
	found = append(found, c.found...)
	for _, name := range slices.Sorted(maps.Keys(w.Files)) {
		if isSequence(name) {
			found = append(found, w.addSequence(name)...)
		}
	}
	w.gatherFields()
	found = append(found, w.addNuggets()...)
	sub, err := fs.Sub(memfs.FS(w.Files), "templates")
	if err != nil {
		sub = nil
	}
	w.templates, f = templates.New(sub, slices.Concat(w.Config.DeclaredFields(), w.nuggetFields()))
	return append(found, inFolder("templates", f)...)
}

// gatherFields adds the fields that sequences declare to those of andante.yaml.
// Whoever declares a field first, in the order of names, gives its type.
func (w *Workspace) gatherFields() {
	known := slices.Concat(andante.BuiltinFields, w.Config.fields())
	for _, name := range w.Names() {
		for _, f := range w.Sequences[name].Fields {
			if _, ok := fieldAt(f.Path(), known); !ok {
				known = append(known, f)
				w.Config.inSequences = append(w.Config.inSequences, f)
			}
		}
	}
}

func fieldAt(path string, list []andante.Field) (andante.Field, bool) {
	i := slices.IndexFunc(list, func(f andante.Field) bool { return f.Path() == path })
	if i < 0 {
		return andante.Field{}, false
	}
	return list[i], true
}

func (w *Workspace) addSequence(file string) []*andante.Finding {
	s, found := sequences.Parse(file, w.Files[file])
	if s.Name == "" {
		return found
	}
	if other, ok := w.Sequences[s.Name]; ok {
		return append(found, &andante.Finding{
			File: file, Line: max(s.Lines["sequence"].Line, 1), Column: max(s.Lines["sequence"].Column, 1), Severity: andante.SeverityError,
			Rule: "duplicate-sequence", Message: "the sequence " + s.Name + " stands in " + other.File + " already",
		})
	}
	w.Sequences[s.Name] = s
	return found
}

// fileOr returns a file of the workspace or the one that is shipped.
func (w *Workspace) fileOr(name string) []byte {
	if b, ok := w.Files[name]; ok {
		return b
	}
	b, _ := shipped.ReadFile("shipped/" + name)
	return b
}

func inFolder(folder string, found []*andante.Finding) []*andante.Finding {
	for _, f := range found {
		if !strings.HasPrefix(f.File, folder+"/") {
			f.File = path.Join(folder, f.File)
		}
	}
	return found
}

// Names returns the names of the sequences in alphabetical order.
func (w *Workspace) Names() []string { return slices.Sorted(maps.Keys(w.Sequences)) }

// Events returns the names of the events that mean something here: to the program, or to a
// sequence. They are sorted.
func (w *Workspace) Events() []string {
	names := slices.Clone(andante.Events)
	for _, q := range w.Sequences {
		names = append(names, q.Events(w.Condition)...)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// Errors returns the findings that stop a publish.
func Errors(found []*andante.Finding) []*andante.Finding {
	return slices.DeleteFunc(slices.Clone(found), func(f *andante.Finding) bool { return f.Severity != andante.SeverityError })
}

// Schema returns what conditions may name. steps is nil where no sequence is
// meant.
func (w *Workspace) Schema(steps []string) conditions.Schema {
	own := w.Config.DeclaredFields()
	answers := make([]string, len(own))
	for i, f := range own {
		answers[i] = f.Name
	}
	return conditions.Schema{
		Fields: slices.Concat(andante.BuiltinFields, own), Steps: steps, Answers: answers,
		Words: map[string][]string{
			"account.stage": andante.Stages, "contact.stage": andante.Stages, "account.tier": andante.Tiers,
			"contact.persona": slices.Sorted(maps.Keys(w.Config.Personas)),
		},
	}
}

// Condition compiles a condition, once. It may be one of a plan from a time with other
// personas or answers, so names of those are not held against the workspace's.
func (w *Workspace) Condition(src string) (*conditions.Condition, error) {
	if c, ok := w.conditions.Load(src); ok {
		if err, bad := c.(error); bad {
			return nil, err
		}
		return c.(*conditions.Condition), nil
	}
	schema := w.Schema(nil)
	schema.Words, schema.Answers = nil, nil
	c, err := conditions.Compile(src, schema)
	if err != nil {
		w.conditions.Store(src, err)
		return nil, err
	}
	w.conditions.Store(src, c)
	return c, nil
}

// CheckCondition looks at a condition that somebody has just written.
func (w *Workspace) CheckCondition(src string) error {
	_, err := conditions.Compile(src, w.Schema(nil))
	return err
}

// Values gathers what texts and conditions see of a contact. sender may be the
// zero Identity where nothing is sent.
func (w *Workspace) Values(c andante.Contact, a andante.Account, e andante.Enrollment, sender Identity) andante.Values {
	owner, _ := w.Config.Person(a.Owner)
	v := w.blank().Fill(c, a, owner)
	v.PutPerson("sender", sender.Person)
	if e.Variant != "" {
		v["enrollment"]["variant"] = e.Variant
	}
	if !e.Entered.IsZero() {
		v["enrollment"]["entered"] = e.Entered
	}
	return v
}

// blank is the form of the workspace's fields, made once.
func (w *Workspace) blank() *andante.Form {
	w.formOnce.Do(func() {
		c := w.Config.Company
		w.form = andante.NewForm(w.Config.DeclaredFields(), map[string]string{
			"name": c.Name, "postal_address": c.PostalAddress, "legal_line": c.LegalLine, "url": c.URL, "phone": c.Phone,
		})
	})
	return w.form
}

// Facts gathers what the governor knows of a contact, without touches.
func (w *Workspace) Facts(c andante.Contact, a andante.Account) governor.Facts {
	owner, _ := w.Config.Person(a.Owner)
	zones, source := calendar.Zones(c, a, owner, w.Config.Company.Zone, w.Config.Company.Country)
	country := cmp.Or(c.Country, a.Country, w.Config.Company.Country)
	f := governor.Facts{
		Contact: c.ID, Account: a.ID, Persona: c.Persona, Stage: a.StageOf(c), Tier: a.Tier, Country: country,
		Zones: zones, ZoneSource: source, Signals: c.Signals, Together: a.Signals, Choice: c.Choice,
	}
	if c.Stage == "" {
		f.Signals.Staged = a.Signals.Staged // the stage is the account's
	}
	if l, ok := governor.Chosen(c.Choice); ok {
		f.Own = append(f.Own, l)
	}
	if c.Phone != "" && (source == "owner" || source == "workspace" || source == "none") {
		f.PhoneZones = func() []*time.Location { return phoneZones(c.Phone) }
	}
	if w.Policy.Holidays {
		f.Holidays = calendar.HolidaysOf(country)
	}
	return f
}

// phoneZones returns the zones that a number may be in.
func phoneZones(number string) (zones []*time.Location) {
	for _, name := range phonezone.Of(number) {
		if zone, err := calendar.LoadZone(name); err == nil {
			zones = append(zones, zone)
		}
	}
	return zones
}

// Hours returns the hours in which a step may reach a contact.
func (w *Workspace) Hours(f *governor.Facts, q *sequences.Sequence, s *sequences.Step) calendar.Hours {
	return w.Policy.Hours(f, governor.Candidate{Kind: s.Kind, Purpose: q.Purpose, Narrow: q.Narrow(s)})
}

// Errors of choosing a sender.
var errNoOwner = errors.New("the account has no owner to send as")

// SenderOf returns the key of the identity that a step is sent as to a contact at an instant:
// while the account's owner is away, the deputy. was are those who wrote to the contact
// before, the last one first. It fails when the owner is meant and there is none.
func (w *Workspace) SenderOf(q *sequences.Sequence, s *sequences.Step, c andante.ContactID, a andante.Account, at time.Time, was ...string) (string, error) {
	key, err := w.senderOf(q, s, a, at)
	return w.Config.Member(key, c, was...), err
}

// senderOf returns a sender, a person or a group.
func (w *Workspace) senderOf(q *sequences.Sequence, s *sequences.Step, a andante.Account, at time.Time) (string, error) {
	key := cmp.Or(s.Sender, q.Sender)
	if key != "owner" {
		return key, nil
	}
	if _, ok := w.Config.Person(a.Owner); ok {
		return w.Config.StandIn(a.Owner, at), nil
	}
	if q.IfNoOwner != "" && q.IfNoOwner != "skip" {
		return q.IfNoOwner, nil
	}
	if _, ok := w.Config.Person(w.Config.Tasks.Unowned); ok && q.IfNoOwner == "" && s.Kind.ByHuman() {
		return w.Config.StandIn(w.Config.Tasks.Unowned, at), nil
	}
	return "", errNoOwner
}

// PersonaOf returns the first persona whose condition holds for the contact.
func (w *Workspace) PersonaOf(v andante.Values, now time.Time) string {
	for _, key := range slices.Sorted(maps.Keys(w.Config.Personas)) {
		if w.Holds(w.Config.Personas[key].When, v, now) {
			return key
		}
	}
	return ""
}

// TierOf returns the first tier whose rule holds for the account.
func (w *Workspace) TierOf(v andante.Values, now time.Time) string {
	for _, t := range w.Config.Tiers {
		if t.When == "" || w.Holds(t.When, v, now) {
			return t.Tier
		}
	}
	return ""
}

// RulesHash identifies what is read of everybody: the rules for personas and tiers, and the
// qualification.
func (w *Workspace) RulesHash() string {
	list := []string{}
	for _, key := range slices.Sorted(maps.Keys(w.Config.Personas)) {
		list = append(list, key, w.Config.Personas[key].When)
	}
	for _, t := range w.Config.Tiers {
		list = append(list, t.Tier, t.When)
	}
	if q := w.Config.Qualification; q != nil {
		list = append(list, fmt.Sprint(q.Enough, q.Weights)) // a map is printed by its keys' order
	}
	return hashOf([]byte(strings.Join(list, "\x00")))
}

// Holds tells whether a condition is true of these values where nothing has happened
// yet; no condition holds never.
func (w *Workspace) Holds(src string, v andante.Values, now time.Time) bool {
	if src == "" {
		return false
	}
	c, err := w.Condition(src)
	if err != nil {
		return false
	}
	ok, err := c.Eval(v, conditions.History{Now: now})
	return err == nil && ok
}
