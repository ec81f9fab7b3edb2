package hydra_test

import (
	"fmt"
	"os"
	"os/exec"
	"testing"

	"github.com/hydra-logger/hydra/internal/leak"
)

// childVariable names the scenario that the test binary runs in place of the
// tests: the tests of the lifecycle look at what a real process leaves behind.
const childVariable = "HYDRA_TEST_CHILD"

func TestMain(m *testing.M) {
	crashMain()
	if name := os.Getenv(childVariable); name != "" {
		run := scenario(name)
		if run == nil {
			fmt.Fprintf(os.Stderr, "no child scenario %q\n", name)
			os.Exit(2)
		}
		run(os.Getenv("HYDRA_TEST_DIR"))
		return
	}
	leak.Main(m)
}

// scenario returns what a child does under this name, nil if there is no such scenario.
func scenario(name string) func(dir string) {
	for _, list := range []map[string]func(dir string){children(), oddChildren(), serviceChildren(), redirectChildren()} {
		if run := list[name]; run != nil {
			return run
		}
	}
	return nil
}

// child returns the command that runs a scenario in dir.
func child(t *testing.T, name, dir string) *exec.Cmd {
	t.Helper()
	if scenario(name) == nil {
		t.Fatalf("no child scenario %q", name)
	}
	cmd := exec.Command(os.Args[0])
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), childVariable+"="+name, "HYDRA_TEST_DIR="+dir)
	return cmd
}
