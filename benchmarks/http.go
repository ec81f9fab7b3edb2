package main

import (
	"bytes"
	stdgzip "compress/gzip"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/klauspost/compress/gzip"
	phuslu "github.com/phuslu/log"

	"github.com/hydra-logger/hydra"
)

// httpPeer is one way to send JSON lines, compressed, to a server.
type httpPeer struct {
	name  string
	hydra bool
	// further is one that does more than write through a buffer: it has goroutines and spare buffers for it.
	further bool
	open    func(url, dir string) (*session, error)
}

func httpPeers() []httpPeer {
	return []httpPeer{
		{name: "hydra network_http", hydra: true, open: hydraToHTTP},
		{name: "phuslu, buffered HTTP writer", open: func(url, _ string) (*session, error) {
			return phusluToHTTP(newHTTPWriter(url, 0, klauspostGzip)), nil
		}},
		{name: "zerolog, buffered HTTP writer", open: func(url, _ string) (*session, error) {
			w := newHTTPWriter(url, 0, klauspostGzip)
			s := zerologSession(w)
			s.close = w.Close
			return s, nil
		}},
		{name: "phuslu, the same with compress/gzip as it comes", open: func(url, _ string) (*session, error) {
			return phusluToHTTP(newHTTPWriter(url, 0, standardGzip)), nil
		}},
		{name: "phuslu, a goroutine sends, 4 buffers wait", further: true, open: func(url, _ string) (*session, error) {
			return phusluToHTTP(newHTTPWriter(url, 4, klauspostGzip)), nil
		}},
		{name: "phuslu AsyncWriter, buffered HTTP writer", further: true, open: func(url, _ string) (*session, error) {
			w := newHTTPWriter(url, 0, klauspostGzip)
			a := &phuslu.AsyncWriter{ChannelSize: 4096, Writer: phuslu.IOWriter{Writer: w}}
			s := phusluSession(a)
			s.close = func() error { return errors.Join(a.Close(), w.Close()) }
			return s, nil
		}},
	}
}

func phusluToHTTP(w *httpWriter) *session {
	s := phusluSession(phuslu.IOWriter{Writer: w})
	s.close = w.Close
	return s
}

// compressor is a gzip writer of either library.
type compressor interface {
	io.WriteCloser
	Reset(io.Writer)
}

// klauspostGzip is the library that Hydra-Logger compresses with, at the same level.
func klauspostGzip() compressor { w, _ := gzip.NewWriterLevel(nil, gzip.BestSpeed); return w }

func standardGzip() compressor { return stdgzip.NewWriter(nil) }

func hydraToHTTP(url, dir string) (*session, error) {
	return hydraOpen(hydraConfig(dir, hydra.Destination{Type: "network_http", URL: url, Format: "json-lines", Options: map[string]any{"compression": "gzip"}}))
}

// httpWriter is what a program has that does this by hand: a buffer of 256 KiB under a lock. Whoever fills it compresses and
// posts it; or hands it to a goroutine that does, before which some may wait.
type httpWriter struct {
	url    string
	mu     sync.Mutex
	buf    []byte
	full   chan []byte // nil: no goroutine
	free   chan []byte
	done   chan struct{}
	gzip   compressor
	body   bytes.Buffer
	err    error
	client http.Client
}

const httpBuffer = 256 << 10

func newHTTPWriter(url string, waiting int, gzip func() compressor) *httpWriter {
	w := &httpWriter{url: url, gzip: gzip(), client: http.Client{Transport: &http.Transport{}}}
	if waiting > 0 {
		w.full, w.free, w.done = make(chan []byte, waiting), make(chan []byte, waiting+2), make(chan struct{})
		go w.sender()
	}
	return w
}

func (w *httpWriter) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.buf)+len(p) > httpBuffer {
		w.flush()
	}
	w.buf = append(w.buf, p...)
	return len(p), nil
}

func (w *httpWriter) flush() {
	if w.full == nil {
		w.send(w.buf)
		w.buf = w.buf[:0]
		return
	}
	w.full <- w.buf
	select {
	case b := <-w.free:
		w.buf = b[:0]
	default:
		w.buf = make([]byte, 0, httpBuffer)
	}
}

func (w *httpWriter) sender() {
	defer close(w.done)
	for b := range w.full {
		w.send(b)
		select {
		case w.free <- b:
		default:
		}
	}
}

func (w *httpWriter) send(b []byte) {
	w.body.Reset()
	w.gzip.Reset(&w.body)
	_, err := w.gzip.Write(b)
	w.err = errors.Join(w.err, err, w.gzip.Close(), w.post(&w.body))
}

func (w *httpWriter) post(body *bytes.Buffer) error {
	r, err := http.NewRequest(http.MethodPost, w.url, bytes.NewReader(body.Bytes()))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/x-ndjson")
	r.Header.Set("Content-Encoding", "gzip")
	resp, err := w.client.Do(r)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	_, err = io.Copy(io.Discard, resp.Body)
	if resp.StatusCode != http.StatusOK {
		err = errors.Join(err, errors.New(resp.Status))
	}
	return err
}

func (w *httpWriter) Close() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.flush()
	if w.full != nil {
		close(w.full)
		<-w.done
	}
	w.client.CloseIdleConnections()
	return w.err
}

// httpSink is a server that keeps the bodies as they come; they are decompressed and counted when the clock has stopped.
type httpSink struct {
	mu     sync.Mutex
	bodies [][]byte
	server http.Server
	url    string
}

