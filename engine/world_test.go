package engine

import (
	"context"
	"flag"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/internal/harness"
	"github.com/andante-hq/andante/internal/inbox"
	"github.com/andante-hq/andante/ops"
	"github.com/andante-hq/andante/scheduler"
)

// worldDays is how long a random world is watched.
const worldDays = 30

// A world is a random policy, a random town and random sequences, played on a
// calendar that jumps.
type world struct {
	rules     []harness.Rule
	workspace harness.Workspace
	purposes  map[string]string
	town      *harness.Town
	chooses   bool        // the first contact, to get one in three days at most
	leaves    map[int]int // how many jumps of the calendar until who unsubscribes
	left      map[andante.ContactID]time.Time
}

var (
	drawStage = rapid.SampledFrom([]string{"prospect", "customer"})
	drawZone  = rapid.SampledFrom([]string{"UTC", "America/New_York", "Asia/Tokyo", "Europe/Berlin"})
)

// drawWorld draws a small one: what is rare among many is frequent among few.
func drawWorld(t *rapid.T) *world {
	w := &world{purposes: map[string]string{}, leaves: map[int]int{}, left: map[andante.ContactID]time.Time{}}
	for i := range rapid.IntRange(1, 3).Draw(t, "limits") {
		w.rules = append(w.rules, drawLimit(t, fmt.Sprintf("limit-%d", i)))
	}
	w.rules = append(w.rules, drawGaps(t)...)
	w.rules = append(w.rules, drawSilence(t)...)
	window := rapid.SampledFrom([]string{"", "Mon-Fri 09:00-17:00", "Mon-Sat 10:00-12:00, 15:00-19:00"}).Draw(t, "window")
	w.workspace = harness.Workspace{Policy: harness.Policy(window, w.rules...), Sequences: map[string]string{}}
	for i := range rapid.IntRange(1, 3).Draw(t, "sequences") {
		w.drawSequence(t, fmt.Sprintf("walk-%d", i))
	}
	w.town = drawTown(t)
	if c := w.town.Contacts[0]; rapid.Bool().Draw(t, "chooses") {
		w.rules = append(w.rules, harness.Rule{Name: "choice", Scope: "contact", Max: 1, Per: 72 * time.Hour, People: []string{c.Email}})
		w.chooses = true
	}
	for range rapid.IntRange(0, 2).Draw(t, "leavers") {
		w.leaves[rapid.IntRange(1, 30).Draw(t, "jump")] = rapid.IntRange(0, len(w.town.Contacts)-1).Draw(t, "who")
	}
	return w
}

func drawLimit(t *rapid.T, name string) harness.Rule {
	l := harness.Rule{
		Name: name, Scope: rapid.SampledFrom([]string{"contact", "account", "address"}).Draw(t, "scope"),
		Max: rapid.IntRange(1, 3).Draw(t, "max"),
		Per: rapid.SampledFrom([]time.Duration{6 * time.Hour, 24 * time.Hour, 72 * time.Hour, 7 * 24 * time.Hour}).Draw(t, "per"),
	}
	if rapid.Bool().Draw(t, "by purpose") {
		l.Purposes = []string{rapid.SampledFrom([]string{"marketing", "relationship"}).Draw(t, "purpose")}
	}
	if l.Scope == "address" {
		return l // strangers with one address differ in stage and zone
	}
	if rapid.Bool().Draw(t, "by calendar") {
		l.Per, l.Unit = 0, rapid.SampledFrom([]string{"day", "week"}).Draw(t, "unit")
	}
	if rapid.Bool().Draw(t, "by stage") {
		l.Stages = []string{drawStage.Draw(t, "stage")}
	}
	if l.Scope == "contact" && rapid.Bool().Draw(t, "by persona") {
		l.Personas = []string{"buyer"}
	}
	return l
}

// drawGaps draws none, one, or one for prospects and another for everybody else.
func drawGaps(t *rapid.T) []harness.Rule {
	lengths := rapid.SampledFrom([]time.Duration{time.Hour, 20 * time.Hour, 48 * time.Hour})
	gap := func(name string, stages ...string) harness.Rule {
		return harness.Rule{Name: name, Scope: "contact", Per: lengths.Draw(t, name), Stages: stages}
	}
	switch rapid.IntRange(0, 2).Draw(t, "gaps") {
	case 1:
		return []harness.Rule{gap("gap")}
	case 2:
		return []harness.Rule{gap("prospect-gap", "prospect"), gap("customer-gap", "customer")}
	}
	return nil
}

