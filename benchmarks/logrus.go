package main

import (
	"io"
	"time"

	"github.com/sirupsen/logrus"
)

func logrusPeers() []*peer {
	return []*peer{{
		name:      "logrus",
		toNowhere: func(string) (*session, error) { return logrusSession(io.Discard), nil },
		toFile: func(path, _ string) (*session, error) {
			return onFile(path, func(w io.Writer) (*session, error) { return logrusSession(w), nil })
		},
	}}
}

func logrusSession(w io.Writer) *session {
	l := logrus.New()
	l.SetOutput(w)
	l.SetFormatter(&logrus.JSONFormatter{TimestampFormat: time.RFC3339Nano, DisableHTMLEscape: true})
	e := newEvent()
	ten := func(seq int) logrus.Fields {
		return logrus.Fields{keyService: e.service, keyCorrelation: e.correlation, keySeq: seq,
			keyAmount: e.amount, keyRatio: e.ratio, keyRetried: e.retried, keyElapsed: e.elapsed,
			keyAt: e.at, keyURL: e.url, keyError: e.err}
	}
	bound := l.WithFields(ten(0))
	return &session{
		fields0: func(first, n int) {
			for range n {
				l.Info(message)
			}
		},
		fields5: func(first, n int) {
			for i := range n {
				l.WithFields(logrus.Fields{keyService: e.service, keyCorrelation: e.correlation,
					keySeq: first + i, keyAmount: e.amount, keyRatio: e.ratio}).Info(message)
			}
		},
		fields10: func(first, n int) {
			for i := range n {
				l.WithFields(ten(first + i)).Info(message)
			}
		},
		bound10: func(first, n int) {
			for range n {
				bound.Info(message)
			}
		},
		disabled: func(first, n int) {
			for i := range n {
				l.WithFields(ten(first + i)).Debug(message)
			}
		},
	}
}
