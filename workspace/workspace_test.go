package workspace_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/conditions"
	"github.com/andante-hq/andante/internal/memfs"
	"github.com/andante-hq/andante/sequences"
	"github.com/andante-hq/andante/workspace"
)

var now = time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC)

func TestRevision(t *testing.T) {
	t.Parallel()
	files := good(t)
	files["contacts.csv"] = []byte("email\n")
	files["templates/.DS_Store"] = []byte("x")
	files["nuggets/one.md"] = []byte("---\ntitle: One\ntopics: [energy]\n---\nA nugget.\n")
	files["sequences/welcome.md"] = append(files["sequences/welcome.md"], "\n{% nugget topic: \"energy\" %}\n"...)
	w, _ := workspace.Load(files)
	hash, manifest, parts := w.Revision()
	if want := []string{"andante.yaml", "nuggets/one.md", "sequences/welcome.md"}; !slices.Equal(workspace.Changed(nil, w.Files), want) {
		t.Errorf("a revision of %v", workspace.Changed(nil, w.Files))
	}
	if again, _ := workspace.Load(files); len(parts) != 3 {
		t.Errorf("%d parts", len(parts))
	} else if h, m, _ := again.Revision(); h != hash || m != manifest {
		t.Error("the same files give another hash")
	}

	read := func(h string) ([]byte, error) { return parts[h], nil }
	folder, err := workspace.FromParts(manifest, read)
	if err != nil {
		t.Fatal(err)
	}
	back, found := workspace.Load(folder)
	if len(found) > 0 {
		t.Errorf("out of the store: %v", found)
	}
	if h, _, _ := back.Revision(); h != hash {
		t.Error("out of the store it is another revision")
	}
	if diff := cmp.Diff(w.Files, back.Files); diff != "" {
		t.Error(diff)
	}

	files["sequences/welcome.md"] = append(files["sequences/welcome.md"], "\nA word more.\n"...)
	changed, _ := workspace.Load(files)
	if h, _, _ := changed.Revision(); h == hash {
		t.Error("other files give the same hash")
	}
	delete(files, "nuggets/one.md")
	smaller, _ := workspace.Load(files)
	if got := workspace.Changed(w.Files, smaller.Files); !slices.Equal(got, []string{"sequences/welcome.md", "nuggets/one.md"}) {
		t.Errorf("changed: %v", got)
	}
}

func TestFromPartsOfADamagedStore(t *testing.T) {
	t.Parallel()
	_, manifest, parts := load(t, nil).Revision()
	gone := errors.New("gone")
	for name, read := range map[string]func(string) ([]byte, error){
		"a part is gone":    func(string) ([]byte, error) { return nil, gone },
		"a part is another": func(h string) ([]byte, error) { return append(slices.Clone(parts[h]), '\n'), nil },
	} {
		if _, err := workspace.FromParts(manifest, read); err == nil || !strings.Contains(err.Error(), " of the revision: ") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := workspace.FromParts("{", nil); err == nil {
		t.Error("half a manifest")
	}
}

func TestShipped(t *testing.T) {
	t.Parallel()
	files := good(t)
	for name, b := range workspace.Shipped() {
		files[name] = b
	}
	w, found := workspace.Load(files)
	found = slices.DeleteFunc(found, func(f *andante.Finding) bool { // the example of a cadence names sequences to be written
		return f.File == workspace.CadenceFile && f.Rule == "unknown-sequence"
	})
	if len(found) > 0 {
		t.Error(found)
	}
	if w.Policy.Hash != load(t, nil).Policy.Hash {
		t.Error("what is shipped is not what holds without a file")
	}
	if len(load(t, nil).NoEffect()) > 0 {
		t.Error("what is shipped needs no word")
	}
	if list := w.NoEffect(); len(list) > 0 {
		t.Errorf("what is shipped has no effect: %v", list)
	}
}

// TestPicker: one for the persona comes before one for everybody, then what expires
// first; what was had, or is stale, never comes.
func TestPicker(t *testing.T) {
	t.Parallel()
	nugget := func(keys string) string {
		return "---\ntitle: A thought\ntopics: [energy]\n" + keys + "---\nA thought.\n"
	}
	w := load(t, map[string]string{
		"nuggets/all.md": nugget(""), "nuggets/late.md": nugget("expires: 2026-12-31\n"), "nuggets/soon.md": nugget("expires: 2026-04-30\n"),
		"nuggets/over.md": nugget("expires: 2026-02-28\n"), "nuggets/theirs.md": nugget("personas: [cfo]\n"), "nuggets/others.md": nugget("personas: [owner]\n"),
		"sequences/care.md": strings.Replace(string(good(t)["sequences/welcome.md"]), "sequence: welcome", "sequence: care", 1) + "\n{% nugget topic: \"energy\" %}\n",
	})
	q := w.Sequences["care"]
	s := &q.Steps[len(q.Steps)-1]
	var had []string
	for _, want := range []string{"theirs", "soon", "late", "all", ""} {
		p := w.NewPicker("cfo", had, time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC))
		tag := p.Values(s.Topics)["energy"].(interface{ ToLiquid() any })
		if len(p.Taken()) > 0 {
			t.Errorf("what nobody has asked for is taken: %v", p.Taken())
		}
		got, again := tag.ToLiquid(), tag.ToLiquid()
		if got != want || again != want {
			t.Errorf("after %v: %q and %q, want %q", had, got, again, want)
		}
		had = append(had, p.Taken()...)
	}
	if stale := w.StaleNuggets(time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)); len(stale) != 1 || stale[0].File != "nuggets/over.md" || stale[0].Rule != "stale-nugget" {
		t.Errorf("stale: %v", stale)
	}
}

