package redact_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hydra-logger/hydra"
)

// logged opens a logger with a configuration, logs a text, and returns what its file out.jsonl holds.
func logged(t *testing.T, extensions, text string) (string, error) {
	t.Helper()
	dir := t.TempDir()
	log, err := hydra.Parse([]byte("name: t\nbase_log_dir: "+dir+"\n"+extensions+
		"\nlayers: {default: {destinations: [{type: file, path: out.jsonl}, {type: file, path: more.jsonl, extensions: {s: {type: security, enabled: true, patterns: [email]}}}]}}"),
		hydra.WithoutCrashOutput())
	if err != nil {
		return "", err
	}
	log.Info(context.Background(), text)
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
	more, err := os.ReadFile(filepath.Join(dir, "more.jsonl"))
	if err != nil || strings.Contains(string(more), "@") {
		t.Errorf("the destination that masks more has %s (%v)", more, err)
	}
	out, err := os.ReadFile(filepath.Join(dir, "out.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	return string(out), nil
}

func TestAConfigurationChoosesWhatIsHidden(t *testing.T) {
	const text = "pwd=hunter2 of bob@example.com"
	for extensions, want := range map[string]string{
		"":                             text,
		"enable_data_protection: true": "pwd=[REDACTED] of [REDACTED_EMAIL]",
		"enable_data_protection: true\nsecurity_level: low":                                                                                                "pwd=[REDACTED] of bob@example.com",
		"extensions: {s: {type: security, enabled: true, patterns: [ssn], detectors: [email]}}":                                                            "pwd=hunter2 of [REDACTED_EMAIL]",
		"extensions: {s: {type: security, enabled: true, redaction_enabled: false}}":                                                                       text,
		"extensions: {s: {type: security, enabled: true, rules: [{regex: 'hunter.'}], actions: {password: mask, rule-1: drop}, exempt_layers: [default]}}": text,
	} {
		got, err := logged(t, extensions, text)
		if err != nil || !strings.Contains(got, want) {
			t.Errorf("%s: %s (%v), want %s", extensions, got, err, want)
		}
	}
	if _, err := logged(t, "extensions: {s: {type: security, enabled: true, patern: [ssn]}}", text); err == nil || !strings.Contains(err.Error(), "patterns") {
		t.Errorf("an unknown option gives %v", err)
	}
}
