package contacts

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/andante-hq/andante"
)

// TestExportLosesNothing: what is exported and read into an empty store is what it was, cells that a
// spreadsheet would run and rules that choose included.
func TestExportLosesNothing(t *testing.T) {
	t.Parallel()
	from, to := newWorld(t), newWorld(t)
	from.imports(t, "id;email;phone;first_name;Company;persona;street;account.buildings\n"+
		"1;anna@berg.example;+49 170 1234567;=HYPERLINK(1);Berg GmbH;cfo;\"2, 'High' \"\"Street\"\"\";12\n"+
		"2;ben@berg.example;;@ben;Berg GmbH;;;\n"+
		"3;;+49 170 7654321;Çem;;;;\n", Options{})
	from.imports(t, "email;basis;wording;at\nanna@berg.example;opt_in;Yes please;2026-10-01\n", Options{Kind: andante.Email})
	from.imports(t, "email;basis\nben@berg.example;opt_in\n", Options{})
	var file bytes.Buffer
	n, err := from.Export(t.Context(), &file)
	if err != nil || n != 3 {
		t.Fatalf("%d written, error %v", n, err)
	}
	if s := file.String(); !strings.Contains(s, "'=HYPERLINK") || !strings.Contains(s, "'+49") {
		t.Errorf("a spreadsheet would run:\n%s", s)
	}
	rep, rejected := to.imports(t, file.String(), Options{Kind: andante.Email})
	if rep.Added != 3 || rejected != "" {
		t.Errorf("%+v\n%s", rep, rejected)
	}
	rep, _ = from.imports(t, file.String(), Options{Kind: andante.Email})
	if rep.Same != 3 {
		t.Errorf("read again where it came from: %+v", rep)
	}
	own := []cmp.Option{
		cmpopts.IgnoreFields(andante.Contact{}, "ID", "Account", "Created"), cmpopts.IgnoreFields(andante.Account{}, "ID", "Key", "Created", "Version"),
		cmpopts.IgnoreFields(andante.Consent{}, "ID", "Contact"),
	}
	if diff := cmp.Diff(from.people(t), to.people(t), own...); diff != "" {
		t.Errorf("people (-from +to):\n%s", diff)
	}
}
