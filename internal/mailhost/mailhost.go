package mailhost

import (
	"maps"
	"regexp"
	"slices"
	"strings"
)

// domains are the providers' own, by name.
var domains = map[string][]string{
	"google":    {"gmail.com", "googlemail.com"},
	"microsoft": {"outlook.com", "hotmail.com", "live.com", "msn.com", "passport.com"},
	"yahoo":     {"yahoo.com", "ymail.com", "rocketmail.com", "aol.com", "aim.com", "verizon.net", "att.net", "sbcglobal.net", "bellsouth.net"},
	"apple":     {"icloud.com", "me.com", "mac.com"},
	"gmx":       {"gmx.de", "gmx.net", "gmx.at", "gmx.ch", "gmx.com", "web.de", "mail.com"},
	"telekom":   {"t-online.de", "magenta.de"},
	"comcast":   {"comcast.net", "xfinity.com"},
	"orange":    {"orange.fr", "wanadoo.fr"},
	"proton":    {"proton.me", "protonmail.com", "pm.me"},
	"zoho":      {"zohomail.com", "zoho.com"},
	"yandex":    {"yandex.ru", "yandex.com", "ya.ru"},
	"mailru":    {"mail.ru", "inbox.ru", "list.ru", "bk.ru"},
}

// families are providers that have a domain in many countries: hotmail.fr, yahoo.co.uk.
var families = map[string]string{"hotmail": "microsoft", "outlook": "microsoft", "live": "microsoft", "yahoo": "yahoo"}

// exchangers end the names of the mail exchangers of those who host others' mail.
var exchangers = map[string]string{
	"google.com": "google", "googlemail.com": "google",
	"protection.outlook.com": "microsoft", "mx.microsoft": "microsoft", "olc.protection.outlook.com": "microsoft", "hotmail.com": "microsoft",
	"yahoodns.net": "yahoo", "icloud.com": "apple", "mail.icloud.com": "apple", "gmx.net": "gmx", "kundenserver.de": "ionos", "ionos.com": "ionos",
	"pphosted.com": "proofpoint", "ppe-hosted.com": "proofpoint", "mimecast.com": "mimecast", "barracudanetworks.com": "barracuda",
	"messagelabs.com": "symantec", "iphmx.com": "cisco", "secureserver.net": "godaddy", "emailsrvr.com": "rackspace",
	"zoho.com": "zoho", "zoho.eu": "zoho", "protonmail.ch": "proton", "yandex.net": "yandex", "yandex.ru": "yandex", "mail.ru": "mailru",
	"messagingengine.com": "fastmail", "ovh.net": "ovh", "hornetsecurity.com": "hornet", "t-online.de": "telekom", "comcast.net": "comcast",
	"orange.fr": "orange", "amazonaws.com": "amazon",
}

// owners are the providers by their own domains.
var owners = func() map[string]string {
	m := map[string]string{}
	for name, list := range domains {
		for _, d := range list {
			m[d] = name
		}
	}
	return m
}()

// Of returns the provider of a domain that is known without asking; empty: ask for its mail
// exchangers.
func Of(domain string) string {
	domain = strings.ToLower(domain)
	if name := owners[domain]; name != "" {
		return name
	}
	first, rest, _ := strings.Cut(domain, ".")
	if country.MatchString(rest) {
		return families[first]
	}
	return ""
}

// country matches where the names of a country end, and no name of somebody's.
var country = regexp.MustCompile(`^(?:(?:co|com|net|org)\.)?[a-z]{2}$`)

// ByExchanger returns the provider that a mail exchanger belongs to, the first of the list
// that is known; empty if none is.
func ByExchanger(hosts []string) string {
	for _, host := range hosts {
		host = strings.TrimSuffix(strings.ToLower(host), ".")
		for end := host; end != ""; {
			if name := exchangers[end]; name != "" {
				return name
			}
			_, end, _ = strings.Cut(end, ".")
		}
	}
	return ""
}

// Providers names those that are known.
func Providers() []string {
	names := slices.Collect(maps.Values(exchangers))
	for name := range domains {
		names = append(names, name)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// Known tells whether there is a provider of that name.
func Known(name string) bool { return slices.Contains(Providers(), name) }
