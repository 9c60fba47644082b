package faults

import (
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"testing"
)

// A Postgres is a cluster of the test's own. It does not flush to the disk, which only
// a crash of the machine would tell.
type Postgres struct {
	server
	bin  string
	made int // databases
}

// StartPostgres makes and starts one, which goes with the test. It skips the test
// where Postgres is not installed and nobody has promised servers.
func StartPostgres(t testing.TB) *Postgres {
	t.Helper()
	p := &Postgres{server: server{t: t, name: "postgres", quit: syscall.SIGQUIT}}
	p.bin = filepath.Dir(program(t, "postgres", programs()...))
	p.owner = unprivileged(t)
	p.args = func(port int) []string {
		return []string{
			p.tool("postgres"), "-D", p.dir, "-p", strconv.Itoa(port), "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=",
			"-c", "max_connections=200", "-c", "fsync=off",
		}
	}
	p.ready = func() error {
		return p.run(p.tool("pg_isready"), "-q", "-h", "127.0.0.1", "-p", strconv.Itoa(p.port), "-d", "postgres")
	}
	p.folder()
	if err := p.run(p.tool("initdb"), "-D", p.dir, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"); err != nil {
		t.Fatal(err)
	}
	p.begin()
	return p
}

// programs are the places where a server may be, the newest first.
func programs() []string {
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/postgres")
	slices.SortFunc(found, func(a, b string) int { return release(b) - release(a) })
	return append(found, "postgres")
}

// release reads the 15 in /usr/lib/postgresql/15/bin/postgres.
func release(path string) int {
	n, _ := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(path))))
	return n
}

// unprivileged is the user postgres where root tests, for the server refuses root.
func unprivileged(t testing.TB) *syscall.Credential {
	t.Helper()
	if os.Getuid() != 0 {
		return nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		t.Fatalf("Postgres does not run as root: %v; test as another user, or make that one", err)
	}
	uid, _ := strconv.ParseUint(u.Uid, 10, 32)
	gid, _ := strconv.ParseUint(u.Gid, 10, 32)
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
}

func (p *Postgres) tool(name string) string { return filepath.Join(p.bin, name) }

// run runs a tool to its end.
func (p *Postgres) run(args ...string) error {
	if out, err := p.command(args...).CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", filepath.Base(args[0]), err, out)
	}
	return nil
}

// URL is where the store finds it.
func (p *Postgres) URL() string {
	return "postgres://postgres@" + p.addr() + "/postgres?sslmode=disable"
}

// Database makes another database, which is empty, and returns where it is found.
func (p *Postgres) Database() string {
	p.t.Helper()
	p.made++
	name := "db" + strconv.Itoa(p.made)
	if err := p.run(p.tool("createdb"), "-h", "127.0.0.1", "-p", strconv.Itoa(p.port), "-U", "postgres", name); err != nil {
		p.t.Fatal(err)
	}
	return "postgres://postgres@" + p.addr() + "/" + name + "?sslmode=disable"
}

// Dump copies the database that the store uses, as pg_dump does, and returns how to put
// it back, which works while others are connected.
func (p *Postgres) Dump() (restore func()) {
	p.t.Helper()
	file := filepath.Join(p.dir, "dump")
	there := []string{"-h", "127.0.0.1", "-p", strconv.Itoa(p.port), "-U", "postgres", "-d", "postgres"}
	if err := p.run(append([]string{p.tool("pg_dump"), "--format=custom", "--file=" + file}, there...)...); err != nil {
		p.t.Fatal(err)
	}
	return func() {
		p.t.Helper()
		if err := p.run(append(append([]string{p.tool("pg_restore"), "--clean", "--single-transaction"}, there...), file)...); err != nil {
			p.t.Fatal(err)
		}
	}
}

// Fast stops it as an operator does: whoever is in the middle of a transaction is cut off
// and undone, and the files are left in order.
func (p *Postgres) Fast() {
	p.t.Helper()
	p.stop(syscall.SIGINT)
}

// Immediate stops it as if the power were gone: it recovers at the next start.
func (p *Postgres) Immediate() {
	p.t.Helper()
	p.stop(syscall.SIGQUIT)
}
