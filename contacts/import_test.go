package contacts

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/fstest"
	"testing/iotest"
	"time"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding/charmap"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/ops"
	"github.com/andante-hq/andante/workspace"
)

const testConfig = `company: {name: Acme, postal_address: "1 Main St, Austin TX", zone: Europe/Berlin}
public_url: https://mail.acme.example
people:
  maria: {name: Maria Weber, email: maria@acme.example}
  jon: {name: Jon Snow, email: jon@acme.example}
personas:
  facility-manager: {title: Facility manager}
  cfo: {title: CFO}
fields:
  contact.fleet: text
  account.buildings: number
  account.partner: yes/no
  account.renewal: date
`

func testWorkspace(t testing.TB) *workspace.Workspace {
	t.Helper()
	w, found := workspace.Load(fstest.MapFS{"andante.yaml": {Data: []byte(testConfig)}})
	for _, f := range workspace.Errors(found) {
		t.Fatal(f)
	}
	return w
}

// dry reads a file without a store.
func dry(t testing.TB, in io.Reader, o Options) (*Report, string, error) {
	t.Helper()
	o.DryRun = true
	var out bytes.Buffer
	rep, err := (&Importer{Workspace: testWorkspace(t)}).Import(t.Context(), in, &out, o)
	return rep, out.String(), err
}

func TestRejected(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, file, rule, detail string }{
		{"address", "email\nfoo@\n", "contact.email is not valid", `"foo@": nothing stands after the @`},
		{"phone", "email,phone\na@x.de,12\n", "contact.phone is not valid", `"12": its country is not known`},
		{"country", "email,country\na@x.de,Freedonia\n", "contact.country is not valid", "two letters"},
		{"language", "email,language\na@x.de,german\n", "contact.language is not valid", "such as en"},
		{"zone", "email,zone\na@x.de,Berlin\n", "contact.zone is not valid", "IANA"},
		{"all that is wrong", "email,stage,owner\na@x.de,custmer,mariah\n", "account.stage is not valid", "did you mean customer?; account.owner is not valid: \"mariah\": did you mean maria?"},
		{"stage", "email,stage\na@x.de,custmer\n", "account.stage is not valid", "did you mean customer?"},
		{"tier", "email,tier\na@x.de,gold\n", "account.tier is not valid", "key, commercial, residential"},
		{"persona", "email,persona\na@x.de,cfoo\n", "contact.persona is not valid", "did you mean cfo?"},
		{"owner", "email,owner\na@x.de,mariah\n", "account.owner is not valid", "did you mean maria?"},
		{"birthday", "email,birthday\na@x.de,1.2.1990\n", "contact.birthday is not valid", "year first"},
		{"revenue", "email,revenue\na@x.de,\"1,000\"\n", "account.revenue is not valid", "1234.5"},
		{"own number", "email,account.buildings\na@x.de,many\n", "account.buildings is not valid", "1234.5"},
		{"own flag", "email,account.partner\na@x.de,perhaps\n", "account.partner is not valid", "yes or no"},
		{"own date", "email,account.renewal\na@x.de,soon\n", "account.renewal is not valid", "year first"},
		{"basis", "email,consent.basis\na@x.de,optin\n", "consent.basis is not valid", "did you mean opt_in?"},
		{"no time of consent", "email,consent.basis,consent.at\na@x.de,opt_in,\n", "the time of the consent is missing", "opt_in"},
		{"no time of a purchase", "email,consent.basis\na@x.de,customer\n", "the time of the consent is missing", "customer"},
		{"bad time of consent", "email,consent.basis,consent.at\na@x.de,opt_in,3/4/26\n", "consent.at is not valid", "2026-01-31"},
		{"nobody", "email,first_name\n,Anna\n", "the row names nobody", "address"},
		{"few columns", "email,first_name\na@x.de\n", "the row has too few columns", "1, but the first line has 2"},
		{"many columns", "email,first_name\na@x.de,Berg, Anna\n", "the row has too many columns", "3, but"},
		{"zero byte", "email,first_name\na@x.de,A\x00\n", "the text can't be read", "first_name"},
		{"broken letters", "email,first_name\na@x.de,M\xfcller\n", "the text can't be read", "first_name"},
		{"letters lost before", "email,first_name\na@x.de,M\ufffdller\n", "the text can't be read", "first_name"},
		{"broken letters in a column that nobody wants", "email,Foo\na@x.de,M\xfcller\n", "the text can't be read", "Foo"},
		{"control in a name", "email,first_name\na@x.de,\"A\nBcc: b@x.de\"\n", "contact.first_name is not valid", "U+000A"},
		{"long id", "id\n" + strings.Repeat("x", 201) + "\n", "contact.external_id is not valid", "200"},
		{"quotes", "email,first_name\na@x.de,A\"B\"\n", faultQuote, ""},
		{"long cell", "email,Foo\na@x.de," + strings.Repeat("x", MaxCell+1) + "\n", faultCell, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			rep, rejects, err := dry(t, strings.NewReader(test.file), Options{})
			if err != nil {
				t.Fatal(err)
			}
			if rep.Rows != 1 || rep.Rejected != 1 || rep.Reasons[test.rule] != 1 {
				t.Errorf("report: %+v", rep)
			}
			lines := strings.SplitN(rejects, "\n", 2)
			if !strings.HasSuffix(lines[0], "reason") || !strings.Contains(strings.ReplaceAll(lines[1], `""`, `"`), test.detail) {
				t.Errorf("rejects:\n%.500s", rejects)
			}
		})
	}
}

