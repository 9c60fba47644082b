package ops

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/store"
)

// known are texts that tell who Anna is.
var known = []string{"anna", "xylophone"}

// forgottenWorld has Anna, who got a mail, answered it, was talked to and noted down in every way.
func forgottenWorld(t *testing.T) (w *world, anna andante.ContactID) {
	t.Helper()
	w = mailWorld(t, "anna", "ben")
	anna = w.find("anna").ID
	got := w.mail(w.firstTouch(anna), "From: Anna Xylophone <anna@x.example>\nTo: news@acme.example\nSubject: Re: xylophone\nIn-Reply-To: <$ID>\nMessage-ID: <xylophone@x.example>\n\nI play the xylophone. Anna\n")
	if got.Contact != anna {
		t.Fatal(got)
	}
	w.contact("anna", "contact.last_name=Xylophone", "contact.street=Xylophone lane 1", "contact.topic=xylophones", "account.name=Anna Xylophone")
	w.write(func(tx *store.Tx) error {
		return errors.Join(
			tx.AddConversations(t.Context(), []andante.Conversation{{ID: andante.NewID[andante.ConversationID](w.clock.Now()), Contact: anna, Account: w.find("anna").Account, Owner: "nora", Kind: andante.Call, Minutes: 7, Note: "Anna wants a xylophone", At: w.clock.Now()}}),
			tx.AddNotices(t.Context(), []store.Notice{{ID: andante.NewID[andante.TouchID](w.clock.Now()), Person: "nora", Subject: "Your day", Body: "Call Anna Xylophone anna@x.example\nCall ben", State: andante.Planned, Due: w.clock.Now()}}),
		)
	})
	if err := w.Choose(t.Context(), anna, andante.Choice{Max: 1, Per: "30d", Source: "Anna by letter"}); err != nil {
		t.Fatal(err)
	}
	return w, anna
}

// firstTouch returns what a contact got first.
func (w *world) firstTouch(id andante.ContactID) (first andante.TouchID) {
	w.t.Helper()
	w.read(func(tx *store.Tx) error {
		list, err := tx.TouchesOfContact(w.t.Context(), id)
		if err == nil {
			first = list[0].ID
		}
		return err
	})
	return first
}

// found tells where texts stand in the store.
func (w *world) found(texts ...string) (places []string) {
	w.t.Helper()
	list, _, _, err := w.Store.Search(w.t.Context(), texts)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, p := range list {
		places = append(places, p.Table+"."+p.Column)
	}
	return places
}

func TestForget(t *testing.T) {
	t.Parallel()
	w, anna := forgottenWorld(t)
	if places := w.found(known...); len(places) < 12 {
		t.Fatalf("only %v tell who Anna is", places)
	}
	d, err := w.Dossier(t.Context(), anna)
	if err != nil || len(d.Known["conversations"]) != 1 || len(d.Known["tasks"]) != 1 || len(d.Known["arrivals"]) != 1 {
		t.Errorf("dossier %v, error %v", d, err)
	}
	f, err := w.Forget(t.Context(), anna, "forgotten by nora")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"anna@x.example"}, f.Plain); diff != "" || f.Shared != 0 || f.Notices != 1 {
		t.Errorf("%+v\n%s", f, diff)
	}
	if places := w.found(known...); len(places) > 0 {
		t.Errorf("%v still tell who Anna was", places)
	}
	if err := w.Store.Wipe(t.Context()); err != nil {
		t.Fatal(err)
	}
	if files, looked, err := w.Store.SearchFiles(known); err != nil || len(files) > 0 || len(looked) == 0 {
		t.Errorf("%v of %v still tell who Anna was, error %v", files, looked, err)
	}
	if _, err := w.Dossier(t.Context(), anna); !errors.Is(err, andante.ErrNotFound) {
		t.Errorf("dossier of somebody forgotten: error %v", err)
	}
	// What went stays counted, as a number of nobody.
	if diff := cmp.Diff([]string{"brief/one sent", "brief/two canceled replied", "reply/owner canceled forgotten"}, sorted(w.touches(anna))); diff != "" {
		t.Errorf("touches (-want +got):\n%s", diff)
	}
}

