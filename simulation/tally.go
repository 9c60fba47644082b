package simulation

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/governor"
)

// A Person is who may get touches.
type Person struct {
	Contact andante.ContactID
	Account andante.AccountID
	Owner   string // who does the tasks
	Facts   governor.Facts
	Counted bool // it is in the report; the others are there to fill limits
}

// A Tally adds up what was played from one instant on to another.
type Tally struct {
	from, to time.Time
	home     *time.Location
	policy   *governor.Policy
	r        Report

	people    map[andante.ContactID]*Person
	accounts  map[andante.AccountID]bool // of those in the report
	gone      []going                    // whatever counts, history too
	touchOf   map[andante.TouchID]sequenceOf
	weeks     map[string]*Week
	perWeek   map[string]map[andante.ContactID]int // week → contact → touches
	perPerson map[andante.ContactID]int
	tasks     map[string]map[string]int // owner → week → tasks
	sequences map[string]*sequenceTally
	senders   map[string]*senderTally
	deferred  map[andante.TouchID]bool
}

type going struct {
	who   *Person
	at    time.Time
	touch *andante.Touch
	asked bool // the governor decided about it in the simulation
}

type sequenceOf struct {
	sequence string
	counted  bool
}

type sequenceTally struct {
	Sequence
	begins, ends map[andante.EnrollmentID]time.Time
	lasts        map[string]time.Duration // barrier → time that it kept touches waiting
}

type senderTally struct{ days, hours map[string]int }

// NewTally begins a report of what is played between two instants under a policy; home is
// the company's zone.
func NewTally(from, to time.Time, home *time.Location, policy *governor.Policy) *Tally {
	t := &Tally{
		from: from, to: to, home: home, policy: policy,
		people: map[andante.ContactID]*Person{}, accounts: map[andante.AccountID]bool{}, touchOf: map[andante.TouchID]sequenceOf{}, weeks: map[string]*Week{},
		perWeek: map[string]map[andante.ContactID]int{}, perPerson: map[andante.ContactID]int{}, tasks: map[string]map[string]int{},
		sequences: map[string]*sequenceTally{}, senders: map[string]*senderTally{}, deferred: map[andante.TouchID]bool{},
	}
	t.r = Report{
		Days: int(to.Sub(from).Hours()/24 + 0.5), From: from, To: to, Touches: map[andante.State]int{}, Reasons: map[andante.Reason]int{},
		PerWeek: []Week{}, PerOwner: []Owner{}, PerSequence: []Sequence{}, PerSender: []Sender{},
	}
	return t
}

// Person adds somebody; before any touch.
func (t *Tally) Person(p Person) {
	if t.people[p.Contact] = &p; p.Counted {
		t.accounts[p.Account] = true
	}
}

// Touch adds a touch, of the time that was played or before it.
func (t *Tally) Touch(x andante.Touch) {
	who := t.people[x.Contact]
	if who == nil || x.Kind == andante.Decide {
		return
	}
	t.touchOf[x.ID] = sequenceOf{x.Sequence, who.Counted}
	if x.State.Went() && !x.Counted.IsZero() {
		t.gone = append(t.gone, going{who, x.Counted, &x, t.asked(x)})
	}
	if !x.Settled.IsZero() && x.Settled.Before(t.from) || !who.Counted {
		return
	}
	t.r.Touches[x.State]++
	q := t.sequence(x.Sequence)
	switch x.State {
	case andante.Sent, andante.Done, andante.Open:
		t.went(x, who, q)
	case andante.Skipped, andante.Failed:
		q.Skipped++
	}
}

// asked tells whether the governor decided about a touch in the time that was played: not
// about a card that was posted before, whenever it lands, nor about a task of no sequence,
// which is given whatever went before.
func (t *Tally) asked(x andante.Touch) bool {
	decided := x.Settled
	if x.Kind.ByHuman() || decided.IsZero() {
		decided = x.Due
	}
	return x.Enrollment != "" && !decided.Before(t.from)
}

// About tells whether somebody of an account is in the report.
func (t *Tally) About(account andante.AccountID) bool { return t.accounts[account] }

func (t *Tally) sequence(name string) *sequenceTally {
	q := t.sequences[name]
	if q == nil {
		q = &sequenceTally{Sequence: Sequence{Sequence: name}, begins: map[andante.EnrollmentID]time.Time{}, ends: map[andante.EnrollmentID]time.Time{}, lasts: map[string]time.Duration{}}
		t.sequences[name] = q
	}
	return q
}

