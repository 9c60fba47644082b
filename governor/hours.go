package governor

import (
	"strings"

	"github.com/andante-hq/andante"
)

// An opening is a time in which the hours let the candidate go.
type opening struct{ from, to int64 }

// opens returns the first opening that isn't over at t.
func (v *view) opens(t int64) opening {
	from, to, ok := v.hours.Next(v.time(t))
	if !ok {
		return opening{never, never}
	}
	return opening{from.UnixNano(), to.UnixNano()}
}

// notAfter returns the end of the time in which a touch that goes at t may be
// written. While the hours are closed there is none.
func (v *view) notAfter(t int64, open opening) int64 {
	if open.from > t {
		return t
	}
	return min(t+int64(v.candidate.Holds), open.to, v.stale)
}

// hoursEvidence tells why the hours are closed now.
func (v *view) hoursEvidence() (andante.Reason, andante.Evidence) {
	zones, source := v.facts.zonesFor(v.candidate.Kind)
	e := andante.Evidence{Zone: join(zones, ", "), Source: source}
	if name := v.hours.Blocked(v.start); name != "" {
		e.Rule = name
		return andante.ReasonHoliday, e
	}
	e.Rule = join(v.hours.Windows, " and ")
	return andante.ReasonWindow, e
}

func join[T interface{ String() string }](list []T, between string) string {
	words := make([]string, len(list))
	for i, w := range list {
		words[i] = w.String()
	}
	return strings.Join(words, between)
}
