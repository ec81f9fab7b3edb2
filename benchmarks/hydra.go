package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/hydra-logger/hydra"
	"github.com/hydra-logger/hydra/destination/consoledest"
)

const (
	segmentSize  = 16 << 20 // largest segment of the journal, bytes
	drainTimeout = 2 * time.Minute
	hydraClose   = time.Second // close_timeout against a pipe that nobody reads
)

func hydraPeers() []*peer {
	return []*peer{
		{name: "hydra", hydra: true, toNowhere: hydraToNowhere, toFile: hydraToFile, toPipe: hydraToPipe},
		{name: "hydra's slog.Handler", hydra: true, slog: true, toNowhere: hydraSlog},
	}
}

// hydraConfig has one layer, and its journal below dir.
func hydraConfig(dir string, destinations ...hydra.Destination) hydra.Config {
	return hydra.Config{
		Name:         "benchmark",
		CloseTimeout: hydra.Duration(drainTimeout),
		Journal:      hydra.Journal{Dir: filepath.Join(dir, "state"), Durability: "process"},
		Layers:       map[string]hydra.Layer{"default": {Level: "info", Destinations: destinations}},
	}
}

func null() hydra.Destination { return hydra.Destination{Type: "null", Format: "json-lines"} }

func hydraToNowhere(dir string) (*session, error) { return hydraOpen(hydraConfig(dir, null())) }

func hydraToFile(path, dir string) (*session, error) {
	return hydraOpen(hydraConfig(dir, hydra.Destination{Type: "file", Path: path, Format: "json-lines"}))
}

// hydraToPipe writes to a pipe as to a console, and has a destination beside it that must not notice.
func hydraToPipe(path, dir string) (*session, error) {
	f, err := appendTo(path)
	if err != nil {
		return nil, err
	}
	d, err := consoledest.New(consoledest.Options{File: f})
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	c := hydraConfig(dir, null())
	c.CloseTimeout = hydra.Duration(hydraClose)
	log, err := hydra.New(c, hydra.WithDestination("default", hydra.DestinationOptions{Name: pipeName, Driver: d, Format: "json-lines"}))
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	s := probed(log, hydraSession(log))
	s.close = func() error { return errors.Join(log.Close(), f.Close()) }
	return s, nil
}

const pipeName = "pipe"

// behind returns how many of n records the destinations beside the pipe have not delivered within a second.
func (h *hydraProbe) behind(n int) int {
	for bound := time.Now().Add(time.Second); ; time.Sleep(time.Millisecond) {
		lacks := 0
		for _, d := range h.log.Health().Destinations {
			if d.Name != pipeName {
				lacks = max(lacks, n-int(d.Ledger.Delivered))
			}
		}
		if lacks == 0 || time.Now().After(bound) {
			return lacks
		}
	}
}

func hydraSlog(dir string) (*session, error) {
	log, err := hydra.New(hydraConfig(dir, null()))
	if err != nil {
		return nil, err
	}
	return probed(log, slogSession(log.Slog())), nil
}

func hydraOpen(c hydra.Config) (*session, error) {
	log, err := hydra.New(c)
	if err != nil {
		return nil, err
	}
	return probed(log, hydraSession(log)), nil
}

func probed(log *hydra.Logger, s *session) *session {
	s.hydra = &hydraProbe{log: log}
	s.drain = s.hydra.drain
	s.close = log.Close
	return s
}

// hydraProbe compares what was logged with the ledger.
type hydraProbe struct {
	log  *hydra.Logger
	want uint64
}

func (h *hydraProbe) logged(n int) { h.want += uint64(n) }

func (h *hydraProbe) drain() error {
	ctx, cancel := context.WithTimeout(context.Background(), drainTimeout)
	defer cancel()
	return h.log.Flush(ctx)
}

// missing waits until the ledger of every destination balances, and returns how many of the
// records that were logged the worst of them has not delivered. A ledger that does not balance is an error.
func (h *hydraProbe) missing() (uint64, error) {
	for bound := time.Now().Add(time.Second); ; time.Sleep(time.Millisecond) {
		n, err := h.balance()
		if err == nil || time.Now().After(bound) {
			return n, err
		}
	}
}

func (h *hydraProbe) balance() (uint64, error) {
	worst := uint64(0)
	for _, d := range h.log.Health().Destinations {
		l := d.Ledger
		if l.Submitted.Total() != h.want || l.Pending != 0 || l.Difference() != 0 {
			return 0, fmt.Errorf("logged %d, but the ledger of %s says submitted %d, delivered %d, dropped %v, pending %d",
				h.want, d.Name, l.Submitted.Total(), l.Delivered, l.Dropped, l.Pending)
		}
		worst = max(worst, h.want-l.Delivered)
	}
	return worst, nil
}

