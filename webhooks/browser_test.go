package webhooks

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/accessibility"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/dom"
	cdpage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/ops"
)

// A reader looks at our pages in Chromium, on a small phone, without JavaScript, and with nothing but a
// keyboard. What it knows of a page is what a screen reader is told.
type reader struct {
	t   *testing.T
	ctx context.Context
}

// newReader starts Chromium. Where there is none the test is skipped; CI has it.
func newReader(t *testing.T) *reader {
	t.Helper()
	if testing.Short() {
		t.Skip("the race detector learns nothing from a browser")
	}
	path, err := exec.LookPath("chromium")
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatalf("%v: install chromium", err)
		}
		t.Skipf("%v: install chromium", err)
	}
	flags := append(slices.Clone(chromedp.DefaultExecAllocatorOptions[:]),
		chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.Flag("blink-settings", "scriptEnabled=false"),
		chromedp.Flag("disable-dev-shm-usage", true), chromedp.UserDataDir(t.TempDir()))
	browser, end := chromedp.NewExecAllocator(t.Context(), flags...)
	t.Cleanup(end)
	tab, closeTab := chromedp.NewContext(browser)
	t.Cleanup(closeTab)
	r := &reader{t, tab}
	perform(r, chromedp.EmulateViewport(320, 640)) // it begins the browser, which ends with the test
	return r
}

// perform does something in the browser.
func perform[T any](r *reader, a chromedp.Action[T]) T {
	r.t.Helper()
	got, err := chromedp.Run(r.ctx, a)
	if err != nil {
		r.t.Fatal(err)
	}
	return got
}

// call sends a command of the browser's protocol.
func call[P, R any](r *reader, c cdp.Command[P, R], params P) R {
	r.t.Helper()
	return perform(r, func(ctx context.Context, t *chromedp.Target) (R, error) { return cdp.Call(ctx, t, c, params) })
}

// A said is a thing on a page, as a screen reader tells it.
type said struct {
	Role, Name string
	Focused    bool
	node       cdp.BackendNodeID
}

// told returns what a screen reader is told of the page, in order.
func (r *reader) told(roles ...string) (list []said) {
	r.t.Helper()
	text := func(v *accessibility.Value) (s string) {
		if v != nil {
			_ = json.Unmarshal(v.Value, &s)
		}
		return s
	}
	for _, n := range call(r, accessibility.GetFullAXTree, accessibility.GetFullAXTreeParams{}).Nodes {
		x := said{Role: text(n.Role), Name: text(n.Name), node: n.BackendDOMNodeID}
		for _, p := range n.Properties {
			x.Focused = x.Focused || p.Name == accessibility.PropertyNameFocused && string(p.Value.Value) == "true"
		}
		if !n.Ignored && slices.Contains(roles, x.Role) {
			list = append(list, x)
		}
	}
	return list
}

func namesOf(list []said) (names []string) {
	for _, x := range list {
		names = append(names, x.Name)
	}
	return names
}

// tabTo goes to a button by keyboard and presses it.
func (r *reader) tabTo(name string) {
	r.t.Helper()
	for range 20 {
		perform(r, chromedp.KeyEvent(kb.Tab))
		for _, b := range r.told("button") {
			if b.Focused && b.Name == name {
				perform(r, chromedp.KeyEvent(kb.Enter))
				return
			}
		}
	}
	r.t.Fatalf("nobody reaches %q by keyboard; there are %q", name, namesOf(r.told("button")))
}

// until waits for what a page tells after a press.
func (r *reader) until(role, name string) {
	r.t.Helper()
	for range 100 {
		if slices.ContainsFunc(r.told(role), func(x said) bool { return strings.Contains(x.Name, name) }) {
			return
		}
		if err := andante.Sleep(r.ctx, 50*time.Millisecond); err != nil {
			r.t.Fatal(err)
		}
	}
	r.t.Fatalf("no %s says %q; there are %q", role, name, namesOf(r.told("heading", "button", "StaticText")))
}

// fits checks that nothing is wider than the phone, and that every button can be hit with a thumb.
func (r *reader) fits() {
	r.t.Helper()
	if width := call(r, cdpage.GetLayoutMetrics, cdp.Empty{}).CSSContentSize.Width; width > 320 {
		r.t.Errorf("the page is %g wide on a phone of 320", width)
	}
	for _, b := range r.told("button") {
		box := call(r, dom.GetBoxModel, dom.GetBoxModelParams{BackendNodeID: b.node}).Model
		if box.Height < 44 || box.Width < 200 {
			r.t.Errorf("the button %q is %d by %d", b.Name, box.Width, box.Height)
		}
	}
}

// picture keeps what the page looks like, for whoever wants to look: ANDANTE_PICTURES names a folder.
func (r *reader) picture(name string) {
	r.t.Helper()
	dir := os.Getenv("ANDANTE_PICTURES")
	if dir == "" {
		return
	}
	if err := os.WriteFile(filepath.Join(dir, name+".png"), perform(r, chromedp.FullScreenshot(100)), 0o644); err != nil {
		r.t.Fatal(err)
	}
}

// TestPagesInABrowser: less, nothing more and what is known of somebody, each by one press of a key.
func TestPagesInABrowser(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ language, title, less, month, done, all, gone, data, mailed string }{
		{
			"en", "What you get from Acme & Sons", "Less of it", "At most one message a month", "It is done. From now on", "No more advertising at all",
			"You are unsubscribed", "Mail me a link to all of it", "We have mailed a link",
		},
		{
			"de", "Was Sie von Acme & Sons bekommen", "Weniger", "Höchstens eine Nachricht im Monat", "Erledigt.", "Gar keine Werbung mehr",
			"Sie sind abgemeldet", "Einen Link zu allem per E-Mail schicken", "Wir haben einen Link",
		},
	} {
		t.Run(c.language, func(t *testing.T) {
			t.Parallel()
			s, r := newSite(t, c.language), newReader(t)
			perform(r, chromedp.Navigate(s.url+s.token))
			if h := r.told("heading"); len(h) < 3 || h[0].Name != c.title || h[1].Name != c.less {
				t.Errorf("headings %q", namesOf(h))
			}
			if groups := r.told("form"); len(groups) < 3 || groups[0].Name != c.less {
				t.Errorf("groups of buttons %q", namesOf(groups))
			}
			r.fits()
			r.picture(c.language + "-choose")
			r.tabTo(c.month)
			r.until("status", "")
			r.until("StaticText", c.done)
			if got := s.choice(); got.Max != 1 {
				t.Errorf("choice %+v", got)
			}
			r.fits()
			r.picture(c.language + "-chosen")
			r.tabTo(c.data)
			r.until("StaticText", c.mailed)
			r.tabTo(c.all)
			r.until("heading", c.gone)
			r.picture(c.language + "-gone")
			if gone, _ := s.gone(); !gone {
				t.Error("the press ended nothing")
			}
			answer := s.ops.Keys.SignLink(ops.Link{Page: ops.AnswerPage, Contact: s.ann, Touch: andante.NewID[andante.TouchID](s.clock.Now()), Says: "contact.need=lighting"})
			perform(r, chromedp.Navigate(strings.TrimSuffix(s.url, "/u/")+"/a/"+answer))
			r.fits()
			r.picture(c.language + "-answer")
		})
	}
}
