package ops

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/inbound"
	"github.com/andante-hq/andante/store"
)

// doubles is a world in which ann is there twice: as ann and as anna.
func doubles(t *testing.T) (w *world, ann, anna andante.ContactID) {
	t.Helper()
	w = newWorld(t)
	w.files["andante.yaml"] = []byte(mailConfig)
	w.sequence("brief", "")
	w.sequence("other", "exclusive: x")
	w.sequence("third", "exclusive: x")
	w.publish()
	ann = w.contact("ann", "contact.last_name=Berg", "account=berg")
	w.clock.Jump(w.clock.Now().Add(time.Minute))
	anna = w.contact("anna", "contact.last_name=Bergh", "contact.phone=+491701234567", "contact.job_title=CFO")
	return w, ann, anna
}

func (w *world) merge(keep, drop andante.ContactID) *Merged {
	w.t.Helper()
	m, err := w.Merge(w.t.Context(), keep, drop, "nora", false)
	if err != nil {
		w.t.Fatal(err)
	}
	return m
}

func TestMerge(t *testing.T) {
	t.Parallel()
	w, ann, anna := doubles(t)
	w.enroll("brief", "ann", "anna")
	w.sendNext(anna, "one") // the further
	w.enroll("other", "ann")
	w.enroll("third", "anna")
	would, err := w.Merge(t.Context(), ann, anna, "nora", true)
	if err != nil {
		t.Fatal(err)
	}
	if c := w.find("anna"); c.ID != anna {
		t.Fatal("a dry run changed something")
	}
	m := w.merge(ann, anna)
	if diff := cmp.Diff(would, m); diff != "" {
		t.Errorf("what it did is not what it said (-said +did):\n%s", diff)
	}
	want := &Merged{Keep: ann, Drop: anna, Name: "ann Berg", Filled: []string{"contact.job_title", "contact.phone"}, Touches: 3, Ended: []string{"brief", "third"}, Account: "anna Bergh"}
	if diff := cmp.Diff(want, m); diff != "" {
		t.Errorf("merged (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"brief active", "brief finished merged", "other active", "third finished merged"}, sorted(w.enrollments(ann))); diff != "" {
		t.Errorf("enrollments (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"brief/one canceled merged", "brief/one sent", "brief/two planned", "other/one planned", "third/one canceled merged"}, sorted(w.touches(ann))); diff != "" {
		t.Errorf("touches (-want +got):\n%s", diff)
	}
	w.read(func(tx *store.Tx) error {
		wrong, _, err := tx.Miscounted(t.Context(), "", 99)
		if len(wrong) > 0 {
			t.Errorf("miscounted: %v", wrong)
		}
		counted, err2 := tx.Counted(t.Context(), time.Time{}, []andante.AccountID{w.find("ann").Account}, nil)
		if len(counted) != 1 || counted[0].Contact != ann {
			t.Errorf("counted %+v", counted)
		}
		return errors.Join(err, err2)
	})
}

// TestMergedIsFoundByWhatItWas: old links, answers and imports reach who it is now.
func TestMergedIsFoundByWhatItWas(t *testing.T) {
	t.Parallel()
	w, ann, anna := doubles(t)
	w.enroll("brief", "anna")
	w.sendNext(anna, "one")
	w.merge(ann, anna)
	find := func(r Ref) (id andante.ContactID) {
		w.read(func(tx *store.Tx) error {
			list, err := w.Find(t.Context(), tx, r)
			if err == nil {
				id = list[0].ID
			}
			return err
		})
		return id
	}
	for _, r := range []Ref{{ID: anna}, {ExternalID: "anna"}, {Email: "anna@x.example"}} {
		if find(r) != ann {
			t.Errorf("%+v finds nobody", r)
		}
	}
	row := Row{ExternalID: "anna", Email: "anna@x.example", Account: "another", Fields: map[string]string{"contact.last_name": "Bergh", "contact.topic": "tea", "contact.phone": "+491701234567"}}
	taken, err := w.TakeIn(t.Context(), w.w, []Row{row})
	c := w.find("ann")
	if err != nil || taken.Changed != 1 || c.ID != ann || c.Email != "ann@x.example" || c.LastName != "Berg" || c.Fields["topic"] != "tea" {
		t.Errorf("an import of what she was: %+v, error %v; she is %+v", taken, err, c)
	}
	if got := w.mail("nothing", "From: anna@x.example\nTo: news@acme.example\nSubject: Hello\nMessage-ID: <1@x.example>\n\nDo you have a minute?\n"); got.Contact != ann || got.Class != inbound.Reply {
		t.Errorf("a mail from where she was: %+v", got)
	}
	if p, err := w.Preferences(t.Context(), Token{Contact: anna, Kind: andante.Email}); err != nil || !p.Known {
		t.Errorf("the page behind an old link: %+v, error %v", p, err)
	}
	if err := w.Unsubscribe(t.Context(), Token{Contact: anna, Kind: andante.Email, Address: w.Keys.Hash("anna@x.example")}, "link"); err != nil {
		t.Fatal(err)
	}
	if bars := w.bars(ann, ""); len(bars) != 2 || bars[0].Contact != ann {
		t.Errorf("an old link barred %+v", bars)
	}
}

// TestMergeIsStrict: what bars one bars both, the stricter choice holds, and consent stays with its
// address.
func TestMergeIsStrict(t *testing.T) {
	t.Parallel()
	w, ann, anna := doubles(t)
	w.enroll("brief", "ann")
	if err := w.Unsubscribe(t.Context(), Token{Contact: anna, Kind: andante.Email, Address: w.Keys.Hash("anna@x.example")}, "link"); err != nil {
		t.Fatal(err)
	}
	for id, c := range map[andante.ContactID]andante.Choice{ann: {Max: 1, Per: "week", Not: []string{"tea"}}, anna: {Max: 1, Per: "30d", Not: []string{"cake"}}} {
		if err := w.Choose(t.Context(), id, c); err != nil {
			t.Fatal(err)
		}
	}
	at := w.clock.Now()
	w.write(func(tx *store.Tx) error {
		return tx.AddConsents(t.Context(), []andante.Consent{
			{ID: andante.NewID[andante.ConsentID](at), Contact: anna, Kind: andante.Email, Basis: andante.OptIn, Source: "fair", At: at},
			{ID: andante.NewID[andante.ConsentID](at), Contact: anna, Kind: andante.SMS, Basis: andante.OptIn, Source: "shop", At: at},
		})
	})
	m := w.merge(ann, anna)
	if m.Barred != 2 || len(m.Left) != 1 || m.Left[0] != "opt_in for email of 5 Jan 2026 (fair)" {
		t.Errorf("%+v", m)
	}
	c := w.find("ann").Choice
	if diff := cmp.Diff(andante.Choice{Max: 1, Per: "30d", Not: []string{"cake", "tea"}}, c, cmpopts.IgnoreFields(andante.Choice{}, "At", "Source")); diff != "" {
		t.Errorf("choice (-want +got):\n%s", diff)
	}
	bars := w.bars(ann, "")
	if !slices.ContainsFunc(bars, func(s andante.Suppression) bool { return s.Covers(andante.Email, andante.Marketing) }) {
		t.Errorf("bars %+v", bars)
	}
	w.read(func(tx *store.Tx) error {
		list, err := tx.Consents(t.Context(), []andante.ContactID{ann})
		if len(list) != 1 || list[0].Kind != andante.SMS {
			t.Errorf("consents %+v", list)
		}
		return err
	})
}

func TestStricter(t *testing.T) {
	t.Parallel()
	early, late := time.Unix(1, 0), time.Unix(2, 0)
	post, mail := []andante.Kind{andante.Letter}, []andante.Kind{andante.Email}
	for _, c := range []struct{ a, b, want andante.Choice }{
		{andante.Choice{}, andante.Choice{Max: 2, Per: "7d"}, andante.Choice{Max: 2, Per: "7d"}},
		{andante.Choice{Max: 2, Per: "month"}, andante.Choice{Max: 2, Per: "7d"}, andante.Choice{Max: 2, Per: "month"}},
		{andante.Choice{Pause: early}, andante.Choice{Pause: late}, andante.Choice{Pause: late}},
		{andante.Choice{Only: slices.Concat(post, mail)}, andante.Choice{Only: mail}, andante.Choice{Only: mail}},
		{andante.Choice{Only: post, At: early}, andante.Choice{Only: mail, At: late}, andante.Choice{Only: mail, At: late}},
		{andante.Choice{Only: post, At: late}, andante.Choice{Only: mail, At: early}, andante.Choice{Only: post, At: late}},
		{andante.Choice{Max: 1, Per: "30d"}, andante.Choice{Only: mail}, andante.Choice{Max: 1, Per: "30d", Only: mail}},
	} {
		if diff := cmp.Diff(c.want, stricter(c.a, c.b), cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%v and %v (-want +got):\n%s", c.a, c.b, diff)
		}
	}
}

// TestMergeUnderWay: what is with a worker is taken back; what is being sent is waited for.
func TestMergeUnderWay(t *testing.T) {
	t.Parallel()
	for _, state := range []andante.State{andante.Leased, andante.Claimed, andante.Attempted} {
		w, ann, anna := doubles(t)
		w.enroll("brief", "anna")
		w.bring(anna, state)
		ctx, cancel := context.WithTimeout(t.Context(), 2*lookForRecord)
		_, err := w.Merge(ctx, ann, anna, "nora", false)
		cancel()
		if state == andante.Attempted {
			if !errors.Is(err, context.DeadlineExceeded) || w.find("anna").ID != anna {
				t.Errorf("%s: error %v", state, err)
			}
			continue
		}
		if diff := cmp.Diff([]string{"brief/one planned"}, w.touches(ann)); err != nil || diff != "" {
			t.Errorf("%s: error %v, touches (-want +got):\n%s", state, err, diff)
		}
	}
}

func TestMergeAccounts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.sequence("brief", "")
	w.publish()
	ann, ben := w.contact("ann", "account=berg"), w.contact("ben", "account=berg gmbh", "account.industry=tea", "account.stage=evaluation")
	if _, err := w.MergeAccounts(t.Context(), w.w, "berg", "nobody"); !errors.Is(err, andante.ErrNotFound) {
		t.Errorf("error %v", err)
	}
	if _, err := w.Hold(t.Context(), andante.Hold{Scope: andante.HoldAccount, Key: string(w.find("ben").Account), Author: "nora", Reason: "x"}); err != nil {
		t.Fatal(err)
	}
	n, err := w.MergeAccounts(t.Context(), w.w, "berg", "berg gmbh")
	if err != nil || n != 1 || w.find("ann").ID != ann || w.find("ben").ID != ben || w.find("ann").Account != w.find("ben").Account {
		t.Errorf("%d went over, error %v", n, err)
	}
	w.read(func(tx *store.Tx) error {
		list, err := tx.AccountsByKey(t.Context(), []string{"berg", "berg gmbh"})
		if len(list) != 1 || list[0].Industry != "tea" || list[0].Stage != "customer" {
			t.Errorf("accounts %+v", list)
		}
		holds, err2 := tx.AllHolds(t.Context())
		if len(holds) != 1 || holds[0].Key != string(list[0].ID) {
			t.Errorf("holds %+v", holds)
		}
		return errors.Join(err, err2)
	})
}

// TestMergeKeepsBarsOfAddresses: a list of addresses to leave alone names nobody, and means its owner.
func TestMergeKeepsBarsOfAddresses(t *testing.T) {
	t.Parallel()
	w, ann, anna := doubles(t)
	if _, err := w.Suppress(t.Context(), []string{"anna@x.example"}, "old system"); err != nil {
		t.Fatal(err)
	}
	w.merge(ann, anna)
	if bars := w.bars(ann, ""); len(bars) != 1 || bars[0].Contact != ann || bars[0].Source != "old system" || !bars[0].Covers(andante.Email, andante.Marketing) {
		t.Errorf("bars %+v", bars)
	}
}

// TestMergedAccountStays: the key of an account that became one with another finds that in imports.
func TestMergedAccountStays(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.sequence("brief", "")
	w.publish()
	w.contact("ann", "account=berg")
	w.contact("ben", "account=berg gmbh")
	if _, err := w.MergeAccounts(t.Context(), w.w, "berg", "berg gmbh"); err != nil {
		t.Fatal(err)
	}
	w.contact("ben", "account=berg gmbh")
	w.contact("cem", "account=berg gmbh")
	w.contact("dora", "account=berg group")
	if _, err := w.MergeAccounts(t.Context(), w.w, "berg group", "berg"); err != nil { // and that one with a third
		t.Fatal(err)
	}
	w.contact("ben", "account=berg gmbh")
	if a := w.find("dora").Account; w.find("ben").Account != a {
		t.Error("the key of the first does not find the third")
	}
	if a := w.find("ann").Account; w.find("ben").Account != a || w.find("cem").Account != a {
		t.Error("an import takes the merge back")
	}
}
