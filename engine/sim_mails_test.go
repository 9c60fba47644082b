package engine

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/andante-hq/andante"
)

// These expectations look at what the mail server took, and at nothing that the
// program says of itself.

// expectTouch: SEQUENCE/STEP NAME TIME. It plays on to the end of TIME and needs
// a mail of the step that came in it; each mail answers for one statement only.
func (w *simWorld) expectTouch(args []string) error {
	step, id, rest, err := w.subject(args)
	if err != nil {
		return err
	}
	s, err := w.when(rest, id)
	if err != nil {
		return err
	}
	if err := w.runTo(s.to); err != nil {
		return err
	}
	var others []string
	for _, m := range w.mails {
		if m.touch.Contact != id || m.touch.Sequence+"/"+m.touch.Step != step {
			continue
		}
		if s.holds(m.At) && !m.expected {
			m.expected = true
			return nil
		}
		others = append(others, w.tell(m))
	}
	if len(others) > 0 {
		return fmt.Errorf("it came at another time:\n  %s", strings.Join(others, "\n  "))
	}
	return errors.New("it did not come")
}

// expectNotice: PERSON WORDS at TIME. It plays on to the end of TIME and needs a notice to the
// person with these words in its subject; each answers for one statement only.
func (w *simWorld) expectNotice(args []string) error {
	i := slices.Index(args, "at")
	if i < 2 {
		return errors.New("write expect notice PERSON WORDS at TIME")
	}
	s, err := parseSpan(args[i+1:], w.loc)
	if err != nil {
		return err
	}
	if err := w.runTo(s.to); err != nil {
		return err
	}
	var others []string
	for _, m := range w.told {
		if !strings.Contains(m.header.Get("To"), args[0]+"@") {
			continue
		}
		if s.holds(m.At) && !m.expected && strings.Contains(m.header.Get("Subject"), strings.Join(args[1:i], " ")) {
			m.expected = true
			return nil
		}
		others = append(others, m.At.In(w.loc).Format(simClock)+" "+m.header.Get("Subject"))
	}
	return fmt.Errorf("it did not come; to %s there were\n  %s", args[0], strings.Join(others, "\n  "))
}

// expectNone: [NAME ...] until TIME. It plays on and nothing may come before TIME.
func (w *simWorld) expectNone(args []string) error {
	i := slices.Index(args, "until")
	if i < 0 {
		return errors.New("write expect none [NAME ...] until TIME")
	}
	var only []andante.ContactID
	for _, word := range args[:i] {
		for _, n := range names(word) {
			id, err := w.who(n)
			if err != nil {
				return err
			}
			only = append(only, id)
		}
	}
	s, err := parseSpan(args[i+1:], w.loc)
	if err != nil {
		return err
	}
	if err := w.collect(); err != nil {
		return err
	}
	before := len(w.mails)
	if err := w.runTo(s.from); err != nil {
		return err
	}
	for _, m := range w.mails[before:] {
		if len(only) == 0 || slices.Contains(only, m.touch.Contact) {
			return fmt.Errorf("a mail came: %s", w.tell(m))
		}
	}
	return nil
}

// expectSenders: [NAME] N. The contact (each, with p[1-9]), or all together, had mails from
// so many addresses.
func (w *simWorld) expectSenders(args []string) error {
	if len(args) == 0 || len(args) > 2 {
		return errors.New("write expect senders [NAME] N")
	}
	n, err := strconv.Atoi(args[len(args)-1])
	if err != nil {
		return err
	}
	who := []string{""}
	if len(args) == 2 {
		who = names(args[0])
	}
	for _, name := range who {
		var id andante.ContactID
		if name != "" {
			if id, err = w.who(name); err != nil {
				return err
			}
		}
		from := map[string]bool{}
		for _, m := range w.mails {
			if id == "" || m.touch.Contact == id {
				from[m.From] = true
			}
		}
		if len(from) != n {
			return fmt.Errorf("%s had mails from %v", cmp.Or(name, "all"), slices.Sorted(keysOf(from)))
		}
	}
	return nil
}

// expectSent: [NAME] N. So many mails have come so far, to the contact (to each,
// with p[1-9]) or to all together; they need no statement of their own.
func (w *simWorld) expectSent(args []string) error {
	if len(args) == 0 || len(args) > 2 {
		return errors.New("write expect sent [NAME] N")
	}
	n, err := strconv.Atoi(args[len(args)-1])
	if err != nil {
		return err
	}
	if len(args) == 1 {
		for _, m := range w.mails {
			m.expected = true
		}
		if len(w.mails) != n {
			return fmt.Errorf("%d came", len(w.mails))
		}
		return nil
	}
	for _, name := range names(args[0]) {
		id, err := w.who(name)
		if err != nil {
			return err
		}
		got := 0
		for _, m := range w.mails {
			if m.touch.Contact == id {
				m.expected = true
				got++
			}
		}
		if got != n {
			return fmt.Errorf("%d came to %s", got, name)
		}
	}
	return nil
}

