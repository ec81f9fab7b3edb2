// Package httpfake is a server for tests of the destinations that use HTTP: it keeps the records that a vendor's
// decoder finds in requests, knows requests that come twice by their Idempotency-Key, and can be told to fail and to block.
package httpfake

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"

	"github.com/hydra-logger/hydra/destination"
	"github.com/hydra-logger/hydra/destination/destinationtest"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// Decode finds the formatted records in a request, each as it was in the batch, and writes the vendor's answer to it when all
// is well. An error is a request that breaks the vendor's rules.
type Decode func(w http.ResponseWriter, r *http.Request, body []byte) (records [][]byte, err error)

// Server is the fake.
type Server struct {
	*httptest.Server
	t      testing.TB
	decode Decode

	mu       sync.Mutex
	records  []byte
	keys     map[string]bool
	answer   func(w http.ResponseWriter, r *http.Request, body []byte) bool
	gate     chan struct{}
	requests int
	headers  []http.Header
}

// Start starts a server, which ends with the test.
func Start(t testing.TB, decode Decode) *Server {
	t.Helper()
	s := &Server{t: t, decode: decode, keys: map[string]bool{}, gate: make(chan struct{})}
	close(s.gate)
	s.Server = httptest.NewServer(http.HandlerFunc(s.serve))
	t.Cleanup(func() { s.Unblock(); s.Close() })
	return s
}

func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	body, err := Body(r)
	if err != nil {
		http.Error(w, "the body: "+err.Error(), http.StatusBadRequest)
		return
	}
	s.mu.Lock()
	gate, answer := s.gate, s.answer
	s.requests++
	s.headers = append(s.headers, r.Header.Clone())
	s.mu.Unlock()
	select {
	case <-gate:
	case <-r.Context().Done():
		return
	}
	if answer != nil && answer(w, r, body) || r.Context().Err() != nil {
		return
	}
	if r.Method == http.MethodGet || r.Method == http.MethodHead || r.Method == http.MethodOptions {
		return // a probe
	}
	key := r.Header.Get("Idempotency-Key")
	s.mu.Lock()
	defer s.mu.Unlock()
	records, err := s.decode(w, r, body)
	switch { // what a decoder leaves out was refused
	case err != nil:
		s.t.Errorf("a request breaks the rules: %v", err)
		http.Error(w, err.Error(), http.StatusBadRequest)
	case key == "" && len(records) > 0:
		s.t.Error("a request of records has no Idempotency-Key")
	case s.keys[key]:
	default:
		s.keys[key] = true
		s.records = append(s.records, bytes.Join(records, nil)...)
	}
}

// Body reads a request's body, decompressed.
func Body(r *http.Request) ([]byte, error) {
	switch how := r.Header.Get("Content-Encoding"); how {
	case "":
		return io.ReadAll(r.Body)
	case "gzip":
		z, err := gzip.NewReader(r.Body)
		if err != nil {
			return nil, err
		}
		return io.ReadAll(z)
	case "zstd":
		z, err := zstd.NewReader(r.Body, zstd.WithDecoderConcurrency(1))
		if err != nil {
			return nil, err
		}
		defer z.Close()
		return io.ReadAll(z)
	default:
		return nil, fmt.Errorf("Content-Encoding is %q", how)
	}
}

// Received returns the records so far.
func (s *Server) Received() []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.records)
}

// Requests is the number of requests so far.
func (s *Server) Requests() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.requests
}

// Headers are those of all requests so far.
func (s *Server) Headers() []http.Header {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.headers)
}

// Answer lets answer handle requests; when it returns false they are handled as usual. nil ends it.
func (s *Server) Answer(answer func(w http.ResponseWriter, r *http.Request, body []byte) bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answer = answer
}

// Block makes requests wait until Unblock.
func (s *Server) Block() (unblock func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.gate = make(chan struct{})
	return s.Unblock
}

// Unblock ends Block.
func (s *Server) Unblock() {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-s.gate:
	default:
		close(s.gate)
	}
}

// Break answers all requests with 503, and a text that repeats the request's headers and URL.
func (s *Server) Break() (mend func()) {
	s.Answer(func(w http.ResponseWriter, r *http.Request, _ []byte) bool {
		w.WriteHeader(http.StatusServiceUnavailable)
		fmt.Fprintf(w, "down for %s %v", r.URL, r.Header)
		return true
	})
	return func() { s.Answer(nil) }
}

// Refuse answers 400 to requests that hold the kit's poison.
func (s *Server) Refuse() (mend func()) {
	s.Answer(func(w http.ResponseWriter, _ *http.Request, body []byte) bool {
		if !bytes.Contains(body, []byte(destinationtest.Poison)) {
			return false
		}
		http.Error(w, "malformed", http.StatusBadRequest)
		return true
	})
	return func() { s.Answer(nil) }
}

// Kit is what [Conformance] needs to know.
type Kit struct {
	Decode  Decode
	Secrets []string
	Open    func(t *testing.T, url string) destination.Driver
	// Refuse makes the server refuse poison in the vendor's way. Default: [Server.Refuse].
	Refuse func(s *Server) (mend func())
}

// Conformance runs the kit over the drivers that Open makes for the URL of a fake.
func Conformance(t *testing.T, k Kit) {
	t.Helper()
	destinationtest.Run(t, func(t *testing.T) destinationtest.Harness {
		s := Start(t, k.Decode)
		h := destinationtest.Harness{Driver: k.Open(t, s.URL), Received: s.Received, Block: s.Block, Break: s.Break, Refuse: s.Refuse, Secrets: k.Secrets}
		if k.Refuse != nil {
			h.Refuse = func() func() { return k.Refuse(s) }
		}
		return h
	})
}

// Lines cuts text into lines that keep their ends. Text behind the last end is an error.
func Lines(body []byte) (lines [][]byte, err error) {
	for line := range bytes.Lines(body) {
		if line[len(line)-1] != '\n' {
			return nil, errors.New("the last line does not end")
		}
		lines = append(lines, line)
	}
	return lines, nil
}

// Batch makes a batch of lines, as a worker does. Each has an id.
func Batch(lines ...string) *destination.Batch {
	b := &destination.Batch{Attempt: 1}
	for i, l := range lines {
		start := len(b.Data)
		b.Data = append(append(b.Data, l...), '\n')
		b.Items = append(b.Items, destination.Item{Start: start, End: len(b.Data), Time: 1700000000e9 + int64(i), Journal: [16]byte{7}, Position: uint64(i)})
	}
	return b
}
