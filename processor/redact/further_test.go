package redact_test

import (
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/hydra-logger/hydra/processor/redact"
)

// further reads the cases of a file in testdata/further.
func further(t *testing.T, name string) []string {
	t.Helper()
	data, err := os.ReadFile("testdata/further/" + name)
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for line := range strings.Lines(string(data)) {
		if line = strings.TrimSuffix(line, "\n"); line != "" && line[0] != '#' {
			list = append(list, strings.NewReplacer("⏎", "\n", "⇥", "\t").Replace(line))
		}
	}
	return list
}

var (
	hiddenPart = regexp.MustCompile(`«([^»]*)»`)
	mayGo      = regexp.MustCompile(`‹[^›]*›`)
	wordPart   = regexp.MustCompile(`[\pL\pN]+`)
)

func TestFurtherSecretsAreHiddenAndWhatStandsAroundStays(t *testing.T) {
	r := mustNew(t, redact.Options{})
	for _, line := range slices.Concat(further(t, "secrets.txt"), further(t, "services.txt"), further(t, "prose.txt")) {
		in := strings.NewReplacer("«", "", "»", "", "‹", "", "›", "").Replace(line)
		out := r.RedactString(in)
		for _, m := range hiddenPart.FindAllStringSubmatch(line, -1) {
			if strings.Contains(out, m[1]) {
				t.Errorf("%q is readable\n in  %s\n out %s", m[1], in, out)
			}
		}
		for _, w := range wordPart.FindAllString(mayGo.ReplaceAllString(hiddenPart.ReplaceAllString(line, " "), " "), -1) {
			if !strings.Contains(out, w) {
				t.Errorf("%q is gone\n in  %s\n out %s", w, in, out)
			}
		}
		if again := r.RedactString(out); again != out {
			t.Errorf("a second pass\n makes %s\n of    %s", again, out)
		}
		if strings.ContainsAny(in[:1], "{[") && json.Valid([]byte(in)) && !json.Valid([]byte(out)) {
			t.Errorf("no JSON any more: %s", out)
		}
	}
}

func TestFurtherLinesWithoutSecretsStayAsTheyAre(t *testing.T) {
	r := mustNew(t, redact.Options{})
	for _, line := range further(t, "clean.txt") {
		if out := r.RedactString(line); out != line {
			t.Errorf("%s\n became %s", line, out)
		}
	}
}
