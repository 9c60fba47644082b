package andante

import (
	"cmp"
	"strconv"
	"strings"
	"time"
)

// settledBy begins the response of an attempt whose outcome nobody knew and a person
// found out. The name goes up to a colon; what was said before follows it.
const settledBy = "settled by "

// SettleBy writes into an attempt of unknown outcome what a person found out.
func (a *Attempt) SettleBy(who string, at time.Time, o Outcome) {
	said := a.Response
	if a.Code != 0 && !strings.HasPrefix(said, strconv.Itoa(a.Code)) {
		said = strconv.Itoa(a.Code) + " " + said
	}
	a.Response = settledBy + plainName(who) + ": " + said
	a.Outcome, a.Ended, a.Code = o, at, 0 // no server said so
}

// plainName leaves out of a name what would end it.
func plainName(who string) string {
	return cmp.Or(strings.Join(strings.Fields(strings.ReplaceAll(CleanText(who), ":", " ")), " "), "somebody")
}

// Settler returns who settled the attempt, and what was said before; empty if it has
// its outcome from a channel.
func (a Attempt) Settler() (who, said string) {
	rest, ok := strings.CutPrefix(a.Response, settledBy)
	if !ok || a.Code != 0 { // a server may say what it likes
		return "", ""
	}
	who, said, _ = strings.Cut(rest, ": ")
	return who, said
}
