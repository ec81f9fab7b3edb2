package sample

import (
	"context"
	"fmt"
	"log/slog"
	"math"

	"github.com/hydra-logger/hydra/processor"
	"github.com/hydra-logger/hydra/processor/key"
	"github.com/hydra-logger/hydra/record"
)

// FlowOptions are the settings of a [Flow].
type FlowOptions struct {
	// Rate is the part of the flows that is kept: above 0, at most 1. Needed.
	Rate float64
	// Scope says which records may be left out. Default: those below WARNING, of all layers.
	Scope key.Scope
}

// Flow keeps or drops all records of one correlation id. Every service with the same rate
// decides alike, one with a higher rate keeps what one with a lower rate keeps. A record without
// a correlation id is decided by its trace id, in its text form; one without both is kept.
type Flow struct {
	scope key.Scope
	limit uint64
	all   bool
}

// NewFlow returns a processor. A rate that is not above 0 and at most 1 is an error.
func NewFlow(o FlowOptions) (*Flow, error) {
	if !(o.Rate > 0 && o.Rate <= 1) {
		return nil, fmt.Errorf("rate: %v is not above 0 and at most 1", o.Rate)
	}
	f := &Flow{scope: o.Scope, all: o.Rate == 1}
	if !f.all {
		f.limit = uint64(math.Ldexp(o.Rate, 64))
	}
	return f, nil
}

// Reason implements processor.Reasoner.
func (f *Flow) Reason() string { return processor.ReasonSampled }

// Process implements processor.Processor.
func (f *Flow) Process(_ context.Context, e *record.Event) bool {
	return f.keeps(e.Level, e.Layer, &e.IDs)
}

// Decide implements processor.Decider.
func (f *Flow) Decide(_ context.Context, v *record.View) processor.Verdict {
	if f.keeps(v.Level, v.Layer, &v.IDs) {
		return processor.Pass
	}
	return processor.Drop
}

func (f *Flow) keeps(level slog.Level, layer string, ids *record.IDs) bool {
	switch {
	case f.all || !f.scope.Holds(level, layer):
		return true
	case ids.CorrelationID != "":
		return Hash(ids.CorrelationID) < f.limit
	case ids.TraceID != [16]byte{}:
		return hashHex(ids.TraceID[:]) < f.limit
	}
	return true
}

// FNV-1a, 64 bits.
const (
	fnvOffset = 0xcbf29ce484222325
	fnvPrime  = 0x100000001b3
)

// Hash decides on a flow: it is kept when Hash(id) < rate × 2^64. It is FNV-1a over the bytes of the
// id, 64 bits, then the finalizer of MurmurHash3 (fmix64), so that other languages can do the same.
// It never changes.
func Hash(id string) uint64 {
	h := uint64(fnvOffset)
	for i := range len(id) {
		h = (h ^ uint64(id[i])) * fnvPrime
	}
	return key.Mix(h)
}

// hashHex is Hash of the bytes in lower-case hexadecimal.
func hashHex(b []byte) uint64 {
	const digits = "0123456789abcdef"
	h := uint64(fnvOffset)
	for _, c := range b {
		h = (h ^ uint64(digits[c>>4])) * fnvPrime
		h = (h ^ uint64(digits[c&15])) * fnvPrime
	}
	return key.Mix(h)
}