// drawSilence draws a cool-down, ease, a look ahead, or none of them.
func drawSilence(t *rapid.T) (list []harness.Rule) {
	if rapid.Bool().Draw(t, "cools down") {
		list = append(list, harness.Rule{
			Name: "cool-down", Scope: rapid.SampledFrom([]string{"contact", "account"}).Draw(t, "silent"), After: true,
			Per: rapid.SampledFrom([]time.Duration{20 * time.Hour, 72 * time.Hour}).Draw(t, "silence"),
		})
	}
	if rapid.Bool().Draw(t, "looks ahead") {
		list = append(list, harness.Rule{Name: "look-ahead", Ahead: true, Per: 48 * time.Hour})
	}
	if rapid.Bool().Draw(t, "eases") {
		list = append(list, harness.Rule{Name: "ease", Scope: "contact", Ignored: rapid.IntRange(1, 3).Draw(t, "ignored"), Per: 96 * time.Hour})
	}
	return list
}

// drawSequence draws one of three purposes. What was asked for is not limited and
// takes no place.
func (w *world) drawSequence(t *rapid.T, name string) {
	purpose := rapid.SampledFrom([]string{"marketing", "relationship", "requested"}).Draw(t, "purpose")
	front := "purpose: " + purpose + "\npriority: " + rapid.SampledFrom([]string{"high", "normal", "low"}).Draw(t, "priority") + "\n"
	if purpose == "requested" {
		front += "enter: {event: form.sent}\n"
	}
	var mails []harness.Mail
	for range rapid.IntRange(1, 3).Draw(t, "steps") {
		m := harness.Mail{After: rapid.SampledFrom([]string{"0d", "1h", "1d", "2d"}).Draw(t, "after")}
		if rapid.IntRange(0, 2).Draw(t, "introduces") == 0 {
			m.Subject, m.Keys = harness.Introducing, "introduction: true\n"
		}
		if purpose != "requested" {
			m.Keys += rapid.SampledFrom([]string{"", "", "over_limit: skip\n", "over_limit: end\n", "valid_for: 2d\n"}).Draw(t, "keys")
		}
		mails = append(mails, m)
	}
	w.purposes[name] = purpose
	w.workspace.Sequences[name] = harness.Sequence(name, front, mails...)
}

func drawTown(t *rapid.T) *harness.Town {
	town := harness.NewTown(rapid.IntRange(1, 3).Draw(t, "accounts"), rapid.IntRange(1, 3).Draw(t, "contacts"))
	zones := map[andante.AccountID]string{}
	for i := range town.Accounts {
		a := &town.Accounts[i]
		a.Stage = drawStage.Draw(t, "stage")
		zones[a.ID] = drawZone.Draw(t, "zone")
	}
	for i := range town.Contacts {
		c := &town.Contacts[i]
		c.Zone = zones[c.Account]
		c.Persona = rapid.SampledFrom([]string{"buyer", "builder"}).Draw(t, "persona")
		if i > 0 && rapid.IntRange(0, 3).Draw(t, "shares") == 0 {
			c.Email = town.Contacts[i-1].Email
		}
	}
	return town
}

