package workspace

import (
	"cmp"
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/internal/gsm7"
	"github.com/andante-hq/andante/internal/phonezone"
	"github.com/andante-hq/andante/internal/yamldoc"
	"github.com/andante-hq/andante/sequences"
	"github.com/andante-hq/andante/templates"
)

// The drivers of text messages, and what an answer of the http one may mean.
var (
	smsDrivers  = []string{"twilio", "http"}
	smsOutcomes = []string{"sent", "temporary", "permanent", "address", "opted_out", "sender", "unknown"}
)

// NoTextsTo tells whether no texts go to the country of a number, and which it is.
func (c *Config) NoTextsTo(number string) (country string, no bool) {
	country = phonezone.Country(number)
	return country, country != "" && c.Channels.SMS.Driver != "" && !slices.Contains(c.Channels.SMS.Countries, country)
}

// TokenLength is how many characters stand behind /u/ in a link of ours: a token of ops.Keyring.
const TokenLength = 90

// HearsTexts tells whether an identity hears the answer to a text: a number does, and so does
// a messaging service; a name of letters does not.
func (c *Config) HearsTexts(id Identity) bool {
	from := cmp.Or(id.SMS, c.Channels.SMS.From)
	return strings.HasPrefix(from, "+") || strings.Trim(from, "0123456789") == "" || strings.HasPrefix(from, "MG") && len(from) == 34
}

// checkSMS looks at the gateway of text messages.
func checkSMS(w *Workspace) (found []*andante.Finding) {
	sms := w.Config.Channels.SMS
	say := func(key, format string, args ...any) *andante.Finding {
		f := w.at("config-value", append([]string{"channels", "sms"}, strings.Split(key, ".")...), format, args...)
		found = append(found, f)
		return f
	}
	if sms.Driver == "" {
		return nil
	}
	if !slices.Contains(smsDrivers, sms.Driver) {
		say("driver", "%q sends no texts", sms.Driver).Suggestion = yamldoc.Choose(sms.Driver, smsDrivers)
	}
	if len(sms.Countries) == 0 {
		say("countries", "no text may go anywhere").Suggestion = "name the countries that you write to, such as countries: [US, CA]"
	}
	for _, code := range sms.Countries {
		if !countryCode.MatchString(code) {
			say("countries", "%q is no country: write a code such as US", code)
		}
	}
	for _, code := range slices.Sorted(maps.Keys(sms.Prices)) {
		if code != "others" && !countryCode.MatchString(code) || sms.Prices[code] < 0 {
			say("prices", "%s: %g is no price: write a country's code, or others, and what a segment costs", code, sms.Prices[code])
		}
	}
	if sms.Segments < 1 || sms.Segments > 10 {
		say("segments", "a text has 1 to 10 segments")
	}
	if wrong := badTextsFrom(sms.From); wrong != "" {
		say("from", "%s", wrong)
	}
	switch t := sms.Twilio; {
	case sms.Driver != "twilio":
	case !strings.HasPrefix(t.Account, "AC"):
		say("twilio.account", "an account's SID begins with AC")
	case t.Secret == (SecretRef{}):
		say("twilio.secret", "say where the secret is: {env: NAME} or {file: PATH}")
	}
	if sms.Driver == "http" {
		found = append(found, w.checkGateway(say)...)
	}
	return found
}

// textsFrom is what texts may come from: a number, a short code, a messaging service's id, or a
// name (3GPP TS 23.040 section 9.1.2.5: 11 letters of the default alphabet).
var textsFrom = regexp.MustCompile(`^(?:\+[1-9]\d{6,14}|\d{3,8}|MG[0-9a-f]{32}|[A-Za-z0-9][A-Za-z0-9 ._&-]{0,10})$`)

// badTextsFrom is why texts can't come from something; empty: they can, or nothing is said.
func badTextsFrom(from string) string {
	if from == "" || textsFrom.MatchString(from) {
		return ""
	}
	return fmt.Sprintf("%q is neither a number such as +15125550100, a name of at most 11 letters and digits without accents, nor the id of a messaging service", from)
}

