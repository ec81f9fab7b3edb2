package demo

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/hydra-logger/hydra/cmd/hydralog/internal/demo/count"
	"github.com/hydra-logger/hydra/cmd/hydralog/internal/term"
)

// The test binary is the service that the demo starts.
func TestMain(m *testing.M) {
	if len(os.Args) == 4 && os.Args[1] == "service" {
		if err := Service(os.Args[2], os.Args[3]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// played runs the play in a new directory, up to the account.
func played(t *testing.T) *demo {
	t.Helper()
	out, err := os.Create(filepath.Join(t.TempDir(), "out"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = out.Close() })
	d := &demo{ctx: t.Context(), started: time.Now(), procs: map[string]*process{}, calls: map[string]*callsFile{}, cut: map[string]map[count.ID]bool{},
		Options: Options{Dir: t.TempDir(), Duration: 4 * time.Second, Service: []string{os.Args[0], "service"}, Screen: term.New(out)}}
	if err := d.prepare(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.close)
	if err := d.run(); err != nil {
		t.Fatal(d.withStderr(err))
	}
	return d
}

func TestTheDemoFailsWhenOneRecordIsMissingOrInvented(t *testing.T) {
	if testing.Short() {
		t.Skip("takes 4 seconds")
	}
	d := played(t)
	if err := d.account(); err != nil {
		t.Fatal(err)
	}
	for _, dest := range []int{destEvents, destNATS, destAudit} {
		path := d.target(victim, dest)
		whole, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for what, change := range map[string]func(lines [][]byte) [][]byte{
			"missing": func(lines [][]byte) [][]byte {
				return append(lines[:len(lines)/2:len(lines)/2], lines[len(lines)/2+1:]...)
			},
			"invented": func(lines [][]byte) [][]byte { return append(lines, []byte(`{"g":1,"n":999999999}`+"\n")) },
		} {
			changed := bytes.Join(change(bytes.SplitAfter(whole, []byte("\n"))), nil)
			if err := os.WriteFile(path, changed, 0o600); err != nil {
				t.Fatal(err)
			}
			if err := d.account(); err == nil || what == "missing" && !errors.Is(err, ErrLost) {
				t.Errorf("%s, a line %s: %v", destNames[dest], what, err)
			}
		}
		if err := os.WriteFile(path, whole, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func TestACallThatTheKillCutOffIsNeitherAcceptedNorInvented(t *testing.T) {
	path := filepath.Join(t.TempDir(), "calls")
	if err := createCalls(path); err != nil {
		t.Fatal(err)
	}
	c, err := openCalls(path)
	if err != nil {
		t.Fatal(err)
	}
	defer c.close()
	row := rowOf(3, kindAudit)
	c.begin(row)
	c.end(row)
	c.begin(row) // the kill
	cut := map[count.ID]bool{}
	if err := cutOff(c.read(), cut); err != nil || !cut[count.ID{Worker: row, Number: 2}] {
		t.Fatal(err, cut)
	}
	c.begin(row) // the next process
	c.end(row)
	if err := cutOff(c.read(), cut); err != nil || len(cut) != 1 {
		t.Error(err, cut)
	}
	want := expected(c.read(), cut, destAudit)
	if len(want) != 3 || !want[count.ID{Worker: row, Number: 1}] || want[count.ID{Worker: row, Number: 2}] || !want[count.ID{Worker: row, Number: 3}] {
		t.Error(want)
	}
	c.begin(row)
	c.begin(row)
	if cutOff(c.read(), cut) == nil {
		t.Error("two open calls of one goroutine are accepted")
	}
}

func TestAnInterruptedDemoLeavesNothingBehind(t *testing.T) {
	out, err := os.Create(filepath.Join(t.TempDir(), "out"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = out.Close() }()
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	t.Setenv("TMP", temp)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	began := time.Now()
	err = Run(ctx, Options{Duration: time.Hour, Service: []string{os.Args[0], "service"}, Screen: term.New(out)})
	if !errors.Is(err, ErrInterrupted) || time.Since(began) > time.Minute {
		t.Errorf("%v after %v", err, time.Since(began))
	}
	if left, err := os.ReadDir(temp); len(left) > 0 || err != nil {
		t.Errorf("%v is left; %v", left, err)
	}
}
