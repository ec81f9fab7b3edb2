package main

import (
	"errors"
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
