package hydra_test

import (
	"os"
	"strings"
	"testing"
)

// Code and output in the guide are those of the examples, which are compiled and compared.
func TestTheGuideFromSlogShowsWhatTheExamplesDo(t *testing.T) {
	guide, err := os.ReadFile("docs/FROM-SLOG.md")
	if err != nil {
		t.Fatal(err)
	}
	examples, err := os.ReadFile("example_slog_test.go")
	if err != nil {
		t.Fatal(err)
	}
	inside, lines := false, 0
	for line := range strings.Lines(string(guide)) {
		line = strings.TrimSpace(line)
		switch {
		case strings.HasPrefix(line, "```"):
			inside = !inside
		case inside:
			lines++
			if !strings.Contains(string(examples), line) {
				t.Errorf("no example has %s", line)
			}
		}
	}
	if lines < 30 {
		t.Errorf("only %d lines of samples found", lines)
	}
}
