package exampledest_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hydra-logger/hydra/destination"
	"github.com/hydra-logger/hydra/destination/destinationtest"
	"github.com/hydra-logger/hydra/destination/destinationtest/exampledest"
	"github.com/hydra-logger/hydra/internal/leak"
)

func TestMain(m *testing.M) { leak.Main(m) }

// server takes lines, and can be told to be broken, slow and picky.
type server struct {
	*httptest.Server
	mu     sync.Mutex
	data   []byte
	status int
	gate   chan struct{}
	refuse bool
}

func newServer(t *testing.T) *server {
	s := &server{}
	s.Server = httptest.NewServer(s)
	t.Cleanup(s.Close)
	return s
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	s.mu.Lock()
	gate, status := s.gate, s.status
	s.mu.Unlock()
	if gate != nil {
		select {
		case <-gate:
		case <-r.Context().Done():
		}
		w.WriteHeader(http.StatusServiceUnavailable) // who has waited too long is not served any more
		return
	}
	if user, password, _ := r.BasicAuth(); user != "me" || password != "s3cret" {
		status = http.StatusUnauthorized
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.refuse && bytes.Contains(body, []byte(destinationtest.Poison)) {
		status = http.StatusBadRequest
	}
	if status != 0 {
		w.Header().Set("Retry-After", "7")
		w.WriteHeader(status)
		return
	}
	s.data = append(s.data, body...)
}

func (s *server) set(change func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change()
}

func (s *server) received() []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	return bytes.Clone(s.data)
}

func (s *server) block() (unblock func()) {
	gate := make(chan struct{})
	s.set(func() { s.gate = gate })
	return func() { s.set(func() { s.gate = nil }); close(gate) }
}

func (s *server) answer(status int) (mend func()) {
	s.set(func() { s.status = status })
	return func() { s.set(func() { s.status = 0 }) }
}

func open(t *testing.T, s *server) *exampledest.Driver {
	t.Helper()
	d, err := exampledest.New(exampledest.Options{URL: strings.Replace(s.URL, "//", "//me:s3cret@", 1)})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestDriverKeepsTheRules(t *testing.T) {
	destinationtest.Run(t, func(t *testing.T) destinationtest.Harness {
		s := newServer(t)
		return destinationtest.Harness{
			Driver: open(t, s), Received: s.received, Secrets: []string{"s3cret"},
			Block: s.block,
			Break: func() func() { return s.answer(http.StatusServiceUnavailable) },
			Refuse: func() func() {
				s.set(func() { s.refuse = true })
				return func() { s.set(func() { s.refuse = false }) }
			},
		}
	})
}

func TestEachAnswerOfTheServerMeansWhatItSays(t *testing.T) {
	s := newServer(t)
	d := open(t, s)
	defer d.Close(context.Background())
	for status, want := range map[int]destination.Kind{
		0: destination.Delivered, 202: destination.Delivered, 400: destination.Rejected, 413: destination.Rejected,
		401: destination.Retrying, 404: destination.Retrying, 429: destination.Retrying, 503: destination.Retrying,
	} {
		mend := s.answer(status)
		err := d.Deliver(context.Background(), &destination.Batch{Data: []byte("x\n"), Items: []destination.Item{{End: 2}}, Attempt: 1})
		mend()
		got := destination.OutcomeOf(err)
		if got.Kind != want || got.Kind == destination.Retrying && got.After != 7*time.Second {
			t.Errorf("%d: %+v, want %d", status, got, want)
		}
	}
}

func TestAServerThatIsGoneIsRetriedAndTheErrorHoldsNoPassword(t *testing.T) {
	s := newServer(t)
	d := open(t, s)
	s.Close()
	err := d.Probe(context.Background())
	if destination.OutcomeOf(err).Kind != destination.Retrying || strings.Contains(err.Error(), "s3cret") {
		t.Error(err)
	}
	if _, err := exampledest.New(exampledest.Options{URL: "https://me:s3cret@%"}); err == nil || strings.Contains(err.Error(), "s3cret") {
		t.Error(err)
	}
}

func TestTheDocumentShowsThisDriver(t *testing.T) {
	code, err := os.ReadFile("exampledest.go")
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile("../../../docs/DRIVERS.md")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(text, code) {
		t.Error("docs/DRIVERS.md shows another version of exampledest.go")
	}
}