func TestWholeFile(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, file string
		o          Options
		err        string
	}{
		{"empty", "", Options{}, "the file is empty"},
		{"blank", "\n \n,,\n", Options{}, "the file is empty"},
		{"nobody", "Foo,Bar\n1,2\n", Options{}, "no column says who it is"},
		{"nobody, columns named", "Foo,Bar\n1,2\n", Options{}, "the columns are: Foo, Bar"},
		{"spreadsheet", "PK\x03\x04 and so on", Options{}, "save it as CSV"},
		{"UTF-16 without mark", "e\x00m\x00a\x00", Options{}, "--encoding utf-16le"},
		{"unknown encoding", "email\n", Options{Encoding: "klingon"}, "windows-1252"},
		{"headings in another encoding", "email,Stra\xdfe\n", Options{}, "--encoding windows-1252"},
		{"wrong country", "email\n", Options{Country: "Freedonia"}, `--country "Freedonia"`},
		{"wrong basis", "email\n", Options{Basis: "optin"}, "did you mean opt_in?"},
		{"wrong kind of consent", "email\n", Options{Basis: andante.OptIn, Kind: "fax"}, "fax"},
		{"basis that runs out", "email\n", Options{Basis: andante.CustomerOf}, "--at"},
		{"unclosed quote", "email,x\na@x.de,\"\nb@x.de,2\n", Options{}, "line 2: a quote is opened"},
		{"bad comma", "email\n", Options{Comma: '"'}, "use a comma"},
		{"too many columns", strings.Repeat("email,", 501), Options{}, "500 columns"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if _, _, err := dry(t, strings.NewReader(test.file), test.o); !strings.Contains(message(err), test.err) || err == nil {
				t.Errorf("error %q, want %q", message(err), test.err)
			}
		})
	}
	if _, err := (&Importer{Workspace: testWorkspace(t)}).Import(t.Context(), strings.NewReader("email\n"), nil, Options{}); err == nil {
		t.Error("an import without a store")
	}
	broken := errors.New("broken pipe")
	if _, _, err := dry(t, iotest.ErrReader(broken), Options{}); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
	_, _, err := dry(t, io.MultiReader(strings.NewReader("email\n"+strings.Repeat("a@x.de\n", MaxCell)), iotest.ErrReader(broken)), Options{})
	if !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
}

