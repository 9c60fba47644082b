// Package recount counts received mails against the limits of a policy, from the
// definition and from nothing else: it reads the inbox, the contacts' file and
// governor.yaml itself, and shares no code with the governor that it checks.
//
// The definition: for every period (x - P, x] at most N mails to one contact,
// account or address, each counted at the instant at which it was received.
package recount

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"net/mail"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/andante-hq/andante/internal/yamldoc"
)

// Broken is a limit that was found broken.
type Broken struct {
	Limit   string
	Subject string // whom it is about
	Count   int
	Max     int
	End     time.Time // of the period
}

type limit struct {
	Name  string                               `yaml:"name"`
	Scope string                               `yaml:"scope"`
	Max   int                                  `yaml:"max"`
	Per   string                               `yaml:"per"`
	Who   map[string]yamldoc.OneOrMany[string] `yaml:"who"`
	Count struct {
		Kinds yamldoc.OneOrMany[string] `yaml:"kinds"`
	} `yaml:"count"`
}

type person struct {
	id, address, account string
	facts                map[string]string // stages, tiers, personas → value
}

type received struct {
	who *person
	at  time.Time
}

// Inbox counts the mails of a folder and returns every broken limit and the
// number of mails. A contact is found by the recipient's address and, where
// several share it, by name.
func Inbox(folder, contactsFile, policyFile string) (broken []Broken, mails int, err error) {
	people, err := readPeople(contactsFile)
	if err != nil {
		return nil, 0, err
	}
	limits, err := readLimits(policyFile)
	if err != nil {
		return nil, 0, err
	}
	list, err := readMails(folder, people)
	if err != nil {
		return nil, 0, err
	}
	for _, l := range limits {
		broken = append(broken, l.check(list)...)
	}
	return broken, len(list), nil
}

func readPeople(file string) (map[string][]*person, error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	rows, err := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(b, []byte("\ufeff")))).ReadAll()
	if err != nil || len(rows) == 0 {
		return nil, fmt.Errorf("read %s: %w", file, err)
	}
	people := map[string][]*person{}
	for _, row := range rows[1:] {
		v := map[string]string{}
		for i, name := range rows[0] {
			v[name] = strings.TrimSpace(row[i])
		}
		p := &person{id: v["id"], address: strings.ToLower(v["email"]), account: v["account"], facts: map[string]string{
			"stages": v["account.stage"], "tiers": v["account.tier"], "personas": v["persona"],
		}}
		if p.account == "" {
			p.account = "alone:" + p.id
		}
		people[p.address] = append(people[p.address], p)
		key := p.address + " " + strings.TrimSpace(v["first_name"]+" "+v["last_name"])
		people[key] = append(people[key], p)
	}
	return people, nil
}

func readLimits(file string) ([]limit, error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var policy struct {
		Limits []limit `yaml:"limits"`
	}
	doc, found := yamldoc.Parse(file, 1, b)
	for _, f := range append(found, doc.Decode(&policy)...) {
		if f.Rule != yamldoc.RuleUnknownKey { // most of a policy is no limit
			return nil, f
		}
	}
	return policy.Limits, nil
}

func readMails(folder string, people map[string][]*person) ([]received, error) {
	files, err := filepath.Glob(filepath.Join(folder, "*.eml"))
	if err != nil {
		return nil, err
	}
	var list []received
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			return nil, err
		}
		r, err := readMail(b, people)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", filepath.Base(f), err)
		}
		list = append(list, r)
	}
	sort.Slice(list, func(i, j int) bool { return list[i].at.Before(list[j].at) })
	return list, nil
}

func readMail(b []byte, people map[string][]*person) (received, error) {
	m, err := mail.ReadMessage(bytes.NewReader(b))
	if err != nil {
		return received{}, err
	}
	to, err := m.Header.AddressList("To")
	if err != nil || len(to) != 1 {
		return received{}, fmt.Errorf("not one recipient: %w", err)
	}
	address := strings.ToLower(to[0].Address)
	who := people[address]
	if len(who) > 1 {
		who = people[address+" "+to[0].Name]
	}
	if len(who) != 1 {
		return received{}, fmt.Errorf("%d contacts fit the recipient", len(who))
	}
	stamp := m.Header.Get("Received")
	i := strings.LastIndex(stamp, ";")
	at, err := mail.ParseDate(strings.TrimSpace(stamp[i+1:]))
	return received{who[0], at}, err
}

// check slides the period over each subject's mails.
func (l limit) check(list []received) (broken []Broken) {
	if l.Max == 0 || len(l.Count.Kinds) > 0 && !contains(l.Count.Kinds, "email") {
		return nil
	}
	length, err := period(l.Per)
	if err != nil {
		return []Broken{{Limit: l.Name, Subject: err.Error()}}
	}
	subjects := map[string][]time.Time{}
	bound := map[string]bool{}
	for _, r := range list {
		s := r.who.id
		switch l.Scope {
		case "account":
			s = r.who.account
		case "address":
			s = r.who.address
		}
		subjects[s] = append(subjects[s], r.at)
		bound[s] = bound[s] || l.binds(r.who)
	}
	for s, times := range subjects {
		if !bound[s] {
			continue
		}
		if n, end := most(times, length); n > l.Max {
			broken = append(broken, Broken{l.Name, s, n, l.Max, end})
		}
	}
	return broken
}

func (l limit) binds(p *person) bool {
	for fact, values := range l.Who {
		if !contains(values, p.facts[fact]) {
			return false
		}
	}
	return true
}

// most returns the greatest number of times in a half-open period.
func most(times []time.Time, length time.Duration) (n int, end time.Time) {
	for i, t := range times {
		count := 0
		for _, u := range times[:i+1] {
			if u.After(t.Add(-length)) {
				count++
			}
		}
		if count > n {
			n, end = count, t
		}
	}
	return n, end
}

func period(s string) (time.Duration, error) {
	units := map[byte]time.Duration{'h': time.Hour, 'd': 24 * time.Hour, 'w': 7 * 24 * time.Hour}
	unit, ok := units[s[len(s)-1]]
	n, err := strconv.Atoi(s[:len(s)-1])
	if !ok || err != nil {
		return 0, fmt.Errorf("period %s is not counted here", s)
	}
	return time.Duration(n) * unit, nil
}

func contains(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}
