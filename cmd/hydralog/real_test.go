//go:build unix

package main

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// lines are the lines of all messages.
func (b *bench) lines() []string {
	var out []string
	for _, m := range b.messages() {
		if !strings.HasPrefix(m, "the last run ") { // the logger's own
			out = append(out, strings.Split(m, "\n")...)
		}
	}
	return out
}

// captured is the size of the command's output so far.
func (b *bench) captured() (n int64) {
	names, _ := filepath.Glob(b.path("logs/.hydra/test/capture/*/stdout"))
	for _, name := range names {
		if info, err := os.Stat(name); err == nil {
			n += info.Size()
		}
	}
	return n
}

// valid replaces every byte that is not UTF-8.
func valid(line string) string {
	var b strings.Builder
	for _, r := range line { // such a byte is one U+FFFD
		b.WriteRune(r)
	}
	return b.String()
}

func linesOf(text []byte) []string {
	var out []string
	for line := range bytes.Lines(text) {
		out = append(out, valid(strings.TrimSuffix(strings.TrimSuffix(string(line), "\n"), "\r")))
	}
	return out
}

func (b *bench) checkLines(want []string) {
	b.t.Helper()
	got := b.lines()
	for i := range min(len(got), len(want)) {
		if got[i] != want[i] {
			b.t.Fatalf("line %d is %.80q, want %.80q", i+1, got[i], want[i])
		}
	}
	if len(got) != len(want) {
		b.t.Fatalf("%d lines out, %d in", len(got), len(want))
	}
}

func TestOutputOfGoTestComesOutLineByLine(t *testing.T) {
	b := newBench(t, fileConfig)
	dir, err := filepath.Abs(".")
	if err != nil {
		t.Fatal(err)
	}
	cmd := b.run("--", "sh", "-c", "cd "+dir+" && go test -v -count=1 ./internal/demo/count ./internal/term ./no-such-package 2>&1 | tee "+b.path("raw"))
	cmd.Stderr = nil
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatal(err, string(out))
	}
	raw, err := os.ReadFile(b.path("raw"))
	if err != nil || len(raw) < 100 {
		t.Fatalf("%v, %q", err, raw)
	}
	b.checkLines(linesOf(raw))
	t.Logf("%d lines", bytes.Count(raw, []byte("\n")))
}

// systemLogs are the text logs of this system, or a generated one.
func systemLogs(t *testing.T) []byte {
	t.Helper()
	var all []byte
	for _, pattern := range []string{"/var/log/*.log", "/var/log/apt/*.log", "/var/log/syslog", "/var/log/messages"} {
		names, _ := filepath.Glob(pattern)
		for _, name := range names {
			if text, err := os.ReadFile(name); err == nil && len(text) < 4<<20 {
				all = append(all, text...)
			}
		}
	}
	for i := range 3000 {
		all = fmt.Appendf(all, "Nov 23 %02d:%02d:%02d host app[%d]: %s %d\r\n", i/3600, i/60%60, i%60, i%7, strings.Repeat("word ", i%20), i/3)
	}
	return append(all, "the last line has no end"...)
}

func TestSystemLogsComeOutLineByLineThoughHydralogIsKilled(t *testing.T) {
	text := systemLogs(t)
	want := linesOf(text)
	kills := 0
	for range rounds() {
		b := newBench(t, fileConfig)
		if err := os.WriteFile(b.path("in.log"), text, 0o600); err != nil {
			t.Fatal(err)
		}
		cmd := b.run("--", "./slowcat", "in.log", "150")
		for killed := 0; ; killed++ {
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			b.wait("the command", func() bool { return killed > 0 || b.captured() > 0 })
			time.Sleep(time.Duration(rand.IntN(100)) * time.Millisecond)
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
			kills++
			if killed == 2 {
				break
			}
			cmd = b.run("--", "sleep", "0.2")
		}
		b.wait("the end of the command", func() bool {
			_ = b.command("recover", "-c", "hydra.yaml").Run()
			return b.captures() == 0
		})
		b.recover()
		b.checkLines(want)
	}
	t.Logf("%d lines, %d kills", len(want), kills)
}

