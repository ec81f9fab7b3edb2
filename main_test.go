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
	if name := os.Getenv(childVariable); name != "" {
		run := children()[name]
		if run == nil {
			fmt.Fprintf(os.Stderr, "no child scenario %q\n", name)
			os.Exit(2)
		}
		run(os.Getenv("HYDRA_TEST_DIR"))
		return
	}
	leak.Main(m)
}

// child returns the command that runs a scenario in dir.
func child(t *testing.T, scenario, dir string) *exec.Cmd {
	t.Helper()
	if children()[scenario] == nil {
		t.Fatalf("no child scenario %q", scenario)
	}
	cmd := exec.Command(os.Args[0])
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), childVariable+"="+scenario, "HYDRA_TEST_DIR="+dir)
	return cmd
}
