package simulation_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/calendar"
	"github.com/andante-hq/andante/governor"
	"github.com/andante-hq/andante/simulation"
)

var monday = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

func at(days float64) time.Time { return monday.Add(time.Duration(days * 24 * float64(time.Hour))) }

// mail is a touch of a contact that went so many days after the Monday.
func mail(contact string, days float64, change ...func(*andante.Touch)) andante.Touch {
	t := andante.Touch{
		ID: andante.TouchID(fmt.Sprint(contact, days)), Enrollment: andante.EnrollmentID("run " + contact), Contact: andante.ContactID(contact), Account: "acme",
		Sequence: "hello", Kind: andante.Email, Purpose: andante.Marketing, Sender: "news", State: andante.Sent, Due: at(days), Counted: at(days), Settled: at(days),
	}
	for _, f := range change {
		f(&t)
	}
	return t
}

// tally plays touches for ana and ben of acme over four weeks; cem is there to fill limits.
func tally(policy governor.Policy, touches ...andante.Touch) *simulation.Tally {
	t := simulation.NewTally(monday, at(27), time.UTC, &policy)
	for _, who := range []string{"ana", "ben", "cem"} {
		t.Person(simulation.Person{Contact: andante.ContactID(who), Account: "acme", Owner: "nora", Counted: who != "cem", Facts: governor.Facts{Stage: "customer", Zones: []*time.Location{time.UTC}}})
	}
	for _, x := range touches {
		t.Touch(x)
	}
	return t
}

func finish(t *simulation.Tally) *simulation.Report {
	return t.Finish(func(string) float64 { return 10 }, func(id andante.EnrollmentID) andante.Reason {
		return map[andante.EnrollmentID]andante.Reason{"run ana": andante.ReasonFinished}[id]
	}, func(string) int { return 60 })
}

