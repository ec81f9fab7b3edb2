package hydra

import (
	"bytes"
	"context"
	"io"
	"log"
	"log/slog"
	"sync"
)

// Writer returns an [io.Writer] for code that writes text: each line becomes a
// record at level. An unfinished line is kept until its end arrives or the
// writer is closed; a line longer than 1 MiB is written in pieces. It is safe for concurrent use.
func (l *Logger) Writer(level slog.Level) io.WriteCloser {
	return &lineWriter{l: l, level: level}
}

// StdLogger returns a [log.Logger] for code that takes one, such as
// http.Server.ErrorLog: each call becomes a record at level.
func (l *Logger) StdLogger(level slog.Level) *log.Logger {
	return log.New(callWriter{l: l, level: level}, "", 0)
}

// maxLine is where a line without an end is written all the same.
const maxLine = 1 << 20

type lineWriter struct {
	l     *Logger
	level slog.Level
	mu    sync.Mutex
	rest  []byte
}

func (w *lineWriter) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := len(p)
	for {
		i := bytes.IndexByte(p, '\n')
		if i < 0 {
			break
		}
		w.emit(append(w.rest, p[:i]...))
		w.rest = w.rest[:0]
		p = p[i+1:]
	}
	w.rest = append(w.rest, p...)
	if len(w.rest) > maxLine {
		w.emit(w.rest)
		w.rest = w.rest[:0]
	}
	return n, nil
}

// Close writes an unfinished line. It does not close the logger.
func (w *lineWriter) Close() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.rest) > 0 {
		w.emit(w.rest)
		w.rest = nil
	}
	return nil
}

func (w *lineWriter) emit(line []byte) {
	w.l.Log(context.Background(), w.level, string(bytes.TrimSuffix(line, []byte("\r"))))
}

// callWriter is for log.Logger, which writes once a call.
type callWriter struct {
	l     *Logger
	level slog.Level
}

func (w callWriter) Write(p []byte) (int, error) {
	w.l.Log(context.Background(), w.level, string(bytes.TrimRight(p, "\r\n")))
	return len(p), nil
}