func (w *Workspace) checkGateway(say func(key, format string, args ...any) *andante.Finding) []*andante.Finding {
	g := w.Config.Channels.SMS.HTTP
	if !slices.Contains([]string{"POST", "PUT", "GET"}, g.Method) {
		say("http.method", "%q is no method: POST, PUT or GET", g.Method)
	}
	before, _, _ := strings.Cut(g.URL, "{")
	u, err := url.Parse(before)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Hostname() != "localhost" && u.Hostname() != "127.0.0.1" {
		say("http.url", "the gateway's address begins with https:// and its host")
	}
	if strings.Contains(g.Body, "{{") && GatewayBody(g.Headers) == "" {
		say("http.headers", "the body holds values, and nobody knows how to write them into it").Suggestion = "add Content-Type: application/json, application/x-www-form-urlencoded, text/xml or text/plain"
	}
	if _, err := regexp.Compile(g.ID); err != nil {
		say("http.id", "%q is no regular expression: %s", g.ID, err)
	}
	for i, o := range g.Outcomes {
		if !slices.Contains(smsOutcomes, o.Is) {
			say(fmt.Sprintf("http.outcomes.%d.is", i), "%q is no outcome", o.Is).Suggestion = yamldoc.Choose(o.Is, smsOutcomes)
		}
	}
	return nil
}

// GatewayBody is the form of a gateway's body by its Content-Type: json, form, xml or plain;
// empty if that is none of them. Values are escaped for it.
func GatewayBody(headers map[string]string) string {
	for name, value := range headers {
		if !strings.EqualFold(name, "Content-Type") {
			continue
		}
		value = strings.ToLower(value)
		for _, form := range []struct{ part, name string }{{"json", "json"}, {"x-www-form-urlencoded", "form"}, {"xml", "xml"}, {"html", "xml"}, {"text/plain", "plain"}} {
			if strings.Contains(value, form.part) {
				return form.name
			}
		}
	}
	return ""
}

// liquid are tags and objects, which stand for words of some length.
var liquid = regexp.MustCompile(`\{\{.*?\}\}|\{%.*?%\}`)

// textFindings looks at the text of a text message: that it says who writes, and what it
// costs.
func (w *Workspace) textFindings(q *sequences.Sequence, s *sequences.Step, text sequences.Text, language string) (found []*andante.Finding) {
	at := sequences.Position{Line: s.BodyAt, Column: 1}
	if len(text.Lines) > 0 {
		at.Line = text.Lines[0]
	}
	if !strings.Contains(text.Body, "company.name") && !strings.Contains(strings.ToLower(text.Body), strings.ToLower(w.Config.Company.Name)) {
		f := in(q, "unnamed-text", at, "the text message does not say who writes")
		f.Suggestion = "begin it with {{ company.name }}: ..."
		found = append(found, f)
	}
	plain := strings.TrimSpace(liquid.ReplaceAllStringFunc(text.Body, func(tag string) string {
		if strings.HasPrefix(tag, "{%") {
			return ""
		}
		return "xxxxxxxx"
	}))
	end := templates.WayOut{Reply: true}.Words(language)
	n := gsm7.Of(plain)
	if id, ok := w.Config.Identity(cmp.Or(s.Sender, q.Sender)); ok && cmp.Or(id.SMS, w.Config.Channels.SMS.From) != "" && !w.Config.HearsTexts(id) { // each has a link
		plain += "\n" + templates.WayOut{Link: w.Config.PublicURL + "/u/" + strings.Repeat("x", TokenLength)}.Words(language)
		n = gsm7.Of(plain)
	} else if n.Segments == 1 && gsm7.Of(plain+" "+end).Segments > 1 {
		found = append(found, in(q, "long-text", at, "the first text message to a number takes about 2 segments, for it ends with %q, and each is paid for", end))
	}
	if n.Segments > 1 {
		f := in(q, "long-text", at, "the text message takes about %d segments, and each is paid for", n.Segments)
		if n.Unicode && gsm7.Of(gsm7.Plain(plain)).Segments < n.Segments {
			f.Suggestion = fmt.Sprintf("write %s in their plain form: with such characters a segment holds 70 and not 160", quoted(gsm7.Foreign(plain)))
		}
		found = append(found, f)
	}
	return found
}

func quoted(list []rune) string {
	words := make([]string, len(list))
	for i, r := range list {
		words[i] = string(r)
	}
	return strings.Join(words, " ")
}
