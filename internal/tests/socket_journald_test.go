//go:build linux

package tests

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hydra-logger/hydra/destination"
	"github.com/hydra-logger/hydra/destination/journaldest"
	"github.com/hydra-logger/hydra/record"
)

// startJournald starts systemd-journald in a mount namespace of its own, with an empty /run, and returns the root of
// that namespace as the outside sees it.
func startJournald(t *testing.T) (root string) {
	t.Helper()
	journald := needs(t, "/lib/systemd/systemd-journald", "systemd")
	needs(t, "journalctl", "systemd")
	if os.Getuid() != 0 {
		t.Skip("a mount namespace needs root")
	}
	if out, err := exec.Command("unshare", "-m", "true").CombinedOutput(); err != nil {
		t.Skipf("no mount namespace can be made: %v: %s", err, out)
	}
	script := `mount -t tmpfs tmpfs /run && mkdir -p /run/systemd/journal && exec "$0"`
	p := startProcess(t, filepath.Join(t.TempDir(), "output"), "unshare", "-m", "--propagation", "private", "sh", "-c", script, journald)
	root = fmt.Sprintf("/proc/%d/root", p.cmd.Process.Pid)
	eventually(t, "journald listens", func() bool {
		_, err := os.Stat(root + "/run/systemd/journal/socket")
		select {
		case <-p.done:
			t.Skip("systemd-journald does not run here")
		default:
		}
		return err == nil
	})
	return root
}

// entries asks journalctl.
func entries(t *testing.T, root string, match ...string) []map[string]any {
	t.Helper()
	args := append([]string{"-D", root + "/run/log/journal", "-o", "json", "--all", "--no-pager"}, match...)
	out, err := exec.Command("journalctl", args...).Output()
	if err != nil {
		return nil
	}
	var all []map[string]any
	for line := range bytes.Lines(out) {
		var m map[string]any
		if err := json.Unmarshal(line, &m); err != nil {
			t.Fatalf("%v: %.100s", err, line)
		}
		all = append(all, m)
	}
	return all
}

func journalRecord(message string, id string, attrs ...slog.Attr) []byte {
	var e record.Encoder
	h := record.Header{Time: 1704207845678901234, Level: slog.LevelWarn, Layer: "api", Message: message, IDs: &record.IDs{CorrelationID: id}}
	return bytes.Clone(e.Encode(&h, nil, attrs))
}

func TestJournaldKeepsEntriesWithTheirFields(t *testing.T) {
	root := startJournald(t)
	d, err := journaldest.New(journaldest.Options{Path: root + "/run/systemd/journal/socket", Identifier: "shop"})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close(t.Context())
	large := strings.Repeat("a line of text\n", 16_000)
	b := &destination.Batch{}
	for _, raw := range [][]byte{
		journalRecord("order taken\nfor 2 items", "c-1", slog.Int("order.id", 7), slog.Group("http", slog.String("verb", "GET")), slog.Any("tags", []string{"a", "b"})),
		journalRecord(large, "c-2"),
	} {
		b.Items = append(b.Items, destination.Item{Raw: raw})
	}
	for i := range 2000 {
		b.Items = append(b.Items, destination.Item{Raw: journalRecord(fmt.Sprint("number ", i), "c-3")})
	}
	insist(t, d, b)
	eventually(t, "all entries are there", func() bool { return len(entries(t, root, "CORRELATION_ID=c-3")) == 2000 })
	got := entries(t, root, "CORRELATION_ID=c-1")
	if len(got) != 1 {
		t.Fatalf("%d entries", len(got))
	}
	for key, want := range map[string]any{"MESSAGE": "order taken\nfor 2 items", "PRIORITY": "4", "SYSLOG_IDENTIFIER": "shop", "LAYER": "api",
		"ORDER_ID": "7", "HTTP_VERB": "GET", "SYSLOG_TIMESTAMP": "2024-01-02T15:04:05.678901234Z"} {
		if got[0][key] != want {
			t.Errorf("%s is %q, want %q", key, got[0][key], want)
		}
	}
	if fmt.Sprint(got[0]["TAGS"]) != "[a b]" && fmt.Sprint(got[0]["TAGS"]) != "[b a]" {
		t.Errorf("TAGS is %v", got[0]["TAGS"])
	}
	if got := entries(t, root, "CORRELATION_ID=c-2"); len(got) != 1 || got[0]["MESSAGE"] != large {
		t.Errorf("the large entry is not whole: %d", len(got))
	}
}