func (t *Tally) went(x andante.Touch, who *Person, q *sequenceTally) {
	at := x.Settled
	if x.Kind.ByHuman() || at.IsZero() {
		at = x.Due // when it was given to its owner
	}
	week := t.week(at)
	w := t.weeks[week]
	if w == nil {
		w = &Week{Week: week, Kinds: map[andante.Kind]int{}}
		t.weeks[week], t.perWeek[week] = w, map[andante.ContactID]int{}
	}
	w.Kinds[x.Kind]++
	w.Total++
	t.perWeek[week][x.Contact]++
	t.perPerson[x.Contact]++
	q.Went++
	if first, ok := q.begins[x.Enrollment]; !ok || at.Before(first) {
		q.begins[x.Enrollment] = at
	}
	if at.After(q.ends[x.Enrollment]) {
		q.ends[x.Enrollment] = at
	}
	if x.Kind.ByHuman() {
		if t.tasks[who.Owner] == nil {
			t.tasks[who.Owner] = map[string]int{}
		}
		t.tasks[who.Owner][week]++
		return
	}
	s := t.senders[x.Sender]
	if s == nil {
		s = &senderTally{map[string]int{}, map[string]int{}}
		t.senders[x.Sender] = s
	}
	local := at.In(t.home)
	s.days[local.Format(time.DateOnly)]++
	s.hours[local.Format("2006-01-02 15:00")]++
}

// week returns the Monday of an instant.
func (t *Tally) week(at time.Time) string {
	local := at.In(t.home)
	return local.AddDate(0, 0, -(int(local.Weekday())+6)%7).Format(time.DateOnly)
}

// tooOften are the reasons that are about how much is too much.
var tooOften = append(slices.Clone(governor.OverLimit), andante.ReasonYielded)

// Verdict adds a "no" or "not yet", of a touch that was added before.
func (t *Tally) Verdict(id andante.TouchID, at time.Time, v andante.Verdict) {
	of, known := t.touchOf[id]
	if !known || !of.counted || at.Before(t.from) || v.Reason == andante.ReasonReturned { // somebody else takes it over
		return
	}
	t.r.Reasons[v.Reason]++
	if v.Action != andante.Defer || !slices.Contains(tooOften, v.Reason) {
		return
	}
	q := t.sequence(of.sequence)
	if !t.deferred[id] {
		t.deferred[id] = true
		t.r.Deferred++
		q.Deferred++
	}
	if !v.Until.IsZero() {
		q.lasts[barrier(v)] += v.Until.Sub(at)
	}
}

// barrier names what put a touch off.
func barrier(v andante.Verdict) string {
	switch {
	case v.Reason == andante.ReasonYielded:
		return "more important touches"
	case v.Reason == andante.ReasonLimit && v.Evidence.Rule != "":
		return v.Evidence.Rule
	case v.Reason == andante.ReasonCoolDown:
		return "the cool-down after the " + v.Evidence.Rule
	}
	return string(v.Reason)
}

// Entering adds who entered a sequence at the beginning, and who might not.
func (t *Tally) Entering(sequence string, entered int, refused map[andante.Reason]int) {
	q := t.sequence(sequence)
	q.Entered, q.Refused = entered, refused
}

// Finish returns the report. planned says how many days a sequence takes as it is written,
// ended why an enrollment is over, perHour what a sender's throttle lets through; 0:
// everything.
func (t *Tally) Finish(planned func(sequence string) float64, ended func(andante.EnrollmentID) andante.Reason, perHour func(sender string) int) *Report {
	r := &t.r
	var numbers []int
	for _, p := range t.people {
		if p.Counted {
			numbers = append(numbers, t.perPerson[p.Contact])
		}
	}
	r.Contacts, r.Accounts, r.PerContact = len(numbers), len(t.accounts), spread(numbers)
	t.finishWeeks()
	t.finishOwners()
	for _, name := range slices.Sorted(maps.Keys(t.sequences)) {
		q := t.sequences[name]
		var took []float64
		for id, begin := range q.begins {
			switch ended(id) {
			case andante.ReasonFinished:
				took = append(took, q.ends[id].Sub(begin).Hours()/24)
			case andante.ReasonOverLimit:
				q.Cut++
			}
		}
		q.Begun = len(q.begins)
		q.Planned, q.Finished, q.Median = round(planned(name)), len(took), round(median(took))
		q.Barrier = longest(q.lasts)
		r.PerSequence = append(r.PerSequence, q.Sequence)
	}
	for _, key := range slices.Sorted(maps.Keys(t.senders)) {
		s := Sender{Sender: key, PerHour: perHour(key)}
		for _, n := range t.senders[key].days {
			s.Went += n
		}
		s.Day, s.PeakDay = peak(t.senders[key].days)
		s.Hour, s.PeakHour = peak(t.senders[key].hours)
		r.PerSender = append(r.PerSender, s)
	}
	r.OverLimit = t.over()
	return r
}

