package doctor

import (
	"context"
	"crypto/x509"
	"fmt"
	"io/fs"
	"net"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/ops"
	"github.com/andante-hq/andante/queue"
	"github.com/andante-hq/andante/store"
	"github.com/andante-hq/andante/workspace"
)

// A Level says how much a finding matters.
type Level string

// The levels.
const (
	OK      Level = "ok"
	Notice  Level = "notice"  // it deserves a look
	Problem Level = "problem" // it is broken, or will be soon
)

// A Finding is what a check found.
type Finding struct {
	Check string `json:"check"`
	Level Level  `json:"level"`
	Found string `json:"found"`
	Do    string `json:"do,omitempty"` // what to do about it
}

// A Subject is the installation that is looked at. A nil field, or an error, says that
// something could not be had.
type Subject struct {
	Clock andante.Clock
	FS    fs.FS // the workspace's folder

	Config    *workspace.Config // of this machine
	ConfigErr error
	Outbox    string // folder to which mails are written instead of sent; empty: none is
	KeysFile  string
	Keys      *ops.Keyring
	KeysErr   error

	Store    *store.Store
	StoreErr error
	NoStore  bool                                          // an SQLite file that is not there yet
	Gone     *Trouble                                      // if there is none: what is known of one that was there
	Folder   string                                        // that the SQLite file is in; empty on Postgres
	FreeDisk func(folder string) (uint64, bool)            // in bytes; false: it can't be found out
	Standing func(context.Context) (Standing, error)       // may it be sent from
	Queue    func(context.Context) ([]queue.Health, error) // nil: inside the process

	Relay    func(context.Context, workspace.Identity) (Relay, error) // the mail server of a sender; nil: it is left out
	Resolver Resolver                                                 // nil: the DNS is left out
	Services []Service                                                // those that take our texts and our post; nil: they are left out

	secretless map[string]bool      // whose mail server's password can't be had
	usable     bool                 // the store answers and has today's tables
	demo       bool                 // the store belongs to a demo
	published  *workspace.Workspace // what runs; nil before the first publish
}

// A Standing tells whether a store may be sent from: it is where it lives, and has come
// as far as is known of it.
type Standing struct {
	Ran  bool     // it has a home
	Home *Trouble // nil: it is there
	Mark *Trouble // nil: it has come as far

	NoFile  bool  // it ran, and nothing outside remembers how far it came
	Forgets error // why nothing outside remembers how far it came; nil: something does
	Needed  bool  // nothing is sent until it does
}

// A Trouble is what is wrong, and what to do about it.
type Trouble struct{ Found, Do string }

// A Relay is what the mail server said and showed before the first mail.
type Relay struct {
	Extensions  map[string]string
	TLS         bool
	Certificate *x509.Certificate // nil without TLS
	LoggedIn    bool
}

// A Service takes what is no mail: text messages, or post.
type Service struct {
	Name string // as people call it
	Way  string // key of andante.yaml under which it stands
	// Ask finds out whether it knows us, and costs nothing. It returns what is worth knowing
	// about the account.
	Ask func(context.Context) (string, error)
}

// A Resolver asks the DNS; [net.Resolver] is one. Safe for concurrent use. A name without
// what is asked for is a [net.DNSError] that says IsNotFound; any other error is no answer.
type Resolver interface {
	LookupTXT(ctx context.Context, name string) ([]string, error)
	LookupMX(ctx context.Context, name string) ([]*net.MX, error)
	LookupHost(ctx context.Context, name string) ([]string, error)
}

// checks are looked at in this order: what others rest on comes first.
var checks = []struct {
	name  string
	check func(context.Context, *Subject) []Finding
}{
	{"folder", folder},
	{"keys", keys},
	{"password", passwords},
	{"outbox", outbox},
	{"store", storeAnswers},
	{"integrity", integrity},
	{"home", home},
	{"mark", mark},
	{"disk", disk},
	{"clock", clock},
	{"published", published},
	{"redis", redis},
	{"smtp", smtp},
	{"services", services},
	{"domains", examples},
	{"spf", spf},
	{"dkim", dkim},
	{"dmarc", dmarc},
	{"replies", replies},
	{"public_url", publicURL},
	{"leases", leases},
	{"scheduler", scheduler},
	{"unknown", unknown},
	{"not followed", notFollowed},
	{"tasks", tasks},
	{"holds", holds},
}

// Checks lists the names of the checks in order.
func Checks() (names []string) {
	for _, c := range checks {
		names = append(names, c.name)
	}
	return names
}

// Examine carries out every check.
func Examine(ctx context.Context, s *Subject) (all []Finding) {
	for _, c := range checks {
		for _, f := range c.check(ctx, s) {
			f.Check = c.name
			all = append(all, f)
		}
	}
	return all
}

// Count returns how many findings are of a level.
func Count(list []Finding, l Level) (n int) {
	for _, f := range list {
		if f.Level == l {
			n++
		}
	}
	return n
}

// fine, look and bad make the findings of a check.
func fine(format string, args ...any) Finding {
	return Finding{Level: OK, Found: fmt.Sprintf(format, args...)}
}

func look(do, format string, args ...any) Finding {
	return Finding{Level: Notice, Found: fmt.Sprintf(format, args...), Do: do}
}

func bad(do, format string, args ...any) Finding {
	return Finding{Level: Problem, Found: fmt.Sprintf(format, args...), Do: do}
}

// one is the answer of a check with one finding.
func one(f Finding) []Finding { return []Finding{f} }

// read looks into the store; if that fails, the failure is the finding.
func (s *Subject) read(ctx context.Context, f func(*store.Tx) error) []Finding {
	if err := s.Store.Read(ctx, f); err != nil {
		return one(bad(s.mendStore(), "the store can't be read: %v", err))
	}
	return nil
}

// mendStore says what to do about a store that answers with an error.
func (s *Subject) mendStore() string {
	if s.Store.Postgres() {
		return "see what the log of Postgres says"
	}
	return "is it the right file, and are the rights on it and its disk in order? If it is damaged, keep it, and restore a backup"
}

// leaves tells whether mails really leave.
func (s *Subject) leaves() bool { return s.Config != nil && s.Config.Deliver.Mode != "sandbox" }

// unlessSandbox makes less of what matters only once mails really leave.
func (s *Subject) unlessSandbox(list []Finding) []Finding {
	for i, f := range list {
		if f.Level == Problem && !s.leaves() {
			list[i].Level = Notice
			list[i].Found += "; nothing leaves yet, for the mode is sandbox"
		}
	}
	return list
}
