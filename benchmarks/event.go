package main

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"
)

// event holds the values of the ten fields, besides seq, which is the number of the record.
// They are variables, so that no compiler folds them into the calls.
type event struct {
	service     string
	correlation string
	amount      int64
	ratio       float64
	retried     bool
	elapsed     time.Duration
	at          time.Time
	url         string
	err         error
}

const message = "payment declined"

// Keys of the fields, in the order in which they are logged.
const (
	keyService     = "service"
	keyCorrelation = "correlation_id"
	keySeq         = "seq"
	keyAmount      = "amount"
	keyRatio       = "ratio"
	keyRetried     = "retried"
	keyElapsed     = "elapsed"
	keyAt          = "at"
	keyURL         = "url"
	keyError       = "error"
)

// newEvent returns the event that every scenario logs. The time has milliseconds
// and the zone UTC, so that every peer's format can say it without loss.
func newEvent() *event {
	return &event{
		service:     "payment",
		correlation: "0193c5b2-7c4a-7d3e-9f21-3b5a1c9d2e4f",
		amount:      1299_00,
		ratio:       0.8375,
		retried:     true,
		elapsed:     12345 * time.Microsecond,
		at:          time.Date(2026, 11, 23, 21, 8, 7, 125e6, time.UTC),
		url:         "https://api.example.com/orders/8412",
		err:         errors.New("connection refused"),
	}
}

// manyEvents is a power of two, far more than a compressor looks back.
const manyEvents = 1 << 13

// variedEvents are events as a service has them: ids, amounts, times, paths and errors differ. They are
// for what compresses: the same event over and over becomes next to nothing.
var variedEvents = sync.OnceValue(func() []event {
	r := rand.New(rand.NewPCG(20261123, 8412))
	services := []string{"payment", "orders", "shipping", "catalog", "notifications"}
	reasons := []error{errors.New("connection refused"), errors.New("context deadline exceeded"), errors.New("card expired"),
		errors.New("no such order"), errors.New("read tcp 10.2.0.17:5432: connection reset by peer")}
	base := newEvent()
	all := make([]event, manyEvents)
	for i := range all {
		all[i] = event{
			service: services[r.IntN(len(services))], amount: r.Int64N(500_00), ratio: float64(r.IntN(10_000)) / 10_000,
			correlation: fmt.Sprintf("0193c5b2-%04x-7%03x-%04x-%012x", r.IntN(1<<16), r.IntN(1<<12), 0x8000|r.IntN(1<<14), r.Int64N(1<<48)),
			retried:     r.IntN(10) == 0, elapsed: time.Duration(r.Int64N(80_000)) * time.Microsecond,
			at:  base.at.Add(time.Duration(i)*37*time.Millisecond + time.Duration(r.IntN(30))*time.Millisecond),
			url: fmt.Sprintf("https://api.example.com/orders/%d", r.IntN(1_000_000)), err: reasons[r.IntN(len(reasons))],
		}
	}
	return all
})

// varied returns event number i of them.
func varied(all []event, i int) *event { return &all[i&(manyEvents-1)] }
