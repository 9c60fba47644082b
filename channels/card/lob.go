package card

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/time/rate"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/channels"
	"github.com/andante-hq/andante/internal/httpcall"
	"github.com/andante-hq/andante/internal/paper"
)

// Lob is the printing house of that name (Lob API: Postcards, Letters, US Verifications, Intl
// Verifications). It knows a piece that it has by our touch's id, whenever that was, and a
// request that is said again within 24 hours by its Idempotency-Key; so no piece is printed
// twice.
type Lob struct {
	Key      andante.Secret // live_...; with one for tests, test_..., nothing is printed
	Press    *Press         // draws without address and sender, which Lob prints
	MailType string         // usps_first_class or usps_standard; empty: Lob's default
	Verify   Verification   // empty: [VerifyUsual]
	Mono     bool           // letters in black and white

	URL    string            // instead of https://api.lob.com; for tests
	Inner  http.RoundTripper // nil: http.DefaultTransport
	Again  []time.Duration   // when a request without an answer is made again, each after the one before; nil: the default
	Within time.Duration     // of a request; 0: 30 s
	Pace   rate.Limit        // requests a second; 0: what Lob allows, which is 150 in 5 seconds

	pace *rate.Limiter
}

// Verification is how surely a piece must arrive.
type Verification string

// The verifications.
const (
	VerifyUsual  Verification = "usual"  // refused is what the post can't deliver
	VerifyStrict Verification = "strict" // and what lacks, or has a wrong, apartment or suite
	VerifyNo     Verification = "no"     // nothing is asked
)

// NewLob returns the printing house.
func NewLob(l Lob) *Lob {
	l.pace = rate.NewLimiter(cmp.Or(l.Pace, 28), 8)
	return &l
}

// again are when a request is made again that nobody answered.
var again = []time.Duration{time.Second, 4 * time.Second}

// version is that of the API which this is written for.
const version = "2020-02-11"

// maxName is how long a name may be at Lob, and maxLine a line of an address in its country,
// in characters.
const (
	maxName = 40
	maxLine = 64
)

// abroad is the one size that Lob posts to other countries than its own.
const abroad = "4x6"

// An address in the US has these forms.
var (
	stateCode = regexp.MustCompile(`^[A-Za-z]{2}$`)
	zipCode   = regexp.MustCompile(`^[0-9]{5}(-?[0-9]{4})?$`)
)

// lobSizes are the formats that Lob prints.
var lobSizes = map[string]bool{"4x6": true, "6x9": true, "6x11": true, "letter": true}

// Takes returns why Lob would not print a piece.
func (l *Lob) Takes(p paper.Piece) error {
	long := func(s string, most int) bool { return utf8.RuneCountInString(s) > most }
	home := p.To.Country == "US"
	switch {
	case !lobSizes[p.Format]:
		return fmt.Errorf("lob does not print the size %s", p.Format)
	case !home && p.Format != abroad && p.Format != "letter":
		return recipient("lob posts only %s and letters to other countries than the US, and this is %s to %s", abroad, p.Format, p.To.Country)
	case long(p.To.Name, maxName), long(p.To.Company, maxName):
		return recipient("lob takes names of %d characters at most", maxName)
	case home && (long(p.To.Street, maxLine) || long(p.To.Street2, maxLine)):
		return recipient("lob takes lines of an address of %d characters at most", maxLine)
	case home && (!stateCode.MatchString(p.To.Region) || !zipCode.MatchString(p.To.PostalCode)):
		return recipient("lob knows no state %q with the ZIP code %q", p.To.Region, p.To.PostalCode)
	case l.MailType == "usps_standard" && (!home || p.Format == abroad):
		return recipient("by usps_standard lob posts neither %s nor to other countries", abroad)
	}
	return nil
}

func recipient(format string, args ...any) error {
	return &channels.RecipientError{Why: fmt.Sprintf(format, args...)}
}

