package harness_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/internal/harness"
	"github.com/andante-hq/andante/internal/inbox"
	"github.com/andante-hq/andante/store"
)

// honest returns books of four touches that agree: two sent, one unknown that
// arrived, one that was skipped.
func honest() harness.Books {
	var b harness.Books
	for i, state := range []andante.State{andante.Sent, andante.Sent, andante.Unknown, andante.Skipped} {
		id := andante.TouchID(string(rune('A' + i)))
		t := andante.Touch{ID: id, Enrollment: andante.EnrollmentID(id), Step: "one", State: state}
		outcome := andante.Outcome(state)
		switch state {
		case andante.Unknown:
			t.Reason = andante.ReasonUnknown
		case andante.Skipped:
			t.Reason = andante.ReasonStale
			b.Verdicts = append(b.Verdicts, store.StoredVerdict{Touch: id, Verdict: andante.Verdict{Action: andante.Skip, Reason: t.Reason}})
		}
		b.Touches = append(b.Touches, t)
		b.Runs = append(b.Runs, harness.Run{Enrollment: t.Enrollment, Steps: []string{"one"}})
		b.Enrollments = append(b.Enrollments, andante.Enrollment{ID: t.Enrollment, State: andante.EnrollmentFinished, Reason: andante.ReasonFinished})
		if state != andante.Skipped {
			b.Attempts = append(b.Attempts, andante.Attempt{Touch: id, Number: 1, Outcome: outcome})
			b.Mails = append(b.Mails, inbox.Mail{MessageID: string(id) + "@harness.example", To: []string{"a@town.example"}})
		}
	}
	return b
}

// without leaves out all that is known of one touch.
func without(b harness.Books, id andante.TouchID) harness.Books {
	b.Touches = slices.DeleteFunc(b.Touches, func(t andante.Touch) bool { return t.ID == id })
	b.Enrollments = slices.DeleteFunc(b.Enrollments, func(e andante.Enrollment) bool { return e.ID == andante.EnrollmentID(id) })
	b.Attempts = slices.DeleteFunc(b.Attempts, func(a andante.Attempt) bool { return a.Touch == id })
	b.Mails = slices.DeleteFunc(b.Mails, func(m inbox.Mail) bool { return m.MessageID == string(id)+"@harness.example" })
	return b
}

// TestBooksNotice: honest books agree, and each way of cooking them is noticed.
func TestBooksNotice(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		cook func(*harness.Books)
		want string // in a breach; empty: none
	}{
		"honest":                     {func(*harness.Books) {}, ""},
		"an unknown one got lost":    {func(b *harness.Books) { b.Mails = b.Mails[:2] }, ""},
		"a sent one got lost":        {func(b *harness.Books) { b.Mails = b.Mails[1:] }, "is sent and was received 0 times"},
		"a sent one came twice":      {func(b *harness.Books) { b.Mails = append(b.Mails, b.Mails[0]) }, "is sent and was received 2 times"},
		"an unknown one came twice":  {func(b *harness.Books) { b.Mails = append(b.Mails, b.Mails[2]) }, "is unknown and was received 2 times"},
		"a mail that nobody sent":    {func(b *harness.Books) { b.Mails = append(b.Mails, inbox.Mail{MessageID: "x"}) }, "belong to no touch"},
		"a skipped one came":         {func(b *harness.Books) { b.Mails = append(b.Mails, inbox.Mail{MessageID: "D@harness.example"}) }, "is skipped"},
		"a touch left on its way":    {func(b *harness.Books) { b.Touches[0].State = andante.Attempted }, "was left attempted"},
		"a step stands twice":        {func(b *harness.Books) { b.Touches[1].Enrollment = "A" }, "stands twice"},
		"an enrollment is gone":      {func(b *harness.Books) { b.Enrollments = b.Enrollments[1:] }, "enrollment A is gone"},
		"a person is gone":           {func(b *harness.Books) { *b = without(*b, "A") }, "enrollment A is gone"},
		"a first touch is gone":      {func(b *harness.Books) { b.Touches = b.Touches[1:] }, "lacks the touch of one"},
		"a last touch is gone":       {func(b *harness.Books) { b.Runs[0].Steps = append(b.Runs[0].Steps, "two") }, "lacks the touch of two"},
		"one in between is gone":     {func(b *harness.Books) { b.Runs[0].Steps = []string{"zero", "one"} }, "lacks the touch of zero"},
		"no next step":               {func(b *harness.Books) { b.Enrollments[0].State = andante.EnrollmentActive }, "is active and has 0 open touches"},
		"two attempts went":          {func(b *harness.Books) { b.Attempts = append(b.Attempts, b.Attempts[0]) }, "has 2 attempts that were sent"},
		"an attempt without an end":  {func(b *harness.Books) { b.Attempts[0].Outcome = andante.OutcomePending }, "without an outcome"},
		"unknown without an attempt": {func(b *harness.Books) { b.Attempts = b.Attempts[:2] }, "0 unknown attempts"},
		"half a mail":                {func(b *harness.Books) { b.Mails[0].Raw = []byte("half") }, "is not the one that was sealed"},
		"counted otherwise":          {func(b *harness.Books) { b.Miscounted = []andante.ContactID{"c"} }, "other touches are counted"},
		"no reason":                  {func(b *harness.Books) { b.Touches[3].Reason = "" }, "without a reason"},
		"another reason":             {func(b *harness.Books) { b.Touches[3].Reason = andante.ReasonLimit }, "its last verdict says"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := honest()
			tt.cook(&b)
			breaches := append(b.Audit().Breaches, b.ReasonGiven()...)
			found := slices.ContainsFunc(breaches, func(s string) bool { return strings.Contains(s, tt.want) })
			if tt.want == "" && len(breaches) > 0 || tt.want != "" && !found {
				t.Errorf("breaches %q, want one with %q", breaches, tt.want)
			}
		})
	}
}

