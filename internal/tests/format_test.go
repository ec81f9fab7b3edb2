//go:build linux

package tests

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/hydra-logger/hydra"
)

// logTo opens a logger with one destination and logs a record with structured data through it.
func logTo(t *testing.T, destination string) {
	t.Helper()
	dir := t.TempDir()
	log, err := hydra.Parse([]byte(fmt.Sprintf("name: shop\njournal: {dir: %s}\nlayers: {api: {destinations: [%s]}}\n", dir, destination)))
	if err != nil {
		t.Fatal(err)
	}
	log.Layer("api").Error(context.Background(), "disk \"full\"\nretry", slog.String("code", `E-1 "x]\`), slog.Int("n", 2))
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestRsyslogUnderstandsTheFormatSyslog(t *testing.T) {
	for name, layout := range map[string]string{"RFC 5424": "", "RFC 3164": ", rfc3164: true"} {
		t.Run(name, func(t *testing.T) {
			r := newRsyslog(t, "", "")
			logTo(t, fmt.Sprintf("{type: syslog, host: 127.0.0.1, port: %d, options: {transport: tcp}%s}", r.port, layout))
			eventually(t, "the record arrives", func() bool { return strings.Count(r.text(), "\n") >= 1 })
			var got map[string]string
			if err := json.Unmarshal([]byte(strings.SplitN(r.text(), "\n", 2)[0]), &got); err != nil {
				t.Fatalf("%v: %s", err, r.text())
			}
			host, _ := os.Hostname()
			if got["app"] != "shop" || got["pri"] != "11" || got["host"] != host || !strings.Contains(got["msg"], `disk "full"\nretry`) {
				t.Errorf("understood as %q", got)
			}
			if when, err := time.Parse(time.RFC3339Nano, got["time"]); err != nil || time.Since(when).Abs() > 24*time.Hour {
				t.Errorf("the time %q: %v", got["time"], err)
			}
		})
	}
}
