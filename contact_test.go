package andante_test

import (
	"slices"
	"testing"
	"time"

	"github.com/andante-hq/andante"
)

func TestContact(t *testing.T) {
	t.Parallel()
	c := andante.Contact{FirstName: "Anna", LastName: "Berg", Email: "a@b.example", Phone: "+49"}
	for kind, want := range map[andante.Kind]string{
		andante.Email: c.Email, andante.SMS: c.Phone, andante.Call: c.Phone, andante.Postcard: "", andante.Card: "", andante.Letter: "",
		andante.Visit: "", andante.Video: "", andante.Other: "", andante.Decide: "",
	} {
		if got := c.AddressFor(kind); got != want {
			t.Errorf("address for %s: %q, want %q", kind, got, want)
		}
	}
	for want, c := range map[string]andante.Contact{
		"Anna Berg": c, "Anna": {FirstName: "Anna"}, "Berg": {LastName: "Berg"}, "": {},
	} {
		if got := c.Name(); got != want {
			t.Errorf("name %q, want %q", got, want)
		}
	}
	a := andante.Account{Stage: "customer"}
	if got := a.StageOf(c); got != "customer" {
		t.Errorf("stage %q, want the account's", got)
	}
	c.Stage = "former"
	if got := a.StageOf(c); got != "former" {
		t.Errorf("stage %q, want the contact's own", got)
	}
	if got := andante.NormalizeEmail(" Anna.BERG@B.Example\t"); got != "anna.berg@b.example" {
		t.Errorf("normalised: %q", got)
	}
}

func TestSuppressionCovers(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		kind    andante.Kind
		purpose andante.Purpose
		want    bool // of an e-mail for marketing
	}{
		{"", "", true},
		{andante.Email, "", true},
		{"", andante.Marketing, true},
		{andante.Email, andante.Marketing, true},
		{andante.SMS, "", false},
		{"", andante.Relationship, false},
		{andante.SMS, andante.Marketing, false},
		{andante.Email, andante.Requested, false},
	} {
		s := andante.Suppression{Kind: c.kind, Purpose: c.purpose}
		if got := s.Covers(andante.Email, andante.Marketing); got != c.want {
			t.Errorf("kind %q, purpose %q: %v", c.kind, c.purpose, got)
		}
	}
}

func TestHoldHolds(t *testing.T) {
	t.Parallel()
	h := andante.Hold{From: noon, Until: noon.Add(time.Hour)}
	for after, want := range map[time.Duration]bool{
		-1: false, 0: true, time.Hour - 1: true, time.Hour: false, 400 * 24 * time.Hour: false,
	} {
		if got := h.Holds(noon.Add(after)); got != want {
			t.Errorf("%s after its beginning: %v", after, got)
		}
	}
	h.Until = time.Time{}
	if !h.Holds(noon.Add(400*24*time.Hour)) || h.Holds(noon.Add(-1)) {
		t.Error("a hold without an end")
	}
}

func TestKinds(t *testing.T) {
	t.Parallel()
	for _, k := range andante.Kinds {
		human := slices.Contains([]andante.Kind{andante.Call, andante.Visit, andante.Video, andante.Other}, k)
		mailed := slices.Contains([]andante.Kind{andante.Postcard, andante.Card, andante.Letter}, k)
		if !k.Valid() || k.ByHuman() != human || k.Mailed() != mailed {
			t.Errorf("%s: valid %v, by a human %v, mailed %v", k, k.Valid(), k.ByHuman(), k.Mailed())
		}
	}
	if len(andante.Kinds) != 10 {
		t.Errorf("kinds %v", andante.Kinds)
	}
	for _, k := range []andante.Kind{"", "Email", "fax"} {
		if k.Valid() {
			t.Errorf("%q is a kind", k)
		}
	}
	for _, p := range andante.Purposes {
		if !p.Valid() {
			t.Errorf("%s is no purpose", p)
		}
	}
	if andante.Purpose("").Valid() || andante.Purpose("spam").Valid() {
		t.Error("purposes that are none")
	}
	for p, want := range map[andante.Priority]string{andante.High: "high", andante.Normal: "normal", andante.Low: "low", -1: "normal", 3: "normal"} {
		if got := p.String(); got != want {
			t.Errorf("priority %d: %s, want %s", p, got, want)
		}
	}
	for name, want := range map[string]string{"Nora Whitfield": "Nora", "Nora": "Nora", "": ""} {
		if got := (andante.Person{Name: name}).FirstName(); got != want {
			t.Errorf("first name of %q: %q", name, got)
		}
	}
}

func TestHoldCovers(t *testing.T) {
	t.Parallel()
	touch := andante.Touch{Sequence: "brief", Sender: "news", Contact: "c", Account: "a", Kind: andante.Email, Purpose: andante.Marketing}
	contact := andante.Contact{ID: "c", Import: "fair"}
	for scope, key := range map[andante.HoldScope]string{
		andante.HoldContact: "c", andante.HoldAccount: "a", andante.HoldSequence: "brief", andante.HoldSender: "news", andante.HoldImport: "fair", andante.HoldEverything: "",
	} {
		if !(andante.Hold{Scope: scope, Key: key}).Covers(touch, contact) {
			t.Errorf("%s %s does not hold", scope, key)
		}
		if scope != andante.HoldEverything && (andante.Hold{Scope: scope, Key: "x"}).Covers(touch, contact) {
			t.Errorf("%s of another holds", scope)
		}
	}
	for kind, want := range map[andante.Kind]bool{"": true, andante.Email: true, andante.SMS: false} {
		if (andante.Hold{Scope: andante.HoldSender, Key: "news", Kind: kind}).Covers(touch, contact) != want {
			t.Errorf("a hold on the sender's %q holds a mail: %v", kind, !want)
		}
	}
	asked, card := touch, touch
	asked.Purpose, card.Kind = andante.Requested, andante.Postcard
	for _, t2 := range []andante.Touch{asked, card} {
		if (andante.Hold{Scope: andante.HoldImport, Key: "fair"}).Covers(t2, contact) {
			t.Errorf("an import holds a %s %s", t2.Purpose, t2.Kind)
		}
	}
}
