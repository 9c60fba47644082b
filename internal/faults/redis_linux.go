package faults

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// A Redis is a server of the test's own. It keeps nothing on disk and, as it must for
// a queue, refuses what it has no room for.
type Redis struct{ server }

// StartRedis starts one, which goes with the test. It skips the test where
// redis-server is not installed and nobody has promised servers.
func StartRedis(t testing.TB) *Redis {
	t.Helper()
	path := program(t, "redis-server", "redis-server")
	r := &Redis{server{t: t, name: "redis", quit: syscall.SIGTERM}}
	r.args = func(port int) []string {
		return []string{
			path, "--port", strconv.Itoa(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no",
			"--maxmemory-policy", "noeviction", "--daemonize", "no",
		}
	}
	r.ready = func() error { return r.ask("PING", "+PONG") }
	r.folder()
	r.begin()
	return r
}

// URL is where the queue finds it.
func (r *Redis) URL() string { return "redis://" + r.addr() + "/0" }

// Stop ends it as an operator does, and what it held is gone.
func (r *Redis) Stop() {
	r.t.Helper()
	r.stop(syscall.SIGTERM)
}

// Flush has it forget everything.
func (r *Redis) Flush() {
	r.t.Helper()
	r.must("FLUSHALL", "+OK")
}

// Fill leaves no room: whatever would add something is refused.
func (r *Redis) Fill() {
	r.t.Helper()
	r.must("CONFIG SET maxmemory 1", "+OK")
}

// Drain makes room again.
func (r *Redis) Drain() {
	r.t.Helper()
	r.must("CONFIG SET maxmemory 0", "+OK")
}

// LoseDisk takes the place away where it would save what it holds, and has it try.
func (r *Redis) LoseDisk() {
	r.t.Helper()
	if err := os.RemoveAll(r.dir); err != nil {
		r.t.Fatal(err)
	}
	r.must("BGSAVE", "+Background saving started")
}

// Follow makes it the replica of a server that is not there.
func (r *Redis) Follow() {
	r.t.Helper()
	r.must("REPLICAOF 127.0.0.1 1", "+OK")
}

// Refused returns how many commands it had no room for since it was started.
func (r *Redis) Refused() (n int) {
	r.t.Helper()
	answer, err := r.say("INFO errorstats")
	if err != nil {
		r.t.Fatal(err)
	}
	for line := range strings.Lines(answer) {
		if count, ok := strings.CutPrefix(line, "errorstat_OOM:count="); ok {
			n, _ = strconv.Atoi(strings.TrimSpace(count))
		}
	}
	return n
}

func (r *Redis) must(line, want string) {
	r.t.Helper()
	if err := r.ask(line, want); err != nil {
		r.t.Fatal(err)
	}
}

// ask says a line in the inline form of the protocol.
func (r *Redis) ask(line, want string) error {
	answer, err := r.say(line)
	if err == nil && strings.TrimSpace(answer) != want {
		err = fmt.Errorf("redis answers %s with %q", line, answer)
	}
	return err
}
