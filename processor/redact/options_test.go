package redact_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/hydra-logger/hydra"
	"github.com/hydra-logger/hydra/hydratest"
	"github.com/hydra-logger/hydra/processor/redact"
	"github.com/hydra-logger/hydra/processor/sanitize"
)

const hashKey = "0123456789abcdef"

func TestEachActionHidesInItsWay(t *testing.T) {
	text := "pay 4111-1111-1111-1111 token=abc123 of bob@example.com"
	for action, want := range map[string]string{
		"replace": `pay [REDACTED_CARD] token="[REDACTED]" of [REDACTED_EMAIL]`,
		"mask":    `pay ****1111 token="****" of ****.com`,
		"drop":    `pay   of `,
	} {
		r := mustNew(t, redact.Options{Action: action})
		if got := r.RedactString(text); got != want {
			t.Errorf("%s: %s, want %s", action, got, want)
		}
		if got := r.RedactString(want); got != want {
			t.Errorf("%s: a second pass makes %s", action, got)
		}
	}
}

func TestEqualSecretsHaveEqualHashesAndOthersOtherOnes(t *testing.T) {
	r := mustNew(t, redact.Options{Action: "hash", HashKey: hashKey})
	a, b := r.RedactString("4111-1111-1111-1111"), r.RedactString("4111111111111111")
	if a != b || !strings.HasPrefix(a, "[HMAC:") || r.RedactString(a) != a {
		t.Errorf("%s and %s", a, b)
	}
	other := mustNew(t, redact.Options{Action: "hash", HashKey: hashKey + "x"})
	if c := other.RedactString("4111111111111111"); c == a || r.RedactString("5500-0000-0000-0004") == a {
		t.Errorf("%s is the hash of others too", a)
	}
}

func TestNamesGlobsAndPathsChooseWhatIsHidden(t *testing.T) {
	r := mustNew(t, redact.Options{Keys: []string{"pin_code", "*_ref", "user.address.*", "**.raw"}, AllowKeys: []string{"fake_token", "demo.**"}})
	in := `{"pinCode":1,"PIN-CODE":"x","order_ref":"r","user":{"address":{"street":"s","zip":[1,"z"]},"name":"n"},"a":{"b":{"raw":"q"}},"fake_token":"t","demo":{"password":"p"}}`
	want := `{"pinCode":"[REDACTED]","PIN-CODE":"[REDACTED]","order_ref":"[REDACTED]","user":{"address":{"street":"[REDACTED]","zip":["[REDACTED]","[REDACTED]"]},"name":"n"},` +
		`"a":{"b":{"raw":"[REDACTED]"}},"fake_token":"t","demo":{"password":"p"}}`
	got, err := r.RedactJSON([]byte(in))
	if err != nil || string(got) != want {
		t.Errorf("%s, %v", got, err)
	}
}

func TestDroppedKeysLeaveGoodJSON(t *testing.T) {
	r := mustNew(t, redact.Options{Action: "drop"})
	for in, want := range map[string]string{
		`{"password":"x"}`: `{}`, `{"password":"x","a":1}`: `{"a":1}`, `{"a":1,"password":{"b":2}}`: `{"a":1}`, `{"a":1,"token":"x","b":2}`: `{"a":1,"b":2}`,
	} {
		if got, err := r.RedactJSON([]byte(in)); err != nil || string(got) != want {
			t.Errorf("%s became %s (%v), want %s", in, got, err, want)
		}
	}
}

func TestOptionsThatCannotBeAreRefused(t *testing.T) {
	long := strings.Repeat("x", 1001)
	for want, o := range map[string]redact.Options{
		"none of low, medium, high, strict": {Level: "paranoid"},
		`action: "burn" is none of`:         {Action: "burn"},
		"hash_key":                          {Action: "hash"},
		"at least 16 bytes":                 {Actions: map[string]string{"email": "hash"}, HashKey: "short"},
		`no detector or rule "fax"`:         {Actions: map[string]string{"fax": "mask"}},
		`"fax" is none of`:                  {Detectors: []string{"-fax"}},
		"RE2 has no look-around":            {Rules: []redact.Rule{{Regex: "(?=x)"}}},
		"1 to 1000 bytes":                   {Rules: []redact.Rule{{Regex: long}}},
		"matches the empty text":            {Rules: []redact.Rule{{Regex: "x*"}}},
		"replacement: at most":              {Rules: []redact.Rule{{Regex: "x", Replacement: &long}}},
		"rules: at most 64":                 {Rules: make([]redact.Rule, 65)},
		"must not be negative":              {MaxDepth: -1},
		"a key has 1 to 256 bytes":          {Keys: []string{""}},
		"needs Name and Find":               {GoRules: []redact.GoRule{{Name: "x"}}},
		"line_breaks":                       {Sanitize: sanitize.Options{LineBreaks: "cut"}},
	} {
		if _, err := redact.New(o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want an error with %q, not %v", want, err)
		}
	}
}

