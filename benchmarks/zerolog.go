package main

import (
	"bufio"
	"io"
	"sync"
	"time"

	"github.com/rs/zerolog"
	"github.com/rs/zerolog/diode"
)

func zerologPeers() []*peer {
	return []*peer{
		{
			name:      "zerolog",
			toNowhere: func(string) (*session, error) { return zerologSession(io.Discard), nil },
			toFile: func(path, _ string) (*session, error) {
				return onFile(path, func(w io.Writer) (*session, error) { return zerologSession(w), nil })
			},
		},
		{name: "zerolog locked bufio", toFile: zerologBuffered},
		{name: "zerolog diode", toFile: zerologDiode},
	}
}

// lockedBuffer is what many services put under zerolog by hand: 256 KiB, flushed when it is full and at the end.
type lockedBuffer struct {
	mu sync.Mutex
	b  *bufio.Writer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) flush() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Flush()
}

func zerologBuffered(path, _ string) (*session, error) {
	return onFile(path, func(w io.Writer) (*session, error) {
		b := &lockedBuffer{b: bufio.NewWriterSize(w, 256<<10)}
		s := zerologSession(b)
		s.close = b.flush
		return s, nil
	})
}

// zerologDiode has a ring of 100,000 records; what does not fit is dropped.
func zerologDiode(path, _ string) (*session, error) {
	f, err := appendTo(path)
	if err != nil {
		return nil, err
	}
	d := diode.NewWriter(f, 100_000, 10*time.Millisecond, nil)
	s := zerologSession(d)
	s.close = d.Close // closes the file too
	return s, nil
}

// zerologGlobals sets what zerolog keeps in package variables: the cheapest forms without loss.
var zerologGlobals = sync.OnceFunc(func() {
	zerolog.TimeFieldFormat = time.RFC3339Nano
	zerolog.DurationFieldUnit = time.Nanosecond
	zerolog.DurationFieldInteger = true
	zerolog.ErrorHandler = func(error) {}
})

func zerologSession(w io.Writer) *session {
	zerologGlobals()
	l := zerolog.New(w).Level(zerolog.InfoLevel).With().Timestamp().Logger()
	e := newEvent()
	bound := l.With().Str(keyService, e.service).Str(keyCorrelation, e.correlation).
		Int(keySeq, 0).Int64(keyAmount, e.amount).Float64(keyRatio, e.ratio).
		Bool(keyRetried, e.retried).Dur(keyElapsed, e.elapsed).Time(keyAt, e.at).
		Str(keyURL, e.url).AnErr(keyError, e.err).Logger()
	return &session{
		fields0: func(first, n int) {
			for range n {
				l.Info().Msg(message)
			}
		},
		fields5: func(first, n int) {
			for i := range n {
				l.Info().Str(keyService, e.service).Str(keyCorrelation, e.correlation).
					Int(keySeq, first+i).Int64(keyAmount, e.amount).Float64(keyRatio, e.ratio).Msg(message)
			}
		},
		fields10: func(first, n int) {
			for i := range n {
				l.Info().Str(keyService, e.service).Str(keyCorrelation, e.correlation).
					Int(keySeq, first+i).Int64(keyAmount, e.amount).Float64(keyRatio, e.ratio).
					Bool(keyRetried, e.retried).Dur(keyElapsed, e.elapsed).Time(keyAt, e.at).
					Str(keyURL, e.url).AnErr(keyError, e.err).Msg(message)
			}
		},
		varied10: func(first, n int) {
			all := variedEvents()
			for i := range n {
				e := varied(all, first+i)
				l.Info().Str(keyService, e.service).Str(keyCorrelation, e.correlation).
					Int(keySeq, first+i).Int64(keyAmount, e.amount).Float64(keyRatio, e.ratio).
					Bool(keyRetried, e.retried).Dur(keyElapsed, e.elapsed).Time(keyAt, e.at).
					Str(keyURL, e.url).AnErr(keyError, e.err).Msg(message)
			}
		},
		fields20: func(first, n int) {
			for i := range n {
				l.Info().Str(keyService, e.service).Str(keyCorrelation, e.correlation).
					Int(keySeq, first+i).Int64(keyAmount, e.amount).Float64(keyRatio, e.ratio).
					Bool(keyRetried, e.retried).Dur(keyElapsed, e.elapsed).Time(keyAt, e.at).
					Str(keyURL, e.url).AnErr(keyError, e.err).
					Str("service2", e.service).Str("correlation2", e.correlation).
					Int("seq2", first+i).Int64("amount2", e.amount).Float64("ratio2", e.ratio).
					Bool("retried2", e.retried).Dur("elapsed2", e.elapsed).Time("at2", e.at).
					Str("url2", e.url).AnErr("error2", e.err).Msg(message)
			}
		},
		bound10: func(first, n int) {
			for range n {
				bound.Info().Msg(message)
			}
		},
		disabled: func(first, n int) {
			for i := range n {
				l.Debug().Str(keyService, e.service).Str(keyCorrelation, e.correlation).
					Int(keySeq, first+i).Int64(keyAmount, e.amount).Float64(keyRatio, e.ratio).
					Bool(keyRetried, e.retried).Dur(keyElapsed, e.elapsed).Time(keyAt, e.at).
					Str(keyURL, e.url).AnErr(keyError, e.err).Msg(message)
			}
		},
	}
}
