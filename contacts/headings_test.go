package contacts

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestHeadings(t *testing.T) {
	t.Parallel()
	fields := importFields(testWorkspace(t))
	for _, test := range []struct {
		name     string
		head     string
		o        Options
		want     []Column
		unmapped []string
		err      string
	}{
		{
			"paths", "contact.email,contact.first_name,account,account.name,account.buildings,contact.fleet",
			Options{},
			[]Column{
				{"contact.email", "contact.email"},
				{"contact.first_name", "contact.first_name"},
				{"account", "account"},
				{"account.name", "account.name"},
				{"account.buildings", "account.buildings"},
				{"contact.fleet", "contact.fleet"},
			},
			[]string{},
			"",
		},
		{
			"synonyms", "E-Mail,First Name,Nachname,PLZ,Company,Company name,Owner,Stage,ID,Fleet,Account_Buildings",
			Options{},
			[]Column{
				{"E-Mail", "contact.email"},
				{"First Name", "contact.first_name"},
				{"Nachname", "contact.last_name"},
				{"PLZ", "contact.postal_code"},
				{"Company", "account"},
				{"Company name", "account.name"},
				{"Owner", "account.owner"},
				{"Stage", "account.stage"},
				{"ID", "contact.external_id"},
				{"Fleet", "contact.fleet"},
				{"Account_Buildings", "account.buildings"},
			},
			[]string{},
			"",
		},
		{"not guessed", "email,Name,Title,contact.id,contact.name,Buildings,", Options{}, []Column{{"email", "contact.email"}}, []string{"Name", "Title", "contact.id", "contact.name", "Buildings", "column 7"}, ""},
		{"the surer one wins", "Mobile,contact.phone,Phone,email", Options{}, []Column{{"contact.phone", "contact.phone"}, {"email", "contact.email"}}, []string{"Mobile", "Phone"}, ""},
		{"equally sure", "email,Mobile,Handy", Options{}, nil, nil, `the columns "Mobile" and "Handy" both mean contact.phone: leave one out, with --map "Handy"=`},
		{"left out by hand", "email,Mobile,Handy", Options{Map: map[string]string{"handy": ""}}, []Column{{"email", "contact.email"}, {"Mobile", "contact.phone"}}, []string{"Handy"}, ""},
		{
			"by hand", "Kontakt,Ort",
			Options{Map: map[string]string{"Kontakt": "contact.email", "ort": "contact.fleet"}},
			[]Column{{"Kontakt", "contact.email"}, {"Ort", "contact.fleet"}},
			[]string{},
			"",
		},
		{"by hand, no such path", "email", Options{Map: map[string]string{"email": "contact.emial"}}, nil, nil, `--map "email": nothing is called "contact.emial"; did you mean contact.email?`},
		{"by hand, no such column", "email", Options{Map: map[string]string{"emial": "contact.email"}}, nil, nil, `--map "emial": the file has no such column; did you mean email?`},
		{"column of consent", "email,Signed on", Options{AtColumn: "signed_on"}, []Column{{"email", "contact.email"}}, []string{}, ""},
		{"no column of consent", "email,Signed on", Options{AtColumn: "sigend on"}, nil, nil, `--at "sigend on": the file has no such column; did you mean Signed on?`},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			h, err := matchHeadings(strings.Split(test.head, ","), fields, nil, test.o)
			if message(err) != test.err {
				t.Fatalf("error %q, want %q", message(err), test.err)
			}
			if err != nil {
				return
			}
			if diff := cmp.Diff(test.want, h.columns()); diff != "" {
				t.Errorf("columns (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(test.unmapped, h.unmapped); diff != "" {
				t.Errorf("unmapped (-want +got):\n%s", diff)
			}
		})
	}
}

// Each synonym must mean a field that there is, and one that normal can make.
func TestSynonymsAreFields(t *testing.T) {
	t.Parallel()
	fields := importFields(testWorkspace(t))
	for word, path := range synonyms {
		if fields[path] == nil && historyFields()[path] == nil {
			t.Errorf("%q means %s, which is no field", word, path)
		}
		if normal(word) != word {
			t.Errorf("%q can't be met", word)
		}
	}
}