func TestAnyBytesAreLogged(t *testing.T) {
	b := newBench(t, fileConfig)
	text := []byte("nul \x00 byte\n\xff\xfe invalid\n\n{\"msg\":\"\xff\"}\n{broken\n\r\n" + strings.Repeat("x", 1<<20) + "\nno end")
	if err := os.WriteFile(b.path("in"), text, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := b.run("--", "cat", "in").Run(); err != nil {
		t.Fatal(err)
	}
	want := linesOf(text)
	want[3] = "\uFFFD"
	b.checkLines(want)
}

func TestALineOf64MiBIsOneRecord(t *testing.T) {
	b := newBench(t, fileConfig)
	for _, mode := range []string{"--", "--pipe"} {
		args := []string{"head -c 67108864 /dev/zero | tr '\\0' x; echo; echo after"}
		args = append([]string{mode, "sh", "-c"}, args...)
		if mode == "--pipe" {
			args = append([]string{"--pipe", "--"}, args[1:]...)
		}
		if err := b.run(args...).Run(); err != nil {
			t.Fatal(err)
		}
	}
	got := b.messages()
	if len(got) != 4 || len(got[0]) != 64<<20 || got[1] != "after" || len(got[2]) != 64<<20 || got[3] != "after" {
		t.Errorf("%d records", len(got))
		for _, m := range got {
			t.Logf("%d bytes: %.60q", len(m), m)
		}
	}
}

func TestSignalsAreThePrograms(t *testing.T) {
	for _, pipe := range []bool{false, true} {
		b := newBench(t, fileConfig)
		args := []string{"--", "sh", "-c", `for s in HUP INT QUIT USR1 USR2 CONT; do trap "echo got $s" $s; done; trap "echo got TERM; exit 3" TERM; echo ready; while :; do sleep 0.05; done`}
		if pipe {
			args = append([]string{"--pipe"}, args...)
		}
		cmd := b.run(args...)
		cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		b.wait("ready", func() bool { return b.has("ready") })
		for name, s := range map[string]syscall.Signal{"HUP": syscall.SIGHUP, "INT": syscall.SIGINT, "QUIT": syscall.SIGQUIT,
			"USR1": syscall.SIGUSR1, "USR2": syscall.SIGUSR2, "CONT": syscall.SIGCONT} {
			_ = cmd.Process.Signal(s)
			b.wait(name, func() bool { return b.has("got " + name) })
		}
		_ = cmd.Process.Signal(syscall.SIGTERM)
		_ = cmd.Wait()
		if code := cmd.ProcessState.ExitCode(); code != 3 {
			t.Errorf("exit code %d, want 3", code)
		}
		if !b.has("got TERM") {
			t.Error("SIGTERM did not get through")
		}
	}
}

// has reports whether the log file has a message, while it is being written.
func (b *bench) has(message string) bool {
	text, _ := os.ReadFile(b.path("logs/out.jsonl"))
	return bytes.Contains(text, []byte(`"message":"`+message+`"`))
}

func TestAsPID1ItReapsAndReturnsTheExitCode(t *testing.T) {
	if err := exec.Command("unshare", "-p", "-f", "--mount-proc", "true").Run(); err != nil {
		t.Skipf("needs root and unshare: %v", err)
	}
	b := newBench(t, fileConfig)
	// Fifty orphans end while the command runs; none may stay a zombie.
	script := `for i in $(seq 50); do (sleep 0.05 & exec true); done; sleep 0.4
		echo zombies $(grep -l '^State:.Z' /proc/[0-9]*/status 2>/dev/null | wc -l); exit 5`
	cmd := exec.Command("unshare", "-p", "-f", "--mount-proc", b.path("hydralog"), "run", "-c", "hydra.yaml", "--", "sh", "-c", script)
	cmd.Dir = b.dir
	out, err := cmd.CombinedOutput()
	if cmd.ProcessState.ExitCode() != 5 {
		t.Errorf("%v, want exit code 5\n%s", err, out)
	}
	if !b.has("zombies 0") {
		t.Errorf("zombies: %v", b.messages())
	}
}

func TestSpaceBehindTheCursorIsGivenBack(t *testing.T) {
	b := newBench(t, fileConfig)
	script := `seq 3000000 3500000; i=0; while [ $(du -k logs/.hydra/test/capture/*/stdout | cut -f1) -gt 256 ]; do sleep 0.05; i=$((i+1)); [ $i -gt 400 ] && break; done
		echo size $(du -k --apparent-size logs/.hydra/test/capture/*/stdout | cut -f1) space $(du -k logs/.hydra/test/capture/*/stdout | cut -f1)`
	if err := b.run("--", "sh", "-c", script).Run(); err != nil {
		t.Fatal(err)
	}
	all := b.messages()
	last := all[len(all)-1]
	var size, space int
	if _, err := fmt.Sscanf(last, "size %d space %d", &size, &space); err != nil {
		t.Fatalf("%q: %v", last, err)
	}
	if size < 3000 || space > 256 {
		t.Errorf("%d KiB in a file of %d KiB", space, size)
	}
	if len(all) != 500002 {
		t.Errorf("%d records", len(all))
	}
}

func TestATruncatedOutputIsNoticedAndGoesOn(t *testing.T) {
	b := newBench(t, fileConfig)
	script := `echo before; while ! grep -q before logs/out.jsonl 2>/dev/null; do sleep 0.02; done; echo truncating > /dev/stdout; echo after`
	cmd := b.run("--", "sh", "-c", script)
	cmd.Stderr = nil
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(out), "truncated its stdout") {
		t.Errorf("nothing was said: %s", out)
	}
	if got := b.lines(); len(got) != 3 || got[1] != "truncating" || got[2] != "after" {
		t.Errorf("%q", got)
	}
}
