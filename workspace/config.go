package workspace

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/calendar"
	"github.com/andante-hq/andante/internal/yamldoc"
)

// Config is andante.yaml. The doc tags are what `andante config describe` prints.
type Config struct {
	Company       Company               `yaml:"company" doc:"who sends; printed in every mail"`
	PublicURL     string                `yaml:"public_url" doc:"where people's browsers reach the web role, such as https://mail.acme.example"`
	People        map[string]Person     `yaml:"people" doc:"colleagues by key: owners of accounts, senders of letters"`
	Owners        map[string]Absence    `yaml:"owners" doc:"people who are away, by key, and who stands in for them"`
	Departments   map[string]Department `yaml:"departments" doc:"who takes replies that are not for the owner (routing.yaml), and whom to ask about what: {% direct_lines %}"`
	Personas      map[string]Persona    `yaml:"personas" doc:"whom texts are written for, by key"`
	Tiers         []TierRule            `yaml:"tiers" doc:"tier of an account by rule, the first that matches, where an import names none"`
	Fields        map[string]FieldDecl  `yaml:"fields" doc:"fields of your own, such as account.buildings: number"`
	Qualification *Qualification        `yaml:"qualification" doc:"when a contact is qualified: qualified() in conditions"`
	Senders       map[string]Sender     `yaml:"senders" doc:"identities that mails are sent as, by key; people are senders too"`
	SenderGroups  map[string][]string   `yaml:"sender_groups" doc:"senders that share the work, such as outreach: [nora, tom]: each contact stays with one of them"`

	Tasks     Tasks                `yaml:"tasks" doc:"how people hear of what they have to do"`
	Pages     map[string]PageTexts `yaml:"pages" doc:"other words for the page behind the links for leaving, by language, such as de: {title: \"Ihre Post von {company}\"}"`
	Callbacks Callbacks            `yaml:"callbacks" doc:"what providers tell us, at /w/NAME of public_url; read on each machine, never published"`
	Hooks     map[string]Hook      `yaml:"hooks" doc:"other programs that are told of events, by key"`
	Tracking  Tracking             `yaml:"tracking" doc:"whether mails tell us that they were read"`
	Inbound   Inbound              `yaml:"inbound" doc:"where mail to us comes in"`
	Channels  Channels             `yaml:"channels" doc:"how each kind leaves; read on each machine, never published"`
	Deliver   Deliver              `yaml:"deliver" doc:"live, or a safe mode while you try things out"`
	Store     string               `yaml:"store" doc:"path of an SQLite file, or postgres://…" env:"ANDANTE_STORE"`
	State     string               `yaml:"state" doc:"folder outside of the store that remembers how far the store had come; empty: the workspace's own with .state behind its name" env:"ANDANTE_STATE"`
	Redis     string               `yaml:"redis" doc:"empty: inside the process; redis://… , redis-sentinel://… or redis-cluster://…" env:"ANDANTE_REDIS"`
	Web       Web                  `yaml:"web" doc:"where the web role listens"`

	doc         *yamldoc.Doc
	inSequences []andante.Field // that sequences declare for themselves
}

// Company is who sends.
type Company struct {
	Name          string `yaml:"name" doc:"as people know it"`
	PostalAddress string `yaml:"postal_address" doc:"required in commercial mail"`
	LegalLine     string `yaml:"legal_line" doc:"printed in mails; required of German and British companies"`
	URL           string `yaml:"url" doc:"home page"`
	Phone         string `yaml:"phone" doc:"for the footer"`
	Country       string `yaml:"country" doc:"ISO code, such as US"`
	Zone          string `yaml:"zone" doc:"time zone used when nothing nearer is known, such as America/New_York"`
	Language      string `yaml:"language" doc:"of the texts, such as en"`
}

