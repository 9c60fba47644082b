// Package postal writes postal addresses the way the country wants them that delivers
// (UPU, "Postal addressing systems in member countries"). What it does not know it writes as
// most countries do: code and town in the last line.
package postal

import (
	"strings"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"

	"github.com/andante-hq/andante"
)

// A form is how the last lines of a country's addresses read.
type form int

const (
	codeTown       form = iota // 10115 Berlin
	townRegionCode             // SPRINGFIELD IL 62701: capitals, no marks (USPS Publication 28)
	townThenCode               // LONDON, and SW1A 1AA below it
	townCode                   // Dublin D02 X285, Sydney NSW 2000
	codeTownRegion             // 00184 Roma RM
	codeTownSlash              // 01310-100 São Paulo - SP, town and region first in the line
)

// forms are those of the countries that don't write code and town.
var forms = map[string]form{
	"US": townRegionCode, "PR": townRegionCode, "CA": townRegionCode, "AU": townRegionCode,
	"GB": townThenCode, "GG": townThenCode, "JE": townThenCode, "IM": townThenCode,
	"IE": townCode, "NZ": townCode, "SG": townCode, "IN": townCode, "HK": townCode,
	"IT": codeTownRegion, "ES": codeTownRegion, "MX": codeTownRegion,
	"BR": codeTownSlash,
}

// Lines returns an address as it stands on an envelope that is posted in the country from: the
// name first, and the country last if it is abroad.
func Lines(a andante.PostalAddress, from string) []string {
	lines := []string{a.Name, a.Company, a.Street, a.Street2}
	if a.Name == a.Company {
		lines = lines[1:]
	}
	lines = append(lines, last(a)...)
	if a.Country != "" && !strings.EqualFold(a.Country, from) {
		lines = append(lines, strings.ToUpper(countryName(a.Country)))
	}
	var list []string
	for _, l := range lines {
		if l = strings.Join(strings.Fields(l), " "); l != "" {
			list = append(list, l)
		}
	}
	return list
}

func last(a andante.PostalAddress) []string {
	join := func(words ...string) string { return strings.Join(words, " ") }
	switch forms[strings.ToUpper(a.Country)] {
	case townRegionCode:
		return []string{strings.ToUpper(join(a.City, a.Region, a.PostalCode))}
	case townThenCode:
		return []string{strings.ToUpper(a.City), strings.ToUpper(a.PostalCode)}
	case townCode:
		return []string{join(a.City, a.PostalCode)}
	case codeTownRegion:
		return []string{join(a.PostalCode, a.City, a.Region)}
	case codeTownSlash:
		if a.Region == "" {
			return []string{a.City, a.PostalCode}
		}
		return []string{a.City + " - " + a.Region, a.PostalCode}
	}
	return []string{join(a.PostalCode, a.City)}
}

// countryName returns the name of a country in English, which every post understands.
func countryName(code string) string {
	r, err := language.ParseRegion(code)
	if err != nil {
		return code
	}
	if name := display.English.Regions().Name(r); name != "" {
		return name
	}
	return code
}

// codeless are countries whose addresses have no postal code.
var codeless = map[string]bool{"HK": true, "AE": true, "QA": true, "AO": true, "BS": true, "BZ": true, "GH": true, "JM": true, "UG": true}

// Lacks names what an address needs that it does not have; nothing if post can go there.
func Lacks(a andante.PostalAddress) (fields []string) {
	need := func(name, value string) {
		if strings.TrimSpace(value) == "" {
			fields = append(fields, name)
		}
	}
	need("street", a.Street)
	need("city", a.City)
	code := strings.ToUpper(a.Country)
	if !codeless[code] {
		need("postal_code", a.PostalCode)
	}
	if forms[code] == townRegionCode {
		need("region", a.Region)
	}
	return fields
}
