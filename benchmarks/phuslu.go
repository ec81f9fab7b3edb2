package main

import (
	"io"
	"path/filepath"
	"strings"
	"time"

	phuslu "github.com/phuslu/log"
)

func phusluPeers() []*peer {
	return []*peer{
		{
			name: "phuslu",
			toNowhere: func(string) (*session, error) {
				return phusluSession(phuslu.IOWriter{Writer: io.Discard}), nil
			},
			toFile: func(path, _ string) (*session, error) {
				w := &phuslu.FileWriter{Filename: path, FileMode: 0o640}
				s := phusluSession(w)
				s.close = w.Close
				return s, nil
			},
			toPipe:  phusluPipe,
			written: phusluFile,
		},
		{
			name: "phuslu AsyncWriter",
			toFile: func(path, _ string) (*session, error) {
				w := &phuslu.AsyncWriter{ChannelSize: 4096, Writer: &phuslu.FileWriter{Filename: path, FileMode: 0o640}}
				s := phusluSession(w)
				s.close = w.Close
				return s, nil
			},
			toPipe:  phusluAsyncPipe,
			written: phusluFile,
		},
	}
}

// phusluFile finds the file of a FileWriter, whose name has the time in it. The link of the
// plain name is made by a goroutine that nothing waits for. Of several files the last is meant.
func phusluFile(path string) string {
	ext := filepath.Ext(path)
	names, err := filepath.Glob(strings.TrimSuffix(path, ext) + ".*" + ext)
	if err != nil || len(names) == 0 {
		return path
	}
	return names[len(names)-1]
}

// A FileWriter makes a file of another name and a link to it, so a pipe is written through an IOWriter.
func phusluPipe(path, _ string) (*session, error) {
	return onFile(path, func(w io.Writer) (*session, error) { return phusluSession(phuslu.IOWriter{Writer: w}), nil })
}

func phusluAsyncPipe(path, _ string) (*session, error) {
	return onFile(path, func(w io.Writer) (*session, error) {
		a := &phuslu.AsyncWriter{ChannelSize: 4096, Writer: phuslu.IOWriter{Writer: w}}
		s := phusluSession(a)
		s.close = a.Close
		return s, nil
	})
}

// phusluSession leaves TimeFormat empty, which is phuslu's fastest, and writes the
// field of kind time with RFC3339Nano, which is faster than its Time method.
func phusluSession(w phuslu.Writer) *session {
	l := &phuslu.Logger{Level: phuslu.InfoLevel, Writer: w}
	e := newEvent()
	bound := &phuslu.Logger{Level: phuslu.InfoLevel, Writer: w,
		Context: phuslu.NewContext(nil).Str(keyService, e.service).Str(keyCorrelation, e.correlation).
			Int(keySeq, 0).Int64(keyAmount, e.amount).Float64(keyRatio, e.ratio).
			Bool(keyRetried, e.retried).Dur(keyElapsed, e.elapsed).TimeFormat(keyAt, time.RFC3339Nano, e.at).
			Str(keyURL, e.url).AnErr(keyError, e.err).Value()}
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
					Bool(keyRetried, e.retried).Dur(keyElapsed, e.elapsed).TimeFormat(keyAt, time.RFC3339Nano, e.at).
					Str(keyURL, e.url).AnErr(keyError, e.err).Msg(message)
			}
		},
		varied10: func(first, n int) {
			all := variedEvents()
			for i := range n {
				e := varied(all, first+i)
				l.Info().Str(keyService, e.service).Str(keyCorrelation, e.correlation).
					Int(keySeq, first+i).Int64(keyAmount, e.amount).Float64(keyRatio, e.ratio).
					Bool(keyRetried, e.retried).Dur(keyElapsed, e.elapsed).TimeFormat(keyAt, time.RFC3339Nano, e.at).
					Str(keyURL, e.url).AnErr(keyError, e.err).Msg(message)
			}
		},
		fields20: func(first, n int) {
			for i := range n {
				l.Info().Str(keyService, e.service).Str(keyCorrelation, e.correlation).
					Int(keySeq, first+i).Int64(keyAmount, e.amount).Float64(keyRatio, e.ratio).
					Bool(keyRetried, e.retried).Dur(keyElapsed, e.elapsed).TimeFormat(keyAt, time.RFC3339Nano, e.at).
					Str(keyURL, e.url).AnErr(keyError, e.err).
					Str("service2", e.service).Str("correlation2", e.correlation).
					Int("seq2", first+i).Int64("amount2", e.amount).Float64("ratio2", e.ratio).
					Bool("retried2", e.retried).Dur("elapsed2", e.elapsed).TimeFormat("at2", time.RFC3339Nano, e.at).
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
					Bool(keyRetried, e.retried).Dur(keyElapsed, e.elapsed).TimeFormat(keyAt, time.RFC3339Nano, e.at).
					Str(keyURL, e.url).AnErr(keyError, e.err).Msg(message)
			}
		},
	}
}
