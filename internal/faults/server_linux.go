package faults

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/andante-hq/andante/internal/harness"
	"github.com/andante-hq/andante/internal/testdb"
)

// A server is a program of the test's own that can be stopped and started again on
// its port.
type server struct {
	t     testing.TB
	name  string
	dir   string // its folder, which it owns
	port  int
	args  func(port int) []string
	ready func() error
	owner *syscall.Credential // nil: whoever tests
	quit  syscall.Signal      // ends it when the test is over

	cmd   *exec.Cmd // nil while it is down
	ended chan struct{}
}

// ports has each server of this process look for a port elsewhere.
var ports atomic.Int64

// patience is how long a server may take to come and to go.
const patience = 30 * time.Second

// program finds a server's program, or ends the test: with an error where the
// environment promises servers, else by skipping it.
func program(t testing.TB, what string, paths ...string) string {
	t.Helper()
	for _, p := range paths {
		if found, err := exec.LookPath(p); err == nil {
			return found
		}
	}
	if os.Getenv("CI") == "true" || os.Getenv(testdb.RedisVariable) != "" || os.Getenv(testdb.PostgresVariable) != "" {
		t.Fatalf("%s is not installed, and this test starts one of its own: apt-get install it, or unset CI, %s and %s", what, testdb.RedisVariable, testdb.PostgresVariable)
	}
	t.Skipf("%s is not installed, and this test starts one of its own", what)
	return ""
}

// folder makes a folder that the server's own user may enter; what testing makes is
// for the tester alone.
func (s *server) folder() {
	s.t.Helper()
	dir := s.t.TempDir()
	err := os.Chmod(filepath.Dir(dir), 0o755)
	s.dir = filepath.Join(dir, s.name)
	err = errors.Join(err, os.Mkdir(s.dir, 0o700))
	if s.owner != nil {
		err = errors.Join(err, os.Chown(s.dir, int(s.owner.Uid), int(s.owner.Gid)))
	}
	if err != nil {
		s.t.Fatal(err)
	}
}

// freePort finds a port on which nobody listens, below those that machines give to
// whoever calls out: while the server is down nobody else must get it.
func freePort(t testing.TB) int {
	t.Helper()
	for try := range 1000 {
		port := 20000 + (os.Getpid()*7+int(ports.Add(1))*13+try)%12000
		l, err := net.Listen("tcp", "127.0.0.1:"+strconv.Itoa(port))
		if err == nil {
			_ = l.Close()
			return port
		}
	}
	t.Fatal("no port is free")
	return 0
}

// begin starts the server for the first time, on a port that it finds free.
func (s *server) begin() {
	s.t.Helper()
	s.t.Cleanup(s.end)
	var err error
	for range 5 {
		s.port = freePort(s.t)
		if err = s.start(); err == nil {
			return
		}
	}
	s.t.Fatal(err)
}

// Start starts the server again, on the same port, and waits until it answers.
func (s *server) Start() {
	s.t.Helper()
	var err error
	for range 5 { // what it left may take a moment to go
		if err = s.start(); err == nil {
			return
		}
	}
	s.t.Fatal(err)
}

func (s *server) start() error {
	log, err := os.OpenFile(s.log(), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	cmd := s.command(s.args(s.port)...)
	cmd.SysProcAttr.Pdeathsig = syscall.SIGKILL
	cmd.Stdout, cmd.Stderr = log, log
	ended := make(chan struct{})
	begun := make(chan error)
	// The kernel ends the server with the thread that has started it: it is this server's
	// alone, and ends with us.
	go func() {
		runtime.LockOSThread()
		err := cmd.Start()
		begun <- err
		if err == nil {
			_ = cmd.Wait()
		}
		close(ended)
	}()
	if err := <-begun; err != nil {
		return err
	}
	s.cmd, s.ended = cmd, ended
	harness.Until(s.t, patience, s.name+" to answer", func() bool { err = s.ready(); return err == nil || s.over() })
	if err != nil {
		s.cmd = nil
		return fmt.Errorf("%s does not start: %w\n%s", s.name, err, s.lastWords())
	}
	return nil
}

// command prepares a program that runs as the server's user.
func (s *server) command(args ...string) *exec.Cmd {
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Dir = s.dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: s.owner, Setpgid: true}
	return cmd
}