// Person is a colleague.
type Person struct {
	Name     string           `yaml:"name" doc:"first and last name"`
	Email    string           `yaml:"email" doc:"their own address; letters come from it"`
	Phone    string           `yaml:"phone" doc:"as printed in letters"`
	Title    string           `yaml:"title" doc:"as printed in letters"`
	Zone     string           `yaml:"zone" doc:"time zone"`
	SMS      string           `yaml:"sms" doc:"what their texts come from, where that is not channels.sms.from"`
	Works    *calendar.Window `yaml:"works" doc:"working hours in their zone, such as Mon-Thu 09:00-17:00: tasks come in them (Mon-Fri 09:00-17:00, if not written), and letters on these days (any day, if not written)"`
	SMTP     *SMTP            `yaml:"smtp" doc:"their own mailbox, where letters leave by it and not by the company's server"`
	Throttle *Throttle        `yaml:"throttle" doc:"how fast letters leave: a pace such as 30 per hour, a preset, or the keys below; personal, if not written, for a mailbox of their own"`
	Meeting  string           `yaml:"meeting" doc:"link of their meeting room, for video calls and {{ sender.meeting }}"`
	Manager  string           `yaml:"manager" doc:"key of the person who hears of tasks that they leave undone, where nobody stands in"`
}

// Tasks is how people hear of what they have to do.
type Tasks struct {
	Mail     bool            `yaml:"mail" doc:"no: nobody is told by mail"`
	Digest   calendar.Window `yaml:"digest" doc:"hours in which one mail a day tells a person what is to do, on their working days and their clock"`
	Remind   calendar.Offset `yaml:"remind" doc:"how long after a task was given its owner is reminded of it; 0d: never"`
	Escalate calendar.Offset `yaml:"escalate" doc:"how long after that whoever stands in gets it, or the owner's manager hears of it; 0d: never"`
	Unowned  string          `yaml:"unowned" doc:"key of the person who gets what would be the owner's to do where an account has none, and hears when a sender is stopped; without it nobody is told of either"`
	Undone   calendar.Offset `yaml:"undone" doc:"how long after it was given if_undone: of its step holds, where the step has no valid_for"`
}

// IMAP is a mailbox that is read.
type IMAP struct {
	Host     string           `yaml:"host" doc:"name of the server, such as imap.gmail.com"`
	Port     int              `yaml:"port" doc:"993 if not written, 143 with tls: starttls or none"`
	TLS      string           `yaml:"tls" doc:"implicit, if not written; starttls, or none"`
	User     string           `yaml:"user" doc:"to log in with"`
	Password SecretRef        `yaml:"password" doc:"{env: NAME} or {file: PATH}"`
	OAuth    *OAuth           `yaml:"oauth" doc:"instead of a password, as Google and Microsoft want it"`
	Inbox    string           `yaml:"inbox" doc:"folder; INBOX if not written"`
	Sent     string           `yaml:"sent" doc:"folder of what its owner sends by hand, such as Sent or [Gmail]/Sent Mail: that counts as a touch, and answers what was open; empty: it is not read"`
	Poll     *calendar.Offset `yaml:"poll" doc:"how often it is looked at in any case; 1min if not written"`
}

// Tracking is whether mails tell us that they were read.
type Tracking struct {
	Clicks bool   `yaml:"clicks" doc:"yes: links lead over public_url, so that clicked() knows; machines that follow links are told apart"`
	Opens  bool   `yaml:"opens" doc:"yes: each mail shows a picture of one point; opens say little, for machines open mail"`
	When   string `yaml:"when" doc:"condition: of whom, such as contact.tracking; everybody if not written. In Germany and elsewhere it takes their consent"`
}

// Callbacks are the providers that tell us what becomes of mails and post, and the ways by which
// mails come in over HTTP.
type Callbacks struct {
	SES      SESCallback      `yaml:"ses" doc:"Amazon SES, through a topic of SNS that posts to /w/ses"`
	SendGrid SendGridCallback `yaml:"sendgrid" doc:"SendGrid's signed event webhook posts to /w/sendgrid, its inbound parse to /w/sendgrid/SECRET"`
	Mailgun  SecretCallback   `yaml:"mailgun" doc:"Mailgun's webhooks post to /w/mailgun, its routes to /w/mailgun/mime; the secret is the webhook signing key"`
	Postmark PostmarkCallback `yaml:"postmark" doc:"Postmark posts events and mails to https://USER:PASSWORD@HOST/w/postmark"`
	Lob      SecretCallback   `yaml:"lob" doc:"Lob posts to /w/lob; the secret is the webhook's"`
	Standard SecretCallback   `yaml:"standard" doc:"anything that signs as Standard Webhooks say posts events to /w/standard, as to the API"`
	Mail     SecretCallback   `yaml:"mail" doc:"raw mails (message/rfc822) are posted to /w/mail, with the secret as bearer or password"`
}