// expectMost: N per LENGTH SCOPE. The mails are counted again, by another way
// than the governor's: however a period of that length is laid, no contact,
// account, address or sender has more than N in it. LENGTH day or week means the
// calendar's.
func (w *simWorld) expectMost(args []string) error {
	if len(args) != 4 || args[1] != "per" {
		return errors.New("write expect most N per LENGTH contact|account|address|sender")
	}
	most, err := strconv.Atoi(args[0])
	if err != nil {
		return err
	}
	groups := map[string][]time.Time{}
	for _, m := range w.mails {
		key := map[string]string{"contact": string(m.touch.Contact), "account": string(m.touch.Account), "address": m.To[0], "sender": m.From}[args[3]]
		if key == "" {
			return fmt.Errorf("what is %q", args[3])
		}
		at := m.At
		if args[2] == "day" || args[2] == "week" {
			local := m.At.In(w.zones[m.touch.Contact])
			year, week := local.ISOWeek()
			key += fmt.Sprint(year, week)
			if args[2] == "day" {
				key += local.Format(time.DateOnly)
			}
			at = time.Time{}
		}
		groups[key] = append(groups[key], at)
	}
	length := time.Duration(1)
	if args[2] != "day" && args[2] != "week" {
		if length, err = parseLength(args[2]); err != nil {
			return err
		}
	}
	for _, list := range groups {
		slices.SortFunc(list, time.Time.Compare)
		for i := most; i < len(list); i++ {
			if list[i].Sub(list[i-most]) < length {
				return fmt.Errorf("%d from %s to %s", most+1, list[i-most].In(w.loc).Format(simClock), list[i].In(w.loc).Format(simClock))
			}
		}
	}
	return nil
}

// expectHours: DAY-DAY HH:MM-HH:MM. Every mail so far came on these days and
// hours of its contact's clock.
func (w *simWorld) expectHours(args []string) error {
	const week = "Mon Tue Wed Thu Fri Sat Sun"
	if len(args) != 2 {
		return errors.New("write expect hours Mon-Fri 08:00-17:30")
	}
	first, last, _ := strings.Cut(args[0], "-")
	from, to, _ := strings.Cut(args[1], "-")
	for _, m := range w.mails {
		local := m.At.In(w.zones[m.touch.Contact])
		day, clock := strings.Index(week, local.Format("Mon")), local.Format("15:04")
		if day < strings.Index(week, first) || day > strings.Index(week, cmp.Or(last, first)) || clock < from || clock >= to {
			return fmt.Errorf("%s %s/%s to %s", local.Format(simClock), m.touch.Sequence, m.touch.Step, w.nameOf(m.touch.Contact))
		}
	}
	return nil
}

// mailOf returns the last mail of a step to a contact.
func (w *simWorld) mailOf(step string, id andante.ContactID) (*arrival, error) {
	for _, m := range slices.Backward(w.mails) {
		if m.touch.Contact == id && m.touch.Sequence+"/"+m.touch.Step == step {
			return m, nil
		}
	}
	return nil, fmt.Errorf("no mail of %s has come", step)
}

// expectHeader: SEQUENCE/STEP NAME FIELD VALUE ... A value <SEQUENCE/STEP> is the
// Message-ID of that mail to the same contact; no value: the field is not there.
func (w *simWorld) expectHeader(args []string) error {
	step, id, rest, err := w.subject(args)
	if err != nil {
		return err
	}
	if len(rest) == 0 {
		return errors.New("write SEQUENCE/STEP NAME FIELD VALUE ...")
	}
	m, err := w.mailOf(step, id)
	if err != nil {
		return err
	}
	want := slices.Clone(rest[1:])
	for i, v := range want {
		if strings.HasPrefix(v, "<") && strings.Contains(v, "/") {
			other, err := w.mailOf(strings.Trim(v, "<>"), id)
			if err != nil {
				return err
			}
			want[i] = "<" + other.MessageID + ">"
		}
	}
	if got := strings.Join(strings.Fields(m.header.Get(rest[0])), " "); got != strings.Join(want, " ") {
		return fmt.Errorf("%s: %s, want %s", rest[0], got, strings.Join(want, " "))
	}
	return nil
}

// expectText: SEQUENCE/STEP NAME [not] "words". The mail has them, as they stand
// in its source.
func (w *simWorld) expectText(args []string) error {
	step, id, rest, err := w.subject(args)
	if err != nil {
		return err
	}
	m, err := w.mailOf(step, id)
	if err != nil {
		return err
	}
	want := true
	if len(rest) > 1 && rest[0] == "not" {
		want, rest = false, rest[1:]
	}
	if words := strings.Join(rest, " "); strings.Contains(string(m.Raw), words) != want {
		return fmt.Errorf("the mail:\n%s", m.Raw)
	}
	return nil
}
