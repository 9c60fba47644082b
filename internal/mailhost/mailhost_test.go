package mailhost_test

import (
	"testing"

	"github.com/andante-hq/andante/internal/mailhost"
)

func TestOf(t *testing.T) {
	t.Parallel()
	for domain, want := range map[string]string{
		"gmail.com": "google", "GoogleMail.com": "google", "hotmail.fr": "microsoft", "yahoo.co.uk": "yahoo", "yahoo.com.br": "yahoo",
		"web.de": "gmx", "acme.example": "", "yahoo.acme.example": "", "live.acme-works.example": "", "": "",
	} {
		if got := mailhost.Of(domain); got != want {
			t.Errorf("%s is at %q, want %q", domain, got, want)
		}
	}
}

func TestByExchanger(t *testing.T) {
	t.Parallel()
	tests := []struct {
		hosts []string
		want  string
	}{
		{[]string{"aspmx.l.google.com.", "alt1.aspmx.l.google.com."}, "google"},
		{[]string{"ACME-com.mail.protection.outlook.com."}, "microsoft"},
		{[]string{"mx.own.example.", "mxa-1.gslb.pphosted.com."}, "proofpoint"},
		{[]string{"notgoogle.com."}, ""},
		{[]string{"google.com.evil.example."}, ""},
		{nil, ""},
	}
	for _, test := range tests {
		if got := mailhost.ByExchanger(test.hosts); got != test.want {
			t.Errorf("%v is %q, want %q", test.hosts, got, test.want)
		}
	}
}