// SecretCallback is one that a secret alone secures.
type SecretCallback struct {
	Secret SecretRef `yaml:"secret" doc:"{env: NAME} or {file: PATH}"`
}

// SESCallback is a topic.
type SESCallback struct {
	Topic string `yaml:"topic" doc:"its ARN, such as arn:aws:sns:eu-central-1:123456789012:mail: no other is believed"`
}

// SendGridCallback is how SendGrid proves itself.
type SendGridCallback struct {
	Key    SecretRef `yaml:"key" doc:"{env: NAME} or {file: PATH}: the verification key of the signed event webhook"`
	Secret SecretRef `yaml:"secret" doc:"{env: NAME} or {file: PATH}: what stands in the address of the inbound parse, which signs nothing"`
}

// PostmarkCallback is a user and a password, for Postmark signs nothing.
type PostmarkCallback struct {
	User     string    `yaml:"user" doc:"before the colon"`
	Password SecretRef `yaml:"password" doc:"{env: NAME} or {file: PATH}: behind it"`
}

// Inbound is where mail to us comes in.
type Inbound struct {
	Domain    string          `yaml:"domain" doc:"domain of which all mail comes to Andante, such as in.acme.example: bounces, answers to senders without a mailbox of their own, and copies of what people write by hand"`
	Addresses []string        `yaml:"addresses" doc:"mailboxes of the domain to which other mail is forwarded, such as replies"`
	Listen    string          `yaml:"listen" doc:"address on which mail is taken by SMTP, such as 127.0.0.1:2525 behind a mail server, or :25"`
	LMTP      bool            `yaml:"lmtp" doc:"yes: the mail server in front speaks LMTP"`
	Mailboxes map[string]IMAP `yaml:"mailboxes" doc:"mailboxes that are read by IMAP, by key: of people and senders whose answers come there"`
	Cert      string          `yaml:"cert" doc:"file with the certificate for STARTTLS; none is offered without it"`
	Key       string          `yaml:"key" doc:"file with its key"`
}

// Department takes replies of a sort.
type Department struct {
	Title   string                    `yaml:"title" doc:"what it is asked about, such as Orders and deliveries; {% direct_lines %} lists those that have one"`
	Phone   string                    `yaml:"phone" doc:"for {% direct_lines %}"`
	Email   string                    `yaml:"email" doc:"where replies go"`
	Answers yamldoc.OneOrMany[string] `yaml:"answers" doc:"sorts of reply in routing.yaml that it takes: of those that are shipped order, fault, price and invoice"`
	Within  *calendar.Offset          `yaml:"within" doc:"time to answer, such as 4h or 1 business day, in the company's working hours; then it is reminded (tasks: remind, if not written)"`
	Manager string                    `yaml:"manager" doc:"key of the person who hears of what it leaves unanswered after that (tasks: escalate)"`
	Minutes int                       `yaml:"minutes" doc:"of the owner's time that a reply would have cost which it takes: what andante report routing counts; 10, if not written"`
}

// Persona is whom a text is written for.
type Persona struct {
	Title string `yaml:"title" doc:"as shown"`
	When  string `yaml:"when" doc:"condition by which an import gives it, where no column does"`
}

// TierRule gives a tier to accounts.
type TierRule struct {
	Tier string `yaml:"tier" doc:"key, commercial or residential"`
	When string `yaml:"when" doc:"condition; none: always"`
}

// FieldDecl is a field's type.
type FieldDecl string