// Send has a piece printed and posted, unless Lob has it already.
func (l *Lob) Send(ctx context.Context, p paper.Piece, open func() bool) (channels.Receipt, error) {
	if !open() {
		return channels.Receipt{}, untried
	}
	r, had, problem := l.find(ctx, p.Touch, p.Kind)
	if problem == nil && !had {
		problem = l.verify(ctx, p)
	}
	if problem != nil || had {
		return r, orNil(problem)
	}
	body, kind, err := l.form(p)
	if err != nil {
		return r, &channels.SendError{Kind: channels.Permanent, Err: err}
	}
	if ctx.Err() != nil || !open() {
		return r, untried
	}
	return l.insist(context.WithoutCancel(ctx), p, kind, body)
}

// insist asks for a piece, and again as long as nobody knows whether Lob took it.
func (l *Lob) insist(ctx context.Context, p paper.Piece, kind string, body []byte) (channels.Receipt, error) {
	waits := l.Again
	if waits == nil {
		waits = again
	}
	r, problem := l.create(ctx, p, kind, body)
	doubts := []*channels.SendError{problem}
	for _, wait := range waits {
		if problem == nil || !openEnded(problem) || andante.Sleep(ctx, wait) != nil {
			break
		}
		r, problem = l.create(ctx, p, kind, body)
		doubts = append(doubts, problem)
	}
	if problem == nil || !openEnded(problem) || !slices.ContainsFunc(doubts, inDoubt) {
		return r, orNil(problem)
	}
	r, had, unasked := l.find(ctx, p.Touch, p.Kind)
	switch {
	case had:
		return r, nil
	case unasked == nil && !slices.ContainsFunc(doubts, func(e *channels.SendError) bool { return e.Kind == channels.Unknown }):
		return r, problem // each was answered, and Lob has none: for another try
	}
	last := *doubts[slices.IndexFunc(doubts, inDoubt)]
	last.Kind = channels.Unknown
	return r, &last
}

// openEnded tells whether the same request, made again, may find out more.
func openEnded(e *channels.SendError) bool { return inDoubt(e) || e.Code == 0 }

// inDoubt tells whether a piece may be taken, or be going to be taken, though it was refused.
func inDoubt(e *channels.SendError) bool {
	return e.Kind == channels.Unknown || e.Code >= 500 || e.Code == http.StatusConflict
}

// orNil is an error that is nil where there is none.
func orNil(e *channels.SendError) error {
	if e == nil {
		return nil
	}
	return e
}

// form is the request for a piece, as multipart/form-data.
func (l *Lob) form(p paper.Piece) (body []byte, contentType string, err error) {
	var b bytes.Buffer
	f := form{Writer: multipart.NewWriter(&b)}
	f.field("description", "Andante "+string(p.Touch))
	f.field("metadata[touch]", string(p.Touch))
	f.address("to", p.To)
	f.address("from", p.From)
	f.field("use_type", useType(p))
	f.field("mail_type", l.MailType)
	press := *l.Press
	press.Bare, press.CropMarks = true, false
	if p.Kind == andante.Letter {
		var page bytes.Buffer
		f.err = errors.Join(f.err, press.Write(&page, []paper.Piece{p}, p.Date))
		f.field("color", fmt.Sprint(!l.Mono))
		f.field("double_sided", "true")
		f.field("address_placement", "top_first_page")
		f.file("file", page.Bytes())
	} else {
		front, back, err := press.Sides(p)
		f.err = errors.Join(f.err, err)
		f.field("size", p.Format)
		f.file("front", front)
		f.file("back", back)
	}
	f.err = errors.Join(f.err, f.Close())
	return b.Bytes(), f.FormDataContentType(), f.err
}

// useType is what a piece is for, as the law and Lob want to know it.
func useType(p paper.Piece) string {
	if p.Requested {
		return "operational"
	}
	return "marketing"
}

// A form is a request that is being written.
type form struct {
	*multipart.Writer
	err error
}

func (f *form) field(name, value string) {
	if value != "" {
		f.err = errors.Join(f.err, f.WriteField(name, value))
	}
}

func (f *form) address(name string, a andante.PostalAddress) {
	for _, part := range [][2]string{
		{"name", a.Name},
		{"company", a.Company},
		{"address_line1", a.Street},
		{"address_line2", a.Street2},
		{"address_city", a.City},
		{"address_state", a.Region},
		{"address_zip", a.PostalCode},
		{"address_country", a.Country},
	} {
		f.field(name+"["+part[0]+"]", part[1])
	}
}

