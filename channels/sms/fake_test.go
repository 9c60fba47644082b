package sms_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"sync"
	"testing"
	"time"
)

// A fake speaks Twilio's HTTP, holds requests to what Twilio's documentation of the Message
// resource says of each field, and can fail in every way of the error table.
type fake struct {
	*httptest.Server
	mu       sync.Mutex
	list     []map[string]any
	faults   []string       // of requests
	fails    map[string]int // by recipient: the error code that a request for it gets
	statuses map[string]int // by recipient: an answer that is not of Twilio's form
	lates    map[string]time.Duration
	hangups  map[string]bool // by recipient: it is taken, and the connection cut
	drops    map[string]bool // by recipient: the connection is cut, and nothing taken
	trips    map[string]bool // by recipient: it is taken, and the answer is 500
	listless bool            // the list answers 500
	hides    int             // so many times a list does not show what was taken
	lists    int
}

const (
	account = "AC00000000000000000000000000000001"
	secret  = "0123456789abcdef0123456789abcdef"
)

func newFake(t testing.TB) *fake {
	t.Helper()
	f := &fake{fails: map[string]int{}, statuses: map[string]int{}, lates: map[string]time.Duration{}, hangups: map[string]bool{}, drops: map[string]bool{}, trips: map[string]bool{}}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /2010-04-01/Accounts/"+account+"/Messages.json", f.create)
	mux.HandleFunc("GET /2010-04-01/Accounts/"+account+"/Messages.json", f.messages)
	mux.HandleFunc("GET /2010-04-01/Accounts/"+account+".json", f.resource)
	f.Server = httptest.NewServer(mux)
	t.Cleanup(func() {
		f.CloseClientConnections()
		f.Close()
		for _, fault := range f.faults {
			t.Error("twilio would refuse:", fault)
		}
	})
	return f
}

func (f *fake) resource(w http.ResponseWriter, r *http.Request) {
	if _, password, _ := r.BasicAuth(); password != secret {
		answer(w, http.StatusUnauthorized, map[string]any{"code": 20003, "message": "Authenticate", "status": http.StatusUnauthorized})
		return
	}
	answer(w, http.StatusOK, map[string]any{"sid": account, "status": "active", "type": "Full"})
}

var (
	e164     = regexp.MustCompile(`^\+[1-9]\d{1,14}$`)
	named    = regexp.MustCompile(`^[A-Za-z0-9 ]{1,11}$`)
	service  = regexp.MustCompile(`^MG[0-9a-f]{32}$`)
	callback = regexp.MustCompile(`^https://[^_]+$`)
)

// known are the fields that we send.
var known = map[string]bool{"To": true, "From": true, "MessagingServiceSid": true, "Body": true, "StatusCallback": true, "ValidityPeriod": true}

// rules are what Twilio's documentation says of a request.
func rules(r *http.Request) (faults []string) {
	say := func(bad bool, format string, args ...any) {
		if bad {
			faults = append(faults, fmt.Sprintf(format, args...))
		}
	}
	get := r.PostForm.Get
	user, password, _ := r.BasicAuth()
	say(user != account || password != secret, "who asks is %s", user)
	say(r.Header.Get("Content-Type") != "application/x-www-form-urlencoded", "the body is %s", r.Header.Get("Content-Type"))
	say(!e164.MatchString(get("To")), "To is %q", get("To"))
	say(get("Body") == "" || len([]rune(get("Body"))) > 1600, "Body has %d characters", len([]rune(get("Body"))))
	say((get("From") == "") == (get("MessagingServiceSid") == ""), "From is %q and MessagingServiceSid %q", get("From"), get("MessagingServiceSid"))
	say(get("From") != "" && !e164.MatchString(get("From")) && !named.MatchString(get("From")), "From is %q", get("From"))
	say(get("MessagingServiceSid") != "" && !service.MatchString(get("MessagingServiceSid")), "MessagingServiceSid is %q", get("MessagingServiceSid"))
	say(get("StatusCallback") != "" && !callback.MatchString(get("StatusCallback")), "StatusCallback is %q", get("StatusCallback"))
	var validity int
	_, err := fmt.Sscan(get("ValidityPeriod"), &validity)
	say(err != nil || validity < 6 || validity > 36000, "ValidityPeriod is %q", get("ValidityPeriod"))
	for name, values := range r.PostForm {
		say(!known[name] || len(values) != 1, "%s is there %d times", name, len(values))
	}
	return faults
}

