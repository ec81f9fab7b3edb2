package main

import (
	"bytes"
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
	open  func(url, dir string) (*session, error)
}

func httpPeers() []httpPeer {
	return []httpPeer{
		{"hydra network_http", true, hydraToHTTP},
		{"phuslu, buffered HTTP writer", false, func(url, _ string) (*session, error) {
			w := newHTTPWriter(url)
			s := phusluSession(phuslu.IOWriter{Writer: w})
			s.close = w.Close
			return s, nil
		}},
		{"phuslu AsyncWriter, buffered HTTP writer", false, func(url, _ string) (*session, error) {
			w := newHTTPWriter(url)
			a := &phuslu.AsyncWriter{ChannelSize: 4096, Writer: phuslu.IOWriter{Writer: w}}
			s := phusluSession(a)
			s.close = func() error { return errors.Join(a.Close(), w.Close()) }
			return s, nil
		}},
		{"zerolog, buffered HTTP writer", false, func(url, _ string) (*session, error) {
			w := newHTTPWriter(url)
			s := zerologSession(w)
			s.close = w.Close
			return s, nil
		}},
	}
}

func hydraToHTTP(url, dir string) (*session, error) {
	return hydraOpen(hydraConfig(dir, hydra.Destination{Type: "network_http", URL: url, Format: "json-lines", Options: map[string]any{"compression": "gzip"}}))
}

// httpWriter is what a program has that does this by hand: a buffer of 256 KiB under a lock, and a goroutine that compresses
// full ones and posts them, four of which may wait. It compresses as Hydra-Logger does, with the same library at the same level.
type httpWriter struct {
	url    string
	mu     sync.Mutex
	buf    []byte
	full   chan []byte
	free   chan []byte
	done   chan struct{}
	err    error
	client http.Client
}

const httpBuffer = 256 << 10

func newHTTPWriter(url string) *httpWriter {
	w := &httpWriter{url: url, full: make(chan []byte, 4), free: make(chan []byte, 6), done: make(chan struct{}),
		client: http.Client{Transport: &http.Transport{}}}
	go w.send()
	return w
}

func (w *httpWriter) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.buf)+len(p) > httpBuffer {
		w.full <- w.buf
		w.buf = w.buffer()
	}
	w.buf = append(w.buf, p...)
	return len(p), nil
}

func (w *httpWriter) buffer() []byte {
	select {
	case b := <-w.free:
		return b[:0]
	default:
		return make([]byte, 0, httpBuffer)
	}
}

func (w *httpWriter) send() {
	defer close(w.done)
	var body bytes.Buffer
	z, _ := gzip.NewWriterLevel(&body, gzip.BestSpeed)
	for b := range w.full {
		body.Reset()
		z.Reset(&body)
		_, err := z.Write(b)
		w.err = errors.Join(w.err, err, z.Close(), w.post(&body))
		select {
		case w.free <- b:
		default:
		}
	}
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
	w.full <- w.buf
	close(w.full)
	w.mu.Unlock()
	<-w.done
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

func (r *run) http() error {
	ps := slices.DeleteFunc(httpPeers(), func(p httpPeer) bool { return !r.wanted(p.name) })
	results := make([][]written, len(ps))
	n := r.sizes.records
	err := turns(r.sizes.fileTurns, len(ps), func(i int) error {
		w, err := r.post(ps[i], n)
		results[i] = append(results[i], w)
		if err != nil {
			return fmt.Errorf("%s: %w", ps[i].name, err)
		}
		return nil
	})
	if err != nil {
		return err
	}
	t := &table{Name: "http", Title: "To a local HTTP server until closed, JSON lines with gzip, one goroutine",
		Notes:   []string{fmt.Sprintf("%d records with ten fields; lost and extra are counted from what the server got, worst run; the ratio is to the fastest peer.", n)},
		Columns: []column{{"records/s", "%.0f"}, {"ratio", "%.2f"}, {"lost", "%.0f"}, {"extra", "%.0f"}, {"call p99.9 µs", "%.1f"}, {"CPU-s per million, server included", "%.3f"}}}
	best, rates := 0.0, make([]float64, len(ps))
	for i, p := range ps {
		rates[i] = median(column1(results[i], func(w written) float64 { return w.rate }))
		if !p.hydra {
			best = max(best, rates[i])
		}
	}
	for i, p := range ps {
		lost := worst(results[i], func(w written) int { return w.lost })
		extra := worst(results[i], func(w written) int { return w.extra })
		t.add(p.name, figure(rates[i]), figure(rates[i]/best), figure(lost), figure(extra),
			figure(median(column1(results[i], func(w written) float64 { return float64(w.tail) / 1e3 }))),
			figure(median(column1(results[i], func(w written) float64 { return w.process / 1e3 }))))
		if p.hydra {
			r.checks = append(r.checks, atLeast("records/s to an HTTP server, ratio to the fastest peer", rates[i]/best, 1),
				atMost("records lost or too many at the HTTP server", float64(lost+extra), 0))
		}
	}
	r.add(t)
	return nil
}

// post measures one peer.
func (r *run) post(p httpPeer, n int) (written, error) {
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
	took := logSampled(s.fields10, 1, n)
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
		tail: percentile(took, .999), process: float64(cpu) / float64(n)}, err
}
