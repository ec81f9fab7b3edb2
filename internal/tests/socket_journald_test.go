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
	"syscall"
	"testing"

	"github.com/hydra-logger/hydra/destination"
	"github.com/hydra-logger/hydra/destination/journaldest"
	"github.com/hydra-logger/hydra/record"
)

const journaldPath = "/lib/systemd/systemd-journald"

// noJournald says why there can be none here; "" if there can.
func noJournald() string {
	for _, program := range []string{journaldPath, "journalctl", "unshare", "nsenter"} {
		if !hasProgram(program) {
			return program + " is not there: install the Debian packages systemd and util-linux"
		}
	}
	if os.Getuid() != 0 {
		return "a mount namespace needs root"
	}
	if out, err := exec.Command("unshare", "-m", "true").CombinedOutput(); err != nil {
		return fmt.Sprintf("no mount namespace can be made: %v: %s", err, out)
	}
	return ""
}

// journald is systemd-journald in a mount namespace of its own, with an empty /run.
type journald struct {
	t      *testing.T
	holder *process
	root   string // of the namespace, as the outside sees it
	p      *process
}

// newJournald starts one. Its entries stay when it is stopped and started again.
func newJournald(t *testing.T) *journald {
	t.Helper()
	if why := noJournald(); why != "" {
		t.Skip(why)
	}
	const script = `mount -t tmpfs tmpfs /run && mkdir -p /run/systemd/journal /run/systemd/journald.conf.d &&
printf '[Journal]\nRateLimitBurst=0\n' >/run/systemd/journald.conf.d/test.conf && : >/run/ready && exec sleep 3600`
	j := &journald{t: t, holder: startProcess(t, filepath.Join(t.TempDir(), "output"), "unshare", "-m", "--propagation", "private", "sh", "-c", script)}
	j.root = fmt.Sprintf("/proc/%d/root", j.holder.cmd.Process.Pid)
	eventually(t, "the namespace is there", func() bool {
		return exists(j.root+"/run/ready") && exists(j.root+"/run/systemd/journald.conf.d/test.conf")
	})
	j.start()
	return j
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func (j *journald) socket() string { return j.root + "/run/systemd/journal/socket" }

func (j *journald) start() {
	j.t.Helper()
	_ = os.Remove(j.socket())
	j.p = startProcess(j.t, filepath.Join(j.t.TempDir(), "output"), "nsenter", fmt.Sprintf("--mount=/proc/%d/ns/mnt", j.holder.cmd.Process.Pid), journaldPath)
	eventually(j.t, "journald listens", func() bool {
		select {
		case <-j.p.done:
			j.t.Skip("systemd-journald does not run here")
		default:
		}
		return exists(j.socket())
	})
}

func (j *journald) stop() { j.p.stop(syscall.SIGKILL) }

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
	j := newJournald(t)
	root := j.root
	d, err := journaldest.New(journaldest.Options{Path: j.socket(), Identifier: "shop"})
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
