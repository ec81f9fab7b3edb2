package main

import (
	"fmt"
	"log/slog"

	"github.com/hydra-logger/hydra/config"
	"github.com/hydra-logger/hydra/format"
	"github.com/hydra-logger/hydra/record"
)

type namedLoop struct {
	name string
	l    loop
}

// formatted measures what a worker spends on a record of ten fields, decoding and formatting, beside what peers spend on encoding the
// same event to nowhere; and how long a configuration takes to be read.
func (r *run) formatted() error {
	t := &table{Name: "format", Title: "A record of ten fields becomes text, one goroutine", Columns: []column{{"ns a record", "%.0f"}, {"ratio", "%.2f"}},
		Notes: []string{"hydra: the record is decoded and formatted. Peers: the call encodes JSON to nowhere. The ratio is to phuslu."}}
	e := newEvent()
	var enc record.Encoder
	payload := append([]byte{}, enc.Encode(&record.Header{Time: e.at.UnixNano(), Layer: "default", Message: message}, nil, tenFieldsOf(e, 7))...)
	var loops []namedLoop
	for _, name := range []string{format.JSONLines, format.PlainText, format.Logfmt, format.CSV, format.Syslog, format.GELF, format.BinaryCompact, format.BinaryExtended} {
		l, err := formatLoop(name, format.Options{}, payload)
		if err != nil {
			return err
		}
		loops = append(loops, namedLoop{"hydra " + name, l})
	}
	l, err := formatLoop(format.JSONLines, format.Options{Schema: format.SchemaECS}, payload)
	if err != nil {
		return err
	}
	loops = append(loops, namedLoop{"hydra json-lines, schema ecs", l})
	for _, p := range append(phusluPeers()[:1], zerologPeers()[0]) {
		s, err := p.toNowhere(r.dir)
		if err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
		defer s.closed()
		loops = append(loops, namedLoop{p.name, s.fields10})
	}
	times := make([][]float64, len(loops))
	err = turns(r.sizes.rounds, len(loops), func(i int) error {
		n := fitting(loops[i].l, r.sizes.slice)
		c := onThread(loops[i].l, n) / float64(n)
		times[i] = append(times[i], c)
		return nil
	})
	if err != nil {
		return err
	}
	base := 1.0
	for i := range loops {
		if loops[i].name == "phuslu" {
			base = median(times[i])
		}
	}
	for i := range loops {
		t.add(loops[i].name, figure(median(times[i])), figure(median(times[i])/base))
	}
	r.add(t)
	return r.loading()
}

// formatLoop decodes and formats the same record again and again.
func formatLoop(name string, o format.Options, payload []byte) (loop, error) {
	f, err := format.New(name, o)
	if err != nil {
		return nil, err
	}
	var v record.View
	dst := make([]byte, 0, 4096)
	return func(_, n int) {
		for range n {
			if v.Decode(payload) == nil {
				dst = f.Append(dst[:0], &v)
			}
		}
	}, nil
}

// loading measures reading and resolving a preset.
func (r *run) loading() error {
	t := &table{Name: "format", Title: "A configuration is read", Columns: []column{{"µs", "%.0f"}}}
	for _, name := range []string{"default", "production", "enterprise"} {
		text := []byte("extends: template:" + name + "\n")
		var failed error
		l := func(_, n int) {
			for range n {
				c, _, err := config.Parse(text, config.Options{})
				if err == nil {
					_, err = config.Resolve(c)
				}
				failed = err
			}
		}
		n := 200
		c := onThread(l, n) / float64(n) / 1000
		if failed != nil {
			return failed
		}
		t.add(name, figure(c))
	}
	r.add(t)
	return nil
}

func tenFieldsOf(e *event, seq int) []slog.Attr {
	return []slog.Attr{
		slog.String(keyService, e.service), slog.String(keyCorrelation, e.correlation),
		slog.Int(keySeq, seq), slog.Int64(keyAmount, e.amount), slog.Float64(keyRatio, e.ratio),
		slog.Bool(keyRetried, e.retried), slog.Duration(keyElapsed, e.elapsed), slog.Time(keyAt, e.at),
		slog.String(keyURL, e.url), slog.Any(keyError, e.err),
	}
}