func (f *form) file(name string, pdf []byte) {
	w, err := f.CreatePart(textproto.MIMEHeader{
		"Content-Disposition": {multipart.FileContentDisposition(name, name+".pdf")}, "Content-Type": {"application/pdf"},
	})
	if err == nil {
		_, err = w.Write(pdf)
	}
	f.err = errors.Join(f.err, err)
}

// A resource is what Lob answers of a piece.
type resource struct {
	ID       string `json:"id"`
	Expected string `json:"expected_delivery_date"` // 2026-12-05
}

func path(k andante.Kind) string {
	if k == andante.Letter {
		return "/v1/letters"
	}
	return "/v1/postcards"
}

// create asks Lob to print a piece.
func (l *Lob) create(ctx context.Context, p paper.Piece, contentType string, body []byte) (channels.Receipt, *channels.SendError) {
	var made resource
	header := map[string]string{"Idempotency-Key": string(p.Touch), "Content-Type": contentType}
	if problem := l.ask(ctx, http.MethodPost, path(p.Kind), header, body, &made); problem != nil {
		return channels.Receipt{}, problem
	}
	return l.taken(made, "taken"), nil
}

// taken is the receipt for a piece.
func (l *Lob) taken(r resource, words string) channels.Receipt {
	words = fmt.Sprintf("%s as %s", words, r.ID)
	if r.Expected != "" {
		words += ", should arrive on " + r.Expected
	}
	if l.tests() {
		words = fmt.Sprintf("%s as a proof at Lob (%s): its key is for tests", andante.WrittenOnly, words)
	}
	return channels.Receipt{Code: http.StatusOK, Response: words, ProviderID: r.ID}
}

func (l *Lob) tests() bool { return strings.HasPrefix(l.Key.Reveal(), "test_") }

// Name is how people call it.
func (*Lob) Name() string { return "Lob" }

// Find looks for a piece.
func (l *Lob) Find(ctx context.Context, id andante.TouchID, k andante.Kind) (channels.Receipt, bool, error) {
	r, had, problem := l.find(ctx, id, k)
	return r, had, orNil(problem)
}

// find returns the receipt of a piece that Lob has. Nothing can have come of asking, so what
// goes wrong is for another try.
func (l *Lob) find(ctx context.Context, id andante.TouchID, k andante.Kind) (channels.Receipt, bool, *channels.SendError) {
	var list struct {
		Data []resource `json:"data"`
	}
	query := url.Values{"metadata[touch]": {string(id)}, "limit": {"1"}}
	problem := l.ask(ctx, http.MethodGet, path(k)+"?"+query.Encode(), nil, nil, &list)
	switch {
	case problem != nil:
		return channels.Receipt{}, false, asked(problem)
	case len(list.Data) == 0:
		return channels.Receipt{}, false, nil
	}
	return l.taken(list.Data[0], "taken before"), true, nil
}

// Ask finds out whether Lob takes the key, and says what it is for.
func (l *Lob) Ask(ctx context.Context) (string, error) {
	var list struct{}
	if problem := l.ask(ctx, http.MethodGet, path(andante.Postcard)+"?limit=1", nil, nil, &list); problem != nil {
		return "", asked(problem)
	}
	if l.tests() {
		return "the key is for tests, and nothing is printed", nil
	}
	return "the key prints", nil
}

// asked is a problem with a request that only asks something.
func asked(e *channels.SendError) *channels.SendError {
	if e.Kind == channels.Unknown {
		e.Kind = channels.Temporary
	}
	return e
}

// verify asks whether the post can deliver to the address. With a key for tests Lob would
// answer whatever the address is.
func (l *Lob) verify(ctx context.Context, p paper.Piece) *channels.SendError {
	if l.Verify == VerifyNo || l.tests() {
		return nil
	}
	a := p.To
	body, where := map[string]string{"primary_line": a.Street, "city": a.City, "state": a.Region}, "/v1/us_verifications"
	if a.Street2 != "" {
		body["secondary_line"] = a.Street2
	}
	code := "zip_code"
	if a.Country != "US" {
		code, where, body["country"] = "postal_code", "/v1/intl_verifications", a.Country
	}
	body[code] = a.PostalCode
	raw, err := json.Marshal(body)
	if err != nil {
		return &channels.SendError{Kind: channels.Permanent, Err: err}
	}
	var answer struct {
		Deliverability string `json:"deliverability"`
		Coverage       string `json:"coverage"` // of the country
	}
	if problem := l.ask(ctx, http.MethodPost, where, map[string]string{"Content-Type": "application/json"}, raw, &answer); problem != nil {
		return asked(problem)
	}
	if why := l.undeliverable(answer.Deliverability, answer.Coverage); why != "" {
		return &channels.SendError{Kind: channels.Address, Response: why}
	}
	return nil
}

