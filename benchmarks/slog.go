package main

import (
	"context"
	"io"
	"log/slog"

	phuslu "github.com/phuslu/log"
)

func slogPeers() []*peer {
	json := func(w io.Writer) slog.Handler { return slog.NewJSONHandler(w, nil) }
	quick := func(w io.Writer) slog.Handler { return phuslu.SlogNewJSONHandler(w, nil) }
	return []*peer{
		{
			name:      "slog JSON",
			toNowhere: func(string) (*session, error) { return slogSession(slog.New(json(io.Discard))), nil },
			toFile:    slogToFile(json),
		},
		{
			name:      "slog JSON ",
			slog:      true,
			toNowhere: func(string) (*session, error) { return slogSession(slog.New(json(io.Discard))), nil },
		},
		{
			name:      "phuslu's slog.Handler",
			slog:      true,
			toNowhere: func(string) (*session, error) { return slogSession(slog.New(quick(io.Discard))), nil },
		},
	}
}

func slogToFile(handler func(io.Writer) slog.Handler) func(path, dir string) (*session, error) {
	return func(path, _ string) (*session, error) {
		return onFile(path, func(w io.Writer) (*session, error) { return slogSession(slog.New(handler(w))), nil })
	}
}

// slogSession logs with LogAttrs, which is the cheapest way of log/slog.
func slogSession(l *slog.Logger) *session {
	e, ctx := newEvent(), context.Background()
	bound := l.With(slogBound(e)...)
	return &session{
		fields0: func(first, n int) {
			for range n {
				l.LogAttrs(ctx, slog.LevelInfo, message)
			}
		},
		fields5: func(first, n int) {
			for i := range n {
				l.LogAttrs(ctx, slog.LevelInfo, message,
					slog.String(keyService, e.service), slog.String(keyCorrelation, e.correlation),
					slog.Int(keySeq, first+i), slog.Int64(keyAmount, e.amount), slog.Float64(keyRatio, e.ratio))
			}
		},
		fields10: func(first, n int) {
			for i := range n {
				l.LogAttrs(ctx, slog.LevelInfo, message,
					slog.String(keyService, e.service), slog.String(keyCorrelation, e.correlation),
					slog.Int(keySeq, first+i), slog.Int64(keyAmount, e.amount), slog.Float64(keyRatio, e.ratio),
					slog.Bool(keyRetried, e.retried), slog.Duration(keyElapsed, e.elapsed), slog.Time(keyAt, e.at),
					slog.String(keyURL, e.url), slog.Any(keyError, e.err))
			}
		},
		bound10: func(first, n int) {
			for range n {
				bound.LogAttrs(ctx, slog.LevelInfo, message)
			}
		},
		disabled: func(first, n int) {
			for i := range n {
				l.LogAttrs(ctx, slog.LevelDebug, message,
					slog.String(keyService, e.service), slog.String(keyCorrelation, e.correlation),
					slog.Int(keySeq, first+i), slog.Int64(keyAmount, e.amount), slog.Float64(keyRatio, e.ratio),
					slog.Bool(keyRetried, e.retried), slog.Duration(keyElapsed, e.elapsed), slog.Time(keyAt, e.at),
					slog.String(keyURL, e.url), slog.Any(keyError, e.err))
			}
		},
	}
}

func slogBound(e *event) []any {
	return []any{
		slog.String(keyService, e.service), slog.String(keyCorrelation, e.correlation),
		slog.Int(keySeq, 0), slog.Int64(keyAmount, e.amount), slog.Float64(keyRatio, e.ratio),
		slog.Bool(keyRetried, e.retried), slog.Duration(keyElapsed, e.elapsed), slog.Time(keyAt, e.at),
		slog.String(keyURL, e.url), slog.Any(keyError, e.err),
	}
}