// UnmarshalText checks the type.
func (f *FieldDecl) UnmarshalText(b []byte) error {
	if !slices.Contains(andante.FieldTypes, andante.FieldType(b)) {
		return fmt.Errorf("a field is text, number, yes/no or date, not %q", b)
	}
	*f = FieldDecl(b)
	return nil
}

// Sender is an identity that mails are sent as.
type Sender struct {
	Name     string    `yaml:"name" doc:"shown to the recipient"`
	Address  string    `yaml:"address" doc:"From"`
	ReplyTo  string    `yaml:"reply_to" doc:"where answers go; the address itself if empty"`
	Phone    string    `yaml:"phone" doc:"for {{ sender.phone }}"`
	Title    string    `yaml:"title" doc:"for {{ sender.title }}"`
	SMTP     *SMTP     `yaml:"smtp" doc:"its own mail server or login, where it has one"`
	SMS      string    `yaml:"sms" doc:"what its texts come from, where that is not channels.sms.from"`
	Throttle *Throttle `yaml:"throttle" doc:"how fast it sends: a pace such as 600 per minute, a preset (personal or department), or the keys below"`
}

// Channels says how each kind leaves.
type Channels struct {
	Email EmailChannel `yaml:"email" doc:"the mail server that takes our mail"`
	SMS   SMSChannel   `yaml:"sms" doc:"the gateway that takes text messages"`
	Cards CardsChannel `yaml:"cards" doc:"who prints and posts postcards, cards and letters"`
}

// CardsChannel is what goes by post.
type CardsChannel struct {
	Driver    string             `yaml:"driver" doc:"print: pieces wait until andante cards batch writes them for a printer; lob: that printing house takes, prints and posts each one"`
	Formats   map[string]string  `yaml:"formats" doc:"size by kind: postcard and card are 4x6, 6x9, 6x11 (inches), a6, a5 or dl; letter is a4 or letter; if not written what is usual in the company's country"`
	From      CardSender         `yaml:"from" doc:"sender as printed; the company and its postal address, if not written"`
	Prices    map[string]float64 `yaml:"prices" doc:"of one piece with postage, by kind, such as postcard: 0.85"`
	CropMarks bool               `yaml:"crop_marks" doc:"show the printer where to cut"`
	Font      string             `yaml:"font" doc:"a TrueType file in templates/ instead of Noto Sans, such as templates/fonts/house.ttf"`
	BoldFont  string             `yaml:"bold_font" doc:"its bold face"`
	Lob       Lob                `yaml:"lob" doc:"the account at Lob"`
}

// Lob is an account there.
type Lob struct {
	Key      SecretRef `yaml:"key" doc:"{env: NAME} or {file: PATH}: live_..., or test_... with which nothing is printed"`
	Verify   string    `yaml:"verify" doc:"usual: what the post can't deliver to is refused and suppressed; strict: an apartment or suite that is missing or wrong too; no: nothing is asked"`
	MailType string    `yaml:"mail_type" doc:"usps_first_class, or usps_standard: cheaper and slower, in the US alone, not for 4x6"`
	Mono     bool      `yaml:"mono" doc:"letters in black and white"`
	URL      string    `yaml:"url" doc:"instead of https://api.lob.com"`
}

// CardSender is a sender as it is printed.
type CardSender struct {
	Name       string `yaml:"name" doc:"of a person; empty: the company alone"`
	Company    string `yaml:"company" doc:"the company's name, if not written"`
	Street     string `yaml:"street" doc:"with the number"`
	Street2    string `yaml:"street_2" doc:"a second line"`
	City       string `yaml:"city" doc:"town"`
	Region     string `yaml:"region" doc:"state or province"`
	PostalCode string `yaml:"postal_code" doc:"in quotes where it begins with 0"`
	Country    string `yaml:"country" doc:"ISO code; the company's, if not written"`
}

