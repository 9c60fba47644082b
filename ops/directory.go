package ops

import (
	"fmt"
	"slices"

	"github.com/andante-hq/andante"
)

// A directory finds contacts by what a row says of them, as earlier rows of the
// same transaction have left them.
type directory struct {
	contacts   map[andante.ContactID]andante.Contact
	byExternal map[string]andante.ContactID
	byEmail    map[string][]andante.ContactID
	byPhone    map[string][]andante.ContactID
	former     map[string]andante.ContactID // who was known by another id or address before: by what that was
}

func newDirectory(list []andante.Contact) *directory {
	d := &directory{
		contacts: map[andante.ContactID]andante.Contact{}, byExternal: map[string]andante.ContactID{},
		byEmail: map[string][]andante.ContactID{}, byPhone: map[string][]andante.ContactID{},
	}
	for _, c := range list {
		d.put(c)
	}
	return d
}

// put notes a contact as it is now.
func (d *directory) put(c andante.Contact) {
	d.contacts[c.ID] = c
	if c.ExternalID != "" {
		d.byExternal[c.ExternalID] = c.ID
	}
	d.byEmail[c.Email] = append(d.byEmail[c.Email], c.ID)
	d.byPhone[c.Phone] = append(d.byPhone[c.Phone], c.ID)
}

// find returns the contact that a row means: by its id, then by its address, then,
// where it has neither, by its number. An address that several share names nobody:
// refusal then says so.
func (d *directory) find(r Row) (c andante.Contact, ok bool, refusal string) {
	if r.Contact != "" {
		switch c, ok = d.contacts[r.Contact]; {
		case !ok:
			return c, false, "this contact is not known"
		case r.ExternalID != "" && d.byExternal[r.ExternalID] != "" && d.byExternal[r.ExternalID] != c.ID:
			return c, false, "another contact has this external id"
		}
		return c, true, ""
	}
	if id, ok := d.byExternal[r.ExternalID]; ok && r.ExternalID != "" {
		return d.contacts[id], true, ""
	}
	var fit []andante.Contact
	what := "address"
	switch phone := r.Fields["contact.phone"]; {
	case r.Email != "":
		fit = d.those(d.byEmail[r.Email], func(c andante.Contact) bool {
			return c.Email == r.Email && (r.ExternalID == "" || c.ExternalID == "")
		})
	case r.ExternalID == "" && phone != "":
		what = "number"
		fit = d.those(d.byPhone[phone], func(c andante.Contact) bool { return c.Phone == phone })
	}
	if len(fit) == 0 {
		return c, false, ""
	}
	if len(fit) > 1 {
		return c, false, fmt.Sprintf("several contacts share its %s: name one by id", what)
	}
	return fit[0], true, ""
}

// those returns the contacts that still fit: one may have got another address
// since it was noted.
func (d *directory) those(ids []andante.ContactID, fits func(andante.Contact) bool) (list []andante.Contact) {
	ids = slices.Clone(ids)
	slices.Sort(ids)
	for _, id := range slices.Compact(ids) {
		if c := d.contacts[id]; fits(c) {
			list = append(list, c)
		}
	}
	return list
}
