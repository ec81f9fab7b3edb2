package sample_test

import (
	"testing"

	"github.com/hydra-logger/hydra/processor/sample"
)

func BenchmarkHead(b *testing.B) {
	h, err := sample.NewHead(sample.Options{First: 1, Thereafter: 1})
	if err != nil {
		b.Fatal(err)
	}
	e := info("payment declined")
	b.ReportAllocs()
	for b.Loop() {
		e.Attrs = e.Attrs[:0]
		h.Process(bg, e)
	}
}

func BenchmarkFlow(b *testing.B) {
	f, err := sample.NewFlow(sample.FlowOptions{Rate: 0.5})
	if err != nil {
		b.Fatal(err)
	}
	e := info("payment declined")
	e.IDs.CorrelationID = "0193c5b2-7c4a-7d3e-9f21-3b5a1c9d2e4f"
	b.ReportAllocs()
	for b.Loop() {
		f.Process(bg, e)
	}
}