// SMSChannel is the gateway of text messages.
type SMSChannel struct {
	Driver    string                    `yaml:"driver" doc:"twilio, or http: any gateway that takes an HTTP request; empty: no texts are sent"`
	From      string                    `yaml:"from" doc:"a number such as +15125550100, a messaging service's id, or a name where that is allowed; of senders that have no sms: of their own"`
	Countries yamldoc.OneOrMany[string] `yaml:"countries" doc:"codes of the countries to which texts may go, such as [US, CA]; to all others none goes"`
	Prices    map[string]float64        `yaml:"prices" doc:"of one segment by country, and others: for the rest, such as US: 0.0083"`
	Segments  int                       `yaml:"segments" doc:"most segments of one text"`
	Rate      Rate                      `yaml:"rate" doc:"fastest pace of each sender, such as 1 per second"`
	Twilio    Twilio                    `yaml:"twilio" doc:"the account at Twilio"`
	HTTP      SMSGateway                `yaml:"http" doc:"the request that a text becomes, and what the answers mean"`
}

// Twilio is an account there.
type Twilio struct {
	Account  string    `yaml:"account" doc:"its SID, AC..."`
	Key      string    `yaml:"key" doc:"SID of an API key, SK...; empty: the account's auth token is the secret"`
	Secret   SecretRef `yaml:"secret" doc:"{env: NAME} or {file: PATH}: the key's secret, or the auth token"`
	Token    SecretRef `yaml:"token" doc:"{env: NAME} or {file: PATH}: the account's auth token, by which Twilio signs what it tells us; not needed where it is the secret"`
	Callback string    `yaml:"callback" doc:"https address that Twilio tells what becomes of a text; %s in it is the touch; empty: /w/twilio at public_url, where the token is known"`
	URL      string    `yaml:"url" doc:"instead of Twilio's, for tests"`
}

// SMSGateway is any other gateway. Texts are Liquid: {{ text.to }}, text.from, text.body, text.id
// and text.secret, escaped as the body's Content-Type asks for.
type SMSGateway struct {
	Method   string            `yaml:"method" doc:"POST, PUT or GET"`
	URL      string            `yaml:"url" doc:"Liquid; values in it are escaped"`
	Headers  map[string]string `yaml:"headers" doc:"Liquid, such as Content-Type: application/json"`
	Body     string            `yaml:"body" doc:"Liquid; values are escaped for JSON, a form or XML by the Content-Type"`
	Secret   SecretRef         `yaml:"secret" doc:"{env: NAME} or {file: PATH}: {{ text.secret }}"`
	ID       string            `yaml:"id" doc:"regular expression that finds the gateway's id of the text in the answer"`
	Outcomes []SMSOutcome      `yaml:"outcomes" doc:"what answers mean, the first that holds; else the status says it"`
}

// SMSOutcome is what an answer means.
type SMSOutcome struct {
	When string `yaml:"when" doc:"condition on answer.status (a number) and answer.body"`
	Is   string `yaml:"is" doc:"sent, temporary, permanent, address, opted_out, sender or unknown"`
}

// EmailChannel is the relay.
type EmailChannel struct {
	Host        string    `yaml:"host" doc:"its name" env:"ANDANTE_SMTP_HOST"`
	Port        int       `yaml:"port" doc:"587 if not written, 465 with tls: implicit" env:"ANDANTE_SMTP_PORT"`
	TLS         string    `yaml:"tls" doc:"starttls, implicit or none" env:"ANDANTE_SMTP_TLS"`
	User        string    `yaml:"user" doc:"to log in with; empty: no login" env:"ANDANTE_SMTP_USER"`
	Password    SecretRef `yaml:"password" doc:"{env: NAME} or {file: PATH}; never the password itself"`
	OAuth       *OAuth    `yaml:"oauth" doc:"instead of a password: access tokens, as Google and Microsoft want them"`
	Hello       string    `yaml:"hello" doc:"name that we greet with; if empty the machine's, where that is a full one, else public_url's"`
	Connections int       `yaml:"connections" doc:"kept per sender"`
	MaxMails    int       `yaml:"max_mails" doc:"a connection is replaced after so many"`

	DKIM          map[string][]DKIMKey      `yaml:"dkim" doc:"keys that mails are signed with here, by domain; none: the mail server signs (andante dkim new makes them)"`
	DKIMSelectors yamldoc.OneOrMany[string] `yaml:"dkim_selectors" doc:"names of the keys that it signs with, so that andante doctor can look them up"`
}

