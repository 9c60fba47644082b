package bench

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"syscall"
)

// A process plays a part.
type process struct {
	cmd  *exec.Cmd
	in   io.WriteCloser
	out  *bufio.Reader
	says strings.Builder // its errors
}

// launch starts a process and tells it its part. command is what plays parts.
func launch(command []string, p part) (*process, error) {
	c := &process{cmd: exec.Command(command[0], command[1:]...)}
	c.cmd.Stderr = &c.says
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	c.out = bufio.NewReader(out)
	if c.in, err = c.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	if err := c.cmd.Start(); err != nil {
		return nil, err
	}
	if err := json.NewEncoder(c.in).Encode(p); err != nil {
		c.kill()
		return nil, err
	}
	return c, nil
}

// hear returns the next line that it prints.
func (c *process) hear() (string, error) {
	line, err := c.out.ReadString('\n')
	if err != nil {
		_ = c.cmd.Wait()
		return "", fmt.Errorf("a part of the bench ended early: %s", strings.TrimSpace(c.says.String()))
	}
	return strings.TrimSpace(line), nil
}

// ready waits until it has prepared itself.
func (c *process) ready() error {
	line, err := c.hear()
	if err == nil && line != "ready" {
		err = fmt.Errorf("a part of the bench said %q", line)
	}
	return err
}

// signal sets it off, or asks it a question.
func (c *process) signal() error {
	_, err := io.WriteString(c.in, "\n")
	return err
}

// result waits for what came of it.
func (c *process) result() (r result, err error) {
	line, err := c.hear()
	if err != nil {
		return r, err
	}
	if err := json.Unmarshal([]byte(line), &r); err != nil {
		return r, err
	}
	return r, c.end()
}

// end lets it go and waits until it has gone.
func (c *process) end() error {
	_ = c.in.Close()
	if err := c.cmd.Wait(); err != nil {
		return errors.Join(err, errors.New(strings.TrimSpace(c.says.String())))
	}
	return nil
}

// stop asks it to finish.
func (c *process) stop() error { return c.cmd.Process.Signal(syscall.SIGTERM) }

// kill ends it, if it still runs.
func (c *process) kill() {
	if c != nil && c.cmd.ProcessState == nil {
		_ = c.cmd.Process.Kill()
		_ = c.cmd.Wait()
	}
}
