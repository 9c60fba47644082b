package contacts

import (
	"errors"
	"strings"

	"golang.org/x/text/language"

	"github.com/andante-hq/andante/calendar"
)

// names of countries that files are full of; all others are written as codes.
var names = map[string]string{
	"australia": "AU", "austria": "AT", "österreich": "AT", "belgium": "BE", "belgien": "BE", "brazil": "BR", "canada": "CA", "kanada": "CA",
	"china": "CN", "czechia": "CZ", "czech republic": "CZ", "tschechien": "CZ", "denmark": "DK", "dänemark": "DK", "england": "GB",
	"finland": "FI", "finnland": "FI", "france": "FR", "frankreich": "FR", "germany": "DE", "deutschland": "DE", "great britain": "GB",
	"großbritannien": "GB", "india": "IN", "indien": "IN", "ireland": "IE", "irland": "IE", "italy": "IT", "italien": "IT", "italia": "IT",
	"japan": "JP", "luxembourg": "LU", "luxemburg": "LU", "mexico": "MX", "netherlands": "NL", "the netherlands": "NL", "niederlande": "NL",
	"new zealand": "NZ", "norway": "NO", "norwegen": "NO", "poland": "PL", "polen": "PL", "portugal": "PT", "scotland": "GB", "singapore": "SG",
	"spain": "ES", "spanien": "ES", "españa": "ES", "sweden": "SE", "schweden": "SE", "switzerland": "CH", "schweiz": "CH", "suisse": "CH",
	"united kingdom": "GB", "united states": "US", "united states of america": "US", "vereinigte staaten": "US", "usa": "US", "u.s.": "US", "u.s.a.": "US",
}

// country reads a country and returns its ISO 3166-1 alpha-2 code.
func country(s string) (string, error) {
	if code, ok := names[strings.ToLower(s)]; ok {
		return code, nil
	}
	r, err := language.ParseRegion(s)
	if err != nil || !r.IsCountry() || len(s) > 3 || s[0] < 'A' {
		return "", errors.New("write the country's code of two letters, such as US")
	}
	return r.Canonicalize().String(), nil
}

// tongue reads a language tag (BCP 47) and returns its usual spelling.
func tongue(s string) (string, error) {
	t, err := language.Parse(s)
	if err != nil || strings.HasPrefix(t.String(), "und") || strings.HasPrefix(t.String(), "x-") {
		return "", errors.New("write the language's code, such as en or de-AT")
	}
	return t.String(), nil
}

// zone reads the name of a time zone.
func zone(s string) (string, error) {
	if _, err := calendar.LoadZone(s); err != nil {
		return "", errors.New("write an IANA name such as Europe/Berlin")
	}
	return s, nil
}
