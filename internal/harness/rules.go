package harness

import (
	"bufio"
	"bytes"
	"fmt"
	"mime"
	"net/textproto"
	"regexp"
	"strings"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/internal/inbox"
)

// A Rule is a limit, a gap, a cool-down, a step of ease or somebody's choice in the
// oracle's own words. It is counted from the definition, slowly, over mails that were
// really received.
type Rule struct {
	Name     string
	Scope    string        // contact, account or address
	Max      int           // 0: a gap, a cool-down or ease
	After    bool          // a cool-down: Per after an introduction
	Ignored  int           // ease: from so many touches on two are Per apart; nobody ever responds
	Ahead    bool          // no rule: more important touches are seen so far ahead, and yielded to
	People   []string      // a choice: addresses of those who chose it; it stands in no policy
	Per      time.Duration // rolling: (x - Per, x]; of a gap, the least time between two
	Unit     string        // instead of Per: day or week of the contact's zone
	Stages   []string      // people to whom it applies; empty: all
	Personas []string
	Purposes []string // of a limit: touches that ask and that count; empty: all that were not asked for
}

// Policy writes the rules as governor.yaml, with the window in which mail may go;
// empty: always.
func Policy(window string, rules ...Rule) string {
	var limits, gaps, cool, ease strings.Builder
	ahead := time.Duration(0)
	for _, l := range rules {
		if l.People != nil {
			continue
		}
		if l.Ahead {
			ahead = l.Per
			continue
		}
		who := ""
		if len(l.Stages)+len(l.Personas) > 0 {
			who = fmt.Sprintf(", who: {stages: [%s], personas: [%s]}", strings.Join(l.Stages, ", "), strings.Join(l.Personas, ", "))
		}
		per := l.Unit
		if per == "" {
			per = fmt.Sprintf("%dmin", l.Per/time.Minute)
		}
		switch {
		case l.After:
			fmt.Fprintf(&cool, "  - {after: introduction, scope: %s, lasts: %s%s}\n", l.Scope, per, who)
			continue
		case l.Ignored > 0:
			fmt.Fprintf(&ease, "  - {ignored: %d, gap: %s}\n", l.Ignored, per)
			continue
		case l.Max == 0:
			fmt.Fprintf(&gaps, "  - {min: %s%s}\n", per, who)
			continue
		}
		fmt.Fprintf(&limits, "  - {name: %s, scope: %s, max: %d, per: %s, count: {purposes: [%s]}%s}\n",
			l.Name, l.Scope, l.Max, per, strings.Join(l.Purposes, ", "), who)
	}
	if window == "" {
		window = "Mon-Sun 00:00-24:00"
	}
	return fmt.Sprintf("limits:\n%sgap:\n%scool_down:\n%sease:\n%slook_ahead: %dmin\nwindows:\n  - {window: %q}\n",
		limits.String(), gaps.String(), cool.String(), ease.String(), ahead/time.Minute, window)
}

// A Receipt is a received mail, read without help from the store.
type Receipt struct {
	At       time.Time
	Contact  andante.ContactID
	Account  andante.AccountID
	Address  string
	Sequence string
	Purpose  string
	Stage    string
	Persona  string
	Zone     *time.Location
	// Introduction: its subject says that it introduces somebody.
	Introduction bool
}

// Introducing begins the subject of a mail that introduces somebody.
const Introducing = "Introducing"

// A Register is what the oracle knows of people and sequences: what the test
// wrote, not what the store says.
type Register struct {
	contacts map[andante.ContactID]andante.Contact
	stages   map[andante.AccountID]string
	purposes map[string]string // of sequences
}

// Register copies down who lives in town. purposes names those of sequences that
// are not marketing.
func (town *Town) Register(purposes map[string]string) *Register {
	r := &Register{map[andante.ContactID]andante.Contact{}, map[andante.AccountID]string{}, purposes}
	for _, c := range town.Contacts {
		r.contacts[c.ID] = c
	}
	for _, a := range town.Accounts {
		r.stages[a.ID] = a.Stage
	}
	return r
}

