package andante

import "testing"

func TestSharedMailbox(t *testing.T) {
	t.Parallel()
	for _, shared := range []string{"info@acme.example", "Office@acme.example", "büro@acme.example", "info+news@acme.example", "comptabilité@acme.example"} {
		if !SharedMailbox(shared) {
			t.Errorf("%s is one person's", shared)
		}
	}
	for _, own := range []string{"", "info", "anna@acme.example", "informant@acme.example", "anna.info@acme.example", "@acme.example", "info.example"} {
		if SharedMailbox(own) {
			t.Errorf("%q is shared", own)
		}
	}
	c := Contact{FirstName: "Ruth", LastName: "Berg", Email: "info@acme.example"}
	if c.As(Email).Name() != "" || c.As(Letter).Name() != "Ruth Berg" || c.Name() != "Ruth Berg" {
		t.Errorf("as a mail calls it %q, a letter %q", c.As(Email).Name(), c.As(Letter).Name())
	}
	c.Email = "ruth@acme.example"
	if c.As(Email).Name() != "Ruth Berg" {
		t.Error("a mailbox of one's own has a name")
	}
}
