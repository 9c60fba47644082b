package postal

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/andante-hq/andante"
)

func TestLines(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		from string
		a    andante.PostalAddress
		want string
	}{
		{"US", andante.PostalAddress{Name: "Ann Lee", Company: "Oakfield", Street: "1 Main St", Street2: "Apt 4", City: "Springfield", Region: "IL", PostalCode: "62701", Country: "US"}, "Ann Lee|Oakfield|1 Main St|Apt 4|SPRINGFIELD IL 62701"},
		{"US", andante.PostalAddress{Name: "Eva Berg", Street: "Hauptstraße 5", City: "Berlin", PostalCode: "10115", Country: "DE"}, "Eva Berg|Hauptstraße 5|10115 Berlin|GERMANY"},
		{"DE", andante.PostalAddress{Name: "Eva Berg", Company: "Eva Berg", Street: "Hauptstraße  5", City: "Berlin", PostalCode: "10115", Country: "DE"}, "Eva Berg|Hauptstraße 5|10115 Berlin"},
		{"GB", andante.PostalAddress{Name: "Jo Hill", Street: "10 Downing Street", City: "London", PostalCode: "sw1a 2aa", Country: "GB"}, "Jo Hill|10 Downing Street|LONDON|SW1A 2AA"},
		{"DE", andante.PostalAddress{Street: "Via Roma 1", City: "Roma", Region: "RM", PostalCode: "00184", Country: "IT"}, "Via Roma 1|00184 Roma RM|ITALY"},
		{"BR", andante.PostalAddress{Street: "Av. Paulista 1", City: "São Paulo", Region: "SP", PostalCode: "01310-100", Country: "BR"}, "Av. Paulista 1|São Paulo - SP|01310-100"},
		{"DE", andante.PostalAddress{Street: "1 Grafton Street", City: "Dublin", PostalCode: "D02 X285", Country: "IE"}, "1 Grafton Street|Dublin D02 X285|IRELAND"},
	} {
		if diff := cmp.Diff(strings.Split(c.want, "|"), Lines(c.a, c.from)); diff != "" {
			t.Errorf("%s from %s (-want +got):\n%s", c.a.Line(), c.from, diff)
		}
	}
}

func TestLacks(t *testing.T) {
	t.Parallel()
	whole := andante.PostalAddress{Street: "1 Main St", City: "Springfield", Region: "IL", PostalCode: "62701", Country: "US"}
	if got := Lacks(whole); len(got) > 0 {
		t.Errorf("a whole address lacks %v", got)
	}
	whole.Region, whole.PostalCode = "", " "
	if diff := cmp.Diff([]string{"postal_code", "region"}, Lacks(whole)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	whole.Country = "HK"
	if got := Lacks(whole); len(got) > 0 {
		t.Errorf("in Hong Kong it lacks %v", got)
	}
}
