package main

import (
	"io"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

func zapPeers() []*peer {
	return []*peer{
		{
			name:      "zap",
			toNowhere: func(string) (*session, error) { return zapSession(zapcore.AddSync(io.Discard)), nil },
			toFile: func(path, _ string) (*session, error) {
				return onFile(path, func(w io.Writer) (*session, error) { return zapSession(zapcore.Lock(zapcore.AddSync(w))), nil })
			},
		},
		{name: "zap BufferedWriteSyncer", toFile: zapBuffered},
	}
}

func zapBuffered(path, _ string) (*session, error) {
	return onFile(path, func(w io.Writer) (*session, error) {
		b := &zapcore.BufferedWriteSyncer{WS: zapcore.AddSync(w)}
		s := zapSession(b)
		s.close = b.Stop
		return s, nil
	})
}

func zapSession(w zapcore.WriteSyncer) *session {
	c := zap.NewProductionEncoderConfig()
	c.EncodeTime = zapcore.RFC3339NanoTimeEncoder
	c.EncodeDuration = zapcore.NanosDurationEncoder
	l := zap.New(zapcore.NewCore(zapcore.NewJSONEncoder(c), w, zapcore.InfoLevel),
		zap.ErrorOutput(zapcore.AddSync(io.Discard)))
	e := newEvent()
	bound := l.With(zap.String(keyService, e.service), zap.String(keyCorrelation, e.correlation),
		zap.Int(keySeq, 0), zap.Int64(keyAmount, e.amount), zap.Float64(keyRatio, e.ratio),
		zap.Bool(keyRetried, e.retried), zap.Duration(keyElapsed, e.elapsed), zap.Time(keyAt, e.at),
		zap.String(keyURL, e.url), zap.Error(e.err))
	return &session{
		fields0: func(first, n int) {
			for range n {
				l.Info(message)
			}
		},
		fields5: func(first, n int) {
			for i := range n {
				l.Info(message, zap.String(keyService, e.service), zap.String(keyCorrelation, e.correlation),
					zap.Int(keySeq, first+i), zap.Int64(keyAmount, e.amount), zap.Float64(keyRatio, e.ratio))
			}
		},
		fields10: func(first, n int) {
			for i := range n {
				l.Info(message, zap.String(keyService, e.service), zap.String(keyCorrelation, e.correlation),
					zap.Int(keySeq, first+i), zap.Int64(keyAmount, e.amount), zap.Float64(keyRatio, e.ratio),
					zap.Bool(keyRetried, e.retried), zap.Duration(keyElapsed, e.elapsed), zap.Time(keyAt, e.at),
					zap.String(keyURL, e.url), zap.Error(e.err))
			}
		},
		bound10: func(first, n int) {
			for range n {
				bound.Info(message)
			}
		},
		disabled: func(first, n int) {
			for i := range n {
				l.Debug(message, zap.String(keyService, e.service), zap.String(keyCorrelation, e.correlation),
					zap.Int(keySeq, first+i), zap.Int64(keyAmount, e.amount), zap.Float64(keyRatio, e.ratio),
					zap.Bool(keyRetried, e.retried), zap.Duration(keyElapsed, e.elapsed), zap.Time(keyAt, e.at),
					zap.String(keyURL, e.url), zap.Error(e.err))
			}
		},
	}
}
