// Package examples checks the documents that are built on the programs below it.
package examples

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/hydra-logger/hydra/config"
)

var fence = regexp.MustCompile("(?ms)^(?:<!-- ([^\n]*) -->\n)?```([a-z]*)\n(.*?)^```$")

// blocks calls each with the blocks of code in a document.
func blocks(t *testing.T, name string, each func(source, language, code string)) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "docs", name))
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range fence.FindAllStringSubmatch(string(text), -1) {
		each(m[1], m[2], m[3])
	}
}

// code is all Go code of the examples.
func code(t *testing.T) string {
	t.Helper()
	var all strings.Builder
	names, _ := filepath.Glob("*/*.go")
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		all.WriteString("\n" + string(text))
	}
	return all.String()
}

func TestTheGoSamplesOfTheDocumentsAreThoseOfTheExamples(t *testing.T) {
	all, n := code(t), 0
	for _, name := range []string{"EDA.md", "OPERATING.md", "COMPATIBILITY.md"} {
		blocks(t, name, func(_, language, sample string) {
			if language != "go" {
				return
			}
			n++
			if !strings.Contains(all, "\n"+sample) {
				t.Errorf("%s: no example has this code:\n%s", name, sample)
			}
		})
	}
	if n < 10 {
		t.Errorf("only %d samples were found", n)
	}
}

func TestTheConfigurationsOfTheDocumentsAreValid(t *testing.T) {
	n := 0
	for _, name := range []string{"EDA.md", "OPERATING.md"} {
		blocks(t, name, func(_, language, sample string) {
			if language != "yaml" || !strings.Contains(sample, "layers:") {
				return
			}
			n++
			if _, _, err := config.Parse([]byte(sample), config.Options{}); err != nil {
				t.Errorf("%s: %v\n%s", name, err, sample)
			}
		})
	}
	if n < 2 {
		t.Errorf("only %d configurations were found", n)
	}
}

func TestFilesThatTheDocumentsShowAreThoseOfTheExamples(t *testing.T) {
	n := 0
	blocks(t, "OPERATING.md", func(source, _, sample string) {
		if source == "" {
			return
		}
		n++
		text, err := os.ReadFile(filepath.Join("..", source))
		if err != nil || string(text) != sample {
			t.Errorf("%s differs from its copy in OPERATING.md: %v", source, err)
		}
	})
	if n != 3 {
		t.Errorf("%d files are shown, want 3", n)
	}
}

func TestSystemdTakesTheUnit(t *testing.T) {
	analyze, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Skip("systemd-analyze is not installed: the package systemd has it")
	}
	text, err := os.ReadFile("deploy/shop.service")
	if err != nil {
		t.Fatal(err)
	}
	self, err := os.Executable() // the unit's own program is not here
	if err != nil {
		t.Fatal(err)
	}
	unit := filepath.Join(t.TempDir(), "shop.service")
	if err := os.WriteFile(unit, []byte(strings.Replace(string(text), "/usr/local/bin/shop", self, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(analyze, "verify", "--man=no", unit).CombinedOutput()
	for line := range strings.Lines(string(out)) {
		if strings.Contains(line, "shop.service") {
			t.Error(line)
		}
	}
	if err != nil {
		t.Logf("%v: %s", err, out)
	}
}

// The numbers of the manifest and of its configuration belong together.
func TestTheManifestGivesTheLoggerItsPlaceAndItsTime(t *testing.T) {
	c, _, err := config.Load("deploy/hydra.yaml", config.Options{})
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile("deploy/kubernetes.yaml")
	if err != nil {
		t.Fatal(err)
	}
	number := func(pattern string) int {
		m := regexp.MustCompile(pattern).FindSubmatch(text)
		if m == nil {
			t.Fatalf("the manifest has no %s", pattern)
		}
		n, _ := strconv.Atoi(string(m[1]))
		return n
	}
	grace, stop := number(`terminationGracePeriodSeconds: (\d+)`), number(`sleep: {seconds: (\d+)}`)
	const drain = 5 // of examples/graceful
	if closing := int(time.Duration(c.CloseTimeout).Seconds()); closing+stop+drain >= grace {
		t.Errorf("%d + %d + %d s do not fit into %d", stop, drain, closing, grace)
	}
	if size := number(`storage: (\d+)Gi`) << 30; int(c.Journal.Quota)+int(c.Journal.Reserve) >= size {
		t.Errorf("a quota of %d and a reserve of %d on a volume of %d bytes", c.Journal.Quota, c.Journal.Reserve, size)
	}
	mount := regexp.MustCompile(`HYDRA_STATE_DIR, value: (\S+)}`).FindSubmatch(text)
	if mount == nil || !bytes.Contains(text, append([]byte("{name: state, mountPath: "), mount[1]...)) {
		t.Errorf("HYDRA_STATE_DIR %s is not on the volume state", mount)
	}
}
