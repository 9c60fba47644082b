package ops

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/store"
	"github.com/andante-hq/andante/workspace"
)

// A Row is one contact on its way in: what a file says of it, and no more. Fields
// that the file does not have are left as they are. Values are checked and
// normalised already.
type Row struct {
	Line       int               // in the file, for the report
	ExternalID string            // found by it first,
	Email      string            // and then by its address
	Account    string            // key of the account; empty: one of its own
	Fields     map[string]string // path, such as contact.first_name or account.industry, to the written form
	Consent    *andante.Consent  // evidence that comes with the row; Contact and ID are set here
}

// Taken says what became of rows.
type Taken struct {
	Added   int
	Changed int
	Same    int
	Refused []Refusal
}

// Refusal is a row that was not taken, and why.
type Refusal struct {
	Line   int
	Reason string
}

// TakeIn adds or updates contacts and their accounts, each row whole or not at
// all. w gives personas and tiers by rule. No opt-out is ever lifted.
func (o *Ops) TakeIn(ctx context.Context, w *workspace.Workspace, rows []Row) (Taken, error) {
	var t Taken
	err := o.Store.Write(ctx, func(tx *store.Tx) error {
		in := &intake{o: o, tx: tx, w: w, now: o.now()}
		err := in.take(ctx, rows)
		t = in.taken
		return err
	})
	if err == nil || !store.DataFault(err) {
		return t, err
	}
	if len(rows) == 1 {
		return Taken{Refused: []Refusal{{rows[0].Line, "the store refused it: " + andante.CleanText(err.Error())}}}, nil
	}
	return o.takeHalves(ctx, w, rows)
}

// takeHalves finds the row that the store refuses.
func (o *Ops) takeHalves(ctx context.Context, w *workspace.Workspace, rows []Row) (Taken, error) {
	a, err := o.TakeIn(ctx, w, rows[:len(rows)/2])
	if err != nil {
		return a, err
	}
	b, err := o.TakeIn(ctx, w, rows[len(rows)/2:])
	a.Added, a.Changed, a.Same = a.Added+b.Added, a.Changed+b.Changed, a.Same+b.Same
	a.Refused = append(a.Refused, b.Refused...)
	return a, err
}

// intake is one transaction of rows.
type intake struct {
	o     *Ops
	tx    *store.Tx
	w     *workspace.Workspace
	now   time.Time
	seed  andante.Seed
	taken Taken

	byExternal map[string]andante.Contact
	byEmail    map[string]andante.Contact
	accounts   map[andante.AccountID]andante.Account
	byKey      map[string]andante.AccountID
	touchedA   map[andante.AccountID]bool
	changed    map[andante.ContactID]andante.Contact
	consents   []andante.Consent
	moves      []andante.Contact // contacts that go to another account
}

func (in *intake) take(ctx context.Context, rows []Row) error {
	if err := in.load(ctx, rows); err != nil {
		return err
	}
	for _, r := range rows {
		in.row(r)
	}
	return in.write(ctx)
}

// load finds the contacts and accounts that the rows speak of and locks the
// accounts: those that are and those that will be.
func (in *intake) load(ctx context.Context, rows []Row) (err error) {
	if in.seed, err = in.tx.Seed(ctx); err != nil {
		return err
	}
	var external, emails, keys []string
	for _, r := range rows {
		external, emails = append(external, r.ExternalID), append(emails, r.Email)
		keys = append(keys, r.Account)
	}
	byExternal, err := in.tx.ContactsByExternalID(ctx, distinct(external))
	if err != nil {
		return err
	}
	byEmail, err := in.tx.ContactsByEmail(ctx, distinct(emails))
	if err != nil {
		return err
	}
	named, err := in.tx.AccountsByKey(ctx, distinct(keys))
	if err != nil {
		return err
	}
	ids := unique(slices.Concat(byExternal, byEmail), func(c andante.Contact) andante.AccountID { return c.Account })
	ids = append(ids, unique(named, accountID)...)
	if err := in.tx.LockAccounts(ctx, ids); err != nil {
		return err
	}
	all, err := in.tx.Accounts(ctx, ids)
	in.byExternal = byID(byExternal, func(c andante.Contact) string { return c.ExternalID })
	in.byEmail = map[string]andante.Contact{}
	for _, c := range slices.Backward(slices.SortedFunc(slices.Values(byEmail), func(a, b andante.Contact) int { return strings.Compare(string(a.ID), string(b.ID)) })) {
		in.byEmail[c.Email] = c // the oldest of those who share an address
	}
	in.accounts = byID(all, accountID)
	in.byKey = map[string]andante.AccountID{}
	for _, a := range all {
		in.byKey[a.Key] = a.ID
	}
	in.touchedA, in.changed = map[andante.AccountID]bool{}, map[andante.ContactID]andante.Contact{}
	return err
}

