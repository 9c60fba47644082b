package ops

import (
	"maps"
	"reflect"
	"strconv"
	"strings"

	"github.com/andante-hq/andante"
)

// setField writes one field in its place. A persona or a tier that a file leaves
// empty is for the rules to choose.
func setField(c *andante.Contact, a *andante.Account, path, value string) {
	noun, name, _ := strings.Cut(path, ".")
	switch {
	case path == "contact.persona":
		given(&c.Persona, &c.PersonaByRule, value)
	case path == "account.tier":
		given(&a.Tier, &a.TierByRule, value)
	case path == "account.revenue":
		n, _ := andante.NumberField.Parse(value)
		a.Revenue, _ = n.(float64)
	case path == "account.business":
		b, _ := andante.FlagField.Parse(value)
		a.Business, _ = b.(bool)
	default:
		if p := textField(c, a, path); p != nil {
			*p = value
			return
		}
		fields := &c.Fields
		if noun == "account" {
			fields = &a.Fields
		}
		if *fields == nil {
			*fields = map[string]string{}
		}
		(*fields)[name] = value
	}
}

// FieldOf returns a field in the form in which a file gives it; empty if it has none, or if a rule
// chose it.
func FieldOf(c andante.Contact, a andante.Account, path string) string {
	noun, name, _ := strings.Cut(path, ".")
	switch {
	case path == "account" && !strings.HasPrefix(a.Key, ownAccount):
		return a.Key
	case path == "account":
		return ""
	case path == "contact.external_id":
		return c.ExternalID
	case path == "contact.persona" && c.PersonaByRule, path == "account.tier" && a.TierByRule:
		return ""
	case path == "contact.persona":
		return c.Persona
	case path == "account.tier":
		return a.Tier
	case path == "account.revenue" && a.Revenue != 0:
		return strconv.FormatFloat(a.Revenue, 'f', -1, 64)
	case path == "account.business" && a.Business:
		return "true"
	case path == "account.revenue", path == "account.business":
		return ""
	}
	if p := textField(&c, &a, path); p != nil {
		return *p
	}
	if noun == "account" {
		return a.Fields[name]
	}
	return c.Fields[name]
}

func given(field *string, byRule *bool, value string) {
	switch {
	case value != "":
		*field, *byRule = value, false
	case !*byRule:
		*field, *byRule = "", true
	}
}

// textField returns where a built-in field is kept; nil for one that is declared.
func textField(c *andante.Contact, a *andante.Account, path string) *string {
	switch path {
	case "contact.first_name":
		return &c.FirstName
	case "contact.last_name":
		return &c.LastName
	case "contact.job_title":
		return &c.JobTitle
	case "contact.email":
		return &c.Email
	case "contact.phone":
		return &c.Phone
	case "contact.stage":
		return &c.Stage
	case "contact.language":
		return &c.Language
	case "contact.country":
		return &c.Country
	case "contact.street":
		return &c.Street
	case "contact.street_2":
		return &c.Street2
	case "contact.city":
		return &c.City
	case "contact.region":
		return &c.Region
	case "contact.postal_code":
		return &c.PostalCode
	case "contact.zone":
		return &c.Zone
	case "account.name":
		return &a.Name
	case "account.domain":
		return &a.Domain
	case "account.stage":
		return &a.Stage
	case "account.owner":
		return &a.Owner
	case "account.industry":
		return &a.Industry
	case "account.country":
		return &a.Country
	case "account.zone":
		return &a.Zone
	}
	return nil
}

func equalContact(a, b andante.Contact) bool {
	fields := maps.Equal(a.Fields, b.Fields)
	a.Fields, b.Fields = nil, nil
	return fields && reflect.DeepEqual(a, b)
}

func equalAccount(a, b andante.Account) bool {
	fields := maps.Equal(a.Fields, b.Fields)
	a.Fields, b.Fields = nil, nil
	return fields && reflect.DeepEqual(a, b)
}
