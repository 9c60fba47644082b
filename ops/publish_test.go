package ops

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/internal/memfs"
	"github.com/andante-hq/andante/store"
	"github.com/andante-hq/andante/workspace"
)

// What differs in words reaches everybody, what differs in the plan only those
// who enter from now on; publish says which is which.
func TestPublishCompare(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, old, new string // of the file, replaced
		plan, words    bool
	}{
		{"nothing", "", "", false, false},
		{"text", "Hello.", "Good morning.", false, true},
		{"subject", "subject: About two", "subject: On two", false, true},
		{"value", "value: insight - two", "value: idea - two", false, true},
		{"title", "title: brief", "title: The brief", false, true},
		{"notes and moved lines", "---\n\n## one", "---\n\nFor the team.\n\n## one", false, true},
		{"thread", "subject: About two", "subject: About two\nthread: true", false, true},
		{"delay", "after: 3d", "after: 4d", true, false},
		{"order", "## one", "## uno", true, false},
		{"hours", "after: 3d", "after: 3d\nat: Mon-Fri 09:00-10:00", true, false},
		{"condition", "after: 3d", "after: 3d\nwhen: not replied()", true, false},
		{"valid_for", "after: 3d", "after: 3d\nvalid_for: 2d", true, false},
		{"late", "after: 3d", "after: 3d\nlate: skip", true, false},
		{"over_limit", "after: 3d", "after: 3d\nover_limit: skip", true, false},
		{"needs", "after: 3d", "after: 3d\nneeds: [contact.topic]", true, true},
		{"needs and the text that uses them", "after: 3d\nsubject: About two", "after: 3d\nneeds: [contact.topic]\nsubject: About {{ contact.topic }}", true, true},
		{"if_missing", "after: 3d", "after: 3d\nif_missing: end", true, false},
		{"window", "sender: news", "sender: news\nwindow: Mon-Fri 10:00-12:00", true, false},
		{"exit", "sender: news", "sender: news\nexit: [form.filled]", true, false},
		{"account", "sender: news", "sender: news\naccount: {exit: all}", true, false},
		{"priority", "sender: news", "sender: news\npriority: high", true, false},
		{"purpose", "purpose: marketing", "purpose: relationship", true, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.sequence("brief", "")
			w.publish()
			src := string(w.files["sequences/brief.md"])
			if !strings.Contains(src, test.old) {
				t.Fatalf("%q is not in the file", test.old)
			}
			w.files["sequences/brief.md"] = []byte(strings.Replace(src, test.old, test.new, 1))
			rep, err := w.Publish(t.Context(), w.load(), nil, true)
			if err != nil {
				t.Fatal(err)
			}
			plan, words := slices.Contains(rep.Plans, "brief"), slices.Contains(rep.Words, "brief")
			if plan != test.plan || words != test.words || rep.Same != (!test.plan && !test.words) {
				t.Errorf("plan %v, words %v, same %v", plan, words, rep.Same)
			}
		})
	}
}

func TestPublish(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.sequence("brief", "")
	rep, err := w.Publish(t.Context(), w.load(), nil, true)
	if err != nil || rep.Same || !slices.Equal(rep.Plans, []string{"brief"}) {
		t.Errorf("the first: %+v, %v", rep, err)
	}
	if _, err := w.Enroll(t.Context(), EnrollRequest{Sequence: "brief"}); !errors.Is(err, ErrNothingPublished) {
		t.Errorf("a dry run has published: %v", err)
	}
	w.publish()
	ann := w.contact("ann")
	w.enroll("brief")
	w.sequence("second", "")
	delete(w.files, "sequences/brief.md")
	rep, err = w.Publish(t.Context(), w.load(), nil, false)
	if !errors.Is(err, ErrDeleted) || !slices.Equal(rep.Missing, []string{"brief"}) {
		t.Errorf("a sequence that runs is deleted: %+v, %v", rep, err)
	}
	if rep, err = w.Publish(t.Context(), w.load(), []string{"brief"}, false); err != nil || !slices.Equal(rep.Plans, []string{"second"}) {
		t.Errorf("it may finish: %+v, %v", rep, err)
	}
	if diff := cmp.Diff([]string{"brief active"}, w.enrollments(ann)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if rep, err = w.Publish(t.Context(), w.load(), nil, true); err != nil || !rep.Same || len(rep.Missing) > 0 {
		t.Errorf("again: %+v, %v", rep, err)
	}
	if _, err := w.Enroll(t.Context(), EnrollRequest{Sequence: "brief"}); !errors.Is(err, andante.ErrNotFound) {
		t.Errorf("nobody enters what is deleted: %v", err)
	}
}

// A step that was deleted still goes to those who entered before, and publish says so;
// it tells as well whom a change finds without what its steps need.
func TestPublishTellsWhomItConcerns(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.sequence("brief", "")
	w.publish()
	w.contact("ann", "contact.topic=steam")
	w.contact("bob")
	w.enroll("brief")
	src := string(w.files["sequences/brief.md"])
	one, _, _ := strings.Cut(src, "\n## two")
	w.files["sequences/brief.md"] = []byte(strings.Replace(one, "after: 0d", "after: 0d\nneeds: [contact.topic]", 1))
	rep, err := w.Publish(t.Context(), w.load(), nil, true)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]Gone{{"brief", "two", 2}}, rep.Gone); diff != "" {
		t.Errorf("gone (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]Lack{{"brief", "contact.topic", 1, 2}}, rep.Lacking); diff != "" {
		t.Errorf("lacking (-want +got):\n%s", diff)
	}
	w.publish()
	if rep, err := w.Publish(t.Context(), w.load(), nil, true); err != nil || len(rep.Gone)+len(rep.Lacking) > 0 {
		t.Errorf("once it is published: %+v, %v", rep, err)
	}
}

// A sender who is taken out of andante.yaml while touches wait to be sent as it is named.
func TestPublishNamesSilentSenders(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.sequence("brief", "")
	w.publish()
	w.contact("ann")
	w.enroll("brief")
	loaded := w.load()
	delete(loaded.Config.Senders, "news")
	rep, err := w.Publish(t.Context(), loaded, nil, true)
	if err != nil || !slices.Equal(rep.Silent, []string{"news"}) {
		t.Errorf("%v, %v", rep.Silent, err)
	}
}

// What an earlier version published may have errors by the rules of today. Nothing runs
// on it, and what is mended can be published.
func TestPublishOverARevisionWithErrors(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.sequence("brief", "")
	good := w.files["governor.yaml"]
	w.files["governor.yaml"] = []byte("# nothing\n")
	old, _ := workspace.Load(memfs.FS(maps.Clone(w.files)))
	hash, manifest, parts := old.Revision()
	w.write(func(tx *store.Tx) error {
		for h, body := range parts {
			if err := tx.PutPart(t.Context(), h, body); err != nil {
				return err
			}
		}
		return tx.PutRevision(t.Context(), hash, manifest, w.clock.Now())
	})
	if _, err := w.Enroll(t.Context(), EnrollRequest{Sequence: "brief"}); err == nil || !strings.Contains(err.Error(), "publish it") {
		t.Errorf("enroll: %v", err)
	}
	if w.files["governor.yaml"] = good; good == nil {
		delete(w.files, "governor.yaml")
	}
	w.publish()
	if _, err := w.Enroll(t.Context(), EnrollRequest{Sequence: "brief"}); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}