// DKIMKey signs the mails of a domain.
type DKIMKey struct {
	Selector string    `yaml:"selector" doc:"under which its public part stands in the DNS"`
	Key      SecretRef `yaml:"key" doc:"{file: PATH} or {env: NAME} of the private key, as PEM"`
}

// SMTP is a sender's own way out. What is not written is that of channels.email.
type SMTP struct {
	Host     string    `yaml:"host" doc:"name of the server; the company's, if not written"`
	Port     int       `yaml:"port" doc:"587 as a rule"`
	TLS      string    `yaml:"tls" doc:"starttls, implicit or none"`
	User     string    `yaml:"user" doc:"to log in with; the address, if not written"`
	Password SecretRef `yaml:"password" doc:"{env: NAME} or {file: PATH}"`
	OAuth    *OAuth    `yaml:"oauth" doc:"instead of a password"`
}

// OAuth says how access tokens are got (RFC 6749): by a refresh token of the mailbox, or
// without one by the program's own credentials.
type OAuth struct {
	TokenURL     string                    `yaml:"token_url" doc:"such as https://oauth2.googleapis.com/token, or https://login.microsoftonline.com/TENANT/oauth2/v2.0/token"`
	ClientID     string                    `yaml:"client_id" doc:"of the application that was registered with the provider"`
	ClientSecret SecretRef                 `yaml:"client_secret" doc:"{env: NAME} or {file: PATH}"`
	RefreshToken SecretRef                 `yaml:"refresh_token" doc:"{env: NAME} or {file: PATH}"`
	Scopes       yamldoc.OneOrMany[string] `yaml:"scopes" doc:"such as https://outlook.office365.com/.default"`
}

// Deliver is the mode of delivery.
type Deliver struct {
	Mode  string                    `yaml:"mode" doc:"live; sandbox: written to a folder, nothing leaves; redirect: everything goes to one address" env:"ANDANTE_DELIVER_MODE"`
	To    string                    `yaml:"to" doc:"of redirect: the one address; of sandbox: the folder" env:"ANDANTE_DELIVER_TO"`
	Phone string                    `yaml:"phone" doc:"of redirect: the one number that all texts go to; empty: they are written to the outbox"`
	Only  yamldoc.OneOrMany[string] `yaml:"only" doc:"in live mode: nobody but these addresses, domains and numbers"`
}

// Modes of delivery.
var Modes = []string{"live", "sandbox", "redirect"}

// Web is where the web role listens.
type Web struct {
	Listen string `yaml:"listen" doc:"host:port" env:"ANDANTE_LISTEN"`
}

// SecretRef says where a secret is; it never holds the secret.
type SecretRef struct {
	Env  string `yaml:"env" doc:"name of an environment variable"`
	File string `yaml:"file" doc:"path of a file, relative to the workspace"`
}

// UnmarshalNode reads the keys. A secret that stands here itself is not repeated.
func (r *SecretRef) UnmarshalNode(n *yamldoc.Node) []*andante.Finding {
	if n.Kind == yamldoc.ScalarNode && n.Text != "" {
		f := n.Errorf(yamldoc.RuleBadValue, "a secret never stands in this file: it would be published, and end up in Git")
		f.Suggestion = "write {env: NAME} or {file: secrets/NAME}"
		return []*andante.Finding{f}
	}
	type keys SecretRef
	return n.Decode((*keys)(r))
}

// IsSet tells whether a secret is named.
func (r SecretRef) IsSet() bool { return r.Env != "" || r.File != "" }

// Resolve reads the secret. read reads a file of the workspace.
func (r SecretRef) Resolve(read func(string) ([]byte, error)) (andante.Secret, error) {
	switch {
	case r.Env != "":
		v, ok := os.LookupEnv(r.Env)
		if !ok {
			return "", fmt.Errorf("environment variable %s is not set", r.Env)
		}
		return andante.Secret(v), nil
	case r.File != "":
		b, err := read(r.File)
		return andante.Secret(strings.TrimSpace(string(b))), err
	}
	return "", nil
}

