// Package recount counts received mails against the limits of a policy, from the
// definition and from nothing else: it reads the inbox and governor.yaml itself, is
// told who the people are, and shares no code with the governor that it checks.
//
// The definition: whenever somebody whom a limit is about gets a mail at x, at most
// N mails (or points) have come to the contact, the account or the address in the
// period that ends with x, each counted at the instant at which it was received. A
// limit of another kind than email is left alone, and one that can't be counted from
// an inbox is an error: it must not pass for unbroken.
package recount

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"net/mail"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Broken is a limit that was found broken.
type Broken struct {
	Limit   string
	Subject string // whom it is about
	Count   float64
	Max     float64
	End     time.Time // of the period
}

// A Person is somebody who may have got mail. Without an id it is a colleague: what they get is no touch
// and is not counted.
type Person struct {
	ID, Address, Name, Account string
	Zone                       *time.Location
	// Facts are what `who:` asks for: stages, tiers, personas and countries.
	Facts map[string]string
}

// Inbox counts the mails of a folder and returns every broken limit and the
// number of mails. A contact is found by the recipient's address and, where
// several share it, by name, or by whom the link for leaving is.
func Inbox(folder string, people []Person, policyFile string) (broken []Broken, mails int, err error) {
	limits, err := readLimits(policyFile)
	if err != nil {
		return nil, 0, err
	}
	known := map[string][]*Person{}
	for i := range people {
		p := &people[i]
		known[p.Address] = append(known[p.Address], p)
		known[p.Address+" "+p.Name] = append(known[p.Address+" "+p.Name], p)
	}
	list, err := readMails(folder, known)
	if err != nil {
		return nil, 0, err
	}
	for _, l := range limits {
		broken = append(broken, l.check(list)...)
	}
	return broken, len(list), nil
}

type received struct {
	who *Person
	at  time.Time
}

func readMails(folder string, people map[string][]*Person) ([]received, error) {
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
		if r.who.ID != "" {
			list = append(list, r)
		}
	}
	slices.SortStableFunc(list, func(a, b received) int { return a.at.Compare(b.at) })
	return list, nil
}

func readMail(b []byte, people map[string][]*Person) (received, error) {
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
	if len(who) > 1 && to[0].Name != "" {
		who = people[address+" "+to[0].Name]
	}
	if len(who) > 1 { // a mailbox of several people, which a mail gives no name
		id := leaver(m.Header.Get("List-Unsubscribe"))
		who = slices.DeleteFunc(slices.Clone(who), func(p *Person) bool { return p.ID != id })
	}
	if len(who) != 1 {
		return received{}, fmt.Errorf("%d contacts fit the recipient", len(who))
	}
	stamp := m.Header.Get("Received")
	i := strings.LastIndex(stamp, ";")
	at, err := mail.ParseDate(strings.TrimSpace(stamp[i+1:]))
	return received{who[0], at}, err
}

var leaving = regexp.MustCompile(`/u/([A-Za-z0-9_-]{24,})`)

// leaver returns the id of whom a link for leaving is: bytes 2 to 18 of what it ends with.
func leaver(header string) string {
	m := leaving.FindStringSubmatch(header)
	if m == nil {
		return ""
	}
	b, err := base64.RawURLEncoding.DecodeString(m[1])
	if err != nil || len(b) < 18 {
		return ""
	}
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[2:6], b[6:8], b[8:10], b[10:12], b[12:18])
}
