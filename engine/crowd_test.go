package engine

import (
	"testing"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/internal/harness"
	"github.com/andante-hq/andante/internal/inbox"
)

// crowdRules bind for more than a third of the touches of a crowd.
var crowdRules = []harness.Rule{
	{Name: "contact", Scope: "contact", Max: 2, Per: time.Hour},
	{Name: "account", Scope: "account", Max: 5, Per: time.Hour},
	{Name: "address", Scope: "address", Max: 3, Per: time.Hour},
}

// newCrowd enrolls three contacts of each account in three sequences, all due
// now. One contact in five has a mailbox together with a stranger.
func newCrowd(t *testing.T, setting func(*scene)) *scene {
	return newCrowdBefore(t, setting, inbox.Options{})
}

// newCrowdBefore is newCrowd before a mail server of another kind.
func newCrowdBefore(t *testing.T, setting func(*scene), mail inbox.Options) *scene {
	town := harness.NewTown(100, 3)
	for i := 15; i < len(town.Contacts); i += 15 {
		town.Contacts[i].Email = town.Contacts[i-15+3].Email
	}
	s := newScene(t, harness.Workspace{
		Policy: harness.Policy("", crowdRules...),
		Sequences: map[string]string{
			"one": harness.Sequence("one", "", harness.Mail{}), "two": harness.Sequence("two", "", harness.Mail{}), "three": harness.Sequence("three", "", harness.Mail{}),
		},
	}, town, mail)
	s.part.Batch, s.part.Chunk = 40, 20
	setting(s)
	s.enroll("one", "two", "three")
	return s
}

// overruns counts the received mails against rules.
func (s *scene) overruns(rules []harness.Rule) (broken []string) {
	s.t.Helper()
	list, err := s.town.Register(nil).Read(s.inbox.Mails())
	if err != nil {
		s.t.Fatal(err)
	}
	for _, l := range rules {
		broken = append(broken, l.Breaches(list)...)
	}
	return broken
}

// alone plays the scene in one process until nothing is due.
func (s *scene) alone() {
	s.t.Helper()
	s.start().wait(2 * time.Minute)
}

// fourProcesses plays it in two schedulers and two workers.
func (s *scene) fourProcesses() {
	s.t.Helper()
	workers := []*child{s.start(RoleWorker), s.start(RoleWorker)}
	schedulers := []*child{s.start(RoleScheduler), s.start(RoleScheduler)}
	for _, c := range schedulers {
		c.wait(2 * time.Minute)
	}
	for _, c := range workers {
		c.terminate(s.part.Grace)
	}
}

func onSQLite(*scene) {}

// settings are where a test is played.
var settings = []struct {
	name string
	on   func(*scene)
	play func(*scene)
}{
	{"one process on SQLite", onSQLite, (*scene).alone},
	{"four processes on Postgres", (*scene).onPostgres, (*scene).fourProcesses},
}

// TestCrowdKeepsLimits: however many decide at once, no contact, account or
// address gets more than a limit says; and no less than there is room for.
func TestCrowdKeepsLimits(t *testing.T) {
	for _, setting := range settings {
		t.Run(setting.name, func(t *testing.T) {
			s := newCrowd(t, setting.on)
			setting.play(s)
			books := s.books()
			audit := books.Audit()
			t.Log(audit)
			report(t, audit.Breaches)
			report(t, books.ReasonGiven())
			report(t, s.overruns(crowdRules))
			if audit.Unknown > 0 || audit.Waiting*3 < audit.Touches || audit.Once*2 < audit.Touches {
				t.Error("the limits were to put off between a third and a half")
			}
		})
	}
}