func hydraSession(l *hydra.Logger) *session {
	e, ctx := newEvent(), context.Background()
	bound := l.With(slog.String(keyService, e.service), slog.String(keyCorrelation, e.correlation),
		slog.Int(keySeq, 0), slog.Int64(keyAmount, e.amount), slog.Float64(keyRatio, e.ratio),
		slog.Bool(keyRetried, e.retried), slog.Duration(keyElapsed, e.elapsed), slog.Time(keyAt, e.at),
		slog.String(keyURL, e.url), slog.Any(keyError, e.err))
	return &session{
		fields0: func(first, n int) {
			for range n {
				l.Info(ctx, message)
			}
		},
		fields5: func(first, n int) {
			for i := range n {
				l.Info(ctx, message, slog.String(keyService, e.service), slog.String(keyCorrelation, e.correlation),
					slog.Int(keySeq, first+i), slog.Int64(keyAmount, e.amount), slog.Float64(keyRatio, e.ratio))
			}
		},
		fields10: func(first, n int) {
			for i := range n {
				l.Info(ctx, message, slog.String(keyService, e.service), slog.String(keyCorrelation, e.correlation),
					slog.Int(keySeq, first+i), slog.Int64(keyAmount, e.amount), slog.Float64(keyRatio, e.ratio),
					slog.Bool(keyRetried, e.retried), slog.Duration(keyElapsed, e.elapsed), slog.Time(keyAt, e.at),
					slog.String(keyURL, e.url), slog.Any(keyError, e.err))
			}
		},
		varied10: func(first, n int) {
			all := variedEvents()
			for i := range n {
				e := varied(all, first+i)
				l.Info(ctx, message, slog.String(keyService, e.service), slog.String(keyCorrelation, e.correlation),
					slog.Int(keySeq, first+i), slog.Int64(keyAmount, e.amount), slog.Float64(keyRatio, e.ratio),
					slog.Bool(keyRetried, e.retried), slog.Duration(keyElapsed, e.elapsed), slog.Time(keyAt, e.at),
					slog.String(keyURL, e.url), slog.Any(keyError, e.err))
			}
		},
		fields20: func(first, n int) {
			for i := range n {
				l.Info(ctx, message, slog.String(keyService, e.service), slog.String(keyCorrelation, e.correlation),
					slog.Int(keySeq, first+i), slog.Int64(keyAmount, e.amount), slog.Float64(keyRatio, e.ratio),
					slog.Bool(keyRetried, e.retried), slog.Duration(keyElapsed, e.elapsed), slog.Time(keyAt, e.at),
					slog.String(keyURL, e.url), slog.Any(keyError, e.err),
					slog.String("service2", e.service), slog.String("correlation2", e.correlation),
					slog.Int("seq2", first+i), slog.Int64("amount2", e.amount), slog.Float64("ratio2", e.ratio),
					slog.Bool("retried2", e.retried), slog.Duration("elapsed2", e.elapsed), slog.Time("at2", e.at),
					slog.String("url2", e.url), slog.Any("error2", e.err))
			}
		},
		bound10: func(first, n int) {
			for range n {
				bound.Info(ctx, message)
			}
		},
		disabled: func(first, n int) {
			for i := range n {
				l.Debug(ctx, message, slog.String(keyService, e.service), slog.String(keyCorrelation, e.correlation),
					slog.Int(keySeq, first+i), slog.Int64(keyAmount, e.amount), slog.Float64(keyRatio, e.ratio),
					slog.Bool(keyRetried, e.retried), slog.Duration(keyElapsed, e.elapsed), slog.Time(keyAt, e.at),
					slog.String(keyURL, e.url), slog.Any(keyError, e.err))
			}
		},
	}
}

// journalBytes returns how many bytes of journal one record of a loop takes, from the
// positions in the ids of the first and the last of some records.
func journalBytes(pick func(*session) loop, dir string) (float64, error) {
	const records = 101
	path := filepath.Join(dir, "ids.jsonl")
	c := hydraConfig(filepath.Join(dir, "ids"), hydra.Destination{Type: "file", Path: path, Format: "json-lines", ID: true})
	c.Name = "ids"
	s, err := hydraOpen(c)
	if err != nil {
		return 0, err
	}
	pick(s)(0, records)
	if err := s.closed(); err != nil {
		return 0, err
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return 0, err
	}
	var positions []uint64
	for sc := bufio.NewScanner(bytes.NewReader(text)); sc.Scan(); {
		_, id, _ := strings.Cut(sc.Text(), `"id":"`)
		_, position, _ := strings.Cut(id, ":")
		digits, _, _ := strings.Cut(position, `"`)
		p, err := strconv.ParseUint(digits, 16, 64)
		if err != nil {
			return 0, fmt.Errorf("no position in %s: %w", sc.Text(), err)
		}
		positions = append(positions, p)
	}
	if len(positions) != records {
		return 0, errors.New("the file of ids does not hold each record")
	}
	return float64(positions[records-1]-positions[0]) / (records - 1), nil
}