func TestForgottenStayAway(t *testing.T) {
	t.Parallel()
	w, anna := forgottenWorld(t)
	if _, err := w.Forget(t.Context(), anna, "by nora"); err != nil {
		t.Fatal(err)
	}
	row := Row{Email: "anna@x.example", Fields: map[string]string{"contact.first_name": "Anna"}}
	take := func(r Row) Taken {
		t.Helper()
		taken, err := w.TakeIn(t.Context(), w.w, []Row{r})
		if err != nil {
			t.Fatal(err)
		}
		return taken
	}
	if taken := take(row); len(taken.Refused) != 1 || !strings.Contains(taken.Refused[0].Reason, "forgotten") {
		t.Errorf("an import brings her back: %+v", taken)
	}
	ben := Row{ExternalID: "ben", Email: "anna@x.example"}
	if taken := take(ben); len(taken.Refused) != 1 {
		t.Errorf("an import gives her address to another: %+v", taken)
	}
	if err := w.Unsubscribe(t.Context(), Token{Contact: anna, Kind: andante.Email, Address: w.Keys.Hash("anna@x.example")}, "link"); err != nil {
		t.Errorf("the link in an old mail: %v", err)
	}
	if p, err := w.Preferences(t.Context(), Token{Contact: anna, Kind: andante.Email}); err != nil || p.Known {
		t.Errorf("the page behind it: %+v, error %v", p, err)
	}
	for range 2 {
		got := w.mail("019b8cf4-9d80-70ad-80cd-479914570c14", "From: anna@x.example\nTo: news@acme.example\nSubject: Hello\nMessage-ID: <hello@x.example>\n\nHello.\n")
		if got.Contact != "" {
			t.Errorf("a mail of hers: %+v", got)
		}
	}
	// She comes by herself.
	if n, err := w.Lift(t.Context(), []string{"anna@x.example"}, "her letter"); err != nil || n != 1 {
		t.Errorf("%d lifted, error %v", n, err)
	}
	if taken := take(row); taken.Added != 1 {
		t.Errorf("she can't come back: %+v", taken)
	}
}

// TestForgetWhileSent: what is just being sent is waited for; its record comes before the erasure.
func TestForgetWhileSent(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.sequence("brief", "")
	w.publish()
	anna := w.contact("anna")
	w.enroll("brief")
	lease := w.bring(anna, andante.Attempted)
	ctx, cancel := context.WithTimeout(t.Context(), 3*lookForRecord)
	defer cancel()
	if _, err := w.Forget(ctx, anna, "by nora"); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("error %v", err)
	}
	if w.find("anna").ID != anna {
		t.Fatal("she was erased while a mail to her was on its way")
	}
	w.write(func(tx *store.Tx) error {
		list, err := tx.TouchesOfContact(t.Context(), anna)
		if err != nil {
			return err
		}
		x := list[0]
		x.State, x.Settled, x.Lease, x.NotAfter = andante.Unknown, w.clock.Now(), "", time.Time{}
		_, err = tx.Change(t.Context(), []store.Change{{Touch: x, Was: andante.Attempted, Lease: lease}})
		return err
	})
	if _, err := w.Forget(t.Context(), anna, "by nora"); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"brief/one sent"}, w.touches(anna)); diff != "" { // it counts, and its receipt finds nothing any more
		t.Errorf("touches (-want +got):\n%s", diff)
	}
}

// TestForgetOneOfTwo: an address that two have stays the other's, and nothing goes there any more.
func TestForgetOneOfTwo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.sequence("brief", "")
	w.publish()
	anna, ben := w.contact("anna", "email=home@x.example"), w.contact("ben", "email=home@x.example", "contact.phone=+491701234567")
	w.enroll("brief")
	f, err := w.Forget(t.Context(), anna, "by nora")
	if err != nil || f.Shared != 1 || len(f.Plain) != 0 {
		t.Errorf("%+v, error %v", f, err)
	}
	if c := w.find("ben"); c.ID != ben || c.Email != "home@x.example" {
		t.Errorf("ben: %+v", c)
	}
	if bars := w.bars(ben, "home@x.example"); len(bars) != 1 || bars[0].Reason != andante.ReasonForgotten || bars[0].Contact != "" || !bars[0].Covers(andante.Email, andante.Requested) {
		t.Errorf("bars %+v", bars)
	}
}

// TestOthersHearOfIt: programs that know somebody who is forgotten are told.
func TestOthersHearOfIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Tells = true
	w.files["andante.yaml"] = []byte(config + "hooks: {crm: {url: 'https://crm.example/x', events: [forgotten], secret: {env: X}}}\n")
	w.sequence("brief", "")
	w.publish()
	anna := w.contact("anna")
	if _, err := w.Forget(t.Context(), anna, "by nora"); err != nil {
		t.Fatal(err)
	}
	list, err := w.Dispatches(t.Context(), "crm", 9)
	if err != nil || len(list) != 1 || list[0].Payload == nil {
		t.Fatalf("told %+v, error %v", list, err)
	}
	want := PayloadContact{ID: anna}
	if diff := cmp.Diff(want, list[0].Payload.Data.Contact); diff != "" || list[0].Payload.Type != andante.EventForgotten {
		t.Errorf("payload (-want +got):\n%s", diff)
	}
}