func distinct(list []string) []string {
	slices.Sort(list)
	list = slices.Compact(list)
	return slices.DeleteFunc(list, func(s string) bool { return s == "" })
}

// find returns the contact that a row means.
func (in *intake) find(r Row) (andante.Contact, bool) {
	if r.ExternalID != "" {
		if c, ok := in.byExternal[r.ExternalID]; ok {
			return c, true
		}
	}
	c, ok := in.byEmail[r.Email]
	if ok && r.Email != "" && (r.ExternalID == "" || c.ExternalID == "" || c.ExternalID == r.ExternalID) {
		return c, true
	}
	return andante.Contact{}, false
}

func (in *intake) row(r Row) {
	c, known := in.find(r)
	if !known {
		if r.Email == "" && r.ExternalID == "" && r.Fields["contact.phone"] == "" {
			in.taken.Refused = append(in.taken.Refused, Refusal{r.Line, "it has neither an id nor an address"})
			return
		}
		key := r.ExternalID + "\x00" + r.Email + "\x00" + r.Fields["contact.phone"]
		c = andante.Contact{ID: andante.DeriveID[andante.ContactID](in.seed, in.now, "contact", key), Created: in.now}
	}
	was, wasAccount := c, in.accounts[c.Account]
	c.Fields = maps.Clone(c.Fields)
	if r.ExternalID != "" {
		c.ExternalID = r.ExternalID
	}
	if r.Email != "" {
		c.Email = r.Email
	}
	a, moved := in.account(r, c, known)
	a.Fields = maps.Clone(a.Fields)
	for path, value := range r.Fields {
		setField(&c, &a, path, value)
	}
	c.Account = a.ID
	in.classify(&c, &a)
	in.keep(r, c, a, moved)
	switch {
	case !known:
		in.taken.Added++
	case equalContact(was, c) && equalAccount(wasAccount, a):
		in.taken.Same++
	default:
		in.taken.Changed++
	}
}

// account returns the account that a row belongs to: the one that it names, else
// the one that the contact has, else a new one of its own.
func (in *intake) account(r Row, c andante.Contact, known bool) (a andante.Account, moved bool) {
	if r.Account == "" && known {
		return in.accounts[c.Account], false
	}
	key := r.Account
	if key == "" {
		key = "contact:" + string(c.ID)
	}
	if id, ok := in.byKey[key]; ok {
		return in.accounts[id], known && id != c.Account
	}
	a = andante.Account{
		ID: andante.DeriveID[andante.AccountID](in.seed, in.now, "account", key), Key: key, Name: r.Account, Stage: "prospect", Business: r.Account != "",
	}
	if a.Name == "" {
		a.Name = c.Name()
	}
	in.byKey[key] = a.ID
	return a, known
}

// classify gives persona and tier by rule where the file does not.
func (in *intake) classify(c *andante.Contact, a *andante.Account) {
	if a.Name == "" {
		a.Name = c.Name()
	}
	if c.Persona != "" && a.Tier != "" {
		return
	}
	v := in.w.Values(*c, *a, andante.Enrollment{}, workspace.Identity{})
	if c.Persona == "" {
		c.Persona = in.w.PersonaOf(v, in.now)
	}
	if a.Tier == "" {
		a.Tier = in.w.TierOf(v, in.now)
	}
}

func (in *intake) keep(r Row, c andante.Contact, a andante.Account, moved bool) {
	if moved {
		in.touchedA[c.Account] = true
		in.moves = append(in.moves, c)
	}
	in.accounts[a.ID], in.touchedA[a.ID] = a, true
	in.changed[c.ID] = c
	if c.ExternalID != "" {
		in.byExternal[c.ExternalID] = c
	}
	if _, taken := in.byEmail[c.Email]; c.Email != "" && (!taken || in.byEmail[c.Email].ID == c.ID) {
		in.byEmail[c.Email] = c
	}
	if r.Consent == nil {
		return
	}
	k := *r.Consent
	k.Contact = c.ID
	k.ID = andante.DeriveID[andante.ConsentID](in.seed, k.At, "consent", string(c.ID), string(k.Kind), string(k.Purpose), string(k.Basis), k.Source, k.Wording)
	in.consents = append(in.consents, k)
}

