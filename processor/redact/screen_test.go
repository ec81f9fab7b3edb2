package redact_test

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/hydra-logger/hydra"
	"github.com/hydra-logger/hydra/internal/invariants"
	"github.com/hydra-logger/hydra/processor/redact"
	"github.com/hydra-logger/hydra/record"
)

// tenFields is the event that the benchmarks log: nothing in it is a secret.
func tenFields() []slog.Attr {
	return []slog.Attr{
		slog.String("service", "payment"), slog.String("correlation_id", "0193c5b2-7c4a-7d3e-9f21-3b5a1c9d2e4f"),
		slog.Int("seq", 4711), slog.Int64("amount", 129900), slog.Float64("ratio", 0.8375), slog.Bool("retried", true),
		slog.Duration("elapsed", 12345*time.Microsecond), slog.Time("at", time.Date(2026, 11, 23, 21, 8, 7, 125e6, time.UTC)),
		slog.String("url", "https://api.example.com/orders/8412"), slog.Any("error", errors.New("connection refused")),
	}
}

// plainFields have no character that a secret begins with.
func plainFields() []slog.Attr {
	attrs := tenFields()
	attrs[1], attrs[8] = slog.String("flow", "checkout"), slog.String("place", "/orders/list")
	return attrs
}

func view(t testing.TB, msg string, attrs ...slog.Attr) *record.View {
	t.Helper()
	var enc record.Encoder
	v := new(record.View)
	if err := v.Decode(enc.Encode(&record.Header{Message: msg, Layer: "default"}, nil, attrs)); err != nil {
		t.Fatal(err)
	}
	return v
}

// screens is what Screen and Process say about the same record: both must agree, but that Screen may be in doubt.
func TestARecordThatIsNotTouchedWouldNotHaveChanged(t *testing.T) {
	r := mustNew(t, redact.Options{})
	g := newGen(5)
	var lines []string
	for _, k := range allKinds() {
		secret, _ := k.make(g)
		lines = append(lines, secret, "x "+secret+" y")
	}
	lines = append(lines, cleanLines(t)[:2000]...)
	doubts := 0
	for _, line := range lines {
		changed := r.RedactString(line) != line
		for _, v := range []*record.View{
			view(t, line), view(t, "m", slog.String("k", line)), view(t, "m", slog.Any("k", errors.New(line))), view(t, "m", slog.Bool(line, true)),
			view(t, "m", slog.Any("k", []any{map[string]any{"a": line}})),
		} {
			touch := r.Screen(context.Background(), v)
			if changed && !touch {
				t.Fatalf("%q would change, and Screen does not say so", line)
			}
			if touch && !changed {
				doubts++
			}
		}
	}
	if doubts > len(lines)/20 {
		t.Errorf("%d needless doubts", doubts)
	}
}

func TestScreeningAllocatesNothing(t *testing.T) {
	if invariants.Enabled {
		t.Skip("the race detector allocates")
	}
	for _, level := range []string{"low", "medium", "high", "strict"} {
		r := mustNew(t, redact.Options{Level: level})
		for _, attrs := range [][]slog.Attr{tenFields(), plainFields()} {
			v := view(t, "payment declined", attrs...)
			if r.Screen(context.Background(), v) {
				t.Errorf("%s: there is nothing to hide", level)
			}
			if n := testing.AllocsPerRun(100, func() { r.Screen(context.Background(), v) }); n != 0 {
				t.Errorf("%s: %v allocations", level, n)
			}
		}
	}
}

func BenchmarkScreen(b *testing.B) {
	r := mustNew(b, redact.Options{})
	for name, attrs := range map[string][]slog.Attr{"ten": tenFields(), "plain": plainFields()} {
		v := view(b, "payment declined", attrs...)
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				r.Screen(context.Background(), v)
			}
		})
	}
	v := view(b, "payment declined", tenFields()...)
	b.Run("walk alone", func(b *testing.B) {
		for b.Loop() {
			it := v.Attrs()
			var t record.Token
			for it.Next(&t) {
			}
		}
	})
}

// BenchmarkSieve is what encoding costs without and with the sieve.
func BenchmarkSieve(b *testing.B) {
	r := mustNew(b, redact.Options{})
	for name, attrs := range map[string][]slog.Attr{"ten": tenFields(), "plain": plainFields()} {
		for way, sieve := range map[string]*record.Sieve{"without": nil, "with": r.Sieve()} {
			b.Run(name+" "+way, func(b *testing.B) {
				var enc record.Encoder
				enc.SetSieve(sieve)
				h := &record.Header{Message: "payment declined", Layer: "default"}
				b.ReportAllocs()
				for b.Loop() {
					enc.Encode(h, nil, attrs)
				}
				if sieve != nil && !enc.Passed() {
					b.Error("it was to pass")
				}
			})
		}
	}
}

func TestALogCallWithRedactionAllocatesNothing(t *testing.T) {
	if invariants.Enabled {
		t.Skip("the race detector allocates")
	}
	cfg := hydra.Config{Name: "allocations", Journal: hydra.Journal{Dir: t.TempDir()}, Layers: map[string]hydra.Layer{
		"default": {Level: "info", Destinations: []hydra.Destination{{Type: "null", Format: "json-lines"}}}}}
	log, err := hydra.New(cfg, hydra.WithProcessor(mustNew(t, redact.Options{Level: "medium"})), hydra.WithoutCrashOutput())
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	attrs, ctx := tenFields(), context.Background()
	call := func() { log.Info(ctx, "payment declined", attrs...) }
	for range 100 {
		call() // fills the pools
	}
	if n := testing.AllocsPerRun(1000, call); n != 0 {
		t.Errorf("%v allocations a call", n)
	}
}

func TestTextsWithEscapesAndDigitsAllocateNothing(t *testing.T) {
	if invariants.Enabled {
		t.Skip("the race detector allocates")
	}
	r := mustNew(t, redact.Options{})
	for _, text := range []string{
		"GET /search?q=a%20b%2Fc&page=3 took 12 ms", "the token is valid for 3600 seconds", "password is at least 12 characters long",
		"job 17 of host1 in 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b", "user 4155552671 read block 12345678",
	} {
		if out := r.RedactString(text); out != text {
			t.Errorf("%s became %s", text, out)
		}
		if n := testing.AllocsPerRun(100, func() { r.RedactString(text) }); n != 0 {
			t.Errorf("%s: %v allocations", text, n)
		}
	}
}
