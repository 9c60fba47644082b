package card_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// A fake speaks Lob's HTTP, holds requests to the schema that Lob publishes, knows idempotency
// keys for as long as it is told, and can fail in the ways of Lob's errors.
type fake struct {
	*httptest.Server
	schemas map[string]*jsonschema.Schema
	key     string

	mu       sync.Mutex
	list     []taken
	byKey    map[string]int
	faults   []string
	verified []string // first lines of addresses

	refuses   map[string]refused // requests for a piece to a street
	judges    map[string]string  // what a verification says of a street
	hangups   map[string]int     // so many times it is taken, and the connection cut
	drops     map[string]int     // so many times the connection is cut, and nothing taken
	lates     map[string]time.Duration
	trips     map[string]bool // it is taken, and the answer is 500
	listless  bool            // a list of what is taken answers 500
	blind     bool            // a list shows nothing of what was taken
	forgetful bool            // keys are forgotten
}

type refused struct {
	status int
	code   string
}

// A taken piece is what Lob has of it.
type taken struct {
	Touch, Path, Street, Use string
	Files                    map[string][]byte
}

func newFake(t testing.TB, key string) *fake {
	t.Helper()
	f := &fake{
		key: key, schemas: schemas(t), byKey: map[string]int{}, refuses: map[string]refused{}, judges: map[string]string{},
		trips: map[string]bool{}, hangups: map[string]int{}, drops: map[string]int{}, lates: map[string]time.Duration{},
	}
	mux := http.NewServeMux()
	for name, path := range map[string]string{"postcard": "/v1/postcards", "letter": "/v1/letters"} {
		mux.HandleFunc("POST "+path, func(w http.ResponseWriter, r *http.Request) { f.create(w, r, name) })
		mux.HandleFunc("GET "+path, f.search)
	}
	for name, path := range map[string]string{"us_verification": "/v1/us_verifications", "intl_verification": "/v1/intl_verifications"} {
		mux.HandleFunc("POST "+path, func(w http.ResponseWriter, r *http.Request) { f.verify(w, r, name) })
	}
	f.Server = httptest.NewServer(f.authorised(mux))
	t.Cleanup(func() {
		f.CloseClientConnections()
		f.Close()
		for _, fault := range f.faults {
			t.Error("lob would refuse:", fault)
		}
	})
	return f
}

// schemas are those of the bodies that Lob takes.
func schemas(t testing.TB) map[string]*jsonschema.Schema {
	t.Helper()
	r, err := os.Open("testdata/lob-schema.json")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	doc, err := jsonschema.UnmarshalJSON(r)
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("lob.json", doc); err != nil {
		t.Fatal(err)
	}
	m := map[string]*jsonschema.Schema{}
	for _, name := range []string{"postcard", "letter", "us_verification", "intl_verification"} {
		m[name] = c.MustCompile("lob.json#/$defs/" + name)
	}
	return m
}

func (f *fake) authorised(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user, password, _ := r.BasicAuth()
		if user != f.key || password != "" {
			refuse(w, refused{http.StatusUnauthorized, "invalid_api_key"})
			return
		}
		if v := r.Header.Get("Lob-Version"); v != "2020-02-11" {
			f.fault("the version is %q", v)
		}
		next.ServeHTTP(w, r)
	})
}

func (f *fake) fault(format string, args ...any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.faults = append(f.faults, fmt.Sprintf(format, args...))
}

func refuse(w http.ResponseWriter, r refused) {
	answer(w, r.status, map[string]any{"error": map[string]any{"message": "refused for a test", "status_code": r.status, "code": r.code}})
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}

// box finds how large a page of a PDF is, in points.
var box = regexp.MustCompile(`/Type /Page\n[^>]*?/MediaBox \[0 0 ([0-9.]+) ([0-9.]+)\]`)

// sizes are those that Lob wants, with an eighth of an inch beyond each edge of a card.
var sizesAtLob = map[string]string{"4x6": "450.00 306.00", "6x9": "666.00 450.00", "6x11": "810.00 450.00", "letter": "612.00 792.00"}