// TestQuickstart holds the example to the warnings of pace, and shows by hand what
// brings them out.
func TestQuickstart(t *testing.T) {
	t.Parallel()
	files := memfs.FS{}
	root := os.DirFS("../examples/quickstart")
	err := fs.WalkDir(root, ".", func(name string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			files[name], err = fs.ReadFile(root, name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, found := workspace.Load(files); len(found) > 0 {
		t.Fatal(found)
	}
	const brief = "sequences/building-brief.md"
	original := files[brief]
	rewrite := func(old, new string) string {
		files[brief] = []byte(strings.ReplaceAll(string(original), old, new))
		_, found := workspace.Load(files)
		var b strings.Builder
		for _, f := range found {
			b.WriteString(f.Rule + ": " + f.Message + "\n")
		}
		return b.String()
	}
	// Five issues to anybody, mail to mail: the gap is 48h, week allows 2 in 7
	// days and month 5 in 30.
	for _, test := range []struct{ name, old, new, want string }{
		{"every three days", "after: 3w", "after: 3d", ""},
		{"the gap itself", "after: 3w", "after: 2d", ""},
		{"an hour less", "after: 3w", "after: 47h", "closer-than-gap: a-fifth-slower comes 47h after the step before, but the gap is 48h: the governor will put it off\n" +
			"closer-than-gap: money-that-expires-in-autumn comes 47h after the step before, but the gap is 48h: the governor will put it off\n"},
	} {
		if diff := cmp.Diff(test.want, rewrite(test.old, test.new)); diff != "" {
			t.Errorf("%s:\n%s", test.name, diff)
		}
	}
	// Two days apart, all five would be out from Monday to the Tuesday after. Two a
	// week are let through: Mon 5, Wed 7, Mon 12, Wed 14, Mon 19 January.
	original = []byte(strings.ReplaceAll(string(original), "after: 3w", "after: 2d"))
	if diff := cmp.Diff("stretched: takes 14 days instead of 8, for the limit week holds it back\n", rewrite("after: 2w", "after: 2d")); diff != "" {
		t.Error(diff)
	}
}

func TestPersonaAndTier(t *testing.T) {
	t.Parallel()
	w := load(t, nil)
	for _, test := range []struct {
		job           string
		account       andante.Account
		persona, tier string
	}{
		{"Head of Finance", andante.Account{Revenue: 100000, Business: true}, "cfo", "key"},
		{"Engineer", andante.Account{Revenue: 99999, Business: true}, "", "commercial"},
		{"", andante.Account{}, "", "residential"},
	} {
		v := w.Values(andante.Contact{JobTitle: test.job}, test.account, andante.Enrollment{}, workspace.Identity{})
		if p, tier := w.PersonaOf(v, now), w.TierOf(v, now); p != test.persona || tier != test.tier {
			t.Errorf("%s of %+v: persona %q, tier %q", test.job, test.account, p, tier)
		}
	}
}

// TestPersonaInOrder: the first in alphabetical order whose condition holds.
func TestPersonaInOrder(t *testing.T) {
	t.Parallel()
	config := strings.Replace(string(good(t)["andante.yaml"]), "  owner: {title: Homeowner}", "  boss: {when: contact.job_title != \"\"}\n  owner: {when: not account.business}", 1)
	w := load(t, map[string]string{"andante.yaml": config})
	for job, want := range map[string]string{"Head of Finance": "boss", "": "owner"} {
		v := w.Values(andante.Contact{JobTitle: job}, andante.Account{}, andante.Enrollment{}, workspace.Identity{})
		if got := w.PersonaOf(v, now); got != want {
			t.Errorf("%q is a %s", job, got)
		}
	}
}

func TestSenderOf(t *testing.T) {
	t.Parallel()
	w := load(t, nil)
	for _, test := range []struct{ sequence, ifNoOwner, step, owner, want string }{
		{"owner", "", "", "nora", "nora"},
		{"owner", "", "", "", ""},
		{"owner", "", "", "gone", ""},
		{"owner", "skip", "", "gone", ""},
		{"owner", "news", "", "gone", "news"},
		{"owner", "news", "", "nora", "nora"},
		{"news", "", "", "nora", "news"},
		{"news", "", "owner", "nora", "nora"},
		{"owner", "", "news", "nora", "news"},
	} {
		q, s := &sequences.Sequence{Sender: test.sequence, IfNoOwner: test.ifNoOwner}, &sequences.Step{Sender: test.step}
		got, err := w.SenderOf(q, s, "", andante.Account{Owner: test.owner}, now)
		if got != test.want || (err == nil) != (test.want != "") {
			t.Errorf("%+v: %q, %v", test, got, err)
		}
	}
}

func TestStandIn(t *testing.T) {
	t.Parallel()
	c := load(t, nil).Config
	c.People = map[string]workspace.Person{"ana": {Zone: "Pacific/Auckland"}, "ben": {}, "cem": {}, "dora": {}}
	days := func(s string) *workspace.Days {
		var d workspace.Days
		if err := d.UnmarshalText([]byte(s)); err != nil || d.String() != s {
			t.Fatalf("%s: %s, %v", s, d.String(), err)
		}
		return &d
	}
	c.Owners = map[string]workspace.Absence{
		"ana": {Away: days("2026-12-20..2027-01-06"), Deputy: "ben"},
		"ben": {Away: days("2026-12-24..2026-12-26"), Deputy: "cem"},
		"cem": {Away: days("2026-12-26..2026-12-26"), Deputy: "ana"},
	}
	for at, want := range map[string]string{
		"2026-12-19T10:59:00Z": "ana", // 23:59 in Auckland
		"2026-12-19T11:00:00Z": "ben",
		"2026-12-24T12:00:00Z": "cem", // the deputy's deputy
		"2026-12-26T12:00:00Z": "ana", // all are away
		"2027-01-06T10:59:00Z": "ben",
		"2027-01-06T11:00:00Z": "ana",
	} {
		instant, _ := time.Parse(time.RFC3339, at)
		if got := c.StandIn("ana", instant); got != want {
			t.Errorf("%s: %s, want %s", at, got, want)
		}
	}
	if got := c.StandIn("gone", now); got != "gone" {
		t.Errorf("nobody stands in for who is gone, not %s", got)
	}
	for _, wrong := range []string{"", "2026-12-20", "2026-12-20..", "2026-12-20..2026-12-19", "20.12.2026..6.1.2027"} {
		if new(workspace.Days).UnmarshalText([]byte(wrong)) == nil {
			t.Errorf("%q is taken", wrong)
		}
	}
}

func TestIdentity(t *testing.T) {
	t.Parallel()
	c := load(t, nil).Config
	news, _ := c.Identity("news")
	if news.Email != "news@acme.example" || news.Throttle == nil || news.Throttle.Rate.N != 600 {
		t.Errorf("news is %+v", news)
	}
	nora, _ := c.Identity("nora")
	if nora.Name != "Nora Whitfield" || nora.Person.Key != "nora" || nora.Throttle != nil {
		t.Errorf("nora is %+v", nora)
	}
	for _, key := range []string{"", "nobody"} {
		if _, ok := c.Identity(key); ok {
			t.Errorf("%q is somebody", key)
		}
	}
}

func TestLanguage(t *testing.T) {
	t.Parallel()
	w := load(t, nil)
	block := func(lang string) sequences.Block {
		return sequences.Block{For: sequences.Selection{Lang: lang}}
	}
	german := &sequences.Step{Body: []sequences.Block{{}, block("de-AT"), block("de"), block("fr")}}
	for _, test := range []struct{ sequence, contact, want string }{
		{"", "", "en"},
		{"nl", "", "nl"},
		{"nl", "it", "nl"},
		{"", "de", "de"},
		{"nl", "fr", "fr"},
		{"", "de-AT", "de-AT"},
		{"", "de-CH", "de"},
		{"", "DE", "de"},
		{"", "den", "en"},
		{"", "d", "en"},
	} {
		got := w.Language(&sequences.Sequence{Language: test.sequence}, german, andante.Contact{Language: test.contact})
		if got != test.want {
			t.Errorf("%+v: %s", test, got)
		}
	}
}

func TestLayout(t *testing.T) {
	t.Parallel()
	const text = "---\nsequence: s\ntitle: S\nsender: %s\n%s---\n\n## Hello\n\n```yaml step\nkind: email\nafter: 0d\n%ssubject: Hello\nvalue: information - who we are\n```\n\nHello.\n"
	for _, test := range []struct{ sender, front, step, want string }{
		{"owner", "", "", "letter"},
		{"nora", "", "", "letter"},
		{"news", "", "", "newsletter"},
		{"news", "layout: letter\n", "", "letter"},
		{"owner", "layout: newsletter\n", "", "newsletter"},
		{"news", "", "layout: letter\n", "letter"},
		{"news", "", "sender: owner\n", "letter"},
		{"owner", "layout: letter\n", "layout: newsletter\n", "newsletter"},
	} {
		src := strings.Replace(strings.Replace(strings.Replace(text, "%s", test.sender, 1), "%s", test.front, 1), "%s", test.step, 1)
		w := load(t, map[string]string{"sequences/s.md": src})
		q := w.Sequences["s"]
		if got := w.Layout(q, &q.Steps[0]); got != test.want {
			t.Errorf("%+v: %s", test, got)
		}
	}
}

func TestFacts(t *testing.T) {
	t.Parallel()
	w := load(t, nil)
	for _, test := range []struct {
		name                  string
		contact               andante.Contact
		account               andante.Account
		zone, source, country string
	}{
		{"of the contact", andante.Contact{Zone: "Europe/Berlin", Country: "DE"}, andante.Account{Zone: "Europe/Paris", Owner: "nora", Country: "FR"}, "Europe/Berlin", "contact", "DE"},
		{"of the account", andante.Contact{Zone: "nowhere"}, andante.Account{Zone: "Europe/Paris", Owner: "nora", Country: "FR"}, "Europe/Paris", "account", "FR"},
		{"of the owner", andante.Contact{}, andante.Account{Owner: "nora"}, "America/Chicago", "owner", "US"},
		{"of the workspace", andante.Contact{}, andante.Account{Owner: "gone"}, "America/New_York", "workspace", "US"},
	} {
		f := w.Facts(test.contact, test.account)
		if len(f.Zones) != 1 || f.Zones[0].String() != test.zone || f.ZoneSource != test.source || f.Country != test.country {
			t.Errorf("%s: %v from %s, country %s", test.name, f.Zones, f.ZoneSource, f.Country)
		}
	}
	f := w.Facts(andante.Contact{ID: "c", Stage: "customer", Persona: "cfo", Country: "DE"}, andante.Account{ID: "a", Stage: "prospect", Tier: "key"})
	if f.Contact != "c" || f.Account != "a" || f.Stage != "customer" || f.Persona != "cfo" || f.Tier != "key" {
		t.Errorf("facts %+v", f)
	}
	unity := time.Date(2026, 10, 3, 12, 0, 0, 0, time.UTC)
	if _, off := f.Holidays(unity); !off {
		t.Error("the third of October is a holiday in Germany")
	}
	none := load(t, map[string]string{"governor.yaml": "limits: []\n"}).Facts(andante.Contact{Country: "DE"}, andante.Account{})
	if none.Holidays != nil {
		t.Error("a policy without holidays counts business days with them")
	}
}

// TestFieldsOfSequences: a field that only a sequence declares is one of the
// workspace's: conditions and texts may name it, and contacts carry it.
func TestFieldsOfSequences(t *testing.T) {
	t.Parallel()
	w := load(t, nil)
	want := []andante.Field{{Noun: "account", Name: "buildings", Type: andante.NumberField}, {Noun: "contact", Name: "hobby", Type: andante.TextField}}
	if diff := cmp.Diff(want, w.Config.DeclaredFields()); diff != "" {
		t.Error(diff)
	}
	v := w.Values(andante.Contact{Fields: map[string]string{"hobby": "chess"}}, andante.Account{Fields: map[string]string{"buildings": "3"}}, andante.Enrollment{}, workspace.Identity{})
	c, err := w.Condition(`contact.hobby == "chess" and account.buildings == 3`)
	if err != nil {
		t.Fatal(err)
	}
	if ok, err := c.Eval(v, conditions.History{Now: now}); err != nil || !ok {
		t.Errorf("%t, %v", ok, err)
	}
	empty := w.Values(andante.Contact{}, andante.Account{}, andante.Enrollment{}, workspace.Identity{})
	if value, declared := empty.Get("contact.hobby"); value != nil || !declared {
		t.Errorf("an empty field is %v, declared %t", value, declared)
	}
	if _, err := w.Condition("contact.hoby == \"\""); err == nil {
		t.Error("a typo compiles")
	}
}

func TestValues(t *testing.T) {
	t.Parallel()
	w := load(t, nil)
	news, _ := w.Config.Identity("news")
	v := w.Values(andante.Contact{FirstName: "Ada"}, andante.Account{Owner: "nora"}, andante.Enrollment{Variant: "b", Entered: now}, news)
	for path, want := range map[string]any{
		"contact.first_name": "Ada", "owner.name": "Nora Whitfield", "owner.first_name": "Nora", "sender.name": "Acme", "sender.email": "news@acme.example",
		"company.name": "Acme", "company.phone": nil, "enrollment.variant": "b", "enrollment.entered": now, "contact.last_name": nil,
	} {
		if got, _ := v.Get(path); got != want {
			t.Errorf("%s is %v", path, got)
		}
	}
}

func TestText(t *testing.T) {
	t.Parallel()
	w := load(t, nil)
	q := w.Sequences["welcome"]
	first, err := w.Text(q, &q.Steps[0], "cfo", "", "en", andante.Email)
	if err != nil {
		t.Fatal(err)
	}
	if again, _ := w.Text(q, &q.Steps[0], "cfo", "", "en", andante.Email); again != first {
		t.Error("a text is compiled twice")
	}
	broken := *q
	broken.Hash, broken.Steps = "another", slices.Clone(q.Steps)
	broken.Steps[0].Body = []sequences.Block{{Text: "{{ contact.frist_name }}", Line: 20}}
	if _, err := w.Text(&broken, &broken.Steps[0], "", "", "", andante.Email); err == nil || !strings.Contains(err.Error(), "sequences/welcome.md step hello") {
		t.Errorf("a text that does not compile: %v", err)
	}
}

// TestBusinessDaysOfARequestedMail: what was asked for may come on a holiday, but a
// holiday is no business day for it either.
func TestBusinessDaysOfARequestedMail(t *testing.T) {
	t.Parallel()
	const mail = "\n## %[1]s\n\n```yaml step\nkind: email\nafter: %[1]s\nsubject: x\nvalue: information - x\n```\n\nHello.\n"
	w := load(t, map[string]string{
		"governor.yaml": "holidays: by country\nlimits: []\n",
		"sequences/asked.md": "---\nsequence: asked\ntitle: Asked\npurpose: requested\nsender: news\nenter: {event: form.sent}\n---\n" +
			fmt.Sprintf(mail, "0d") + fmt.Sprintf(mail, "1 business days"),
	})
	q := w.Sequences["asked"]
	facts := w.Facts(andante.Contact{ID: "c", Country: "US"}, andante.Account{})
	christmasEve := time.Date(2026, 12, 24, 10, 0, 0, 0, facts.Zones[0])
	for i, want := range []string{"2026-12-24", "2026-12-28"} {
		due, ok := q.Steps[i].Due(christmasEve, w.Hours(&facts, q, &q.Steps[i]), facts.Holidays, 0)
		if got := due.Format(time.DateOnly); !ok || got != want {
			t.Errorf("step %d comes on %s, want %s", i+1, got, want)
		}
	}
}

// TestKnownWithoutWeights: what is asked of everybody is known or missing though nobody gave it a
// weight.
func TestKnownWithoutWeights(t *testing.T) {
	t.Parallel()
	w := load(t, map[string]string{"andante.yaml": strings.Replace(string(good(t)["andante.yaml"]), "fields:\n", "fields:\n  contact.need: text\n  account.budget: number\n  contact.hobby: text\n", 1)})
	known, missing := w.KnownOf(andante.Contact{Fields: map[string]string{"need": "lighting"}}, andante.Account{})
	if diff := cmp.Diff([][]string{{"contact.need: lighting"}, {"account.budget"}}, [][]string{known, missing}); diff != "" {
		t.Error(diff)
	}
}
