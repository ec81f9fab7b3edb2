package zerologhydra_test

import (
	"os"
	"strings"
	"testing"
)

// Code and output in the guide are those of the examples, which are compiled and compared.
func TestTheGuideShowsWhatTheExamplesDo(t *testing.T) {
	guide, err := os.ReadFile("../../docs/FROM-ZEROLOG.md")
	if err != nil {
		t.Fatal(err)
	}
	examples, err := os.ReadFile("example_test.go")
	if err != nil {
		t.Fatal(err)
	}
	doc, err := os.ReadFile("doc.go")
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
			if !strings.Contains(string(examples)+string(doc), line) {
				t.Errorf("no example has %s", line)
			}
		}
	}
	if lines < 30 {
		t.Errorf("only %d lines of samples found", lines)
	}
}