func (f *fake) create(w http.ResponseWriter, r *http.Request) {
	_ = r.ParseForm()
	to := r.PostForm.Get("To")
	f.mu.Lock()
	f.faults = append(f.faults, rules(r)...)
	code, status, late, hangup, drop, trip := f.fails[to], f.statuses[to], f.lates[to], f.hangups[to], f.drops[to], f.trips[to]
	taken := code == 0 && status == 0 && !drop
	if taken {
		f.list = append(f.list, f.message(r))
	}
	var made map[string]any
	if taken {
		made = f.list[len(f.list)-1]
	}
	f.mu.Unlock()
	if late > 0 {
		select {
		case <-time.After(late):
		case <-r.Context().Done():
		}
	}
	if trip {
		code = 20500
	}
	switch {
	case hangup || drop:
		panic(http.ErrAbortHandler)
	case status != 0:
		w.WriteHeader(status)
		fmt.Fprint(w, "<html>upstream trouble</html>")
	case code != 0:
		answer(w, statusOf(code), map[string]any{
			"code": code, "message": "refused for a test", "more_info": fmt.Sprintf("https://www.twilio.com/docs/errors/%d", code), "status": statusOf(code),
		})
	default:
		answer(w, http.StatusCreated, made)
	}
}

// statusOf is the HTTP status that goes with an error code.
func statusOf(code int) int {
	switch {
	case code == 20003:
		return http.StatusUnauthorized
	case code == 20429:
		return http.StatusTooManyRequests
	case code == 20500 || code == 20503:
		return code - 20000
	}
	return http.StatusBadRequest
}

// message is the resource that a request makes.
func (f *fake) message(r *http.Request) map[string]any {
	null := func(s string) any {
		if s == "" {
			return nil
		}
		return s
	}
	form := r.PostForm
	return map[string]any{
		"sid": fmt.Sprintf("SM%032x", len(f.list)+1), "account_sid": account, "to": form.Get("To"), "from": null(form.Get("From")),
		"messaging_service_sid": null(form.Get("MessagingServiceSid")), "body": form.Get("Body"), "status": "queued", "direction": "outbound-api",
		"num_segments": "1", "num_media": "0", "price": nil, "price_unit": "USD", "error_code": nil, "error_message": nil,
		"date_created": time.Now().UTC().Format(time.RFC1123Z), "date_updated": time.Now().UTC().Format(time.RFC1123Z), "date_sent": nil,
		"api_version": "2010-04-01", "uri": r.URL.Path, "subresource_uris": map[string]string{},
	}
}

func (f *fake) messages(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.lists++
	if f.listless {
		answer(w, http.StatusInternalServerError, map[string]any{"code": 20500, "message": "refused for a test", "status": http.StatusInternalServerError})
		return
	}
	found := []map[string]any{}
	for i := len(f.list) - 1; i >= 0 && f.lists > f.hides; i-- {
		if f.list[i]["to"] == r.URL.Query().Get("To") {
			found = append(found, f.list[i])
		}
	}
	answer(w, http.StatusOK, map[string]any{"messages": found, "page": 0, "page_size": 50, "first_page_uri": "", "next_page_uri": nil, "previous_page_uri": nil, "uri": ""})
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}

// bodies are what arrived.
func (f *fake) bodies() (list []string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, m := range f.list {
		list = append(list, m["body"].(string))
	}
	return list
}

// with changes how the fake answers.
func (f *fake) with(change func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	change()
}