func (s *server) log() string { return s.dir + ".log" }

func (s *server) lastWords() string {
	b, _ := os.ReadFile(s.log())
	return string(b[max(0, len(b)-2000):])
}

// over tells whether the process has ended.
func (s *server) over() bool {
	select {
	case <-s.ended:
		return true
	default:
		return false
	}
}

// stop sends a signal and waits for the end that it brings.
func (s *server) stop(sig syscall.Signal) {
	s.t.Helper()
	s.signal(sig)
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case <-s.ended:
		s.cmd = nil
	case <-timer.C:
		s.t.Fatalf("%s does not end\n%s", s.name, s.lastWords())
	}
}

func (s *server) signal(sig syscall.Signal) {
	s.t.Helper()
	if s.cmd == nil {
		s.t.Fatalf("%s is not running", s.name)
	}
	if err := s.cmd.Process.Signal(sig); err != nil && !errors.Is(err, os.ErrProcessDone) {
		s.t.Fatal(err)
	}
}

// Kill ends the server and its children at once, wherever they are.
func (s *server) Kill() {
	s.t.Helper()
	children := s.children()
	s.stop(syscall.SIGKILL)
	for _, pid := range children {
		_ = syscall.Kill(pid, syscall.SIGKILL) // it may have ended
	}
}

// Pause puts the server and its children to sleep: connections stay and nobody
// answers. It may be in the middle of anything.
func (s *server) Pause() {
	s.t.Helper()
	s.signal(syscall.SIGSTOP) // first: it has no more children from here on
	for _, pid := range s.children() {
		_ = syscall.Kill(pid, syscall.SIGSTOP) // it may have ended
	}
}

// Resume wakes the server.
func (s *server) Resume() {
	s.t.Helper()
	for _, pid := range s.children() {
		_ = syscall.Kill(pid, syscall.SIGCONT)
	}
	s.signal(syscall.SIGCONT)
}

// children lists the processes that the server has started.
func (s *server) children() (pids []int) {
	parent := strconv.Itoa(s.cmd.Process.Pid)
	files, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, f := range files {
		b, err := os.ReadFile(f)
		_, rest, named := strings.Cut(string(b), ") ") // the name may hold anything
		fields := strings.Fields(rest)
		if err != nil || !named || len(fields) < 2 || fields[1] != parent {
			continue
		}
		if pid, err := strconv.Atoi(filepath.Base(filepath.Dir(f))); err == nil {
			pids = append(pids, pid)
		}
	}
	return pids
}

// end ends what still runs when the test is over.
func (s *server) end() {
	if s.cmd != nil {
		s.Resume() // one that sleeps would not hear
		s.stop(s.quit)
	}
	if s.t.Failed() {
		s.t.Logf("%s said last:\n%s", s.name, s.lastWords())
	}
}

// addr is where the server listens.
func (s *server) addr() string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(s.port)) }

// say sends a line over a connection of its own and returns all of the first answer
// that comes at once.
func (s *server) say(line string) (string, error) {
	c, err := net.DialTimeout("tcp", s.addr(), patience)
	if err != nil {
		return "", err
	}
	defer c.Close()
	if err := c.SetDeadline(clock.Wall().Add(patience)); err != nil {
		return "", err
	}
	if _, err := io.WriteString(c, line+"\r\n"); err != nil {
		return "", err
	}
	if err := c.(*net.TCPConn).CloseWrite(); err != nil {
		return "", err
	}
	b, err := io.ReadAll(c)
	return string(b), err
}
