package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// mustFile opens a peer on a new file, runs f, closes, and returns the lines.
func mustFile(t *testing.T, p *peer, f func(*session)) [][]byte {
	t.Helper()
	dir := tempDir(t)
	path := filepath.Join(dir, "app.jsonl")
	s, err := p.toFile(path, dir)
	if err != nil {
		t.Fatal(err)
	}
	f(s)
	if err := s.closed(); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(p.wrote(path))
	if err != nil {
		t.Fatal(err)
	}
	return bytes.Split(bytes.TrimSuffix(text, []byte("\n")), []byte("\n"))
}

// tempDir is a directory into which a peer's goroutine may still write when the test ends: phuslu makes a link in one.
func tempDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "peer-*")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		err := os.RemoveAll(dir)
		for late := time.Now().Add(10 * time.Second); err != nil && time.Now().Before(late); err = os.RemoveAll(dir) {
			time.Sleep(time.Millisecond)
		}
		if err != nil {
			t.Error(err)
		}
	})
	return dir
}

func withFile() []*peer {
	return selectPeers(func(p *peer) bool { return p.toFile != nil })
}

// expected returns the ten fields with the first n, as a line must hold them.
func expected(seq, n int) map[string]any {
	e := newEvent()
	all := map[string]any{keyService: e.service, keyCorrelation: e.correlation, keySeq: float64(seq),
		keyAmount: float64(e.amount), keyRatio: e.ratio, keyRetried: e.retried, keyElapsed: e.elapsed,
		keyAt: e.at, keyURL: e.url, keyError: e.err.Error()}
	for i, key := range []string{keyService, keyCorrelation, keySeq, keyAmount, keyRatio, keyRetried, keyElapsed, keyAt, keyURL, keyError} {
		if i >= n {
			delete(all, key)
		}
	}
	return all
}

func checkLine(t *testing.T, line []byte, want map[string]any) {
	t.Helper()
	var got map[string]any
	if err := json.Unmarshal(line, &got); err != nil {
		t.Fatalf("not JSON: %v: %s", err, line)
	}
	for key, value := range want {
		if !same(got[key], value) {
			t.Errorf("%s is %v, want %v: %s", key, got[key], value, line)
		}
	}
	if got["msg"] != message && got["message"] != message {
		t.Errorf("no message: %s", line)
	}
	level := false
	for _, key := range []string{"level", "lvl"} {
		level = level || got[key] != nil
	}
	if !level {
		t.Errorf("no level: %s", line)
	}
	stamp := false
	for _, key := range []string{"time", "ts", "timestamp"} {
		s, _ := got[key].(string)
		at, err := time.Parse(time.RFC3339Nano, s)
		stamp = stamp || err == nil && time.Since(at).Abs() < time.Minute
	}
	if !stamp {
		t.Errorf("no time of now: %s", line)
	}
}

// same compares what JSON holds with a value. A duration may be a number of
// nanoseconds or of milliseconds, a time is RFC 3339.
func same(got, want any) bool {
	switch want := want.(type) {
	case time.Duration:
		n, ok := got.(float64)
		return ok && (n == float64(want) || n == float64(want)/float64(time.Millisecond))
	case time.Time:
		s, _ := got.(string)
		at, err := time.Parse(time.RFC3339Nano, s)
		return err == nil && at.Equal(want)
	}
	return got == want
}

func TestEveryPeerWritesTheSameFieldsWithTheSameValues(t *testing.T) {
	shapes := []struct {
		name   string
		fields int
		seq    int
		pick   func(*session) loop
	}{
		{"0 fields", 0, 0, func(s *session) loop { return s.fields0 }},
		{"5 fields", 5, 41, func(s *session) loop { return s.fields5 }},
		{"10 fields", 10, 41, ten},
		{"10 bound fields", 10, 0, func(s *session) loop { return s.bound10 }},
		{"20 fields", 10, 41, func(s *session) loop { return s.fields20 }},
	}
	for _, p := range withFile() {
		for _, sh := range shapes {
			t.Run(p.name+"/"+sh.name, func(t *testing.T) {
				have := true
				lines := mustFile(t, p, func(s *session) {
					if have = sh.pick(s) != nil; have {
						sh.pick(s)(41, 1)
					}
				})
				if !have {
					t.Skip("this peer has no such loop")
				}
				if len(lines) != 1 {
					t.Fatalf("%d lines, want 1", len(lines))
				}
				checkLine(t, lines[0], expected(sh.seq, sh.fields))
				if sh.name == "20 fields" {
					checkSecond(t, lines[0])
				}
				if n := len(lines[0]); sh.name == "10 fields" && (n < 280 || n > 400) {
					t.Errorf("the ten-field event has %d bytes: %s", n, lines[0])
				}
			})
		}
	}
}

// checkSecond compares the second ten of twenty fields.
func checkSecond(t *testing.T, line []byte) {
	var got map[string]any
	if err := json.Unmarshal(line, &got); err != nil {
		t.Fatal(err)
	}
	for key, value := range expected(41, 10) {
		if key == keyCorrelation {
			key = "correlation"
		}
		if !same(got[key+"2"], value) {
			t.Errorf("%s2 is %v, want %v", key, got[key+"2"], value)
		}
	}
}

func TestEveryPeerWritesAsManyRecordsAsWereLoggedInOrder(t *testing.T) {
	for _, p := range withFile() {
		t.Run(p.name, func(t *testing.T) {
			lines := mustFile(t, p, func(s *session) { s.fields10(5, 300) })
			if len(lines) != 300 {
				t.Fatalf("%d lines, want 300", len(lines))
			}
			for i, line := range lines {
				checkLine(t, line, expected(5+i, 10))
			}
		})
	}
}

func TestDisabledLevelWritesNothing(t *testing.T) {
	for _, p := range withFile() {
		t.Run(p.name, func(t *testing.T) {
			lines := mustFile(t, p, func(s *session) { s.disabled(0, 10); s.fields0(0, 1) })
			if len(lines) != 1 {
				t.Errorf("%d lines, want the one that is enabled", len(lines))
			}
		})
	}
}

func TestHydraDeliversEveryRecordToTheNullDestination(t *testing.T) {
	for _, p := range selectPeers(func(p *peer) bool { return p.hydra }) {
		s, err := p.toNowhere(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		s.fields10(0, 1000)
		s.hydra.logged(1000)
		if err := s.drained(); err != nil {
			t.Fatal(err)
		}
		if n, err := s.hydra.missing(); err != nil || n != 0 {
			t.Error(n, err)
		}
		s.hydra.logged(1)
		if _, err := s.hydra.missing(); err == nil {
			t.Error("missing accepts a ledger that lacks a record")
		}
		if err := s.closed(); err != nil {
			t.Error(err)
		}
	}
}