func (in *intake) write(ctx context.Context) error {
	var accounts []andante.Account
	for id := range in.touchedA {
		accounts = append(accounts, in.accounts[id])
	}
	slices.SortFunc(accounts, func(a, b andante.Account) int { return strings.Compare(string(a.ID), string(b.ID)) })
	if err := in.tx.PutAccounts(ctx, in.now, accounts); err != nil {
		return err
	}
	var contacts []store.HashedContact
	for _, id := range slices.Sorted(maps.Keys(in.changed)) {
		c := in.changed[id]
		contacts = append(contacts, store.HashedContact{Contact: c, EmailHash: in.o.Keys.Hash(c.Email), PhoneHash: in.o.Keys.Hash(c.Phone)})
	}
	if err := in.tx.PutContacts(ctx, contacts); err != nil {
		return err
	}
	for _, c := range in.moves {
		if err := in.tx.MoveRows(ctx, c.ID, c.Account); err != nil {
			return err
		}
	}
	return in.tx.AddConsents(ctx, in.consents)
}

// setField writes one field in its place.
func setField(c *andante.Contact, a *andante.Account, path, value string) {
	noun, name, _ := strings.Cut(path, ".")
	if noun == "account" {
		setAccountField(a, name, value)
		return
	}
	text := map[string]*string{
		"first_name": &c.FirstName, "last_name": &c.LastName, "job_title": &c.JobTitle, "email": &c.Email, "phone": &c.Phone, "persona": &c.Persona,
		"stage": &c.Stage, "language": &c.Language, "country": &c.Country, "postal_code": &c.PostalCode, "zone": &c.Zone,
	}
	if p, ok := text[name]; ok {
		*p = value
		return
	}
	if c.Fields == nil {
		c.Fields = map[string]string{}
	}
	c.Fields[name] = value
}

func setAccountField(a *andante.Account, name, value string) {
	text := map[string]*string{
		"name": &a.Name, "domain": &a.Domain, "stage": &a.Stage, "owner": &a.Owner, "tier": &a.Tier, "industry": &a.Industry, "country": &a.Country, "zone": &a.Zone,
	}
	switch p, ok := text[name]; {
	case ok:
		*p = value
	case name == "revenue":
		n, _ := andante.NumberField.Parse(value)
		a.Revenue, _ = n.(float64)
	case name == "business":
		b, _ := andante.FlagField.Parse(value)
		a.Business, _ = b.(bool)
	default:
		if a.Fields == nil {
			a.Fields = map[string]string{}
		}
		a.Fields[name] = value
	}
}

func equalContact(a, b andante.Contact) bool {
	fields := maps.Equal(a.Fields, b.Fields)
	a.Fields, b.Fields = nil, nil
	return fields && fmt.Sprint(a) == fmt.Sprint(b)
}

func equalAccount(a, b andante.Account) bool {
	fields := maps.Equal(a.Fields, b.Fields)
	a.Fields, b.Fields = nil, nil
	return fields && fmt.Sprint(a) == fmt.Sprint(b)
}

// A PastTouch is something that was sent or done before Andante, so that limits
// know it.
type PastTouch struct {
	Line       int
	ExternalID string
	Email      string
	Kind       andante.Kind
	Purpose    andante.Purpose
	At         time.Time
	Subject    string
}

// TakeHistory adds past touches. The same line twice counts once.
func (o *Ops) TakeHistory(ctx context.Context, rows []PastTouch) (Taken, error) {
	var t Taken
	err := o.Store.Write(ctx, func(tx *store.Tx) error {
		t = Taken{}
		return o.takeHistory(ctx, tx, rows, &t)
	})
	return t, err
}

func (o *Ops) takeHistory(ctx context.Context, tx *store.Tx, rows []PastTouch, t *Taken) error {
	in := &intake{o: o, tx: tx, now: o.now()}
	var who []Row
	for _, r := range rows {
		who = append(who, Row{ExternalID: r.ExternalID, Email: r.Email})
	}
	if err := in.load(ctx, who); err != nil {
		return err
	}
	var touches []andante.Touch
	var accounts []andante.AccountID
	for i, r := range rows {
		c, ok := in.find(who[i])
		if !ok {
			t.Refused = append(t.Refused, Refusal{r.Line, "no contact has this id or address"})
			continue
		}
		accounts = append(accounts, c.Account)
		touches = append(touches, andante.Touch{
			ID:      andante.DeriveID[andante.TouchID](in.seed, r.At, "history", string(c.ID), string(r.Kind), r.At.UTC().Format(time.RFC3339), r.Subject),
			Contact: c.ID, Account: c.Account, Kind: r.Kind, Purpose: r.Purpose, Priority: andante.Normal, State: andante.Sent,
			Due: r.At, FirstDue: r.At, Counted: r.At, Settled: r.At, Address: o.Keys.Hash(c.AddressFor(r.Kind)), Subject: r.Subject, Sequence: "history",
		})
	}
	if err := tx.RaiseVersion(ctx, accounts); err != nil {
		return err
	}
	t.Added = len(touches)
	return tx.AddTouches(ctx, touches)
}
