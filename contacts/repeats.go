package contacts

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/andante-hq/andante/ops"
)

// repeats remembers what the rows above said, to tell of those that speak of the same
// contact or of one account in two ways.
type repeats struct {
	report   *Report
	ids      map[string]said // of contacts, with their address
	people   map[string]int  // lines, by id, else address, else number
	accounts map[[2]string]said
}

// said is what a line has said.
type said struct {
	value string
	line  int
}

func newRepeats(r *Report) *repeats {
	return &repeats{report: r, ids: map[string]said{}, people: map[string]int{}, accounts: map[[2]string]said{}}
}

// note looks at the next row. One whose id an earlier row gave to somebody with another
// address is not to be taken: they would become one person.
func (x *repeats) note(r ops.Row) *flaw {
	if first, known := x.ids[r.ExternalID]; r.ExternalID != "" && r.Email != "" {
		switch {
		case !known:
			x.ids[r.ExternalID] = said{r.Email, r.Line}
		case !strings.EqualFold(first.value, r.Email):
			return &flaw{"the id stands for another address above", fmt.Sprintf("%s, on line %d", r.ExternalID, first.line)}
		}
	}
	who := cmp.Or(r.ExternalID, strings.ToLower(r.Email), r.Fields[pathPhone])
	if line, known := x.people[who]; known {
		x.tell("lines %d and %d are the same contact", line, r.Line)
	}
	x.people[who] = r.Line
	if r.Account == "" {
		return nil
	}
	for _, path := range accountWide {
		value := r.Fields[path]
		if value == "" {
			continue
		}
		key := [2]string{r.Account, path}
		if first, known := x.accounts[key]; known && first.value != value {
			x.tell("lines %d and %d say of the account %s that its %s is %s, and %s", first.line, r.Line, r.Account, strings.TrimPrefix(path, "account."), first.value, value)
		}
		x.accounts[key] = said{value, r.Line}
	}
	return nil
}

// accountWide is what many things hang on and each row of an account may say.
var accountWide = []string{"account.stage", "account.tier", "account.owner"}

// fewRepeats is how many are named.
const fewRepeats = 5

func (x *repeats) tell(format string, args ...any) {
	if x.report.Repeated++; len(x.report.Repeats) < fewRepeats {
		x.report.Repeats = append(x.report.Repeats, fmt.Sprintf(format, args...))
	}
}
