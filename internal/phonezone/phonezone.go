// Package phonezone knows in which time zones a phone number may be answered. A prefix is
// where a number was given out and not where its owner is, so there may be many.
package phonezone

import (
	"slices"

	"github.com/nyaruka/phonenumbers/v2"
	"github.com/nyaruka/phonenumbers/v2/timezone"
)

// Of returns the zones that a number's prefix covers, by their IANA names; none if the number
// can't be read or nobody knows.
func Of(number string) []string {
	n, err := phonenumbers.Parse(number, "")
	if err != nil {
		return nil
	}
	zones, err := timezone.GetTimeZonesForNumber(n)
	if err != nil || slices.Contains(zones, timezone.Unknown) {
		return nil
	}
	return zones
}

// Country returns where a number in E.164 is at home, as an ISO code; empty: it is none.
func Country(number string) string {
	n, err := phonenumbers.Parse(number, "")
	if err != nil || phonenumbers.Format(n, phonenumbers.E164) != number {
		return ""
	}
	return phonenumbers.GetRegionCodeForNumber(n)
}