// TestForgetLeavesOthersAlone: what is longer by a letter is somebody else's, names stay where they
// are others', and what colleagues wrote of her goes.
func TestForgetLeavesOthersAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.sequence("brief", "")
	w.publish()
	ann := w.contact("ann", "contact.last_name=Berg", "account=berg", "contact.phone=+4930123", "account.business=true")
	w.contact("joann", "account=berg", "contact.phone=+49301234567")
	joann := w.find("joann")
	at := w.clock.Now()
	w.write(func(tx *store.Tx) error {
		return errors.Join(
			tx.AddEvents(t.Context(), []andante.Event{{ID: andante.NewID[andante.EventID](at), Contact: joann.ID, Account: joann.Account, Name: "noted", At: at, Detail: "by Ann Berg, ANN@x.example (not joann@x.example)"}}),
			tx.AddNotices(t.Context(), []store.Notice{{ID: andante.NewID[andante.TouchID](at), Person: "nora", Subject: "Ann Bergmann and Ann Berg", State: andante.Planned, Due: at}}),
		)
	})
	if _, err := w.Forget(t.Context(), ann, "by nora"); err != nil {
		t.Fatal(err)
	}
	if again := w.find("joann"); again.Email != "joann@x.example" || again.Phone != "+49301234567" || again.Account != joann.Account {
		t.Errorf("joann is %+v now", again)
	}
	w.read(func(tx *store.Tx) error {
		events, err := tx.EventsOf(t.Context(), joann.ID)
		if diff := cmp.Diff("by (forgotten), (forgotten) (not joann@x.example)", events[0].Detail); diff != "" {
			t.Error(diff)
		}
		due, err2 := tx.DueNotices(t.Context(), at, 9)
		list, err3 := tx.Notices(t.Context(), []andante.TouchID{due[0].ID})
		if list[0].Subject != "Ann Bergmann and (forgotten)" {
			t.Errorf("notice %q", list[0].Subject)
		}
		return errors.Join(err, err2, err3)
	})
}

// TestForgottenByAnyName: neither what she was called before she was one with another, nor her id in
// another system brings her back.
func TestForgottenByAnyName(t *testing.T) {
	t.Parallel()
	w, ann, anna := doubles(t)
	w.merge(ann, anna)
	if _, err := w.Forget(t.Context(), ann, "by nora"); err != nil {
		t.Fatal(err)
	}
	for _, r := range []Row{
		{Email: "anna@x.example"}, {Email: "ann@x.example"}, {ExternalID: "ann", Email: "new@x.example"}, {ExternalID: "anna"}, {Fields: map[string]string{"contact.phone": "+491701234567"}},
	} {
		if r.Fields == nil {
			r.Fields = map[string]string{}
		}
		taken, err := w.TakeIn(t.Context(), w.w, []Row{r})
		if err != nil || len(taken.Refused) != 1 {
			t.Errorf("%+v brings her back: %+v, error %v", r, taken, err)
		}
	}
	l := Link{Page: ClickPage, Contact: anna, Touch: andante.NewID[andante.TouchID](w.clock.Now()), Says: "https://acme.example/of-anna"}
	if err := w.Clicked(t.Context(), Click{Link: l}); err != nil {
		t.Fatal(err)
	}
	if places := w.found("of-anna"); len(places) > 0 {
		t.Errorf("a click of hers is noted in %v", places)
	}
	if n, err := w.Lift(t.Context(), []string{"ann"}, "she is back"); err != nil || n != 1 {
		t.Errorf("%d lifted by her id, error %v", n, err)
	}
}

// TestACompanyComesAgain: what its people got counts still, though the last of them was forgotten.
func TestACompanyComesAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.sequence("brief", "")
	w.publish()
	ann := w.contact("ann", "account=berg")
	account := w.find("ann").Account
	w.enroll("brief")
	w.sendNext(ann, "one")
	if _, err := w.Forget(t.Context(), ann, "by nora"); err != nil {
		t.Fatal(err)
	}
	w.clock.Jump(w.clock.Now().AddDate(0, 0, 1))
	w.contact("ben", "account=berg")
	w.read(func(tx *store.Tx) error {
		counted, err := tx.Counted(t.Context(), time.Time{}, []andante.AccountID{w.find("ben").Account}, nil)
		if w.find("ben").Account != account || len(counted) != 1 {
			t.Errorf("%d touches count for the company", len(counted))
		}
		return err
	})
}
