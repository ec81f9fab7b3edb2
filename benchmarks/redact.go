package main

import (
	"context"
	"log/slog"
	"regexp"
	"time"

	"github.com/hydra-logger/hydra"
	"github.com/hydra-logger/hydra/config"
	"github.com/hydra-logger/hydra/processor/redact"
)

// redactEvent is a kind of record to redact.
type redactEvent struct {
	name string
	pick func(*session) loop
	most float64 // the ratio to the cost without redaction; 0: not checked
}

func redactEvents() []redactEvent {
	with := func(call func(l *hydra.Logger, e *event, n int)) func(*session) loop {
		return func(s *session) loop {
			l, e := s.hydra.log, newEvent()
			return func(first, n int) {
				for i := range n {
					call(l, e, first+i)
				}
			}
		}
	}
	ctx := context.Background()
	return []redactEvent{
		{"ten fields", ten, 2},
		{"ten fields, no candidate", with(func(l *hydra.Logger, e *event, n int) {
			l.Info(ctx, message, slog.String(keyService, e.service), slog.String("flow", "checkout"), slog.Int(keySeq, n), slog.Int64(keyAmount, e.amount),
				slog.Float64(keyRatio, e.ratio), slog.Bool(keyRetried, e.retried), slog.Duration(keyElapsed, e.elapsed), slog.Time(keyAt, e.at),
				slog.String("state", "declined"), slog.Any(keyError, e.err))
		}), 1.5},
		{"ten fields, one a secret", with(func(l *hydra.Logger, e *event, n int) {
			l.Info(ctx, message, slog.String(keyService, e.service), slog.String(keyCorrelation, e.correlation), slog.Int(keySeq, n), slog.Int64(keyAmount, e.amount),
				slog.Float64(keyRatio, e.ratio), slog.Bool(keyRetried, e.retried), slog.Duration(keyElapsed, e.elapsed), slog.Time(keyAt, e.at),
				slog.String("access_token", "0a1b2c3d4e5f6a7b8c9d"), slog.Any(keyError, e.err))
		}), 0},
	}
}

// redaction compares the caller's cost with security_level medium to that without, record by record, and the scanner with
// the original's regular expressions.
func (r *run) redaction() error {
	t := &table{Name: "redact", Title: "Redaction with security_level medium, one goroutine",
		Columns: []column{{"CPU ns without", "%.0f"}, {"CPU ns with", "%.0f"}, {"ratio", "%.2f"}, {"wall ratio", "%.2f"}, {"allocs", "%.2f"}},
		Notes:   []string{"CPU is the calling thread's. Each record goes to a journal (durability process) whose worker writes JSON lines to nowhere."}}
	for _, ev := range redactEvents() {
		without, with, err := r.redactPair(ev)
		if err != nil {
			return err
		}
		ratio := with.caller / without.caller
		t.add(ev.name, figure(without.caller), figure(with.caller), figure(ratio), figure(with.wall/without.wall), figure(with.allocs))
		if ev.most > 0 {
			r.checks = append(r.checks, atMost("redaction, "+ev.name+", ratio", ratio, ev.most))
		}
	}
	r.add(t)
	return r.againstRegexes()
}

// redactPair measures one kind of record without and with redaction, in turns.
func (r *run) redactPair(ev redactEvent) (without, with cost, err error) {
	var runners []*runner
	defer func() { closeAll(runners) }()
	for _, list := range []config.Extensions{nil, {extension("security", nil)}} {
		u, err := r.startRunner(ev.name, ev.pick, func(dir string) (*session, error) { return hydraChain(dir, chainOf{extensions: list}) })
		if err != nil {
			return without, with, err
		}
		runners = append(runners, u)
	}
	if err = turns(max(growthRounds, r.sizes.rounds), len(runners), func(i int) error { return runners[i].round(1) }); err != nil {
		return without, with, err
	}
	return medians(runners[0].rounds), medians(runners[1].rounds), nil
}

// originalRegexes are the eight patterns of the original with their replacements.
func originalRegexes() func(string) string {
	patterns := []struct{ regex, with string }{
		{`\b[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Z|a-z]{2,}\b`, "[REDACTED_EMAIL]"}, {`\b\d{3}[-.]?\d{3}[-.]?\d{4}\b`, "[REDACTED_PHONE]"},
		{`\b\d{3}-\d{2}-\d{4}\b`, "[REDACTED_SSN]"}, {`\b\d{4}[-\s]?\d{4}[-\s]?\d{4}[-\s]?\d{4}\b`, "[REDACTED_CARD]"},
		{`\bsk-[A-Za-z0-9]{20,}\b`, "[REDACTED_API_KEY]"}, {`\bpassword["\s]*[:=]["\s]*[^\s]+`, `password="[REDACTED]"`},
		{`\btoken["\s]*[:=]["\s]*[^\s]+`, `token="[REDACTED]"`}, {`\bsecret["\s]*[:=]["\s]*[^\s]+`, `secret="[REDACTED]"`},
	}
	var all []*regexp.Regexp
	for _, p := range patterns {
		all = append(all, regexp.MustCompile(p.regex))
	}
	return func(s string) string {
		for i, re := range all {
			s = re.ReplaceAllString(s, patterns[i].with)
		}
		return s
	}
}

// redactLines are texts as services log them; the last two have secrets.
func redactLines() []string {
	e := newEvent()
	return []string{
		message, e.service, e.correlation, e.url, e.err.Error(), "GET /api/v1/orders/8412?limit=50&sort=-created_at 200 12ms 10.0.3.17",
		`{"user":{"id":8412,"name":"alice"},"tags":["a","b"],"ok":true}`, "dial tcp 10.0.3.17:5432: connect: connection refused",
		"login of bob@example.com with password=hunter2 failed", "paid with 4111-1111-1111-1111, token: abc123",
	}
}

func (r *run) againstRegexes() error {
	red, err := redact.New(redact.Options{})
	if err != nil {
		return err
	}
	lines, size := redactLines(), 0
	for _, l := range lines {
		size += len(l)
	}
	measureText := func(f func(string) string) float64 {
		var best []float64
		for range max(growthRounds, r.sizes.rounds) {
			n, start := 0, time.Now()
			for time.Since(start) < r.sizes.slice {
				for _, l := range lines {
					f(l)
				}
				n++
			}
			best = append(best, float64(time.Since(start))/float64(n*len(lines)))
		}
		return median(best)
	}
	ours, regexes := measureText(red.RedactString), measureText(originalRegexes())
	t := &table{Name: "redact", Title: "The scanner against the original's eight regular expressions in Go's regexp",
		Columns: []column{{"ns a text", "%.0f"}, {"ns a byte", "%.2f"}, {"ratio", "%.1f"}}}
	bytes := float64(size) / float64(len(lines))
	t.add("redact, all of level medium", figure(ours), figure(ours/bytes), 1)
	t.add("eight regular expressions", figure(regexes), figure(regexes/bytes), figure(regexes/ours))
	r.add(t)
	r.checks = append(r.checks, atLeast("redaction, times as fast as the regular expressions", regexes/ours, 10))
	return nil
}