// read takes a request apart: its fields as a tree, and its files.
func (f *fake) read(r *http.Request) (body map[string]any, files map[string][]byte) {
	body, files = map[string]any{}, map[string][]byte{}
	if err := r.ParseMultipartForm(1 << 22); err != nil {
		f.fault("the form: %s", err)
		return body, files
	}
	for name, values := range r.MultipartForm.Value {
		if outer, inner, nested := strings.Cut(strings.TrimSuffix(name, "]"), "["); nested {
			if body[outer] == nil {
				body[outer] = map[string]any{}
			}
			body[outer].(map[string]any)[inner] = values[0]
		} else {
			body[name] = values[0]
		}
	}
	for name, parts := range r.MultipartForm.File {
		file, err := parts[0].Open()
		if err != nil {
			f.fault("%s: %s", name, err)
			continue
		}
		files[name], _ = io.ReadAll(file)
		file.Close()
		body[name] = parts[0].Header.Get("Content-Type")
	}
	return body, files
}

func (f *fake) check(name string, body map[string]any, files map[string][]byte) {
	if err := f.schemas[name].Validate(body); err != nil {
		f.fault("%s: %v", name, err)
	}
	size := "letter"
	if s, ok := body["size"].(string); ok {
		size = s
	}
	for part, pdf := range files {
		pages := box.FindAllSubmatch(pdf, -1)
		if len(pages) == 0 || name == "postcard" && len(pages) != 1 {
			f.fault("%s has %d pages", part, len(pages))
		}
		for _, p := range pages {
			if got := string(p[1]) + " " + string(p[2]); got != sizesAtLob[size] {
				f.fault("a page of %s is %s points large and not %s", part, got, sizesAtLob[size])
			}
		}
	}
}

func (f *fake) create(w http.ResponseWriter, r *http.Request, name string) {
	body, files := f.read(r)
	key := r.Header.Get("Idempotency-Key")
	if key == "" || len(key) > 256 {
		f.fault("the idempotency key is %q", key)
	}
	f.check(name, body, files)
	street, _ := body["to"].(map[string]any)["address_line1"].(string)
	f.mu.Lock()
	no, late, trip := f.refuses[street], f.lates[street], f.trips[street]
	hangup, drop := f.hangups[street] > 0, f.drops[street] > 0
	f.hangups[street]--
	f.drops[street]--
	n, known := f.byKey[key]
	if known = known && !f.forgetful; !known && no.status == 0 && !drop {
		touch, _ := body["metadata"].(map[string]any)["touch"].(string)
		use, _ := body["use_type"].(string)
		n = len(f.list)
		f.byKey[key], f.list = n, append(f.list, taken{touch, r.URL.Path, street, use, files})
	}
	f.mu.Unlock()
	if late > 0 {
		select {
		case <-time.After(late):
		case <-r.Context().Done():
		}
	}
	switch {
	case hangup || drop:
		panic(http.ErrAbortHandler)
	case trip:
		refuse(w, refused{http.StatusInternalServerError, "internal_server_error"})
	case no.status != 0:
		refuse(w, no)
	default:
		answer(w, http.StatusOK, f.resource(n))
	}
}

// resource is what is said of a piece.
func (f *fake) resource(n int) map[string]any {
	return map[string]any{"id": fmt.Sprintf("psc_%016x", n+1), "object": "postcard", "expected_delivery_date": "2026-12-05", "date_created": "2026-11-23T09:00:00.000Z"}
}

func (f *fake) search(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if touch := r.URL.Query().Get("metadata[touch]"); f.listless && slices.ContainsFunc(f.list, func(p taken) bool { return p.Touch == touch }) {
		refuse(w, refused{http.StatusInternalServerError, "internal_server_error"})
		return
	}
	found := []any{}
	for n, p := range f.list {
		if p.Touch == r.URL.Query().Get("metadata[touch]") && p.Path == r.URL.Path && !f.blind {
			found = append(found, f.resource(n))
		}
	}
	answer(w, http.StatusOK, map[string]any{"object": "list", "data": found, "count": len(found), "next_url": nil, "previous_url": nil})
}

func (f *fake) verify(w http.ResponseWriter, r *http.Request, name string) {
	body := map[string]any{}
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
		f.fault("%s: %s", name, err)
	}
	f.check(name, body, nil)
	street, _ := body["primary_line"].(string)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.verified = append(f.verified, street)
	is, coverage, _ := strings.Cut(f.judges[street], " ")
	if is == "" {
		is = "deliverable"
	}
	answer(w, http.StatusOK, map[string]any{"id": "us_ver_1", "deliverability": is, "coverage": coverage, "object": name})
}

// touches are the pieces that were taken, once for each time.
func (f *fake) touches() (list []string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, p := range f.list {
		list = append(list, p.Touch)
	}
	return list
}

// with changes how the fake answers.
func (f *fake) with(change func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	change()
}