// DefaultStore is the store of a workspace that names none.
const DefaultStore = "andante.db"

// defaultConfig holds the values of keys that are not written.
func defaultConfig() *Config {
	return &Config{
		Company: Company{Zone: "UTC", Language: "en"},
		Channels: Channels{
			Email: EmailChannel{TLS: "starttls", Connections: 2, MaxMails: 1000},
			SMS:   SMSChannel{Segments: 4, Rate: Rate{N: 1, Per: time.Second}, HTTP: SMSGateway{Method: "POST"}},
			Cards: CardsChannel{Driver: "print", Lob: Lob{Verify: "usual", MailType: "usps_first_class"}},
		},
		Tasks: Tasks{
			Mail: true, Digest: must(calendar.ParseWindow("Mon-Fri 08:00-12:00")),
			Remind: must(calendar.ParseOffset("1 business day")), Escalate: must(calendar.ParseOffset("2 business days")), Undone: must(calendar.ParseOffset("5 business days")),
		},
		Deliver: Deliver{Mode: "sandbox", To: "outbox"},
		Store:   DefaultStore,
		Web:     Web{Listen: "127.0.0.1:8025"},
	}
}

// must returns a value that is written in this program.
func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// parseConfig reads andante.yaml.
func parseConfig(file string, src []byte) (*Config, []*andante.Finding) {
	c := defaultConfig()
	doc, found := yamldoc.Parse(file, 1, src, "when")
	c.doc = doc
	found = append(found, doc.Decode(c, yamldoc.With(calendar.ParseOffset), yamldoc.With(calendar.ParseWindow))...)
	c.dropEmpty()
	return c, found
}

// DeclaredFields returns the workspace's own fields: those of andante.yaml by
// path, then those that only sequences declare.
func (c *Config) DeclaredFields() []andante.Field {
	return append(c.fields(), c.inSequences...)
}

// fields returns the fields of andante.yaml.
func (c *Config) fields() []andante.Field {
	var list []andante.Field
	for _, path := range slices.Sorted(maps.Keys(c.Fields)) {
		noun, name, _ := strings.Cut(path, ".")
		list = append(list, andante.Field{Noun: noun, Name: name, Type: andante.FieldType(c.Fields[path])})
	}
	return list
}

// Person returns a colleague; false if there is none with the key.
func (c *Config) Person(key string) (andante.Person, bool) {
	p, ok := c.People[key]
	if !ok || key == "" {
		return andante.Person{}, false
	}
	return andante.Person{Key: key, Name: p.Name, Email: p.Email, Phone: p.Phone, Title: p.Title, Zone: p.Zone, Meeting: p.Meeting}, true
}

// Home is the zone in which the company reads its clock; UTC if there is none.
func (c *Config) Home() *time.Location {
	zone, err := calendar.LoadZone(c.Company.Zone)
	if err != nil {
		return time.UTC
	}
	return zone
}

// An Identity is what a mail is sent as: a sender or a person.
type Identity struct {
	Key      string
	ReplyTo  string
	SMS      string // what texts come from; empty: channels.sms.from
	SMTP     *SMTP  // its own way out; nil: channels.email
	Throttle *Throttle
	andante.Person
}

// Identity returns the sender or the person with the key.
func (c *Config) Identity(key string) (Identity, bool) {
	if s, ok := c.Senders[key]; ok {
		p := andante.Person{Key: key, Name: s.Name, Email: s.Address, Phone: s.Phone, Title: s.Title}
		return Identity{Key: key, ReplyTo: s.ReplyTo, SMS: s.SMS, SMTP: s.SMTP, Throttle: s.Throttle, Person: p}, true
	}
	p, ok := c.Person(key)
	if !ok {
		return Identity{}, false
	}
	id := Identity{Key: key, SMS: c.People[key].SMS, SMTP: c.People[key].SMTP, Throttle: c.People[key].Throttle, Person: p}
	if id.SMTP != nil && id.Throttle == nil { // a mailbox that a person writes from stands no flood
		personal := presets["personal"]
		id.Throttle = &personal
	}
	return id, true
}
