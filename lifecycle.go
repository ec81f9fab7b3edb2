package hydra

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"sync"
	"syscall"

	"log/slog"
)

// Close stops accepting records, waits until the destinations have them, and
// releases everything: goroutines, files, mappings. It waits for close_timeout
// at most (default 10 s; 0: no limit). What is not delivered by then stays in the
// journal for the next start, and is named in the error by destination and
// number; without a state directory it is lost, counted as dropped, and the error says so.
//
// While other loggers of the process share the engine (same name, equal
// configuration), Close only ends this one; the last Close drains.
// Close may be called any number of times, from any goroutine; all calls return
// the same error. On a logger that came from Layer, With or WithGroup it does nothing.
func (l *Logger) Close() error {
	if l == nil || l.h == nil || !l.root {
		return nil
	}
	ctx, cancel := l.e.closeContext()
	defer cancel()
	return l.h.close(ctx)
}

// Shutdown is Close with the deadline of ctx in place of close_timeout.
func (l *Logger) Shutdown(ctx context.Context) error {
	if l == nil || l.h == nil || !l.root {
		return nil
	}
	return l.h.close(orBackground(ctx))
}

// Flush returns nil when everything that was accepted before the call is
// delivered, or when ctx ends, an error that names what is pending.
func (l *Logger) Flush(ctx context.Context) error {
	if l == nil || l.e == nil {
		return nil
	}
	return l.e.flush(orBackground(ctx))
}

// Sync returns nil when everything that was accepted before the call survives a
// power cut: it is in synced files of the journal. Without a state directory it is Flush.
func (l *Logger) Sync(ctx context.Context) error {
	if l == nil || l.e == nil {
		return nil
	}
	return l.e.sync(orBackground(ctx))
}

// Guard is deferred in main: defer log.Guard(). It closes the logger, and when
// the function panics, it first logs the panic with its stack at CRITICAL, and
// afterwards panics on with the same value. Errors of Close go to standard error.
func (l *Logger) Guard() {
	if r := recover(); r != nil {
		l.Log(context.Background(), LevelCritical, fmt.Sprintf("panic: %v", r),
			slog.String("stack", string(debug.Stack())))
		l.closeOrComplain()
		panic(r)
	}
	l.closeOrComplain()
}

func (l *Logger) closeOrComplain() {
	if err := l.Close(); err != nil {
		complainAtClose(err)
	}
}

// Run calls fn with a context that ends at SIGINT, at SIGTERM or with ctx, waits
// for fn to return, and closes the logger. It returns the errors of fn and of
// Close, joined. A second signal returns at once; what is not delivered then stays
// in the journal. A panic of fn is logged as by [Logger.Guard] and goes on.
func (l *Logger) Run(ctx context.Context, fn func(ctx context.Context) error) error {
	ctx, cancel := context.WithCancel(orBackground(ctx))
	defer cancel()
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	defer signal.Stop(signals)

	done := make(chan runResult, 1)
	go l.runGuarded(ctx, fn, done)
	first := false
	for {
		select {
		case sig := <-signals:
			if first {
				return fmt.Errorf("hydra: second signal (%v): not waiting for delivery", sig)
			}
			first = true
			cancel()
		case r := <-done:
			if r.panicked {
				panic(r.value)
			}
			return r.err
		}
	}
}

type runResult struct {
	err      error
	panicked bool
	value    any
}

// runGuarded runs fn and closes the logger; a panic of fn is passed on to the caller's goroutine.
func (l *Logger) runGuarded(ctx context.Context, fn func(ctx context.Context) error, done chan<- runResult) {
	res := runResult{panicked: true}
	defer func() {
		if res.panicked {
			res.value = recover()
			l.Log(context.Background(), LevelCritical, fmt.Sprintf("panic: %v", res.value),
				slog.String("stack", string(debug.Stack())))
		}
		res.err = errors.Join(res.err, l.Close())
		done <- res
	}()
	res.err = fn(ctx)
	res.panicked = false
}

// Exit closes every open logger of the process as [CloseAll] does and then calls os.Exit(code).
func Exit(code int) {
	if err := CloseAll(); err != nil {
		complainAtClose(err)
	}
	os.Exit(code)
}

// CloseAll ends what [Redirect] began, closes every open logger of the process, all at once, and returns their errors, joined.
func CloseAll() error {
	redirected := closeRedirects()
	handles := engines.live()
	errs := make([]error, len(handles))
	var wg sync.WaitGroup
	for i, h := range handles {
		wg.Go(func() {
			ctx, cancel := h.e.closeContext()
			defer cancel()
			errs[i] = h.close(ctx)
		})
	}
	wg.Wait()
	return errors.Join(append(errs, redirected)...)
}

// Get returns the logger that was opened last under name and is still open. Where there is none, a name with dots
// stands for the logger of the name before its last dot, and so on: payments.refunds inherits all from payments, and its
// records carry its own name. Else it is nil, which logs nothing. Get does not keep the logger open: Close on the
// result does nothing.
func Get(name string) *Logger {
	handles := engines.live()
	for at := name; ; {
		for i := len(handles) - 1; i >= 0; i-- {
			if handles[i].e.name != at {
				continue
			}
			log := handles[i].logger()
			if at != name {
				log.logger = name
			}
			return log
		}
		dot := strings.LastIndexByte(at, '.')
		if dot < 0 {
			return nil
		}
		at = at[:dot]
	}
}

// SetDefault makes log the logger that [Default] and [FromContext] return. nil restores the console.
func SetDefault(log *Logger) {
	engines.mu.Lock()
	defer engines.mu.Unlock()
	engines.fallback = log
}

// Default returns the logger of [SetDefault], or one that writes to the console. It never returns nil.
func Default() *Logger {
	engines.mu.Lock()
	for _, log := range []*Logger{engines.fallback, engines.standard} {
		if log != nil && !log.isClosed() {
			engines.mu.Unlock()
			return log
		}
	}
	engines.mu.Unlock()
	log, err := New(Config{})
	if err != nil {
		return Discard
	}
	engines.mu.Lock()
	defer engines.mu.Unlock()
	engines.standard = log
	return log
}

func (l *Logger) isClosed() bool { return l.h != nil && l.h.closed.Load() }

func orBackground(ctx context.Context) context.Context {
	if ctx == nil {
		return context.Background()
	}
	return ctx
}
