package andante

import "strings"

// A PostalAddress is where post goes to, or comes from.
type PostalAddress struct {
	Name       string `json:"name,omitempty"`
	Company    string `json:"company,omitempty"`
	Street     string `json:"street"` // with the number
	Street2    string `json:"street_2,omitempty"`
	City       string `json:"city"`
	Region     string `json:"region,omitempty"` // state or province, where the country's addresses have one
	PostalCode string `json:"postal_code,omitempty"`
	Country    string `json:"country,omitempty"` // ISO 3166-1 alpha-2
}

// Line returns the place in one line, without who lives there: the same for everybody in a
// house. Empty if no post can be sent there, for want of street or city.
func (a PostalAddress) Line() string {
	if a.Street == "" || a.City == "" {
		return ""
	}
	var parts []string
	for _, s := range []string{a.Street, a.Street2, a.City, strings.TrimSpace(a.Region + " " + a.PostalCode), a.Country} {
		if s != "" {
			parts = append(parts, s)
		}
	}
	return strings.Join(parts, ", ")
}