// undeliverable tells why a piece can't go to an address; empty: it can.
func (l *Lob) undeliverable(is, coverage string) string {
	switch is {
	case "undeliverable", "no_match":
		if coverage == "LOCALITY" || coverage == "SPARSE" { // nobody knows the streets of that country
			return ""
		}
	case "deliverable_missing_unit", "deliverable_incorrect_unit", "deliverable_missing_info":
		if l.Verify != VerifyStrict {
			return ""
		}
	default:
		return ""
	}
	return "the address is " + strings.ReplaceAll(is, "_", " ")
}

// ask makes one request and reads the answer.
func (l *Lob) ask(ctx context.Context, method, path string, header map[string]string, body []byte, answer any) *channels.SendError {
	if err := l.pace.Wait(ctx); err != nil {
		return &channels.SendError{Kind: channels.Untried, Err: err}
	}
	call, end, err := httpcall.New(ctx, l.Within, l.URL, l.Inner)
	if err != nil {
		return &channels.SendError{Kind: channels.Sender, Err: err}
	}
	defer end()
	r, err := http.NewRequestWithContext(call.Context(), method, "https://api.lob.com"+path, bytes.NewReader(body))
	if err != nil {
		return &channels.SendError{Kind: channels.Permanent, Err: err}
	}
	r.SetBasicAuth(l.Key.Reveal(), "")
	r.Header.Set("Lob-Version", version)
	for name, value := range header {
		r.Header.Set(name, value)
	}
	resp, err := call.Client().Do(r)
	if err != nil {
		return lost(call, err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode < 300 {
		err = json.Unmarshal(raw, answer)
	}
	if err != nil {
		return lost(call, err)
	}
	if resp.StatusCode >= 300 {
		return refusal(resp.StatusCode, raw)
	}
	return nil
}

// lost is what became of a request without an answer.
func lost(c *httpcall.Call, err error) *channels.SendError {
	if !c.Left() {
		return &channels.SendError{Kind: channels.Temporary, Err: fmt.Errorf("lob can't be reached: %w", httpcall.Hide(err))}
	}
	return &channels.SendError{Kind: channels.Unknown, Err: fmt.Errorf("lob did not answer: %w", httpcall.Hide(err))}
}

// refusal tells what an answer that is none of success means (Lob API: Errors).
func refusal(status int, body []byte) *channels.SendError {
	var answer struct {
		Error struct {
			Message string `json:"message"`
			Code    string `json:"code"`
		} `json:"error"`
	}
	_ = json.Unmarshal(body, &answer) // what is not of that form has only its status
	e := &channels.SendError{Kind: channels.Permanent, Code: status, Response: andante.CleanText(strings.TrimSpace(answer.Error.Code + " " + answer.Error.Message))}
	if e.Response == "" {
		e.Response = http.StatusText(status)
	}
	switch answer.Error.Code {
	case "failed_deliverability_strictness":
		e.Kind = channels.Address
		return e
	case "invalid_api_key", "publishable_key_not_allowed", "unauthorized", "unauthorized_token", "payment_method_unverified", "email_required",
		"feature_limit_reached", "foreign_return_address", "unsupported_lob_version":
		e.Kind = channels.Sender
		return e
	case "conflict": // the same piece is being taken just now
		e.Kind = channels.Temporary
		return e
	}
	switch {
	case status == http.StatusUnauthorized || status == http.StatusForbidden || status == http.StatusPaymentRequired:
		e.Kind = channels.Sender
	case status == http.StatusTooManyRequests || status == http.StatusRequestTimeout || status == http.StatusConflict || status >= 500:
		e.Kind = channels.Temporary
	}
	return e
}
