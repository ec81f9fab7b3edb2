package redact_test

import (
	"encoding/json"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/hydra-logger/hydra/processor/redact"
)

func mustNew(t testing.TB, o redact.Options) *redact.Redactor {
	t.Helper()
	r, err := redact.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func newGen(seed uint64) *gen { return &gen{rand.New(rand.NewPCG(seed, 7))} }

// surroundings are what may stand around a secret.
var surroundings = []string{"%", "at once: %", "(%)", "a=1 % b=2", "<%>", "\"%\"", "x, %, y", "line\n%\nline", "[%]", "err: '%'", "%."}

func TestEverySecretIsFoundInEverySurrounding(t *testing.T) {
	r := mustNew(t, redact.Options{})
	kinds := allKinds()
	if len(kinds) < 200 {
		t.Fatalf("only %d kinds", len(kinds))
	}
	g := newGen(1)
	for _, k := range kinds {
		for range 20 {
			for _, around := range surroundings {
				secret, needle := k.make(g)
				text := strings.Replace(around, "%", secret, 1)
				out := r.RedactString(text)
				if strings.Contains(out, needle) {
					t.Errorf("%s: %q is readable in %q", k.name, needle, out)
					break
				}
				if again := r.RedactString(out); again != out {
					t.Errorf("%s: a second pass makes %q of %q", k.name, again, out)
					break
				}
			}
		}
	}
}

func TestEverySecretIsFoundInJSONInAString(t *testing.T) {
	r := mustNew(t, redact.Options{})
	g := newGen(2)
	for _, k := range allKinds() {
		secret, needle := k.make(g)
		var text any = "see " + secret
		for range 3 {
			data, err := json.Marshal(map[string]any{"a": []any{1, text}, "z": true})
			if err != nil {
				t.Fatal(err)
			}
			text = string(data)
			out := r.RedactString(text.(string))
			if strings.Contains(out, needle) {
				t.Errorf("%s: %q is readable in %s", k.name, needle, out)
			}
			var v map[string]any
			if err := json.Unmarshal([]byte(out), &v); err != nil || v["z"] != true {
				t.Errorf("%s: no JSON any more: %s", k.name, out)
			}
		}
	}
}
