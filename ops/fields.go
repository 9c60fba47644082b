package ops

import (
	"fmt"
	"maps"
	"strings"

	"github.com/andante-hq/andante"
)

// setField writes one field in its place.
func setField(c *andante.Contact, a *andante.Account, path, value string) {
	noun, name, _ := strings.Cut(path, ".")
	if noun == "account" {
		setAccountField(a, name, value)
		return
	}
	text := map[string]*string{
		"first_name": &c.FirstName, "last_name": &c.LastName, "job_title": &c.JobTitle, "email": &c.Email, "phone": &c.Phone, "persona": &c.Persona,
		"stage": &c.Stage, "language": &c.Language, "country": &c.Country, "postal_code": &c.PostalCode, "zone": &c.Zone,
	}
	if p, ok := text[name]; ok {
		*p = value
		return
	}
	if c.Fields == nil {
		c.Fields = map[string]string{}
	}
	c.Fields[name] = value
}

func setAccountField(a *andante.Account, name, value string) {
	text := map[string]*string{
		"name": &a.Name, "domain": &a.Domain, "stage": &a.Stage, "owner": &a.Owner, "tier": &a.Tier, "industry": &a.Industry, "country": &a.Country, "zone": &a.Zone,
	}
	switch p, ok := text[name]; {
	case ok:
		*p = value
	case name == "revenue":
		n, _ := andante.NumberField.Parse(value)
		a.Revenue, _ = n.(float64)
	case name == "business":
		b, _ := andante.FlagField.Parse(value)
		a.Business, _ = b.(bool)
	default:
		if a.Fields == nil {
			a.Fields = map[string]string{}
		}
		a.Fields[name] = value
	}
}

func equalContact(a, b andante.Contact) bool {
	fields := maps.Equal(a.Fields, b.Fields)
	a.Fields, b.Fields = nil, nil
	return fields && fmt.Sprint(a) == fmt.Sprint(b)
}

func equalAccount(a, b andante.Account) bool {
	fields := maps.Equal(a.Fields, b.Fields)
	a.Fields, b.Fields = nil, nil
	return fields && fmt.Sprint(a) == fmt.Sprint(b)
}
