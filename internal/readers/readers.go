// Package readers finds the other programs that tests have read what Andante writes: a mail
// that our own libraries understand is not yet one that everybody does.
//
// Without such a program its test is skipped; where ANDANTE_TEST_READERS is set, as the gate
// does, it fails instead. That variable names a folder of npm packages.
package readers

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"testing"
)

// variable says that every reader must be there, and where npm's packages are.
const variable = "ANDANTE_TEST_READERS"

// Python runs a script with the input and fills out, a pointer, from the JSON that it
// prints. The script may import modules.
func Python(t testing.TB, script string, input []byte, out any, modules string) {
	t.Helper()
	for _, python := range []string{"/usr/bin/python3", "python3"} { // Debian's has Debian's modules
		if exec.Command(python, "-c", "import "+modules).Run() == nil {
			run(t, exec.Command(python, script), input, out)
			return
		}
	}
	lack(t, "python3 with the modules "+modules)
}

// Node runs a script that may require one of npm's packages.
func Node(t testing.TB, script string, input []byte, out any, module string) {
	t.Helper()
	probe := exec.Command("node", "-e", "require('"+module+"')")
	probe.Env = append(os.Environ(), "NODE_PATH="+os.Getenv(variable))
	if probe.Run() != nil {
		lack(t, "node with the package "+module)
	}
	c := exec.Command("node", script)
	c.Env = probe.Env
	run(t, c, input, out)
}

// lack ends a test whose reader is missing.
func lack(t testing.TB, what string) {
	t.Helper()
	if os.Getenv(variable) != "" {
		t.Fatalf("there is no %s", what)
	}
	t.Skipf("there is no %s", what)
}

func run(t testing.TB, c *exec.Cmd, input []byte, out any) {
	t.Helper()
	var said, complained bytes.Buffer
	c.Stdin, c.Stdout, c.Stderr = bytes.NewReader(input), &said, &complained
	if err := c.Run(); err != nil {
		t.Fatalf("%v: %v\n%s", c.Args, err, complained.String())
	}
	if err := json.Unmarshal(said.Bytes(), out); err != nil {
		t.Fatalf("%v: %v\n%s", c.Args, err, said.String())
	}
}
