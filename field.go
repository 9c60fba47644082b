package andante

import (
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// FieldType is how a field's written form is understood.
type FieldType string

// The types of a field. A date is written 2006-01-02; yes/no fields are written
// yes or no.
const (
	TextField   FieldType = "text"
	NumberField FieldType = "number"
	FlagField   FieldType = "yes/no"
	DateField   FieldType = "date"
)

// FieldTypes lists every type.
var FieldTypes = []FieldType{TextField, NumberField, FlagField, DateField}

// A Field is something known of a contact or an account that texts and
// conditions may name, such as contact.first_name.
type Field struct {
	Noun string // contact, account, owner, sender, company, enrollment
	Name string
	Type FieldType
	// Filled fields are never empty, so a text may use them bare.
	Filled bool
}

// Path returns noun and name joined by a dot.
func (f Field) Path() string { return f.Noun + "." + f.Name }

// BuiltinFields lists the fields that every workspace has.
var BuiltinFields = []Field{
	{Noun: "contact", Name: "id", Type: TextField, Filled: true},
	{Noun: "contact", Name: "first_name", Type: TextField},
	{Noun: "contact", Name: "last_name", Type: TextField},
	{Noun: "contact", Name: "name", Type: TextField},
	{Noun: "contact", Name: "job_title", Type: TextField},
	{Noun: "contact", Name: "email", Type: TextField},
	{Noun: "contact", Name: "shared", Type: FlagField, Filled: true},
	{Noun: "contact", Name: "phone", Type: TextField},
	{Noun: "contact", Name: "persona", Type: TextField},
	{Noun: "contact", Name: "language", Type: TextField},
	{Noun: "contact", Name: "country", Type: TextField},
	{Noun: "contact", Name: "street", Type: TextField},
	{Noun: "contact", Name: "street_2", Type: TextField},
	{Noun: "contact", Name: "city", Type: TextField},
	{Noun: "contact", Name: "region", Type: TextField},
	{Noun: "contact", Name: "postal_code", Type: TextField},
	{Noun: "contact", Name: "zone", Type: TextField},
	{Noun: "contact", Name: "birthday", Type: DateField},
	{Noun: "contact", Name: "customer_since", Type: DateField},
	{Noun: "account", Name: "id", Type: TextField, Filled: true},
	{Noun: "account", Name: "name", Type: TextField, Filled: true},
	{Noun: "account", Name: "domain", Type: TextField},
	{Noun: "account", Name: "stage", Type: TextField, Filled: true},
	{Noun: "account", Name: "tier", Type: TextField},
	{Noun: "account", Name: "owner", Type: TextField},
	{Noun: "account", Name: "industry", Type: TextField},
	{Noun: "account", Name: "revenue", Type: NumberField},
	{Noun: "account", Name: "business", Type: FlagField, Filled: true},
	{Noun: "account", Name: "country", Type: TextField},
	{Noun: "account", Name: "zone", Type: TextField},
	{Noun: "account", Name: "founded", Type: DateField},
	{Noun: "owner", Name: "name", Type: TextField},
	{Noun: "owner", Name: "first_name", Type: TextField},
	{Noun: "owner", Name: "email", Type: TextField},
	{Noun: "owner", Name: "phone", Type: TextField},
	{Noun: "owner", Name: "title", Type: TextField},
	{Noun: "owner", Name: "meeting", Type: TextField},
	{Noun: "sender", Name: "name", Type: TextField, Filled: true},
	{Noun: "sender", Name: "first_name", Type: TextField, Filled: true},
	{Noun: "sender", Name: "email", Type: TextField, Filled: true},
	{Noun: "sender", Name: "phone", Type: TextField},
	{Noun: "sender", Name: "title", Type: TextField},
	{Noun: "sender", Name: "meeting", Type: TextField},
	{Noun: "company", Name: "name", Type: TextField, Filled: true},
	{Noun: "company", Name: "postal_address", Type: TextField, Filled: true},
	{Noun: "company", Name: "legal_line", Type: TextField},
	{Noun: "company", Name: "url", Type: TextField},
	{Noun: "company", Name: "phone", Type: TextField},
	{Noun: "enrollment", Name: "variant", Type: TextField},
	{Noun: "enrollment", Name: "entered", Type: DateField, Filled: true},
}

// Values holds what texts and conditions see: noun, then field name, then a
// string, float64, bool or time.Time; nil when empty. Every declared field is
// present, so a typo fails and an empty field can take a default.
type Values map[string]map[string]any

// Get returns the value at a path such as contact.first_name.
func (v Values) Get(path string) (value any, declared bool) {
	noun, name, _ := strings.Cut(path, ".")
	value, declared = v[noun][name]
	return value, declared
}

// Empty tells whether the field at the path has no value.
func (v Values) Empty(path string) bool {
	value, _ := v.Get(path)
	return value == nil
}

// Parse reads the written form. The empty string gives nil; NaN and infinity are
// no numbers.
func (t FieldType) Parse(s string) (any, error) {
	s = strings.TrimSpace(s)
	if s == "" {
		return nil, nil
	}
	switch t {
	case NumberField:
		n, err := strconv.ParseFloat(s, 64)
		if err != nil || math.IsNaN(n) || math.IsInf(n, 0) {
			return nil, strconv.ErrSyntax
		}
		return n, nil
	case FlagField:
		switch strings.ToLower(s) {
		case "yes", "true", "1", "y":
			return true, nil
		case "no", "false", "0", "n":
			return false, nil
		}
		return nil, strconv.ErrSyntax
	case DateField:
		return time.Parse(time.DateOnly, s)
	default:
		return s, nil
	}
}

// A Form is what [Values] hold before anything is known: every declared field, empty. It
// is made once for a workspace and filled in for each contact. Safe for concurrent use.
type Form struct {
	own   []Field // the workspace's own
	blank Values
}

// NewForm makes a form of the built-in fields and the workspace's own. company fills in
// what is the same for everybody.
func NewForm(own []Field, company map[string]string) *Form {
	f := &Form{blank: Values{}}
	for _, x := range slices.Concat(BuiltinFields, own) {
		if f.blank[x.Noun] == nil {
			f.blank[x.Noun] = map[string]any{}
		}
		f.blank[x.Noun][x.Name] = nil
		if x.Noun == "contact" || x.Noun == "account" {
			f.own = append(f.own, x)
		}
	}
	for name, value := range company {
		f.blank.put("company", name, value)
	}
	return f
}

// put sets a field, unless there is nothing to set.
func (v Values) put(noun, name, value string) {
	if value != "" {
		v[noun][name] = value
	}
}

// Fill gathers what is known of a contact, its account and its owner. Those of the
// company are shared with every other Values of the form: they must not be changed.
func (f *Form) Fill(c Contact, a Account, owner Person) Values {
	v := make(Values, len(f.blank))
	for noun, fields := range f.blank {
		v[noun] = fields
		if noun != "company" {
			v[noun] = maps.Clone(fields)
		}
	}
	for _, x := range f.own {
		written := a.Fields[x.Name]
		if x.Noun == "contact" {
			written = c.Fields[x.Name]
		}
		if written == "" {
			continue
		}
		if value, err := x.Type.Parse(written); err == nil && value != nil {
			v[x.Noun][x.Name] = value
		}
	}
	v.putContact(c)
	v.putAccount(a, a.StageOf(c))
	v.PutPerson("owner", owner)
	return v
}

func (v Values) putContact(c Contact) {
	v.put("contact", "id", string(c.ID))
	v.put("contact", "first_name", c.FirstName)
	v.put("contact", "last_name", c.LastName)
	v.put("contact", "name", c.Name())
	v.put("contact", "job_title", c.JobTitle)
	v.put("contact", "email", c.Email)
	v["contact"]["shared"] = SharedMailbox(c.Email)
	v.put("contact", "phone", c.Phone)
	v.put("contact", "persona", c.Persona)
	v.put("contact", "language", c.Language)
	v.put("contact", "country", c.Country)
	v.put("contact", "street", c.Street)
	v.put("contact", "street_2", c.Street2)
	v.put("contact", "city", c.City)
	v.put("contact", "region", c.Region)
	v.put("contact", "postal_code", c.PostalCode)
	v.put("contact", "zone", c.Zone)
}

func (v Values) putAccount(a Account, stage string) {
	v.put("account", "id", string(a.ID))
	v.put("account", "name", a.Name)
	v.put("account", "domain", a.Domain)
	v.put("account", "stage", stage)
	v.put("account", "tier", a.Tier)
	v.put("account", "owner", a.Owner)
	v.put("account", "industry", a.Industry)
	v.put("account", "country", a.Country)
	v.put("account", "zone", a.Zone)
	if a.Revenue != 0 {
		v["account"]["revenue"] = a.Revenue
	}
	v["account"]["business"] = a.Business
}

// PutPerson sets the fields of owner or sender.
func (v Values) PutPerson(noun string, p Person) {
	fields := v[noun]
	for _, name := range []string{"name", "first_name", "email", "phone", "title", "meeting"} {
		fields[name] = nil
	}
	v.put(noun, "name", p.Name)
	v.put(noun, "first_name", p.FirstName())
	v.put(noun, "email", p.Email)
	v.put(noun, "phone", p.Phone)
	v.put(noun, "title", p.Title)
	v.put(noun, "meeting", p.Meeting)
}