func TestEncodings(t *testing.T) {
	t.Parallel()
	const text = "E-Mail;Vorname\r\na@x.de;Jörg\r\n\r\n"
	latin, err := charmap.Windows1252.NewEncoder().String(text)
	if err != nil {
		t.Fatal(err)
	}
	wide := func(little bool) string {
		var b []byte
		for _, u := range utf16.Encode([]rune("\ufeff" + text)) {
			if little {
				b = append(b, byte(u), byte(u>>8))
			} else {
				b = append(b, byte(u>>8), byte(u))
			}
		}
		return string(b)
	}
	for name, test := range map[string]struct{ text, encoding string }{
		"UTF-8":                    {text, ""},
		"UTF-8 by name":            {text, "UTF-8"},
		"UTF-8 with mark":          {"\ufeff" + text, ""},
		"mark against name":        {"\ufeff" + text, "windows-1252"},
		"UTF-16LE with mark":       {wide(true), ""},
		"UTF-16BE with mark":       {wide(false), ""},
		"UTF-16LE, no mark, named": {wide(true)[2:], "utf-16le"},
		"windows-1252":             {latin, "windows-1252"},
		"iso-8859-1":               {latin, "iso-8859-1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, in := range []io.Reader{strings.NewReader(test.text), iotest.OneByteReader(strings.NewReader(test.text))} {
				s, err := openSheet(in, importFields(testWorkspace(t)), nil, Options{Encoding: test.encoding})
				if err != nil {
					t.Fatal(err)
				}
				r, err := s.row()
				if err != nil || r.get("contact.email") != "a@x.de" || r.get("contact.first_name") != "Jörg" {
					t.Errorf("row %q, %v", r.cells, err)
				}
				if _, err := s.row(); !errors.Is(err, io.EOF) {
					t.Errorf("more: %v", err)
				}
			}
		})
	}
}