func (t *Tally) finishWeeks() {
	for day := t.from; ; day = day.AddDate(0, 0, 7) {
		week := t.week(day)
		if week > t.week(t.to) {
			return
		}
		w := Week{Week: week, Kinds: map[andante.Kind]int{}}
		if had := t.weeks[week]; had != nil {
			w = *had
		}
		w.Heat = make([]int, HeatTop+1)
		w.Heat[0] = t.r.Contacts - len(t.perWeek[week])
		for _, n := range t.perWeek[week] {
			w.Heat[min(n, HeatTop)]++
		}
		t.r.PerWeek = append(t.r.PerWeek, w)
	}
}

func (t *Tally) finishOwners() {
	for _, owner := range slices.Sorted(maps.Keys(t.tasks)) {
		o := Owner{Owner: owner}
		for _, n := range t.tasks[owner] {
			o.Tasks += n
		}
		o.PerWeek = round(float64(o.Tasks) / float64(len(t.tasks[owner])))
		o.PeakWeek, o.Peak = peak(t.tasks[owner])
		t.r.PerOwner = append(t.r.PerOwner, o)
	}
}

// spread sums numbers up.
func spread(list []int) Spread {
	s := Spread{Histogram: []Bucket{}}
	if len(list) == 0 {
		return s
	}
	slices.Sort(list)
	s.Least, s.Median, s.Most = list[0], list[len(list)/2], list[len(list)-1]
	for _, n := range list {
		if k := len(s.Histogram); k == 0 || s.Histogram[k-1].Touches != n {
			s.Histogram = append(s.Histogram, Bucket{Touches: n})
		}
		s.Histogram[len(s.Histogram)-1].Contacts++
	}
	return s
}

func median(list []float64) float64 {
	if len(list) == 0 {
		return 0
	}
	slices.Sort(list)
	return list[len(list)/2]
}

func round(x float64) float64 { return float64(int(x*10+0.5)) / 10 }

// peak returns the first key with the greatest number.
func peak(m map[string]int) (key string, n int) {
	for _, k := range slices.Sorted(maps.Keys(m)) {
		if m[k] > n {
			key, n = k, m[k]
		}
	}
	return key, n
}

func longest(m map[string]time.Duration) (name string) {
	for _, k := range slices.Sorted(maps.Keys(m)) {
		if name == "" || m[k] > m[name] {
			name = k
		}
	}
	return name
}

// over counts the touches that broke a limit. It is written from what a limit means, and
// not with the governor's code: whenever a touch comes at x, at most so many of those that
// the limit counts lie in the period that ends with x.
func (t *Tally) over() (n int) {
	slices.SortStableFunc(t.gone, func(a, b going) int {
		return cmp.Or(a.at.Compare(b.at), cmp.Compare(a.touch.ID, b.touch.ID))
	})
	for i := range t.policy.Limits {
		l := &t.policy.Limits[i]
		for _, list := range t.subjects(l) {
			n += t.overIn(l, list)
		}
	}
	return n
}

// subjects sorts what a limit counts by whom it is about.
func (t *Tally) subjects(l *governor.Limit) map[string][]going {
	by := map[string][]going{}
	for _, g := range t.gone {
		if !l.Count.Matches(g.touch.Kind, g.touch.Purpose) || g.touch.Result.Unanswered() && !l.Count.Unanswered {
			continue
		}
		key := string(g.who.Contact)
		switch l.Scope {
		case governor.ScopeAccount:
			key = string(g.who.Account)
		case governor.ScopeAddress:
			key = string(g.touch.Address)
		}
		if key != "" {
			by[key] = append(by[key], g)
		}
	}
	return by
}

func (t *Tally) overIn(l *governor.Limit, list []going) (n int) {
	weigh := func(andante.Kind) float64 { return 1 }
	most := float64(l.Max)
	if l.MaxPoints > 0 {
		most, weigh = l.MaxPoints, func(k andante.Kind) float64 {
			if w, ok := t.policy.Points[k]; ok {
				return w
			}
			return 1
		}
	}
	sum, first := 0.0, 0
	for i, g := range list {
		sum += weigh(g.touch.Kind)
		for ; first < i && !within(l, list[first], g); first++ {
			sum -= weigh(list[first].touch.Kind)
		}
		if sum > most+1e-9 && g.asked && g.who.Counted && l.Who.Matches(&g.who.Facts) {
			n++
		}
	}
	return n
}

// within tells whether the earlier touch lies in the period that ends with the later one.
func within(l *governor.Limit, earlier, g going) bool {
	if l.Per.Unit == "" {
		return earlier.at.After(g.at.Add(-l.Per.Length))
	}
	zone := time.UTC
	if len(g.who.Facts.Zones) > 0 {
		zone = g.who.Facts.Zones[0]
	}
	name := func(at time.Time) string {
		local := at.In(zone)
		switch l.Per.Unit {
		case "day":
			return local.Format(time.DateOnly)
		case "week":
			y, w := local.ISOWeek()
			return fmt.Sprint(y, w)
		case "month":
			return local.Format("2006-01")
		}
		return local.Format("2006")
	}
	return name(earlier.at) == name(g.at)
}