func TestTally(t *testing.T) {
	call := func(x *andante.Touch) { x.Kind, x.State, x.Sender = andante.Call, andante.Done, "nora" }
	skip := func(x *andante.Touch) { x.State, x.Counted = andante.Skipped, time.Time{} }
	play := tally(
		governor.Policy{},
		mail("ana", -9), // before: it is in no week
		mail("ana", 0),  // at the first instant: it is played
		mail("ana", 1), mail("ana", 16, call), mail("ben", 2), mail("ben", 3, skip), mail("cem", 4),
	)
	put := func(days, until float64, reason andante.Reason, rule string) {
		play.Verdict("ana16", at(days), andante.Verdict{Action: andante.Defer, Reason: reason, Until: at(until), Evidence: andante.Evidence{Rule: rule}})
	}
	put(2, 3, andante.ReasonLimit, "week")
	put(3, 15, andante.ReasonLimit, "month")
	put(15, 15.5, andante.ReasonWindow, "")
	play.Verdict("cem4", at(3), andante.Verdict{Action: andante.Defer, Reason: andante.ReasonGap, Until: at(4)})
	got := finish(play)
	week := func(date string, total int, kinds map[andante.Kind]int, heat ...int) simulation.Week {
		if kinds == nil {
			kinds = map[andante.Kind]int{}
		}
		return simulation.Week{Week: date, Kinds: kinds, Total: total, Heat: heat}
	}
	want := &simulation.Report{
		Days: 27, From: monday, To: at(27), Contacts: 2, Accounts: 1, Deferred: 1,
		Touches: map[andante.State]int{andante.Sent: 3, andante.Done: 1, andante.Skipped: 1},
		Reasons: map[andante.Reason]int{andante.ReasonLimit: 2, andante.ReasonWindow: 1},
		PerWeek: []simulation.Week{
			week("2026-03-02", 3, map[andante.Kind]int{andante.Email: 3}, 0, 1, 1, 0, 0), week("2026-03-09", 0, nil, 2, 0, 0, 0, 0),
			week("2026-03-16", 1, map[andante.Kind]int{andante.Call: 1}, 1, 1, 0, 0, 0), week("2026-03-23", 0, nil, 2, 0, 0, 0, 0),
		},
		PerContact:  simulation.Spread{Least: 1, Median: 3, Most: 3, Histogram: []simulation.Bucket{{1, 1}, {3, 1}}},
		PerOwner:    []simulation.Owner{{Owner: "nora", Tasks: 1, PerWeek: 1, Peak: 1, PeakWeek: "2026-03-16"}},
		PerSequence: []simulation.Sequence{{Sequence: "hello", Begun: 2, Went: 4, Skipped: 1, Deferred: 1, Planned: 10, Median: 16, Finished: 1, Barrier: "month"}},
		PerSender:   []simulation.Sender{{Sender: "news", Went: 3, PeakDay: 1, Day: "2026-03-02", PeakHour: 1, Hour: "2026-03-02 09:00", PerHour: 60}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if q := got.PerSequence[0]; !q.Stretched() || q.Starved() {
		t.Errorf("%+v is stretched, and not starved", q)
	}
}

// TestOverLimit counts limits again: rolling and calendar periods, scopes, kinds, points.
func TestOverLimit(t *testing.T) {
	week := governor.Period{Length: 7 * 24 * time.Hour}
	call := func(x *andante.Touch) { x.Kind, x.State = andante.Call, andante.Done }
	for _, test := range []struct {
		name    string
		limit   governor.Limit
		touches []andante.Touch
		want    int
	}{
		{"two in a week", governor.Limit{Max: 2, Per: week}, []andante.Touch{mail("ana", 0), mail("ana", 6.9)}, 0},
		{"three in a week", governor.Limit{Max: 2, Per: week}, []andante.Touch{mail("ana", 0), mail("ana", 3), mail("ana", 6.9)}, 1},
		{"the first has left when the third comes", governor.Limit{Max: 2, Per: week}, []andante.Touch{mail("ana", 0), mail("ana", 3), mail("ana", 7)}, 0},
		{"what was before fills it", governor.Limit{Max: 1, Per: week}, []andante.Touch{mail("ana", -3), mail("ana", 1)}, 1},
		{"and is not judged itself", governor.Limit{Max: 1, Per: week}, []andante.Touch{mail("ana", -3), mail("ana", -2)}, 0},
		{"a card that was posted before is none of its doing", governor.Limit{Max: 1, Per: week}, []andante.Touch{
			mail("ana", -1), mail("ana", 2, func(x *andante.Touch) { x.Kind, x.Settled = andante.Card, at(-2) }),
		}, 0},
		{"a mail beside such a card is", governor.Limit{Max: 1, Per: week}, []andante.Touch{
			mail("ana", 1), mail("ana", 0.5, func(x *andante.Touch) { x.Kind, x.Settled = andante.Card, at(-2) }),
		}, 1},
		{"another contact's are not theirs", governor.Limit{Max: 1, Per: week}, []andante.Touch{mail("ana", 0), mail("ben", 1)}, 0},
		{"but their account's", governor.Limit{Max: 1, Per: week, Scope: governor.ScopeAccount}, []andante.Touch{mail("ana", 0), mail("ben", 1)}, 1},
		{"by address", governor.Limit{Max: 1, Per: week, Scope: governor.ScopeAddress}, []andante.Touch{
			mail("ana", 0, func(x *andante.Touch) { x.Address = "a" }), mail("ben", 1, func(x *andante.Touch) { x.Address = "a" }),
			mail("ana", 2, func(x *andante.Touch) { x.Address = "b" }),
		}, 1},
		{"a calendar day ends at midnight", governor.Limit{Max: 1, Per: governor.Period{Unit: "day"}}, []andante.Touch{mail("ana", 0.6), mail("ana", 0.63)}, 0},
		{"within it", governor.Limit{Max: 1, Per: governor.Period{Unit: "day"}}, []andante.Touch{mail("ana", 0.1), mail("ana", 0.6)}, 1},
		{"a task of no sequence is given whatever went before, and counts", governor.Limit{Max: 1, Per: week}, []andante.Touch{
			mail("ana", 0), mail("ana", 1, call, func(x *andante.Touch) { x.Enrollment = "" }), mail("ana", 7.5),
		}, 1},
		{"only calls", governor.Limit{Max: 1, Per: week, Count: governor.Count{Kinds: []andante.Kind{andante.Call}}}, []andante.Touch{mail("ana", 0), mail("ana", 1, call)}, 0},
		{"people whom it is not about", governor.Limit{Max: 1, Per: week, Who: governor.Who{Stages: []string{"prospect"}}}, []andante.Touch{mail("ana", 0), mail("ana", 1)}, 0},
		{"by points", governor.Limit{MaxPoints: 3, Per: week}, []andante.Touch{mail("ana", 0), mail("ana", 1, call)}, 1},
		{"a call that reached nobody", governor.Limit{Max: 1, Per: week}, []andante.Touch{mail("ana", 0, call, func(x *andante.Touch) { x.Result = andante.NoAnswer }), mail("ana", 1)}, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := governor.Policy{Limits: []governor.Limit{test.limit}, Points: map[andante.Kind]float64{andante.Call: 3}}
			if got := finish(tally(p, test.touches...)).OverLimit; got != test.want {
				t.Errorf("%d broken, want %d", got, test.want)
			}
		})
	}
}

// TestTrouble: what keeps a sequence from going as it is written.
func TestTrouble(t *testing.T) {
	for _, test := range []struct {
		name, want string
		sequence   simulation.Sequence
	}{
		{"it goes", "", simulation.Sequence{Entered: 20, Begun: 20, Went: 40}},
		{"it is for nobody", "", simulation.Sequence{Refused: map[andante.Reason]int{andante.ReasonWrongStage: 20}}},
		{"nobody finds a place", "nobody enters: no free place in time (14)", simulation.Sequence{Refused: map[andante.Reason]int{andante.ReasonWrongStage: 20, andante.ReasonNoRoom: 14}}},
		{"others run it already", "", simulation.Sequence{Begun: 3, Refused: map[andante.Reason]int{andante.ReasonNoRoom: 14}}},
		{"it is ended for most", "cut short: limits end it for 21 of the 21 who begin it", simulation.Sequence{Entered: 21, Begun: 21, Cut: 21, Went: 21, Skipped: 21}},
		{"most is skipped", "starved: 21 of its touches are skipped and 20 go", simulation.Sequence{Entered: 20, Begun: 20, Went: 20, Skipped: 21}},
		{"it takes too long", "takes 60 days, not 22: prospect-month", simulation.Sequence{Entered: 20, Begun: 20, Went: 40, Finished: 20, Planned: 22, Median: 60, Barrier: "prospect-month"}},
	} {
		if got := test.sequence.Trouble(); got != test.want {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
}

func TestRates(t *testing.T) {
	rates, found := simulation.ParseRates("rates.yaml", []byte("email: {reply: 10%, opt_out: 2.5%}\ncall: {connected: 100%}\n"))
	if len(found) > 0 {
		t.Fatal(found)
	}
	got := map[string]int{}
	for i := range 10000 {
		event, after := rates.Answer("seed", andante.Email, andante.TouchID(fmt.Sprint(i)))
		if event != "" && (after < time.Minute || after > 73*time.Hour) {
			t.Errorf("after %s", after)
		}
		got[event]++
	}
	if n := got[andante.EventReplied]; n < 900 || n > 1100 {
		t.Errorf("%d of 10000 replied", n)
	}
	if n := got[andante.EventOptedOut]; n < 180 || n > 320 {
		t.Errorf("%d of 10000 left", n)
	}
	if r := rates.Outcome("seed", andante.Call, "x"); r != andante.Connected {
		t.Error(r)
	}
	if r := simulation.Rates(nil).Outcome("seed", andante.Call, "x"); r != andante.Voicemail {
		t.Error(r)
	}
	for src, want := range map[string]string{
		"mail: {reply: 1%}\n":               "rates.yaml:1:1: error: there is no kind mail (rates)",
		"email: {connected: 1%}\n":          "rates.yaml:1:9: error: connected is nothing that follows email; there are: answer, click, complain, meet, opt_out, purchase, reply (rates)",
		"email: {reply: 60%, click: 60%}\n": "rates.yaml:1:1: error: the shares of email are more than 100% (rates)",
		"email: {reply: 0.1}\n":             `rates.yaml:1:16: error: write a share such as 2.5%, not "0.1" (bad-value)`,
		"call: {reply: 1%}\n":               "rates.yaml:1:8: error: reply is nothing that follows call; there are: connected, voicemail, no_answer, busy, wrong_number, gatekeeper, refused, met (rates)",
	} {
		_, found := simulation.ParseRates("rates.yaml", []byte(src))
		if len(found) != 1 || found[0].Error() != want {
			t.Errorf("%q: %v, want %s", src, found, want)
		}
	}
}

// TestReplayOfPost: a card stands in the past on the day on which it landed.
func TestReplayOfPost(t *testing.T) {
	days, err := calendar.ParseOffset("4d")
	if err != nil {
		t.Fatal(err)
	}
	p := governor.Policy{Gaps: []governor.Gap{{Min: governor.Period{Length: 48 * time.Hour}}}, Landing: map[andante.Kind]calendar.Offset{andante.Card: days}}
	r := &simulation.Replay{From: monday.Add(-time.Hour), To: at(60), Rules: map[string]int{}}
	r.Add(&p, simulation.Past{
		People:  map[andante.ContactID]*simulation.Person{"ana": {Contact: "ana", Facts: governor.Facts{Contact: "ana", Account: "acme", Zones: []*time.Location{time.UTC}}}},
		Touches: []andante.Touch{mail("ana", 0), mail("ana", 1, func(x *andante.Touch) { x.Kind = andante.Card })},
	})
	if r.Touches != 2 || r.Held != 1 {
		t.Errorf("%d of %d held", r.Held, r.Touches)
	}
}

func TestReplay(t *testing.T) {
	p := governor.Policy{Limits: []governor.Limit{{Name: "week", Max: 1, Per: governor.Period{Length: 7 * 24 * time.Hour}}}}
	r := &simulation.Replay{From: monday.Add(-time.Hour), To: at(60), Rules: map[string]int{}}
	ana := &simulation.Person{Contact: "ana", Facts: governor.Facts{Contact: "ana", Account: "acme"}}
	r.Add(&p, simulation.Past{
		People:  map[andante.ContactID]*simulation.Person{"ana": ana},
		Touches: []andante.Touch{mail("ana", -1), mail("ana", 0), mail("ana", 10), mail("ana", 12), mail("ana", 50), mail("ana", 51, func(x *andante.Touch) { x.Purpose = andante.Requested })},
		OptOuts: map[andante.ContactID][]time.Time{"ana": {at(35)}},
	})
	want := &simulation.Replay{From: r.From, To: r.To, Touches: 4, Held: 2, Rules: map[string]int{"week": 2}, OptOuts: 1, AllOptOuts: 1}
	if diff := cmp.Diff(want, r); diff != "" {
		t.Error(diff)
	}
}

// TestPage: what is written into the page stands there escaped, and it needs nothing else.
func TestPage(t *testing.T) {
	got := finish(tally(governor.Policy{}, mail("ana", 0, func(x *andante.Touch) { x.Sequence = "<b>" }), mail("ben", 8)))
	b, err := simulation.Page(got, got)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"A simulation of 27 days", "&lt;b&gt;", "<svg", "2 contacts", "The other policy"} {
		if !contains(b, want) {
			t.Errorf("%q is missing", want)
		}
	}
	for _, not := range []string{"<b></td>", "http://", "https://", "<script", "url("} {
		if contains(b, not) {
			t.Errorf("%q is there", not)
		}
	}
}

func contains(b []byte, s string) bool { return strings.Contains(string(b), s) }