// One row as it goes to ops.
func TestContactRow(t *testing.T) {
	t.Parallel()
	w := testWorkspace(t)
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	o := Options{Basis: andante.OptIn, Source: "Fair 2026", AtColumn: "Signed on"}
	file := "ID,E-Mail,Phone,Land,Company,Account.Buildings,Persona,Owner,Stage,Partner,account.partner,account.renewal,contact.fleet,Signed on,consent.source,Vorname\n" +
		"7,Anna@MÜNCHEN.de,030 1234567,deutschland,Berg GmbH,12,CFO,Maria,Customer,ignored,Y,2027-01-31,\"two\nlines\",2026-10-01,,\n"
	s, err := openSheet(strings.NewReader(file), importFields(w), nil, o)
	if err != nil {
		t.Fatal(err)
	}
	e, err := newEvidence(o, s.headings, now, time.UTC)
	if err != nil {
		t.Fatal(err)
	}
	r, err := s.row()
	if err != nil {
		t.Fatal(err)
	}
	got, bad := contact(r, importFields(w), e, "US")
	if bad != nil {
		t.Fatal(bad.text())
	}
	want := ops.Row{
		Line: 2, ExternalID: "7", Email: "anna@xn--mnchen-3ya.de", Account: "Berg GmbH",
		Fields: map[string]string{
			"contact.phone": "+49301234567", "contact.country": "DE", "account.buildings": "12", "contact.persona": "cfo", "account.owner": "maria",
			"account.stage": "customer", "account.partner": "yes", "account.renewal": "2027-01-31", "contact.fleet": "two\nlines",
		},
		Consent: &andante.Consent{
			Basis: andante.OptIn, Source: "Fair 2026", At: time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC),
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestEvidence(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	day := func(s string) time.Time {
		at, err := time.Parse(time.DateOnly, s)
		if err != nil {
			t.Fatal(err)
		}
		return at
	}
	const head = "consent.basis,consent.source,consent.at,consent.kind,Since\n"
	for _, test := range []struct {
		name, row string
		o         Options
		want      *andante.Consent
		flaw      string
	}{
		{"nothing said", ",,,,", Options{}, nil, ""},
		{"basis none", ",,,,", Options{Basis: andante.NoBasis}, nil, ""},
		{"the row says none", "none,,,,", Options{Basis: andante.OptIn, At: now}, nil, ""},
		{"the file's", ",,,,", Options{Basis: andante.OptIn, Source: "Fair", At: now, Kind: andante.Email, Purpose: andante.Marketing}, &andante.Consent{Basis: "opt_in", Source: "Fair", At: now, Kind: "email", Purpose: "marketing"}, ""},
		{"the row's", "customer,Shop,2026-03-01,sms,2020-01-01", Options{Basis: andante.OptIn, Source: "Fair", At: now, AtColumn: "Since", Kind: andante.Email}, &andante.Consent{Basis: "customer", Source: "Shop", At: day("2026-03-01"), Kind: "sms"}, ""},
		{"the column's", ",,,,2020-01-01", Options{Basis: andante.CustomerOf, AtColumn: "since"}, &andante.Consent{Basis: "customer", Source: "import", At: day("2020-01-01")}, ""},
		{"the column is empty", ",,,,", Options{Basis: andante.CustomerOf, AtColumn: "Since"}, nil, "the time of the consent is missing"},
		{"the column is empty, the file knows", ",,,,", Options{Basis: andante.CustomerOf, AtColumn: "Since", At: now}, &andante.Consent{Basis: "customer", Source: "import", At: now}, ""},
		{"the future", ",,,,2026-12-01", Options{Basis: andante.CustomerOf, AtColumn: "Since"}, nil, "Since is not valid"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			fields := importFields(testWorkspace(t))
			s, err := openSheet(strings.NewReader(head+test.row+"\n-,-,-,-,-\n"), fields, nil, test.o)
			if err != nil {
				t.Fatal(err)
			}
			e, err := newEvidence(test.o, s.headings, now, time.UTC)
			if err != nil {
				t.Fatal(err)
			}
			rec, err := s.records.next()
			if err != nil {
				t.Fatal(err)
			}
			r := row{rec, s.headings}
			values, bad := r.values(fields)
			if bad != nil {
				t.Fatal(bad.text())
			}
			got, bad := e.of(r, values)
			if test.flaw != "" {
				if bad == nil || bad.rule != test.flaw {
					t.Fatalf("got %v, %v", got, bad)
				}
				return
			}
			if diff := cmp.Diff(test.want, got); diff != "" || bad != nil {
				t.Errorf("%v (-want +got):\n%s", bad, diff)
			}
			if len(values) != 0 {
				t.Errorf("left over: %v", values)
			}
		})
	}
}

// FuzzImport reads what a stranger sends. Nothing may be taken that a later part
// would choke on, and each row is either good or rejected.
func FuzzImport(f *testing.F) {
	f.Add([]byte("email,first_name,phone,country,account.revenue\na@x.de,Anna,030 1234567,DE,1\n,,,,\nfoo,\x00,1,XX,NaN\n"))
	f.Add([]byte("\xff\xfee\x00m\x00a\x00i\x00l\x00\n\x00a\x00"))
	f.Add([]byte("sep=|\nid|zone|consent.at\n1|UTC|2026-01-01\n"))
	f.Add([]byte("email\n\"=cmd|' /C calc'!A0\"\n"))
	w := testWorkspace(f)
	f.Fuzz(func(t *testing.T, file []byte) {
		fields := importFields(w)
		s, err := openSheet(bytes.NewReader(file), fields, nil, Options{})
		if err != nil {
			return
		}
		e, err := newEvidence(Options{Basis: andante.OptIn}, s.headings, time.Unix(0, 0), time.UTC)
		if err != nil {
			t.Fatal(err)
		}
		for {
			r, err := s.row()
			if err != nil {
				break
			}
			got, bad := contact(r, fields, e, "DE")
			if bad != nil {
				if !readable(bad.rule) || bad.rule == "" {
					t.Fatalf("reason %q", bad.text())
				}
				continue
			}
			for path, v := range got.Fields {
				if !readable(v) || v == "" || fields[path] == nil {
					t.Fatalf("%s is %q", path, v)
				}
			}
		}
		var out bytes.Buffer
		rep, err := (&Importer{Workspace: w}).Import(t.Context(), bytes.NewReader(file), &out, Options{DryRun: true})
		if err == nil && (rep.Rows < rep.Rejected || (rep.Rejected == 0) != (out.Len() == 0)) {
			t.Fatalf("%+v\n%s", rep, out.String())
		}
	})
}

// TestRepeats: rows of one contact, and rows that say different things of one account, are
// taken, and told.
func TestRepeats(t *testing.T) {
	t.Parallel()
	const file = "id,email,account,stage,owner\n1,a@x.de,acme,prospect,maria\n2,b@x.de,acme,customer,maria\n,c@x.de,,,\n1,A@x.de,acme,,\n,C@x.de,,,\n"
	rep, _, err := dry(t, strings.NewReader(file), Options{})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"lines 2 and 3 say of the account acme that its stage is prospect, and customer", "lines 2 and 5 are the same contact", "lines 4 and 6 are the same contact",
	}
	if diff := cmp.Diff(want, rep.Repeats); diff != "" || rep.Repeated != 3 || rep.Rejected != 0 {
		t.Errorf("%d repeated, %d rejected:\n%s", rep.Repeated, rep.Rejected, diff)
	}
}
