package contacts

import (
	"errors"
	"fmt"

	"github.com/nyaruka/phonenumbers/v2"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/internal/mailaddr"
)

// email reads an e-mail address and returns it normalised.
func email(s string) (string, error) { return normalised(mailaddr.Recipient(s)) }

// theirs is email for a contact's own address, so it refuses abuse@ and noreply@. Lists of those who
// get nothing and files of past touches may well hold them.
func theirs(s string) (string, error) { return normalised(mailaddr.Person(s)) }

func normalised(address string, err error) (string, error) {
	return andante.NormalizeEmail(address), err
}

// domain reads the name of a domain.
func domain(s string) (string, error) { return mailaddr.Domain(s) }

// phone reads a phone number and returns it in E.164. country is where numbers
// without + are at home; it may be empty.
func phone(s, country string) (string, error) {
	if len(s) > 60 {
		return "", errors.New("it is too long")
	}
	n, err := phonenumbers.Parse(s, country)
	switch {
	case err != nil && country == "":
		return "", errors.New("its country is not known: write it with + and the country's code, fill the column contact.country, or say --country")
	case err != nil:
		return "", fmt.Errorf("it can't be read as a number of %s", country)
	case n.GetExtension() != "":
		return "", errors.New("it has an extension, which can't be dialled: keep that in a field of its own")
	case !phonenumbers.IsValidNumber(n):
		return "", errors.New("there is no such number; are digits missing?")
	}
	return phonenumbers.Format(n, phonenumbers.E164), nil
}