// play plays the world to its end and returns every broken promise.
func (w *world) play(t *testing.T, ungoverned bool) (breaches []string) {
	clock := andante.NewJumpClock(demoStart)
	s := newScene(t, w.workspace, w.town, inbox.Options{Now: clock.Now})
	defer s.inbox.Close()
	s.part.Jumps, s.part.Ungoverned, s.part.Connections = true, ungoverned, 1
	// A claim holds for a minute, as it does outside of demos: what is on its way at one
	// instant comes in in any order, and a rule that asks which came first must know it.
	s.part.Claim = time.Minute
	s.clock = clock
	s.enroll(slices.Sorted(maps.Keys(w.workspace.Sequences))...)

	e := s.open()
	defer e.Close()
	if w.chooses {
		// By the mail's address, so whoever has it chooses with the first contact.
		for _, c := range w.town.Contacts {
			if c.Email != w.town.Contacts[0].Email {
				continue
			}
			if err := e.Ops.Choose(t.Context(), c.ID, andante.Choice{Max: 1, Per: "3d"}); err != nil {
				t.Fatal(err)
			}
		}
	}
	jump, jumps := jumping(e, clock, demoStart.AddDate(0, 0, worldDays)), 0
	idle := func(ctx context.Context, r scheduler.Round) error {
		jumps++
		if who, ok := w.leaves[jumps]; ok {
			if err := w.leave(ctx, e, w.town.Contacts[who]); err != nil {
				return err
			}
		}
		return jump(ctx, r)
	}
	if err := e.Run(t.Context(), RunOptions{Roles: s.part.Roles, demo: true, idle: idle}); err != nil {
		t.Fatal(err)
	}

	books := w.town.Books(t.Context(), t, e.Store)
	books.Mails = s.inbox.Mails()
	receipts, err := w.town.Register(w.purposes).Read(books.Mails)
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range w.rules {
		breaches = append(breaches, l.Breaches(receipts)...)
	}
	breaches = append(breaches, w.afterLeaving(receipts)...)
	return slices.Concat(breaches, books.Audit().Breaches, books.ReasonGiven())
}

// leave unsubscribes a contact, and with it whoever has its address.
func (w *world) leave(ctx context.Context, e *Engine, c andante.Contact) error {
	err := e.Ops.Unsubscribe(ctx, ops.Token{Contact: c.ID, Kind: andante.Email, Address: e.Ops.Keys.Hash(c.Email)}, "link")
	for _, o := range w.town.Contacts {
		if _, gone := w.left[o.ID]; o.Email == c.Email && !gone {
			w.left[o.ID] = e.Clock.Now()
		}
	}
	return err
}

// afterLeaving finds advertising that came after an unsubscribe.
func (w *world) afterLeaving(list []harness.Receipt) (breaches []string) {
	for _, r := range list {
		if at, ok := w.left[r.Contact]; ok && r.At.After(at) && r.Purpose != "requested" {
			breaches = append(breaches, fmt.Sprintf("%s left at %s and has mail at %s", r.Address, at, r.At))
		}
	}
	return breaches
}

// worlds is how many random worlds a test plays, unless -rapid.checks says so.
func worlds(t *testing.T, n int) {
	t.Helper()
	given := false
	flag.Visit(func(f *flag.Flag) { given = given || f.Name == "rapid.checks" })
	if given {
		return
	}
	if testing.Short() {
		n = max(n/3, 1)
	}
	was := flag.Lookup("rapid.checks").Value.String()
	if err := flag.Set("rapid.checks", strconv.Itoa(n)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { flag.Set("rapid.checks", was) })
}

// TestWorlds: in random worlds nobody gets more than a limit says or sooner than a
// gap, nobody who left gets anything, no touch goes twice, and each that did not
// go has one reason.
func TestWorlds(t *testing.T) {
	worlds(t, 20)
	rapid.Check(t, func(rt *rapid.T) {
		for _, b := range drawWorld(rt).play(t, false) {
			rt.Error(b)
		}
	})
}

// TestWorldsTwin: in worlds like these the oracle finds each kind of rule broken where the
// governor is off, and where nobody wrote down what the contact chose.
func TestWorldsTwin(t *testing.T) {
	missing := map[string]bool{"limit-": true, "gap": true, "cool-down": true, "ease": true, "choice": true}
	worlds := rapid.Custom(drawWorld)
	for seed := 0; seed < 40 && len(missing) > 0; seed++ {
		w := worlds.Example(seed)
		w.chooses = false
		for _, breach := range w.play(t, true) {
			rule, _, _ := strings.Cut(breach, ":")
			for kind := range missing {
				if strings.Contains(rule, kind) && strings.Contains(breach, " mails where ") {
					delete(missing, kind)
				}
			}
		}
	}
	if len(missing) > 0 {
		t.Errorf("never broken without the governor: %v", slices.Sorted(maps.Keys(missing)))
	}
}