func startSink() (*httpSink, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &httpSink{url: "http://" + l.Addr().String() + "/logs"}
	s.server.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body := make([]byte, 0, max(r.ContentLength, 0)+512)
		b := bytes.NewBuffer(body)
		if _, err := b.ReadFrom(r.Body); err != nil || r.Method == http.MethodGet {
			return
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		s.bodies = append(s.bodies, b.Bytes())
	})
	go func() { _ = s.server.Serve(l) }()
	return s, nil
}

// bytes is how much has come.
func (s *httpSink) bytes() int {
	n := 0
	for _, body := range s.bodies {
		n += len(body)
	}
	return n
}

// unpack writes what has come to a file.
func (s *httpSink) unpack(path string) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	for _, body := range s.bodies {
		z, err := gzip.NewReader(bytes.NewReader(body))
		if err != nil {
			return err
		}
		if _, err := io.Copy(f, z); err != nil {
			return err
		}
	}
	return nil
}

// httpLoad is what is logged in a table.
type httpLoad struct {
	title      string
	goroutines int
	pick       func(*session) loop
}

func (r *run) http() error {
	variedEvents() // made before a clock runs
	loads := []httpLoad{
		{"events that differ, one goroutine", 1, func(s *session) loop { return s.varied10 }},
		{"events that differ, 8 goroutines", 8, func(s *session) loop { return s.varied10 }},
		{"the same event over and over, one goroutine", 1, ten},
	}
	if r.sizes.name == quick.name {
		loads = loads[:1]
	}
	for _, l := range loads {
		if err := r.httpTable(l); err != nil {
			return err
		}
	}
	return nil
}

func (r *run) httpTable(l httpLoad) error {
	ps := slices.DeleteFunc(httpPeers(), func(p httpPeer) bool { return !r.wanted(p.name) })
	results := make([][]written, len(ps))
	n := r.sizes.records
	err := turns(r.sizes.fileTurns, len(ps), func(i int) error {
		w, err := r.post(ps[i], l, n)
		results[i] = append(results[i], w)
		if err != nil {
			return fmt.Errorf("%s: %w", ps[i].name, err)
		}
		return nil
	})
	if err != nil {
		return err
	}
	t := &table{Name: "http", Title: "To a local HTTP server until closed, JSON lines with gzip: " + l.title,
		Notes: []string{fmt.Sprintf("%d records with ten fields; lost and extra are counted from what the server got, worst run.", n),
			"ratio: to the fastest buffered HTTP writer, in which whoever fills the buffer compresses and sends it; those that have a goroutine for that are in the next column."},
		Columns: []column{{"records/s", "%.0f"}, {"ratio", "%.2f"}, {"to the fastest", "%.2f"}, {"lost", "%.0f"}, {"extra", "%.0f"}, {"call p99.9 µs", "%.1f"}, {"sent MB", "%.1f"}, {"CPU-s per million, server included", "%.3f"}}}
	best, furthest, rates := 0.0, 0.0, make([]float64, len(ps))
	for i, p := range ps {
		rates[i] = median(column1(results[i], func(w written) float64 { return w.rate }))
		switch {
		case p.hydra:
		case p.further:
			furthest = max(furthest, rates[i])
		default:
			best = max(best, rates[i])
		}
	}
	for i, p := range ps {
		lost := worst(results[i], func(w written) int { return w.lost })
		extra := worst(results[i], func(w written) int { return w.extra })
		t.add(p.name, figure(rates[i]), figure(rates[i]/best), figure(rates[i]/max(best, furthest)), figure(lost), figure(extra),
			figure(median(column1(results[i], func(w written) float64 { return float64(w.tail) / 1e3 }))),
			figure(median(column1(results[i], func(w written) float64 { return float64(w.sent) / 1e6 }))),
			figure(median(column1(results[i], func(w written) float64 { return w.process / 1e3 }))))
		if p.hydra {
			r.checks = append(r.checks, atLeast("records/s to an HTTP server, ratio to the fastest buffered writer, "+l.title, rates[i]/best, 1),
				atMost("records lost or too many at the HTTP server, "+l.title, float64(lost+extra), 0))
		}
	}
	r.add(t)
	return nil
}

// post measures one peer.
func (r *run) post(p httpPeer, l httpLoad, n int) (written, error) {
	dir, remove, err := r.scratch()
	if err != nil {
		return written{}, err
	}
	defer remove()
	if err := touchMemory(dir, 2*n*bytesARecord); err != nil {
		return written{}, err
	}
	sink, err := startSink()
	if err != nil {
		return written{}, err
	}
	defer sink.server.Close()
	s, err := p.open(sink.url, dir)
	if err != nil {
		return written{}, err
	}
	runtime.GC()
	cpu, start := processCPU(), time.Now()
	took := logSampled(l.pick(s), l.goroutines, n)
	err = s.closed()
	wall := time.Since(start)
	cpu = processCPU() - cpu
	if err != nil {
		return written{}, err
	}
	slices.Sort(took)
	path := filepath.Join(dir, "got.jsonl")
	if err := sink.unpack(path); err != nil {
		return written{}, err
	}
	t, err := count(path, n)
	return written{rate: float64(n) / wall.Seconds(), lost: n - t.distinct, extra: t.duplicates + t.invented + t.torn,
		tail: percentile(took, .999), process: float64(cpu) / float64(n), sent: sink.bytes()}, err
}