func TestAllTold(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		share   float64
		unknown int
		want    int
	}{
		"enough":           {0.75, 1, 0},
		"too few received": {0.8, 1, 1},
		"too many unknown": {0.75, 0, 1},
	} {
		a := honest().Audit()
		if a.AllTold(tt.share, tt.unknown); len(a.Breaches) != tt.want {
			t.Errorf("%s: %q", name, a.Breaches)
		}
	}
}

// TestRulesNotice: the count finds each limit broken that is, and no other.
func TestRulesNotice(t *testing.T) {
	t.Parallel()
	const hour = time.Hour
	tokyo, err := time.LoadLocation("Asia/Tokyo")
	if err != nil {
		t.Fatal(err)
	}
	monday := time.Date(2026, 1, 5, 12, 0, 0, 0, time.UTC)
	at := func(after time.Duration, contact, account, address string) harness.Receipt {
		return harness.Receipt{
			At: monday.Add(after), Contact: andante.ContactID(contact), Account: andante.AccountID(account), Address: address,
			Purpose: "marketing", Stage: "prospect", Persona: "buyer", Zone: tokyo,
		}
	}
	three := []harness.Receipt{at(0, "a", "x", "p"), at(hour, "a", "x", "p"), at(2*hour, "b", "x", "q")}
	asked := at(hour, "a", "x", "p")
	asked.Purpose = "requested"
	tests := map[string]struct {
		rule harness.Rule
		list []harness.Receipt
		want int
	}{
		"one may":                       {harness.Rule{Scope: "contact", Max: 1, Per: 2 * hour}, three, 1},
		"the period is half open":       {harness.Rule{Scope: "contact", Max: 1, Per: hour}, three, 0},
		"an account counts all":         {harness.Rule{Scope: "account", Max: 1, Per: 3 * hour}, three, 2},
		"an account with room":          {harness.Rule{Scope: "account", Max: 2, Per: 2 * hour}, three, 0},
		"an address":                    {harness.Rule{Scope: "address", Max: 1, Per: 3 * hour}, three, 1},
		"a gap":                         {harness.Rule{Scope: "contact", Per: 61 * time.Minute}, three, 1},
		"a gap that is kept":            {harness.Rule{Scope: "contact", Per: hour}, three, 0},
		"not for these stages":          {harness.Rule{Scope: "contact", Max: 1, Per: 2 * hour, Stages: []string{"customer"}}, three, 0},
		"not for these purposes":        {harness.Rule{Scope: "contact", Max: 1, Per: 2 * hour, Purposes: []string{"relationship"}}, three, 0},
		"what was asked for is free":    {harness.Rule{Scope: "contact", Max: 1, Per: 2 * hour}, []harness.Receipt{three[0], asked}, 0},
		"at the same instant":           {harness.Rule{Scope: "contact", Max: 1, Per: hour}, []harness.Receipt{three[0], three[0]}, 1},
		"a day of the zone ends at 15h": {harness.Rule{Scope: "contact", Max: 1, Unit: "day"}, []harness.Receipt{three[0], at(3*hour, "a", "x", "p")}, 0},
		"the same day":                  {harness.Rule{Scope: "contact", Max: 1, Unit: "day"}, []harness.Receipt{three[0], at(2*hour, "a", "x", "p")}, 1},
		"the same week":                 {harness.Rule{Scope: "contact", Max: 1, Unit: "week"}, []harness.Receipt{three[0], at(100*hour, "a", "x", "p")}, 1},
		"the next week":                 {harness.Rule{Scope: "contact", Max: 1, Unit: "week"}, []harness.Receipt{three[0], at(168*hour, "a", "x", "p")}, 0},
	}
	for name, tt := range tests {
		if got := tt.rule.Breaches(tt.list); len(got) != tt.want {
			t.Errorf("%s: %q, want %d", name, got, tt.want)
		}
	}
}
