package tests

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/hydra-logger/hydra/format"
	"github.com/hydra-logger/hydra/record"
)

// lnavFormat tells lnav the names of the fields of json-lines.
const lnavFormat = `{"$schema": "https://lnav.org/schemas/format-v1.schema.json", "hydra_log": {
  "title": "Hydra-Logger", "json": true, "hide-extra": false,
  "timestamp-field": "timestamp", "level-field": "level", "body-field": "message", "opid-field": "correlation_id",
  "level": {"trace": "^TRACE", "debug": "^DEBUG", "info": "^INFO", "warning": "^WARNING", "error": "^ERROR", "critical": "^CRITICAL"},
  "value": {"layer": {"kind": "string", "identifier": true}, "correlation_id": {"kind": "string", "identifier": true}},
  "line-format": [{"field": "__timestamp__"}, " ", {"field": "level"}, " ", {"field": "layer"}, " ", {"field": "message"}]
}}`

func TestLnavReadsJSONLines(t *testing.T) {
	lnav := needs(t, "lnav", "lnav")
	home := t.TempDir()
	formats := filepath.Join(home, ".lnav", "formats", "installed")
	f := formatterOf(t, format.JSONLines, format.Options{})
	var log []byte
	messages := []string{"hello", "two\nlines \x1b[31m", `a "quoted" word`}
	for i, m := range messages {
		v := recordOf(t, record.Header{Time: time.Date(2026, 11, 24, 10, 0, i, 0, time.UTC).UnixNano(), Level: slog.LevelError, Layer: "api", Message: m,
			IDs: &record.IDs{CorrelationID: "c-1"}}, slog.Int("n", i), slog.Group("g", slog.String("k", "v")))
		log = f.Append(log, v)
	}
	file := filepath.Join(home, "app.jsonl")
	if err := os.MkdirAll(formats, 0o700); err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{filepath.Join(formats, "hydra_log.json"): []byte(lnavFormat), file: log} {
		if err := os.WriteFile(name, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, lnav, "-n", "-c", ";select log_level, correlation_id, log_body from hydra_log", "-c", ":write-jsonlines-to -", file)
	cmd.Env = append(os.Environ(), "HOME="+home, "XDG_CONFIG_HOME=", "TERM=dumb")
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, errs.String())
	}
	lines := bytes.Split(bytes.TrimSpace(out), []byte("\n"))
	if len(lines) != len(messages) {
		t.Fatalf("lnav shows %d records, want %d:\n%s%s", len(lines), len(messages), out, errs.String())
	}
	for i, line := range lines {
		var got map[string]string
		if err := json.Unmarshal(line, &got); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		if got["log_level"] != "error" || got["correlation_id"] != "c-1" || got["log_body"] != messages[i] {
			t.Errorf("%s", line)
		}
	}
}