// TestCrowdKilled: limits hold when those who decide are killed, and what nobody
// knows of keeps its place.
func TestCrowdKilled(t *testing.T) {
	for _, setting := range []struct {
		name  string
		on    func(*scene)
		roles [][]Role
	}{
		{"one process on SQLite", onSQLite, [][]Role{{RoleScheduler, RoleWorker}}},
		{"four processes on Postgres", (*scene).onPostgres, [][]Role{{RoleScheduler}, {RoleScheduler}, {RoleWorker}, {RoleWorker}}},
	} {
		t.Run(setting.name, func(t *testing.T) {
			const kills = 6
			s := newCrowd(t, setting.on)
			s.part.Lease = time.Second
			var processes []*child
			for _, roles := range setting.roles {
				processes = append(processes, s.start(roles...))
			}
			for i := range kills {
				s.received(20 + 40*i)
				victim := i % len(processes)
				processes[victim].kill()
				processes[victim] = s.start(setting.roles[victim]...)
			}
			for i, c := range processes {
				if setting.roles[i][0] == RoleScheduler {
					c.wait(2 * time.Minute)
				}
			}
			for i, c := range processes {
				if setting.roles[i][0] == RoleWorker {
					c.terminate(s.part.Grace)
				}
			}
			books := s.books()
			audit := books.Audit()
			t.Log(audit)
			report(t, audit.Breaches)
			report(t, books.ReasonGiven())
			report(t, s.overruns(crowdRules))
			if audit.Unknown > kills*connections*flight {
				t.Errorf("%d touches are unknown", audit.Unknown)
			}
		})
	}
}

// three is a limit that leaves three of twenty.
var three = harness.Rule{Name: "three", Scope: "account", Max: 3, Per: time.Hour}

// accountsOfTwenty is how many accounts have twenty contacts each.
const accountsOfTwenty = 30

// newTwenties enrolls everybody, due now. batch is the size of a lease.
func newTwenties(t *testing.T, batch int, setting func(*scene)) *scene {
	s := newScene(t, harness.Workspace{Policy: harness.Policy("", three)}, harness.NewTown(accountsOfTwenty, 20), inbox.Options{})
	s.part.Batch = batch
	setting(s)
	s.enroll("hello")
	return s
}

// TestThreeOfTwenty: of twenty touches of one account that are due at once, a
// limit of three lets three go: in one batch, and in several that are decided at
// the same time.
func TestThreeOfTwenty(t *testing.T) {
	for i, setting := range settings {
		t.Run(setting.name, func(t *testing.T) {
			s := newTwenties(t, []int{500, 7}[i], setting.on)
			setting.play(s)
			report(t, s.books().Audit().Breaches)
			report(t, s.overruns([]harness.Rule{three}))
			if n := s.inbox.Count(); n != 3*accountsOfTwenty {
				t.Errorf("%d mails to %d accounts, want 3 to each", n, accountsOfTwenty)
			}
		})
	}
}

// TestCrowdTwins: the count notices an engine without a governor, and one without
// locks.
func TestCrowdTwins(t *testing.T) {
	t.Run("governor off", func(t *testing.T) {
		s := newCrowd(t, onSQLite)
		s.part.Ungoverned = true
		s.alone()
		if len(s.overruns(crowdRules)) == 0 {
			t.Error("no limit was broken without the governor")
		}
	})
	t.Run("locks off", func(t *testing.T) {
		s := newTwenties(t, 7, (*scene).onPostgres)
		s.part.WithoutLocks, s.part.Connections = true, 4
		s.fourProcesses()
		broken := s.overruns([]harness.Rule{three})
		t.Logf("%d limits broken", len(broken))
		if len(broken) == 0 {
			t.Error("no limit was broken without locks")
		}
	})
}

// TestRecordTwin: the books notice outcomes that are dropped.
func TestRecordTwin(t *testing.T) {
	s := newScene(t, harness.Workspace{}, harness.NewTown(300, 1), inbox.Options{})
	s.part.Breakage.NoRecord = true
	s.enroll("hello")
	s.alone()
	audit := s.books().Audit()
	audit.AllTold(0.95, 1*connections*flight)
	t.Log(audit)
	if len(audit.Breaches) == 0 {
		t.Error("the books agree though no outcome was recorded")
	}
	if audit.States[andante.Sent] > 0 {
		t.Error("something is sent though no outcome was recorded")
	}
}
