package ratelimit_test

import (
	"testing"

	"github.com/hydra-logger/hydra/processor/ratelimit"
)

func BenchmarkLimiter(b *testing.B) {
	l := limiter(b, ratelimit.Options{Rate: 1e9, Burst: 1000})
	e := info("payment declined")
	b.ReportAllocs()
	for b.Loop() {
		e.Attrs = e.Attrs[:0]
		l.Process(bg, e)
	}
}
