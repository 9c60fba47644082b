package nearest

import "testing"

func TestName(t *testing.T) {
	t.Parallel()
	fields := []string{"account.stage", "account.name", "contact.first_name", "contact.last_name"}
	for _, test := range []struct {
		word  string
		known []string
		want  string
	}{
		{"account.stge", fields, "account.stage"},
		{"contact.frist_name", fields, "contact.first_name"},
		{"Account.Stage", fields, "account.stage"},
		{"account.stage", fields, "account.stage"},
		{"company.revenue", fields, ""},
		{"clickd", []string{"sent", "clicked"}, "clicked"},
		{"ab", []string{"ba"}, "ba"},
		{"snet", []string{"seen", "sent"}, "sent"},
		{"cat", []string{"car", "cut"}, "car"},
		{"x", []string{"y"}, ""},
		{"", []string{"a"}, ""},
		{"sent", nil, ""},
		{"grüsse", []string{"grüße", "gruss"}, "grüße"},
	} {
		if got := Name(test.word, test.known); got != test.want {
			t.Errorf("Name(%q, %q) = %q, want %q", test.word, test.known, got, test.want)
		}
	}
}

func FuzzName(f *testing.F) {
	f.Add("stage", "stgae")
	f.Fuzz(func(t *testing.T, a, b string) {
		if len([]rune(a)) >= 2 && Name(a, []string{b, a}) == "" {
			t.Errorf("%q isn't near itself", a)
		}
		if there, back := distance(fold(a), fold(b), 4), distance(fold(b), fold(a), 4); min(there, 5) != min(back, 5) {
			t.Errorf("%q and %q: %d there, %d back", a, b, there, back)
		}
	})
}
