package hydra

import (
	"context"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"os"
	"runtime/debug"
	"sync"
	"sync/atomic"
)

// RedirectOptions says what [Redirect] takes, and how.
type RedirectOptions struct {
	// StdLog takes what the default logger of package log prints: one record a call, without its date and flags.
	StdLog bool
	// Stderr takes descriptor 2, so that it also catches what the runtime, C code and child processes write: one record a
	// line, with the attribute log.iostream. Unix only.
	Stderr bool
	// Level of the records. Default: INFO.
	Level slog.Level
}

// StreamKey is the key of the attribute that says from which stream a redirected line comes, as OpenTelemetry names it.
const StreamKey = "log.iostream"

// ErrRedirected is the error of [Redirect] for a stream that is redirected already.
var ErrRedirected = errors.New("hydra: it is redirected already; close that redirection first")

// Redirection is what [Redirect] returns. Its methods are safe for concurrent use.
type Redirection struct {
	std  *stdRedirect
	raw  *rawRedirect
	once sync.Once
	err  error
}

// Redirect makes records of what others print: the standard log package, and the raw standard error of the process. Call it once, at
// the start of main, behind the defer of the logger's Close:
//
//	defer log.Close()
//	r, err := hydra.Redirect(log, hydra.RedirectOptions{StdLog: true, Stderr: true})
//	...
//	defer r.Close()
//
// Close, [CloseAll] and [Exit] put back what was there. Consoles of this package that write to standard error, and its own
// diagnostics, go on to the real one, at all times. So does a line that comes when the logger is closed.
//
// Raw standard error becomes a pipe that does not block, of 1 MiB on Linux: a program that dies writes its last words into it when nobody reads
// it any more, and must not be held up by that. Who writes faster than the lines are taken, by more than the pipe holds, gets EAGAIN. What the
// runtime says when the program crashes goes, by [debug.SetCrashOutput], to the state directory of the logger, from where the next
// start reports it, or where there is none, to the real standard error. Lines that are in the pipe when the program ends without Close are lost.
//
// Child processes inherit the pipe: what they write after Close fails. What a destination's own client library prints, while it delivers,
// becomes a record that it has to deliver: give such a library a logger that does not lead there.
//
// Redirecting Stderr where the system cannot (Windows, Plan 9, WebAssembly) is an error that wraps [errors.ErrUnsupported], and nothing is redirected then.
func Redirect(log *Logger, o RedirectOptions) (*Redirection, error) {
	if !o.StdLog && !o.Stderr {
		return nil, errors.New("hydra: Redirect: nothing to redirect: set StdLog or Stderr")
	}
	if log == nil || log.e == nil {
		return nil, errors.New("hydra: Redirect: what is redirected to a logger that logs nothing would be lost")
	}
	redirects.mu.Lock()
	defer redirects.mu.Unlock()
	if o.StdLog && redirects.std != nil || o.Stderr && redirects.raw.Load() != nil {
		return nil, ErrRedirected
	}
	r := &Redirection{}
	if o.Stderr {
		raw, err := redirectRaw(log, o.Level)
		if err != nil {
			return nil, fmt.Errorf("hydra: Redirect: standard error: %w", err)
		}
		r.raw = raw
		redirects.raw.Store(raw)
		crashToStderr()
	}
	if o.StdLog {
		r.std = redirectStd(log, o.Level)
		redirects.std = r.std
	}
	redirects.all = append(redirects.all, r)
	return r, nil
}

// Close puts back what was there before, and makes records of what has come until then. It may be called any number of times.
func (r *Redirection) Close() error {
	if r == nil {
		return nil
	}
	r.once.Do(func() { r.err = r.close() })
	return r.err
}

func (r *Redirection) close() error {
	redirects.mu.Lock()
	defer redirects.mu.Unlock()
	redirects.forget(r)
	if r.std != nil {
		r.std.restore()
		redirects.std = nil
	}
	if r.raw == nil {
		return nil
	}
	if engines.crash.Load() == nil {
		_ = debug.SetCrashOutput(nil, debug.CrashOptions{})
	}
	err := r.raw.restore()
	redirects.raw.Store(nil)
	return errors.Join(err, r.raw.stderr.Close())
}

// redirects is what is redirected in this process, whose streams are one for all.
var redirects redirectState

type redirectState struct {
	mu  sync.Mutex
	all []*Redirection
	std *stdRedirect
	raw atomic.Pointer[rawRedirect]
}

func (s *redirectState) forget(r *Redirection) {
	for i, o := range s.all {
		if o == r {
			s.all = append(s.all[:i], s.all[i+1:]...)
			return
		}
	}
}

// closeRedirects puts back everything.
func closeRedirects() error {
	redirects.mu.Lock()
	all := append([]*Redirection(nil), redirects.all...)
	redirects.mu.Unlock()
	var errs []error
	for _, r := range all {
		errs = append(errs, r.Close())
	}
	return errors.Join(errs...)
}

// realStderr is standard error as it was before it was redirected: what this package itself has to say must not come back as a record.
func realStderr() *os.File {
	if raw := redirects.raw.Load(); raw != nil {
		return raw.stderr
	}
	return os.Stderr
}

// crashToStderr makes the text of a crash reach the real standard error while that is redirected and no logger has the
// runtime's crash output.
func crashToStderr() {
	if raw := redirects.raw.Load(); raw != nil && engines.crash.Load() == nil {
		_ = debug.SetCrashOutput(raw.stderr, debug.CrashOptions{})
	}
}

// stdRedirect is the redirection of package log.
type stdRedirect struct {
	ours   *redirectWriter
	writer interface{ Write([]byte) (int, error) }
	flags  int
}

func redirectStd(l *Logger, level slog.Level) *stdRedirect {
	s := &stdRedirect{ours: &redirectWriter{l: l, level: level}, writer: log.Writer(), flags: log.Flags()}
	log.SetFlags(0)
	log.SetOutput(s.ours)
	return s
}

// restore leaves package log alone when somebody else has changed it since.
func (s *stdRedirect) restore() {
	if log.Writer() == s.ours {
		log.SetOutput(s.writer)
		log.SetFlags(s.flags)
	}
}

// redirectWriter makes a record of each write.
type redirectWriter struct {
	l     *Logger
	level slog.Level
}

// Write implements io.Writer.
func (w *redirectWriter) Write(p []byte) (int, error) {
	if w.l.h.closed.Load() {
		return realStderr().Write(p)
	}
	return callWriter{l: w.l, level: w.level}.Write(p)
}

// writeRaw makes a record of a line of standard error.
func (r *rawRedirect) writeRaw(line []byte) {
	if len(line) == 0 {
		return
	}
	if r.l.h.closed.Load() {
		_, _ = r.stderr.Write(append(line, '\n'))
		return
	}
	r.l.Log(context.Background(), r.level, string(line), slog.String(StreamKey, "stderr"))
}
