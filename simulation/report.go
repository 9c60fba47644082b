package simulation

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/andante-hq/andante"
)

// Report is what a simulation has shown. Weeks begin on the Monday of the company's zone.
type Report struct {
	Days        int                    `json:"days"`
	From        time.Time              `json:"from"`
	To          time.Time              `json:"to"`
	Contacts    int                    `json:"contacts"`
	Accounts    int                    `json:"accounts"`
	Touches     map[andante.State]int  `json:"touches"`           // of the time that was played
	Deferred    int                    `json:"deferred"`          // touches that were put off at least once for coming too often
	Reasons     map[andante.Reason]int `json:"reasons"`           // verdicts: every "no" and "not yet"
	Answers     map[string]int         `json:"answers,omitempty"` // what people did, by event, where rates were given
	PerWeek     []Week                 `json:"per_week"`
	PerContact  Spread                 `json:"per_contact"`
	PerOwner    []Owner                `json:"per_owner"`
	PerSequence []Sequence             `json:"per_sequence"`
	PerSender   []Sender               `json:"per_sender"`
	Texts       *Texts                 `json:"texts,omitempty"` // of everybody; none without a gateway
	Cadence     *Floor                 `json:"cadence,omitempty"`
	OverLimit   int                    `json:"over_limit"` // touches that broke a limit, counted again
	Seconds     float64                `json:"seconds"`
}

// Went is how many touches were sent or done.
func (r *Report) Went() int {
	return r.Touches[andante.Sent] + r.Touches[andante.Done] + r.Touches[andante.Open]
}

// Texts are what text messages cost.
type Texts struct {
	Messages int     `json:"messages"`
	Segments int     `json:"segments"`
	Cost     float64 `json:"cost"` // in the gateway account's currency; 0 if no prices are known
}

// Week is what went in a week.
type Week struct {
	Week  string               `json:"week"` // 2026-01-05
	Kinds map[andante.Kind]int `json:"kinds"`
	Total int                  `json:"total"`
	// Heat is how many contacts got none, one, two ... touches in the week; the last is
	// for all above.
	Heat []int `json:"heat"`
}

// HeatTop is up to how many touches a week are told apart.
const HeatTop = 4

// Spread is how many touches contacts get.
type Spread struct {
	Least     int      `json:"least"`
	Median    int      `json:"median"`
	Most      int      `json:"most"`
	Histogram []Bucket `json:"histogram"`
}

// Bucket is how many contacts got a number of touches.
type Bucket struct {
	Touches  int `json:"touches"`
	Contacts int `json:"contacts"`
}

// Owner is the work of a colleague.
type Owner struct {
	Owner    string  `json:"owner"`
	Tasks    int     `json:"tasks"`
	PerWeek  float64 `json:"per_week"` // on average of the weeks that have any
	Peak     int     `json:"peak"`     // in the fullest week
	PeakWeek string  `json:"peak_week,omitempty"`
}

// Sequence is how one sequence fared.
type Sequence struct {
	Sequence string                 `json:"sequence"`
	Entered  int                    `json:"entered"`           // at the beginning, by hand
	Refused  map[andante.Reason]int `json:"refused,omitempty"` // who might not, and why
	Begun    int                    `json:"begun"`             // who got a touch of it
	Cut      int                    `json:"cut"`               // of them, whose limits ended it, as its steps say
	Went     int                    `json:"went"`
	Skipped  int                    `json:"skipped"`
	Deferred int                    `json:"deferred"` // touches put off at least once
	Planned  float64                `json:"planned_days"`
	Median   float64                `json:"median_days"` // of those who came to its end, from the first touch to the last
	Finished int                    `json:"finished"`    // how many came to its end
	// Barrier names what put its touches off for longest in all.
	Barrier string `json:"barrier,omitempty"`
}

// Stretched tells whether the governor lets the sequence go much slower than it is
// written.
func (s *Sequence) Stretched() bool {
	return s.Finished > 0 && s.Barrier != "" && s.Median >= s.Planned+5 && s.Median >= s.Planned*1.25
}

// few is how many touches or people prove nothing.
const few = 10

// Starved tells whether hardly anything of the sequence goes.
func (s *Sequence) Starved() bool { return s.Skipped > s.Went && s.Skipped >= few }

// CutShort tells whether limits end it for most who have begun it.
func (s *Sequence) CutShort() bool { return s.Cut > s.Begun/2 && s.Cut >= few }

// Shut returns why nobody may enter of those whom the sequence is for: the most frequent
// reason, and how often it is given. It is empty if somebody enters, or it is for nobody.
func (s *Sequence) Shut() (why andante.Reason, n int) {
	if s.Entered > 0 || s.Begun > 0 {
		return "", 0
	}
	for _, reason := range slices.Sorted(maps.Keys(s.Refused)) {
		if !slices.Contains(notMeant, reason) && s.Refused[reason] > n {
			why, n = reason, s.Refused[reason]
		}
	}
	return why, n
}

// Trouble says in a few words what keeps the sequence from going as it is written; empty:
// nothing does.
func (s *Sequence) Trouble() string {
	switch why, n := s.Shut(); {
	case why != "":
		return fmt.Sprintf("nobody enters: %s (%d)", why.Text(), n)
	case s.CutShort():
		return fmt.Sprintf("cut short: limits end it for %d of the %d who begin it", s.Cut, s.Begun)
	case s.Starved():
		return fmt.Sprintf("starved: %d of its touches are skipped and %d go", s.Skipped, s.Went)
	case s.Stretched():
		return fmt.Sprintf("takes %.0f days, not %.0f: %s", s.Median, s.Planned, s.Barrier)
	}
	return ""
}

// notMeant are the reasons of those whom a sequence is not for, or who have had it.
var notMeant = []andante.Reason{
	andante.ReasonWrongPersona, andante.ReasonWrongStage, andante.ReasonNotPrimary, andante.ReasonAlready, andante.ReasonReenter, andante.ReasonExclusive, andante.ReasonAtOnce,
}

// Sender is the pace of one sender.
type Sender struct {
	Sender   string `json:"sender"`
	Went     int    `json:"went"`
	PeakDay  int    `json:"peak_day"`
	Day      string `json:"day"`
	PeakHour int    `json:"peak_hour"`
	Hour     string `json:"hour"`
	PerHour  int    `json:"per_hour,omitempty"` // what its throttle lets through; 0: it has none
}

// Floor is how accounts stand against their cadence at the end.
type Floor struct {
	Accounts  int `json:"accounts"`
	Behind    int `json:"behind"`
	Neglected int `json:"neglected"`
}
