// Package feed turns the lines of a command into records of a logger.
package feed

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync"
	"time"

	"github.com/hydra-logger/hydra"
	"github.com/hydra-logger/hydra/cmd/hydralog/internal/capture"
	"github.com/hydra-logger/hydra/viewer/lines"
)

const (
	batchRecords = 512
	batchBytes   = 256 << 10
	retryPause   = time.Second // after the cursor could not be written
)

// Feed gives the records of several streams to one logger, a batch at a time.
type Feed struct {
	log     *hydra.Logger
	journal string          // directory of the logger's journal below the state directory
	known   map[string]bool // layers that are configured
	event   func(string)    // what an operator should know
	mu      sync.Mutex      // of a batch's way into the journal
	before  uint64          // key of the last record that went
	clock   int64           // the last time that was given to a text line
	loggers map[string]*hydra.Logger
}

// New returns a feed for a logger with a state directory, "" for none. layers are the names that lines may
// choose themselves; event may be nil.
func New(log *hydra.Logger, stateDir string, layers []string, event func(string)) *Feed {
	f := &Feed{log: log, known: map[string]bool{}, loggers: map[string]*hydra.Logger{}, event: event}
	if dir := log.Health().Journal.Dir; dir != "" {
		if rel, err := filepath.Rel(stateDir, dir); err == nil {
			f.journal = rel
		}
	}
	for _, name := range layers {
		f.known[name] = true
	}
	if f.event == nil {
		f.event = func(string) {}
	}
	return f
}

// layer returns the logger of a layer, "" for the default.
func (f *Feed) layer(name string) *hydra.Logger {
	f.mu.Lock()
	defer f.mu.Unlock()
	l := f.loggers[name]
	if l == nil {
		l = f.log
		if name != "" {
			l = f.log.Layer(name)
		}
		f.loggers[name] = l
	}
	return l
}

// now is the time of a text line. No two get the same.
func (f *Feed) now() time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.clock = max(time.Now().UnixNano(), f.clock+1)
	return time.Unix(0, f.clock)
}

// Stream makes records of the units of one stream. It implements [capture.Sink].
type Stream struct {
	feed   *Feed
	layer  string
	level  slog.Level
	cursor *capture.Cursor // nil where there is none: a pipe
	index  int             // of the stream in the cursor

	records []hydra.Record
	intent  capture.Intent
	bytes   int
}

// Stream returns a sink for one stream. cursor is nil for a pipe, whose bytes can't be had again.
func (f *Feed) Stream(s capture.Stream, cursor *capture.Cursor, index int) (*Stream, error) {
	out := &Stream{feed: f, layer: s.Layer, cursor: cursor, index: index}
	if s.Level != "" {
		level, err := hydra.Level(s.Level).Parse()
		if err != nil {
			return nil, err
		}
		out.level = level
	}
	return out, nil
}

// Unit makes a record of a unit, and accepts the batch when it is full.
func (s *Stream) Unit(u lines.Unit) {
	r := lines.Parse(u.Text)
	if u.Part > 0 {
		r = lines.Record{Message: string(u.Text), Attrs: []slog.Attr{slog.Int("part", u.Part)}}
	}
	s.intent.End = u.End
	s.add(&r)
	s.bytes += len(u.Text)
	if s.bytes >= batchBytes || len(s.records) >= batchRecords {
		s.flush()
	}
}

func (s *Stream) add(r *lines.Record) {
	layer := s.layer
	if r.Layer != "" && r.Layer != layer {
		if s.feed.known[r.Layer] {
			layer = r.Layer
		} else {
			r.Attrs = append(r.Attrs, slog.String("layer", r.Layer))
		}
	}
	level := s.level
	if r.HasLevel {
		level = r.Level
	}
	if !s.feed.layer(layer).Enabled(context.Background(), level) {
		return
	}
	if r.Time.IsZero() {
		r.Time = s.feed.now()
	}
	s.records = append(s.records, hydra.Record{Time: r.Time, Level: level, Layer: layer, Message: r.Message, Attrs: r.Attrs})
	s.intent.Entries = append(s.intent.Entries, capture.Entry{
		End: s.intent.End, Key: capture.Key(r.Time.UnixNano(), r.Message),
	})
}

// Flush accepts what was taken since the last time and moves the cursor behind it.
func (s *Stream) Flush() error {
	s.flush()
	return nil
}

func (s *Stream) flush() {
	if s.intent.End == 0 {
		return
	}
	s.append()
	clear(s.records)
	s.records = s.records[:0]
	s.intent = capture.Intent{Entries: s.intent.Entries[:0]}
	s.bytes = 0
}

// append hands the batch to the logger: intent, records, cursor. It does not go on before each is done.
func (s *Stream) append() {
	f := s.feed
	f.mu.Lock()
	defer f.mu.Unlock()
	if s.cursor == nil {
		f.log.LogBatch(context.Background(), s.records)
		return
	}
	s.intent.Stream, s.intent.Journal, s.intent.Before = s.index, f.journal, f.before
	f.persist(func() error { return s.cursor.Begin(&s.intent) })
	f.log.LogBatch(context.Background(), s.records)
	if n := len(s.intent.Entries); n > 0 {
		f.before = s.intent.Entries[n-1].Key
	}
	f.persist(func() error { return s.cursor.Commit(&s.intent, len(s.intent.Entries)) })
}

// persist tries until it succeeds: to go on without a cursor would double lines, or lose them.
func (f *Feed) persist(write func() error) {
	for {
		err := write()
		if err == nil {
			return
		}
		f.event(fmt.Sprintf("captured lines have to wait: %v", err))
		time.Sleep(retryPause)
	}
}
