package dedupe_test

import (
	"log/slog"
	"testing"

	"github.com/hydra-logger/hydra/processor/dedupe"
)

func BenchmarkARepetition(b *testing.B) {
	d := deduper(b, dedupe.Options{})
	e := info("payment declined", slog.String("host", "db-1"), slog.Int("port", 5432))
	b.ReportAllocs()
	for b.Loop() {
		d.Process(bg, e)
	}
}

func BenchmarkANewKey(b *testing.B) {
	d := deduper(b, dedupe.Options{})
	e := info("payment declined", slog.Int("n", 0))
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		e.Attrs[0].Value = slog.IntValue(i)
		d.Process(bg, e)
	}
}
