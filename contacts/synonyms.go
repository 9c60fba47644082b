package contacts

import "strings"

// synonyms are the headings that other programs give their columns, in the form
// that normal makes. Only what can mean one thing stands here: "name" may be a
// person's or a company's, "title" a position or a Mrs, so neither does.
var synonyms = table(map[string]string{
	pathID:                   "id externalid contactid customerid customernumber kundennummer",
	pathEmail:                "email emailaddress mail mailaddress workemail businessemail primaryemail emailadresse mailadresse",
	pathPhone:                "phone phonenumber telephone telephonenumber tel mobile mobilephone mobilenumber cell cellphone telefon telefonnummer mobil handy",
	"contact.first_name":     "firstname givenname forename vorname prénom",
	"contact.last_name":      "lastname surname familyname nachname familienname nomdefamille",
	"contact.job_title":      "jobtitle position jobposition funktion",
	"contact.language":       "language lang preferredlanguage sprache langue",
	pathCountry:              "country countrycode land pays",
	"contact.street":         "street streetaddress address1 addressline1 street1 mailingstreet strasse straße straßehausnummer adresse1 rue",
	"contact.street_2":       "street2 address2 addressline2 adresszusatz adresse2 complement",
	"contact.city":           "city town mailingcity ort stadt wohnort ville",
	"contact.region":         "region state province stateprovince mailingstate bundesland",
	"contact.postal_code":    "postalcode postcode zip zipcode plz postleitzahl codepostal",
	"contact.zone":           "zone timezone tz zeitzone",
	"contact.birthday":       "birthday birthdate dateofbirth geburtstag geburtsdatum",
	"contact.customer_since": "customersince kundeseit",
	pathAccount:              "account accountkey accountid company companyid organization organisation firma unternehmen",
	"account.name":           "accountname companyname organizationname organisationname firmenname",
	"account.stage":          "stage accountstage lifecyclestage",
	"account.domain":         "domain companydomain",
	"account.industry":       "industry branche",
	"account.revenue":        "revenue annualrevenue umsatz jahresumsatz",
	"account.owner":          "owner accountowner",
	"account.tier":           "tier",
	historyAt:                "at date time sent sentat senton when datum",
	historyKind:              "kind channel",
	historyFor:               "purpose",
	historyTitle:             "subject betreff",
})

// historyIDs are further headings of the contact's id where rows are touches.
var historyIDs = table(map[string]string{pathID: "contact"})

// table turns path → words into word → path.
func table(words map[string]string) map[string]string {
	t := map[string]string{}
	for path, list := range words {
		for _, w := range strings.Fields(list) {
			t[w] = path
		}
	}
	return t
}
