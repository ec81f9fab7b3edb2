package tests

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hydra-logger/hydra"
	"github.com/hydra-logger/hydra/internal/httpfake"
)

// recordStore is a server of JSON lines that counts how often each record, by its id, has come.
type recordStore struct {
	mu      sync.Mutex
	seen    map[string]int
	numbers map[int]bool
	before  func(w http.ResponseWriter, r *http.Request, body []byte) bool
}

func newRecordStore() *recordStore {
	return &recordStore{seen: map[string]int{}, numbers: map[int]bool{}}
}

func (s *recordStore) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := httpfake.Body(r)
	if err != nil || r.Method == http.MethodGet {
		return // cut off, or a probe
	}
	s.mu.Lock()
	before := s.before
	s.mu.Unlock()
	if before != nil && before(w, r, body) {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for line := range bytes.Lines(body) {
		var record struct {
			ID string
			N  int
		}
		if err := json.Unmarshal(line, &record); err != nil || record.ID == "" {
			http.Error(w, fmt.Sprintf("a line that is no record: %v", err), http.StatusBadRequest)
			return
		}
		s.seen[record.ID]++
		s.numbers[record.N] = true
	}
}

// intercept lets before answer requests of records, when it returns true.
func (s *recordStore) intercept(before func(w http.ResponseWriter, r *http.Request, body []byte) bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.before = before
}

func (s *recordStore) count() (numbers, ids, duplicates int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, n := range s.seen {
		duplicates += n - 1
	}
	return len(s.numbers), len(s.seen), duplicates
}

func startStore(t *testing.T) (*recordStore, *httptest.Server) {
	s := newRecordStore()
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	return s, server
}

const (
	httpBatch   = 200  // records in a request
	httpRecords = 3000 // of a test
)

// openHTTP opens a logger with one destination, described in YAML, that keeps accepted records in dir.
func openHTTP(t *testing.T, dir, destination string) *hydra.Logger {
	t.Helper()
	log, err := hydra.Parse(fmt.Appendf(nil, `
name: http-test
journal: {dir: %q}
close_timeout: 20s
layers:
  app:
    destinations:
      - {id: true, timeout: 1, retry_delay: 0.02, %s}
`, dir, destination), hydra.WithEvents(func(hydra.Event) {}))
	if err != nil {
		t.Fatal(err)
	}
	return log
}

// logNumbers logs records with the attribute n from from on.
func logNumbers(log *hydra.Logger, from, count int) {
	app := log.Layer("app")
	for i := range count {
		app.Info(context.Background(), "order taken", slog.Int("n", from+i), slog.String("customer", "c-"+fmt.Sprint(i%10)))
	}
}

// waitFor waits until condition holds.
func waitFor(t *testing.T, what string, condition func() bool) {
	t.Helper()
	for end := time.Now().Add(40 * time.Second); !condition(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not within 40 s: %s", what)
		}
	}
}

// closeAll closes a logger that is to have delivered everything.
func closeAll(t *testing.T, log *hydra.Logger) {
	t.Helper()
	if err := log.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
}

func balanced(t *testing.T, log *hydra.Logger, delivered, dead uint64) {
	t.Helper()
	d := log.Health().Destinations[0]
	if got := d.Ledger.Delivered; got != delivered || d.Ledger.DeadLettered != dead {
		t.Errorf("the ledger has %d delivered and %d dead letters, want %d and %d: %+v", got, d.Ledger.DeadLettered, delivered, dead, d.Ledger)
	}
	if strings.Contains(d.LastError, "order taken") {
		t.Errorf("health repeats a record: %s", d.LastError)
	}
}