var mark = regexp.MustCompile(`\[(\S+) (\S+)\]$`)

// Read makes receipts of mails.
func (r *Register) Read(mails []inbox.Mail) (list []Receipt, err error) {
	for _, m := range mails {
		h, err := textproto.NewReader(bufio.NewReader(bytes.NewReader(m.Raw))).ReadMIMEHeader()
		if err != nil {
			return nil, err
		}
		subject, err := new(mime.WordDecoder).DecodeHeader(h.Get("Subject"))
		if err != nil {
			return nil, err
		}
		found := mark.FindStringSubmatch(subject)
		if found == nil || len(m.To) != 1 {
			return nil, fmt.Errorf("mail to %v has no mark: %q", m.To, subject)
		}
		c, ok := r.contacts[andante.ContactID(found[2])]
		if !ok {
			return nil, fmt.Errorf("mail to %v is for nobody in town", m.To)
		}
		zone, err := time.LoadLocation(c.Zone)
		if err != nil {
			return nil, err
		}
		purpose := r.purposes[found[1]]
		if purpose == "" {
			purpose = "marketing"
		}
		list = append(list, Receipt{
			At: m.At, Contact: c.ID, Account: c.Account, Address: m.To[0], Sequence: found[1],
			Purpose: purpose, Stage: r.stages[c.Account], Persona: c.Persona, Zone: zone,
			Introduction: strings.HasPrefix(subject, Introducing),
		})
	}
	return list, nil
}

// Breaches counts the receipts, in the order in which they came in, against the
// rule.
func (l Rule) Breaches(list []Receipt) (broken []string) {
	for i, m := range list {
		if !l.asks(m) {
			continue
		}
		n, earlier := 1, 0
		for j, o := range list {
			// What came in at the same instant is counted once it stands before it.
			if i == j || o.At.After(m.At) || o.At.Equal(m.At) && j > i || !l.counts(o) || !l.same(m, o) {
				continue
			}
			earlier++
			if l.within(m, o) {
				n++
			}
		}
		if earlier < l.Ignored {
			continue // not yet that many
		}
		if ceiling := max(l.Max, 1); n > ceiling {
			broken = append(broken, fmt.Sprintf("%s: %d mails where %d may be, with the one to %s at %s", l.Name, n, ceiling, m.Address, m.At.Format(time.RFC3339Nano)))
		}
	}
	return broken
}

// asks tells whether the rule binds a mail to this person.
func (l Rule) asks(m Receipt) bool {
	return !l.Ahead && m.Purpose != "requested" && in(l.Purposes, m.Purpose) && in(l.Stages, m.Stage) && in(l.Personas, m.Persona) && in(l.People, m.Address)
}

// counts tells whether a mail takes a place. What somebody asked for takes none.
func (l Rule) counts(m Receipt) bool {
	return m.Purpose != "requested" && in(l.Purposes, m.Purpose) && (m.Introduction || !l.After)
}

func (l Rule) same(a, b Receipt) bool {
	switch l.Scope {
	case "account":
		return a.Account == b.Account
	case "address":
		return a.Address == b.Address
	}
	return a.Contact == b.Contact
}

// within tells whether the earlier mail lies in the period that ends with m.
func (l Rule) within(m, earlier Receipt) bool {
	if l.Unit == "" {
		return earlier.At.After(m.At.Add(-l.Per))
	}
	a, b := m.At.In(m.Zone), earlier.At.In(m.Zone)
	if l.Unit == "week" {
		ay, aw := a.ISOWeek()
		by, bw := b.ISOWeek()
		return ay == by && aw == bw
	}
	return a.Format(time.DateOnly) == b.Format(time.DateOnly)
}

func in(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return len(list) == 0
}