func TestOwnRulesAreApplied(t *testing.T) {
	with := `<\1>`
	r := mustNew(t, redact.Options{
		Patterns: []string{"ssn"},
		Rules:    []redact.Rule{{Name: "order", Regex: `ORD-(\d)\d+`, Replacement: &with}, {Regex: `[a-z]+-secret`, Action: "mask"}},
		GoRules: []redact.GoRule{{Name: "go", Replacement: "[GO]", Find: func(s string) (int, int) {
			at := strings.Index(s, "gopher")
			return at, at + 6
		}}},
	})
	if got := r.RedactString("ORD-123 ORD-45 my-secret gopher gopher 123-45-6789"); got != "<1> <4> **** [GO] [GO] [REDACTED_SSN]" {
		t.Error(got)
	}
	counts := fmt.Sprint(r.Counts())
	if counts != "[{ssn 1} {order 2} {rule-2 1} {go 2}]" {
		t.Error(counts)
	}
}

// A rule that panics must not let anything through.
func TestAPanicInARuleHidesTheFieldAndIsCounted(t *testing.T) {
	r := mustNew(t, redact.Options{GoRules: []redact.GoRule{{Name: "broken", Find: func(s string) (int, int) {
		if strings.Contains(s, "tr1gger") {
			panic(s)
		}
		return -1, -1
	}}}})
	log, rec := hydratest.New(t, hydra.WithProcessor(r))
	ctx := context.Background()
	log.Info(ctx, "fine", slog.String("bad", "tr1gger hunter2"), slog.String("good", "kept"), slog.Any("err", errors.New("tr1gger hunter2")),
		slog.Any("m", map[string]string{"tr1gger hunter2": "x"}))
	got := rec.Expect(hydratest.HasMessage("fine"), hydratest.HasAttr("good", "kept"))
	if strings.Contains(got.Text, "hunter2") || strings.Count(got.Text, "a rule failed") != 3 {
		t.Error(got.Text)
	}
	if r.Failed() == 0 || r.RedactString("tr1gger") != "[REDACTED: a rule failed]" {
		t.Errorf("%d failures", r.Failed())
	}
	if health := log.Health(); len(health.Reasons) == 0 {
		t.Error("health does not say so")
	}
}

func TestAnExemptLayerKeepsItsRecords(t *testing.T) {
	r := mustNew(t, redact.Options{ExemptLayers: []string{"audit"}})
	log, rec := hydratest.New(t, hydra.WithProcessor(r))
	log.Layer("audit").Info(context.Background(), "password=a1b2c3")
	log.Layer("api").Info(context.Background(), "password=d4e5f6")
	rec.Expect(hydratest.HasMessage("password=a1b2c3"))
	rec.Expect(hydratest.HasMessage(`password="[REDACTED]"`))
}

type account struct {
	Owner  string `json:"owner"`
	Number string `json:"number" log:"secret"`
}

func TestValuesOutsideOfALogger(t *testing.T) {
	r := mustNew(t, redact.Options{})
	got := fmt.Sprint(r.RedactValue(map[string]any{"a": account{"ann", "4711"}, "b": []string{"x@y.example"}, "token": 12, "n": 1}))
	if got != "map[a:map[number:[REDACTED] owner:ann] b:[[REDACTED_EMAIL]] n:1 token:[REDACTED]]" {
		t.Error(got)
	}
	if err, ok := r.RedactValue(fmt.Errorf("pwd=%s", "hunter2")).(error); !ok || err.Error() != "pwd=[REDACTED]" {
		t.Error(err)
	}
}

func TestDeepValuesAreHiddenAsAWhole(t *testing.T) {
	r := mustNew(t, redact.Options{MaxDepth: 2})
	log, rec := hydratest.New(t, hydra.WithProcessor(r))
	log.Info(context.Background(), "m", slog.Group("a", slog.Group("b", slog.String("ok", "yes"), slog.Group("c", slog.String("d", "hunter2")))))
	got := rec.Expect(hydratest.HasMessage("m"))
	if strings.Contains(got.Text, "hunter2") || !strings.Contains(got.Text, "yes") {
		t.Error(got.Text)
	}
}

func TestARecordIsCutToItsLimit(t *testing.T) {
	r := mustNew(t, redact.Options{Sanitize: sanitize.Options{MaxValue: 100, MaxRecord: 300}})
	log, rec := hydratest.New(t, hydra.WithProcessor(r))
	log.Info(context.Background(), "m", slog.String("a", strings.Repeat("a", 1000)), slog.Any("l", []string{strings.Repeat("b", 90), strings.Repeat("c", 90), strings.Repeat("d", 90)}))
	got := rec.Expect(hydratest.HasMessage("m"))
	if len(got.Text) > 500 || !strings.Contains(got.Text, "!CUT: 1000 bytes in all") {
		t.Error(got.Text)
	}
}

func FuzzRedact(f *testing.F) {
	g := newGen(9)
	for _, k := range allKinds() {
		secret, _ := k.make(g)
		f.Add(secret)
	}
	for _, level := range []string{`{"password":"x`, "<script", "-----BEGIN PRIVATE KEY-----", "a@b.c", "+1(2)3", "key: {", "token:\"\\\\"} {
		f.Add(level)
	}
	r := mustNew(f, redact.Options{Level: "strict"})
	f.Fuzz(func(t *testing.T, s string) {
		out := r.RedactString(s)
		if r.Failed() > 0 {
			t.Fatalf("a rule panicked on %q", s)
		}
		if len(out) > 40*len(s)+100 {
			t.Errorf("%d bytes became %d", len(s), len(out))
		}
		if out != s && !r.Screen(context.Background(), view(t, s)) {
			t.Errorf("%q would change to %q, and Screen does not say so", s, out)
		}
	})
}
