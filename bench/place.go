package bench

import (
	"bufio"
	"context"
	"embed"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/andante-hq/andante/contacts"
	"github.com/andante-hq/andante/engine"
	"github.com/andante-hq/andante/ops"
	"github.com/andante-hq/andante/workspace"
)

//go:embed workspace
var files embed.FS

//go:embed letter.md
var letter string

// perAccount is how many contacts an account has.
const perAccount = 2

// The first contacts live in a city of their own: their mails are what the floor sends.
const (
	samples    = 500
	sampleCity = "Salem"
)

// waiting is the plan of the contacts that are enrolled and not due, and later the
// sequence that they are on.
const (
	waiting = "waiting"
	later   = "later"
)

// A place is a workspace made for measuring.
type place struct {
	dir, store, redis string
	sequences         int
	later             bool // it has the sequence for those who wait
}

// round names the sequence of a round: each sends the same letter under a name of its
// own, for nobody gets a step twice.
func round(i int) string { return fmt.Sprintf("round-%d", i) }

// write lays the workspace out.
func (p *place) write() error {
	sub, err := fs.Sub(files, "workspace")
	if err != nil {
		return err
	}
	if err := os.CopyFS(p.dir, sub); err != nil {
		return err
	}
	all := map[string]string{engine.KeysFile: string(ops.NewKeyring())}
	sequence := func(name, letter string) {
		all[filepath.Join("sequences", name+".md")] = fmt.Sprintf("---\nsequence: %s\ntitle: %s\nsender: news\n---\n", name, name) + letter
	}
	for i := range p.sequences {
		sequence(round(i), letter)
	}
	if p.later {
		sequence(later, strings.Replace(letter, "after: 0d", "after: 30d", 1))
	}
	for name, text := range all {
		path := filepath.Join(p.dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return err
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			return err
		}
	}
	return nil
}

// open opens the engine on the place.
func (p *place) open(ctx context.Context, change func(*engine.Options)) (*engine.Engine, error) {
	o := engine.Options{Dir: p.dir, Config: func(c *workspace.Config) { c.Store, c.Redis = p.store, p.redis }}
	if change != nil {
		change(&o)
	}
	return engine.Open(ctx, o)
}

// publish makes the place's sequences run.
func (p *place) publish(ctx context.Context, e *engine.Engine) (*workspace.Workspace, error) {
	w, found := workspace.Load(e.FS())
	if bad := workspace.Errors(found); len(bad) > 0 {
		return nil, fmt.Errorf("the workspace of the bench: %s", bad[0].Error())
	}
	_, err := e.Ops.Publish(ctx, w, nil, false)
	return w, err
}

// people takes n contacts in, as `andante import` does.
func people(ctx context.Context, e *engine.Engine, w *workspace.Workspace, n, due int, progress func(done int)) error {
	r, out := io.Pipe()
	go func() { out.CloseWithError(writePeople(out, n, due)) }()
	im := &contacts.Importer{Ops: e.Ops, Workspace: w}
	rep, err := im.Import(ctx, r, nil, contacts.Options{Progress: func(rows int, _ int64) { progress(rows) }})
	if err == nil && rep.Added != n {
		err = fmt.Errorf("%d of %d contacts were taken in: %v", rep.Added, n, rep.Reasons)
	}
	return err
}

// writePeople writes n contacts. Those who are due are spread evenly among those who
// wait, whole accounts of them.
func writePeople(out io.Writer, n, due int) error {
	w := bufio.NewWriter(out)
	fmt.Fprintln(w, "id,email,first_name,last_name,job_title,persona,country,account,account.name,contact.plan,contact.city,contact.balance")
	every := n / due
	for i := range n {
		account := i / perAccount
		rank := account/every*perAccount + i%perAccount // among the due
		plan, city := waiting, "Portland"
		if account%every == 0 && rank < due {
			plan = "standard"
			if rank < samples {
				city = sampleCity
			}
		}
		fmt.Fprintf(w, "c%d,c%d@bench-%d.example,Ann,Number%d,Head of operations,reader,US,a%d,Firm %d,%s,%s,%d\n",
			i, i, i%1000, i, account, account, plan, city, i%500)
	}
	return w.Flush()
}
